import type { Clock } from '../common/clock';
import { DisposableSlot, type Disposable } from '../common/lifetime';
import { describeError, type Log } from '../common/log';
import type { Phase } from '../task/phases';
import { LEASE, LEASE_RENEWAL } from './schedule';
import { StoreClosedError } from '../store/storeState';
import type { TaskStore } from '../store/store';

/**
 * Holds a task for this window while it is sent or fetched, by moving its due time on. When the window dies, the
 * due time comes and another window takes over (DESIGN 4.2).
 */
export class Lease implements Disposable {
  readonly #store: TaskStore;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #taskId: string;
  readonly #phase: Phase;
  readonly #onLost: () => void;
  readonly #timer = new DisposableSlot();
  readonly #length: number;
  readonly #progress: () => number | undefined;
  #due: number;
  #disposed = false;

  /**
   * @param due the due time that this window has just written
   * @param onLost called once when another window or the user took the task
   * @param options.length how long it lasts without being renewed, in ms
   * @param options.progress how far the work has come, in percent, where that can be told; written with each renewal
   */
  constructor(
    parts: { readonly store: TaskStore; readonly clock: Clock; readonly log: Log },
    taskId: string,
    phase: Phase,
    due: number,
    onLost: () => void,
    options: { readonly length?: number; readonly progress?: () => number | undefined } = {},
  ) {
    this.#store = parts.store;
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#taskId = taskId;
    this.#phase = phase;
    this.#due = due;
    this.#onLost = onLost;
    this.#length = options.length ?? LEASE;
    this.#progress = options.progress ?? (() => undefined);
    this.#arm();
  }

  #arm(): void {
    if (this.#disposed) return;
    this.#timer.set(this.#clock.setTimeout(() => void this.renew(), LEASE_RENEWAL));
  }

  /** Renews it now. Never rejects. */
  async renew(): Promise<void> {
    const next = this.#clock.now() + this.#length;
    try {
      if (await this.#store.renew(this.#taskId, this.#phase, this.#due, next, this.#progress()))
        this.#due = next;
      else if (!this.#disposed) {
        this.dispose();
        this.#onLost();
      }
    } catch (error) {
      // After the window is closed nobody renews it; else it is tried again in time: it outlasts two missed renewals.
      if (error instanceof StoreClosedError) this.dispose();
      else this.#log.warn(`the lease on ${this.#taskId} was not renewed: ${describeError(error)}`);
    } finally {
      this.#arm();
    }
  }

  dispose(): void {
    this.#disposed = true;
    this.#timer.dispose();
  }
}
