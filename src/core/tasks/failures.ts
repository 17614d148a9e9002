import type { NoKeyReason } from '../gateway/apiKey';
import { GatewayError } from '../gateway/errors';
import type { FailureCode, FailureSource, StoredFailure, StoredNote, TextParams } from '../task/failure';
import type { Charged, FailureKind } from '../task/task';
import { LONG_SILENCE } from './schedule';

/** What the other side said when something did not work. */
export interface Trouble {
  /** HTTP status; 0 when none arrived. */
  readonly status: number;
  readonly message: string;
  readonly code?: string | undefined;
}

/** Patterns over code and message, most telling first (API reference 1, 10.4; F2 in 5.3). */
const SIGNS: readonly (readonly [FailureKind, RegExp])[] = [
  [
    'moderation',
    /content_policy|moderation|safety|(?<!case.?)sensitive|DataInspection|policy_violation|violat.{0,40}polic|敏感|违规|审核/i,
  ],
  ['quota', /quota|insufficient(?!.{0,3}(permission|privilege|scope))|额度|余额|billing/i],
  [
    'modelGone',
    /无可用渠道|no available channel|no longer available|model.{0,40}not (found|exist)|invalid_api_platform/i,
  ],
  ['image', /InvalidParameter\.Image|image.{0,30}(format|size|invalid|unsupported)|unsupported image/i],
  ['rateLimit', /rate.?limit|throttl|饱和|too many requests/i],
  ['key', /invalid_api_key|InvalidApiKey|无效的令牌|未提供令牌|令牌已过期|令牌状态不可用/i],
];

const ABOUT_THE_USER: ReadonlySet<FailureKind> = new Set(['key', 'quota', 'permission']);

/** Sorts a trouble by what the user can do about it. */
export function kindOf({ status, message, code }: Trouble): FailureKind {
  const text = `${code ?? ''} ${message}`;
  const kind = SIGNS.find(([, sign]) => sign.test(text))?.[0];
  // Who has asked too often hears of quotas too, mostly the provider's; an empty account is 401 to 403 (10.4).
  if (status === 429 && kind === 'quota') return 'rateLimit';
  if (kind) return kind;
  if (status === 401) return 'key';
  if (status === 402) return 'quota';
  if (status === 403) return 'permission';
  if (status === 429) return 'rateLimit';
  if (status >= 500) return 'upstream';
  if (status >= 400) return 'parameter';
  return status === 0 ? 'network' : 'upstream';
}

export function asTrouble(error: unknown): Trouble {
  if (error instanceof GatewayError)
    return { status: error.status ?? 0, message: error.message, code: error.code };
  return { status: 0, message: error instanceof Error ? error.message : String(error) };
}

interface FailureFacts {
  readonly kind: FailureKind;
  readonly charged: Charged;
  readonly trouble?: Trouble | undefined;
  readonly said?: FailureSource;
  readonly params?: TextParams;
  readonly since?: number;
}

