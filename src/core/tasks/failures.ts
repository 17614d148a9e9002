import type { OriginKind } from '../common/originKind';
import { withoutUndefined } from '../common/withoutUndefined';
import type { NoKeyReason } from '../gateway/apiKey';
import { classifyError, type ErrorInfo } from '../gateway/errorKinds';
import { GatewayError } from '../gateway/errors';
import type { TaskRecord } from '../store/record';
import { chargeStatus, failedOutcome, isUsuallyRefunded, type ChargeOutcome } from '../task/charge';
import type { FailureCode, FailureSource, StoredFailure, TextParams } from '../task/failure';
import type { Charged, FailureKind } from '../task/task';
import { UNRESPONSIVE_AFTER_MS } from './intervals';

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
  readonly error?: ErrorInfo | undefined;
  readonly said?: FailureSource;
  readonly params?: TextParams;
  readonly since?: number;
}

export type FailuresAt = (baseUrl: string) => Failures;

/** Creates failures: what happened, what it cost at this kind of gateway, and who reported it. */
export class Failures {
  readonly #origin: OriginKind;

  constructor(origin: OriginKind) {
    this.#origin = origin;
  }

  #failure(
    code: FailureCode,
    kind: FailureKind,
    outcome: ChargeOutcome,
    { error, said = error ? 'gateway' : 'us', params, since }: FailureFacts = {},
  ): StoredFailure {
    return {
      kind,
      code,
      said: error?.byProxy === true ? 'proxy' : said,
      charged: chargeStatus(this.#origin, outcome),
      ...withoutUndefined({ params, gatewayCode: error?.code, since }),
      ...(error && error.status > 0 ? { status: error.status } : {}),
      ...(error && error.message !== '' ? { detail: error.message } : {}),
    };
  }

  refused(error: ErrorInfo, noChannel = false): StoredFailure {
    const outcome = { refusedStatus: error.status, noChannel };
    return this.#failure('submit.refused', classifyError(error), outcome, { error });
  }

  rateLimited(error: ErrorInfo): StoredFailure {
    return this.#failure('submit.rateLimited', 'rateLimit', { refusedStatus: error.status }, { error });
  }

  unreachable(error: ErrorInfo, host: string): StoredFailure {
    return this.#failure('submit.unreachable', 'network', 'notSent', {
      error,
      said: 'us',
      params: { host },
    });
  }

  proxyRefused(error: ErrorInfo, host: string): StoredFailure {
    return this.#failure('submit.proxy', 'proxy', 'notSent', { error, said: 'proxy', params: { host } });
  }

  /** The window ended before anything was sent. */
  notSent(): StoredFailure {
    return this.#failure('submit.neverSent', 'unknown', 'notSent');
  }

  /** The key was removed or replaced before anything was sent, or its keyring was locked. */
  keyUnavailable(isLocked: boolean): StoredFailure {
    return this.#failure('submit.noKey', 'key', 'notSent', isLocked ? { params: { locked: 1 } } : {});
  }

  outcomeUnknown(error: ErrorInfo | undefined): StoredFailure {
    return this.#failure('submit.unclear', unknownOutcomeKind(error), 'outcomeUnknown', { error });
  }

  /** The gateway returned an ID with an error, and later didn't know that ID. */
  idNotFound(error: ErrorInfo): StoredFailure {
    return this.#failure('submit.denied', classifyError(error), 'idDenied', { error });
  }

  /**
   * The task failed at the gateway, or succeeded and a filter removed every video.
   * @param hadSucceeded true if the gateway reported success before, which may have been charged
   */
  taskFailed(error: ErrorInfo, filteredCount?: number, hadSucceeded = false): StoredFailure {
    if (filteredCount !== undefined) {
      const params = { count: filteredCount };
      return this.#failure('query.filtered', 'moderation', 'noVideo', { error, params });
    }
    const reported = classifyError({ ...error, status: 500 });
    // The gateway accepted the request, so key and balance errors are about its account at the provider.
    const kind = ACCOUNT_FAILURES.has(reported) ? 'upstream' : reported;
    const outcome = hadSucceeded ? 'outcomeUnknown' : failedOutcome(error.message);
    const hint = isUsuallyRefunded(this.#origin, outcome) ? { params: { refund: 'usual' } } : {};
    return this.#failure('query.failed', kind, outcome, { error, ...hint });
  }

  /** The video was deleted at the gateway. */
  expired(outcome: GoneOutcome, error?: ErrorInfo): StoredFailure {
    return this.#failure('query.expired', 'expired', outcome, { error, said: 'gateway' });
  }

  taskGone(outcome: GoneOutcome, error: ErrorInfo): StoredFailure {
    return this.#failure('query.notFound', 'expired', outcome, { error });
  }

  /** The gateway doesn't know an ID that the user attached: the outcome of the request stays unknown. */
  taskIdNotFound(error: ErrorInfo): StoredFailure {
    return this.#failure('query.idNotFound', 'unknown', 'outcomeUnknown', { error });
  }

  /** The task finished, but has no link. */
  noVideo(): StoredFailure {
    return this.#failure('query.noVideo', 'badReply', 'noVideo', { said: 'gateway' });
  }

  chargeWhenStopped({ succeededAt, links, failure }: TaskRecord): Charged {
    if (succeededAt === undefined) return chargeStatus(this.#origin, 'outcomeUnknown');
    const hasVideo = links.length > 0 || (failure?.charged ?? 'yes') === 'yes';
    return chargeStatus(this.#origin, hasVideo ? 'succeeded' : 'noVideo');
  }

  keyRefused(error: ErrorInfo): StoredFailure {
    return this.#failure('key.refused', classifyError(error), 'outcomeUnknown', { error });
  }

  noKey(reason: NoKeyReason, host: string): StoredFailure {
    return this.#failure(`key.${reason}`, 'key', 'outcomeUnknown', { params: { host } });
  }

  /** The task was sent with another key, so the gateway hides it. */
  otherKey(): StoredFailure {
    return this.#failure('key.other', 'key', 'outcomeUnknown');
  }

  /**
   * A query gave no information.
   * @param silence start of the silence and current time, in ms since 1970
   */
  temporaryError(
    error: ErrorInfo,
    silence?: { readonly since: number; readonly now: number },
  ): StoredFailure {
    const isLong = silence !== undefined && silence.now - silence.since >= UNRESPONSIVE_AFTER_MS;
    return this.#failure('query.silent', temporaryErrorKind(error), 'outcomeUnknown', {
      error,
      said: error.status === 0 ? 'us' : 'gateway',
      ...(silence ? { since: silence.since } : {}),
      ...(isLong ? { params: { long: 1 } } : {}),
    });
  }

  /** A download failed and is retried. Without a link, a refused download doesn't prove that there is a video. */
  downloadFailed(error: unknown, hasLink: boolean): StoredFailure {
    const { status = 400 } = error instanceof GatewayError ? error : {};
    const isRefused = error instanceof GatewayError && error.kind === 'refused' && !isTemporary(status);
    const outcome = hasLink || !isRefused ? 'succeeded' : 'noVideo';
    const said = error instanceof GatewayError && error.isOtherHost ? 'host' : 'gateway';
    return this.#failure('fetch.failed', downloadErrorKind(error), outcome, {
      error: toErrorInfo(error),
      said,
    });
  }

  diskFailed(error: Error): StoredFailure {
    return this.#failure('fetch.disk', 'disk', 'succeeded', { error: toErrorInfo(error), said: 'us' });
  }

  /** The only link has another scheme, contains the key, or leads to a private network. */
  linkRefused(link: string): StoredFailure {
    const params = { link: link.replace(/[?#].*$/s, '').slice(0, MAX_LINK_LENGTH) };
    return this.#failure('fetch.linkRefused', 'badReply', 'succeeded', { said: 'gateway', params });
  }

  /**
   * Some of several videos are missing and no longer retried.
   * @param reason undefined if the user stopped the task
   */
  videosMissing(missing: number, total: number, reason?: StoredFailure): StoredFailure {
    const { kind = 'unknown', said = 'us', status, detail, gatewayCode } = reason ?? {};
    return {
      ...{ kind, said, code: 'fetch.someMissing', charged: chargeStatus(this.#origin, 'fewerVideos') },
      ...(kind === 'expired' ? { params: { missing, total } } : {}),
      ...withoutUndefined({ status, detail, gatewayCode }),
    };
  }

  downloadTimedOut(last: StoredFailure): StoredFailure {
    const charged = last.charged === 'yes' ? chargeStatus(this.#origin, 'linkExpired') : last.charged;
    return { ...last, code: 'fetch.expired', charged };
  }
}

type GoneOutcome = Extract<ChargeOutcome, 'linkExpired' | 'noVideo' | 'idDenied'>;

/** Returns true for HTTP statuses that say nothing about a video. */
export function isTemporary(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

function temporaryErrorKind({ status, byProxy }: ErrorInfo): FailureKind {
  if (byProxy === true) return 'proxy';
  return status === 0 ? 'network' : status === 429 ? 'rateLimit' : 'upstream';
}

function unknownOutcomeKind(error: ErrorInfo | undefined): FailureKind {
  if (!error) return 'unknown';
  if (error.byProxy === true) return 'proxy';
  if (error.status >= 500) return 'upstream';
  return error.status === 0 ? 'network' : 'badReply';
}

function downloadErrorKind(error: unknown): FailureKind {
  if (!(error instanceof GatewayError) || error.kind === 'badReply') return 'badReply';
  if (error.kind === 'proxy') return 'proxy';
  if (error.kind !== 'refused') return 'network';
  const reported = classifyError(toErrorInfo(error));
  // A result host knows neither key nor balance. At the gateway, only queries prove the key's state.
  const isKnown = reported === 'quota' ? !error.isOtherHost : !ACCOUNT_FAILURES.has(reported);
  return isKnown ? reported : 'upstream';
}
