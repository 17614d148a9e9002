import type { L10n } from '../../core/common/l10n';
import { windowClosedMessage } from '../../core/task/failureMessage';
import type { ReadOnlyReason, StoreState } from '../../core/store/storeState';

/** Why `generate` made no task. The error's `code`. */
export type RejectionCode =
  'invalidRequest' | 'noKey' | 'declined' | 'originNotApproved' | 'cancelled' | 'readOnly';

/** No task was created. The message tells the user why, and what to do. */
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

/** An image can't be sent. Unlike other messages, this one doesn't imply that nothing was sent. */
export class ImageRejection extends Rejection {}

/** The user declined to send the key to the gateway's address. */
export class NotApprovedError extends Rejection {
  constructor(message: string) {
    super('originNotApproved', message);
  }
}

/** A newer version of the extension manages the tasks. Only an update helps. */
export class OutdatedError extends Rejection {
  constructor(message: string, cause?: unknown) {
    super('readOnly', message, cause);
  }
}

/** Returns true if the user canceled. No message is needed. */
export function isUserCancellation(error: unknown): boolean {
  return error instanceof Rejection && (error.code === 'cancelled' || error.code === 'declined');
}

/** Why tasks can't be changed, and what to do about it. */
function readOnlyMessage(reason: ReadOnlyReason, l10n: L10n): string {
  switch (reason) {
    case 'newer':
      return l10n.t('Update Nebula Video to send requests. A newer version manages your tasks.');
    case 'windowCloses':
      return l10n.t('Canceled');
    case 'locked':
      return l10n.t('Another window is using the task list. Try again in a moment.');
    default:
      return l10n.t("Can't save tasks. Check disk space and folder permissions.");
  }
}

/** Nothing is shown in a closing window. */
export function readOnlyRejection(reason: ReadOnlyReason, l10n: L10n, cause?: unknown): Rejection {
  const message = readOnlyMessage(reason, l10n);
  if (reason === 'windowCloses') return new Rejection('cancelled', message, cause);
  return reason === 'newer' ? new OutdatedError(message, cause) : new Rejection('readOnly', message, cause);
}

/** As {@link readOnlyRejection}, for a request that wasn't sent. Its cause is the rejection without that fact. */
export function notSentRejection(reason: ReadOnlyReason, l10n: L10n, cause?: unknown): Rejection {
  // These messages say so themselves.
  if (reason === 'windowCloses') return new Rejection('readOnly', windowClosedMessage(l10n), cause);
  const rejection = readOnlyRejection(reason, l10n, cause);
  if (reason === 'newer') return rejection;
  return new Rejection(rejection.code, l10n.t('Nothing was sent. {0}', rejection.message), rejection);
}

export function tasksUnreadableMessage(l10n: L10n): { readonly title: string; readonly sentence: string } {
  return {
    title: l10n.t("Can't read the tasks."),
    sentence: l10n.t('Retrying automatically. See the log for details.'),
  };
}

/** The message above the task list while tasks can't be read or saved. */
export function storeMessage(state: StoreState, l10n: L10n): string | undefined {
  switch (state.kind) {
    case 'failed': {
      const { title, sentence } = tasksUnreadableMessage(l10n);
      return `${title} ${sentence}`;
    }
    case 'readOnly':
      return readOnlyMessage(state.reason, l10n);
    default:
      return undefined;
  }
}

export function invalidBaseUrlMessage(l10n: L10n): string {
  return l10n.t("'nebulaVideo.baseUrl' must be an https address (http only for localhost).");
}
