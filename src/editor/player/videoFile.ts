import { open, type FileHandle } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import {
  boxReader,
  type ByteSource,
  findBox,
  findBoxes,
  Mp4Error,
  readExactly,
  topBoxes,
} from '../../core/mp4/boxes';
import { readTrack } from '../../core/mp4/track';

/** What the player needs to know of a file beyond what the task tells. */
export interface VideoFile {
  /** Another one when the file has changed, so that an unchanged file is not loaded again. */
  readonly version: string;
  /** Null when the file does not tell. */
  readonly framesPerSecond: number | null;
}

/** Most that is read of the index of a file, in bytes; pictures per second are not worth more. */
const MAX_INDEX_BYTES = 16 * 1024 * 1024;

/**
 * Looks at a video of the library. Undefined when it is not there.
 * @param uri a file URI of this machine
 */
export async function inspectVideoFile(uri: string): Promise<VideoFile | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(fileURLToPath(uri), 'r');
  } catch {
    return undefined;
  }
  try {
    const found = await handle.stat();
    if (!found.isFile()) return undefined;
    const source: ByteSource = {
      size: found.size,
      read: async (position, length) => {
        const bytes = new Uint8Array(length);
        const { bytesRead } = await handle.read(bytes, 0, length, position);
        return bytes.subarray(0, bytesRead);
      },
    };
    return {
      version: `${Math.round(found.mtimeMs).toString(36)}-${found.size.toString(36)}`,
      framesPerSecond: await readFrameRate(source),
    };
  } finally {
    await handle.close();
  }
}

/** Pictures per second of the first picture track: its samples by its length. Null for fragmented and damaged files. */
export async function readFrameRate(source: ByteSource): Promise<number | null> {
  try {
    for await (const box of topBoxes(source)) {
      const length = box.end - box.start;
      if (box.type !== 'moov') continue;
      if (length > MAX_INDEX_BYTES) return null;
      const fields = boxReader(await readExactly(source, box.start, length));
      const moov = { ...box, start: 0, bodyStart: box.bodyStart - box.start, end: length };
      if (findBox(fields, moov, 'mvex')) return null;
      const tracks = findBoxes(fields, moov, 'trak').map((trak) => readTrack(fields, trak));
      const video = tracks.find((track) => track?.handler === 'vide');
      if (!video || video.duration === 0 || video.sampleCount === 0) return null;
      return (video.sampleCount * video.timescale) / video.duration;
    }
  } catch (error) {
    if (!(error instanceof Mp4Error)) throw error;
  }
  return null;
}
