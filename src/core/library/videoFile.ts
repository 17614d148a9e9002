import type { Disk } from '../common/fileSystem';
import { Mp4Error, type ByteSource } from '../mp4/boxes';
import { probeMp4, startsLikeMp4 } from '../mp4/probe';
import { probeMatroska, startsLikeMatroska, type MatroskaInfo } from './matroska';
import type { VideoExtension } from './fileNames';
import { VideoFileError } from './videoFileError';

/** Facts about a complete file. Unknown numbers are 0. */
export interface VideoFileInfo {
  readonly extension: VideoExtension;
  readonly durationSeconds: number;
  readonly width: number;
  readonly height: number;
  readonly hasAudio: boolean;
  /** Received completely, but damaged, in an unknown container, or without a video track or duration. */
  readonly isUnverified?: true;
}

/** Enough to detect a text file and to read its message. */
const HEAD_BYTES = 16 * 1024;

/**
 * Checks that a file is a complete video and returns its facts (DESIGN 4.13).
 * @throws {@link VideoFileError}; the system's own error if it can't be read
 */
export async function probeVideoFile(disk: Disk, file: string): Promise<VideoFileInfo> {
  return withFile(disk, file, probeVideo);
}

/** Facts for a file that looks damaged but is kept. @throws the system's own error if it can't be read */
export async function describeUnverified(disk: Disk, file: string): Promise<VideoFileInfo> {
  const head = await withFile(disk, file, (source) => source.read(0, Math.min(4, source.size)));
  return { ...UNVERIFIED, extension: startsLikeMatroska(head) ? 'webm' : 'mp4' };
}

/** As {@link probeVideoFile}, for any bytes. */
export async function probeVideo(source: ByteSource): Promise<VideoFileInfo> {
  if (source.size === 0) throw new VideoFileError('empty', 'the file is empty');
  const head = await source.read(0, Math.min(HEAD_BYTES, source.size));
  try {
    if (startsLikeMatroska(head)) return describeMatroska(await probeMatroska(source));
    if (startsLikeMp4(head)) {
      const { container, durationSeconds, width, height, hasAudio } = await probeMp4(source);
      return { extension: container, durationSeconds, width, height, hasAudio };
    }
  } catch (error) {
    if (!(error instanceof Mp4Error)) throw error;
    if (error.reason === 'noVideo' || error.reason === 'noDuration') return UNVERIFIED;
    const isMissing = error.reason === 'truncated' || error.reason === 'noMovie';
    throw new VideoFileError(isMissing ? 'incomplete' : 'unreadable', error.message);
  }
  const text = readText(head);
  if (text === undefined) throw new VideoFileError('unreadable', 'the file is no kind of video we know');
  const isPage = /^\s*(<!doctype html|<html|<head|<body)/i.test(text);
  throw new VideoFileError(isPage ? 'webPage' : 'text', 'the file is text, not a video', text);
}

const UNVERIFIED: VideoFileInfo = {
  ...{ extension: 'mp4', durationSeconds: 0, width: 0, height: 0, hasAudio: false },
  isUnverified: true,
};

function describeMatroska({ docType, ...facts }: MatroskaInfo): VideoFileInfo {
  const isVerified = docType === 'webm' && facts.width > 0 && facts.durationSeconds > 0;
  return {
    extension: docType === 'webm' ? 'webm' : 'mkv',
    ...facts,
    ...(isVerified ? {} : { isUnverified: true }),
  };
}

/** Decodes bytes as text; undefined if they aren't text. The last character may be cut. */
function readText(head: Uint8Array): string | undefined {
  const text = new TextDecoder().decode(head, { stream: true });
  // eslint-disable-next-line no-control-regex -- control characters are what text doesn't have
  return /[\u0000-\u0008\u000e-\u001a\ufffd]/.test(text) ? undefined : text;
}

async function withFile<T>(disk: Disk, file: string, read: (source: ByteSource) => Promise<T>): Promise<T> {
  const handle = await disk.open(file, 'r');
  try {
    const { size } = await handle.stat();
    return await read({
      size,
      read: async (position, length) => {
        const bytes = new Uint8Array(length);
        const { bytesRead } = await handle.read(bytes, 0, length, position);
        return bytes.subarray(0, bytesRead);
      },
    });
  } finally {
    await handle.close();
  }
}
