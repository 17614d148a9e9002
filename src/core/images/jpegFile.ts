import { ByteReader, hasText } from './byteReader';
import { readOrientation, type Orientation } from './orientation';
import { PictureFault } from './pictureFault';
import { joined, type FileFacts, type Piece } from './fileFacts';

const MARKER = {
  tem: 0x01,
  sof0: 0xc0,
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

interface JpegFile extends FileFacts {
  /** All marker segments with what follows them, in order; what comes after the end is in none. */
  readonly pieces: readonly Piece[];
}

export const isJpeg = (bytes: Uint8Array): boolean => hasText(bytes, 0, '\xff\xd8\xff');

/**
 * Reads a JPEG's frame header and walks all its segments to the end (ITU-T T.81, annex B).
 * @throws PictureFault
 */
export function readJpeg(bytes: Uint8Array): JpegFile {
  const reader = new ByteReader(bytes);
  const pieces: Piece[] = [];
  let frame: { width: number; height: number } | undefined;
  let orientation: Orientation | undefined;
  let scans = 0;
  let at = 0;
  for (;;) {
    const start = at;
    if (reader.u8(at) !== 0xff) throw new PictureFault('damaged', `no marker at byte ${at}`);
    // Fill bytes are legal between segments.
    while (reader.u8(at) === 0xff) at += 1;
    const marker = reader.u8(at);
    at += 1;
    if (marker === MARKER.eoi) {
      pieces.push({ type: marker, start, end: at });
      break;
    }
    if (marker !== MARKER.soi && marker !== MARKER.tem) {
      const length = reader.u16(at);
      if (length < 2) throw new PictureFault('damaged', `a segment of ${length} bytes`);
      const body = reader.slice(at + 2, length - 2);
      if (isFrame(marker)) frame = readFrame(marker, new ByteReader(body));
      // The first one counts: later ones describe previews.
      if (marker === MARKER.app1 && hasText(body, 0, 'Exif\0\0')) orientation ??= readOrientation(body);
      at += length;
      if (marker === MARKER.sos) {
        scans += 1;
        at = endOfScan(bytes, at);
      }
    }
    pieces.push({ type: marker, start, end: at });
  }
  if (!frame || scans === 0) throw new PictureFault('damaged', 'it holds no picture');
  return {
    ...frame,
    orientation: orientation ?? 1,
    hasAlpha: false,
    animated: false,
    lossless: false,
    pieces,
  };
}

/** Start-of-frame markers; C4, C8 and CC in their range are something else. */
function isFrame(marker: number): boolean {
  return (
    marker >= MARKER.sof0 &&
    marker <= MARKER.sof15 &&
    marker !== MARKER.dht &&
    marker !== MARKER.jpg &&
    marker !== MARKER.dac
  );
}

function readFrame(marker: number, body: ByteReader): { width: number; height: number } {
  if (marker > MARKER.sof2)
    throw new PictureFault('otherKind', 'a rare coding', 'lossless or arithmetic JPEG');
  if (body.u8(0) !== 8) throw new PictureFault('otherKind', `${body.u8(0)} bits`, '12-bit JPEG');
  if (body.u8(5) === 4) throw new PictureFault('otherKind', 'four components', 'CMYK JPEG');
  return { height: body.u16(1), width: body.u16(3) };
}

/** The first marker after coded data: restarts and stuffed FFs belong to the data. */
function endOfScan(bytes: Uint8Array, from: number): number {
  let at = from;
  for (;;) {
    at = bytes.indexOf(0xff, at);
    const next = at === -1 ? undefined : bytes[at + 1];
    if (next === undefined) throw new PictureFault('truncated', 'the coded picture never ends');
    if (next !== 0 && next !== 0xff && (next < MARKER.rst0 || next > MARKER.rst7)) return at;
    at += next === 0xff ? 1 : 2;
  }
}

/**
 * The same picture without what was written about it: Exif with its place, XMP, comments, previews, and whatever
 * follows the end. What its colours need stays.
 */
export function stripJpeg(bytes: Uint8Array): Uint8Array {
  return joined(bytes, readJpeg(bytes).pieces, (piece) => {
    const isApp = piece.type >= MARKER.app0 && piece.type <= MARKER.app15;
    if (piece.type === MARKER.com) return false;
    if (!isApp) return true;
    const body = bytes.subarray(piece.start + 4, piece.end);
    return (
      (piece.type === MARKER.app0 && hasText(body, 0, 'JFIF\0')) ||
      (piece.type === MARKER.app2 && hasText(body, 0, 'ICC_PROFILE\0')) ||
      (piece.type === MARKER.app14 && hasText(body, 0, 'Adobe'))
    );
  });
}
