import type { Orientation } from './orientation';

/** What the structure of a picture file says, before anything is decoded. */
export interface ImageStructure {
  /** As stored, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly orientation: Orientation;
  /** Whether there are transparent pixels, as far as the file tells; an alpha channel may be opaque all over. */
  readonly hasAlpha: boolean;
  readonly animated: boolean;
  /** Whether its pixels are kept exactly, as drawings and screenshots are. */
  readonly lossless: boolean;
  /** Whether its pixels are red, green and blue (or gray) with 8 bits each, as any decoder understands them. */
  readonly isPlain: boolean;
  /** Whether its end is there; if it is not, pixels that are missing were cut off. */
  readonly isEnded: boolean;
  /** The same image without what is only written about it, and with what viewers forgive put right. */
  clean(): Uint8Array;
  /** The ICC profile of its colors; undefined where it has none or a broken one, and they count as sRGB. */
  profile(): Uint8Array | undefined;
}

/** What holds for kinds of files that say nothing of colors and turning. */
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

/** Pieces of a file, one after the other, and an end; the file itself when that is all of it. */
export function concatRanges<T>(
  bytes: Uint8Array,
  pieces: readonly ByteRange<T>[],
  end = new Uint8Array(),
): Uint8Array {
  const result = Buffer.concat([...pieces.map((piece) => bytes.subarray(piece.start, piece.end)), end]);
  return result.equals(bytes) ? bytes : result;
}
