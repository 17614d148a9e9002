import { sleep, type Clock } from '../common/clock';
import { isBusy } from './sqliteErrors';

/** How long something is tried again, in ms, before it counts as failed. */
const TIMEOUT_MS = 15_000;

/** At most so much, in ms, counts as waited between two attempts. */
const MAX_STEP_MS = 2_000;

/** Waits a little longer each time, and gives up in the end with the error that made it wait. */
export class BusyRetry {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  #waitedMs = 0;
  #last: number;
  #pause = 5;

  constructor(clock: Clock, timeoutMs = TIMEOUT_MS) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#last = clock.now();
  }

  async wait(error: unknown): Promise<void> {
    const now = this.#clock.now();
    // The clock may be set meanwhile: no two attempts are so far apart.
    this.#waitedMs += Math.min(Math.max(now - this.#last, 0), MAX_STEP_MS);
    this.#last = now;
    if (this.#waitedMs >= this.#timeoutMs) throw error;
    await sleep(this.#clock, this.#pause);
    this.#pause = Math.min(this.#pause * 2, 100);
  }
}

/** Does something again and again while another window holds the lock, without blocking the host. */
export async function retryWhileBusy<T>(work: () => T, clock: Clock, timeoutMs?: number): Promise<T> {
  const retry = new BusyRetry(clock, timeoutMs);
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error)) throw error;
      await retry.wait(error);
    }
  }
}
