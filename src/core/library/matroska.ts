import { readExactly, type ByteSource } from '../mp4/boxes';
import { VideoFileError } from './videoFileError';

/** Facts about a WebM or Matroska file. */
export interface MatroskaInfo {
  /** `webm`, `matroska` or something newer. */
  readonly docType: string;
  /** 0 if unknown. */
  readonly durationSeconds: number;
  /** Display size in pixels; 0 without a video track. */
  readonly width: number;
  readonly height: number;
  readonly hasAudio: boolean;
}

/** Element IDs with their length marker (RFC 8794, RFC 9559 section 5). */
const ID = {
  ebml: 0x1a45dfa3,
  docType: 0x4282,
  segment: 0x18538067,
  info: 0x1549a966,
  timestampScale: 0x2ad7b1,
  duration: 0x4489,
  tracks: 0x1654ae6b,
  trackEntry: 0xae,
  trackType: 0x83,
  video: 0xe0,
  pixelWidth: 0xb0,
  pixelHeight: 0xba,
  displayWidth: 0x54b0,
  displayHeight: 0x54ba,
  displayUnit: 0x54b2,
  cluster: 0x1f43b675,
  clusterTimestamp: 0xe7,
  simpleBlock: 0xa3,
  blockGroup: 0xa0,
} as const;

/** Maximum size of an element's ID and size field together. */
const MAX_HEADER_BYTES = 12;
/** Maximum size of an element that is read into memory. */
const MAX_ELEMENT_BYTES = 4 * 1024 * 1024;
/** Maximum number of elements to read; a live stream has one per frame. */
const MAX_ELEMENTS = 500_000;
const NANOSECONDS = 1e9;

interface Element {
  readonly id: number;
  readonly bodyStart: number;
  /** Undefined if the size isn't declared, as in live streams. */
  readonly end: number | undefined;
}

/** Returns true if bytes begin like a WebM or Matroska file. */
export function startsLikeMatroska(head: Uint8Array): boolean {
  return head.length >= 4 && new DataView(head.buffer, head.byteOffset).getUint32(0) === ID.ebml;
}

/**
 * Reads the facts of a WebM or Matroska file and checks that it's complete: every element is within the file, and there is
 * media. The media itself isn't read.
 * @throws {@link VideoFileError}; errors of the source are rethrown
 */
export async function probeMatroska(source: ByteSource): Promise<MatroskaInfo> {
  let docType = '';
  let scale = 1_000_000;
  let declared = 0;
  let lastTimestamp = 0;
  let tracks: TrackFacts = { width: 0, height: 0, hasAudio: false };
  let hasMedia = false;
  let end = source.size;
  let position = 0;
  for (let count = 0; position < end; count++) {
    if (count >= MAX_ELEMENTS)
      throw new VideoFileError('unreadable', `the file has more than ${MAX_ELEMENTS} elements`);
    const element = await readHeader(source, position);
    if (element.id === ID.segment) {
      end = element.end ?? source.size;
      if (end > source.size) throw truncated(source, end);
    } else if ((element.end ?? 0) > source.size) throw truncated(source, element.end ?? 0);
    const children = async () => childrenOf(await readBody(source, element));
    switch (element.id) {
      case ID.ebml:
        docType = textOf((await children()).get(ID.docType));
        break;
      case ID.info: {
        const info = await children();
        scale = unsigned(info.get(ID.timestampScale)) || scale;
        declared = float(info.get(ID.duration));
        break;
      }
      case ID.tracks:
        tracks = readTracks(await readBody(source, element));
        break;
      case ID.clusterTimestamp:
        lastTimestamp = Math.max(lastTimestamp, unsigned(await readBody(source, element)));
        break;
      case ID.cluster:
      case ID.simpleBlock:
      case ID.blockGroup:
        hasMedia = true;
    }
    // Read the clusters if the duration or a size isn't declared.
    const looksInside = element.id === ID.segment || (element.id === ID.cluster && declared === 0);
    position = (looksInside ? undefined : element.end) ?? element.bodyStart;
  }
  if (!hasMedia) throw new VideoFileError('incomplete', 'the file has no media');
  return { docType, durationSeconds: ((declared || lastTimestamp) * scale) / NANOSECONDS, ...tracks };
}

type TrackFacts = Pick<MatroskaInfo, 'width' | 'height' | 'hasAudio'>;

