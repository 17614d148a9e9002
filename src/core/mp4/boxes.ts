import { ByteReader } from '../common/byteReader';
/** Why bytes aren't a playable MP4. */
export type Mp4ErrorReason =
  /** Doesn't start like an MP4. */
  | 'notMp4'
  /** Ends before it should. */
  | 'truncated'
  /** Without a movie box, which describes the content. */
  | 'noMovie'
  /** Complete, but without a video track that has samples. */
  | 'noVideo'
  /** Complete, but without a duration. */
  | 'noDuration'
  /** Contradicts itself. */
  | 'damaged';

/** Thrown if the bytes are invalid. Errors of the source are rethrown. */
export class Mp4Error extends Error {
  override readonly name = 'Mp4Error';
  readonly reason: Mp4ErrorReason;

  constructor(reason: Mp4ErrorReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** A source for random access, such as a file, a Blob or an array. */
export interface ByteSource {
  /** In bytes. */
  readonly size: number;
  /** Reads `length` bytes from `position`; fewer if the source ends before. */
  read(position: number, length: number): Promise<Uint8Array>;
}

/** Position of a box in the source, in bytes. `end` is exclusive. */
export interface Box {
  /** Four characters; bytes beyond ASCII as Latin-1. */
  readonly type: string;
  readonly start: number;
  readonly bodyStart: number;
  readonly end: number;
}

/** A 32-bit size and a type. Larger sizes have another 8 bytes. */
const HEADER = 8;
const LARGE_HEADER = 16;
/** Maximum number of top-level boxes. */
const MAX_BOXES = 200_000;

/**
 * Reads exactly this many bytes.
 * @throws {@link Mp4Error} `truncated` if the source ends before
 */
export async function readExactly(source: ByteSource, position: number, length: number): Promise<Uint8Array> {
  const bytes = await source.read(position, length);
  if (bytes.length < length) {
    throw new Mp4Error('truncated', `the file ends within ${length} bytes from ${position}`);
  }
  return bytes.length === length ? bytes : bytes.subarray(0, length);
}

/**
 * Iterates the top-level boxes of a file in order, reading only their headers (ISO/IEC 14496-12 4.2). Ends at the
 * first bytes that aren't a box, without an error: players ignore stray bytes and padding there. The last box may
 * declare an end beyond the source. Only its content shows whether something is missing.
 * @throws {@link Mp4Error} `damaged` if there are too many
 */
export async function* topBoxes(source: ByteSource): AsyncGenerator<Box, void, undefined> {
  let position = 0;
  for (let count = 0; position + HEADER <= source.size; count++) {
    if (count >= MAX_BOXES) {
      throw new Mp4Error('damaged', `the file has more than ${MAX_BOXES} boxes at its top`);
    }
    const header = boxReader(
      await readExactly(source, position, Math.min(LARGE_HEADER, source.size - position)),
    );
    const box = isBox(header) ? boxAt(header, 0, position, source.size) : undefined;
    if (!box) return;
    yield box;
    position = box.end;
  }
}

/** Returns true if a box may have this header: a readable type, and a size that includes the header. */
function isBox(header: ByteReader): boolean {
  if (!/^[\x20-\x7e\xa9]{4}$/.test(header.text(4, 4))) return false;
  const size = header.u32(0);
  return (
    size === 0 ||
    size >= HEADER ||
    (size === 1 && header.length === LARGE_HEADER && header.u64(8) >= LARGE_HEADER)
  );
}

/**
 * Returns the boxes inside a box in memory, from `start` to before `end`. Ignores up to seven bytes at the end, because
 * QuickTime ends some lists with four zeros.
 * @throws {@link Mp4Error} `damaged` if a box exceeds `end`
 */
export function* boxesIn(fields: ByteReader, start: number, end: number): Generator<Box, void, undefined> {
  let position = start;
  while (position + HEADER <= end) {
    const box = boxAt(fields, position, position, end);
    if (box.end > end) throw new Mp4Error('damaged', `the ${box.type} box is larger than the box it is in`);
    yield box;
    position = box.end;
  }
}

export function findBox(fields: ByteReader, parent: Box, type: string): Box | undefined {
  for (const box of boxesIn(fields, parent.bodyStart, parent.end)) if (box.type === type) return box;
  return undefined;
}

export function findBoxes(fields: ByteReader, parent: Box, type: string): Box[] {
  return [...boxesIn(fields, parent.bodyStart, parent.end)].filter((box) => box.type === type);
}

/** Descends through the first box of each type. */
export function findPath(fields: ByteReader, parent: Box, ...types: string[]): Box | undefined {
  return types.reduce<Box | undefined>((box, type) => box && findBox(fields, box, type), parent);
}

/** Reads a box header at `offset`. The box starts at `start`. A size of 0 extends it to `outerEnd` (4.2). */
function boxAt(fields: ByteReader, offset: number, start: number, outerEnd: number): Box {
  const type = fields.text(offset + 4, 4);
  const shortSize = fields.u32(offset);
  const isLarge = shortSize === 1;
  const headerSize = isLarge ? LARGE_HEADER : HEADER;
  const size = isLarge ? fields.u64(offset + HEADER) : shortSize;
  if (shortSize === 0) return { type, start, bodyStart: start + headerSize, end: outerEnd };
  if (size < headerSize) throw new Mp4Error('damaged', `the box at ${start} is smaller than its own header`);
  return { type, start, bodyStart: start + headerSize, end: start + size };
}

/** Reads bytes of a box. Reading past their end throws {@link Mp4Error} `damaged`. */
export function boxReader(bytes: Uint8Array): ByteReader {
  return new ByteReader(bytes, () => new Mp4Error('damaged', 'a box is too short for its content'));
}
