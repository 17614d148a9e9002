import { sleep, type Clock } from '../common/clock';
import type { ApiKey, KeySource } from '../gateway/apiKey';

/** How long a key is waited for, in ms: longer than any keychain takes that nobody has to unlock. */
const KEY_PATIENCE = 10_000;

/**
 * A key source that says so when it gets no answer. A keychain may wait for a person who is not there, and whoever
 * waits with it keeps others from their turn.
 */
export class PromptKeys implements KeySource {
  readonly #keys: KeySource;
  readonly #clock: Clock;

  constructor(keys: KeySource, clock: Clock) {
    this.#keys = keys;
    this.#clock = clock;
  }

  /** @throws when there is no answer in time; one that comes later is for the next who asks */
  async keyFor(origin: string): Promise<ApiKey | undefined> {
    const answered = new AbortController();
    const tooLong = sleep(this.#clock, KEY_PATIENCE, answered.signal).then(() => {
      throw new Error(`the key for ${origin} was not handed out within ${KEY_PATIENCE / 1000} s`);
    });
    try {
      return await Promise.race([this.#keys.keyFor(origin), tooLong]);
    } finally {
      // The time limit is nobody's concern any more, nor that it was called off.
      tooLong.catch(() => undefined);
      answered.abort();
    }
  }
}
