import { crc32, inflateSync } from 'node:zlib';
import { hasText } from '../common/byteReader';
import { profileOfCicp, profileOfGamma } from './colorProfile';
import { concatRanges, type ImageStructure, type ByteRange } from './imageStructure';
import { readOrientation } from './orientation';
import { ImageFileError, imageReader } from './imageFileError';

const SIGNATURE = '\x89PNG\r\n\x1a\n';
const END = Buffer.from('\0\0\0\0IEND\xae\x42\x60\x82', 'latin1');

/** Chunks with pixels. Their checksums are verified here, because not every decoder does it. */
const CRITICAL = new Set(['IHDR', 'PLTE', 'IDAT']);
/** Larger color profiles are ignored. */
const MAX_PROFILE_BYTES = 8 * 1024 * 1024;

export const isPng = (bytes: Uint8Array): boolean => hasText(bytes, 0, SIGNATURE);

/**
 * Reads a PNG's header and chunks (PNG third edition, 5). As in viewers, errors in chunks without pixels or after the
 * last pixel are ignored.
 * @throws ImageFileError
 */
export function readPng(bytes: Uint8Array): ImageStructure {
  const reader = imageReader(bytes);
  if (reader.text(12, 4) !== 'IHDR') throw new ImageFileError('damaged', 'it does not start with IHDR');
  const pieces: ByteRange<string>[] = [{ type: '', start: 0, end: SIGNATURE.length }];
  const others = new Map<string, Uint8Array>();
  let hasData = false;
  for (let at = SIGNATURE.length; !others.has('IEND') && !(hasData && at + 12 > bytes.length);) {
    const end = at + 12 + reader.u32(at);
    const type = reader.text(at + 4, 4);
    if (hasData && type !== 'IDAT' && end > bytes.length) break;
    const isWhole = crc32(reader.slice(at + 4, end - at - 8)) === reader.u32(end - 4);
    if (CRITICAL.has(type) && !isWhole)
      throw new ImageFileError('damaged', `the checksum of ${type} is wrong`);
    if (CRITICAL.has(type) || (type === 'tRNS' && isWhole)) pieces.push({ type, start: at, end });
    else if (isWhole || type === 'IEND') others.set(type, bytes.subarray(at + 8, end - 4));
    hasData ||= type === 'IDAT';
    at = end;
  }
  if (!hasData) throw new ImageFileError('damaged', 'it contains no image');
  const [exif, frames] = [others.get('eXIf'), others.get('acTL')];
  return {
    width: reader.u32(16),
    height: reader.u32(20),
    orientation: exif ? readOrientation(exif) : 1,
    hasAlpha: (reader.u8(25) & 4) !== 0 || pieces.some(({ type }) => type === 'tRNS'),
    animated: frames !== undefined && imageReader(frames).u32(0) > 1,
    lossless: true,
    isPlain: reader.u8(24) <= 8,
    isEnded: others.has('IEND'),
    // Removes text, Exif, times, color spaces, and bytes after the end.
    clean: () => concatRanges(bytes, pieces, END),
    profile: () => profileOf(others),
  };
}

/** Returns the color profile. The newest kind of description takes precedence. */
function profileOf(chunks: ReadonlyMap<string, Uint8Array>): Uint8Array | undefined {
  const [coded, packed, gamma, primaries] = ['cICP', 'iCCP', 'gAMA', 'cHRM'].map((type) => chunks.get(type));
  if (coded) return profileOfCicp(coded[0] ?? 0, coded[1] ?? 0);
  if (packed) return inflateProfile(packed);
  if (chunks.has('sRGB') || !gamma || !primaries || !isSrgb(primaries)) return undefined;
  const value = imageReader(gamma).u32(0) / 100_000;
  // A rounded exponent of sRGB usually means its curve.
  return Math.abs(value - 1 / 2.2) < 0.005 || value === 0 ? undefined : profileOfGamma(1 / value);
}

function inflateProfile(chunk: Uint8Array): Uint8Array | undefined {
  try {
    return inflateSync(chunk.subarray(chunk.indexOf(0) + 2), { maxOutputLength: MAX_PROFILE_BYTES });
  } catch {
    return undefined;
  }
}

/** Compares white, red, green and blue, each with x and y in 100,000ths. */
function isSrgb(primaries: Uint8Array): boolean {
  const reader = imageReader(primaries);
  return [31_270, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6_000].every(
    (value, index) => Math.abs(reader.u32(index * 4) - value) < 500,
  );
}
