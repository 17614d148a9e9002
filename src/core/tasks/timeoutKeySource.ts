import { sleep, type Clock } from '../common/clock';
import type { KeyAnswer, KeySource } from '../gateway/apiKey';

/** Longer than any unlocked keychain needs. */
const KEY_TIMEOUT_MS = 10_000;
/** After a timeout, the origin counts as locked for this long. */
const SILENCE_MS = 30_000;

/**
 * Adds a timeout to a key source: a keychain that doesn't respond counts as locked. It may be waiting for the user to
 * unlock it, which would block other tasks.
 */
export class TimeoutKeySource implements KeySource {
  readonly #keys: KeySource;
  readonly #clock: Clock;
  /** Time of the last timeout by origin, in ms since 1970. */
  readonly #silentSince = new Map<string, number>();

  constructor(keys: KeySource, clock: Clock) {
    this.#keys = keys;
    this.#clock = clock;
  }

  get version(): number {
    return this.#keys.version;
  }

  looksLikeKey(text: string): boolean {
    return this.#keys.looksLikeKey(text);
  }

  async keyFor(origin: string): Promise<KeyAnswer> {
    const silentFor = this.#clock.now() - (this.#silentSince.get(origin) ?? -Infinity);
    if (silentFor >= 0 && silentFor < SILENCE_MS) return { kind: 'locked' };
    const done = new AbortController();
    const answer = this.#keys.keyFor(origin).finally(() => this.#silentSince.delete(origin));
    const timeout = sleep(this.#clock, KEY_TIMEOUT_MS, done.signal).then((): KeyAnswer => {
      this.#silentSince.set(origin, this.#clock.now());
      return { kind: 'locked' };
    });
    // The loser of the race may still reject.
    for (const promise of [answer, timeout]) promise.catch(() => undefined);
    try {
      return await Promise.race([answer, timeout]);
    } finally {
      done.abort();
    }
  }
}
