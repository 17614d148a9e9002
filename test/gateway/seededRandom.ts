import { createHash, randomBytes } from 'node:crypto';

/** Endless hexadecimal text from a seed: the same seed gives the same ids, which makes test failures repeatable. */
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
}
