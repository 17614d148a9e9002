/** What a row of figures comes to. A machine that does other things too makes outliers: they move no quartile. */
export interface Summary {
  readonly median: number;
  /** The quartiles: half of all figures lie between them. */
  readonly low: number;
  readonly high: number;
}

/** @throws when there is no figure, or one that is no number: what was not measured has no median */
export function summarise(figures: readonly number[]): Summary {
  if (figures.length === 0 || figures.some((figure) => !Number.isFinite(figure))) {
    throw new Error(`These figures cannot be summarised: [${figures.join(', ')}].`);
  }
  const sorted = [...figures].sort((a, b) => a - b);
  return { median: quantile(sorted, 0.5), low: quantile(sorted, 0.25), high: quantile(sorted, 0.75) };
}

export const median = (figures: readonly number[]): number => summarise(figures).median;

/**
 * Divides figures of one round each, taken one right after the other: what slowed the machine for a while slowed both.
 * @throws when there are not as many of the one as of the other
 */
export function pairwise(
  left: readonly number[],
  right: readonly number[],
  combine: (left: number, right: number) => number,
): number[] {
  if (left.length !== right.length) {
    throw new Error(`There are ${left.length} figures for ${right.length} others.`);
  }
  return left.map((figure, index) => combine(figure, right[index] ?? NaN));
}

/** The order of a round: each round begins with another one, so that nobody is always the first. */
export function rotated<T>(items: readonly T[], round: number): T[] {
  const start = round % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}

/** Where in sorted figures a share of them lies below, between two neighbours if need be. */
function quantile(sorted: readonly number[], share: number): number {
  const position = (sorted.length - 1) * share;
  const below = sorted[Math.floor(position)] ?? NaN;
  const above = sorted[Math.ceil(position)] ?? NaN;
  return below + (above - below) * (position - Math.floor(position));
}
