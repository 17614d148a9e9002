import { MutableDisposable, type Disposable } from '../common/disposable';
import { describeError } from '../common/log';
import { isBusy } from '../store/sqliteErrors';
import { ReadOnlyStoreError } from '../store/storeState';
import type { TaskRecord } from '../store/record';
import type { VideoDownloader } from './videoDownloader';
import { MAX_DUE_AHEAD_MS, WAKE_SPACING_MS } from './intervals';
import type { StatusCheck } from './statusCheck';
import type { Lane } from '../store/dueTasks';
import type { Submitter } from './submitter';
import type { TaskServices } from './taskServices';

interface Dependencies extends TaskServices {
  readonly downloader: VideoDownloader;
  readonly submitter: Submitter;
  readonly statusCheck: Pick<StatusCheck, 'run'>;
  readonly onIdle: () => void;
}

/** Maximum number of tasks in progress per lane, per host and in total. */
const LANES: Readonly<Record<Lane, { readonly perHost: number; readonly total: number }>> = {
  poll: { perHost: 4, total: 12 },
  fetch: { perHost: 3, total: 12 },
  settle: { perHost: 100, total: 100 },
};
/** Smaller steps back are clock corrections. */
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
  /** Set after a failed write, in ms since 1970. */
  #pausedUntil = 0;
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
    const pause = this.#pausedUntil - clock.now();
    if (pause > 0 && pause <= ERROR_RETRY_MS) {
      this.#timer.set(clock.setTimeout(() => this.schedule(), pause));
      return;
    }
    let due: number | undefined;
    try {
      this.#checkClock();
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
    const wait = due - clock.now();
    this.#wakeIn(wait > MAX_DUE_AHEAD_MS ? 0 : wait);
  }

  /** Makes every task due if the clock was set back: due times stored before could be far in the future. */
  #checkClock(): void {
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
      // Detect it again at the next attempt.
      this.#latestTime = latest;
      this.#retryLater(error);
    });
  }

  #run(): void {
    const { store, clock } = this.#deps;
    // Use one timestamp for both queries. Otherwise a task due between them is missed and the timer never fires.
    const now = clock.now();
    try {
      this.#checkClock();
      for (const lane of ['settle', 'poll', 'fetch'] as const) this.#startLane(lane, now);
      // Finished work resets the timer. Set it here too, so that slow or unreadable tasks don't delay others.
      const next = store.nextDue(now);
      if (next !== undefined) this.#wakeIn(next - now);
    } catch (error) {
      this.#retryLater(error);
    }
  }

  #startLane(lane: Lane, now: number): void {
    const { store } = this.#deps;
    const { perHost, total } = LANES[lane];
    const count = (host?: string) =>
      [...this.#active.values()].filter((one) => one.lane === lane && (host ?? one.host) === one.host).length;
    for (const host of store.dueHosts(lane, now, now + MAX_DUE_AHEAD_MS)) {
      // Each host gets one slot, however many others hang.
      const minimum = count(host) === 0 ? 1 : 0;
      const room = Math.max(minimum, Math.min(perHost - count(host), total - count()));
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

  #wakeIn(ms: number): void {
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
          await submitter.endAbandoned(record);
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
      // A window that can write continues.
      if (error instanceof ReadOnlyStoreError) return;
      log.error(`task ${record.id}: ${describeError(error)}`);
      // An update has replaced the extension's files. Leave the task to windows that can load them.
      if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND') {
        this.dispose();
        return;
      }
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
