import type { L10n } from '../common/l10n';
import type { FailureCode, StoredFailure, StoredNote } from './failure';
import { isAboutSound, knownErrorMessage } from './knownErrors';
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
  const { kind, charged, gatewayCode, detail, since, code } = stored;
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
    ...(detail === undefined || code === 'legacy' ? {} : { detail }),
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
  return [
    summary,
    ...(stored.charged === 'no' || stored.code === 'submit.unclear'
      ? [chargeMessage(stored.charged, l10n)]
      : []),
    ...(stored.detail ? [l10n.t('Details: {0}', stored.detail)] : []),
  ].join(' ');
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

/** Formats what happened and what to do about it. One or two sentences. */
function failureSummary(stored: StoredFailure, { l10n, language }: TextFormat): string {
  const { code, kind, params = {}, detail = '', since } = stored;
  const text = (name: string) => params[name] ?? '';
  switch (code) {
    case 'submit.refused':
      return refusal(stored, l10n);
    case 'submit.rateLimited':
      return l10n.t('The gateway is busy. Sending again automatically.');
    case 'submit.unreachable':
      return l10n.t("Couldn't reach {0}. The request wasn't sent.", text('host'));
    case 'submit.proxy':
      return stored.status === 407
        ? l10n.t("Your proxy requires a sign-in. Check 'http.proxy'.")
        : l10n.t("The proxy refused the connection to {0}. Check 'http.proxy'.", text('host'));
    case 'submit.neverSent':
      return l10n.t('The window closed before the request was sent.');
    case 'submit.noKey':
      return params['locked'] === undefined
        ? l10n.t('The API key was removed or replaced before the request was sent.')
        : l10n.t("Couldn't read the API key. Unlock this system's keyring.");
    case 'submit.unclear':
      return l10n.t("The gateway didn't confirm the request. It won't be sent again automatically.");
    case 'submit.denied':
      return l10n.t("The gateway returned an error, and it doesn't know the task ID it returned.");
    case 'query.failed':
      return params['refund'] === 'usual'
        ? `${taskFailed(stored, l10n)} ${l10n.t('This gateway usually refunds failed tasks. Check your account.')}`
        : taskFailed(stored, l10n);
    case 'query.filtered':
      return l10n.t('The finished video was blocked by a safety filter.');
    case 'query.expired':
      return l10n.t('The video is no longer on the gateway.');
    case 'query.notFound':
      return l10n.t("The gateway doesn't know this task.");
    case 'query.idNotFound':
      return l10n.t("The gateway doesn't know this task ID. Check it on the usage page.");
    case 'query.noVideo':
      return l10n.t('The gateway finished the video but returned no usable link.');
    case 'query.silent':
      if (since !== undefined && params['long'] !== undefined) {
        const date = new Date(since).toLocaleString(language, { dateStyle: 'medium', timeStyle: 'short' });
        return l10n.t('No status from the gateway since {0}. Checking again automatically.', date);
      }
      return kind === 'network'
        ? l10n.t("Couldn't reach the gateway. Checking again automatically.")
        : l10n.t("Couldn't get the status from the gateway. Checking again automatically.");
    case 'key.refused':
      if (kind === 'permission') {
        return l10n.t("Your API key can't use this model. Choose another key to continue.");
      }
      return kind === 'quota'
        ? l10n.t('Your quota is used up. Top it up to continue.')
        : l10n.t('Your API key was rejected. Set a valid key to continue.');
    case 'key.none':
      return l10n.t('Set an API key to continue with this task.');
    case 'key.notApproved':
      return l10n.t("Your API key isn't approved for {0}. Approve it to continue.", text('host'));
    case 'key.locked':
      return l10n.t("This system's keyring is locked. Unlock it to continue.");
    case 'key.other':
      return l10n.t('This task belongs to a different API key.');
    case 'fetch.failed':
      return l10n.t("Couldn't download the video yet. Retrying automatically.");
    case 'fetch.linkRefused':
      return l10n.t("The gateway returned a link that isn't allowed: {0}.", text('link'));
    case 'fetch.disk':
      return l10n.t("Couldn't save the video. Check disk space and permissions. Retrying automatically.");
    case 'fetch.expired':
      return l10n.t("Couldn't download the video in time. It may still be on the gateway.");
    case 'fetch.someMissing':
      return params['missing'] === undefined
        ? l10n.t("Some videos of this task couldn't be downloaded.")
        : l10n.t('{0} of {1} videos are missing.', text('missing'), text('total'));
    case 'legacy':
      return detail;
  }
}

/** Message for a task that failed at the gateway. */
function taskFailed(stored: StoredFailure, l10n: L10n): string {
  switch (stored.kind) {
    case 'moderation':
      return isAboutSound(stored)
        ? l10n.t('The audio was blocked by a safety filter. Turn the sound off and try again.')
        : l10n.t('This video was blocked by a safety filter.');
    case 'upstream':
      return l10n.t("The provider couldn't generate this video.");
    default:
      return refusal(stored, l10n);
  }
}

function refusal({ kind, status, detail = '' }: StoredFailure, l10n: L10n): string {
  const known = knownErrorMessage(detail, l10n);
  if (known !== undefined) return known;
  if (status === 413) return l10n.t('The request is too large. Use smaller images.');
  return REFUSALS[kind]?.(l10n) ?? l10n.t('The gateway rejected the request.');
}

const REFUSALS: Partial<Record<FailureKind, (l10n: L10n) => string>> = {
  moderation: (l10n) => l10n.t('The prompt or an image was blocked by a safety filter.'),
  quota: (l10n) => l10n.t('Your balance or quota is too low.'),
  key: (l10n) => l10n.t('The gateway rejected your API key.'),
  permission: (l10n) => l10n.t('The gateway denied access. See the gateway message.'),
  modelGone: (l10n) => l10n.t("This model isn't available on Nebula."),
  rateLimit: (l10n) => l10n.t('The gateway is busy. Try again in a few minutes.'),
  image: (l10n) => l10n.t("The gateway rejected an image. Use a JPEG or PNG with the video's size."),
  parameter: (l10n) => l10n.t('The gateway rejected the request. See the gateway message.'),
};

/** The text of a timeline note, with the server's text if there is any. */
export function formatNote(note: StoredNote, l10n: L10n): string {
  const message = noteMessage(note, l10n);
  return note.detail === undefined || note.code === 'legacy'
    ? message
    : `${message} ${l10n.t('Details: {0}', note.detail)}`;
}

function noteMessage({ code, params = {}, detail = '' }: StoredNote, l10n: L10n): string {
  switch (code) {
    case 'rateLimited':
      return l10n.t('The gateway asked to wait.');
    case 'notSent':
      return l10n.t('The connection ended before anything was sent.');
    case 'canceledDraft':
      return l10n.t("Canceled. You weren't charged.");
    case 'stoppedTracking':
      return l10n.t('Stopped tracking.');
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
      return l10n.t("Downloaded, but the video couldn't be verified. It may not play.");
    case 'foundInLibrary':
      return l10n.t('Found in the library.');
    case 'foundWithoutTask':
      return l10n.t('Found in the library. Its request is unknown.');
    case 'removedByUser':
      return l10n.t('File deleted from the library.');
    case 'acceptedWithError':
      return l10n.t('The gateway accepted the request but reported an error.');
    case 'anotherId':
      return l10n.t("The gateway's response arrived late, with task ID {0}.", params['id'] ?? '');
    case 'legacy':
      return detail;
  }
}
