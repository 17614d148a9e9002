import type { Codecs } from './codecs';
import { DEFAULT_FIT_MODE, coverArea, targetSize, computeLayout, reduceSize, type FitMode } from './layout';
import { readImage, type ImageFile, type ImageFormat, type ImageInfo } from './inspectImage';
import { sizeFits, type ImageLimits, type SentFormat } from './imageLimits';
import { ImageFileError } from './imageFileError';
import { flatten, paste, createSolidPixels, type Pixels, type Rgb, type Size } from './pixels';
import { encodePng } from './pngWriter';
import { drawScaled, type Resampler } from './resample';

/** Changes to an image, the most visible ones first. */
export type ImageChange =
  /** Part of the image was removed. */
  | 'cropped'
  /** Space was added around it. */
  | 'padded'
  | 'scaled'
  /** Rotated or mirrored as its Exif orientation says. */
  | 'rotated'
  /** Transparent pixels were drawn over a color. */
  | 'flattened'
  /** Its pixels were encoded again, which also removes all metadata. */
  | 'reencoded'
  /** Metadata (location, camera, comments) was removed or a missing end marker added. The pixels are the same. */
  | 'metadataRemoved';

/** An image as it is sent. */
export interface FittedImage extends Size {
  readonly bytes: Uint8Array;
  readonly format: SentFormat;
  readonly changes: readonly ImageChange[];
  /** The source image. */
  readonly original: ImageInfo;
}

/** The user's choices for fitting an image. */
export interface FitOptions {
  /** Fit mode; {@link DEFAULT_FIT_MODE} if undefined. */
  readonly mode?: FitMode;
  /** Color behind transparent pixels; white by default. */
  readonly background?: Rgb;
}

const WHITE: Rgb = [255, 255, 255];
const BLACK: Rgb = [0, 0, 0];

/** JPEG qualities to try before reducing the size, best first. */
const QUALITIES = [90, 80, 70, 60, 50];
/** JPEG qualities to try if the size can't be reduced. */
const LAST_QUALITIES = [40, 30, 20, 10];
/** Longer side of the small image that a blurred one is enlarged from, in pixels. */
const BLUR_SOURCE_SIDE = 24;

/**
 * Creates the bytes that are sent for an image. An image that already fits is only stripped of its metadata, but it's
 * decoded anyway, because sora-2 drops a damaged image and charges. The same input always gives the same bytes, and the
 * given bytes are never changed.
 * @throws ImageFileError
 */
export async function fitImage(
  bytes: Uint8Array,
  limits: ImageLimits,
  options: FitOptions,
  codecs: Codecs,
): Promise<FittedImage> {
  const file = readImage(bytes);
  const original = file.info;
  if (original.animated) throw new ImageFileError('animated', 'it is animated');
  // Before decoding: a crop area outside the image is refused right away.
  const mode = options.mode ?? DEFAULT_FIT_MODE;
  const frame = targetSize(original, limits, options.mode);
  const { pixels: decoded, clean } = await codecs.decode(file);
  checkSize(decoded, original);
  const unchanged = clean && fitUnchanged(file, clean, limits, options.mode);
  if (unchanged) return unchanged;

  const isFlattened = original.hasAlpha && flatten(decoded, options.background ?? WHITE);
  const resample = await codecs.resampler();
  const render = (size: Size) => drawFrame(decoded, original, size, mode, resample);
  const written = await encodeWithin(render, frame, { limits, codecs, lossless: original.lossless });
  const { part, into } = computeLayout(original, written, mode);
  const scale = into.width / part.width;
  const changes: [ImageChange, boolean][] = [
    // Rounding may lose less than a pixel.
    ['cropped', (original.width - part.width) * scale >= 1 || (original.height - part.height) * scale >= 1],
    ['padded', into.width < written.width || into.height < written.height],
    ['scaled', Math.abs(into.width - part.width) >= 1 || Math.abs(into.height - part.height) >= 1],
    ['rotated', original.orientation !== 1],
    ['flattened', isFlattened],
    ['reencoded', true],
  ];
  return { ...written, changes: changes.filter(([, is]) => is).map(([change]) => change), original };
}

function checkSize(decoded: Size, { width, height, orientation }: ImageInfo): void {
  const [across, down] = orientation >= 5 ? [height, width] : [width, height];
  if (decoded.width !== across || decoded.height !== down) {
    throw new ImageFileError('damaged', 'its size differs from its header');
  }
}

