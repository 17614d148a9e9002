import { sleep, type Clock } from '../common/clock';
import { isBusy } from './sqliteErrors';

/** Default time limit for retries. */
const TIMEOUT_MS = 15_000;

/** Maximum time between two attempts that counts as waiting. More means that the clock was set. */
const MAX_STEP_MS = 2_000;

/** Waits with increasing pauses between retries. After the timeout, rethrows the last error. */
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
    this.#waitedMs += Math.min(Math.max(now - this.#last, 0), MAX_STEP_MS);
    this.#last = now;
    if (this.#waitedMs >= this.#timeoutMs) throw error;
    await sleep(this.#clock, this.#pause);
    this.#pause = Math.min(this.#pause * 2, 100);
  }
}

/** Retries while another window holds the lock, without blocking the extension host. */
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
