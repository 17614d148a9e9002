import type { Bench } from './context';
import type { Summary } from './statistics';

export type Unit = 'ms' | 'MB' | 'KB' | '';

/** What a figure is held against. */
export interface Bar {
  readonly is: 'atLeast' | 'atMost';
  readonly limit: number;
  /** The key of a row whose bar will do as well: of the two, one has to be met. */
  readonly or?: string;
}

/** One figure with all that a reader needs to judge it. */
export interface Row {
  /** Stable: the name in the JSON. */
  readonly key: string;
  readonly what: string;
  readonly figure: number;
  readonly unit: Unit;
  /** What the figure was made of or is to be seen against, in words: "340 ms, sample 1810 ms". */
  readonly against?: string;
  /** Of the single figures behind; without it there is only one, that of a count or a size. */
  readonly spread?: Summary;
  /** How many single figures there are behind. */
  readonly samples?: number;
  readonly bar?: Bar;
}

/** One thing that is measured, for one or more rows. */
export interface Measurement {
  readonly keys: readonly string[];
  /** @throws {@link VoidMeasurement} or anything else: then its rows count as missed */
  run(bench: Bench): Promise<readonly Row[]>;
}

/** What was measured was not what should be; the message is a sentence. */
export class VoidMeasurement extends Error {
  override readonly name = 'VoidMeasurement';
}

const MAX_ATTEMPTS = 3;

/** Does something again as long as it comes out void, a few times. @throws what the last try threw */
export async function repeatedWhenVoid<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof VoidMeasurement) || tries >= MAX_ATTEMPTS) throw error;
    }
  }
}
