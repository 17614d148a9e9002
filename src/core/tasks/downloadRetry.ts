import { GatewayError } from '../gateway/errors';
import { parseErrorResponse, saysExpired } from '../gateway/responseError';
import type { VideoSource } from '../gateway/videoClient';
import { VideoFileError } from '../library/videoFileError';
import type { TaskRecord } from '../store/record';
import type { StoredFailure } from '../task/failure';
import type { VideoRow } from '../task/videoRow';
import { isTemporary, toErrorInfo, type Failures } from './failures';
import {
  DOWNLOAD_TIMEOUT_MS,
  MAX_INTERVAL_MS,
  MISSING_LINK_GRACE_MS,
  downloadRetryInterval,
} from './intervals';

export interface SourceError {
  readonly source: VideoSource;
  /** True if the gateway may not have this source at all. */
  readonly isFallback: boolean;
  readonly error: unknown;
}

/** Why the current step for a video failed, grouped by remedy. */
export interface DownloadProblem {
  readonly kind:
    | 'disk'
    | 'gone'
    | 'notFound'
    /** The link is refused: needs a fresh one, or time. */
    | 'refused'
    | 'noLink'
    /** Network or host error, or an incomplete download. */
    | 'temporary'
    | 'tooLong';
  readonly reason: StoredFailure;
  /** True if the link itself was refused, whatever else failed. */
  readonly isRefused?: boolean;
  /** True if the query gave no information. */
  readonly isSilent?: boolean;
  readonly retryAfterMs?: number;
  /** Rate limit that the gateway asked for, in ms. */
  readonly pauseMs?: number;
}

const SECOND = 1000;
const LINK_PROBLEMS: ReadonlySet<DownloadProblem['kind']> = new Set(['refused', 'notFound', 'noLink']);
/** The gateway reports that the task or this video doesn't exist. One such response proves nothing. */
const NOT_FOUND_PROBLEMS: ReadonlySet<DownloadProblem['kind']> = new Set(['notFound', 'noLink']);
const FIRST_LINK_RETRY_MS = 6 * SECOND;
const LAST_LINK_RETRY_MS = 60 * SECOND;

function classify({ source, error }: SourceError): DownloadProblem['kind'] {
  if (error instanceof VideoFileError) return error.mayBeVideo ? 'temporary' : 'refused';
  if (!(error instanceof GatewayError)) return 'temporary';
  if (error.kind === 'tooLong') return 'tooLong';
  if (error.kind !== 'refused') return 'temporary';
  const isGateways = !error.isOtherHost && source.kind !== 'link';
  if (isGateways && saysExpired(error.status, error.code)) return 'gone';
  const { status = 400 } = error;
  return isTemporary(status) ? 'temporary' : 'refused';
}

/** Classifies the errors of all sources of one video. Errors of fallback sources count only for `gone`. */
export function classifyErrors(
  errors: readonly SourceError[],
  failures: Failures,
  hasLink: boolean,
): DownloadProblem {
  const classified = errors.map((one) => ({ ...one, kind: classify(one) }));
  const gone = classified.find(({ kind }) => kind === 'gone');
  const own = classified.filter(({ isFallback }) => !isFallback);
  const deciding = gone ?? own.find(({ kind }) => kind === 'temporary' || kind === 'tooLong') ?? own[0];
  if (!deciding) return { kind: 'noLink', reason: failures.noVideo() };
  const { kind, error } = deciding;
  const retryAfterMs = error instanceof GatewayError ? error.retryAfterMs : undefined;
  const isGateways = error instanceof GatewayError && !error.isOtherHost;
  return {
    kind,
    reason:
      kind === 'gone'
        ? failures.expired(hasLink ? 'linkExpired' : 'noVideo', toErrorInfo(toReportedError(error)))
        : failures.downloadFailed(toReportedError(error), hasLink),
    isRefused: own.some((one) => one.kind === 'refused'),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs, ...(isGateways ? { pauseMs: retryAfterMs } : {}) }),
  };
}

