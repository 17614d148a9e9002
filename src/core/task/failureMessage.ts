import type { L10n } from '../common/l10n';
import type { FailureCode, StoredFailure, StoredNote } from './failure';
import { explainDetail, isAboutSound, knownErrorMessage } from './knownErrors';
import type { Failure, FailureKind } from './task';

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
    ...(detail === undefined || code === 'legacy' ? {} : { detail: explainDetail(detail, format.l10n) }),
    charged,
    ...(since === undefined ? {} : { since }),
    ...(code === 'submit.neverSent' ? { neverSent: true as const } : {}),
    ...(noKey === undefined ? {} : { noKey }),
  };
}

/** The complete message: what happened, what is known about the charge, and the other side's text. */
function formatFailure(stored: StoredFailure, format: TextFormat): string {
  const { l10n } = format;
  const summary = failureSummary(stored, format);
  if (stored.code === 'legacy') return summary;
  return [
    summary,
    ...(stored.charged === 'no' ? [l10n.t('Nothing was charged.')] : []),
    ...(stored.detail ? [l10n.t('Details: {0}', explainDetail(stored.detail, l10n))] : []),
  ].join(' ');
}

/** What happened and what helps, in one or two sentences. */
function failureSummary(stored: StoredFailure, { l10n, language }: TextFormat): string {
  const { code, kind, params = {}, detail = '', since } = stored;
  const text = (name: string) => params[name] ?? '';
  switch (code) {
    case 'submit.refused':
      return refusal(stored, l10n);
    case 'submit.rateLimited':
      return l10n.t('The gateway has too much to do and asked to wait. The request is sent again by itself.');
    case 'submit.unreachable':
      return l10n.t(
        '{0} could not be reached. Check your connection and the setting "nebulaVideo.baseUrl", then generate again.',
        text('host'),
      );
    case 'submit.proxy':
      return stored.status === 407
        ? l10n.t("Your proxy requires a sign-in. Check 'http.proxy', then generate again.")
        : l10n.t("Your proxy refused the connection to {0}. Check 'http.proxy'.", text('host'));
    case 'submit.neverSent':
      return l10n.t('The window closed before the request was sent. Generate it again if you still want it.');
    case 'submit.noKey':
      return params['locked'] === undefined
        ? l10n.t('The API key was removed or replaced before the request was sent.')
        : l10n.t("The keyring was locked, so the API key couldn't be read. Unlock it, then generate again.");
    case 'submit.unclear':
      return l10n.t(
        'The request was sent, but no clear answer came back. The gateway may be making the video. Look at your usage at Nebula before you generate it again.',
      );
    case 'submit.denied':
      return l10n.t('The gateway returned a task ID with an error, and no longer knows that task.');
    case 'query.failed':
      return params['refund'] === 'usual'
        ? `${taskFailed(stored, l10n)} ${l10n.t('This gateway usually refunds failed tasks. Check your account.')}`
        : taskFailed(stored, l10n);
    case 'query.filtered':
      return l10n.t(
        'The provider’s safety filter held back the finished video ({0}). Change the prompt and generate again.',
        text('count'),
      );
    case 'query.expired':
      return l10n.t('The video is no longer on the gateway.');
    case 'query.notFound':
      return l10n.t('The gateway no longer knows this task. Look again later, or ask Nebula about it.');
    case 'query.idNotFound':
      return l10n.t(
        'The gateway does not know the task id you attached. Check it on Nebula’s usage page, then attach it again.',
      );
    case 'query.noVideo':
      return l10n.t('The gateway says the video is done, but does not say where it is. Look again later.');
    case 'query.silent':
      return since === undefined || params['long'] === undefined
        ? l10n.t(
            'The gateway does not answer at the moment. It is asked again by itself; the task goes on there.',
          )
        : l10n.t(
            'The gateway has not answered since {0}. It is asked again by itself; the task goes on there.',
            new Date(since).toLocaleString(language, { dateStyle: 'medium', timeStyle: 'short' }),
          );
    case 'key.refused':
      return kind === 'quota'
        ? l10n.t(
            'The key’s quota is used up, so the gateway does not say how the task is doing. It goes on at the gateway.',
          )
        : l10n.t(
            'The gateway did not accept the key, so it does not say how the task is doing. Set a valid key; the task goes on at the gateway.',
          );
    case 'key.none':
      return l10n.t(
        'There is no key to ask the gateway with. Set your key; the task goes on at the gateway.',
      );
    case 'key.notApproved':
      return l10n.t("Your API key isn't approved for {0}. Approve it to continue.", text('host'));
    case 'key.locked':
      return l10n.t("This system's keyring is locked. Unlock it to continue.");
    case 'key.other':
      return l10n.t('This task was made with another key. Set that key again to see how it is doing.');
    case 'fetch.failed':
      return l10n.t('The video is done, but fetching it did not work yet. It is tried again by itself.');
    case 'fetch.linkRefused':
      return l10n.t("The gateway returned a link that can't be downloaded: {0}.", text('link'));
    case 'fetch.disk':
      return l10n.t(
        'The video is done, but could not be written to the disk. Make room or check the folder; it is tried again by itself.',
      );
    case 'fetch.expired':
      return l10n.t(
        'The video was done, but could not be fetched while the gateway kept it. Look Again tries once more.',
      );
    case 'fetch.someMissing':
      return params['missing'] === undefined
        ? l10n.t('Other videos of this task are not here. Look Again tries once more to fetch them.')
        : l10n.t(
            '{0} of {1} videos are no longer on the gateway; the others are here.',
            text('missing'),
            text('total'),
          );
    case 'legacy':
      return detail;
  }
}

