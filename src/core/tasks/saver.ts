import type { Clock } from '../common/clock';
import { describeError, type Log } from '../common/log';
import { isKey, type KeySource } from '../gateway/apiKey';
import { originOf } from '../gateway/baseUrl';
import type { GatewayClient } from '../gateway/client';
import type { Access } from '../gateway/transport';
import type { VideoClient } from '../gateway/videoClient';
import { GatewayError } from '../gateway/errors';
import { MODEL_ACCESS_DENIED } from '../gateway/outcomes';
import { DiskError } from '../common/fileSystem';
import type { Library } from '../library/library';
import { countNotFound } from './notFoundCount';
import { videosMade, type Endings } from './endings';
import { toErrorInfo, type Failures } from './failures';
import { Lease } from './lease';
import type { OriginGate } from './originGate';
import type { OriginKinds } from './originKinds';
import type { TaskPatch } from '../store/taskPatch';
import { toVideoRows, type TaskRecord } from '../store/record';
import {
  DEAD_LINKS_APART,
  FETCH_PATIENCE,
  GAP_GRACE,
  LEASE,
  LOCKED_RECHECK_MS,
  LONG_GAP,
  RECHECK,
  VIDEO_GRACE,
  fetchInterval,
} from './schedule';
import type { TaskStore } from '../store/store';
import { Denied, Ended, NoVideoYet, VideoFetch } from './videoFetch';

interface Parts {
  readonly store: TaskStore;
  readonly client: GatewayClient;
  readonly videoClient: VideoClient;
  readonly keys: KeySource;
  readonly gate: OriginGate;
  readonly kinds: OriginKinds;
  readonly library: Library;
  readonly clock: Clock;
  readonly log: Log;
  readonly failures: Failures;
  readonly endings: Endings;
}

/**
 * Brings finished videos into the library: fetched at once, verified, renamed into place, written down (DESIGN 4.5).
 * What goes wrong is tried again; only the fetch, never the submit (DESIGN 5, Fetch).
 */
