import type { Clock } from '../common/clock';
import { MutableDisposable, type Disposable } from '../common/disposable';
import { describeError, type Log } from '../common/log';
import type { Phase } from '../task/phases';
import { LEASE, LEASE_RENEWAL } from './schedule';
import { StoreClosedError } from '../store/storeState';
import type { TaskStore } from '../store/store';

/**
 * Keeps a task claimed by this window while it's sent or downloaded, by postponing its due time. If the window crashes,
 * the due time passes and another window takes over (DESIGN 4.2).
 */
export class Lease implements Disposable {
  readonly #store: TaskStore;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #taskId: string;
  readonly #phase: Phase;
  readonly #onLost: () => void;
  readonly #timer = new MutableDisposable();
  readonly #length: number;
  readonly #progress: () => number | undefined;
  #due: number;
  #disposed = false;

  /**
   * @param due due time that this window has just stored, in ms since 1970
   * @param onLost called once if another window or the user took the task
   * @param options.length duration of the lease without renewal, in ms
   * @param options.progress progress in percent, undefined if unknown; stored with each renewal
   */
  constructor(
    deps: { readonly store: TaskStore; readonly clock: Clock; readonly log: Log },
    taskId: string,
    phase: Phase,
    due: number,
    onLost: () => void,
    options: { readonly length?: number; readonly progress?: () => number | undefined } = {},
  ) {
    this.#store = deps.store;
    this.#clock = deps.clock;
    this.#log = deps.log;
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

  /** Renews the lease now. Never rejects. */
  async renew(): Promise<void> {
    const now = this.#clock.now();
    const next = now + this.#length;
    try {
      const isHeld = await this.#store.renew(
        this.#taskId,
        this.#phase,
        this.#due,
        next,
        now + LEASE,
        this.#progress(),
      );
      if (isHeld) this.#due = next;
      else if (!this.#disposed) {
        this.dispose();
        this.#onLost();
      }
    } catch (error) {
      // Other errors are retried by the timer: the lease outlasts two missed renewals.
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
