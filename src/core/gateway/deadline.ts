import type { Clock } from '../common/clock';
import { GatewayError } from './errors';

/** Ends an exchange if the caller's signal is aborted or a timeout expires. */
export class Deadline {
  readonly #clock: Clock;
  readonly #caller: AbortSignal | undefined;
  readonly #onExpired: () => void;
  readonly #end = new AbortController();
  #timer: { dispose(): void } | undefined;

  /** @param onExpired called if a time limit set with `within` expires, after pending promises were rejected */
  constructor(clock: Clock, caller: AbortSignal | undefined, onExpired: () => void = () => undefined) {
    this.#clock = clock;
    this.#caller = caller;
    this.#onExpired = onExpired;
    if (caller?.aborted === true) this.#abort();
    else caller?.addEventListener('abort', this.#abort, { once: true });
  }

  /** Sets the total time limit from now on. Replaces an earlier limit. */
  within(ms: number, what: string): void {
    this.#timer?.dispose();
    this.#timer = this.#clock.setTimeout(() => {
      this.#end.abort(new GatewayError('timeout', `${what} took longer than ${formatTime(ms)}`));
      this.#onExpired();
    }, ms);
  }

  throwIfEnded(): void {
    this.#end.signal.throwIfAborted();
  }

  /** Adds a timeout to a promise. Also rejects if the exchange ends first. */
  async wait<T>(promise: Promise<T>, idleMs: number, what: string): Promise<T> {
    const { signal } = this.#end;
    const stop = Promise.withResolvers<never>();
    const end = () => stop.reject(signal.reason as Error);
    const timer = this.#clock.setTimeout(
      () => stop.reject(new GatewayError('timeout', `${what} for ${formatTime(idleMs)}`)),
      idleMs,
    );
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
    try {
      return await Promise.race([promise, stop.promise]);
    } finally {
      timer.dispose();
      signal.removeEventListener('abort', end);
    }
  }

  /** Rejects promises that are still waiting. */
  dispose(): void {
    this.#timer?.dispose();
    this.#caller?.removeEventListener('abort', this.#abort);
    this.#abort();
  }

  readonly #abort = () => this.#end.abort(new GatewayError('aborted', 'ended by the extension'));
}

function formatTime(ms: number): string {
  return ms >= 600_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 1000)} s`;
}