function failure(code: FailureCode, facts: FailureFacts): StoredFailure {
  const { kind, charged, trouble, said = trouble ? 'gateway' : 'us', params, since } = facts;
  return {
    kind,
    code,
    said,
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
  /** The gateway refused a submit. */
  refused: (trouble: Trouble): StoredFailure =>
    failure('submit.refused', { kind: kindOf(trouble), charged: 'no', trouble }),

  /** The gateway asked to wait; the request is sent again automatically. */
  askedToWait: (trouble: Trouble): StoredFailure =>
    failure('submit.rateLimited', { kind: 'rateLimit', charged: 'no', trouble }),

  /** A submit couldn't be brought to the gateway. */
  unreachable: (trouble: Trouble, host: string): StoredFailure =>
    failure('submit.unreachable', { kind: 'network', charged: 'no', trouble, said: 'us', params: { host } }),

  /** A proxy refused the connection; nothing was sent. */
  proxyRefused: (trouble: Trouble, host: string): StoredFailure =>
    failure('submit.proxy', { kind: 'proxy', charged: 'no', trouble, said: 'proxy', params: { host } }),

  /** The window ended before anything was sent. */
  neverSent: (): StoredFailure => failure('submit.neverSent', { kind: 'unknown', charged: 'no' }),

  /** The key was removed or replaced before anything was sent. */
  keyRemoved: (): StoredFailure => failure('submit.noKey', { kind: 'key', charged: 'no' }),

  /** Sent, outcome unknown. */
  outcomeUnknown: (trouble: Trouble | undefined): StoredFailure =>
    failure('submit.unclear', { kind: unclearKind(trouble), charged: 'unknown', trouble }),

  /** The gateway returned an ID with an error, and then denied the ID. */
  denied: (trouble: Trouble): StoredFailure =>
    failure('submit.denied', { kind: kindOf(trouble), charged: 'unknown', trouble }),

  /** The gateway's task failed. */
  taskFailed: (trouble: Trouble): StoredFailure => {
    const said = kindOf({ ...trouble, status: 500 });
    // The gateway accepted the request: a wrong key or balance is its own at the provider, not the user's.
    const kind = ABOUT_THE_USER.has(said) ? 'upstream' : said;
    return failure('query.failed', { kind, charged: 'no', trouble });
  },

  /** Every video of the task was held back. The gateway says "succeeded", so it may have charged. */
  filtered: (count: number): StoredFailure =>
    failure('query.filtered', { kind: 'moderation', charged: 'unknown', said: 'gateway', params: { count } }),

  /** The gateway says that the video was deleted. */
  expired: (succeeded: boolean, trouble?: Trouble): StoredFailure =>
    failure('query.expired', {
      kind: 'expired',
      charged: succeeded ? 'yes' : 'unknown',
      trouble,
      said: 'gateway',
    }),

  /** The gateway no longer knows the task. */
  taskGone: (succeeded: boolean, trouble: Trouble): StoredFailure =>
    failure('query.notFound', { kind: 'expired', charged: succeeded ? 'yes' : 'unknown', trouble }),

  /** The gateway doesn't know an ID that the user attached: the outcome of the request stays unknown. */
  idNotKnown: (trouble: Trouble): StoredFailure =>
    failure('query.idNotFound', { kind: 'unknown', charged: 'unknown', trouble }),

  /** Finished, but the gateway doesn't say where the video is. */
  noVideo: (): StoredFailure =>
    failure('query.noVideo', { kind: 'badReply', charged: 'yes', said: 'gateway' }),

  /** The key was refused while tracking a task. */
  keyRefused: (trouble: Trouble): StoredFailure =>
    failure('key.refused', { kind: kindOf(trouble), charged: 'unknown', trouble }),

  /** No key to query the gateway with, and why. */
  noKey: (reason: NoKeyReason, host: string): StoredFailure =>
    failure(`key.${reason}`, { kind: 'key', charged: 'unknown', params: { host } }),

  /** The key differs from the one that the task was sent with, so the gateway hides the task. */
  otherKey: (): StoredFailure => failure('key.other', { kind: 'key', charged: 'unknown' }),

  /**
   * A query gave no information.
   * @param silence since when that is so, and the time now, in ms since 1970
   */
  blip: (trouble: Trouble, silence?: { readonly since: number; readonly now: number }): StoredFailure => {
    const kind = trouble.status === 0 ? 'network' : trouble.status === 429 ? 'rateLimit' : 'upstream';
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
      trouble: asTrouble(error),
      said: error instanceof GatewayError && error.elsewhere ? 'host' : 'gateway',
    }),

  /** The disk refused the video. */
  diskFailed: (error: Error): StoredFailure =>
    failure('fetch.disk', { kind: 'disk', charged: 'yes', trouble: asTrouble(error), said: 'us' }),

  /** Some of several videos are gone for good. */
  someGone: (missing: number, total: number, trouble: Trouble): StoredFailure =>
    failure('fetch.someMissing', { kind: 'expired', charged: 'yes', trouble, params: { missing, total } }),

  /**
   * Some of several videos are missing and no longer looked for.
   * @param reason why, unless the user stopped it
   */
  othersMissing: (reason: StoredFailure | undefined): StoredFailure => ({
    kind: reason?.kind ?? 'unknown',
    code: 'fetch.someMissing',
    said: reason?.said ?? 'us',
    charged: 'yes',
    ...(reason?.status === undefined ? {} : { status: reason.status }),
    ...(reason?.detail === undefined ? {} : { detail: reason.detail }),
    ...(reason?.gatewayCode === undefined ? {} : { gatewayCode: reason.gatewayCode }),
  }),

  /** The download didn't succeed while the gateway kept the video. */
  neverFetched: (last: StoredFailure): StoredFailure => ({ ...last, code: 'fetch.expired', charged: 'yes' }),

  /** Some of several videos were filtered, for the timeline of the others (API reference 9.2). */
  someFiltered: (count: number): StoredNote => ({ code: 'someFiltered', params: { count } }),
} as const;

export type Failures = typeof failures;

function unclearKind(trouble: Trouble | undefined): FailureKind {
  if (!trouble) return 'unknown';
  if (trouble.status >= 500) return 'upstream';
  return trouble.status === 0 ? 'network' : 'badReply';
}

function fetchKind(error: unknown): FailureKind {
  if (!(error instanceof GatewayError) || error.kind === 'badReply') return 'badReply';
  if (error.kind !== 'refused') return 'network';
  const said = kindOf(asTrouble(error));
  // A result host knows nothing about the user's key or balance.
  return error.elsewhere && ABOUT_THE_USER.has(said) ? 'upstream' : said;
}
