import { setTimeout } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';

/** Counts the worker threads that this process starts. */
export class WorkerCount {
  readonly #running = new Set<Worker>();
  readonly #onWorker = (worker: Worker): void => {
    this.#running.add(worker);
    worker.once('exit', () => this.#running.delete(worker));
  };

  constructor() {
    process.on('worker', this.#onWorker);
  }

  get running(): number {
    return this.#running.size;
  }

  /**
   * Resolves when none is running.
   * @throws if one still runs after 5 s
   */
  async none(): Promise<void> {
    const limit = performance.now() + 5000;
    while (this.running > 0) {
      if (performance.now() > limit) throw new Error('a worker is still running');
      await setTimeout(5);
    }
  }

  dispose(): void {
    process.off('worker', this.#onWorker);
  }
}
