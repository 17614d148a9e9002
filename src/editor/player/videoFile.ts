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

/** File properties that the task doesn't store. */
export interface VideoFile {
  /** Changes with the file, so that an unchanged file isn't reloaded. */
  readonly version: string;
  /** Null if unknown. */
  readonly framesPerSecond: number | null;
}

/** Maximum size of the index to read. The frame rate isn't worth more. */
const MAX_INDEX_BYTES = 16 * 1024 * 1024;

/**
 * Inspects a video in the library.
 * @param uri a local file URI
 * @returns undefined if the file is missing
 */
export async function inspectVideoFile(uri: string): Promise<VideoFile | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(fileURLToPath(uri), 'r');
  } catch {
    return undefined;
  }
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) return undefined;
    const source: ByteSource = {
      size: stats.size,
      read: async (position, length) => {
        const bytes = new Uint8Array(length);
        const { bytesRead } = await handle.read(bytes, 0, length, position);
        return bytes.subarray(0, bytesRead);
      },
    };
    return {
      version: `${Math.round(stats.mtimeMs).toString(36)}-${stats.size.toString(36)}`,
      framesPerSecond: await readFrameRate(source),
    };
  } finally {
    await handle.close();
  }
}

/** @returns the frame rate of the first video track, or null for fragmented and damaged files. */
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
