import type { Orientation } from './orientation';

/** Properties of an image file that are known without decoding it. */
export interface ImageStructure {
  /** As stored, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly orientation: Orientation;
  /** True if pixels may be transparent. An alpha channel may also be fully opaque. */
  readonly hasAlpha: boolean;
  readonly animated: boolean;
  /** True if the format stores exact pixels. */
  readonly lossless: boolean;
  /** True for RGB or gray with 8 bits per channel, which every decoder supports. */
  readonly isPlain: boolean;
  /** True if the end marker was found. Otherwise missing pixels mean that the file is truncated. */
  readonly isEnded: boolean;
  /** Returns the file without metadata and with errors corrected that viewers tolerate. */
  clean(): Uint8Array;
  /** Returns the ICC profile; undefined for sRGB, also if there is none or it's invalid. */
  profile(): Uint8Array | undefined;
}

/** Defaults for formats without color profiles and orientation. */
export const UNTAGGED = {
  orientation: 1,
  animated: false,
  lossless: true,
  isPlain: true,
  isEnded: true,
  profile: () => undefined,
} as const;

/** A segment or chunk of a file: from `start` to before `end`. */
export interface ByteRange<T = number> {
  readonly type: T;
  readonly start: number;
  readonly end: number;
}

/** Concatenates parts of a file and an end marker. Returns the file itself if nothing has changed. */
export function concatRanges<T>(
  bytes: Uint8Array,
  pieces: readonly ByteRange<T>[],
  end = new Uint8Array(),
): Uint8Array {
  const result = Buffer.concat([...pieces.map((piece) => bytes.subarray(piece.start, piece.end)), end]);
  return result.equals(bytes) ? bytes : result;
}
