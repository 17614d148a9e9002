/** Summary of a row of figures. Other work on the machine causes outliers, which hardly move quartiles. */
export interface Summary {
  readonly median: number;
  /** The quartiles. Half of all figures are between them. */
  readonly low: number;
  readonly high: number;
}

/** @throws if there are no figures, or one isn't a number */
export function summarise(figures: readonly number[]): Summary {
  if (figures.length === 0 || figures.some((figure) => !Number.isFinite(figure))) {
    throw new Error(`These figures cannot be summarised: [${figures.join(', ')}].`);
  }
  const sorted = [...figures].sort((a, b) => a - b);
  return { median: quantile(sorted, 0.5), low: quantile(sorted, 0.25), high: quantile(sorted, 0.75) };
}

export const median = (figures: readonly number[]): number => summarise(figures).median;

/**
 * Divides figures of the same round, which were measured one right after the other, so a temporarily slow
 * machine affects both.
 * @throws if the lists differ in length
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

/** The order for a round. Each round starts with a different item, so that none is always first. */
export function rotated<T>(items: readonly T[], round: number): T[] {
  const start = round % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}

/** Interpolates the quantile of sorted figures. */
function quantile(sorted: readonly number[], share: number): number {
  const position = (sorted.length - 1) * share;
  const below = sorted[Math.floor(position)] ?? NaN;
  const above = sorted[Math.ceil(position)] ?? NaN;
  return below + (above - below) * (position - Math.floor(position));
}
