/** How gateway time passes: with the wall clock (at a speed), by hand, or with a clock from the caller. */
export type ClockOptions =
  | { readonly kind: 'real'; readonly speed?: number }
  | { readonly kind: 'manual'; readonly startAt?: number }
  | { readonly kind: 'given'; readonly now: () => number };

export interface GatewayClock {
  /** True if time passes without `advance`. Then nothing happens "within the same instant". */
  readonly isRunning: boolean;
  /** Milliseconds since 1970, in gateway time. */
  now(): number;
  /** Moves time forward. A manual clock moves only this way, a real one jumps, and a given one throws. */
  advance(ms: number): void;
}

/** Creates the clock for all tasks, expiry dates and log entries of a gateway. */
export function createClock(options: ClockOptions): GatewayClock {
  let skippedMs = 0;
  const skip = (ms: number): void => {
    if (!Number.isFinite(ms) || ms < 0) throw new RangeError(`The clock can't be moved by ${ms} ms.`);
    skippedMs += ms;
  };
  switch (options.kind) {
    case 'real': {
      const startedAt = Date.now();
      const started = performance.now();
      const speed = options.speed ?? 1;
      return {
        isRunning: true,
        now: () => Math.round(startedAt + (performance.now() - started) * speed + skippedMs),
        advance: skip,
      };
    }
    case 'manual': {
      const startAt = options.startAt ?? Date.now();
      return { isRunning: false, now: () => startAt + skippedMs, advance: skip };
    }
    case 'given':
      return {
        isRunning: false,
        now: options.now,
        advance: () => {
          throw new Error('This gateway goes by a clock that was given to it: move that one.');
        },
      };
  }
}