/** Replaces a file error with the message that was sent instead of a video, if any. */
function toReportedError(error: unknown): unknown {
  if (!(error instanceof VideoFileError) || error.text === undefined) return error;
  const { message } = parseErrorResponse(error.text);
  return new GatewayError('badReply', message === '' ? error.message : message);
}

/**
 * Returns the row of a video after a failed step, with the time of the next attempt or as `gone`. Elapsed time decides,
 * not the number of attempts (DESIGN 5, Download).
 */
export function scheduleRetry(
  row: VideoRow,
  record: TaskRecord,
  problem: DownloadProblem,
  failures: Failures,
  now: number,
): VideoRow {
  const { kind, reason, retryAfterMs = 0, isRefused = LINK_PROBLEMS.has(kind) } = problem;
  const attempts = (row.attempts ?? 0) + 1;
  const refusedSince = row.refusedSince ?? (isRefused ? now : undefined);
  const notFoundSince = getNotFoundSince(row, problem, now);
  const failed: VideoRow = {
    ...row,
    attempts,
    reason: notFoundSince === undefined ? reason : { ...reason, since: notFoundSince },
    ...(refusedSince === undefined ? {} : { refusedSince }),
  };
  // Links may be refused for long before the first "not found".
  const since = NOT_FOUND_PROBLEMS.has(kind) ? notFoundSince : refusedSince;
  if (kind !== 'disk' && now > getDeadline(record, kind, now, since)) {
    const isTimeout = kind === 'temporary' || kind === 'refused' || kind === 'tooLong';
    return { ...failed, state: 'gone', reason: isTimeout ? failures.downloadTimedOut(reason) : reason };
  }
  const wait = LINK_PROBLEMS.has(kind) ? linkRetryInterval : downloadRetryInterval;
  const interval = kind === 'tooLong' ? MAX_INTERVAL_MS : wait(attempts, now - (since ?? now));
  return { ...failed, nextTry: now + Math.max(interval, retryAfterMs) };
}

/** Returns the time of the first of consecutive "not found" responses, in ms since 1970. */
function getNotFoundSince(row: VideoRow, problem: DownloadProblem, now: number): number | undefined {
  const since = row.reason?.since;
  return NOT_FOUND_PROBLEMS.has(problem.kind) ? (since ?? now) : problem.isSilent ? since : undefined;
}

/** Returns the retry interval for a link, in ms. CDNs lag for seconds or minutes, proxies refuse for longer. */
function linkRetryInterval(attempts: number, refusedForMs: number): number {
  if (refusedForMs < MISSING_LINK_GRACE_MS) {
    return Math.min(LAST_LINK_RETRY_MS, FIRST_LINK_RETRY_MS * 2 ** Math.min(attempts - 1, 8));
  }
  return refusedForMs < 6 * MISSING_LINK_GRACE_MS ? MISSING_LINK_GRACE_MS / 2 : MAX_INTERVAL_MS;
}

/** Returns the time at which this problem makes a video `gone`, in ms since 1970. */
function getDeadline(record: TaskRecord, kind: DownloadProblem['kind'], now: number, since = 0): number {
  const atLeast = since + MISSING_LINK_GRACE_MS;
  switch (kind) {
    case 'gone':
      return -Infinity;
    case 'notFound':
      return atLeast;
    case 'noLink':
      return Math.max(atLeast, (record.succeededAt ?? now) + MISSING_LINK_GRACE_MS + record.diskBlockedMs);
    default:
      return Math.max(atLeast, downloadDeadline(record, now));
  }
}

/** Returns the time until which downloads are retried, in ms since 1970 (DESIGN 5, Download). */
export function downloadDeadline(record: TaskRecord, now: number): number {
  const { succeededAt = now, submittedAt = record.createdAt, expiresAt = 0 } = record;
  // Ignore an expiry before the submit: it's a relative time, or from a wrong clock.
  const expiry = expiresAt > submittedAt ? expiresAt : succeededAt + DOWNLOAD_TIMEOUT_MS;
  return Math.max(expiry, succeededAt + MISSING_LINK_GRACE_MS) + record.diskBlockedMs;
}