/** Message for a task that failed at the gateway. */
function taskFailed(stored: StoredFailure, l10n: L10n): string {
  switch (stored.kind) {
    case 'moderation':
      if (isAboutSound(stored)) {
        return l10n.t(
          'The provider’s safety filter stopped the sound of this video. Turn the sound off and generate again.',
        );
      }
      return l10n.t('The provider’s safety filter stopped this video. Change the prompt and generate again.');
    case 'upstream':
      return l10n.t('The provider could not make this video. Generate it again, or change the prompt.');
    default:
      return refusal(stored, l10n);
  }
}

function refusal({ kind, status, detail = '' }: StoredFailure, l10n: L10n): string {
  const known = knownErrorMessage(detail, l10n);
  if (known !== undefined) return known;
  if (status === 413) {
    return l10n.t('The request is too large for the gateway. Use smaller images, then generate again.');
  }
  return REFUSALS[kind]?.(l10n) ?? l10n.t('The gateway did not accept the request. Generate it again later.');
}

const REFUSALS: Partial<Record<FailureKind, (l10n: L10n) => string>> = {
  moderation: (l10n) =>
    l10n.t('A safety filter refused the prompt or an image. Change it and generate again.'),
  quota: (l10n) =>
    l10n.t('The balance of the account or key is too low. Top it up at Nebula, then generate again.'),
  key: (l10n) => l10n.t('The gateway did not accept the key. Set a valid key, then generate again.'),
  permission: (l10n) =>
    l10n.t('This key may not do that. Use a key that may use this model, or ask Nebula to allow it.'),
  modelGone: (l10n) => l10n.t('This model is not available on Nebula right now. Choose another model.'),
  rateLimit: (l10n) => l10n.t('The gateway has too much to do. Generate again in a few minutes.'),
  image: (l10n) => l10n.t('The gateway did not accept an image. Use a JPEG or PNG of the size of the video.'),
  parameter: (l10n) =>
    l10n.t('The gateway did not accept the request. Change what it complains about and generate again.'),
};

/** The text of a timeline note, with the other side's text if there is any. */
export function formatNote(note: StoredNote, l10n: L10n): string {
  const sentence = noteMessage(note, l10n);
  return note.detail === undefined || note.code === 'legacy'
    ? sentence
    : `${sentence} ${l10n.t('Details: {0}', note.detail)}`;
}

function noteMessage({ code, params = {}, detail = '' }: StoredNote, l10n: L10n): string {
  switch (code) {
    case 'rateLimited':
      return l10n.t('The gateway asked to wait.');
    case 'notSent':
      return l10n.t('The connection ended before anything was sent.');
    case 'canceledDraft':
      return l10n.t('Stopped before it was sent. Nothing was charged.');
    case 'stoppedTracking':
      return l10n.t('No longer followed. The gateway may still make the video and charge for it.');
    case 'checkedAgain':
      return l10n.t('Looked for again.');
    case 'idAttached':
      return l10n.t('The task id was attached by hand.');
    case 'idRecovered':
      return l10n.t("The task ID was found in the gateway's response.");
    case 'notRemixed':
      return l10n.t('The gateway did not take up the earlier video: this one is made from the prompt alone.');
    case 'someFiltered':
      return l10n.t(
        'The provider’s safety filter held back videos of this task: {0}.',
        params['count'] ?? '',
      );
    case 'unverified':
      return l10n.t("The download is complete, but the video couldn't be checked. It may not play.");
    case 'foundInLibrary':
      return l10n.t('Found in the library.');
    case 'foundWithoutTask':
      return l10n.t('Found in the library. How it was made is not known.');
    case 'removedByUser':
      return l10n.t(
        'Its file was removed from the library by you. Look Again fetches it once more, if the gateway still has it.',
      );
    case 'acceptedWithError':
      return l10n.t('The gateway accepted the request, but reported an error with it.');
    case 'anotherId':
      return l10n.t("The gateway's response came late, with the task ID {0}.", params['id'] ?? '');
    case 'legacy':
      return detail;
  }
}
