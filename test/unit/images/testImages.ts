import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { Codecs } from '../../../src/core/images/codecs';
import { createPixels, type Pixels, type Rgb } from '../../../src/core/images/pixels';
import { findEncoder } from '../../gateway/video/encoder';
import { projectRoot } from '../../vscode/projectRoot';

/** Arguments of ffmpeg for each kind of file. */
export const KINDS = {
  'JPEG, baseline': ['-c:v', 'mjpeg', '-q:v', '2', '-pix_fmt', 'yuvj444p', '-f', 'image2pipe'],
  'PNG, 24 bit': ['-c:v', 'png', '-pix_fmt', 'rgb24', '-f', 'image2pipe'],
  'PNG with alpha': ['-c:v', 'png', '-pix_fmt', 'rgba', '-f', 'image2pipe'],
  'PNG, palette': [
    ...['-filter_complex', 'split[a][b];[a]palettegen=reserve_transparent=0[p];[b][p]paletteuse=dither=none'],
    ...['-c:v', 'png', '-f', 'image2pipe'],
  ],
  'PNG, 48 bit': ['-c:v', 'png', '-pix_fmt', 'rgb48be', '-f', 'image2pipe'],
  'PNG, grey': ['-c:v', 'png', '-pix_fmt', 'gray', '-f', 'image2pipe'],
  'PNG, black and white': ['-c:v', 'png', '-pix_fmt', 'monob', '-f', 'image2pipe'],
  'PNG, interlaced': ['-c:v', 'png', '-pix_fmt', 'rgb24', '-flags', '+ildct', '-f', 'image2pipe'],
  'WebP, lossy': ['-c:v', 'libwebp', '-quality', '95', '-f', 'image2pipe'],
  'WebP, lossless': ['-c:v', 'libwebp', '-lossless', '1', '-pix_fmt', 'bgra', '-f', 'image2pipe'],
  'WebP, lossy with alpha': ['-c:v', 'libwebp', '-quality', '95', '-pix_fmt', 'yuva420p', '-f', 'image2pipe'],
  GIF: ['-c:v', 'gif', '-f', 'gif'],
  'GIF with alpha': [
    '-filter_complex',
    'split[a][b];[a]palettegen[p];[b][p]paletteuse',
    '-c:v',
    'gif',
    '-f',
    'gif',
  ],
  'BMP, 24 bit': ['-c:v', 'bmp', '-pix_fmt', 'bgr24', '-f', 'image2pipe'],
  'BMP, 32 bit': ['-c:v', 'bmp', '-pix_fmt', 'bgra', '-f', 'image2pipe'],
  'BMP, palette': ['-c:v', 'bmp', '-pix_fmt', 'rgb8', '-f', 'image2pipe'],
  'BMP, black and white': ['-c:v', 'bmp', '-pix_fmt', 'monob', '-f', 'image2pipe'],
  'animated PNG': ['-c:v', 'apng', '-plays', '0', '-f', 'apng'],
  'animated GIF': ['-c:v', 'gif', '-f', 'gif'],
  'animated WebP': ['-c:v', 'libwebp_anim', '-quality', '80', '-f', 'webp'],
} as const;

export type Kind = keyof typeof KINDS;

/** Encodes an image with ffmpeg. Animated kinds get three frames. */
export function encoded(kind: Kind, pixels: Pixels): Buffer {
  const frames = kind.startsWith('animated') ? 3 : 1;
  const frame = Buffer.from(pixels.data);
  // The frames must differ, or the encoder would omit them.
  const input = Array.from({ length: frames }, (_, index) =>
    Buffer.from(frame.map((value, at) => (at % 4 === 3 ? value : value ^ (index * 32)))),
  );
  const size = `${pixels.width}x${pixels.height}`;
  const args = ['-f', 'rawvideo', '-pixel_format', 'rgba', '-video_size', size, '-framerate', '5', '-i', '-'];
  return execFileSync(
    findEncoder(),
    ['-hide_banner', '-loglevel', 'error', ...args, '-frames:v', String(frames), ...KINDS[kind], '-'],
    { input: Buffer.concat(input), maxBuffer: 256 * 1024 * 1024 },
  );
}

/** Decodes with ffmpeg. */
export function decodedElsewhere(file: Uint8Array): Rgb[] {
  const raw = rawElsewhere(file);
  return Array.from({ length: raw.length / 3 }, (_, at) => [
    raw[at * 3]!,
    raw[at * 3 + 1]!,
    raw[at * 3 + 2]!,
  ]);
}

/** Decodes with ffmpeg to red, green and blue bytes of each pixel. */
export function rawElsewhere(file: Uint8Array): Buffer {
  const folder = mkdtempSync(path.join(tmpdir(), 'nebula-image-'));
  const name = path.join(folder, 'image');
  writeFileSync(name, file);
  const args = ['-hide_banner', '-loglevel', 'error', '-i', name, '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'];
  const raw = execFileSync(findEncoder(), args, { maxBuffer: 256 * 1024 * 1024 });
  rmSync(folder, { recursive: true });
  return raw;
}

export const RED: Rgb = [220, 30, 30];
export const GREEN: Rgb = [30, 200, 40];
export const BLUE: Rgb = [30, 40, 210];
export const WHITE: Rgb = [250, 250, 250];

