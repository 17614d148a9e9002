import type { ImageFormat } from './inspectImage';
import type { Size } from './pixels';

/** Formats that may be sent. */
export type SentFormat = Extract<ImageFormat, 'jpeg' | 'png' | 'webp'>;

/** Extensions of supported files, for file dialogs. The format is detected by the bytes. */
export const IMAGE_EXTENSIONS = ['png', 'jpg', 'jpeg', 'jfif', 'webp', 'avif', 'gif', 'bmp'] as const;

/** A range that includes both ends. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** Requirements of a model for its images. */
export interface ImageLimits {
  /** Formats that may be sent without encoding them again. */
  readonly formats: readonly SentFormat[];
  /** Format for encoding: `pngOrJpeg` is PNG if the source is lossless and the result small enough, else JPEG. */
  readonly writes: 'pngOrJpeg' | 'jpeg';
  /** Required size. */
  readonly exact?: Size;
  /** Recommended size. The provider crops images of another one. */
  readonly preferred?: Size;
  /** Width and height, in pixels. */
  readonly sides?: Range;
  /** Width divided by height. */
  readonly ratio?: Range;
  /** Size of the file. Base64 makes it a third larger. */
  readonly maxBytes: number;
  /** Section of the API reference. */
  readonly source: string;
}

/** 5 MB as text in the request (API reference 11). */
export const MAX_INLINE_BYTES = 3_750_000;

/** Returns true if an image of this size may be sent without scaling. Ignores the recommended size. */
export function sizeFits({ width, height }: Size, { exact, sides, ratio }: ImageLimits): boolean {
  if (exact && (width !== exact.width || height !== exact.height)) return false;
  if (sides && (Math.min(width, height) < sides.min || Math.max(width, height) > sides.max)) return false;
  return !ratio || (width / height >= ratio.min && width / height <= ratio.max);
}
