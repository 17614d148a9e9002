import type { Clock } from '../common/clock';
import { describeError } from '../common/log';
import { withoutUndefined } from '../common/withoutUndefined';
import { isKey, type KeySource } from '../gateway/apiKey';
import { originOf } from '../gateway/baseUrl';
import type { TaskRecord } from '../store/record';
import type { TaskPatch } from '../store/taskPatch';
import type { StoredFailure } from '../task/failure';
import type { VideoRow } from '../task/videoRow';
import type { AttemptResult, DownloadAttempt } from './downloadAttempt';
import { downloadDeadline } from './downloadRetry';
import { Lease } from './lease';
import {
  MAX_DUE_AHEAD_MS,
  IDLE_GAP_GRACE_MS,
  LEASE_MS,
  clockGap,
  LOCKED_RECHECK_MS,
  KEY_RECHECK_MS,
} from './intervals';
import { isDue, isPending, matchVideos, minVideoCount } from './videoRows';
import type { TaskServices } from './taskServices';

/** Longer than any attempt takes, however many videos there are. */
const MAX_ATTEMPT_MS = 20 * 3600_000;

/** Why videos that need the gateway can't be downloaded now, and until when, in ms since 1970. */
interface Block {
  readonly until: number;
  readonly failure?: StoredFailure;
}

/**
 * Downloads finished videos into the library. Each step of each video is retried on its own, and the request is never
 * sent again (DESIGN 5, Download).
 */
export class VideoDownloader {
  readonly #deps: TaskServices;
  /** Running downloads of this window by task ID. */
  readonly #active = new Map<string, AbortController>();

  constructor(deps: TaskServices) {
    this.#deps = deps;
  }

