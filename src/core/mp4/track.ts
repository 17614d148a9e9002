import type { ByteReader } from '../common/byteReader';
import { type Box, boxesIn, findBox, findPath, Mp4Error } from './boxes';

/** A track of a movie (ISO/IEC 14496-12 8.3 to 8.7). */
export interface Track {
  readonly id: number;
  /** `vide`, `soun`, ... (8.4.3) */
  readonly handler: string;
  /** Four-character code of the first sample entry (8.5.2); undefined if there is none. */
  readonly codec: string | undefined;
  /** Display size in pixels, after rotation (8.3.2). */
  readonly width: number;
  readonly height: number;
  /** Units per second. */
  readonly timescale: number;
  /** In units of `timescale`; 0 if unknown. */
  readonly duration: number;
  /** Number of samples in the sample table, without those of fragments. */
  readonly sampleCount: number;
  /** End of the samples in the table, in bytes of the file; 0 if there are none. */
  readonly samplesEnd: number;
}

/** Reads a `trak` box; undefined if a required part is missing. @throws {@link Mp4Error} `damaged` */
export function readTrack(fields: ByteReader, trak: Box): Track | undefined {
  const tkhd = findBox(fields, trak, 'tkhd');
  const mdhd = findPath(fields, trak, 'mdia', 'mdhd');
  const hdlr = findPath(fields, trak, 'mdia', 'hdlr');
  const stbl = findPath(fields, trak, 'mdia', 'minf', 'stbl');
  if (!tkhd || !mdhd || !hdlr || !stbl) return undefined;
  const entry = firstSampleEntry(fields, stbl);
  const offsets = chunkOffsets(fields, stbl);
  const sizes = sampleSizes(fields, stbl);
  return {
    id: fields.u32(tkhd.bodyStart + (isVersion1(fields, tkhd) ? 20 : 12)),
    handler: fields.text(hdlr.bodyStart + 8, 4),
    codec: entry?.type,
    ...shownSize(fields, tkhd, entry),
    ...readTimes(fields, mdhd),
    sampleCount: sizes.count,
    samplesEnd: lastChunkEnd(fields, stbl, offsets, sizes),
  };
}

/**
 * Reads timescale and duration of an `mvhd` or `mdhd` box (8.2.2, 8.4.2). An unknown duration (all ones) is returned
 * as 0.
 */
export function readTimes(fields: ByteReader, header: Box): { timescale: number; duration: number } {
  const isLong = isVersion1(fields, header);
  const at = header.bodyStart + (isLong ? 20 : 12);
  const duration = isLong ? fields.u64(at + 4) : fields.u32(at + 4);
  const isUnknown = duration >= (isLong ? 2 ** 64 : 2 ** 32 - 1);
  return { timescale: fields.u32(at), duration: isUnknown ? 0 : duration };
}

/** Returns true if a full box has the version with 64-bit times (4.2). */
export function isVersion1(fields: ByteReader, box: Box): boolean {
  return fields.u8(box.bodyStart) === 1;
}

function firstSampleEntry(fields: ByteReader, stbl: Box): Box | undefined {
  const stsd = findBox(fields, stbl, 'stsd');
  if (!stsd || fields.u32(stsd.bodyStart + 4) === 0) return undefined;
  const [entry] = boxesIn(fields, stsd.bodyStart + 8, stsd.end);
  return entry;
}

/** Reads the frame size from the track header, else from the sample entry (8.3.2, 12.1.3). */
function shownSize(fields: ByteReader, tkhd: Box, entry: Box | undefined): { width: number; height: number } {
  // The last fields of the header are nine of the matrix, then width and height in 16.16.
  const matrix = tkhd.bodyStart + (isVersion1(fields, tkhd) ? 52 : 40);
  let width = Math.round(fields.u32(matrix + 36) / 65536);
  let height = Math.round(fields.u32(matrix + 40) / 65536);
  if ((width === 0 || height === 0) && entry && entry.end >= entry.bodyStart + 28) {
    width = fields.u16(entry.bodyStart + 24);
    height = fields.u16(entry.bodyStart + 26);
  }
  // x' = a*x + c*y, y' = b*x + d*y. With a rotation by 90 degrees, a and d are 0.
  const [a, b] = [fields.i32(matrix), fields.i32(matrix + 4)];
  const isQuarterTurn = Math.abs(b) > Math.abs(a);
  return isQuarterTurn ? { width: height, height: width } : { width, height };
}

