import { createHash } from 'node:crypto';
import type { VideoSpec } from './videoSpec';

/** Moving images and a tone that depend only on the spec's look. */
export interface Scene {
  /** Size of the frames painted here; the encoder scales them up. */
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  /** Two frequencies in hertz, left and right ear. */
  readonly tones: readonly [number, number];
  /** Paints one frame as packed RGB. The buffer is reused for the next one. */
  readonly paint: (frame: number) => Buffer;
}

const SCALE = 4;
/** A minor pentatonic scale, so any two of them sound good together. */
const NOTES = [220, 261.63, 293.66, 329.63, 392, 440, 523.25, 587.33, 659.25, 783.99] as const;

/**
 * Creates bands of flowing color, a disc that moves over them, and a progress bar along the bottom edge. Any
 * two frames differ, and so do any two looks.
 */
export function createScene(spec: VideoSpec): Scene {
  const dice = createHash('sha256').update(spec.look).digest();
  const die = (index: number): number => dice.readUInt8(index % dice.length) / 255;
  const width = Math.max(2, Math.round(spec.width / SCALE));
  const height = Math.max(2, Math.round(spec.height / SCALE));
  const frames = Math.round(spec.seconds * spec.framesPerSecond);
  const palette = createPalette(die(0), die(1), die(2));
  const buffer = Buffer.alloc(width * height * 3);
  const waves = [3 + 5 * die(3), 3 + 5 * die(4), 2 + 4 * die(5)] as const;
  const drift = [0.5 + die(6), 0.4 + die(7), 0.3 + die(8)] as const;
  const orbit = { x: 1 + Math.floor(3 * die(9)), y: 1 + Math.floor(3 * die(10)), phase: 6.28 * die(11) };
  const longSide = Math.max(width, height);

  const paint = (frame: number): Buffer => {
    const time = frame / spec.framesPerSecond;
    const part = frames < 2 ? 0 : frame / (frames - 1);
    // Three waves from lookup tables: horizontal, vertical and diagonal. Adding table entries is what makes
    // this cheap.
    const along = table(width, (x) => Math.sin((waves[0] * x) / longSide + drift[0] * time));
    const across = table(height, (y) => Math.sin((waves[1] * y) / longSide - drift[1] * time));
    const diagonal = table(width + height, (d) => Math.sin((waves[2] * d) / longSide + drift[2] * time));
    const turn = 6.28 * (time / 6) + orbit.phase;
    const discX = width * (0.5 + 0.32 * Math.sin(orbit.x * turn));
    const discY = height * (0.5 + 0.32 * Math.cos(orbit.y * turn));
    const radius = Math.min(width, height) * 0.13;
    const barTop = height - Math.max(2, Math.round(height * 0.02));
    let at = 0;
    for (let y = 0; y < height; y += 1) {
      const row = across[y] ?? 0;
      for (let x = 0; x < width; x += 1) {
        const wave = (along[x] ?? 0) + row + (diagonal[x + y] ?? 0);
        const entry = (Math.round((wave + 3) * 42.5) & 255) * 3;
        const reach = radius - Math.hypot(x - discX, y - discY);
        let white = reach <= 0 ? 0 : Math.min(0.85, reach * 0.5);
        if (y >= barTop) white = x <= part * width ? 0.9 : 0.15;
        for (let channel = 0; channel < 3; channel += 1) {
          const colour = palette[entry + channel] ?? 0;
          buffer[at] = colour + (255 - colour) * white;
          at += 1;
        }
      }
    }
    return buffer;
  };
  const note = (index: number): number => NOTES[dice.readUInt8(index) % NOTES.length] ?? NOTES[0];
  return { width, height, frames, tones: [note(12), note(13)], paint };
}

function table(length: number, value: (index: number) => number): Float32Array {
  return Float32Array.from({ length }, (_, index) => value(index));
}

/** 256 colors from a dark to a light shade through a second hue. */
function createPalette(first: number, spread: number, lightness: number): Uint8Array {
  const palette = new Uint8Array(256 * 3);
  for (let index = 0; index < 256; index += 1) {
    const share = index / 255;
    const hue = first * 360 + (40 + 140 * spread) * share;
    const colour = hslToRgb(hue, 0.65, 0.16 + 0.08 * lightness + 0.46 * share);
    palette.set(colour, index * 3);
  }
  return palette;
}

function hslToRgb(hue: number, saturation: number, lightness: number): [number, number, number] {
  const strength = saturation * Math.min(lightness, 1 - lightness);
  const channel = (offset: number): number => {
    const k = (offset + hue / 30) % 12;
    return Math.round(255 * (lightness - strength * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return [channel(0), channel(8), channel(4)];
}
