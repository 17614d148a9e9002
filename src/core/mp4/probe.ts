import type { ByteReader } from '../common/byteReader';
import {
  type Box,
  boxReader,
  type ByteSource,
  findBox,
  findBoxes,
  Mp4Error,
  readExactly,
  topBoxes,
} from './boxes';
import { readDefaults, readFragment, readWholeDuration, type TrackFragment } from './fragments';
import { isVersion1, readTimes, readTrack, type Track } from './track';

/** Properties of an MP4 that a player needs. */
export interface Mp4Info {
  /** `mov` if the major brand is QuickTime. */
  readonly container: 'mp4' | 'mov';
  readonly durationSeconds: number;
  /** Display size in pixels, after rotation. */
  readonly width: number;
  readonly height: number;
  readonly hasAudio: boolean;
  /** Four-character codes of the sample entries, such as `avc1` and `mp4a`. */
  readonly videoCodec: string;
  readonly audioCodec?: string;
}

/** Maximum size of one `moov` or `moof` box, and of all `moof` boxes together, in bytes. */
const MAX_INDEX_BYTES = 64 * 1024 * 1024;
/** Types of a file's first box. Padding and provenance may come before `ftyp`, and QuickTime needs no `ftyp`. */
const FIRST_TYPES: ReadonlySet<string> = new Set(
  'ftyp styp moov mdat free skip wide pnot uuid jumb prfl udta sidx'.split(' '),
);
/** Tolerance for fragments that are shorter than declared, in seconds. */
const DURATION_TOLERANCE = 0.1;

/** Returns true if bytes begin like an MP4 or QuickTime file. */
export function startsLikeMp4(head: Uint8Array): boolean {
  return head.length >= 8 && FIRST_TYPES.has(boxReader(head).text(4, 4));
}

/**
 * Reads the properties of an MP4, fragmented or not, and checks that it's complete: it has a movie with a video
 * track, its samples are within the file, and its fragments are as long as declared (ISO/IEC 14496-12). Doesn't
 * read the samples, and ignores errors in boxes that players don't need.
 * @throws {@link Mp4Error}, or any error of the source
 */
export async function probeMp4(source: ByteSource): Promise<Mp4Info> {
  const layout = await readLayout(source);
  const movie = readMovie(await readBox(source, layout.moov));
  const fragments = await readFragments(source, layout.moofs, movie);
  checkSamples(source, movie, fragments);
  if (layout.sidxEnd > source.size) {
    throw new Mp4Error('truncated', `the segment index declares media up to ${layout.sidxEnd}`);
  }
  return { container: layout.brand === 'qt  ' ? 'mov' : 'mp4', ...describe(movie, fragments) };
}

interface Layout {
  readonly moov: Box;
  readonly moofs: readonly Box[];
  /** Major brand; undefined without an `ftyp` box. */
  readonly brand: string | undefined;
  /** End of the segments in an index at the top; 0 without one. */
  readonly sidxEnd: number;
}

async function readLayout(source: ByteSource): Promise<Layout> {
  if (!startsLikeMp4(await source.read(0, Math.min(8, source.size)))) {
    throw new Mp4Error('notMp4', 'the file does not start like an MP4');
  }
  let moov: Box | undefined;
  let brand: string | undefined;
  const moofs: Box[] = [];
  let mediaEnd = 0;
  let sidxEnd = 0;
  for await (const box of topBoxes(source)) {
    const isWhole = box.end <= source.size;
    if (box.type === 'mdat') mediaEnd = box.end;
    if (!isWhole && (box.type === 'moov' || box.type === 'moof')) {
      throw new Mp4Error(
        'truncated',
        `the file has ${source.size} bytes, but its ${box.type} box ends at ${box.end}`,
      );
    }
    if (!isWhole) continue;
    if (box.type === 'moov') moov ??= box;
    if (box.type === 'moof') moofs.push(box);
    if (box.type === 'ftyp') brand ??= boxReader(await readExactly(source, box.start, 12)).text(8, 4);
    if (box.type === 'sidx')
      sidxEnd = Math.max(sidxEnd, readSegmentsEnd(await readBox(source, box), box.end));
  }
  if (!moov) throw new Mp4Error('noMovie', 'the file has no moov box');
  const lastMoof = moofs.at(-1);
  if (lastMoof && mediaEnd < lastMoof.end) throw new Mp4Error('truncated', 'the last fragment has no media');
  return { moov, moofs, brand, sidxEnd };
}

/** Returns the end of the last segment of a segment index (8.16.3). @param sidxEnd end of the index in the file */
function readSegmentsEnd({ fields, box }: LoadedBox, sidxEnd: number): number {
  const isLong = isVersion1(fields, box);
  const at = box.bodyStart + 12;
  let end = sidxEnd + (isLong ? fields.u64(at + 8) : fields.u32(at + 4));
  const counted = at + (isLong ? 16 : 8);
  const count = fields.u16(counted + 2);
  for (let index = 0; index < count; index++) {
    // The top bit is the type of the reference.
    end += fields.u32(counted + 4 + index * 12) & 0x7fffffff;
  }
  return end;
}

/** A box in memory with its position. */
interface LoadedBox {
  readonly fields: ByteReader;
  readonly box: Box;
}

