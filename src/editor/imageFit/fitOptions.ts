import type { FitOptions } from '../../core/images/fitImage';
import { targetSize } from '../../core/images/layout';
import { sizeFits, type ImageLimits } from '../../core/images/imageLimits';
import type { Size } from '../../core/images/pixels';
import type { Choice, FitMode } from '../../webview/imageFit/protocol';

/** What can be chosen for an image, with a model and its options. */
export interface FitChoices {
  /** At least one; the first is what is done when nobody chooses. */
  readonly ways: readonly [FitMode, ...FitMode[]];
  /** Width divided by height of the part that is kept when it is cut. */
  readonly ratio: number;
}

/** Shapes that differ by less are the same: whole pixels can't be nearer. */
const SAME_SHAPE = 0.005;

/** A part whose shape is further off was chosen for another one. */
const SUITABLE_SHAPE = 0.01;

/** What there is to choose for an image of this size. */
export function fitChoicesFor(size: Size, limits: ImageLimits): FitChoices {
  const own = size.width / size.height;
  const frame = targetSize(size, limits, { kind: 'crop' });
  const needed = frame.width / frame.height;
  const isSame = Math.abs(needed / own - 1) < SAME_SHAPE;
  const others: FitMode[] = isSame ? [] : ['pad', 'blur'];
  return {
    ways: sizeFits(size, limits) ? ['asIs', 'crop', ...others] : ['crop', ...others],
    ratio: isSame ? own : needed,
  };
}

/** What was chosen, as far as it still makes sense; else what is done when nobody chooses. */
export function clampChoice(chosen: Choice | undefined, size: Size, { ways, ratio }: FitChoices): Choice {
  const choice: Choice = chosen ?? {
    way: ways[0],
    part: null,
    color: [0, 0, 0],
    background: [255, 255, 255],
  };
  const { way, part } = choice;
  const shape = part ? (part.width * size.width) / (part.height * size.height) : ratio;
  return {
    ...choice,
    way: ways.includes(way) ? way : ways[0],
    part: Math.abs(shape / ratio - 1) < SUITABLE_SHAPE ? part : null,
  };
}

/** A choice as those who fit images know it. */
export function toFitOptions({ way, part, color, background }: Choice): FitOptions {
  switch (way) {
    case 'asIs':
      return { background };
    case 'crop':
      return { way: part ? { kind: 'crop', part } : { kind: 'crop' }, background };
    case 'pad':
      return { way: { kind: 'pad', color }, background };
    case 'blur':
      return { way: { kind: 'blur' }, background };
  }
}
