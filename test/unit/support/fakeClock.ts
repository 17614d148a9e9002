import type { Clock } from '../../../src/core/common/clock';

interface Timer {
  due: number;
  readonly callback: () => void;
}

/** A clock that only tests move. */
export class FakeClock implements Clock {
  #now: number;
  /** How far the clock is behind real time, in ms. */
  #behind = 0;
  readonly #timers = new Set<Timer>();

  constructor(startAt = Date.UTC(2026, 10, 22, 12)) {
    this.#now = startAt;
  }

  now = (): number => this.#now;

  /** Real time, which continues while this machine sleeps and never goes back. */
  elsewhere = (): number => this.#now + this.#behind;

  setTimeout = (callback: () => void, ms: number): { dispose(): void } => {
    const timer = { due: this.#now + Math.max(0, ms), callback };
    this.#timers.add(timer);
    return { dispose: () => this.#timers.delete(timer) };
  };

  /** Number of armed timers. */
  get timers(): number {
    return this.#timers.size;
  }

  /** Time of the next timer, if there is one. */
  get nextTimer(): number | undefined {
    return this.#timers.size === 0 ? undefined : Math.min(...[...this.#timers].map((timer) => timer.due));
  }

  /** Moves to a time and fires the timers that are due by then, in order. */
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
   * Moves the time, forward or back, without firing timers: the clock was set, or the machine slept. Like
   * Node's, timers count the time awake, not the clock's time.
   */
  jump(ms: number): void {
    this.#now += ms;
    this.#behind += Math.max(0, -ms);
    for (const timer of this.#timers) timer.due += ms;
  }

  /** Sets the clock forward or back while no real time passes. */
  set(ms: number): void {
    this.#now += ms;
    this.#behind -= ms;
    for (const timer of this.#timers) timer.due += ms;
  }
}
