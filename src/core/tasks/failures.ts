import type { OriginKind } from '../common/originKind';
import type { NoKeyReason } from '../gateway/apiKey';
import { classifyError, type ErrorInfo } from '../gateway/errorKinds';
import { GatewayError } from '../gateway/errors';
import { charge, failedOutcome, isUsuallyRefunded } from '../task/charge';
import type { FailureCode, FailureSource, StoredFailure, StoredNote, TextParams } from '../task/failure';
import type { Charged, FailureKind } from '../task/task';
import { LONG_SILENCE } from './schedule';

/** Maximum length of a link in a message. */
const MAX_LINK_LENGTH = 100;
const ACCOUNT_FAILURES: ReadonlySet<FailureKind> = new Set(['key', 'quota', 'permission']);

export function toErrorInfo(error: unknown): ErrorInfo {
  if (error instanceof GatewayError) {
    const { status = 0, message, code, kind } = error;
    return { status, message, code, byProxy: kind === 'proxy' };
  }
  return { status: 0, message: error instanceof Error ? error.message : String(error) };
}

interface FailureFacts {
  readonly kind: FailureKind;
  readonly charged: Charged;
  readonly trouble?: ErrorInfo | undefined;
  readonly said?: FailureSource;
  readonly params?: TextParams;
  readonly since?: number;
}

function failure(code: FailureCode, facts: FailureFacts): StoredFailure {
  const { kind, charged, trouble, said = trouble ? 'gateway' : 'us', params, since } = facts;
  return {
    kind,
    code,
    said: trouble?.byProxy === true ? 'proxy' : said,
    charged,
    ...(params === undefined ? {} : { params }),
    ...(trouble && trouble.status > 0 ? { status: trouble.status } : {}),
    ...(trouble && trouble.message !== '' ? { detail: trouble.message } : {}),
    ...(trouble?.code === undefined ? {} : { gatewayCode: trouble.code }),
    ...(since === undefined ? {} : { since }),
  };
}

