import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, chmodSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { findProjectRoot } from './projectRoot';
import { createScene, type Scene } from './scene';
import type { VideoSpec } from './videoSpec';

/** Finds the encoder that npm installed. Throws an error with one clear message if this machine has none. */
export function findEncoder(): string {
  const fromProject = createRequire(join(findProjectRoot(), 'package.json'));
  let path: string;
  try {
    ({ path } = fromProject('@ffmpeg-installer/ffmpeg') as { path: string });
  } catch (error) {
    // The package throws plain strings.
    throw new Error(
      `The pretend gateway needs the video encoder of @ffmpeg-installer/ffmpeg: ${String(error)}`,
      {
        cause: error,
      },
    );
  }
  try {
    accessSync(path, constants.X_OK);
  } catch {
    // Packages installed without their install scripts come without the executable bit.
    chmodSync(path, 0o755);
  }
  return path;
}

/** Encodes one video to a file: H.264 and AAC, with exactly as many frames and samples as the spec says. */
export async function encodeVideo(
  encoder: string,
  spec: VideoSpec,
  file: string,
  signal: AbortSignal,
): Promise<void> {
  const scene = createScene(spec);
  const child = spawn(encoder, encoderArguments(spec, scene, file), {
    stdio: ['pipe', 'ignore', 'pipe'],
    signal,
    killSignal: 'SIGKILL',
  });
  let stderrText = '';
  child.stderr
    .setEncoding('utf8')
    .on('data', (text: string) => (stderrText = (stderrText + text).slice(-2_000)));
  // The pipe breaks if the encoder exits. Its exit code is the useful error.
  child.stdin.on('error', () => undefined);
  const ended = waitForExit(child);
  try {
    await Promise.all([feed(child, scene, ended), ended]);
  } catch (error) {
    throw new Error(`Encoding failed: ${String(error)} ${stderrText.trim()}`, { cause: error });
  }
}

async function waitForExit(child: ChildProcess): Promise<void> {
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (code !== 0) throw new Error(`the encoder ended with ${signal ?? `code ${code ?? 'none'}`}.`);
}

async function feed({ stdin }: ChildProcess, { frames, paint }: Scene, ended: Promise<void>): Promise<void> {
  const input = stdin!;
  for (let frame = 0; frame < frames && !input.destroyed; frame += 1) {
    // Copy the buffer: the pipe may still hold the frame while the next one is painted.
    const hasRoom = input.write(Buffer.from(paint(frame)));
    // Yield in both cases: painting must never delay a response.
    if (hasRoom) await new Promise((resolve) => setImmediate(resolve));
    else await Promise.race([once(input, 'drain').catch(() => undefined), ended]);
  }
  input.end();
}

function encoderArguments(spec: VideoSpec, scene: Scene, file: string): string[] {
  const [left, right] = scene.tones;
  const createWave = (tone: number): string => `0.22*sin(2*PI*${tone}*t)*(0.75+0.25*sin(2*PI*0.5*t))`;
  const videoStream = [
    '-f',
    'rawvideo',
    '-pixel_format',
    'rgb24',
    '-video_size',
    `${scene.width}x${scene.height}`,
  ];
  const sound = [
    '-f',
    'lavfi',
    '-i',
    `aevalsrc=exprs=${createWave(left)}|${createWave(right)}:s=48000:d=${spec.seconds}`,
  ];
  return [
    ...[
      '-v',
      'error',
      '-y',
      '-nostdin',
      ...videoStream,
      '-framerate',
      String(spec.framesPerSecond),
      '-i',
      'pipe:0',
    ],
    ...(spec.audio ? [...sound, '-c:a', 'aac', '-b:a', '96k'] : []),
    ...['-vf', `scale=${spec.width}:${spec.height}:flags=bilinear,setsar=1`, '-pix_fmt', 'yuv420p'],
    ...[
      '-c:v',
      'libx264',
      '-preset',
      'ultrafast',
      '-crf',
      '26',
      '-g',
      String(spec.framesPerSecond),
      '-threads',
      '2',
    ],
    ...(spec.faststart ? ['-movflags', '+faststart'] : []),
    ...['-f', 'mp4', file],
  ];
}
