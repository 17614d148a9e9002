import { type ByteReader, hasText } from '../common/byteReader';
import { UNTAGGED, type ImageStructure } from './imageStructure';
import { ImageFileError, imageReader } from './imageFileError';
import { createPixels, type Pixels } from './pixels';

interface BmpFile extends ImageStructure {
  readonly bits: number;
  readonly topDown: boolean;
  /** Blue, green, red and an unused byte for each color; empty without a palette. */
  readonly palette: Uint8Array;
  /** Offset of the pixels. */
  readonly data: number;
  /** Bytes from one row to the next. */
  readonly stride: number;
}

/** Size of the oldest header of Windows, in bytes. */
const INFO_HEADER_BYTES = 40;
/** Size of the first header with an alpha mask, in bytes. */
const ALPHA_HEADER_BYTES = 56;
const COMPRESSION = { none: 0, masks: 3 } as const;

export const isBmp = (bytes: Uint8Array): boolean =>
  hasText(bytes, 0, 'BM') && bytes.length >= 18 && hasText(bytes, 15, '\0\0\0');

/**
 * Reads a Windows bitmap's headers.
 * @throws ImageFileError
 */
export function readBmp(bytes: Uint8Array): BmpFile {
  const reader = imageReader(bytes);
  const header = reader.u32(14, true);
  if (header < INFO_HEADER_BYTES) throw new ImageFileError('otherKind', 'an old header', 'OS/2 bitmap');
  const width = reader.i32(18, true);
  const rows = reader.i32(22, true);
  const bits = reader.u16(28, true);
  const compression = reader.u32(30, true);
  const hasMasks = compression === COMPRESSION.masks && bits === 32 && hasUsualMasks(reader);
  if (![1, 4, 8, 24, 32].includes(bits) || (compression !== COMPRESSION.none && !hasMasks)) {
    throw new ImageFileError('otherKind', `compression ${compression}, ${bits} bits`, 'packed bitmap');
  }
  if (width < 0) throw new ImageFileError('damaged', 'a negative width');
  const colors = bits > 8 ? 0 : reader.u32(46, true) || 2 ** bits;
  if (colors > 256) throw new ImageFileError('damaged', `a palette of ${colors} colors`);
  const height = Math.abs(rows);
  const data = reader.u32(10, true);
  const stride = Math.ceil((width * bits) / 32) * 4;
  if (data + stride * height > bytes.length) throw new ImageFileError('truncated', 'rows are missing');
  return {
    ...UNTAGGED,
    width,
    height,
    hasAlpha: hasMasks && header >= ALPHA_HEADER_BYTES && reader.u32(66, true) === 0xff00_0000,
    clean: () => bytes,
    bits,
    topDown: rows < 0,
    palette: reader.slice(14 + header, colors * 4),
    data,
    stride,
  };
}

function hasUsualMasks(reader: ByteReader): boolean {
  const [red, green, blue] = [54, 58, 62].map((at) => reader.u32(at, true));
  return red === 0x00ff_0000 && green === 0x0000_ff00 && blue === 0x0000_00ff;
}

/**
 * Decodes a Windows bitmap.
 * @throws ImageFileError
 */
export function decodeBmp(bytes: Uint8Array): Pixels {
  const file = readBmp(bytes);
  const pixels = createPixels(file.width, file.height);
  for (let y = 0; y < file.height; y++) {
    const row = file.data + (file.topDown ? y : file.height - 1 - y) * file.stride;
    for (let x = 0; x < file.width; x++) {
      const [from, at] = file.bits > 8 ? [bytes, row + (x * file.bits) / 8] : colorAt(bytes, file, row, x);
      const to = (y * file.width + x) * 4;
      pixels.data[to] = from[at + 2] ?? 0;
      pixels.data[to + 1] = from[at + 1] ?? 0;
      pixels.data[to + 2] = from[at] ?? 0;
      pixels.data[to + 3] = file.hasAlpha ? (from[at + 3] ?? 255) : 255;
    }
  }
  return pixels;
}

function colorAt(bytes: Uint8Array, file: BmpFile, row: number, x: number): [Uint8Array, number] {
  const bit = x * file.bits;
  const byte = bytes[row + Math.floor(bit / 8)] ?? 0;
  const index = (byte >> (8 - file.bits - (bit % 8))) & (2 ** file.bits - 1);
  return [file.palette, index * 4];
}
