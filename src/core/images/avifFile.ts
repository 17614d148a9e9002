import { type ByteReader, hasText, latin1 } from '../common/byteReader';
import { profileOfCicp } from './colorProfile';
import type { ImageStructure } from './imageStructure';
import type { Orientation } from './orientation';
import { ImageFileError, imageReader } from './imageFileError';

/** A box of the file: its type, and where its content starts and ends. */
interface Box {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

/** Exif orientations by quarter turns to the left, then mirroring: none, top to bottom, left to right. */
const ORIENTATIONS: readonly (readonly [Orientation, Orientation, Orientation])[] = [
  [1, 4, 2],
  [8, 5, 7],
  [3, 2, 4],
  [6, 7, 5],
];

/** Brands in the `ftyp` box, four bytes each: the major one, its version (never matches), and the compatible ones. */
const brands = (bytes: Uint8Array): string[] =>
  hasText(bytes, 4, 'ftyp') ? (latin1(bytes.subarray(8, bytes[3] ?? 0)).match(/[^]{4}/g) ?? []) : [];

export const isAvif = (bytes: Uint8Array): boolean =>
  brands(bytes).some((brand) => brand === 'avif' || brand === 'avis');

/**
 * Reads the properties of an AVIF's primary image (ISO/IEC 23008-12). The decoder applies neither rotation nor color
 * profiles.
 * @throws ImageFileError
 */
export function readAvif(bytes: Uint8Array): ImageStructure {
  const reader = imageReader(bytes);
  const file = boxes(reader, 0, bytes.length);
  const meta = file.find(({ type }) => type === 'meta');
  if (!meta) throw new ImageFileError('truncated', 'it ends before its meta box');
  const items = boxes(reader, meta.start + 4, meta.end);
  const container = find(items, 'iprp');
  const parts = boxes(reader, container.start, container.end);
  const list = find(parts, 'ipco');
  const properties = boxes(reader, list.start, list.end);
  const primary = primaryProperties(reader, find(items, 'pitm'), find(parts, 'ipma'));
  const own = primary.flatMap((number) => properties[number - 1] ?? []);
  const size = find(own, 'ispe');
  const turn = own.find(({ type }) => type === 'irot');
  const mirror = own.find(({ type }) => type === 'imir');
  const quarters = ORIENTATIONS[turn ? reader.u8(turn.start) & 3 : 0];
  return {
    width: reader.u32(size.start + 4),
    height: reader.u32(size.start + 8),
    orientation: quarters?.[mirror ? 1 + (reader.u8(mirror.start) & 1) : 0] ?? 1,
    hasAlpha: properties.some(
      ({ type, start, end }) => type === 'auxC' && reader.text(start, end - start).includes('alpha'),
    ),
    animated: brands(bytes).includes('avis'),
    lossless: false,
    isPlain: false,
    isEnded: [...file, ...items].some(({ type }) => type === 'mdat' || type === 'idat'),
    clean: () => bytes,
    profile: () => profileOf(reader, own),
  };
}

function profileOf(reader: ByteReader, properties: readonly Box[]): Uint8Array | undefined {
  const colors = properties.filter(({ type }) => type === 'colr');
  const icc = colors.find(({ start }) => /prof|rICC/.test(reader.text(start, 4)));
  if (icc) return reader.slice(icc.start + 4, icc.end - icc.start - 4);
  const coded = colors.find(({ start }) => reader.text(start, 4) === 'nclx');
  return coded && profileOfCicp(reader.u16(coded.start + 4), reader.u16(coded.start + 6));
}

/** Reads the 1-based indexes of the primary image's properties. */
function primaryProperties(reader: ByteReader, pitm: Box, ipma: Box): number[] {
  const primary = reader.u8(pitm.start) === 0 ? reader.u16(pitm.start + 4) : reader.u32(pitm.start + 4);
  const hasLongIds = reader.u8(ipma.start) > 0;
  const hasLongNumbers = (reader.u8(ipma.start + 3) & 1) === 1;
  const entries = reader.u32(ipma.start + 4);
  let at = ipma.start + 8;
  for (let entry = 0; entry < entries; entry++) {
    const id = hasLongIds ? reader.u32(at) : reader.u16(at);
    at += hasLongIds ? 4 : 2;
    const count = reader.u8(at);
    const step = hasLongNumbers ? 2 : 1;
    if (id === primary) {
      return Array.from({ length: count }, (_, index) => {
        const offset = at + 1 + index * step;
        return hasLongNumbers ? reader.u16(offset) & 0x7fff : reader.u8(offset) & 0x7f;
      });
    }
    at += 1 + count * step;
  }
  throw new ImageFileError('damaged', 'its primary image has no properties');
}

function boxes(reader: ByteReader, from: number, to: number): Box[] {
  const found: Box[] = [];
  for (let at = from; at + 8 <= to;) {
    const size = reader.u32(at);
    const head = size === 1 ? 16 : 8;
    const length = size === 0 ? to - at : size === 1 ? reader.u64(at + 8) : size;
    if (length < head) throw new ImageFileError('damaged', `a box of ${length} bytes`);
    if (at + length > to) throw new ImageFileError('truncated', `it ends before byte ${at + length}`);
    found.push({ type: reader.text(at + 4, 4), start: at + head, end: at + length });
    at += length;
  }
  return found;
}

function find(found: readonly Box[], type: string): Box {
  const box = found.find((one) => one.type === type);
  if (!box) throw new ImageFileError('damaged', `it has no ${type}`);
  return box;
}
