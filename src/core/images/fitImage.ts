import type { Codecs } from './codecs';
import { DEFAULT_FIT_MODE, coverArea, targetSize, computeLayout, reduceSize, type FitMode } from './layout';
import { readImage, type ImageFile, type ImageFormat, type ImageInfo } from './inspectImage';
import { sizeFits, type ImageLimits, type SentFormat } from './imageLimits';
import { ImageFileError } from './imageFileError';
import { flatten, paste, createSolidPixels, type Pixels, type Rgb, type Size } from './pixels';
import { encodePng } from './pngWriter';
import { drawScaled, type Resampler } from './resample';

/** What was done to a picture, in the order in which people care. */
export type ImageChange =
  /** Something was cut off. */
  | 'cut'
  /** Something was put around it. */
  | 'padded'
  | 'scaled'
  /** Turned as its description says. */
  | 'turned'
  /** Transparent pixels were laid on a colour. */
  | 'flattened'
  /** Its pixels were coded anew, which also leaves out all that was written about it. */
  | 'rewritten'
  /** The pixels are untouched; what was written about it (place, camera, comments) was left out, or its end added. */
  | 'stripped';

/** A picture as it is sent. */
export interface FittedImage extends Size {
  readonly bytes: Uint8Array;
  readonly format: SentFormat;
  readonly changes: readonly ImageChange[];
  /** The picture that it was made of. */
  readonly original: ImageInfo;
}

/** How a picture is to be fitted. */
export interface FitOptions {
  /** What is done where the shape does not fit; {@link DEFAULT_FIT_MODE} when nobody chose. */
  readonly way?: FitMode;
  /** What transparent pixels are laid on; white unless told. */
  readonly background?: Rgb;
}

const WHITE: Rgb = [255, 255, 255];
const BLACK: Rgb = [0, 0, 0];

/** JPEG qualities that are tried before the picture is made smaller, best first. */
const QUALITIES = [90, 80, 70, 60, 50];
/** Tried when it can't be made smaller. */
const LAST_QUALITIES = [40, 30, 20, 10];
/** Longer side of the tiny picture that a blurred one is drawn from, in pixels. */
const BLUR_SIDE = 24;

/**
 * Makes the very bytes that are sent of a picture. One that already fits goes as it is, without what was written about
 * it; but it is decoded all the same, because a damaged one would be dropped and charged for. The same input gives the
 * same bytes. The given bytes are never changed.
 * @throws ImageFileError
 */
export async function fitImage(
  bytes: Uint8Array,
  limits: ImageLimits,
  wish: FitOptions,
  codecs: Codecs,
): Promise<FittedImage> {
  const file = readImage(bytes);
  const original = file.info;
  if (original.animated) throw new ImageFileError('animated', 'it moves');
  // Before the work: a part outside the picture needs no decoding.
  const way = wish.way ?? DEFAULT_FIT_MODE;
  const frame = targetSize(original, limits, wish.way);
  const { pixels: decoded, clean } = await codecs.decode(file);
  checkSize(decoded, original);
  const asItIs = clean && unchanged(file, clean, limits, wish.way);
  if (asItIs) return asItIs;

  const isFlattened = original.hasAlpha && flatten(decoded, wish.background ?? WHITE);
  const resample = await codecs.resampler();
  const render = (size: Size) => paint(decoded, original, size, way, resample);
  const written = await writeWithin(render, frame, { limits, codecs, lossless: original.lossless });
  const { part, into } = computeLayout(original, written, way);
  const scale = into.width / part.width;
  const changes: [ImageChange, boolean][] = [
    // Less than a pixel is lost in rounding.
    ['cut', (original.width - part.width) * scale >= 1 || (original.height - part.height) * scale >= 1],
    ['padded', into.width < written.width || into.height < written.height],
    ['scaled', Math.abs(into.width - part.width) >= 1 || Math.abs(into.height - part.height) >= 1],
    ['turned', original.orientation !== 1],
    ['flattened', isFlattened],
    ['rewritten', true],
  ];
  return { ...written, changes: changes.filter(([, is]) => is).map(([change]) => change), original };
}

function checkSize(decoded: Size, { width, height, orientation }: ImageInfo): void {
  const [across, down] = orientation >= 5 ? [height, width] : [width, height];
  if (decoded.width !== across || decoded.height !== down) {
    throw new ImageFileError('damaged', 'it has another size than it says');
  }
}

