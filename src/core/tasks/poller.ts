import { MutableDisposable, type Disposable } from '../common/disposable';
import { describeError } from '../common/log';
import { isBusy } from '../store/sqliteErrors';
import { ReadOnlyStoreError } from '../store/storeState';
import type { TaskRecord } from '../store/record';
import type { VideoDownloader } from './videoDownloader';
import { MAX_DUE_AHEAD_MS, WAKE_SPACING_MS } from './schedule';
import type { StatusCheck } from './statusCheck';
import type { Lane } from '../store/dueTasks';
import type { Submitter } from './submitter';
import type { TaskServices } from './taskServices';

interface Dependencies extends TaskServices {
  readonly downloader: VideoDownloader;
  readonly submitter: Submitter;
  readonly statusCheck: StatusCheck;
  readonly onIdle: () => void;
}

/** Maximum concurrent work per lane in this window, per host and in total. Hosts don't wait for each other. */
const LANES: Readonly<Record<Lane, { readonly perHost: number; readonly total: number }>> = {
  poll: { perHost: 4, total: 12 },
  fetch: { perHost: 3, total: 12 },
  settle: { perHost: 100, total: 100 },
};
/** A clock that is set back by less than this was only corrected. */
const CLOCK_TOLERANCE_MS = 60_000;
/** Maximum delay of the timer: timers pause while a machine sleeps. */
const MAX_SLEEP_MS = 60_000;
const BUSY_RETRY_MS = 100;
const ERROR_RETRY_MS = 5_000;

/**
 * Runs due work: status checks, downloads, and cleanup after crashed windows. It has one timer, set to the earliest due
 * time, and none if nothing is unfinished (DESIGN 4.2, 4.3).
 */
export class Poller implements Disposable {
  readonly #deps: Dependencies;
  readonly #timer = new MutableDisposable();
  readonly #active = new Map<string, { readonly lane: Lane; readonly host: string }>();
  readonly #stop = new AbortController();
  #started = false;
  /** Time before which nothing starts because the store failed a write, in ms since 1970. */
  #pausedUntil = 0;
  /** The clock's latest known time, in ms since 1970. */
  #latestTime: number | undefined;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  start(): void {
    this.#started = true;
    this.schedule();
  }

  /** Resets the timer after a write in this or another window. */
  schedule(): void {
    if (!this.#started || this.#stop.signal.aborted) return;
    const { store, clock, onIdle } = this.#deps;
    if (store.state.kind !== 'open') {
      this.#timer.set(undefined);
      return;
    }
    if (this.#pausedUntil > clock.now() && this.#pausedUntil <= clock.now() + ERROR_RETRY_MS) {
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
    const wait = due > now + MAX_DUE_AHEAD_MS ? 0 : Math.max(0, due - now);
    this.#sleep(wait);
  }

  /** Makes every task due if the clock was set back: due times stored before could be far in the future. */
  #noticeClockSetBack(): void {
    const { store, clock, log } = this.#deps;
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
    wake().catch((error: unknown) => {
      // Notice it again at the next try.
      this.#latestTime = latest;
      this.#retryLater(error);
    });
  }

  #run(): void {
    const { store, clock } = this.#deps;
    // Use one timestamp for both queries. Otherwise a task due between them is missed and the timer never fires.
    const now = clock.now();
    try {
      this.#noticeClockSetBack();
      for (const lane of ['settle', 'poll', 'fetch'] as const) this.#begin(lane, now);
      // Finished work resets the timer. Set it here as well, so that slow or unreadable tasks don't delay others.
      const next = store.nextDue(now);
      if (next !== undefined) this.#sleep(next - now);
    } catch (error) {
      this.#retryLater(error);
    }
  }

  /** Starts due work in a lane, within the limits. */
  #begin(lane: Lane, now: number): void {
    const { store } = this.#deps;
    const { perHost, total } = LANES[lane];
    const count = (host?: string) =>
      [...this.#active.values()].filter((one) => one.lane === lane && (host ?? one.host) === one.host).length;
    for (const host of store.dueHosts(lane, now, now + MAX_DUE_AHEAD_MS)) {
      // Each host gets one slot, however many others hang.
      const least = count(host) === 0 ? 1 : 0;
      const room = Math.max(least, Math.min(perHost - count(host), total - count()));
      if (room <= 0) continue;
      const due = store.due(lane, host, now, now + MAX_DUE_AHEAD_MS, room + this.#active.size);
      for (const record of due.filter(({ id }) => !this.#active.has(id)).slice(0, room)) {
        this.#active.set(record.id, { lane, host });
        void this.#handle(record).finally(() => {
          this.#active.delete(record.id);
          this.schedule();
        });
      }
    }
  }

  #sleep(ms: number): void {
    this.#timer.set(this.#deps.clock.setTimeout(() => this.#run(), Math.min(Math.max(ms, 0), MAX_SLEEP_MS)));
  }

  #retryLater(error: unknown): void {
    const { clock, log } = this.#deps;
    if (!isBusy(error)) log.warn(`the due tasks can't be read: ${describeError(error)}`);
    this.#timer.set(clock.setTimeout(() => this.schedule(), isBusy(error) ? BUSY_RETRY_MS : ERROR_RETRY_MS));
  }

  async #handle(record: TaskRecord): Promise<void> {
    const { store, submitter, downloader, statusCheck, clock, log } = this.#deps;
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
          // An ended task is never due. Repair the row if it is.
          await store.update(record.id, () => ({ nextDue: null }));
      }
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      // Left to windows that can write, or to this one once it can.
      if (error instanceof ReadOnlyStoreError) return;
      log.error(`task ${record.id}: ${describeError(error)}`);
      await store
        .update(record.id, (current) =>
          current.nextDue === record.nextDue ? { nextDue: clock.now() + ERROR_RETRY_MS } : undefined,
        )
        .catch((second: unknown) => {
          log.error(describeError(second));
          this.#pausedUntil = clock.now() + ERROR_RETRY_MS;
        });
    }
  }

  dispose(): void {
    this.#stop.abort();
    this.#timer.dispose();
  }
}
