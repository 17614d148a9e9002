import { type ByteReader, hasText } from '../common/byteReader';
import { concatRanges, type ImageStructure, type ByteRange } from './imageStructure';
import { readOrientation, type Orientation } from './orientation';
import { ImageFileError, imageReader } from './imageFileError';

const MARKER = {
  tem: 0x01,
  sof0: 0xc0,
  sof1: 0xc1,
  sof2: 0xc2,
  dht: 0xc4,
  jpg: 0xc8,
  dac: 0xcc,
  sof15: 0xcf,
  rst0: 0xd0,
  rst7: 0xd7,
  soi: 0xd8,
  eoi: 0xd9,
  sos: 0xda,
  app0: 0xe0,
  app1: 0xe1,
  app2: 0xe2,
  app14: 0xee,
  app15: 0xef,
  com: 0xfe,
} as const;

const END = Buffer.from([0xff, MARKER.eoi]);

interface Frame {
  readonly width: number;
  readonly height: number;
  /** 1 for gray, 3 for color, 4 for CMYK. */
  readonly components: number;
  readonly isSequential: boolean;
}

export interface JpegFile extends ImageStructure {
  readonly components: number;
}

export const isJpeg = (bytes: Uint8Array): boolean => hasText(bytes, 0, '\xff\xd8\xff');

/**
 * Reads a JPEG's frame header and all its segments (ITU-T T.81, annex B). Bytes between segments are skipped. A missing
 * end marker isn't an error here, because only the decoder can tell whether coded data is missing.
 * @throws ImageFileError
 */
export function readJpeg(bytes: Uint8Array): JpegFile {
  const reader = imageReader(bytes);
  const pieces: ByteRange[] = [];
  let frame: Frame | undefined;
  let orientation: Orientation | undefined;
  let isEnded = false;
  for (let start = nextMarker(bytes, 0); start < bytes.length;) {
    const type = reader.u8(start + 1);
    if (type === MARKER.eoi) {
      isEnded = true;
      break;
    }
    let end = start + 2;
    if (type !== MARKER.soi && type !== MARKER.tem) {
      const length = reader.u16(end);
      if (length < 2) throw new ImageFileError('damaged', `a segment of ${length} bytes`);
      const body = reader.slice(end + 2, length - 2);
      if (isFrame(type)) frame = readFrame(type, imageReader(body));
      // Use the first one: later ones belong to previews.
      if (type === MARKER.app1 && hasText(body, 0, 'Exif\0\0')) orientation ??= readOrientation(body);
      end += length;
      if (type === MARKER.sos) end = nextMarker(bytes, end);
    }
    pieces.push({ type, start, end });
    start = nextMarker(bytes, end);
  }
  const hasScan = pieces.some(({ type }) => type === MARKER.sos);
  // Interrupted downloads may be padded with zeros, which would decode as pixels.
  if (!isEnded && (!hasScan || bytes.at(-2) === 0))
    throw new ImageFileError('truncated', 'it has no end marker');
  if (!frame || !hasScan) throw new ImageFileError('damaged', 'it contains no image');
  const { width, height, components, isSequential } = frame;
  return {
    ...{ width, height, components, isEnded },
    orientation: orientation ?? 1,
    hasAlpha: false,
    animated: false,
    lossless: false,
    isPlain: components < 4,
    clean: () => cleanJpeg(bytes, pieces, isSequential),
    profile: () => profileOf(bytes, pieces),
  };
}

/** Returns true for start-of-frame markers. C4, C8 and CC in their range have another meaning. */
function isFrame(marker: number): boolean {
  return (
    marker >= MARKER.sof0 &&
    marker <= MARKER.sof15 &&
    marker !== MARKER.dht &&
    marker !== MARKER.jpg &&
    marker !== MARKER.dac
  );
}

function readFrame(marker: number, body: ByteReader): Frame {
  if (marker > MARKER.sof2)
    throw new ImageFileError('otherKind', 'unsupported coding', 'lossless or arithmetic JPEG');
  if (body.u8(0) !== 8) throw new ImageFileError('otherKind', `${body.u8(0)} bits`, '12-bit JPEG');
  const isSequential = marker !== MARKER.sof2;
  return { height: body.u16(1), width: body.u16(3), components: body.u8(5), isSequential };
}

/** Finds the next marker, or the end of the file. Restart markers and stuffed FFs belong to coded data. */
function nextMarker(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at !== -1; at = bytes.indexOf(0xff, at + 1)) {
    const next = bytes[at + 1] ?? 0;
    if (next !== 0 && next !== 0xff && (next < MARKER.rst0 || next > MARKER.rst7)) return at;
  }
  return bytes.length;
}

/**
 * Removes metadata (Exif with its location, XMP, comments, previews), the color profile, and bytes outside segments,
 * which usually follow the end marker.
 */
function cleanJpeg(bytes: Uint8Array, pieces: readonly ByteRange[], isSequential: boolean): Uint8Array {
  const kept = pieces.filter(({ type, start, end }) => {
    if (type === MARKER.com) return false;
    if (type < MARKER.app0 || type > MARKER.app15) return true;
    const body = bytes.subarray(start + 4, end);
    return (
      (type === MARKER.app0 && hasText(body, 0, 'JFIF\0')) ||
      (type === MARKER.app14 && hasText(body, 0, 'Adobe'))
    );
  });
  return concatRanges(isSequential ? withValidScans(bytes, pieces) : bytes, kept, END);
}

/** Corrects the spectral selection of sequential scans. Some phones write invalid values, which strict decoders refuse. */
function withValidScans(bytes: Uint8Array, pieces: readonly ByteRange[]): Uint8Array {
  const valid = [0, 63, 0];
  const invalid = pieces.flatMap(({ type, start }) => {
    const components = bytes[start + 4] ?? 0;
    const at = start + 5 + components * 2;
    const isScan = type === MARKER.sos && bytes[start + 3] === 6 + components * 2;
    return isScan && valid.some((value, index) => bytes[at + index] !== value) ? [at] : [];
  });
  if (invalid.length === 0) return bytes;
  const copy = new Uint8Array(bytes);
  for (const at of invalid) copy.set(valid, at);
  return copy;
}

const PROFILE = 'ICC_PROFILE\0';

/** Joins the profile's parts. It may be stored in several segments, numbered from 1. */
function profileOf(bytes: Uint8Array, pieces: readonly ByteRange[]): Uint8Array | undefined {
  const parts = pieces
    .filter(({ type, start }) => type === MARKER.app2 && hasText(bytes, start + 4, PROFILE))
    .map(({ start, end }) => bytes.subarray(start + 4 + PROFILE.length, end))
    .sort((one, other) => (one[0] ?? 0) - (other[0] ?? 0));
  const isWhole = parts.every((part, index) => part[0] === index + 1 && part[1] === parts.length);
  return isWhole && parts.length > 0 ? Buffer.concat(parts.map((part) => part.subarray(2))) : undefined;
}
