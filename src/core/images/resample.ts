import { orientationTransform, type Orientation } from './orientation';
import { createPixels, type Pixels, type Rect, type Size } from './pixels';

/** Reach of the Lanczos kernel, in pixels of the coarser side. */
const LANCZOS_RADIUS = 3;

/**
 * Draws a part of a picture at a size. The picture is as stored, the part and the result are as shown. All pixels must
 * be opaque. Nothing from outside the part is mixed in.
 */
export function drawScaled(picture: Pixels, orientation: Orientation, part: Rect, size: Size): Pixels {
  const { swap } = orientationTransform(orientation);
  const stored = swap ? { width: size.height, height: size.width } : size;
  return applyOrientation(resample(picture, storedRect(picture, orientation, part), stored), orientation);
}

/** Where a part that is shown lies among the stored pixels. */
function storedRect(picture: Size, orientation: Orientation, part: Rect): Rect {
  const { swap, flipX, flipY } = orientationTransform(orientation);
  const { x, y, width, height } = swap
    ? { x: part.y, y: part.x, width: part.height, height: part.width }
    : part;
  return {
    x: flipX ? picture.width - x - width : x,
    y: flipY ? picture.height - y - height : y,
    width,
    height,
  };
}

/** Turns stored pixels as they are shown. */
export function applyOrientation(stored: Pixels, orientation: Orientation): Pixels {
  if (orientation === 1) return stored;
  const { swap, flipX, flipY } = orientationTransform(orientation);
  const shown = swap ? createPixels(stored.height, stored.width) : createPixels(stored.width, stored.height);
  const from = new Uint32Array(stored.data.buffer, stored.data.byteOffset, stored.width * stored.height);
  const to = new Uint32Array(shown.data.buffer);
  for (let y = 0; y < shown.height; y++) {
    for (let x = 0; x < shown.width; x++) {
      const [across, down] = swap ? [y, x] : [x, y];
      const column = flipX ? stored.width - 1 - across : across;
      const row = flipY ? stored.height - 1 - down : down;
      to[y * shown.width + x] = from[row * stored.width + column] ?? 0;
    }
  }
  return shown;
}

/** Which source pixels make up each pixel of a line, and how much of each. */
interface Line {
  /** First source pixel of each. */
  readonly first: Int32Array;
  /** So many weights for each. */
  readonly taps: number;
  readonly weights: Float32Array;
}

/** The weights along one side: the part from `start`, `length` long, becomes `count` pixels. */
function lineOf(start: number, length: number, limit: number, count: number): Line {
  const step = length / count;
  const coarse = Math.max(step, 1);
  const lowest = Math.max(0, Math.floor(start + 1e-6));
  const highest = Math.min(limit, Math.ceil(start + length - 1e-6)) - 1;
  const taps = Math.min(Math.ceil(coarse * LANCZOS_RADIUS) * 2 + 1, highest - lowest + 1);
  const first = new Int32Array(count);
  const weights = new Float32Array(count * taps);
  for (let index = 0; index < count; index++) {
    const center = start + (index + 0.5) * step - 0.5;
    const from = Math.ceil(center - coarse * LANCZOS_RADIUS);
    const begin = Math.min(Math.max(from, lowest), highest - taps + 1);
    first[index] = begin;
    let sum = 0;
    for (let at = from; at <= center + coarse * LANCZOS_RADIUS; at++) {
      const weight = lanczos((at - center) / coarse);
      // Beyond the edge, the edge goes on.
      const tap = Math.min(Math.max(at, lowest), highest) - begin;
      weights[index * taps + tap] = (weights[index * taps + tap] ?? 0) + weight;
      sum += weight;
    }
    for (let tap = 0; tap < taps; tap++) {
      weights[index * taps + tap] = (weights[index * taps + tap] ?? 0) / sum;
    }
  }
  return { first, taps, weights };
}

function lanczos(x: number): number {
  if (Math.abs(x) < 1e-9) return 1;
  if (Math.abs(x) >= LANCZOS_RADIUS) return 0;
  const angle = Math.PI * x;
  return (LANCZOS_RADIUS * Math.sin(angle) * Math.sin(angle / LANCZOS_RADIUS)) / (angle * angle);
}

/** Scales a part of an opaque picture, first across, then down. */
function resample(picture: Pixels, part: Rect, size: Size): Pixels {
  const across = lineOf(part.x, part.width, picture.width, size.width);
  const down = lineOf(part.y, part.height, picture.height, size.height);
  const top = down.first.reduce((least, row) => Math.min(least, row), picture.height);
  const bottom = down.first.reduce((most, row) => Math.max(most, row), 0) + down.taps;
  const rowLength = size.width * 3;
  const narrow = new Float32Array((bottom - top) * rowLength);
  for (let row = top; row < bottom; row++) {
    narrowRow(picture, row, across, narrow, (row - top) * rowLength);
  }
  const result = createPixels(size.width, size.height);
  const sums = new Float32Array(rowLength);
  for (let y = 0; y < size.height; y++) {
    sums.fill(0);
    for (let tap = 0; tap < down.taps; tap++) {
      const weight = down.weights[y * down.taps + tap] ?? 0;
      if (weight === 0) continue;
      const from = ((down.first[y] ?? 0) + tap - top) * rowLength;
      for (let at = 0; at < rowLength; at++) {
        sums[at] = (sums[at] ?? 0) + weight * (narrow[from + at] ?? 0);
      }
    }
    let to = y * size.width * 4;
    for (let at = 0; at < rowLength; at += 3) {
      result.data[to++] = sums[at] ?? 0;
      result.data[to++] = sums[at + 1] ?? 0;
      result.data[to++] = sums[at + 2] ?? 0;
      result.data[to++] = 255;
    }
  }
  return result;
}

/** Scales one row across. */
function narrowRow(picture: Pixels, row: number, line: Line, into: Float32Array, offset: number): void {
  const { data } = picture;
  const { first, taps, weights } = line;
  const start = row * picture.width * 4;
  let to = offset;
  for (let index = 0; index < first.length; index++) {
    let [red, green, blue] = [0, 0, 0];
    let from = start + (first[index] ?? 0) * 4;
    for (let at = index * taps; at < (index + 1) * taps; at++) {
      const weight = weights[at] ?? 0;
      red += weight * (data[from] ?? 0);
      green += weight * (data[from + 1] ?? 0);
      blue += weight * (data[from + 2] ?? 0);
      from += 4;
    }
    into[to++] = red;
    into[to++] = green;
    into[to++] = blue;
  }
}
