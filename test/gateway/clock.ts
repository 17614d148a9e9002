/** How the gateway's time goes on: with the wall clock (at a speed), by hand, or with a clock of the caller's. */
export type ClockOptions =
  | { readonly kind: 'real'; readonly speed?: number }
  | { readonly kind: 'manual'; readonly startAt?: number }
  | { readonly kind: 'given'; readonly now: () => number };

export interface GatewayClock {
  /** True when time moves without anybody's help: then nothing may be awaited "within the same instant". */
  readonly runsAlone: boolean;
  /** Milliseconds since 1970, in gateway time. */
  now(): number;
  /** Moves time forward: the only way it moves on a manual clock, a jump on a real one, an error on a given one. */
  advance(ms: number): void;
}

/** Builds the one clock by which all tasks, expiry dates and log entries of a gateway go. */
export function createClock(options: ClockOptions): GatewayClock {
  let skipped = 0;
  const skip = (ms: number): void => {
    if (!Number.isFinite(ms) || ms < 0) throw new RangeError(`The clock can't be moved by ${ms} ms.`);
    skipped += ms;
  };
  switch (options.kind) {
    case 'real': {
      const startedAt = Date.now();
      const started = performance.now();
      const speed = options.speed ?? 1;
      return {
        runsAlone: true,
        now: () => Math.round(startedAt + (performance.now() - started) * speed + skipped),
        advance: skip,
      };
    }
    case 'manual': {
      const startAt = options.startAt ?? Date.now();
      return { runsAlone: false, now: () => startAt + skipped, advance: skip };
    }
    case 'given':
      return {
        runsAlone: false,
        now: options.now,
        advance: () => {
          throw new Error('This gateway goes by a clock that was given to it: move that one.');
        },
      };
  }
}
