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
} from './schedule';

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
    /** The gateway says that the video was deleted. */
    | 'gone'
    /** The gateway no longer knows the task. */
    | 'denied'
    /** The link is refused: needs a fresh one, or time. */
    | 'refused'
    | 'noLink'
    /** Network or host error, or an incomplete download. */
    | 'trouble'
    | 'tooLong';
  readonly reason: StoredFailure;
  /** The link itself was refused, whatever else failed. */
  readonly isRefused?: boolean;
  /** The gateway's response to the query gave no information. */
  readonly isSilent?: boolean;
  readonly retryAfterMs?: number;
  /** Rate limit that the gateway asked for, in ms. */
  readonly pauseMs?: number;
}

const SECOND = 1000;
const REFUSALS: ReadonlySet<DownloadProblem['kind']> = new Set(['refused', 'denied', 'noLink']);
/** The gateway says that the task or this video doesn't exist. One such response proves nothing. */
const DENIALS: ReadonlySet<DownloadProblem['kind']> = new Set(['denied', 'noLink']);
/** Minimum and maximum retry interval for a link that may soon work. */
const FIRST_LINK_RETRY_MS = 6 * SECOND;
const LAST_LINK_RETRY_MS = 60 * SECOND;

function classify({ source, error }: SourceError): DownloadProblem['kind'] {
  if (error instanceof VideoFileError) return error.mayBeVideo ? 'trouble' : 'refused';
  if (!(error instanceof GatewayError)) return 'trouble';
  if (error.kind === 'tooLong') return 'tooLong';
  if (error.kind !== 'refused') return 'trouble';
  const isGateways = !error.elsewhere && source.kind !== 'link';
  if (isGateways && saysExpired(error.status, error.code)) return 'gone';
  const { status = 400 } = error;
  return isTemporary(status) ? 'trouble' : 'refused';
}

/** Classifies the errors of all sources of one video. Errors of fallback sources count only for `gone`. */
export function judgeErrors(
  errors: readonly SourceError[],
  failures: Failures,
  hasLink: boolean,
): DownloadProblem {
  const judged = errors.map((one) => ({ ...one, kind: classify(one) }));
  const gone = judged.find(({ kind }) => kind === 'gone');
  const own = judged.filter(({ isFallback }) => !isFallback);
  const deciding = gone ?? own.find(({ kind }) => kind === 'trouble' || kind === 'tooLong') ?? own[0];
  if (!deciding) return { kind: 'noLink', reason: failures.noVideo() };
  const { kind, error } = deciding;
  const retryAfterMs = error instanceof GatewayError ? error.retryAfterMs : undefined;
  const isGateways = error instanceof GatewayError && !error.elsewhere;
  return {
    kind,
    reason:
      kind === 'gone'
        ? failures.expired(hasLink ? 'linkExpired' : 'noVideo', toErrorInfo(describe(error)))
        : failures.downloadFailed(describe(error), hasLink),
    isRefused: own.some((one) => one.kind === 'refused'),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs, ...(isGateways ? { pauseMs: retryAfterMs } : {}) }),
  };
}

/** Replaces a file error with the message that arrived in place of a video, if any. */
function describe(error: unknown): unknown {
  if (!(error instanceof VideoFileError) || error.text === undefined) return error;
  const { message } = parseErrorResponse(error.text);
  return new GatewayError('badReply', message === '' ? error.message : message);
}

/**
 * Returns the row of a video after a failed step: with the time of the next attempt, or `gone`. Elapsed time decides,
 * not the number of attempts (DESIGN 5, Download).
 */
export function nextTryAfter(
  row: VideoRow,
  record: TaskRecord,
  problem: DownloadProblem,
  failures: Failures,
  now: number,
): VideoRow {
  const { kind, reason, retryAfterMs = 0, isRefused = REFUSALS.has(kind) } = problem;
  const attempts = (row.attempts ?? 0) + 1;
  const refusedSince = row.refusedSince ?? (isRefused ? now : undefined);
  const deniedSince = deniedSinceOf(row, problem, now);
  const failed: VideoRow = {
    ...row,
    attempts,
    reason: deniedSince === undefined ? reason : { ...reason, since: deniedSince },
    ...(refusedSince === undefined ? {} : { refusedSince }),
  };
  // A link may have been refused for long before the first denial.
  const since = DENIALS.has(kind) ? deniedSince : refusedSince;
  if (kind !== 'disk' && now > deadlineOf(record, problem, since, now)) {
    const isTimeout = kind === 'trouble' || kind === 'refused' || kind === 'tooLong';
    return { ...failed, state: 'gone', reason: isTimeout ? failures.downloadTimedOut(reason) : reason };
  }
  const wait = REFUSALS.has(kind) ? linkWait : downloadRetryInterval;
  const interval = kind === 'tooLong' ? MAX_INTERVAL_MS : wait(attempts, now - (since ?? now));
  return { ...failed, nextTry: now + Math.max(interval, retryAfterMs) };
}

/** Time since which every informative response about a video has been a denial, in ms since 1970. */
function deniedSinceOf(row: VideoRow, problem: DownloadProblem, now: number): number | undefined {
  const since = row.reason?.since;
  return DENIALS.has(problem.kind) ? (since ?? now) : problem.isSilent ? since : undefined;
}

/** Retry interval for a link, in ms: CDNs lag for seconds or minutes, proxies refuse for longer. */
function linkWait(attempts: number, refusedForMs: number): number {
  if (refusedForMs < MISSING_LINK_GRACE_MS) {
    return Math.min(LAST_LINK_RETRY_MS, FIRST_LINK_RETRY_MS * 2 ** Math.min(attempts - 1, 8));
  }
  return refusedForMs < 6 * MISSING_LINK_GRACE_MS ? MISSING_LINK_GRACE_MS / 2 : MAX_INTERVAL_MS;
}

/** Time at which this kind of problem makes a video `gone`, in ms since 1970. */
function deadlineOf(
  record: TaskRecord,
  { kind }: DownloadProblem,
  since: number | undefined,
  now: number,
): number {
  const atLeast = (since ?? 0) + MISSING_LINK_GRACE_MS;
  switch (kind) {
    case 'gone':
      return -Infinity;
    case 'denied':
      return atLeast;
    case 'noLink':
      return Math.max(atLeast, (record.succeededAt ?? now) + MISSING_LINK_GRACE_MS + record.diskBlockedMs);
    default:
      return Math.max(atLeast, downloadDeadline(record, now));
  }
}

/** Time until which downloads are retried, in ms since 1970 (DESIGN 5, Download). */
export function downloadDeadline(record: TaskRecord, now: number): number {
  const { succeededAt = now, submittedAt = record.createdAt, expiresAt = 0 } = record;
  // An expiry before the submit is a relative time, or comes from a wrong clock.
  const expiry = expiresAt > submittedAt ? expiresAt : succeededAt + DOWNLOAD_TIMEOUT_MS;
  const end = Math.max(expiry, succeededAt + MISSING_LINK_GRACE_MS);
  return end + record.diskBlockedMs;
}