/** Returns the image without its metadata if no other change is needed. */
function fitUnchanged(
  { bytes, info: original }: ImageFile,
  clean: Uint8Array,
  limits: ImageLimits,
  chosen: FitMode | undefined,
): FittedImage | undefined {
  const { width, height, format } = original;
  const isPart = chosen?.kind === 'crop' && chosen.part !== undefined && !isWhole(chosen.part);
  const { preferred } = limits;
  const hasChosenSize =
    !isPart && (!chosen || !preferred || (width === preferred.width && height === preferred.height));
  if (!isSentFormat(format, limits) || original.orientation !== 1 || original.hasAlpha) return undefined;
  if (!hasChosenSize || !sizeFits(original, limits)) return undefined;
  if (clean.length > limits.maxBytes) return undefined;
  return {
    // Copy: the caller may change its bytes later.
    bytes: new Uint8Array(clean),
    format,
    width,
    height,
    changes: clean === bytes ? [] : ['metadataRemoved'],
    original,
  };
}

const isWhole = (part: Size): boolean => part.width >= 1 && part.height >= 1;

function isSentFormat(format: ImageFormat, { formats }: ImageLimits): format is SentFormat {
  return (formats as readonly ImageFormat[]).includes(format);
}

/** Draws the image and what surrounds it. */
function drawFrame(
  decoded: Pixels,
  original: ImageInfo,
  frame: Size,
  mode: FitMode,
  resample: Resampler,
): Pixels {
  const { orientation } = original;
  const { part, into } = computeLayout(original, frame, mode);
  const image = drawScaled(decoded, orientation, part, into, resample);
  if (into.width === frame.width && into.height === frame.height) return image;
  const background =
    mode.kind === 'blur'
      ? drawBlurred(decoded, original, frame, resample)
      : createSolidPixels(frame, mode.kind === 'pad' ? (mode.color ?? BLACK) : BLACK);
  paste(background, image, into.x, into.y);
  return background;
}

/** Fills the frame with the blurred image: draws it very small and enlarges it again. */
function drawBlurred(decoded: Pixels, original: ImageInfo, frame: Size, resample: Resampler): Pixels {
  const scale = BLUR_SOURCE_SIDE / Math.max(frame.width, frame.height);
  const tiny = {
    width: Math.max(1, Math.round(frame.width * scale)),
    height: Math.max(1, Math.round(frame.height * scale)),
  };
  const small = drawScaled(decoded, original.orientation, coverArea(original, frame), tiny, resample);
  return drawScaled(small, 1, { x: 0, y: 0, ...tiny }, frame, resample);
}

type EncodedImage = Pick<FittedImage, 'bytes' | 'format' | 'width' | 'height'>;

/**
 * Encodes an image within the limit of bytes: as PNG if the source was lossless and the result is small enough, else as
 * JPEG of the best quality that is small enough, else with fewer pixels.
 */
async function encodeWithin(
  render: (size: Size) => Pixels,
  preferred: Size,
  { limits, codecs, lossless }: { limits: ImageLimits; codecs: Codecs; lossless: boolean },
): Promise<EncodedImage> {
  const { maxBytes } = limits;
  let frame = preferred;
  let pixels = render(frame);
  if (lossless && limits.writes === 'pngOrJpeg') {
    const bytes = encodePng(pixels);
    if (bytes.length <= maxBytes) return { bytes, format: 'png', ...frame };
  }
  for (;;) {
    const written = await encodeJpegWithin(pixels, QUALITIES, maxBytes, codecs);
    if (written.bytes.length <= maxBytes) return { ...written, ...frame };
    const smaller = reduceSize(frame, scaleFor(written.bytes.length, maxBytes), limits);
    if (!smaller) break;
    frame = smaller;
    pixels = render(frame);
  }
  const written = await encodeJpegWithin(pixels, LAST_QUALITIES, maxBytes, codecs);
  if (written.bytes.length <= maxBytes) return { ...written, ...frame };
  throw new ImageFileError('doesNotFit', `at least ${written.bytes.length} bytes instead of ${maxBytes}`);
}

/** Encodes at the first of the falling qualities that is small enough, or else at the last one. */
async function encodeJpegWithin(
  pixels: Pixels,
  qualities: readonly number[],
  maxBytes: number,
  codecs: Codecs,
): Promise<{ bytes: Uint8Array; format: 'jpeg' }> {
  const smallest = await codecs.encodeJpeg(pixels, qualities.at(-1) ?? 0);
  // Try the lowest quality first, to skip all others if even that is too large.
  if (smallest.length <= maxBytes) {
    for (const quality of qualities.slice(0, -1)) {
      const bytes = await codecs.encodeJpeg(pixels, quality);
      if (bytes.length <= maxBytes) return { bytes, format: 'jpeg' };
    }
  }
  return { bytes: smallest, format: 'jpeg' };
}

/** Bytes are roughly proportional to the area. Slightly smaller, so that one step is usually enough. */
const scaleFor = (bytes: number, maxBytes: number): number =>
  Math.min(0.9, Math.sqrt(maxBytes / bytes) * 0.97);
