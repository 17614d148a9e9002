import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { findEncoder } from '../../test/gateway/video/encoder';
import { VideoGenerator } from '../../test/gateway/video/videoGenerator';
import { testFolder } from '../../test/vscode/projectRoot';

/** Returns a real clip, H.264 and AAC, encoded once and cached. */
export async function readClip(): Promise<Buffer> {
  const maker = new VideoGenerator(findEncoder(), path.join(testFolder, 'pretend-videos'));
  const { file } = await maker.generate({
    width: 1280,
    height: 720,
    seconds: 4,
    framesPerSecond: 24,
    faststart: true,
    audio: true,
    look: 'bench',
  });
  return readFile(file);
}