/** Creates an image pixel by pixel. */
export function painted(
  width: number,
  height: number,
  color: (x: number, y: number) => readonly number[],
): Pixels {
  const pixels = createPixels(width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [red = 0, green = 0, blue = 0, alpha = 255] = color(x, y);
      pixels.data.set([red, green, blue, alpha], (y * width + x) * 4);
    }
  }
  return pixels;
}

/** Creates red, green, blue and white quarters, from the top left in reading order, which show any rotation. */
export function quarters(width: number, height: number): Pixels {
  return painted(width, height, (x, y) =>
    y < height / 2 ? (x < width / 2 ? RED : GREEN) : x < width / 2 ? BLUE : WHITE,
  );
}

/** Creates an image that no codec can compress, always the same. */
export function noise(width: number, height: number): Pixels {
  let state = 12345;
  return painted(width, height, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return [(state >>> 8) & 255, (state >>> 16) & 255, (state >>> 24) & 255];
  });
}

/** Returns the color at a position, given as fractions of the image. */
export function colorAt({ width, height, data }: Pixels, x: number, y: number): Rgb {
  const at = (Math.floor(y * height) * width + Math.floor(x * width)) * 4;
  return [data[at]!, data[at + 1]!, data[at + 2]!];
}

/** Names the closest of the quarters' colors. Lossy codecs change them slightly. */
export function nameOf(color: Rgb): string {
  const known = { red: RED, green: GREEN, blue: BLUE, white: WHITE, black: [0, 0, 0] as Rgb };
  const far = (other: Rgb) => Math.max(...other.map((value, channel) => Math.abs(value - color[channel]!)));
  return Object.entries(known).find(([, other]) => far(other) <= 30)?.[0] ?? color.join(' ');
}

/** Names the colors in the centers of the four quarters, in reading order. */
export function corners(pixels: Pixels): string {
  const places = [
    [0.25, 0.25],
    [0.75, 0.25],
    [0.25, 0.75],
    [0.75, 0.75],
  ] as const;
  return places.map(([x, y]) => nameOf(colorAt(pixels, x, y))).join(' ');
}

/** Location in the metadata of the test images. */
export const PLACE = '48.8584N 2.2945E';

/** Creates an Exif block with an orientation and a location. */
export function exif(orientation: number, order: 'MM' | 'II' = 'MM'): Buffer {
  const block = Buffer.alloc(26 + PLACE.length);
  const put16 = (value: number, at: number) =>
    order === 'MM' ? block.writeUInt16BE(value, at) : block.writeUInt16LE(value, at);
  const put32 = (value: number, at: number) =>
    order === 'MM' ? block.writeUInt32BE(value, at) : block.writeUInt32LE(value, at);
  block.write(order, 0, 'latin1');
  put16(42, 2);
  put32(8, 4);
  put16(1, 8);
  put16(0x0112, 10);
  put16(3, 12);
  put32(1, 14);
  put16(orientation, 18);
  block.write(PLACE, 26, 'latin1');
  return block;
}

/** Adds segments after the start of a JPEG. */
export function withSegments(jpeg: Buffer, ...segments: (readonly [marker: number, body: Buffer])[]): Buffer {
  const inserted = segments.map(([marker, body]) => {
    const head = Buffer.from([0xff, marker, 0, 0]);
    head.writeUInt16BE(body.length + 2, 2);
    return Buffer.concat([head, body]);
  });
  return Buffer.concat([jpeg.subarray(0, 2), ...inserted, jpeg.subarray(2)]);
}

/** Adds chunks after the header of a PNG. */
export function withChunks(png: Buffer, ...chunks: (readonly [type: string, body: Buffer])[]): Buffer {
  return Buffer.concat([
    png.subarray(0, 33),
    ...chunks.map(([type, body]) => pngChunk(type, body)),
    png.subarray(33),
  ]);
}

export function pngChunk(type: string, body: Buffer): Buffer {
  const chunk = Buffer.concat([Buffer.alloc(4), Buffer.from(type, 'latin1'), body, Buffer.alloc(4)]);
  chunk.writeUInt32BE(body.length, 0);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, -4)), chunk.length - 4);
  return chunk;
}

/** Converts a simple lossy WebP to the extended format with an Exif chunk. */
export function webpWithExif(webp: Buffer, { width, height }: Pixels, orientation: number): Buffer {
  const extended = Buffer.alloc(10);
  extended[0] = 0x08;
  extended.writeUIntLE(width - 1, 4, 3);
  extended.writeUIntLE(height - 1, 7, 3);
  const body = [riffChunk('VP8X', extended), webp.subarray(12), riffChunk('EXIF', exif(orientation))];
  const file = Buffer.concat([webp.subarray(0, 12), ...body]);
  file.writeUInt32LE(file.length - 8, 4);
  return file;
}

function riffChunk(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(8, type, 'latin1');
  head.writeUInt32LE(body.length, 4);
  return Buffer.concat([head, body, Buffer.alloc(body.length % 2)]);
}

/** The codecs as they ship. */
export const shippedCodecs = (): Codecs =>
  new Codecs((file) => readFile(path.join(projectRoot, 'dist', file)));