async function readBox(source: ByteSource, box: Box): Promise<LoadedBox> {
  const length = box.end - box.start;
  if (length > MAX_INDEX_BYTES) {
    throw new Mp4Error('damaged', `the ${box.type} box is too large: ${length} bytes`);
  }
  const bytes = await readExactly(source, box.start, length);
  const place = { type: box.type, start: 0, bodyStart: box.bodyStart - box.start, end: length };
  return { fields: boxReader(bytes), box: place };
}

interface Movie extends LoadedBox {
  readonly timescale: number;
  readonly duration: number;
  readonly tracks: readonly Track[];
  /** Set if fragments extend the movie (8.8.1). */
  readonly mvex: Box | undefined;
}

function readMovie({ fields, box }: LoadedBox): Movie {
  const mvhd = findBox(fields, box, 'mvhd');
  const tracks = findBoxes(fields, box, 'trak').flatMap((trak) => readTrack(fields, trak) ?? []);
  return {
    fields,
    box,
    ...(mvhd ? readTimes(fields, mvhd) : { timescale: 0, duration: 0 }),
    tracks,
    mvex: findBox(fields, box, 'mvex'),
  };
}

/** Fragments by track ID, in file order. */
type Fragments = ReadonlyMap<number, readonly TrackFragment[]>;

async function readFragments(source: ByteSource, moofs: readonly Box[], movie: Movie): Promise<Fragments> {
  const byTrack = new Map<number, TrackFragment[]>();
  if (!movie.mvex) return byTrack;
  const total = moofs.reduce((bytes, moof) => bytes + moof.end - moof.start, 0);
  if (total > MAX_INDEX_BYTES) throw new Mp4Error('damaged', `the moof boxes are too large: ${total} bytes`);
  const defaults = readDefaults(movie.fields, movie.mvex);
  for (const moof of moofs) {
    const { fields, box } = await readBox(source, moof);
    for (const fragment of readFragment(fields, box, moof.start, defaults)) {
      const own = byTrack.get(fragment.trackId);
      if (own) own.push(fragment);
      else byTrack.set(fragment.trackId, [fragment]);
    }
  }
  return byTrack;
}

/** Checks cheaply that the media is complete: the samples end within the file. */
function checkSamples(source: ByteSource, movie: Movie, fragments: Fragments): void {
  let end = 0;
  for (const track of movie.tracks) end = Math.max(end, track.samplesEnd);
  for (const fragment of [...fragments.values()].flat()) end = Math.max(end, fragment.dataEnd);
  if (end > source.size) {
    throw new Mp4Error('truncated', `the file has ${source.size} bytes, but its samples end at ${end}`);
  }
}

function describe(movie: Movie, fragments: Fragments): Omit<Mp4Info, 'container'> {
  const filled = movie.tracks.filter((track) => hasSamples(track, fragments));
  const video = filled.find((track) => track.handler === 'vide');
  const audio = filled.find((track) => track.handler === 'soun');
  if (filled.length === 0 && movie.mvex) throw new Mp4Error('truncated', 'the file has no fragments');
  if (video?.codec === undefined) {
    throw new Mp4Error('noVideo', 'the file has no video track with samples');
  }
  if (video.width === 0 || video.height === 0) throw new Mp4Error('damaged', 'the picture has no size');
  return {
    durationSeconds: durationOf(movie, fragments),
    width: video.width,
    height: video.height,
    hasAudio: audio?.codec !== undefined,
    videoCodec: video.codec,
    ...(audio?.codec === undefined ? {} : { audioCodec: audio.codec }),
  };
}

function hasSamples(track: Track, fragments: Fragments): boolean {
  return track.sampleCount > 0 || fragments.get(track.id)?.some((own) => own.sampleCount > 0) === true;
}

/** Returns the duration in seconds: the movie's, else that of its longest track (8.2.2, 8.4.2), with fragments (8.8.2). */
function durationOf(movie: Movie, fragments: Fragments): number {
  const whole = movie.mvex ? readWholeDuration(movie.fields, movie.mvex) : 0;
  const declared = inSeconds(whole || movie.duration, movie.timescale);
  let longest = 0;
  for (const track of movie.tracks) {
    longest = Math.max(longest, inSeconds(trackDuration(track, fragments), track.timescale));
  }
  if (whole > 0 && declared - longest > DURATION_TOLERANCE) {
    throw new Mp4Error('truncated', `the file declares ${declared} s, but its fragments hold ${longest} s`);
  }
  // Without `mehd`, the header of a fragmented file may describe only its first part.
  const isFinal = declared > 0 && (whole > 0 || fragments.size === 0);
  const seconds = isFinal ? declared : Math.max(declared, longest);
  if (!(seconds > 0)) throw new Mp4Error('noDuration', 'nothing in the file says how long it is');
  return seconds;
}

function inSeconds(units: number, timescale: number): number {
  return timescale === 0 ? 0 : units / timescale;
}

/** In units of the track's timescale. */
function trackDuration(track: Track, fragments: Fragments): number {
  const own = fragments.get(track.id) ?? [];
  // A segment of a longer stream doesn't begin at zero.
  const begin = track.sampleCount > 0 ? 0 : (own[0]?.startTime ?? 0);
  let end = begin + track.duration;
  for (const fragment of own) end = Math.max(end, (fragment.startTime ?? end) + fragment.duration);
  return end - begin;
}