  /**
   * Downloads a task's videos, unless another window does.
   * @param record a task in phase `ready`, or in `saving` whose lease has expired
   * @param signal aborted when the window closes; the lease then expires and another window continues
   */
  async download(record: TaskRecord, signal: AbortSignal): Promise<void> {
    const { store, circuitBreaker, clock } = this.#deps;
    const seenDue = record.nextDue;
    if (seenDue === undefined) return;
    const { DownloadAttempt, needsGateway } = await import('./downloadAttempt');
    const now = clock.now();
    const origin = originOf(record.baseUrl);
    const gap = clockGap(seenDue, now);
    const rows = (await this.#expectedRows(record)).map((row) => shiftTimes(row, gap));
    // If the task is due before its videos, the user refreshed or the key works again: try them all.
    const dueRows = rows.some((row) => isDue(row, now)) ? rows.filter((row) => isDue(row, now)) : rows;
    const pendingRows = dueRows.filter(isPending);
    const needsKey = pendingRows.some((row) => needsGateway(row, record));
    const answer = await this.#deps.keys.keyFor(origin);
    const block = needsKey ? await this.#findBlock(origin, answer) : undefined;
    // If the gateway isn't needed, it's queried only if a link fails and its origin isn't paused.
    const canQuery = answer.kind === 'key' && (needsKey ? !block : await circuitBreaker.isOpen(origin));
    const key = canQuery ? answer.key : undefined;
    const rowsToTry = block ? pendingRows.filter((row) => !needsGateway(row, record)) : pendingRows;
    const postponed = rows.map((row) =>
      block && pendingRows.includes(row) && !rowsToTry.includes(row) ? postpone(row, block) : row,
    );
    if (block && rowsToTry.length === 0) {
      const { until, failure } = block;
      const nextDue = Math.min(until, ...postponed.filter(isPending).map(({ nextTry = until }) => nextTry));
      await store.claim(record.id, seenDue, {
        nextDue: Math.max(nextDue, now + 1000),
        ...withoutUndefined({ failure }),
        ...(record.phase === 'saving' ? { phase: 'ready' } : {}),
        ...(gap === 0 ? {} : { videos: postponed, ...this.#extendDeadline(record, gap) }),
      });
      return;
    }
    const due = clock.now() + LEASE_MS;
    const claimed = await store.claim(record.id, seenDue, {
      phase: 'saving',
      // May be left over from a window that closed.
      fetchProgress: null,
      nextDue: due,
      videos: postponed,
      ...this.#extendDeadline(record, gap),
    });
    if (!claimed) return;
    const stop = new AbortController();
    const stopSignal = AbortSignal.any([signal, stop.signal]);
    const access = { baseUrl: record.baseUrl, key };
    const deps = { ...this.#deps, clock: steadyClock(clock) };
    const attempt = new DownloadAttempt(deps, claimed, postponed, access, stopSignal);
    const lease = new Lease(this.#deps, {
      ...{ id: record.id, phase: 'saving', due },
      progress: () => attempt.progress(),
      onLost: () => stop.abort(),
    });
    this.#active.set(record.id, stop);
    try {
      const positions = new Set(rowsToTry.map(({ position }) => position));
      const result = await this.#run(attempt, claimed, postponed, positions, stopSignal);
      if (!result || stopSignal.aborted) return;
      await this.#store(claimed, result, key?.id);
      if (result.hasUsedKey) await circuitBreaker.keyAccepted(origin);
    } finally {
      this.#active.delete(record.id);
      lease.dispose();
    }
    if (key && !block && (await store.readRecord(record.id))?.phase === 'saved')
      await circuitBreaker.keyAccepted(origin);
  }

  cancel(id: string): void {
    this.#active.get(id)?.abort();
  }

  /** Returns the rows of a task's videos. Tasks of older versions have none yet. */
  async #expectedRows(record: TaskRecord): Promise<readonly VideoRow[]> {
    const rows = await this.#deps.store.videos(record.id);
    if (rows.some(isPending)) return rows;
    const minCount = rows.length > 0 ? rows.length : minVideoCount(this.#deps.catalog, record.request);
    return matchVideos(rows, record.links, minCount);
  }

  async #findBlock(
    origin: string,
    answer: Awaited<ReturnType<KeySource['keyFor']>>,
  ): Promise<Block | undefined> {
    const { circuitBreaker, clock } = this.#deps;
    if (answer.kind !== 'key') {
      const wait = answer.kind === 'locked' ? LOCKED_RECHECK_MS : KEY_RECHECK_MS;
      return {
        until: clock.now() + wait,
        failure: this.#deps.failures(origin).noKey(answer.kind, new URL(origin).host),
      };
    }
    const admission = await circuitBreaker.admit(origin);
    if (admission.open) return undefined;
    return { until: admission.until, ...withoutUndefined({ failure: admission.refusal }) };
  }

  /**
   * Excludes time in which the disk failed or nothing could run. After sleep or a missing key, the first download often
   * fails because the network isn't up yet, so retries get another 10 minutes.
   */
  #extendDeadline(record: TaskRecord, gap: number): TaskPatch {
    const now = this.#deps.clock.now();
    const { diskFailedAt, failure } = record;
    const blockedMs = diskFailedAt === undefined ? 0 : now - diskFailedAt;
    // Use the longer period, because it contains the other.
    const diskBlockedMs = record.diskBlockedMs + (Math.abs(gap) > Math.abs(blockedMs) ? gap : blockedMs);
    if (diskFailedAt !== undefined) return { diskBlockedMs, diskFailedAt: null };
    const wasIdle = gap > 0 || failure?.code.startsWith('key.') === true;
    const missing = now + IDLE_GAP_GRACE_MS - downloadDeadline({ ...record, diskBlockedMs }, now);
    return { diskBlockedMs: diskBlockedMs + (wasIdle ? Math.max(0, missing) : 0) };
  }

  async #run(
    attempt: DownloadAttempt,
    claimed: TaskRecord,
    rows: readonly VideoRow[],
    due: ReadonlySet<number>,
    signal: AbortSignal,
  ): Promise<AttemptResult | undefined> {
    try {
      return await attempt.run(due);
    } catch (error) {
      if (signal.aborted) return undefined;
      const { log, clock, failures } = this.#deps;
      log.error(`task ${claimed.id}: ${describeError(error)}`);
      const hasLink = rows.some(({ link }) => link !== undefined);
      const reason = failures(claimed.baseUrl).downloadFailed(error, hasLink);
      const nextTry = clock.now() + KEY_RECHECK_MS;
      return {
        rows: rows.map((row) => (due.has(row.position) ? { ...row, reason, nextTry } : row)),
        patch: {},
      };
    }
  }

