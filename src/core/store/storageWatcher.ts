import { watch, type FSWatcher } from 'node:fs';
import type { Clock } from '../common/clock';
import { DisposableSlot, type Disposable } from '../common/lifetime';
import { describeError, type Log } from '../common/log';

/** One commit touches several files in quick succession, in ms. */
const DEBOUNCE_MS = 50;
/** How often to look where the system can't tell us, in ms (DESIGN 4.7). */
const POLL_FALLBACK_MS = 1000;

/**
 * Notices that another window has written to the store. Where the system can't watch its folder, it looks every second
 * and tries again to watch, but only while somebody needs to know (DESIGN 4.7).
 */
export class StorageWatcher implements Disposable {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #onChange: () => void;
  readonly #settle = new DisposableSlot();
  readonly #fallback = new DisposableSlot();
  #watcher: FSWatcher | undefined;
  #needed = false;
  #disposed = false;
  /** Why it could not be watched, to say that once. */
  #reason = '';

  /** Nothing is watched before {@link restart}. */
  constructor(folder: string, clock: Clock, log: Log, onChange: () => void) {
    this.#folder = folder;
    this.#clock = clock;
    this.#log = log;
    this.#onChange = onChange;
  }

  /** Watches the folder that is there now; it may be another one than before. */
  restart(): void {
    if (this.#disposed) return;
    this.#watcher?.close();
    this.#watcher = undefined;
    this.#watch();
    this.#arm();
  }

  /** Says whether somebody needs to know of changes at once: work is unfinished, or the view is visible. */
  setNeeded(needed: boolean): void {
    this.#needed = needed;
    this.#arm();
  }

  #noticed(): void {
    // Not pushed on by further events: a busy folder must not keep us from looking.
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
