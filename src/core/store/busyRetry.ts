import { sleep, type Clock } from '../common/clock';
import { isBusy } from './sqliteErrors';

/** How long something is tried again, in ms, before it counts as failed. */
const TIMEOUT_MS = 15_000;

/** Waits a little longer each time, and gives up in the end with the error that made it wait. */
export class BusyRetry {
  readonly #clock: Clock;
  readonly #until: number;
  #pause = 5;

  constructor(clock: Clock, timeoutMs = TIMEOUT_MS) {
    this.#clock = clock;
    this.#until = clock.now() + timeoutMs;
  }

  async wait(error: unknown): Promise<void> {
    if (this.#clock.now() >= this.#until) throw error;
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
