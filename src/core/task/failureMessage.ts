import type { L10n } from '../common/l10n';
import type { FailureCode, StoredFailure, StoredNote } from './failure';
import { isAboutSound, knownErrorMessage, quotaMessage } from './knownErrors';
import type { Charged, Failure, FailureKind } from './task';

/** Localization of messages. */
export interface TextFormat {
  readonly l10n: L10n;
  /** Language tag for dates; the host's if undefined. */
  readonly language?: string | undefined;
}

const NO_KEY: Readonly<Partial<Record<FailureCode, NonNullable<Failure['noKey']>>>> = {
  'key.none': 'none',
  'key.notApproved': 'notApproved',
  'key.locked': 'locked',
};

/**
 * Makes the public failure of a stored one. Its `message` and `summary` are getters: they are formatted when read, in
 * the reader's language.
 */
export function toFailure(stored: StoredFailure, format: TextFormat): Failure {
  const { kind, charged, gatewayCode, since, code } = stored;
  const detail = failureDetail(stored);
  const noKey = NO_KEY[code];
  return {
    kind,
    ...(gatewayCode === undefined ? {} : { code: gatewayCode }),
    get message() {
      return formatFailure(stored, format);
    },
    get summary() {
      return failureSummary(stored, format);
    },
    ...(detail === undefined ? {} : { detail }),
    charged,
    ...(since === undefined ? {} : { since }),
    ...(code === 'submit.neverSent' ? { neverSent: true as const } : {}),
    ...(noKey === undefined ? {} : { noKey }),
  };
}

/** The complete message: what happened, what is known about the charge, and the server's text. */
function formatFailure(stored: StoredFailure, format: TextFormat): string {
  const { l10n } = format;
  const summary = failureSummary(stored, format);
  if (stored.code === 'legacy') return summary;
  const detail = failureDetail(stored);
  return [
    summary,
    ...(stored.charged === 'no' || stored.code === 'submit.unclear'
      ? [chargeMessage(stored.charged, l10n)]
      : []),
    ...(detail ? [l10n.t('Details: {0}', detail)] : []),
  ].join(' ');
}

/** The server's text, or the link that it returned. */
function failureDetail({ code, detail, params }: StoredFailure): string | undefined {
  if (code === 'legacy') return undefined;
  const link = params?.['link'];
  return code === 'fetch.linkRefused' && link !== undefined ? String(link) : detail;
}

/** Whether the user was charged. */
export function chargeMessage(charged: Charged, l10n: L10n): string {
  switch (charged) {
    case 'no':
      return l10n.t("You weren't charged.");
    case 'yes':
      return l10n.t('You were charged.');
    case 'unknown':
      return l10n.t('You may have been charged.');
  }
}

/** For a request whose outcome is unknown. */
export function unconfirmedMessage(l10n: L10n): string {
  return `${l10n.t("The gateway didn't confirm the request.")} ${notSentAgainMessage(l10n)}`;
}

export function notSentAgainMessage(l10n: L10n): string {
  return l10n.t("It won't be sent again automatically.");
}

export function rejectedMessage(l10n: L10n): string {
  return l10n.t('The gateway rejected the request.');
}

export function failedMessage(l10n: L10n): string {
  return l10n.t("This video couldn't be generated.");
}

export function expiredMessage(l10n: L10n): string {
  return l10n.t('The video is no longer on the gateway.');
}

export function keyRejectedMessage(l10n: L10n): string {
  return l10n.t('The gateway rejected your API key.');
}

export function noKeyMessage(l10n: L10n): string {
  return l10n.t('Set an API key to continue.');
}

/** As {@link noKeyMessage}, for tasks that the gateway already has. */
export function noKeyForTasksMessage(l10n: L10n): string {
  return l10n.t('Set an API key to check your tasks. They continue on the gateway.');
}

export function keyLockedMessage(l10n: L10n): string {
  return l10n.t("Couldn't read the API key. Unlock this system's keyring.");
}