/** Makes the failures that a task can have: what happened, what it cost, and who said so. */
export const failures = {
  /** The gateway refused a submit. What that costs is the same everywhere. */
  refused: (trouble: ErrorInfo, noChannel = false): StoredFailure =>
    failure('submit.refused', {
      // A refusal that came with a good status is told by its text alone.
      kind: classifyError(trouble),
      charged: charge('unknown', { refusedStatus: trouble.status, noChannel }),
      trouble,
    }),

  /** The gateway asked to wait; the request is sent again automatically. */
  askedToWait: (trouble: ErrorInfo): StoredFailure =>
    failure('submit.rateLimited', { kind: 'rateLimit', charged: 'no', trouble }),

  /** A submit couldn't be brought to the gateway. */
  unreachable: (trouble: ErrorInfo, host: string): StoredFailure =>
    failure('submit.unreachable', { kind: 'network', charged: 'no', trouble, said: 'us', params: { host } }),

  /** A proxy refused the connection; nothing was sent. */
  proxyRefused: (trouble: ErrorInfo, host: string): StoredFailure =>
    failure('submit.proxy', { kind: 'proxy', charged: 'no', trouble, said: 'proxy', params: { host } }),

  /** The window ended before anything was sent. */
  neverSent: (): StoredFailure => failure('submit.neverSent', { kind: 'unknown', charged: 'no' }),

  /** The key was removed or replaced before anything was sent. */
  keyRemoved: (): StoredFailure => failure('submit.noKey', { kind: 'key', charged: 'no' }),

  /** Sent, outcome unknown. */
  outcomeUnknown: (trouble: ErrorInfo | undefined): StoredFailure =>
    failure('submit.unclear', { kind: unclearKind(trouble), charged: 'unknown', trouble }),

  /** The gateway returned an ID with an error, and then denied the ID. */
  denied: (trouble: ErrorInfo): StoredFailure =>
    failure('submit.denied', { kind: classifyError(trouble), charged: 'unknown', trouble }),

  /** The gateway's task failed. What that costs depends on what runs at the origin. */
  taskFailed: (trouble: ErrorInfo, origin: OriginKind): StoredFailure => {
    const said = classifyError({ ...trouble, status: 500 });
    // The gateway accepted the request: a wrong key or balance is its own at the provider, not the user's.
    const kind = ACCOUNT_FAILURES.has(said) ? 'upstream' : said;
    const outcome = failedOutcome(trouble.message);
    return failure('query.failed', {
      ...{ kind, charged: charge(origin, outcome), trouble },
      ...(isUsuallyRefunded(origin, outcome) ? { params: { refund: 'usual' } } : {}),
    });
  },

  /** Every video of the task was held back. The gateway says "succeeded", so it may have charged. */
  filtered: (count: number, trouble: ErrorInfo): StoredFailure =>
    failure('query.filtered', { kind: 'moderation', charged: 'unknown', trouble, params: { count } }),

  /** The gateway says that the video was deleted. */
  expired: (succeeded: boolean, trouble?: ErrorInfo): StoredFailure =>
    failure('query.expired', {
      kind: 'expired',
      charged: succeeded ? 'yes' : 'unknown',
      trouble,
      said: 'gateway',
    }),

  /** The gateway no longer knows the task. */
  taskGone: (succeeded: boolean, trouble: ErrorInfo): StoredFailure =>
    failure('query.notFound', { kind: 'expired', charged: succeeded ? 'yes' : 'unknown', trouble }),

  /** The gateway doesn't know an ID that the user attached: the outcome of the request stays unknown. */
  idNotKnown: (trouble: ErrorInfo): StoredFailure =>
    failure('query.idNotFound', { kind: 'unknown', charged: 'unknown', trouble }),

  /** Finished, but the gateway doesn't say where the video is. */
  noVideo: (): StoredFailure =>
    failure('query.noVideo', { kind: 'badReply', charged: 'yes', said: 'gateway' }),

  /** The key was refused while tracking a task. */
  keyRefused: (trouble: ErrorInfo): StoredFailure =>
    failure('key.refused', { kind: classifyError(trouble), charged: 'unknown', trouble }),

  /** No key to query the gateway with, and why. */
  noKey: (reason: NoKeyReason, host: string): StoredFailure =>
    failure(`key.${reason}`, { kind: 'key', charged: 'unknown', params: { host } }),

  /** The key differs from the one that the task was sent with, so the gateway hides the task. */
  otherKey: (): StoredFailure => failure('key.other', { kind: 'key', charged: 'unknown' }),

  /**
   * A query gave no information.
   * @param silence since when that is so, and the time now, in ms since 1970
   */
  blip: (trouble: ErrorInfo, silence?: { readonly since: number; readonly now: number }): StoredFailure => {
    const kind = silentKind(trouble);
    const said = trouble.status === 0 ? 'us' : 'gateway';
    const isLong = silence !== undefined && silence.now - silence.since >= LONG_SILENCE;
    const params = isLong ? { params: { long: 1 } } : {};
    return failure('query.silent', {
      kind,
      charged: 'unknown',
      trouble,
      said,
      ...(silence ? { since: silence.since } : {}),
      ...params,
    });
  },

  /** A download failed; it is retried. */
  fetchFailed: (error: unknown): StoredFailure =>
    failure('fetch.failed', {
      kind: fetchKind(error),
      charged: 'yes',
      trouble: toErrorInfo(error),
      said: error instanceof GatewayError && error.elsewhere ? 'host' : 'gateway',
    }),

  /** The disk refused the video. */
  diskFailed: (error: Error): StoredFailure =>
    failure('fetch.disk', { kind: 'disk', charged: 'yes', trouble: toErrorInfo(error), said: 'us' }),

  /** The only link to the video isn't downloaded: another scheme, or an address in a private network. */
  linkRefused: (link: string): StoredFailure =>
    failure('fetch.linkRefused', {
      kind: 'badReply',
      charged: 'yes',
      said: 'gateway',
      params: { link: link.replace(/[?#].*$/s, '').slice(0, MAX_LINK_LENGTH) },
    }),

  /**
   * Some of several videos are missing and no longer tried.
   * @param reason why, unless the user stopped it
   */
  videosMissing: (missing: number, total: number, reason: StoredFailure | undefined): StoredFailure => ({
    kind: reason?.kind ?? 'unknown',
    code: 'fetch.someMissing',
    said: reason?.said ?? 'us',
    charged: 'yes',
    ...(reason?.kind === 'expired' ? { params: { missing, total } } : {}),
    ...(reason?.status === undefined ? {} : { status: reason.status }),
    ...(reason?.detail === undefined ? {} : { detail: reason.detail }),
    ...(reason?.gatewayCode === undefined ? {} : { gatewayCode: reason.gatewayCode }),
  }),

  /** The download didn't succeed while the gateway kept the video. */
  downloadTimedOut: (last: StoredFailure): StoredFailure => ({
    ...last,
    code: 'fetch.expired',
    charged: 'yes',
  }),

  /** Some of several videos were filtered, for the timeline of the others (API reference 9.2). */
  someFiltered: (count: number): StoredNote => ({ code: 'someFiltered', params: { count } }),
} as const;

export type Failures = typeof failures;

function silentKind({ status, byProxy }: ErrorInfo): FailureKind {
  if (byProxy === true) return 'proxy';
  return status === 0 ? 'network' : status === 429 ? 'rateLimit' : 'upstream';
}

function unclearKind(trouble: ErrorInfo | undefined): FailureKind {
  if (!trouble) return 'unknown';
  if (trouble.byProxy === true) return 'proxy';
  if (trouble.status >= 500) return 'upstream';
  return trouble.status === 0 ? 'network' : 'badReply';
}

function fetchKind(error: unknown): FailureKind {
  if (!(error instanceof GatewayError) || error.kind === 'badReply') return 'badReply';
  if (error.kind === 'proxy') return 'proxy';
  if (error.kind !== 'refused') return 'network';
  const said = classifyError(toErrorInfo(error));
  // A result host knows nothing about the user's key or balance. Of the gateway's routes, queries tell about the key.
  const isKnown = said === 'quota' ? !error.elsewhere : !ACCOUNT_FAILURES.has(said);
  return isKnown ? said : 'upstream';
}