export class Saver {
  readonly #parts: Parts;
  /** Fetches of this window, to be ended when the task is no longer wanted. */
  readonly #underWay = new Map<string, AbortController>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Fetches what the task has made, if no other window is at it.
   * @param record a task in phase `ready`, or in `saving` whose claim has run out
   * @param signal ends it because the window closes; the claim then runs out and another window goes on
   */
  async save(record: TaskRecord, signal: AbortSignal): Promise<void> {
    const { store, gate, keys, clock, failures } = this.#parts;
    if (record.nextDue === undefined) return;
    const origin = originOf(record.baseUrl);
    const answer = await keys.keyFor(origin);
    if (answer.kind !== 'key') {
      await this.#wait(record, record.nextDue, {
        nextDue: clock.now() + (answer.kind === 'locked' ? LOCKED_RECHECK_MS : RECHECK),
        failure: failures.noKey(answer.kind, new URL(origin).host),
      });
      return;
    }
    const { key } = answer;
    const passage = await gate.pass(origin);
    if (!passage.open) {
      await this.#wait(record, record.nextDue, {
        nextDue: passage.until,
        ...(passage.refusal === undefined ? {} : { failure: passage.refusal }),
      });
      return;
    }
    const due = clock.now() + LEASE;
    const claimed = await store.claim(record.id, record.nextDue, {
      phase: 'saving',
      // That of a window that has ended, if any.
      fetchProgress: null,
      nextDue: due,
      ...afterGap(record, clock.now()),
    });
    if (!claimed) return;
    const stop = new AbortController();
    const forward = () => stop.abort();
    signal.addEventListener('abort', forward, { once: true });
    if (signal.aborted) stop.abort();
    const access = { baseUrl: record.baseUrl, key };
    const fetch = new VideoFetch(this.#parts, claimed, access, stop.signal);
    const lease = new Lease(this.#parts, record.id, 'saving', due, () => stop.abort(), {
      progress: () => fetch.progress(),
    });
    this.#underWay.set(record.id, stop);
    try {
      const patch = await this.#attempt(claimed, access, fetch, stop.signal);
      if (!stop.signal.aborted) await this.#writeDown(claimed, patch);
      if (patch.phase === 'saved') await gate.keyAccepted(origin);
    } finally {
      this.#underWay.delete(record.id);
      signal.removeEventListener('abort', forward);
      lease.dispose();
    }
  }

  /** Ends this window's fetch for a task, if there is one. */
  cancel(id: string): void {
    this.#underWay.get(id)?.abort();
  }

  /** Puts off a task that can't be fetched now; one that a dead window held goes back to `ready`. */
  async #wait(record: TaskRecord, seenDue: number, patch: TaskPatch): Promise<void> {
    await this.#parts.store.claim(
      record.id,
      seenDue,
      record.phase === 'saving' ? { ...patch, phase: 'ready' } : patch,
    );
  }

  /** The outcome counts only as long as the task is still ours: the user may have stopped it meanwhile. */
  async #writeDown(claimed: TaskRecord, patch: TaskPatch): Promise<void> {
    const { store, endings } = this.#parts;
    const inLibrary = endings.isFruitless(patch) ? await endings.videosOf(claimed) : [];
    await store.update(claimed.id, (current, videosHere) =>
      current.phase === 'saving' && current.version === claimed.version
        ? endings.keepVideos(patch, current, inLibrary, videosHere().length)
        : undefined,
    );
  }

  /** Tries once; says what becomes of the task. Throws only what nobody foresaw. */
  async #attempt(
    record: TaskRecord,
    access: Access,
    fetch: VideoFetch,
    signal: AbortSignal,
  ): Promise<TaskPatch> {
    const { log, failures } = this.#parts;
    try {
      const { videos, failed } = await fetch.run();
      const rows = toVideoRows(videos);
      const saved = { phase: 'saved', videos: rows, troubles: 0, denials: 0, deniedAt: null } as const;
      log.info(`task ${record.id}: ${videos.length} of ${videos.length + failed.length} video(s) are here`);
      const [deciding] = failed.toSorted((a, b) => hope(b) - hope(a));
      if (!deciding) {
        // The gateway may name fewer than it did.
        const isWhole = videos.length >= videosMade(record, videos);
        return { ...saved, failure: isWhole ? null : failures.othersMissing(undefined) };
      }
      log.warn(`task ${record.id}: ${describeError(deciding)}`);
      const patch = await this.#goOn(record, access, deciding);
      // Where none can be seen the disk may be away: what is written down stays.
      if (videos.length === 0) return patch;
      // What has come is written down at once: it is there whatever becomes of the others.
      if (patch.phase !== 'lost') return { ...patch, videos: rows };
      // The others are given up; that must not cost those that are here.
      const total = videos.length + failed.length;
      const failure =
        deciding instanceof Denied
          ? failures.someGone(failed.length, total, toErrorInfo(deciding))
          : failures.othersMissing(patch.failure ?? undefined);
      return { ...saved, failure };
    } catch (error) {
      if (signal.aborted) return {};
      if (!(error instanceof Ended)) log.warn(`task ${record.id} was not fetched: ${describeError(error)}`);
      return this.#goOn(record, access, error);
    }
  }

  /** What becomes of the task after a failure; the disk's share of the time is kept apart. */
  async #goOn(record: TaskRecord, access: Access, error: unknown): Promise<TaskPatch> {
    const held = heldUpByDisk(record, error, this.#parts.clock.now());
    const patch = await this.#afterFailure({ ...record, heldUpMs: held.heldUpMs }, access, error);
    return { ...held, ...patch };
  }

  async #afterFailure(record: TaskRecord, access: Access, error: unknown): Promise<TaskPatch> {
    const { gate, keys, clock, failures } = this.#parts;
    const now = clock.now();
    if (error instanceof Ended) return error.patch;
    if (error instanceof NoVideoYet) {
      if (now - (record.succeededAt ?? now) > VIDEO_GRACE + record.heldUpMs)
        return { phase: 'lost', failure: failures.noVideo() };
      return { phase: 'ready', nextDue: now + 15_000 };
    }
    if (error instanceof Denied) {
      if (record.keyId !== access.key.id)
        return {
          phase: 'ready',
          failure: failures.otherKey(),
          nextDue: now + RECHECK,
        };
      const counts = countNotFound(record, now, DEAD_LINKS_APART);
      const failure = failures.expired(true, toErrorInfo(error));
      if (counts.isBelieved) return { phase: 'lost', failure };
      return { ...counts.patch, phase: 'ready', failure, nextDue: now + DEAD_LINKS_APART };
    }
    const troubles = record.troubles + 1;
    if (error instanceof DiskError) {
      return {
        phase: 'ready',
        troubles,
        failure: failures.diskFailed(error),
        nextDue: now + fetchInterval(troubles),
      };
    }
    const trouble = toErrorInfo(error);
    const isRefusal = error instanceof GatewayError && error.kind === 'refused';
    if (isRefusal && (trouble.status === 401 || trouble.status === 403)) {
      const failure = failures.keyRefused(trouble);
      const origin = originOf(access.baseUrl);
      const stillOurs = isKey(await keys.keyFor(origin), access.key.id);
      // A model that is closed to the key closes nothing else.
      if (!stillOurs) return { phase: 'ready', nextDue: now };
      if (!MODEL_ACCESS_DENIED.test(trouble.message)) await gate.keyRefused(origin, failure);
      return { phase: 'ready', failure, nextDue: now + RECHECK };
    }
    const failure = failures.fetchFailed(error);
    if (now > fetchDeadline(record, now)) return { phase: 'lost', failure: failures.neverFetched(failure) };
    const retryAfter = error instanceof GatewayError ? (error.retryAfterMs ?? 0) : 0;
    // What a result host asks for concerns nobody but itself.
    const byGateway = error instanceof GatewayError && !error.elsewhere;
    if (retryAfter > 0 && byGateway) await gate.rateLimited(originOf(access.baseUrl), retryAfter);
    return {
      phase: 'ready',
      troubles,
      failure,
      nextDue: now + Math.max(fetchInterval(troubles), retryAfter),
    };
  }
}

