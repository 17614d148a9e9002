import { type ByteReader, hasText } from '../common/byteReader';
import { UNTAGGED, type ImageStructure } from './imageStructure';
import { ImageFileError, imageReader } from './imageFileError';
import { createPixels, type Pixels } from './pixels';

const BLOCK = { extension: 0x21, image: 0x2c, end: 0x3b } as const;
const GRAPHIC_CONTROL = 0xf9;

interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly interlaced: boolean;
  readonly colors: Uint8Array;
  /** Index of the transparent color. */
  readonly transparent: number | undefined;
  /** Offset of the minimum code size, which the coded pixels follow. */
  readonly data: number;
}

interface GifFile extends ImageStructure {
  readonly first: Frame;
}

export const isGif = (bytes: Uint8Array): boolean =>
  hasText(bytes, 0, 'GIF87a') || hasText(bytes, 0, 'GIF89a');

/**
 * Reads a GIF's screen and walks its blocks to the end (GIF89a specification).
 * @throws ImageFileError
 */
export function readGif(bytes: Uint8Array): GifFile {
  const reader = imageReader(bytes);
  const width = reader.u16(6, true);
  const height = reader.u16(8, true);
  const screen = colorTable(reader, 13, reader.u8(10));
  let at = 13 + screen.length;
  let transparent: number | undefined;
  let first: Frame | undefined;
  let frames = 0;
  for (let block = reader.u8(at); block !== BLOCK.end; block = reader.u8(at)) {
    if (block === BLOCK.extension) {
      if (reader.u8(at + 1) === GRAPHIC_CONTROL && frames === 0) {
        transparent = (reader.u8(at + 3) & 1) === 1 ? reader.u8(at + 6) : undefined;
      }
      at = endOfBlocks(reader, at + 2);
    } else if (block === BLOCK.image) {
      const flags = reader.u8(at + 9);
      const own = colorTable(reader, at + 10, flags);
      const data = at + 10 + own.length;
      first ??= {
        left: reader.u16(at + 1, true),
        top: reader.u16(at + 3, true),
        width: reader.u16(at + 5, true),
        height: reader.u16(at + 7, true),
        interlaced: (flags & 0x40) !== 0,
        colors: own.length > 0 ? own : screen,
        transparent,
        data,
      };
      frames += 1;
      at = endOfBlocks(reader, data + 1);
    } else {
      throw new ImageFileError('damaged', `an unknown block at byte ${at}`);
    }
  }
  if (!first) throw new ImageFileError('damaged', 'it contains no image');
  const covers = first.left === 0 && first.top === 0 && first.width >= width && first.height >= height;
  const hasAlpha = first.transparent !== undefined || !covers;
  return { ...UNTAGGED, width, height, hasAlpha, animated: frames > 1, clean: () => bytes, first };
}

function colorTable(reader: ByteReader, at: number, flags: number): Uint8Array {
  return (flags & 0x80) === 0 ? new Uint8Array(0) : reader.slice(at, 3 * 2 ** ((flags & 7) + 1));
}

function endOfBlocks(reader: ByteReader, from: number): number {
  let at = from;
  for (let size = reader.u8(at); size > 0; size = reader.u8(at)) at += 1 + size;
  return at + 1;
}

/**
 * Decodes a GIF's first frame.
 * @throws ImageFileError
 */
export function decodeGif(bytes: Uint8Array): Pixels {
  const { first, width, height } = readGif(bytes);
  if (first.left + first.width > width || first.top + first.height > height) {
    throw new ImageFileError('damaged', 'the frame exceeds its screen');
  }
  const indices = decodeIndices(imageReader(bytes), first);
  const pixels = createPixels(width, height);
  rowOrder(first).forEach((row, index) => {
    for (let x = 0; x < first.width; x++) {
      const color = indices[index * first.width + x] ?? 0;
      if (color === first.transparent) continue;
      const to = ((first.top + row) * width + first.left + x) * 4;
      // Copy the bytes one by one: a view for each pixel takes longer than decompressing it.
      pixels.data[to] = first.colors[color * 3] ?? 0;
      pixels.data[to + 1] = first.colors[color * 3 + 1] ?? 0;
      pixels.data[to + 2] = first.colors[color * 3 + 2] ?? 0;
      pixels.data[to + 3] = 255;
    }
  });
  return pixels;
}

/** Returns the rows in the order in which they are stored (GIF89a appendix E). */
function rowOrder({ height, interlaced }: Frame): number[] {
  const passes = interlaced
    ? [
        [0, 8],
        [4, 8],
        [2, 4],
        [1, 2],
      ]
    : [[0, 1]];
  const rows: number[] = [];
  for (const [start = 0, step = 1] of passes) {
    for (let row = start; row < height; row += step) rows.push(row);
  }
  return rows;
}

/** Size of the code table (GIF89a appendix F). */
const MAX_CODES = 4096;

/** Decompresses the pixels (LZW). Each code stands for an earlier one and one more byte. */
function decodeIndices(reader: ByteReader, { data, width, height }: Frame): Uint8Array {
  const leastBits = reader.u8(data);
  if (leastBits < 1 || leastBits > 8) throw new ImageFileError('damaged', 'an invalid code size');
  const clear = 2 ** leastBits;
  const result = new Uint8Array(width * height);
  const before = new Uint16Array(MAX_CODES);
  const last = new Uint8Array(MAX_CODES);
  const lengths = new Uint16Array(MAX_CODES);
  for (let code = 0; code < clear; code++) [last[code], lengths[code]] = [code, 1];
  let [next, bits, previous, done] = [clear + 2, leastBits + 1, -1, 0];
  for (const code of codes(reader, data + 1, () => bits)) {
    if (code === clear + 1 || done === result.length) break;
    if (code === clear) {
      [next, bits, previous] = [clear + 2, leastBits + 1, -1];
      continue;
    }
    const isNew = code === next && previous !== -1;
    if (code >= next && !isNew) throw new ImageFileError('damaged', 'an undefined code');
    // A code that isn't in the table yet stands for the previous one and that one's first byte.
    let from = isNew ? previous : code;
    const length = (lengths[from] ?? 0) + (isNew ? 1 : 0);
    let at = done + length - 1;
    if (isNew) at -= 1;
    for (; at >= done; at--) {
      if (at < result.length) result[at] = last[from] ?? 0;
      from = before[from] ?? 0;
    }
    const head = result[done] ?? 0;
    if (isNew && done + length - 1 < result.length) result[done + length - 1] = head;
    done = Math.min(done + length, result.length);
    if (previous !== -1 && next < MAX_CODES) {
      before[next] = previous;
      last[next] = head;
      lengths[next] = (lengths[previous] ?? 0) + 1;
      next += 1;
      if (next === 2 ** bits && bits < 12) bits += 1;
    }
    previous = code;
  }
  if (done < result.length) throw new ImageFileError('truncated', 'fewer pixels than its header says');
  return result;
}

/** The codes in a chain of blocks, lowest bits first; `bits` says how long the next one is. */
function* codes(reader: ByteReader, from: number, bits: () => number): Generator<number, void, undefined> {
  let [held, count, at] = [0, 0, from];
  for (let size = reader.u8(at); size > 0; size = reader.u8(at)) {
    for (const byte of reader.slice(at + 1, size)) {
      held |= byte << count;
      count += 8;
      while (count >= bits()) {
        const taken = bits();
        const code = held & (2 ** taken - 1);
        held >>>= taken;
        count -= taken;
        yield code;
      }
    }
    at += 1 + size;
  }
}