export function notApprovedMessage(host: string, l10n: L10n): string {
  return l10n.t("Your API key isn't approved for {0}. Approve the address to continue.", host);
}

export function unreachableMessage(host: string, l10n: L10n): string {
  return l10n.t("Couldn't connect to {0}. Check your network and 'nebulaVideo.baseUrl'.", host);
}

export function proxyMessage(host: string, l10n: L10n): string {
  return l10n.t(
    "The proxy refused the connection to {0}. Check 'http.proxy' and your proxy credentials.",
    host,
  );
}

export function accessDeniedMessage(l10n: L10n): string {
  return l10n.t('The gateway denied access. Your API key might not have the required permissions.');
}

export function busyMessage(l10n: L10n): string {
  return l10n.t('The gateway is busy. Try again in a few minutes.');
}

export function windowClosedMessage(l10n: L10n): string {
  return l10n.t('The window closed before the request was sent.');
}

export function unverifiedMessage(l10n: L10n): string {
  return l10n.t('Downloaded, but not verified. Playback may fail.');
}

/** The gateway is asked again, after the user asked for it. */
export function checkingAgainMessage(l10n: L10n): string {
  return l10n.t('Checking again.');
}

export function fileDeletedLabel(l10n: L10n): string {
  return l10n.t('File deleted');
}

/** Formats what happened and what to do about it. One or two sentences. */
function failureSummary(stored: StoredFailure, { l10n, language }: TextFormat): string {
  const { code, params = {}, detail = '', since } = stored;
  const text = (name: string) => params[name] ?? '';
  switch (code) {
    case 'submit.refused':
    case 'key.refused':
      return refusal(stored, l10n);
    case 'submit.rateLimited':
      return sendingAgainMessage(l10n);
    case 'submit.unreachable':
      return unreachableMessage(String(text('host')), l10n);
    case 'submit.proxy':
      return proxyMessage(String(text('host')), l10n);
    case 'submit.neverSent':
      return windowClosedMessage(l10n);
    case 'submit.noKey':
      return params['locked'] === undefined
        ? l10n.t('The API key was removed or replaced before the request was sent.')
        : keyLockedMessage(l10n);
    case 'submit.unclear':
      return unconfirmedMessage(l10n);
    case 'query.failed':
      return params['refund'] === 'usual'
        ? `${taskFailed(stored, l10n)} ${l10n.t('This gateway usually refunds failed tasks. Check your account.')}`
        : taskFailed(stored, l10n);
    case 'query.filtered':
      return filteredMessage(l10n);
    case 'query.expired':
      return expiredMessage(l10n);
    case 'query.notFound':
      return l10n.t('The gateway no longer knows this task. Check again later.');
    case 'submit.denied':
    case 'query.idNotFound':
      return l10n.t("The gateway doesn't know this task ID. Check it on the usage page.");
    case 'query.noVideo':
    case 'fetch.linkRefused':
      return l10n.t('The gateway finished the video but returned no usable link.');
    case 'query.silent':
      if (since !== undefined && params['long'] !== undefined) {
        const date = new Date(since).toLocaleString(language, { dateStyle: 'medium', timeStyle: 'short' });
        return l10n.t('No status from the gateway since {0}. Checking again automatically.', date);
      }
      return l10n.t("Couldn't get the status from the gateway. Checking again automatically.");
    case 'key.none':
      return noKeyForTasksMessage(l10n);
    case 'key.notApproved':
      return notApprovedMessage(String(text('host')), l10n);
    case 'key.locked':
      return keyLockedMessage(l10n);
    case 'key.other':
      return l10n.t('This task was sent with a different API key. Set that key to check it.');
    case 'fetch.failed':
      return l10n.t("Couldn't download the video yet. Retrying automatically.");
    case 'fetch.disk':
      return l10n.t("Couldn't save the video. Check disk space and permissions. Retrying automatically.");
    case 'fetch.expired':
      return l10n.t("Couldn't download the video in time. It may still be on the gateway.");
    case 'fetch.someMissing':
      return params['missing'] === undefined
        ? l10n.t("Some videos of this task couldn't be downloaded.")
        : l10n.t('Missing videos: {0} of {1}.', text('missing'), text('total'));
    case 'legacy':
      return detail;
  }
}

