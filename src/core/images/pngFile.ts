import { crc32 } from 'node:zlib';
import { ByteReader, hasText } from './byteReader';
import { joined, type FileFacts, type Piece } from './fileFacts';
import { readOrientation, type Orientation } from './orientation';
import { PictureFault } from './pictureFault';

const SIGNATURE = '\x89PNG\r\n\x1a\n';

/** Chunks that say what the pixels look like; all others only tell about the picture. */
const NEEDED = new Set(
  'signature IHDR PLTE tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI IDAT IEND'.split(' '),
);

interface PngFile extends FileFacts {
  readonly pieces: readonly Piece<string>[];
}

export const isPng = (bytes: Uint8Array): boolean => hasText(bytes, 0, SIGNATURE);

/**
 * Reads a PNG's header and walks its chunks to the end (PNG third edition, 5). The checksums of what makes up the pixels
 * must be right: not every decoder looks at them.
 * @throws PictureFault
 */
export function readPng(bytes: Uint8Array): PngFile {
  const reader = new ByteReader(bytes);
  const pieces: Piece<string>[] = [{ type: 'signature', start: 0, end: SIGNATURE.length }];
  if (reader.text(12, 4) !== 'IHDR') throw new PictureFault('damaged', 'it does not begin with its header');
  let hasAlpha = (reader.u8(25) & 4) !== 0;
  let animated = false;
  let orientation: Orientation = 1;
  let hasData = false;
  for (let start = SIGNATURE.length; pieces.at(-1)?.type !== 'IEND';) {
    const length = reader.u32(start);
    const type = reader.text(start + 4, 4);
    const body = reader.slice(start + 8, length);
    const end = start + 12 + length;
    if (NEEDED.has(type) && crc32(reader.slice(start + 4, length + 4)) !== reader.u32(end - 4)) {
      throw new PictureFault('damaged', `the checksum of ${type} is wrong`);
    }
    reader.slice(end - 4, 4);
    if (type === 'tRNS') hasAlpha = true;
    if (type === 'acTL') animated = new ByteReader(body).u32(0) > 1;
    if (type === 'eXIf') orientation = readOrientation(body);
    if (type === 'IDAT') hasData = true;
    pieces.push({ type, start, end });
    start = end;
  }
  if (!hasData) throw new PictureFault('damaged', 'it holds no picture');
  return {
    width: reader.u32(16),
    height: reader.u32(20),
    orientation,
    hasAlpha,
    animated,
    lossless: true,
    pieces,
  };
}

/** The same picture without texts, Exif, times and whatever follows the end. */
export function stripPng(bytes: Uint8Array): Uint8Array {
  return joined(bytes, readPng(bytes).pieces, ({ type }) => NEEDED.has(type));
}