/** The picture itself, if it may go as it is. */
function unchanged(
  { bytes, info: original }: ImageFile,
  clean: Uint8Array,
  limits: ImageLimits,
  chosen: FitMode | undefined,
): FittedImage | undefined {
  const { width, height, format } = original;
  const isPart = chosen?.kind === 'crop' && chosen.part !== undefined && !isWhole(chosen.part);
  const { preferred } = limits;
  const isAsChosen =
    !isPart && (!chosen || !preferred || (width === preferred.width && height === preferred.height));
  if (!isSentFormat(format, limits) || original.orientation !== 1 || original.hasAlpha) return undefined;
  if (!isAsChosen || !sizeFits(original, limits)) return undefined;
  if (clean.length > limits.maxBytes) return undefined;
  return {
    // A copy: what is sent must not change under us when the caller goes on with its bytes.
    bytes: new Uint8Array(clean),
    format,
    width,
    height,
    changes: clean === bytes ? [] : ['stripped'],
    original,
  };
}

const isWhole = (part: Size): boolean => part.width >= 1 && part.height >= 1;

function isSentFormat(format: ImageFormat, { formats }: ImageLimits): format is SentFormat {
  return (formats as readonly ImageFormat[]).includes(format);
}

/** Paints the frame. */
function paint(decoded: Pixels, original: ImageInfo, frame: Size, way: FitMode, resample: Resampler): Pixels {
  const { orientation } = original;
  const { part, into } = computeLayout(original, frame, way);
  const picture = drawScaled(decoded, orientation, part, into, resample);
  if (into.width === frame.width && into.height === frame.height) return picture;
  const ground =
    way.kind === 'blur'
      ? blurred(decoded, original, frame, resample)
      : createSolidPixels(frame, way.kind === 'pad' ? (way.color ?? BLACK) : BLACK);
  paste(ground, picture, into.x, into.y);
  return ground;
}

/** The picture filling the frame, blurred: drawn tiny and enlarged again. */
function blurred(decoded: Pixels, original: ImageInfo, frame: Size, resample: Resampler): Pixels {
  const scale = BLUR_SIDE / Math.max(frame.width, frame.height);
  const tiny = {
    width: Math.max(1, Math.round(frame.width * scale)),
    height: Math.max(1, Math.round(frame.height * scale)),
  };
  const small = drawScaled(decoded, original.orientation, coverArea(original, frame), tiny, resample);
  return drawScaled(small, 1, { x: 0, y: 0, ...tiny }, frame, resample);
}

type Written = Pick<FittedImage, 'bytes' | 'format' | 'width' | 'height'>;

/**
 * Writes a picture within the family's bytes: without loss where the source had none and it is small enough, else as
 * JPEG of the best quality that is, else smaller.
 */
async function writeWithin(
  render: (size: Size) => Pixels,
  wanted: Size,
  { limits, codecs, lossless }: { limits: ImageLimits; codecs: Codecs; lossless: boolean },
): Promise<Written> {
  const { maxBytes } = limits;
  let frame = wanted;
  let pixels = render(frame);
  if (lossless && limits.writes === 'pngOrJpeg') {
    const bytes = encodePng(pixels);
    if (bytes.length <= maxBytes) return { bytes, format: 'png', ...frame };
  }
  for (;;) {
    const written = await firstWithin(pixels, QUALITIES, maxBytes, codecs);
    if (written.bytes.length <= maxBytes) return { ...written, ...frame };
    const smaller = reduceSize(frame, scaleFor(written.bytes.length, maxBytes), limits);
    if (!smaller) break;
    frame = smaller;
    pixels = render(frame);
  }
  const written = await firstWithin(pixels, LAST_QUALITIES, maxBytes, codecs);
  if (written.bytes.length <= maxBytes) return { ...written, ...frame };
  throw new ImageFileError('doesNotFit', `${written.bytes.length} bytes at the least, of ${maxBytes}`);
}

/** The first of some falling qualities that is small enough, or else the last one. */
async function firstWithin(
  pixels: Pixels,
  qualities: readonly number[],
  maxBytes: number,
  codecs: Codecs,
): Promise<{ bytes: Uint8Array; format: 'jpeg' }> {
  const worst = await codecs.encodeJpeg(pixels, qualities.at(-1) ?? 0);
  // The worst first: most of the time is spent on qualities that can't fit.
  if (worst.length <= maxBytes) {
    for (const quality of qualities.slice(0, -1)) {
      const bytes = await codecs.encodeJpeg(pixels, quality);
      if (bytes.length <= maxBytes) return { bytes, format: 'jpeg' };
    }
  }
  return { bytes: worst, format: 'jpeg' };
}

/** Bytes go with the area; a little less, so that one step mostly suffices. */
const scaleFor = (bytes: number, maxBytes: number): number =>
  Math.min(0.9, Math.sqrt(maxBytes / bytes) * 0.97);