/** Message for a task that failed at the gateway. */
function taskFailed(stored: StoredFailure, l10n: L10n): string {
  switch (stored.kind) {
    case 'moderation':
      return isAboutSound(stored)
        ? l10n.t('The audio was blocked by a safety filter. Turn off audio and try again.')
        : filteredMessage(l10n);
    case 'upstream':
      return failedMessage(l10n);
    default:
      return refusal(stored, l10n);
  }
}

function refusal({ kind, status, detail = '' }: StoredFailure, l10n: L10n): string {
  const known = knownErrorMessage(detail, l10n);
  if (known !== undefined) return known;
  if (status === 413) return l10n.t('The request is too large. Shorten the prompt or use smaller images.');
  return REFUSALS[kind]?.(l10n) ?? rejectedMessage(l10n);
}

/** The gateway doesn't always say what it blocked: the prompt, an image, or the finished video. */
function filteredMessage(l10n: L10n): string {
  return l10n.t('Blocked by a safety filter. Change the prompt or the images.');
}

function sendingAgainMessage(l10n: L10n): string {
  return l10n.t('The gateway is busy. Sending again automatically.');
}

const REFUSALS: Partial<Record<FailureKind, (l10n: L10n) => string>> = {
  moderation: filteredMessage,
  quota: quotaMessage,
  key: keyRejectedMessage,
  permission: accessDeniedMessage,
  modelGone: (l10n) => l10n.t("This model isn't available on the gateway."),
  rateLimit: busyMessage,
  image: (l10n) => l10n.t("The gateway rejected an image. Use a JPEG or PNG with the video's size."),
};

/** Returns false for notes that say no more than the phase. */
export function hasMessage({ code }: StoredNote): boolean {
  return code !== 'stoppedTracking' && code !== 'rateLimited';
}

/** The text of a timeline note, with the server's text if there is any. */
export function formatNote(note: StoredNote, l10n: L10n): string {
  if (note.code === 'acceptedWithError') return l10n.t('Gateway message: {0}', note.detail ?? '');
  const message = noteMessage(note, l10n);
  return note.detail === undefined || note.code === 'legacy'
    ? message
    : `${message} ${l10n.t('Details: {0}', note.detail)}`;
}

function noteMessage({ code, params = {}, detail = '' }: StoredNote, l10n: L10n): string {
  switch (code) {
    case 'notSent':
      return l10n.t("Couldn't connect.");
    case 'canceledDraft':
      return chargeMessage('no', l10n);
    case 'checkedAgain':
      return l10n.t('Checked again.');
    case 'idAttached':
      return l10n.t('Task ID attached.');
    case 'idRecovered':
      return l10n.t("Task ID found in the gateway's response.");
    case 'notRemixed':
      return l10n.t('The gateway ignored the remix source and used only the prompt.');
    case 'someFiltered':
      return l10n.t('Videos blocked by a safety filter: {0}.', params['count'] ?? '');
    case 'unverified':
      return unverifiedMessage(l10n);
    case 'foundInLibrary':
    case 'foundWithoutTask':
      return l10n.t('Found in the library.');
    case 'removedByUser':
      return fileDeletedLabel(l10n);
    case 'anotherId':
      return l10n.t("The gateway's response arrived late, with task ID {0}.", params['id'] ?? '');
    case 'acceptedWithError':
    case 'rateLimited':
    case 'stoppedTracking':
      return '';
    case 'legacy':
      return detail;
  }
}
