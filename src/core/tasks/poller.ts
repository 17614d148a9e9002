import type { Clock } from '../common/clock';
import { DisposableSlot, type Disposable } from '../common/lifetime';
import { describeError, type Log } from '../common/log';
import type { KeySource } from '../gateway/apiKey';
import { originOf } from '../gateway/baseUrl';
import type { GatewayClient } from '../gateway/client';
import type { QueryOutcome } from '../gateway/queryReply';
import type { TaskState } from '../gateway/taskReply';
import { countDenial } from './denials';
import type { Endings } from './endings';
import type { Failures, Trouble } from './failures';
import { confirmed, isUnconfirmed } from '../task/idSource';
import { Lease } from './lease';
import type { OriginGate } from './originGate';
import { ReadOnlyStoreError } from '../store/database';
import type { TaskPatch } from '../store/taskPatch';
import type { Phase } from '../task/phases';
import type { TaskRecord } from '../store/record';
import type { Saver } from './saver';
import {
  DENIALS_APART,
  FIRST_POLL,
  FURTHEST_AHEAD,
  MISSING_GRACE,
  RECHECK,
  blipInterval,
  jittered,
  pollInterval,
} from './schedule';
import type { TaskStore } from '../store/store';
import type { Submitter } from './submitter';

interface Parts {
  readonly store: TaskStore;
  readonly client: GatewayClient;
  readonly keys: KeySource;
  readonly gate: OriginGate;
  readonly saver: Saver;
  readonly submitter: Submitter;
  readonly clock: Clock;
  readonly log: Log;
  readonly failures: Failures;
  readonly endings: Endings;
  /** 0 to 1. */
  readonly random: () => number;
  /** The base interval in ms, from the setting. */
  readonly baseInterval: () => number;
  /** Called when nothing is unfinished any more. */
  readonly onIdle: () => void;
}

/** Requests about tasks that may be under way at once, in this window. */
const MOST_POLLS = 4;
/** Fetches that may be under way at once, in this window (extension-craft: a small queue). */
const MOST_FETCHES = 3;
/** A claim on a poll lasts as long as the request may take, in ms, plus the next interval. */
const POLL_TIME = 45_000;
/** The longest the one timer is set to, in ms. */
const LONGEST_NAP = 60_000;
/** After an unforeseen error nothing is tried sooner than this, in ms. */
const AFTER_ERROR = 5_000;

/**
 * Does what is due, when it is due: asks about tasks, fetches finished videos, settles what dead windows left. It
 * has one timer, set to the earliest due time, and none when nothing is unfinished (DESIGN 4.2, 4.3).
 */
export class Poller implements Disposable {
  readonly #parts: Parts;
  readonly #timer = new DisposableSlot();
  readonly #underWay = new Map<string, 'poll' | 'fetch'>();
  readonly #stop = new AbortController();
  #started = false;
  /** Nothing is begun before, because the store took no writes. */
  #pausedUntil = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Begins; before that nothing is asked or fetched. */
  start(): void {
    this.#started = true;
    this.schedule();
  }

  /** Looks at the due times anew: something was written, here or in another window. */
  schedule(): void {
    if (!this.#started || this.#stop.signal.aborted) return;
    const { store, clock, onIdle } = this.#parts;
    if (this.#pausedUntil > clock.now() && this.#pausedUntil <= clock.now() + AFTER_ERROR) {
      this.#timer.set(clock.setTimeout(() => this.schedule(), this.#pausedUntil - clock.now()));
      return;
    }
    let due: number | undefined;
    try {
      due = store.nextDue();
    } catch (error) {
      this.#retryLater(error);
      return;
    }
    if (due === undefined) {
      this.#timer.set(undefined);
      onIdle();
      return;
    }
    const now = clock.now();
    const wait = due > now + FURTHEST_AHEAD ? 0 : Math.max(0, due - now);
    this.#sleep(wait);
  }

  #run(): void {
    const { store, clock } = this.#parts;
    // One moment for both looks: what falls due between two would be seen by neither, and nobody would wake again.
    const now = clock.now();
    let due: readonly TaskRecord[];
    try {
      due = store.due(now, now + FURTHEST_AHEAD, 100);
    } catch (error) {
      this.#retryLater(error);
      return;
    }
    for (const record of due) {
      if (this.#underWay.has(record.id)) continue;
      const kind = record.phase === 'ready' || record.phase === 'saving' ? 'fetch' : 'poll';
      const most = kind === 'fetch' ? MOST_FETCHES : MOST_POLLS;
      if ([...this.#underWay.values()].filter((other) => other === kind).length >= most) continue;
      this.#underWay.set(record.id, kind);
      void this.#handle(record).finally(() => {
        this.#underWay.delete(record.id);
        this.schedule();
      });
    }
    // What is under way re-arms the timer when it ends, and what could not begin waits for that; but what is under
    // way for long, or can't be read, must not keep the others from their time.
    try {
      const next = store.nextDue(now);
      if (next !== undefined) this.#sleep(next - now);
    } catch (error) {
      this.#retryLater(error);
    }
  }

  /** Timers stand still while a machine sleeps, so a long wait is taken in naps. */
  #sleep(ms: number): void {
    this.#timer.set(this.#parts.clock.setTimeout(() => this.#run(), Math.min(Math.max(ms, 0), LONGEST_NAP)));
  }

