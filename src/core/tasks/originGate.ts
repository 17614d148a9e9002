import type { Clock } from '../common/clock';
import type { OriginState } from '../store/record';
import { FURTHEST_AHEAD, RECHECK, WAKE_SPACING_MS } from './schedule';
import type { TaskStore } from '../store/store';
import type { StoredFailure } from '../task/failure';

/** What a task may do at its origin now. */
export type Passage =
  | { readonly open: true }
  /** Not before this time, ms since 1970; with the reason when the key was refused. */
  | { readonly open: false; readonly until: number; readonly refusal: StoredFailure | undefined };

/**
 * What all tasks of one origin share, over all windows: the gateway's wish to be left alone for a while, and
 * the pause after a refused key, during which one task at a time tries again (DESIGN 5).
 */
export class OriginGate {
  readonly #store: TaskStore;
  readonly #clock: Clock;

  constructor(store: TaskStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Whether a request may go to the origin now. After a refused key, the first who asks in time may try. */
  async pass(origin: string): Promise<Passage> {
    const now = this.#clock.now();
    const state = await this.#store.origins.read(origin);
    // What is further ahead than any wait we take was written before the clock was set back.
    if (state.notBefore > now && state.notBefore - now < FURTHEST_AHEAD) {
      return { open: false, until: state.notBefore, refusal: undefined };
    }
    if (!state.refusal) return { open: true };
    const mayTry = await this.#store.origins.update(origin, (current) =>
      current.refusal && isPast(current.recheckAt, now)
        ? { ...current, recheckAt: now + RECHECK }
        : undefined,
    );
    if (mayTry) return { open: true };
    const current = await this.#store.origins.read(origin);
    if (!current.refusal) return { open: true };
    return { open: false, until: current.recheckAt ?? now + RECHECK, refusal: current.refusal };
  }

  /** Whether nothing is known against a request to the origin. Unlike {@link pass}, it's no try. */
  async isOpen(origin: string): Promise<boolean> {
    const { notBefore, refusal } = await this.#store.origins.read(origin);
    const now = this.#clock.now();
    return !refusal && (notBefore <= now || notBefore - now >= FURTHEST_AHEAD);
  }

  /** The gateway asked for a pause. */
  async rateLimited(origin: string, waitMs: number): Promise<void> {
    const until = this.#clock.now() + waitMs;
    await this.#store.origins.update(origin, (state) =>
      until > state.notBefore ? { ...state, notBefore: until } : undefined,
    );
  }

  /** The key was refused: everything waits, and is tried again in a while. */
  async keyRefused(origin: string, refusal: StoredFailure): Promise<void> {
    const recheckAt = this.#clock.now() + RECHECK;
    await this.#store.origins.update(origin, (state) => ({ ...state, refusal, recheckAt }));
  }

  /** The key works. If it was refused before, all who waited go on, a little apart. */
  async keyAccepted(origin: string): Promise<void> {
    if ((await this.#store.origins.read(origin)).refusal) await this.reopen(origin);
  }

  /** Forgets the refusal of one origin. */
  async reopen(origin: string): Promise<void> {
    await this.#store.origins.update(origin, (state): OriginState => ({
      ...state,
      refusal: undefined,
      recheckAt: undefined,
    }));
    await this.#store.makeDueNow(WAKE_SPACING_MS, origin);
  }

  /** Forgets all refusals and lets everything that waits go on: the key is another one, or somebody asks. */
  async reopenAll(): Promise<void> {
    await this.#store.origins.forgetRefusals();
    await this.#store.makeDueNow(WAKE_SPACING_MS);
  }
}

/** Whether a planned time has come, or was written before the clock was set back. */
function isPast(time: number | undefined, now: number): boolean {
  return time === undefined || time <= now || time > now + 2 * RECHECK;
}
