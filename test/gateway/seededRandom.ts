import { createHash, randomBytes } from 'node:crypto';

const ALPHANUMERICS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/**
 * Endless random text from a seed. The same seed gives the same IDs, which makes test failures repeatable.
 */
export class SeededRandom {
  readonly #seed: string;
  #count = 0;

  constructor(seed: string = randomBytes(16).toString('hex')) {
    this.#seed = seed;
  }

  hex(length: number): string {
    this.#count += 1;
    return createHash('sha256').update(`${this.#seed}/${this.#count}`).digest('hex').slice(0, length);
  }

  /** Letters of both cases and digits, as in new-api's task IDs. */
  alphanumeric(length: number): string {
    this.#count += 1;
    const bytes = createHash('sha512').update(`${this.#seed}/${this.#count}`).digest();
    return [...bytes.subarray(0, length)].map((byte) => ALPHANUMERICS[byte % ALPHANUMERICS.length]).join('');
  }
}
