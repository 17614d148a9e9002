import type { Bench } from './context';
import type { Summary } from './statistics';

export type Unit = 'ms' | 'MB' | 'KB' | '';

/** The limit for a figure. */
export interface Bar {
  readonly is: 'atLeast' | 'atMost';
  readonly limit: number;
  /** Key of another row whose limit may be met instead. */
  readonly or?: string;
}

/** One figure with everything that a reader needs to assess it. */
export interface Row {
  /** The name in the JSON. Never change it. */
  readonly key: string;
  readonly what: string;
  readonly figure: number;
  readonly unit: Unit;
  /** Values the figure was computed from, such as "340 ms, sample 1810 ms". */
  readonly against?: string;
  /** Spread of the individual figures. Absent for a single count or size. */
  readonly spread?: Summary;
  /** Number of individual figures. */
  readonly samples?: number;
  readonly bar?: Bar;
}

/** A measurement that fills one or more rows. */
export interface Measurement {
  readonly keys: readonly string[];
  /** @throws {@link VoidMeasurement} or any other error, and then its rows count as missed */
  run(bench: Bench): Promise<readonly Row[]>;
}

/** The measurement was invalid. The message is one sentence. */
export class VoidMeasurement extends Error {
  override readonly name = 'VoidMeasurement';
}

const MAX_ATTEMPTS = 3;

/**
 * Repeats work a few times while it's void.
 * @throws the error of the last attempt
 */
export async function repeatedWhenVoid<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof VoidMeasurement) || tries >= MAX_ATTEMPTS) throw error;
    }
  }
}
