import type { ByteReader } from '../common/byteReader';
import { type Box, findBox, findBoxes, Mp4Error } from './boxes';
import { isVersion1 } from './track';

/** Defaults for samples (ISO/IEC 14496-12 8.8.3). */
export interface SampleDefaults {
  readonly duration: number;
  readonly size: number;
}

/** Samples that a fragment adds to a track (8.8.6 to 8.8.12). */
export interface TrackFragment {
  readonly trackId: number;
  /** Start in units of the track's timescale; undefined if it follows the previous fragment. */
  readonly startTime: number | undefined;
  /** In units of the track's timescale. */
  readonly duration: number;
  readonly sampleCount: number;
  /** End of its samples, in bytes of the file; 0 if it has none. */
  readonly dataEnd: number;
}

/** Reads the defaults by track ID from the `mvex` box (8.8.1). @throws {@link Mp4Error} `damaged` */
export function readDefaults(fields: ByteReader, mvex: Box): Map<number, SampleDefaults> {
  return new Map(
    findBoxes(fields, mvex, 'trex').map((trex) => [
      fields.u32(trex.bodyStart + 4),
      { duration: fields.u32(trex.bodyStart + 12), size: fields.u32(trex.bodyStart + 16) },
    ]),
  );
}

/** Reads the duration of the movie with its fragments, in units of the movie's timescale; 0 if missing (8.8.2). */
export function readWholeDuration(fields: ByteReader, mvex: Box): number {
  const mehd = findBox(fields, mvex, 'mehd');
  if (!mehd) return 0;
  return isVersion1(fields, mehd) ? fields.u64(mehd.bodyStart + 4) : fields.u32(mehd.bodyStart + 4);
}

/**
 * Reads a `moof` box.
 * @param fields the bytes of the box
 * @param fileStart position of these bytes in the file
 * @throws {@link Mp4Error} `damaged`
 */
export function readFragment(
  fields: ByteReader,
  moof: Box,
  fileStart: number,
  defaults: ReadonlyMap<number, SampleDefaults>,
): TrackFragment[] {
  let previousEnd = fileStart;
  return findBoxes(fields, moof, 'traf').map((traf) => {
    const fragment = readTrackFragment(fields, traf, fileStart, previousEnd, defaults);
    previousEnd = Math.max(previousEnd, fragment.dataEnd);
    return fragment;
  });
}

function readTrackFragment(
  fields: ByteReader,
  traf: Box,
  moofStart: number,
  previousEnd: number,
  defaults: ReadonlyMap<number, SampleDefaults>,
): TrackFragment {
  const tfhd = findBox(fields, traf, 'tfhd');
  if (!tfhd) throw new Mp4Error('damaged', 'a fragment does not name its track');
  const header = readHeader(fields, tfhd, defaults);
  const tfdt = findBox(fields, traf, 'tfdt');
  // The base is an explicit offset, else the moof if flagged, else the end of the previous track (8.8.7).
  const base = header.baseOffset ?? (header.baseIsMoof ? moofStart : previousEnd);
  const total = { duration: 0, sampleCount: 0, dataEnd: 0 };
  let position = base;
  for (const trun of findBoxes(fields, traf, 'trun')) {
    const run = readRun(fields, trun, header);
    position = (run.dataOffset === undefined ? position : base + run.dataOffset) + run.bytes;
    total.duration += run.duration;
    total.sampleCount += run.sampleCount;
    if (run.bytes > 0) total.dataEnd = Math.max(total.dataEnd, position);
  }
  return { trackId: header.trackId, startTime: tfdt && readStartTime(fields, tfdt), ...total };
}

interface FragmentHeader extends SampleDefaults {
  readonly trackId: number;
  readonly baseOffset: number | undefined;
  readonly baseIsMoof: boolean;
}

/** Track fragment header (8.8.7). Its flags determine the optional fields. */
function readHeader(
  fields: ByteReader,
  tfhd: Box,
  defaults: ReadonlyMap<number, SampleDefaults>,
): FragmentHeader {
  const flags = fields.u32(tfhd.bodyStart);
  const trackId = fields.u32(tfhd.bodyStart + 4);
  const own = defaults.get(trackId);
  let at = tfhd.bodyStart + 8;
  const take = (flag: number, bytes: number): number | undefined => {
    if ((flags & flag) === 0) return undefined;
    at += bytes;
    return bytes === 8 ? fields.u64(at - bytes) : fields.u32(at - bytes);
  };
  const baseOffset = take(0x1, 8);
  take(0x2, 4); // index of the sample description
  const duration = take(0x8, 4) ?? own?.duration ?? 0;
  const size = take(0x10, 4) ?? own?.size ?? 0;
  return { trackId, baseOffset, baseIsMoof: (flags & 0x20000) !== 0, duration, size };
}

/** Decode time of the first sample (8.8.12). */
function readStartTime(fields: ByteReader, tfdt: Box): number {
  return isVersion1(fields, tfdt) ? fields.u64(tfdt.bodyStart + 4) : fields.u32(tfdt.bodyStart + 4);
}

interface Run {
  readonly dataOffset: number | undefined;
  readonly duration: number;
  readonly sampleCount: number;
  readonly bytes: number;
}

/** Track run (8.8.8). The flags determine the fields of each sample. */
function readRun(fields: ByteReader, trun: Box, defaults: SampleDefaults): Run {
  const flags = fields.u32(trun.bodyStart);
  const sampleCount = fields.u32(trun.bodyStart + 4);
  const hasOffset = (flags & 0x1) !== 0;
  const dataOffset = hasOffset ? fields.i32(trun.bodyStart + 8) : undefined;
  const start = trun.bodyStart + 8 + (hasOffset ? 4 : 0) + ((flags & 0x4) === 0 ? 0 : 4);
  const hasDuration = (flags & 0x100) !== 0;
  const hasSize = (flags & 0x200) !== 0;
  const sampleBytes = [0x100, 0x200, 0x400, 0x800].filter((flag) => (flags & flag) !== 0).length * 4;
  // Check before the loop, so that a corrupt count can't cause a long loop.
  if (start + sampleCount * sampleBytes > trun.end) {
    throw new Mp4Error('damaged', 'a run is longer than its box');
  }
  let duration = hasDuration ? 0 : sampleCount * defaults.duration;
  let bytes = hasSize ? 0 : sampleCount * defaults.size;
  for (let index = 0; index < sampleCount && (hasDuration || hasSize); index++) {
    const at = start + index * sampleBytes;
    if (hasDuration) duration += fields.u32(at);
    if (hasSize) bytes += fields.u32(at + (hasDuration ? 4 : 0));
  }
  return { dataOffset, duration, sampleCount, bytes };
}