/** A table in the sample table, with `count` entries of `entryBytes` from `at`. */
interface Table {
  readonly at: number;
  readonly count: number;
  readonly entryBytes: number;
}

/** Checks that the entries fit in the box, so that a corrupt count can't cause a long loop. */
function table(box: Box, at: number, count: number, entryBytes: number): Table {
  if (at + count * entryBytes > box.end) {
    throw new Mp4Error('damaged', `the ${box.type} table is longer than its box`);
  }
  return { at, count, entryBytes };
}

/** Chunk offsets, 32 or 64 bits each (8.7.5). */
function chunkOffsets(fields: ByteReader, stbl: Box): Table | undefined {
  const box = findBox(fields, stbl, 'stco') ?? findBox(fields, stbl, 'co64');
  if (!box) return undefined;
  return table(box, box.bodyStart + 8, fields.u32(box.bodyStart + 4), box.type === 'stco' ? 4 : 8);
}

/** Sample sizes (8.7.3): one for all samples, or a table. */
interface Sizes {
  readonly count: number;
  readonly sizeOfAll: number;
  readonly table: Table | undefined;
}

function sampleSizes(fields: ByteReader, stbl: Box): Sizes {
  const stsz = findBox(fields, stbl, 'stsz');
  if (stsz) {
    const sizeOfAll = fields.u32(stsz.bodyStart + 4);
    const count = fields.u32(stsz.bodyStart + 8);
    return {
      count,
      sizeOfAll,
      table: sizeOfAll > 0 ? undefined : table(stsz, stsz.bodyStart + 12, count, 4),
    };
  }
  // The compact form is rare. Its count is enough, because chunk offsets are still checked.
  const stz2 = findBox(fields, stbl, 'stz2');
  return { count: stz2 ? fields.u32(stz2.bodyStart + 8) : 0, sizeOfAll: 0, table: undefined };
}

/** Returns the end of the last chunk in the file, if the tables allow it. */
function lastChunkEnd(fields: ByteReader, stbl: Box, offsets: Table | undefined, sizes: Sizes): number {
  if (!offsets || offsets.count === 0) return 0;
  let end = 0;
  let last = 0;
  for (let index = 0; index < offsets.count; index++) {
    const at = offsets.at + index * offsets.entryBytes;
    last = offsets.entryBytes === 4 ? fields.u32(at) : fields.u64(at);
    // A chunk has at least one byte.
    end = Math.max(end, last + 1);
  }
  return Math.max(end, last + lastSamplesBytes(fields, sizes, samplesInLastChunk(fields, stbl)));
}

/** Reads the last run of the sample-to-chunk table (8.7.4). */
function samplesInLastChunk(fields: ByteReader, stbl: Box): number {
  const stsc = findBox(fields, stbl, 'stsc');
  if (!stsc) return 0;
  const runs = table(stsc, stsc.bodyStart + 8, fields.u32(stsc.bodyStart + 4), 12);
  return runs.count === 0 ? 0 : fields.u32(runs.at + (runs.count - 1) * 12 + 4);
}

/** Returns the total size of the last samples, in bytes. */
function lastSamplesBytes(fields: ByteReader, sizes: Sizes, samples: number): number {
  const counted = Math.min(samples, sizes.count);
  if (!sizes.table) return counted * sizes.sizeOfAll;
  let bytes = 0;
  for (let index = sizes.count - counted; index < sizes.count; index++) {
    bytes += fields.u32(sizes.table.at + index * 4);
  }
  return bytes;
}
