/** Why `generate` made no task. The error's `code`. */
export type RejectionCode =
  'invalidRequest' | 'noKey' | 'declined' | 'originNotApproved' | 'cancelled' | 'readOnly';

/** There is no task, and the code says why. The message is a sentence for the user, with what to do. */
export class Rejection extends Error {
  override readonly name = 'Rejection';
  readonly code: RejectionCode;

  constructor(code: RejectionCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** There may be a key, but the keyring is locked. Setting another key wouldn't help. */
export class KeyLockedError extends Rejection {
  constructor(message: string) {
    super('noKey', message);
  }
}

/** Whether an error only says that somebody changed their mind, which nobody needs to be told. */
export function isUserCancellation(error: unknown): boolean {
  return error instanceof Rejection && (error.code === 'cancelled' || error.code === 'declined');
}
