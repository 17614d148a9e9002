import type { FitOptions } from '../../core/images/fitImage';
import { targetSize } from '../../core/images/layout';
import { sizeFits, type ImageLimits } from '../../core/images/imageLimits';
import type { Size } from '../../core/images/pixels';
import type { Choice, FitMode } from '../../webview/imageFit/protocol';

/** Available choices for an image, by model and options. */
export interface FitChoices {
  /** At least one. The first is the default. */
  readonly modes: readonly [FitMode, ...FitMode[]];
  /** Aspect ratio of the crop: width divided by height. */
  readonly ratio: number;
}

/** Relative difference below which aspect ratios are equal, because sizes are whole pixels. */
const SAME_SHAPE = 0.005;

/** Relative difference above which a crop was chosen for another aspect ratio. */
const SUITABLE_SHAPE = 0.01;

/** @returns the available choices for an image of this size. */
export function fitChoicesFor(size: Size, limits: ImageLimits): FitChoices {
  const own = size.width / size.height;
  const frame = targetSize(size, limits, { kind: 'crop' });
  const needed = frame.width / frame.height;
  const isSame = Math.abs(needed / own - 1) < SAME_SHAPE;
  const others: FitMode[] = isSame ? [] : ['pad', 'blur'];
  return {
    modes: sizeFits(size, limits) ? ['asIs', 'crop', ...others] : ['crop', ...others],
    ratio: isSame ? own : needed,
  };
}

/** Keeps the parts of a choice that still apply and replaces the rest with the defaults. */
export function clampChoice(chosen: Choice | undefined, size: Size, { modes, ratio }: FitChoices): Choice {
  const choice: Choice = chosen ?? {
    mode: modes[0],
    part: null,
    color: [0, 0, 0],
    background: [255, 255, 255],
  };
  const { mode, part } = choice;
  const shape = part ? (part.width * size.width) / (part.height * size.height) : ratio;
  return {
    ...choice,
    mode: modes.includes(mode) ? mode : modes[0],
    part: Math.abs(shape / ratio - 1) < SUITABLE_SHAPE ? part : null,
  };
}

/** Converts a choice for the image pipeline. */
export function toFitOptions({ mode, part, color, background }: Choice): FitOptions {
  switch (mode) {
    case 'asIs':
      return { background };
    case 'crop':
      return { mode: part ? { kind: 'crop', part } : { kind: 'crop' }, background };
    case 'pad':
      return { mode: { kind: 'pad', color }, background };
    case 'blur':
      return { mode: { kind: 'blur' }, background };
  }
}
