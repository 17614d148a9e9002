import { visibleLine } from '../../core/common/displayText';
import type { L10n } from '../../core/common/l10n';
import type { ReadOnlyReason, StoreState } from '../../core/store/storeState';

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

/** Maximum length of the system's own message, in characters. */
const MAX_DETAIL_LENGTH = 200;

/** Why nothing can be sent, and what to do about it. */
export function readOnlyMessage(reason: ReadOnlyReason, l10n: L10n): string {
  switch (reason) {
    case 'newer':
      return l10n.t(
        'A newer version of Nebula Video keeps the tasks on this machine, so this one only shows them. Update the extension and reload the window.',
      );
    case 'windowCloses':
      return l10n.t('Nothing was sent: the window is closing.');
    case 'locked':
      return l10n.t('Nothing was sent: another window is using the task list. Try again in a moment.');
    default:
      return l10n.t(
        'The task list can’t be saved, so nothing was sent. Make room on the disk or check the permissions of the storage folder that the log names.',
      );
  }
}

/** What stands above the list while tasks can't be read or saved; undefined if all is well. */
export function storeSentence(state: StoreState, l10n: L10n): string | undefined {
  switch (state.kind) {
    case 'failed':
      return l10n.t(
        'Couldn’t open the task list. It’s tried again automatically; Refresh tries now. {0}',
        visibleLine(state.detail, MAX_DETAIL_LENGTH),
      );
    case 'readOnly':
      return readOnlyMessage(state.reason, l10n);
    default:
      return undefined;
  }
}

export function noKeyMessage(l10n: L10n): string {
  return l10n.t('There is no API key yet. Run “Nebula Video: Set API Key” first.');
}

export function keyLockedSentence(l10n: L10n): string {
  return l10n.t(
    "The API key can't be read because this system's keyring is locked. Unlock it, then try again.",
  );
}

export function notApprovedSentence(origin: string, l10n: L10n): string {
  return l10n.t(
    'Nothing was sent: the API key was not approved for {0}. Run Set API Key while the setting "nebulaVideo.baseUrl" names that address, or correct the setting.',
    origin,
  );
}

export function invalidBaseUrlMessage(l10n: L10n): string {
  return l10n.t(
    'The setting "nebulaVideo.baseUrl" is not an address that an API key may be sent to. It has to begin with https:// and name no user, query or fragment; http:// is for this machine only.',
  );
}
