import type { Clock } from '../../../src/core/common/clock';

interface Timer {
  due: number;
  readonly callback: () => void;
}

/** A clock that only tests move. */
export class FakeClock implements Clock {
  #now: number;
  /** How far it is behind the rest of the world, in ms. */
  #behind = 0;
  readonly #timers = new Set<Timer>();

  constructor(startAt = Date.UTC(2026, 10, 22, 12)) {
    this.#now = startAt;
  }

  now = (): number => this.#now;

  /** The time in the rest of the world, which goes on while this machine sleeps, and never back. */
  elsewhere = (): number => this.#now + this.#behind;

  setTimeout = (callback: () => void, ms: number): { dispose(): void } => {
    const timer = { due: this.#now + Math.max(0, ms), callback };
    this.#timers.add(timer);
    return { dispose: () => this.#timers.delete(timer) };
  };

  /** How many timers are armed. */
  get timers(): number {
    return this.#timers.size;
  }

  /** Time of the next timer, if there is one. */
  get nextTimer(): number | undefined {
    return this.#timers.size === 0 ? undefined : Math.min(...[...this.#timers].map((timer) => timer.due));
  }

  /** Moves on to a time and fires what is due by then, in order. */
  moveTo(time: number): void {
    for (;;) {
      const [timer] = [...this.#timers].filter(({ due }) => due <= time).sort((a, b) => a.due - b.due);
      if (!timer) break;
      this.#timers.delete(timer);
      this.#now = Math.max(this.#now, timer.due);
      timer.callback();
    }
    this.#now = Math.max(this.#now, time);
  }

  /**
   * Moves the time without firing anything, also back: a clock that was set, or a machine that slept. As Node's, timers
   * count what time they were awake, and don't go by what the clock says.
   */
  jump(ms: number): void {
    this.#now += ms;
    this.#behind += Math.max(0, -ms);
    for (const timer of this.#timers) timer.due += ms;
  }

  /** The same for a clock that is set, forward or back: in the rest of the world no time passes. */
  set(ms: number): void {
    this.#now += ms;
    this.#behind -= ms;
    for (const timer of this.#timers) timer.due += ms;
  }
}
