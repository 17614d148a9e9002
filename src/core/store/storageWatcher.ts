import { watch, type FSWatcher } from 'node:fs';
import type { Clock } from '../common/clock';
import { DisposableSlot, type Disposable } from '../common/lifetime';
import { describeError, type Log } from '../common/log';

/** One commit touches several files in quick succession, in ms. */
const SETTLE = 50;
/** How often to look where the system can't tell us, in ms (DESIGN 4.3). */
const FALLBACK = 1000;

/**
 * Notices that another window has written to the storage folder. Where the system can't watch, it looks every second,
 * but only while somebody needs to know (DESIGN 4.3).
 */
export class StorageWatcher implements Disposable {
  readonly #clock: Clock;
  readonly #onChange: () => void;
  readonly #settle = new DisposableSlot();
  readonly #fallback = new DisposableSlot();
  #watcher: FSWatcher | undefined;
  #needed = false;
  #disposed = false;

  constructor(folder: string, clock: Clock, log: Log, onChange: () => void) {
    this.#clock = clock;
    this.#onChange = onChange;
    try {
      this.#watcher = watch(folder, { persistent: false }, () => this.#noticed());
      this.#watcher.on('error', (error) => {
        log.warn(`the storage folder is no longer watched: ${describeError(error)}`);
        this.#watcher?.close();
        this.#watcher = undefined;
        this.#arm();
      });
    } catch (error) {
      log.warn(`the storage folder can't be watched: ${describeError(error)}`);
    }
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
      }, SETTLE),
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
        this.#onChange();
        this.#arm();
      }, FALLBACK),
    );
  }

  dispose(): void {
    this.#disposed = true;
    this.#watcher?.close();
    this.#watcher = undefined;
    this.#settle.dispose();
    this.#fallback.dispose();
  }
}
