import { hasText } from '../common/byteReader';
import { concatRanges, type ImageStructure, type ByteRange } from './imageStructure';
import { readOrientation, type Orientation } from './orientation';
import { ImageFileError, imageReader } from './imageFileError';

const HEADER = 12;
const FLAG = { animation: 0x02, xmp: 0x04, exif: 0x08, alpha: 0x10, profile: 0x20 } as const;

export const isWebp = (bytes: Uint8Array): boolean => hasText(bytes, 0, 'RIFF') && hasText(bytes, 8, 'WEBP');

/**
 * Reads a WebP's headers and chunks (RFC 9649).
 * @throws ImageFileError
 */
export function readWebp(bytes: Uint8Array): ImageStructure {
  const reader = imageReader(bytes);
  const whole = reader.u32(4, true) + 8;
  if (whole > bytes.length) throw new ImageFileError('truncated', `it ends before byte ${whole}`);
  const pieces: ByteRange<string>[] = [{ type: 'header', start: 0, end: HEADER }];
  let size: { width: number; height: number } | undefined;
  let [hasAlpha, animated, lossless] = [false, false, false];
  let orientation: Orientation = 1;
  let profile: Uint8Array | undefined;
  for (let start = HEADER; start + 8 <= whole;) {
    const type = reader.text(start, 4);
    const length = reader.u32(start + 4, true);
    const body = imageReader(reader.slice(start + 8, length));
    // Chunks are padded to an even length, but some encoders omit the last padding byte.
    const end = Math.min(start + 8 + length + (length % 2), bytes.length);
    switch (type) {
      case 'VP8X':
        hasAlpha ||= (body.u8(0) & FLAG.alpha) !== 0;
        animated ||= (body.u8(0) & FLAG.animation) !== 0;
        break;
      case 'VP8 ':
        size = { width: body.u16(6, true) & 0x3fff, height: body.u16(8, true) & 0x3fff };
        break;
      case 'VP8L': {
        const packed = body.u32(1, true);
        size = { width: (packed & 0x3fff) + 1, height: ((packed >>> 14) & 0x3fff) + 1 };
        hasAlpha ||= (packed & 0x1000_0000) !== 0;
        lossless = true;
        break;
      }
      case 'ALPH':
        hasAlpha = true;
        break;
      case 'ANMF':
        animated = true;
        size ??= { width: body.u24(6, true) + 1, height: body.u24(9, true) + 1 };
        break;
      case 'EXIF':
        orientation = readOrientation(body.bytes);
        break;
      case 'ICCP':
        profile = body.bytes;
        break;
    }
    pieces.push({ type, start, end });
    start = end;
  }
  if (!size) throw new ImageFileError('damaged', 'it contains no image');
  return {
    ...size,
    ...{ orientation, hasAlpha, animated, lossless },
    isPlain: true,
    isEnded: true,
    clean: () => cleanWebp(bytes, pieces),
    profile: () => profile,
  };
}

/** Removes Exif, XMP, the color profile, unknown chunks, and bytes after the end. */
function cleanWebp(bytes: Uint8Array, pieces: readonly ByteRange<string>[]): Uint8Array {
  const kept = new Set(['header', 'VP8X', 'VP8 ', 'VP8L', 'ALPH']);
  const result = concatRanges(
    bytes,
    pieces.filter(({ type }) => kept.has(type)),
  );
  if (result === bytes) return bytes;
  const view = new DataView(result.buffer, result.byteOffset, result.byteLength);
  view.setUint32(4, result.length - 8, true);
  if (hasText(result, HEADER, 'VP8X')) {
    view.setUint8(HEADER + 8, view.getUint8(HEADER + 8) & ~(FLAG.exif | FLAG.xmp | FLAG.profile));
  }
  return result;
}
