import type { Orientation } from './orientation';

/** What the structure of a picture file says, before anything is decoded. */
export interface FileFacts {
  /** As stored, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly orientation: Orientation;
  /** Whether there are transparent pixels, as far as the file tells; an alpha channel may be opaque all over. */
  readonly hasAlpha: boolean;
  readonly animated: boolean;
  /** Whether its pixels are kept exactly, as drawings and screenshots are. */
  readonly lossless: boolean;
}

/** A segment or chunk of a file: from `start` to before `end`. */
export interface Piece<T = number> {
  readonly type: T;
  readonly start: number;
  readonly end: number;
}

/** The chosen pieces of a file, one after the other; the file itself when that is all of it. */
export function joined<T>(
  bytes: Uint8Array,
  pieces: readonly Piece<T>[],
  isKept: (piece: Piece<T>) => boolean,
): Uint8Array {
  const kept = pieces.filter(isKept);
  const length = kept.reduce((sum, { start, end }) => sum + end - start, 0);
  if (length === bytes.length) return bytes;
  const result = new Uint8Array(length);
  let at = 0;
  for (const { start, end } of kept) {
    result.set(bytes.subarray(start, end), at);
    at += end - start;
  }
  return result;
}
