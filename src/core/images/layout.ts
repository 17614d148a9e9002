import type { ImageLimits, Range } from './imageLimits';
import { ImageFileError } from './imageFileError';
import type { Rect, Rgb, Size } from './pixels';

/** A part of an image as shown, as fractions of its width and height, 0 to 1. */
export type CropArea = Rect;

/** How an image is fitted to another aspect ratio. It's never stretched. */
export type FitMode =
  /** Crops around the center of the chosen part, or else of the whole image. */
  | { readonly kind: 'crop'; readonly part?: CropArea }
  /** Shows the whole image on a plain color; black by default. */
  | { readonly kind: 'pad'; readonly color?: Rgb }
  /** Shows the whole image on a blurred copy of itself. */
  | { readonly kind: 'blur' };

/** Fit mode if the user hasn't chosen one: crops around the center. */
export const DEFAULT_FIT_MODE: FitMode = { kind: 'crop' };

/** Position of an image in a frame. */
export interface Layout {
  /** Drawn part of the source, in its pixels as shown. */
  readonly part: Rect;
  /** Position of that part in the frame, in whole pixels. */
  readonly into: Rect;
}

/**
 * Maximum pixels of an encoded image unless the limits require more. Models generate at most half as many pixels, so
 * more would only take time.
 */
const MAX_REENCODED_PIXELS = 4_000_000;

/**
 * Computes the size that meets the limits except for bytes. The recommended size is used only if the user has chosen a
 * fit mode. Otherwise the aspect ratio stays the same.
 * @param source size of the image as shown
 * @throws ImageFileError `badPart`
 */
export function targetSize(source: Size, limits: ImageLimits, chosen: FitMode | undefined): Size {
  const mode = chosen ?? DEFAULT_FIT_MODE;
  const given = limits.exact ?? (chosen && limits.preferred);
  const part = mode.kind === 'crop' ? chosenPart(source, mode) : source;
  return given ?? frameFor(part, limits, mode.kind === 'crop' ? 'crop' : 'extend');
}

/**
 * Computes the position of an image in a frame.
 * @throws ImageFileError `badPart`
 */
export function computeLayout(source: Size, frame: Size, mode: FitMode): Layout {
  if (mode.kind === 'crop') {
    const part = centerCrop(chosenPart(source, mode), frame.width / frame.height);
    return { part, into: { x: 0, y: 0, ...frame } };
  }
  return { part: wholeArea(source), into: centerContain(source, frame) };
}

/** Computes the part of an image that fills a frame. */
export function coverArea(source: Size, frame: Size): Rect {
  return centerCrop(wholeArea(source), frame.width / frame.height);
}

const wholeArea = ({ width, height }: Size): Rect => ({ x: 0, y: 0, width, height });

function chosenPart(source: Size, { part }: { readonly part?: CropArea }): Rect {
  return part ? toPixels(part, source) : wholeArea(source);
}

function toPixels(part: CropArea, { width, height }: Size): Rect {
  const { x, y, width: w, height: h } = part;
  // Allow for rounding errors in sums of fractions.
  const isWithin = x >= 0 && y >= 0 && w > 0 && h > 0 && x + w <= 1 + 1e-9 && y + h <= 1 + 1e-9;
  const rect = { x: x * width, y: y * height, width: w * width, height: h * height };
  if (!isWithin || rect.width < 1 || rect.height < 1) {
    throw new ImageFileError('badPart', `${JSON.stringify(part)} is outside the image`);
  }
  return rect;
}

/** Computes the largest centered part with an aspect ratio. */
function centerCrop({ x, y, width, height }: Rect, ratio: number): Rect {
  const size = width / height > ratio ? { width: height * ratio, height } : { width, height: width / ratio };
  return { x: x + (width - size.width) / 2, y: y + (height - size.height) / 2, ...size };
}

/** Centers a whole image in a frame, as large as possible. */
function centerContain(source: Size, frame: Size): Rect {
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

/** Computes the allowed size that is closest to the given one. */
function frameFor(size: Size, limits: ImageLimits, toRatio: 'crop' | 'extend'): Size {
  const { min, max } = limits.sides ?? { min: 1, max: Infinity };
  const ratio = allowedRatio(limits);
  let { width, height } = size;
  if (width / height > ratio.max) {
    if (toRatio === 'crop') width = height * ratio.max;
    else height = width / ratio.max;
  } else if (width / height < ratio.min) {
    if (toRatio === 'crop') height = width / ratio.min;
    else width = height * ratio.min;
  }
  const down = Math.min(1, max / Math.max(width, height), Math.sqrt(MAX_REENCODED_PIXELS / (width * height)));
  const scale = Math.max(down, min / Math.min(width, height));
  return wholePixels({ width: width * scale, height: height * scale }, limits);
}

/** Reduces a frame to save bytes, at most to `scale`; undefined if the limits don't allow it. */
export function reduceSize(frame: Size, scale: number, limits: ImageLimits): Size | undefined {
  if (limits.exact) return undefined;
  const minSide = limits.sides?.min ?? 1;
  const allowed = Math.max(scale, minSide / Math.min(frame.width, frame.height));
  const smaller = wholePixels({ width: frame.width * allowed, height: frame.height * allowed }, limits);
  return smaller.width < frame.width && smaller.height < frame.height ? smaller : undefined;
}

/** Computes the allowed aspect ratios. Limits of the sides exclude extreme ones. */
function allowedRatio({ ratio, sides }: ImageLimits): Range {
  const bySides = sides ? sides.max / sides.min : Infinity;
  return {
    min: Math.max(ratio?.min ?? 0, 1 / bySides),
    max: Math.min(ratio?.max ?? Infinity, bySides),
  };
}

/** Rounds to whole pixels within the limits. */
function wholePixels(size: Size, limits: ImageLimits): Size {
  const { min, max } = limits.sides ?? { min: 1, max: Infinity };
  const ratio = allowedRatio(limits);
  let width = clamp(Math.round(size.width), min, max);
  let height = clamp(Math.round(size.height), min, max);
  if (width / height > ratio.max) width = Math.floor(height * ratio.max);
  if (width / height < ratio.min) height = Math.floor(width / ratio.min);
  return { width, height };
}

const clamp = (value: number, min: number, max: number): number => Math.min(Math.max(value, min), max);