function readTracks(bytes: Uint8Array): TrackFacts {
  let facts: TrackFacts = { width: 0, height: 0, hasAudio: false };
  for (const [id, body] of elementsIn(bytes)) {
    if (id !== ID.trackEntry) continue;
    const entry = childrenOf(body);
    const type = unsigned(entry.get(ID.trackType));
    if (type === 2) facts = { ...facts, hasAudio: true };
    if (type !== 1 || facts.width > 0) continue;
    const video = childrenOf(entry.get(ID.video) ?? new Uint8Array());
    // Other units than pixels give only the aspect ratio.
    const inPixels = unsigned(video.get(ID.displayUnit)) === 0;
    const size = (shown: number, coded: number) =>
      (inPixels && unsigned(video.get(shown))) || unsigned(video.get(coded));
    facts = {
      ...facts,
      width: size(ID.displayWidth, ID.pixelWidth),
      height: size(ID.displayHeight, ID.pixelHeight),
    };
  }
  return facts;
}

async function readHeader(source: ByteSource, position: number): Promise<Element> {
  const bytes = await source.read(position, Math.min(MAX_HEADER_BYTES, source.size - position));
  const header = parseHeader(bytes, 0);
  if (!header) throw truncated(source, position + MAX_HEADER_BYTES);
  const bodyStart = position + header.length;
  return { id: header.id, bodyStart, end: header.size === undefined ? undefined : bodyStart + header.size };
}

async function readBody(source: ByteSource, { bodyStart, end }: Element): Promise<Uint8Array> {
  const length = (end ?? Infinity) - bodyStart;
  if (length > MAX_ELEMENT_BYTES) throw new VideoFileError('unreadable', 'an element is too large');
  return readExactly(source, bodyStart, length);
}

/** The first child of each ID. */
function childrenOf(bytes: Uint8Array): ReadonlyMap<number, Uint8Array> {
  const children = new Map<number, Uint8Array>();
  for (const [id, body] of elementsIn(bytes)) if (!children.has(id)) children.set(id, body);
  return children;
}

function* elementsIn(bytes: Uint8Array): Generator<readonly [id: number, body: Uint8Array], void, undefined> {
  for (let at = 0; at < bytes.length;) {
    const header = parseHeader(bytes, at);
    const start = at + (header?.length ?? 0);
    if (header?.size === undefined || start + header.size > bytes.length) {
      throw new VideoFileError('unreadable', 'an element is larger than the one it is in');
    }
    yield [header.id, bytes.subarray(start, start + header.size)];
    at = start + header.size;
  }
}

/** Reads an element's ID and size (RFC 8794 sections 4 to 6); undefined if they're cut or invalid. */
function parseHeader(
  bytes: Uint8Array,
  at: number,
): { readonly id: number; readonly size: number | undefined; readonly length: number } | undefined {
  const idLength = Math.clz32(bytes[at] ?? 0) - 23;
  const sizeLength = Math.clz32(bytes[at + idLength] ?? 0) - 23;
  const length = idLength + sizeLength;
  if (idLength > 4 || sizeLength > 8 || at + length > bytes.length) return undefined;
  const sizeBytes = bytes.slice(at + idLength, at + length);
  sizeBytes[0] = (sizeBytes[0] ?? 0) & (0xff >> sizeLength);
  const isOpen = sizeBytes[0] === 0xff >> sizeLength && sizeBytes.subarray(1).every((byte) => byte === 0xff);
  const size = isOpen ? undefined : unsigned(sizeBytes);
  return { id: unsigned(bytes.subarray(at, at + idLength)), size, length };
}

function unsigned(bytes: Uint8Array | undefined): number {
  let value = 0;
  for (const byte of bytes ?? []) value = value * 256 + byte;
  return value;
}

function float(bytes: Uint8Array | undefined): number {
  if (!bytes) return 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const value = bytes.length === 8 ? view.getFloat64(0) : bytes.length === 4 ? view.getFloat32(0) : 0;
  return Number.isFinite(value) && value > 0 ? value : 0;
}

function textOf(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? [])
    .toString('latin1')
    .replace(/\0+$/, '');
}

function truncated(source: ByteSource, end: number): VideoFileError {
  return new VideoFileError('incomplete', `the file has ${source.size} bytes, but an element ends at ${end}`);
}
