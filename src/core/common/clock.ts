import type { Disposable } from './disposable';

/** Time source that tests can control. All times are milliseconds since 1970. */
export interface Clock {
  now(): number;
  /** Calls back once after `ms` unless disposed before. */
  setTimeout(callback: () => void, ms: number): Disposable;
}

/** Maximum delay of a Node timer. A longer one would fire at once. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout: (callback, ms) => {
    const timer = setTimeout(callback, Math.min(Math.max(ms, 0), MAX_TIMEOUT_MS));
    return { dispose: () => clearTimeout(timer) };
  },
};

/** Resolves after `ms`; rejects with the signal's reason if aborted before. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      timer.dispose();
      reject(signal?.reason as Error);
    };
    const timer = clock.setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, ms);
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
  });
}
