import { isAvif, readAvif } from './avifFile';
import { isBmp, readBmp } from './bmpFile';
import type { ImageStructure } from './imageStructure';
import { isGif, readGif } from './gifFile';
import { isJpeg, readJpeg } from './jpegFile';
import { orientationTransform, type Orientation } from './orientation';
import { identifyFileType } from './fileSignatures';
import { ImageFileError } from './imageFileError';
import type { Size } from './pixels';
import { isPng, readPng } from './pngFile';
import { isWebp, readWebp } from './webpFile';

/** The kinds of picture that we read. */
export type ImageFormat = 'jpeg' | 'png' | 'webp' | 'avif' | 'gif' | 'bmp';

/** What a file is, by its bytes. */
export interface ImageInfo extends Size {
  readonly format: ImageFormat;
  /** Width and height are as shown: already turned. */
  readonly orientation: Orientation;
  /** Whether there may be transparent pixels. */
  readonly hasAlpha: boolean;
  readonly animated: boolean;
  /** Whether the format keeps its pixels exactly. */
  readonly lossless: boolean;
  /** Size of the file. */
  readonly bytes: number;
}

/**
 * More is not decoded: the largest cameras make 61 million pixels, and each takes four bytes of memory, twice while it
 * is decoded.
 */
export const MAX_PIXELS = 64_000_000;
/** Larger files are not read, in bytes. */
export const MAX_FILE_BYTES = 64 * 1024 * 1024;

const READERS: readonly (readonly [
  format: ImageFormat,
  is: (bytes: Uint8Array) => boolean,
  read: (bytes: Uint8Array) => ImageStructure,
])[] = [
  ['jpeg', isJpeg, readJpeg],
  ['png', isPng, readPng],
  ['webp', isWebp, readWebp],
  ['avif', isAvif, readAvif],
  ['gif', isGif, readGif],
  ['bmp', isBmp, readBmp],
];

/** A file of an image: what its structure says, and how it is shown. */
export interface ImageFile extends ImageStructure {
  readonly bytes: Uint8Array;
  readonly info: ImageInfo;
}

/**
 * Says what a file is by its bytes alone; its name and what others say of it count for nothing. Its structure is walked
 * to the end, so a file that was cut is found out, but no pixel is decoded.
 * @throws {@link ImageFileError}
 */
export function readImage(bytes: Uint8Array): ImageFile {
  if (bytes.length === 0) throw new ImageFileError('empty', 'it holds no byte');
  if (bytes.length > MAX_FILE_BYTES) throw new ImageFileError('tooManyBytes', `it has ${bytes.length} bytes`);
  const reader = READERS.find(([, is]) => is(bytes));
  if (!reader) {
    const kind = identifyFileType(bytes);
    throw kind === undefined
      ? new ImageFileError('unknownKind', 'its bytes are those of no picture')
      : new ImageFileError('otherKind', `it is ${kind}`, kind);
  }
  const [format, , read] = reader;
  const file = read(bytes);
  const { width, height, orientation, hasAlpha, animated, lossless } = file;
  if (width === 0 || height === 0) throw new ImageFileError('damaged', `it is ${width} x ${height} pixels`);
  if (width * height > MAX_PIXELS) throw new ImageFileError('tooManyPixels', `${width} x ${height} pixels`);
  const shown = orientationTransform(orientation).swap ? { width: height, height: width } : { width, height };
  const info = { format, ...shown, orientation, hasAlpha, animated, lossless, bytes: bytes.length };
  return { ...file, bytes, info };
}

/**
 * What is known of an image before it is decoded.
 * @throws {@link ImageFileError}
 */
export const inspectImage = (bytes: Uint8Array): ImageInfo => readImage(bytes).info;
