import type { ImageLimits } from './imageLimits';
import { ImageFileError } from './imageFileError';
import type { Rect, Rgb, Size } from './pixels';

/** A part of a picture in shares of its width and height, 0 to 1, as it is shown. */
export type CropArea = Rect;

/** What is done with a picture whose shape is not the one that is needed. It is never stretched. */
export type FitMode =
  /** What is too much is cut off; of the chosen part, or else of the whole, the middle stays. */
  | { readonly kind: 'crop'; readonly part?: CropArea }
  /** The whole picture on a plain colour; black unless told. */
  | { readonly kind: 'pad'; readonly color?: Rgb }
  /** The whole picture on a blurred copy of itself. */
  | { readonly kind: 'blur' };

/** What is done when nobody chose: the middle of the picture stays. */
export const DEFAULT_FIT_MODE: FitMode = { kind: 'crop' };

/** Where things are drawn in a frame. */
export interface Layout {
  /** What is taken of the source, in its pixels as shown. */
  readonly part: Rect;
  /** Where that goes in the frame, in whole pixels. */
  readonly into: Rect;
}

/**
 * A picture that is written anew has no more pixels, unless the limits say so: no model makes a video of more than half
 * as many, and more would only take time.
 */
const MAX_REENCODED_PIXELS = 4_000_000;

/**
 * The size of the picture that meets the limits, without regard to bytes. What is only advised is followed when somebody
 * chose how; without a word the shape stays as it is.
 * @param source the size of the picture as shown
 * @throws ImageFileError `badPart`
 */
export function targetSize(source: Size, limits: ImageLimits, chosen: FitMode | undefined): Size {
  const way = chosen ?? DEFAULT_FIT_MODE;
  const given = limits.exact ?? (chosen && limits.preferred);
  const part = way.kind === 'crop' ? chosenPart(source, way) : source;
  return given ?? frameFor(part, limits, way.kind === 'crop' ? 'cut' : 'extend');
}

/**
 * How a picture is laid out in a frame.
 * @throws ImageFileError `badPart`
 */
export function computeLayout(source: Size, frame: Size, way: FitMode): Layout {
  if (way.kind === 'crop') {
    const part = middleOf(chosenPart(source, way), frame.width / frame.height);
    return { part, into: { x: 0, y: 0, ...frame } };
  }
  return { part: integer(source), into: contained(source, frame) };
}

/** The part that fills a frame, for instance behind the picture itself. */
export function coverArea(source: Size, frame: Size): Rect {
  return middleOf(integer(source), frame.width / frame.height);
}

const integer = ({ width, height }: Size): Rect => ({ x: 0, y: 0, width, height });

function chosenPart(source: Size, { part }: { readonly part?: CropArea }): Rect {
  return part ? inPixels(part, source) : integer(source);
}

function inPixels(part: CropArea, { width, height }: Size): Rect {
  const { x, y, width: w, height: h } = part;
  // Sums of shares miss 1 by a hair.
  const isWithin = x >= 0 && y >= 0 && w > 0 && h > 0 && x + w <= 1 + 1e-9 && y + h <= 1 + 1e-9;
  const rect = { x: x * width, y: y * height, width: w * width, height: h * height };
  if (!isWithin || rect.width < 1 || rect.height < 1) {
    throw new ImageFileError('badPart', `${JSON.stringify(part)} is no part of a picture`);
  }
  return rect;
}

/** The largest middle part of a ratio. */
function middleOf({ x, y, width, height }: Rect, ratio: number): Rect {
  const kept = width / height > ratio ? { width: height * ratio, height } : { width, height: width / ratio };
  return { x: x + (width - kept.width) / 2, y: y + (height - kept.height) / 2, ...kept };
}

/** Where a whole picture goes in a frame: as large as it can be, in the middle. */
function contained(source: Size, frame: Size): Rect {
  const scale = Math.min(frame.width / source.width, frame.height / source.height);
  const width = clamp(Math.round(source.width * scale), 1, frame.width);
  const height = clamp(Math.round(source.height * scale), 1, frame.height);
  return {
    x: Math.floor((frame.width - width) / 2),
    y: Math.floor((frame.height - height) / 2),
    width,
    height,
  };
}

/** The size that comes of a shape: as near to its own as the limits allow. */
function frameFor(shape: Size, limits: ImageLimits, toRatio: 'cut' | 'extend'): Size {
  const { min, max } = limits.sides ?? { min: 1, max: Infinity };
  const ratio = allowedRatio(limits);
  let { width, height } = shape;
  if (width / height > ratio.most) {
    if (toRatio === 'cut') width = height * ratio.most;
    else height = width / ratio.most;
  } else if (width / height < ratio.least) {
    if (toRatio === 'cut') height = width / ratio.least;
    else width = height * ratio.least;
  }
  const down = Math.min(1, max / Math.max(width, height), Math.sqrt(MAX_REENCODED_PIXELS / (width * height)));
  const scale = Math.max(down, min / Math.min(width, height));
  return wholePixels({ width: width * scale, height: height * scale }, limits);
}

/** The frame made smaller, to save bytes, by at most `scale`; undefined where the limits forbid it. */
export function reduceSize(frame: Size, scale: number, limits: ImageLimits): Size | undefined {
  if (limits.exact) return undefined;
  const least = limits.sides?.min ?? 1;
  const allowed = Math.max(scale, least / Math.min(frame.width, frame.height));
  const smaller = wholePixels({ width: frame.width * allowed, height: frame.height * allowed }, limits);
  return smaller.width < frame.width && smaller.height < frame.height ? smaller : undefined;
}

/** Which ratios can be had: sides that must be neither short nor long forbid extreme ones. */
function allowedRatio({ ratio, sides }: ImageLimits): { least: number; most: number } {
  const bySides = sides ? sides.max / sides.min : Infinity;
  return {
    least: Math.max(ratio?.min ?? 0, 1 / bySides),
    most: Math.min(ratio?.max ?? Infinity, bySides),
  };
}

/** Rounds to whole pixels, on the right side of the limits. */
function wholePixels(size: Size, limits: ImageLimits): Size {
  const { min, max } = limits.sides ?? { min: 1, max: Infinity };
  const ratio = allowedRatio(limits);
  let width = clamp(Math.round(size.width), min, max);
  let height = clamp(Math.round(size.height), min, max);
  if (width / height > ratio.most) width = Math.floor(height * ratio.most);
  if (width / height < ratio.least) height = Math.floor(width / ratio.least);
  return { width, height };
}

const clamp = (value: number, least: number, most: number): number => Math.min(Math.max(value, least), most);