/** What decides on the next attempt when several videos fail: a full disk first, what is gone for good last. */
function hope(error: Error): number {
  if (error instanceof DiskError) return 2;
  return error instanceof Denied ? 0 : 1;
}

/** Until when a video is tried for, ms since 1970 (DESIGN 5, Fetch). */
function fetchDeadline(record: TaskRecord, now: number): number {
  const succeededAt = record.succeededAt ?? now;
  // An end that lies in the past already is a clock that goes wrong somewhere; some tries are always made.
  const end = Math.max(record.expiresAt ?? succeededAt + FETCH_PATIENCE, succeededAt + VIDEO_GRACE);
  return end + record.heldUpMs;
}

/**
 * After a long time without a try (the machine slept, no key was there) one that fails does not end it: the network
 * may not be up yet. So some more are made, in quick succession at first, before patience ends.
 */
function afterGap(record: TaskRecord, now: number): TaskPatch {
  const missing = now + GAP_GRACE - fetchDeadline(record, now);
  const isGap = now - record.updatedAt > LONG_GAP && record.diskFailedAt === undefined;
  return isGap && missing > 0 ? { heldUpMs: record.heldUpMs + missing, troubles: 0 } : {};
}

/** Disk trouble takes no time from that: from each failure of the disk to the next attempt, it is counted apart. */
function heldUpByDisk(
  { heldUpMs, diskFailedAt }: TaskRecord,
  error: unknown,
  now: number,
): { readonly heldUpMs: number; readonly diskFailedAt: number | null } {
  return {
    heldUpMs: heldUpMs + (diskFailedAt === undefined ? 0 : Math.max(0, now - diskFailedAt)),
    diskFailedAt: error instanceof DiskError ? now : null,
  };
}
