import type { Clock } from '../common/clock';
import { describeError, type Log } from '../common/log';
import type { KeySource } from '../gateway/apiKey';
import { originOf } from '../gateway/baseUrl';
import type { Access, GatewayClient } from '../gateway/client';
import type { VideoTarget } from '../gateway/downloadReply';
import { GatewayError } from '../gateway/errors';
import { ABOUT_A_MODEL } from '../gateway/queryReply';
import { inlinePlace } from '../gateway/taskReply';
import { DiskError } from '../library/disk';
import type { Library, LibraryVideo } from '../library/library';
import { libraryName } from '../library/names';
import { familyOf } from '../models/catalogue';
import { countDenial } from './denials';
import { asTrouble, type Failures } from './failures';
import { Lease } from './lease';
import type { OriginGate } from './originGate';
import type { TaskPatch } from './store/patch';
import type { TaskRecord } from './store/record';
import {
  DEAD_LINKS_APART,
  FETCH_PATIENCE,
  GAP_GRACE,
  LEASE,
  LONG_GAP,
  RECHECK,
  VIDEO_GRACE,
  fetchInterval,
} from './schedule';
import { describeTask } from './sidecarTask';
import type { TaskStore } from './store/store';

interface Parts {
  readonly store: TaskStore;
  readonly client: GatewayClient;
  readonly keys: KeySource;
  readonly gate: OriginGate;
  readonly library: Library;
  readonly clock: Clock;
  readonly log: Log;
  readonly failures: Failures;
}

/** One way to the bytes of a video. */
type Source =
  | { readonly kind: 'link'; readonly url: string }
  /** In the reply to a query, at this place. */
  | { readonly kind: 'inline'; readonly place: string }
  | { readonly kind: 'download' };

/** What one attempt brought in. */
interface Fetched {
  readonly videos: readonly LibraryVideo[];
  /** Why each of the others is not here. */
  readonly failed: readonly Error[];
}

/** The task has come to its end while we looked for its video; how, the patch says. */
class Ended extends Error {
  readonly patch: TaskPatch;

  constructor(patch: TaskPatch) {
    super('the task has ended');
    this.patch = patch;
  }
}

/** The video, or the way to it, is certainly not there; the cause has the details. */
class Denied extends Error {}