  #retryLater(error: unknown): void {
    const { clock, log } = this.#parts;
    log.warn(`the due tasks cannot be read: ${describeError(error)}`);
    this.#timer.set(clock.setTimeout(() => this.schedule(), AFTER_ERROR));
  }

  async #handle(record: TaskRecord): Promise<void> {
    const { store, submitter, saver, clock, log } = this.#parts;
    try {
      switch (record.phase) {
        case 'draft':
        case 'sending':
          await submitter.settleAbandoned(record);
          return;
        case 'queued':
        case 'running':
          await this.#poll(record);
          return;
        case 'ready':
        case 'saving':
          await saver.save(record, this.#stop.signal);
          return;
        default:
          // An ended task is never due; mend the row if one is all the same.
          await store.update(record.id, () => ({ nextDue: null }));
      }
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      if (error instanceof ReadOnlyStoreError && error.reason === 'newer') {
        // Windows of that version follow the tasks from now on.
        log.warn('a newer version keeps the tasks now; this window no longer follows them');
        this.dispose();
        return;
      }
      log.error(`task ${record.id}: ${describeError(error)}`);
      await store
        .update(record.id, (current) =>
          current.nextDue === record.nextDue ? { nextDue: clock.now() + AFTER_ERROR } : undefined,
        )
        .catch((second: unknown) => {
          log.error(describeError(second));
          this.#pausedUntil = clock.now() + AFTER_ERROR;
        });
    }
  }

  /** Asks about one task, if the origin lets us and no other window is faster. */
  async #poll(record: TaskRecord): Promise<void> {
    const { store, client, keys, gate, clock, failures, endings, log } = this.#parts;
    if (record.nextDue === undefined || record.gatewayTaskId === undefined) {
      await store.update(record.id, () => ({ phase: 'lost', failure: failures.taskGone(false, NO_TROUBLE) }));
      return;
    }
    const origin = originOf(record.baseUrl);
    const key = await keys.keyFor(origin);
    if (!key) {
      await store.claim(record.id, record.nextDue, {
        nextDue: clock.now() + RECHECK,
        failure: failures.noKey(),
      });
      return;
    }
    const passage = await gate.pass(origin);
    if (!passage.open) {
      await store.claim(record.id, record.nextDue, {
        nextDue: passage.until + Math.round(this.#parts.random() * 1000),
        ...(passage.refusal === undefined ? {} : { failure: passage.refusal }),
      });
      return;
    }
    const length = POLL_TIME + this.#interval(record);
    const due = clock.now() + length;
    const claimed = await store.claim(record.id, record.nextDue, { nextDue: due });
    if (!claimed) return;
    log.trace(`asking about ${record.id}`);
    // A reply may be long and slow, and must not be asked for again meanwhile.
    const lease = new Lease(this.#parts, record.id, record.phase, due, () => undefined, { length });
    let outcome: QueryOutcome;
    try {
      outcome = await client.query({ baseUrl: record.baseUrl, key }, record.gatewayTaskId, this.#stop.signal);
    } finally {
      lease.dispose();
    }
    // What is said of a key that was replaced meanwhile closes nothing.
    const stillOurs = (await keys.keyFor(origin))?.id === key.id;
    if (outcome.kind === 'keyRefused' && stillOurs)
      await gate.keyRefused(origin, failures.keyRefused(troubleOf(outcome)));
    if (outcome.kind === 'blip' && outcome.retryAfterMs !== undefined) {
      await gate.rateLimited(origin, outcome.retryAfterMs);
    }
    const patch =
      outcome.kind === 'keyRefused' && !stillOurs
        ? { nextDue: clock.now() }
        : this.#decide(claimed, outcome, key.id);
    const inLibrary = endings.isFruitless(patch) ? await endings.videosOf(claimed) : [];
    await store.update(record.id, (current, videosHere) =>
      // A reply that comes after somebody else wrote is late, and nobody's loss: the next one comes.
      current.version === claimed.version
        ? endings.keepVideos(patch, current, inLibrary, videosHere())
        : undefined,
    );
    if (outcome.kind === 'task') await gate.keyAccepted(origin);
  }

  /** What an answer makes of a task (DESIGN 5, Query). */
  #decide(record: TaskRecord, outcome: QueryOutcome, keyId: string): TaskPatch {
    const { clock, failures } = this.#parts;
    const now = clock.now();
    switch (outcome.kind) {
      case 'task':
        return { ...this.#decideState(record, outcome.state), idSource: confirmed(record.idSource) };
      case 'missing':
        if (record.keyId !== keyId) return { failure: failures.otherKey(), nextDue: now + RECHECK };
        return this.#decideMissing(record, outcome.error.message);
      case 'keyRefused':
        return { failure: failures.keyRefused(troubleOf(outcome)), nextDue: now + RECHECK };
      case 'forbidden':
        return { failure: failures.keyRefused({ status: 403, ...outcome.error }), nextDue: now + RECHECK };
      case 'blip': {
        const troubles = record.troubles + 1;
        const wait = Math.max(blipInterval(troubles, this.#interval(record)), outcome.retryAfterMs ?? 0);
        const since = record.failure?.since ?? now;
        return { troubles, failure: failures.blip(troubleOf(outcome), { since, now }), nextDue: now + wait };
      }
    }
  }

  #decideState(record: TaskRecord, state: TaskState): TaskPatch {
    const { clock, failures } = this.#parts;
    const now = clock.now();
    const good: TaskPatch = { troubles: 0, denials: 0, deniedAt: null, failure: null };
    switch (state.kind) {
      case 'queued':
      case 'running': {
        const phase: Phase = record.phase === 'running' ? 'running' : state.kind;
        // Progress never goes back, and 100 is only said of a video that is done.
        const progress =
          state.progress === undefined
            ? undefined
            : Math.min(99, Math.max(state.progress, record.progress ?? 0));
        return {
          ...good,
          phase,
          ...(progress === undefined ? {} : { progress }),
          nextDue: now + this.#interval(record),
        };
      }
      case 'succeeded':
        if (state.expired) return { phase: 'lost', failure: failures.expired(true) };
        if (state.links.length === 0 && state.filtered > 0) {
          return { phase: 'failed', failure: failures.filtered(state.filtered) };
        }
        return {
          ...good,
          phase: 'ready',
          ...(state.filtered > 0 ? { note: failures.someFiltered(state.filtered) } : {}),
          links: state.links,
          succeededAt: now,
          ...(state.expiresAt === undefined ? {} : { expiresAt: state.expiresAt }),
          nextDue: now,
        };
      case 'failed':
        return { phase: 'failed', failure: failures.taskFailed({ status: 0, ...state.error }) };
      case 'expired':
        return {
          phase: 'lost',
          failure: failures.expired(record.succeededAt !== undefined, { status: 0, ...state.error }),
        };
    }
  }

  #decideMissing(record: TaskRecord, message: string): TaskPatch {
    const { clock, failures } = this.#parts;
    const now = clock.now();
    const age = now - (record.submittedAt ?? record.createdAt);
    // Right after the submit the gateway may not know yet what it has just accepted.
    if (age < MISSING_GRACE) return { nextDue: now + this.#interval(record) };
    const counts = countDenial(record, now, DENIALS_APART);
    if (counts.believed && isUnconfirmed(record.idSource)) {
      return { phase: 'unknown', failure: failures.idNotKnown({ status: 0, message }) };
    }
    if (counts.believed) {
      return {
        phase: 'lost',
        failure: failures.taskGone(record.succeededAt !== undefined, { status: 0, message }),
      };
    }
    return { ...counts.patch, nextDue: now + Math.max(DENIALS_APART, this.#interval(record)) };
  }

  #interval(record: TaskRecord): number {
    const age = this.#parts.clock.now() - (record.submittedAt ?? record.createdAt);
    return jittered(
      pollInterval(Math.max(age, 0), Math.max(this.#parts.baseInterval(), FIRST_POLL)),
      this.#parts.random,
    );
  }

  dispose(): void {
    this.#stop.abort();
    this.#timer.dispose();
  }
}

const NO_TROUBLE: Trouble = { status: 0, message: '' };

function troubleOf(outcome: Extract<QueryOutcome, { status: number }>): Trouble {
  return { status: outcome.status, ...outcome.error };
}
