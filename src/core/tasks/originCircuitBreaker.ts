import type { Clock } from '../common/clock';
import type { OriginState } from '../store/record';
import { MAX_DUE_AHEAD_MS, KEY_RECHECK_MS, WAKE_SPACING_MS, isPast } from './intervals';
import type { TaskStore } from '../store/store';
import type { StoredFailure } from '../task/failure';

type AdmissionResult =
  | { readonly open: true }
  /** `until` is in ms since 1970. `refusal` is set if the key was refused. */
  | { readonly open: false; readonly until: number; readonly refusal: StoredFailure | undefined };

/**
 * Pauses all tasks of an origin, across windows, after a rate limit (Retry-After) or a refused key. During the latter, one
 * task at a time retries (DESIGN 5).
 */
export class OriginCircuitBreaker {
  readonly #store: TaskStore;
  readonly #clock: Clock;

  constructor(store: TaskStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Admits a request unless the gateway asked to wait. After a rejected key, admits one per recheck interval. */
  async admit(origin: string): Promise<AdmissionResult> {
    const now = this.#clock.now();
    const state = await this.#store.origins.read(origin);
    if (!isPast(state.notBefore, now, MAX_DUE_AHEAD_MS)) {
      return { open: false, until: state.notBefore, refusal: undefined };
    }
    if (!state.refusal) return { open: true };
    const mayTry = await this.#store.origins.update(origin, (current) =>
      current.refusal && isPast(current.recheckAt, now, 2 * KEY_RECHECK_MS)
        ? { ...current, recheckAt: now + KEY_RECHECK_MS }
        : undefined,
    );
    if (mayTry) return { open: true };
    const current = await this.#store.origins.read(origin);
    if (!current.refusal) return { open: true };
    return { open: false, until: current.recheckAt ?? now + KEY_RECHECK_MS, refusal: current.refusal };
  }

  /** As {@link admit}, but doesn't use up the recheck. */
  async isOpen(origin: string): Promise<boolean> {
    const { notBefore, refusal } = await this.#store.origins.read(origin);
    const now = this.#clock.now();
    return !refusal && isPast(notBefore, now, MAX_DUE_AHEAD_MS);
  }

  async rateLimited(origin: string, waitMs: number): Promise<void> {
    const until = this.#clock.now() + waitMs;
    await this.#store.origins.update(origin, (state) =>
      until > state.notBefore ? { ...state, notBefore: until } : undefined,
    );
  }

  async keyRefused(origin: string, refusal: StoredFailure): Promise<void> {
    const recheckAt = this.#clock.now() + KEY_RECHECK_MS;
    await this.#store.origins.update(origin, (state) => ({ ...state, refusal, recheckAt }));
  }

  /** Resumes waiting tasks, slightly staggered. */
  async keyAccepted(origin: string): Promise<void> {
    if ((await this.#store.origins.read(origin)).refusal) await this.reset(origin);
  }

  async reset(origin: string): Promise<void> {
    await this.#store.origins.update(origin, (state): OriginState => ({
      ...state,
      refusal: undefined,
      recheckAt: undefined,
    }));
    await this.#store.makeDueNow(WAKE_SPACING_MS, origin);
  }

  /** Call after the key changed or the user refreshed. */
  async resetAll(): Promise<void> {
    await this.#store.origins.forgetRefusals();
    await this.#store.makeDueNow(WAKE_SPACING_MS);
  }
}