/** The gateway says the task is done but not where its video is. */
class NoVideoYet extends Error {}

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
    const key = await keys.keyFor(origin);
    if (!key) {
      await this.#wait(record, record.nextDue, { nextDue: clock.now() + RECHECK, failure: failures.noKey() });
      return;
    }
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
      nextDue: due,
      ...afterGap(record, clock.now()),
    });
    if (!claimed) return;
    const stop = new AbortController();
    const forward = () => stop.abort();
    signal.addEventListener('abort', forward, { once: true });
    if (signal.aborted) stop.abort();
    const lease = new Lease(this.#parts, record.id, 'saving', due, () => stop.abort());
    this.#underWay.set(record.id, stop);
    try {
      const patch = await this.#attempt(claimed, { baseUrl: record.baseUrl, key }, stop.signal);
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
    await this.#parts.store.update(claimed.id, (current) =>
      current.phase === 'saving' && current.version === claimed.version ? patch : undefined,
    );
  }

  /** Tries once; says what becomes of the task. Throws only what nobody foresaw. */
  async #attempt(record: TaskRecord, access: Access, signal: AbortSignal): Promise<TaskPatch> {
    const { log, failures } = this.#parts;
    try {
      const { videos, failed } = await this.#fetchAll(record, access, signal);
      const saved = { phase: 'saved', videos, troubles: 0, denials: 0, deniedAt: null } as const;
      log.info(`task ${record.id}: ${videos.length} of ${videos.length + failed.length} video(s) are here`);
      const [deciding] = failed.toSorted((a, b) => hope(b) - hope(a));
      if (!deciding) return { ...saved, failure: null };
      log.warn(`task ${record.id}: ${describeError(deciding)}`);
      const patch = await this.#goOn(record, access, deciding);
      if (patch.phase !== 'lost' || videos.length === 0) return patch;
      // The others are gone for good; that must not cost those that are here.
      const total = videos.length + failed.length;
      return { ...saved, failure: failures.someGone(failed.length, total, asTrouble(deciding)) };
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

  /** Fetches each video that is not in the library yet. One that fails doesn't keep the others from coming. */
  async #fetchAll(record: TaskRecord, access: Access, signal: AbortSignal): Promise<Fetched> {
    const places = await this.#locate(record, access, signal);
    const videos: LibraryVideo[] = [];
    const failed: Error[] = [];
    for (const [position, sources] of places.entries()) {
      try {
        videos.push(await this.#fetchOne(record, position, sources, access, signal));
      } catch (error) {
        if (signal.aborted) throw error;
        failed.push(error instanceof Error ? error : new Error(String(error)));
      }
    }
    return { videos, failed };
  }

  /**
   * Where the videos are: for each, the ways to it in the order to try (API reference 9.2). After a dead link, and
   * where no link is known, the gateway is asked afresh.
   */
  async #locate(record: TaskRecord, access: Access, signal: AbortSignal): Promise<Source[][]> {
    const byDownload = familyOf(record.request.model)?.result === 'download' || isSoraTask(record);
    const known = record.denials === 0 && (byDownload || record.links.length > 0);
    const links = known ? record.links : await this.#freshLinks(record, access, signal);
    const download: Source[] = byDownload ? [{ kind: 'download' }] : [];
    if (links.length > 0)
      return links.map((link) => [sourceOf(link), ...(links.length === 1 ? download : [])]);
    if (byDownload) return [download];
    throw new NoVideoYet('the gateway names no video');
  }

  async #freshLinks(record: TaskRecord, access: Access, signal: AbortSignal): Promise<readonly string[]> {
    const { client, failures } = this.#parts;
    const outcome = await client.query(access, record.gatewayTaskId ?? '', signal);
    switch (outcome.kind) {
      case 'task':
        switch (outcome.state.kind) {
          case 'failed':
            throw new Ended({
              phase: 'failed',
              failure: failures.taskFailed({ status: 0, ...outcome.state.error }),
            });
          case 'expired':
            throw new Ended({
              phase: 'lost',
              failure: failures.expired(true, { status: 0, ...outcome.state.error }),
            });
          case 'succeeded':
            if (outcome.state.expired) throw new Ended({ phase: 'lost', failure: failures.expired(true) });
            if (outcome.state.links.length === 0 && outcome.state.filtered > 0)
              throw new Ended({ phase: 'failed', failure: failures.filtered(outcome.state.filtered) });
            return outcome.state.links;
          default:
            throw new NoVideoYet('the gateway says the task is not done after all');
        }
      case 'missing':
        throw new Denied('the task is not there', { cause: outcome.error });
      case 'keyRefused':
        throw new GatewayError('refused', outcome.error.message, {
          status: outcome.status,
          code: outcome.error.code,
        });
      case 'forbidden':
        throw new GatewayError('cut', outcome.error.message);
      case 'blip':
        throw new GatewayError('cut', outcome.error.message, { retryAfterMs: outcome.retryAfterMs });
    }
  }

  async #fetchOne(
    record: TaskRecord,
    position: number,
    sources: readonly Source[],
    access: Access,
    signal: AbortSignal,
  ): Promise<LibraryVideo> {
    const { library } = this.#parts;
    const name = libraryName(
      { id: record.id, createdAt: record.createdAt, prompt: record.request.prompt },
      position,
    );
    const about = describeTask(record);
    const there = await library.find(name, about);
    if (there) return there;
    const part = await library.begin(name);
    try {
      for (const [index, source] of sources.entries()) {
        try {
          await this.#fetchFrom(source, record, access, part, signal);
          return await library.place(await part.finish(), name, about);
        } catch (error) {
          // Another way may lead there where this one does not; a full disk is the same on all of them.
          if (signal.aborted || error instanceof DiskError || index === sources.length - 1) throw error;
          await part.restart();
        }
      }
      throw new NoVideoYet('there is no way to the video');
    } finally {
      await part.discard();
    }
  }

  async #fetchFrom(
    source: Source,
    record: TaskRecord,
    access: Access,
    target: VideoTarget,
    signal: AbortSignal,
  ): Promise<void> {
    const { client } = this.#parts;
    const id = record.gatewayTaskId ?? '';
    try {
      if (source.kind === 'link') await client.fetchLink(source.url, access, target, signal);
      else if (source.kind === 'inline') await client.fetchInline(access, id, source.place, target, signal);
      else await client.download(access, id, target, signal);
    } catch (error) {
      if (isDenial(error, source)) throw new Denied(asTrouble(error).message, { cause: error });
      throw error;
    }
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
      const counts = countDenial(record, now, DEAD_LINKS_APART);
      const failure = failures.expired(true, asTrouble(error));
      if (counts.believed) return { phase: 'lost', failure };
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
    const trouble = asTrouble(error);
    const isRefusal = error instanceof GatewayError && error.kind === 'refused';
    if (isRefusal && (trouble.status === 401 || trouble.status === 403)) {
      const failure = failures.keyRefused(trouble);
      const origin = originOf(access.baseUrl);
      const stillOurs = (await keys.keyFor(origin))?.id === access.key.id;
      // A model that is closed to the key closes nothing else.
      if (!stillOurs) return { phase: 'ready', nextDue: now };
      if (!ABOUT_A_MODEL.test(trouble.message)) await gate.keyRefused(origin, failure);
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

function sourceOf(link: string): Source {
  const place = inlinePlace(link);
  return place === undefined ? { kind: 'link', url: link } : { kind: 'inline', place };
}

/** What decides on the next attempt when several videos fail: a full disk first, what is gone for good last. */
function hope(error: Error): number {
  if (error instanceof DiskError) return 2;
  return error instanceof Denied ? 0 : 1;
}

/** Only sora's ids begin so, and only sora has the download call (API reference 4.3, 6.0). */
function isSoraTask(record: TaskRecord): boolean {
  return record.gatewayTaskId?.startsWith('video_') === true;
}

/** Whether asking the same place again is useless (DESIGN 5, Fetch). */
function isDenial(error: unknown, source: Source): boolean {
  if (!(error instanceof GatewayError) || error.kind !== 'refused') return false;
  if (error.code === 'deadLink') return true;
  const gone = error.status === 404 || error.status === 410;
  // The download call answers 403 about the key, a result host about the link.
  return source.kind === 'link' ? gone || error.status === 401 || error.status === 403 : gone;
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
