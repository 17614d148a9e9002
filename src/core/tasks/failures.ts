import type { OriginKind } from '../common/originKind';
import { withoutUndefined } from '../common/withoutUndefined';
import type { NoKeyReason } from '../gateway/apiKey';
import { classifyError, type ErrorInfo } from '../gateway/errorKinds';
import { GatewayError } from '../gateway/errors';
import type { TaskRecord } from '../store/record';
import { charge, failedOutcome, isUsuallyRefunded, type ChargeOutcome } from '../task/charge';
import type { FailureCode, FailureSource, StoredFailure, TextParams } from '../task/failure';
import type { Charged, FailureKind } from '../task/task';
import { UNRESPONSIVE_AFTER_MS } from './schedule';

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
  readonly trouble?: ErrorInfo | undefined;
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
    { trouble, said = trouble ? 'gateway' : 'us', params, since }: FailureFacts = {},
  ): StoredFailure {
    return {
      kind,
      code,
      said: trouble?.byProxy === true ? 'proxy' : said,
      charged: charge(this.#origin, outcome),
      ...withoutUndefined({ params, gatewayCode: trouble?.code, since }),
      ...(trouble && trouble.status > 0 ? { status: trouble.status } : {}),
      ...(trouble && trouble.message !== '' ? { detail: trouble.message } : {}),
    };
  }

  refused(trouble: ErrorInfo, noChannel = false): StoredFailure {
    const outcome = { refusedStatus: trouble.status, noChannel };
    return this.#failure('submit.refused', classifyError(trouble), outcome, { trouble });
  }

  /** The gateway asked to wait; the request is sent again automatically. */
  rateLimited(trouble: ErrorInfo): StoredFailure {
    return this.#failure('submit.rateLimited', 'rateLimit', { refusedStatus: trouble.status }, { trouble });
  }

  /** No connection to the gateway; nothing was sent. */
  unreachable(trouble: ErrorInfo, host: string): StoredFailure {
    return this.#failure('submit.unreachable', 'network', 'notSent', {
      trouble,
      said: 'us',
      params: { host },
    });
  }

  proxyRefused(trouble: ErrorInfo, host: string): StoredFailure {
    return this.#failure('submit.proxy', 'proxy', 'notSent', { trouble, said: 'proxy', params: { host } });
  }

  /** The window ended before anything was sent. */
  notSent(): StoredFailure {
    return this.#failure('submit.neverSent', 'unknown', 'notSent');
  }

  /** The key was removed or replaced before anything was sent, or its keyring was locked. */
  keyUnavailable(isLocked: boolean): StoredFailure {
    return this.#failure('submit.noKey', 'key', 'notSent', isLocked ? { params: { locked: 1 } } : {});
  }

  outcomeUnknown(trouble: ErrorInfo | undefined): StoredFailure {
    return this.#failure('submit.unclear', unclearKind(trouble), 'outcomeUnknown', { trouble });
  }

  /** The gateway returned an ID with an error, and then denied the ID. */
  denied(trouble: ErrorInfo): StoredFailure {
    return this.#failure('submit.denied', classifyError(trouble), 'idDenied', { trouble });
  }

  /**
   * The task failed at the gateway, or succeeded and a filter removed every video.
   * @param hadSucceeded true if the gateway reported success before, so that the failure doesn't prove it's free
   */
  taskFailed(trouble: ErrorInfo, filteredCount?: number, hadSucceeded = false): StoredFailure {
    if (filteredCount !== undefined) {
      const params = { count: filteredCount };
      return this.#failure('query.filtered', 'moderation', 'noVideo', { trouble, params });
    }
    const said = classifyError({ ...trouble, status: 500 });
    // The gateway accepted the request, so a wrong key or balance is the gateway's own at the provider.
    const kind = ACCOUNT_FAILURES.has(said) ? 'upstream' : said;
    const outcome = hadSucceeded ? 'outcomeUnknown' : failedOutcome(trouble.message);
    const hint = isUsuallyRefunded(this.#origin, outcome) ? { params: { refund: 'usual' } } : {};
    return this.#failure('query.failed', kind, outcome, { trouble, ...hint });
  }

  /** The gateway says that the video was deleted. */
  expired(outcome: GoneOutcome, trouble?: ErrorInfo): StoredFailure {
    return this.#failure('query.expired', 'expired', outcome, { trouble, said: 'gateway' });
  }

  taskGone(outcome: GoneOutcome, trouble: ErrorInfo): StoredFailure {
    return this.#failure('query.notFound', 'expired', outcome, { trouble });
  }

  /** The gateway doesn't know an ID that the user attached: the outcome of the request stays unknown. */
  taskIdNotFound(trouble: ErrorInfo): StoredFailure {
    return this.#failure('query.idNotFound', 'unknown', 'outcomeUnknown', { trouble });
  }

  /** Finished, but the gateway doesn't say where the video is. */
  noVideo(): StoredFailure {
    return this.#failure('query.noVideo', 'badReply', 'noVideo', { said: 'gateway' });
  }

  /** What is known about the charge of a task that the user stops tracking, by what the gateway has said so far. */
  chargeWhenStopped({ succeededAt, links, failure }: TaskRecord): Charged {
    if (succeededAt === undefined) return charge(this.#origin, 'outcomeUnknown');
    const hasVideo = links.length > 0 || (failure?.charged ?? 'yes') === 'yes';
    return charge(this.#origin, hasVideo ? 'succeeded' : 'noVideo');
  }

  keyRefused(trouble: ErrorInfo): StoredFailure {
    return this.#failure('key.refused', classifyError(trouble), 'outcomeUnknown', { trouble });
  }

  /** No key to query the gateway with, and why. */
  noKey(reason: NoKeyReason, host: string): StoredFailure {
    return this.#failure(`key.${reason}`, 'key', 'outcomeUnknown', { params: { host } });
  }

  /** The key differs from the one that the task was sent with, so the gateway hides the task. */
  otherKey(): StoredFailure {
    return this.#failure('key.other', 'key', 'outcomeUnknown');
  }

  /**
   * A query gave no information.
   * @param silence when the silence began, and the current time, in ms since 1970
   */
  temporaryError(
    trouble: ErrorInfo,
    silence?: { readonly since: number; readonly now: number },
  ): StoredFailure {
    const isLong = silence !== undefined && silence.now - silence.since >= UNRESPONSIVE_AFTER_MS;
    return this.#failure('query.silent', silentKind(trouble), 'outcomeUnknown', {
      trouble,
      said: trouble.status === 0 ? 'us' : 'gateway',
      ...(silence ? { since: silence.since } : {}),
      ...(isLong ? { params: { long: 1 } } : {}),
    });
  }

  /**
   * A download failed and is retried. If the gateway never gave a link and refuses the download, nothing proves that
   * there is a video.
   */
  downloadFailed(error: unknown, hasLink: boolean): StoredFailure {
    const { status = 400 } = error instanceof GatewayError ? error : {};
    const isRefused = error instanceof GatewayError && error.kind === 'refused' && !isTemporary(status);
    const outcome = hasLink || !isRefused ? 'succeeded' : 'noVideo';
    const said = error instanceof GatewayError && error.elsewhere ? 'host' : 'gateway';
    return this.#failure('fetch.failed', fetchKind(error), outcome, { trouble: toErrorInfo(error), said });
  }

  diskFailed(error: Error): StoredFailure {
    return this.#failure('fetch.disk', 'disk', 'succeeded', { trouble: toErrorInfo(error), said: 'us' });
  }

  /** The only link to the video isn't downloaded: another scheme, or an address in a private network. */
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
      ...{ kind, said, code: 'fetch.someMissing', charged: charge(this.#origin, 'fewerVideos') },
      ...(kind === 'expired' ? { params: { missing, total } } : {}),
      ...withoutUndefined({ status, detail, gatewayCode }),
    };
  }

  /** The download didn't succeed while the gateway kept the video. */
  downloadTimedOut(last: StoredFailure): StoredFailure {
    const charged = last.charged === 'yes' ? charge(this.#origin, 'linkExpired') : last.charged;
    return { ...last, code: 'fetch.expired', charged };
  }
}

/** Outcome of a task whose video is no longer at the gateway. */
type GoneOutcome = Extract<ChargeOutcome, 'linkExpired' | 'noVideo' | 'idDenied'>;

/** Returns true for HTTP statuses that say nothing about a video. */
export function isTemporary(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

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
  // A result host knows nothing about the user's key or balance. At the gateway, only queries prove the key's state.
  const isKnown = said === 'quota' ? !error.elsewhere : !ACCOUNT_FAILURES.has(said);
  return isKnown ? said : 'upstream';
}
