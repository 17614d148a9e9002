import type { Clock } from '../common/clock';
import { DisposableSlot, type Disposable } from '../common/lifetime';
import { describeError, type Log } from '../common/log';
import { isBusy } from '../store/sqliteErrors';
import { ReadOnlyStoreError } from '../store/storeState';
import type { TaskRecord } from '../store/record';
import type { VideoDownloader } from './videoDownloader';
import { FURTHEST_AHEAD, WAKE_SPACING_MS } from './schedule';
import type { StatusCheck } from './statusCheck';
import type { Lane } from '../store/dueTasks';
import type { TaskStore } from '../store/store';
import type { Submitter } from './submitter';

interface Parts {
  readonly store: TaskStore;
  readonly downloader: VideoDownloader;
  readonly submitter: Submitter;
  readonly statusCheck: StatusCheck;
  readonly clock: Clock;
  readonly log: Log;
  /** Called when nothing is unfinished any more. */
  readonly onIdle: () => void;
}

/** How much may go on at once in this window, with each host and in all. No host waits for another one. */
const LANES: Readonly<Record<Lane, { readonly perHost: number; readonly total: number }>> = {
  poll: { perHost: 4, total: 12 },
  fetch: { perHost: 3, total: 12 },
  settle: { perHost: 100, total: 100 },
};
/** A clock that goes back by less than this, in ms, was only corrected. */
const CLOCK_TOLERANCE_MS = 60_000;
/** The longest the one timer is set to, in ms. */
const LONGEST_NAP = 60_000;
/** While another window commits, the due tasks are read again after this long, in ms. */
const BUSY_RETRY_MS = 100;
/** After an unforeseen error nothing is tried sooner than this, in ms. */
const AFTER_ERROR = 5_000;

/**
 * Does what is due, when it is due: asks about tasks, fetches finished videos, settles what dead windows left. It
 * has one timer, set to the earliest due time, and none when nothing is unfinished (DESIGN 4.2, 4.3).
 */
export class Poller implements Disposable {
  readonly #parts: Parts;
  readonly #timer = new DisposableSlot();
  /** What is being done, by the task's ID. */
  readonly #underWay = new Map<string, { readonly lane: Lane; readonly host: string }>();
  readonly #stop = new AbortController();
  #started = false;
  /** Nothing is begun before, because the store took no writes. */
  #pausedUntil = 0;
  /** The latest time that a clock has shown, as far as is known, in ms since 1970. */
  #latestTime: number | undefined;

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
    if (store.state.kind !== 'open') {
      this.#timer.set(undefined);
      return;
    }
    if (this.#pausedUntil > clock.now() && this.#pausedUntil <= clock.now() + AFTER_ERROR) {
      this.#timer.set(clock.setTimeout(() => this.schedule(), this.#pausedUntil - clock.now()));
      return;
    }
    let due: number | undefined;
    try {
      this.#noticeClockSetBack();
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

  /** What was planned by a clock that was ahead would wait for as long as that was. */
  #noticeClockSetBack(): void {
    const { store, clock, log } = this.#parts;
    const now = clock.now();
    const latest = this.#latestTime ?? store.latestUpdate() ?? now;
    this.#latestTime = now;
    if (latest - now < CLOCK_TOLERANCE_MS) return;
    log.info('the clock was set back; every task is due now');
    const wake = async () => {
      await store.origins.forgetRefusals();
      await store.makeDueNow(WAKE_SPACING_MS);
      this.schedule();
    };
    wake().catch((error: unknown) => this.#retryLater(error));
  }

  #run(): void {
    const { store, clock } = this.#parts;
    // One moment for both looks: what falls due between two would be seen by neither, and nobody would wake again.
    const now = clock.now();
    try {
      this.#noticeClockSetBack();
      for (const lane of ['settle', 'poll', 'fetch'] as const) this.#begin(lane, now);
      // What is under way re-arms the timer when it ends, and what could not begin waits for that; but what is under
      // way for long, or can't be read, must not keep the others from their time.
      const next = store.nextDue(now);
      if (next !== undefined) this.#sleep(next - now);
    } catch (error) {
      this.#retryLater(error);
    }
  }

  /** Begins what is due in a lane, as far as there is room. */
  #begin(lane: Lane, now: number): void {
    const { store } = this.#parts;
    const { perHost, total } = LANES[lane];
    const count = (host?: string) =>
      [...this.#underWay.values()].filter((one) => one.lane === lane && (host ?? one.host) === one.host)
        .length;
    for (const host of store.dueHosts(lane, now, now + FURTHEST_AHEAD)) {
      // However many others hang, each host has one.
      const least = count(host) === 0 ? 1 : 0;
      const room = Math.max(least, Math.min(perHost - count(host), total - count()));
      if (room <= 0) continue;
      const due = store.due(lane, host, now, now + FURTHEST_AHEAD, room + this.#underWay.size);
      for (const record of due.filter(({ id }) => !this.#underWay.has(id)).slice(0, room)) {
        this.#underWay.set(record.id, { lane, host });
        void this.#handle(record).finally(() => {
          this.#underWay.delete(record.id);
          this.schedule();
        });
      }
    }
  }

  /** Timers stand still while a machine sleeps, so a long wait is taken in naps. */
  #sleep(ms: number): void {
    this.#timer.set(this.#parts.clock.setTimeout(() => this.#run(), Math.min(Math.max(ms, 0), LONGEST_NAP)));
  }

  #retryLater(error: unknown): void {
    const { clock, log } = this.#parts;
    if (!isBusy(error)) log.warn(`the due tasks can't be read: ${describeError(error)}`);
    this.#timer.set(clock.setTimeout(() => this.schedule(), isBusy(error) ? BUSY_RETRY_MS : AFTER_ERROR));
  }

  async #handle(record: TaskRecord): Promise<void> {
    const { store, submitter, downloader, statusCheck, clock, log } = this.#parts;
    try {
      switch (record.phase) {
        case 'draft':
        case 'sending':
          await submitter.settleAbandoned(record);
          return;
        case 'queued':
        case 'running':
          await statusCheck.run(record, this.#stop.signal);
          return;
        case 'ready':
        case 'saving':
          await downloader.download(record, this.#stop.signal);
          return;
        default:
          // An ended task is never due; mend the row if one is all the same.
          await store.update(record.id, () => ({ nextDue: null }));
      }
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      // Whoever may write goes on with it; so does this window once it may.
      if (error instanceof ReadOnlyStoreError) return;
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

  dispose(): void {
    this.#stop.abort();
    this.#timer.dispose();
  }
}
