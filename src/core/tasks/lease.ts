import { MutableDisposable, type Disposable } from '../common/disposable';
import { describeError } from '../common/log';
import type { Phase } from '../task/phases';
import { LEASE_MS, LEASE_RENEWAL_MS } from './intervals';
import { StoreClosedError } from '../store/storeState';
import type { TaskServices } from './taskServices';

interface Claim {
  readonly id: string;
  readonly phase: Phase;
  /** Due time that this window stored with its claim, in ms since 1970. */
  readonly due: number;
  /** Time between a renewal and the due time, in ms. */
  readonly length?: number;
  /** Returns the progress to store with each renewal, in percent; undefined if unknown. */
  readonly progress?: () => number | undefined;
  /** Called once if another window or the user changed the task. */
  readonly onLost?: () => void;
}

/**
 * Keeps a task claimed by this window, by postponing its due time. If the window crashes, the due time passes and another
 * window takes over (DESIGN 4.2).
 */
export class Lease implements Disposable {
  readonly #deps: Pick<TaskServices, 'store' | 'clock' | 'log'>;
  readonly #claim: Claim;
  readonly #timer = new MutableDisposable();
  #due: number;
  #disposed = false;

  constructor(deps: Pick<TaskServices, 'store' | 'clock' | 'log'>, claim: Claim) {
    this.#deps = deps;
    this.#claim = claim;
    this.#due = claim.due;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#disposed) return;
    this.#timer.set(this.#deps.clock.setTimeout(() => void this.renew(), LEASE_RENEWAL_MS));
  }

  async renew(): Promise<void> {
    const { store, clock, log } = this.#deps;
    const { id, phase, length = LEASE_MS, progress, onLost } = this.#claim;
    const now = clock.now();
    const next = now + length;
    try {
      if (await store.renew(id, phase, this.#due, next, now + LEASE_MS, progress?.())) this.#due = next;
      else if (!this.#disposed) {
        this.dispose();
        onLost?.();
      }
    } catch (error) {
      // Other errors are retried by the timer: the lease outlasts two missed renewals.
      if (error instanceof StoreClosedError) this.dispose();
      else log.warn(`the lease on ${id} was not renewed: ${describeError(error)}`);
    } finally {
      this.#schedule();
    }
  }

  dispose(): void {
    this.#disposed = true;
    this.#timer.dispose();
  }
}