  /** Stores a result, unless the user has stopped the task. */
  async #store(claimed: TaskRecord, result: AttemptResult, keyId: string | undefined): Promise<void> {
    const { store, circuitBreaker, keys, partialResults } = this.#deps;
    const origin = originOf(claimed.baseUrl);
    if (result.pauseMs !== undefined) await circuitBreaker.rateLimited(origin, result.pauseMs);
    if (result.keyRefused) {
      const answer = await keys.keyFor(origin);
      // The refusal of a replaced key must not pause the origin.
      if (keyId !== undefined && isKey(answer, keyId))
        await circuitBreaker.keyRefused(origin, result.keyRefused);
    }
    const patch = { ...result.patch, ...(result.ended ?? this.#toPatch(claimed, result.rows)) };
    const found = await partialResults.findFor(claimed, patch);
    await store.update(claimed.id, (current) =>
      current.phase === 'saving' && current.version === claimed.version
        ? partialResults.keepVideos(patch, current, result.rows, found)
        : undefined,
    );
  }

  /** Creates the patch for a task whose videos have these rows. */
  #toPatch(record: TaskRecord, rows: readonly VideoRow[]): TaskPatch {
    const { clock, failures, partialResults } = this.#deps;
    const now = clock.now();
    const base: TaskPatch = { videos: rows, consecutiveErrors: 0, notFoundCount: 0, lastNotFoundAt: null };
    const pending = rows.filter(isPending);
    if (pending.length > 0) {
      const reasons = pending.flatMap(({ reason }) => reason ?? []);
      const failure = reasons.find(({ kind }) => kind === 'disk') ?? reasons[0] ?? null;
      const nextDue = Math.min(...pending.map(({ nextTry = now }) => nextTry));
      const diskFailedAt = reasons.some(({ code }) => code === 'fetch.disk') ? now : null;
      return { ...base, phase: 'ready', nextDue, failure, diskFailedAt };
    }
    if (rows.some(({ state }) => state === 'recorded')) {
      const note = rows.some(({ unverified }) => unverified) ? { note: { code: 'unverified' } as const } : {};
      return { ...base, ...note, phase: 'saved', failure: partialResults.missing(record, rows) };
    }
    const reason = rows.find((row) => row.reason)?.reason ?? failures(record.baseUrl).noVideo();
    return { ...base, phase: 'lost', failure: reason };
  }
}

function shiftTimes(row: VideoRow, gap: number): VideoRow {
  const { refusedSince, reason } = row;
  if (gap === 0) return row;
  return {
    ...row,
    ...(refusedSince === undefined ? {} : { refusedSince: refusedSince + gap }),
    ...(reason?.since === undefined ? {} : { reason: { ...reason, since: reason.since + gap } }),
  };
}

/**
 * Creates a clock that stops if the system clock is set during an attempt. Times that it plans are then due at once, which
 * shows the next attempt how far the clock has moved.
 */
function steadyClock(clock: Clock): Clock {
  const started = clock.now();
  return {
    now: () => {
      const now = clock.now();
      return now - started > MAX_ATTEMPT_MS || started - now > MAX_DUE_AHEAD_MS ? started : now;
    },
    setTimeout: (callback, ms) => clock.setTimeout(callback, ms),
  };
}

function postpone(row: VideoRow, { until, failure }: Block): VideoRow {
  return { ...row, nextTry: until, ...withoutUndefined({ reason: failure }) };
}
