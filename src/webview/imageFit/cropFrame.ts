import type { Part } from './protocol';

/** An image as shown, in pixels, and the shape of the part that is kept: width divided by height. */
export interface Shape {
  readonly width: number;
  readonly height: number;
  readonly ratio: number;
}

/** How far a key moves the frame, in shares of the image. */
export const STEPS = { small: 0.01, large: 0.1 } as const;

/** Further in, a part would be enlarged to a blur. */
const MAX_ZOOM = 8;
/** Fewer pixels across are no picture. */
const MIN_SIDE = 16;

/** The largest part of the shape, around the centre. */
export function largestCrop({ width, height, ratio }: Shape): Part {
  const own = width / height;
  const size = own > ratio ? { width: ratio / own, height: 1 } : { width: 1, height: own / ratio };
  return { x: (1 - size.width) / 2, y: (1 - size.height) / 2, ...size };
}

/** How much smaller than the largest part this one is: 1 is the largest. */
export function zoomOf(part: Part, shape: Shape): number {
  return largestCrop(shape).width / part.width;
}

/** The most that makes sense for an image; 1 where it is tiny. */
export function maxZoom(shape: Shape): number {
  const largest = largestCrop(shape);
  const side = Math.min(largest.width * shape.width, largest.height * shape.height);
  return Math.max(1, Math.min(MAX_ZOOM, side / MIN_SIDE));
}

/** The part moved by shares of the image, as far as it stays within. */
export function moveCrop(part: Part, across: number, down: number): Part {
  return within({ ...part, x: part.x + across, y: part.y + down });
}

/** The part around a point, as far as it stays within. */
export function centerCrop(part: Part, x: number, y: number): Part {
  return within({ ...part, x: x - part.width / 2, y: y - part.height / 2 });
}

/** A smaller or larger part around the same point, as far as it stays within. */
export function zoomCrop(part: Part, zoom: number, shape: Shape): Part {
  const largest = largestCrop(shape);
  const by = Math.min(Math.max(zoom, 1), maxZoom(shape));
  const size = { width: largest.width / by, height: largest.height / by };
  return centerCrop({ ...part, ...size }, part.x + part.width / 2, part.y + part.height / 2);
}

/** Where the part stands between both ends of each side, 0 to 1; undefined where it fills the side. */
export function cropPosition({ x, y, width, height }: Part): {
  x: number | undefined;
  y: number | undefined;
} {
  const along = (at: number, length: number) => (length > 1 - 1e-6 ? undefined : at / (1 - length));
  return { x: along(x, width), y: along(y, height) };
}

/** What an arrow key does to the part; undefined for every other key. */
export function moveCropByKey(part: Part, key: string, isLarge: boolean): Part | undefined {
  const step = isLarge ? STEPS.large : STEPS.small;
  switch (key) {
    case 'ArrowLeft':
      return moveCrop(part, -step, 0);
    case 'ArrowRight':
      return moveCrop(part, step, 0);
    case 'ArrowUp':
      return moveCrop(part, 0, -step);
    case 'ArrowDown':
      return moveCrop(part, 0, step);
    default:
      return undefined;
  }
}

function within({ x, y, width, height }: Part): Part {
  const along = (at: number, length: number) => Math.min(Math.max(at, 0), Math.max(0, 1 - length));
  return { x: along(x, width), y: along(y, height), width, height };
}
