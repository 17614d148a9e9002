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

/** Supported formats. */
export type ImageFormat = 'jpeg' | 'png' | 'webp' | 'avif' | 'gif' | 'bmp';

/** Properties of an image, detected by its bytes. */
export interface ImageInfo extends Size {
  readonly format: ImageFormat;
  /** Already applied to width and height. */
  readonly orientation: Orientation;
  /** True if pixels may be transparent. */
  readonly hasAlpha: boolean;
  readonly animated: boolean;
  /** True if the format stores exact pixels. */
  readonly lossless: boolean;
  /** Size of the file. */
  readonly bytes: number;
}

/**
 * Limit for decoding. The largest cameras produce 61 million pixels, and each takes 4 bytes of memory, twice during
 * decoding.
 */
export const MAX_PIXELS = 64_000_000;
/** Limit for reading files. */
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

/** An image file with its structure and properties. */
export interface ImageFile extends ImageStructure {
  readonly bytes: Uint8Array;
  readonly info: ImageInfo;
}

/**
 * Reads the structure of an image file without decoding it. The format is detected by the bytes alone. The structure is
 * read to the end to detect truncated files.
 * @throws {@link ImageFileError}
 */
export function readImage(bytes: Uint8Array): ImageFile {
  if (bytes.length === 0) throw new ImageFileError('empty', 'it has no bytes');
  if (bytes.length > MAX_FILE_BYTES) throw new ImageFileError('tooManyBytes', `it has ${bytes.length} bytes`);
  const reader = READERS.find(([, is]) => is(bytes));
  if (!reader) {
    const kind = identifyFileType(bytes);
    throw kind === undefined
      ? new ImageFileError('unknownKind', 'its bytes match no known type')
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
 * Reads the properties of an image without decoding it.
 * @throws {@link ImageFileError}
 */
export const inspectImage = (bytes: Uint8Array): ImageInfo => readImage(bytes).info;
