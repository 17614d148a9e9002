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
const INLINE = 3_750_000;

/** Pixels of Veo's resolutions, by their shorter side. */
const VEO_SIDES: Readonly<Record<string, Size>> = {
  '720p': { width: 1280, height: 720 },
  '1080p': { width: 1920, height: 1080 },
};

type Options = Readonly<Record<string, string | number | boolean>>;

/** One row a family (API reference 7.2.3, 7.3.1, 7.4.1, 7.5.2, 7.6). */
const FAMILIES: Readonly<Record<string, (options: Options) => ImageLimits>> = {
  // The service drops a picture of another size without a word, and charges for a video from text alone.
  sora: ({ size }) => ({
    formats: ['jpeg', 'png'],
    writes: 'pngOrJpeg',
    exact: size === '1280x720' ? { width: 1280, height: 720 } : { width: 720, height: 1280 },
    maxBytes: INLINE,
    source: '7.2.3',
  }),
  veo: ({ aspectRatio, resolution }) => {
    const wide = VEO_SIDES[String(resolution)] ?? { width: 1920, height: 1080 };
    return {
      formats: ['jpeg', 'png'],
      writes: 'pngOrJpeg',
      preferred: aspectRatio === '9:16' ? { width: wide.height, height: wide.width } : wide,
      maxBytes: INLINE,
      source: '7.3.1',
    };
  },
  // More than 500,000 characters of base64 can be taken for an attack; 350 KB stay well below.
  wan: () => ({
    formats: ['jpeg', 'png'],
    writes: 'jpeg',
    sides: { min: 360, max: 2000 },
    maxBytes: 350_000,
    source: '7.4.1',
  }),
  seedance: () => ({
    formats: ['jpeg', 'png', 'webp'],
    writes: 'pngOrJpeg',
    sides: { min: 300, max: 6000 },
    ratio: { min: 0.4, max: 2.5 },
    maxBytes: INLINE,
    source: '7.5.2',
  }),
  legacy: () => ({ formats: ['jpeg', 'png'], writes: 'pngOrJpeg', maxBytes: INLINE, source: '7.6' }),
};

/**
 * What a picture must be for a family and the options of a request; undefined for a family we know nothing of.
 * Options that are left out count with their defaults.
 */
export function limitsFor(familyId: string, options: Options = {}): ImageLimits | undefined {
  return Object.hasOwn(FAMILIES, familyId) ? FAMILIES[familyId]?.(options) : undefined;
}

/** Returns true if an image of this size may be sent without scaling. Ignores the recommended size. */
export function sizeFits({ width, height }: Size, { exact, sides, ratio }: ImageLimits): boolean {
  if (exact && (width !== exact.width || height !== exact.height)) return false;
  if (sides && (Math.min(width, height) < sides.min || Math.max(width, height) > sides.max)) return false;
  return !ratio || (width / height >= ratio.min && width / height <= ratio.max);
}
