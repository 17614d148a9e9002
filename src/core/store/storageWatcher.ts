import { watch, type FSWatcher } from 'node:fs';
import type { Clock } from '../common/clock';
import { MutableDisposable, type Disposable } from '../common/disposable';
import { describeError, type Log } from '../common/log';

/** Debounce time: a commit touches several files in quick succession. */
const DEBOUNCE_MS = 50;
/** Polling interval if the folder can't be watched (DESIGN 4.7). */
const POLL_FALLBACK_MS = 1000;

/**
 * Detects writes of other windows. If the folder can't be watched, it polls every second and retries watching, but only
 * while changes matter (DESIGN 4.7).
 */
export class StorageWatcher implements Disposable {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #onChange: () => void;
  readonly #settle = new MutableDisposable();
  readonly #fallback = new MutableDisposable();
  #watcher: FSWatcher | undefined;
  #needed = false;
  #disposed = false;
  /** Why the folder can't be watched, to log each reason once. */
  #reason = '';

  /** Doesn't watch until {@link restart}. */
  constructor(folder: string, clock: Clock, log: Log, onChange: () => void) {
    this.#folder = folder;
    this.#clock = clock;
    this.#log = log;
    this.#onChange = onChange;
  }

  /** Watches the current folder, which may have been replaced. */
  restart(): void {
    if (this.#disposed) return;
    this.#watcher?.close();
    this.#watcher = undefined;
    this.#watch();
    this.#arm();
  }

  /** Sets whether changes matter now: work is unfinished, or the view is visible. */
  setNeeded(needed: boolean): void {
    this.#needed = needed;
    this.#arm();
  }

  #noticed(): void {
    // Further events don't extend the delay, so that a busy folder is still checked.
    if (this.#settling) return;
    this.#settling = true;
    this.#settle.set(
      this.#clock.setTimeout(() => {
        this.#settling = false;
        this.#onChange();
      }, DEBOUNCE_MS),
    );
  }

  #settling = false;

  #arm(): void {
    if (this.#disposed || this.#watcher || !this.#needed) {
      this.#fallback.set(undefined);
      return;
    }
    this.#fallback.set(
      this.#clock.setTimeout(() => {
        this.#watch();
        this.#onChange();
        this.#arm();
      }, POLL_FALLBACK_MS),
    );
  }

  #watch(): void {
    const fail = (error: unknown) => {
      const reason = describeError(error);
      if (reason !== this.#reason) this.#log.warn(`the store's folder can't be watched: ${reason}`);
      this.#reason = reason;
      this.#watcher?.close();
      this.#watcher = undefined;
    };
    try {
      this.#watcher = watch(this.#folder, { persistent: false }, () => this.#noticed());
      this.#watcher.on('error', (error) => {
        fail(error);
        this.#arm();
      });
    } catch (error) {
      fail(error);
    }
  }

  dispose(): void {
    this.#disposed = true;
    this.#watcher?.close();
    this.#watcher = undefined;
    this.#settle.dispose();
    this.#fallback.dispose();
  }
}
