import { sleep, type Clock } from '../common/clock';
import { isBusy } from './sqliteErrors';

/** How long somebody goes on trying, in ms, before it counts as failed. */
const PATIENCE_MS = 15_000;

/** Waits a little longer each time, and gives up in the end with the error that made it wait. */
export class Patience {
  readonly #clock: Clock;
  readonly #until: number;
  #pause = 5;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#until = clock.now() + PATIENCE_MS;
  }

  async wait(error: unknown): Promise<void> {
    if (this.#clock.now() >= this.#until) throw error;
    await sleep(this.#clock, this.#pause);
    this.#pause = Math.min(this.#pause * 2, 100);
  }
}

/** Does something again and again while another window holds the lock, without holding up the host. */
export async function whenFree<T>(work: () => T, clock: Clock): Promise<T> {
  const patience = new Patience(clock);
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error)) throw error;
      await patience.wait(error);
    }
  }
}
