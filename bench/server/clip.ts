import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { findEncoder } from '../../test/gateway/video/encoder';
import { VideoMaker } from '../../test/gateway/video/videoMaker';
import { testFolder } from '../../test/vscode/projectRoot';

/** A real clip, H.264 and AAC; encoded once and kept. */
export async function readClip(): Promise<Buffer> {
  const maker = new VideoMaker(findEncoder(), path.join(testFolder, 'pretend-videos'));
  const { file } = await maker.make({
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
