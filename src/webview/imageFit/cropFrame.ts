import type { CropArea } from './protocol';

/** Size of the image in pixels, and the aspect ratio of the crop (width divided by height). */
export interface CropTarget {
  readonly width: number;
  readonly height: number;
  readonly ratio: number;
}

/** How far an arrow key moves the frame, as a fraction of the image. */
export const STEPS = { small: 0.01, large: 0.1 } as const;

/** A smaller crop would be blurred when it's enlarged. */
const MAX_ZOOM = 8;
/** Minimum side of a crop. */
const MIN_SIDE_PX = 16;

/** @returns the largest centered crop with the target aspect ratio. */
export function largestCrop({ width, height, ratio }: CropTarget): CropArea {
  const imageRatio = width / height;
  const size =
    imageRatio > ratio ? { width: ratio / imageRatio, height: 1 } : { width: 1, height: imageRatio / ratio };
  return { x: (1 - size.width) / 2, y: (1 - size.height) / 2, ...size };
}

/** @returns the zoom factor of a crop. The largest crop has zoom 1. */
export function getZoom(part: CropArea, target: CropTarget): number {
  return largestCrop(target).width / part.width;
}

/** @returns the highest zoom factor for an image, or 1 if it's too small to zoom. */
export function maxZoom(target: CropTarget): number {
  const largest = largestCrop(target);
  const side = Math.min(largest.width * target.width, largest.height * target.height);
  return Math.max(1, Math.min(MAX_ZOOM, side / MIN_SIDE_PX));
}

/** Moves a crop by fractions of the image size, clamped to the image. */
export function moveCrop(part: CropArea, across: number, down: number): CropArea {
  return clampCrop({ ...part, x: part.x + across, y: part.y + down });
}

/** Centers a crop on a point, clamped to the image. */
export function centerCrop(part: CropArea, x: number, y: number): CropArea {
  return clampCrop({ ...part, x: x - part.width / 2, y: y - part.height / 2 });
}

/** Scales a crop around its center, clamped to the image. */
export function zoomCrop(part: CropArea, zoom: number, target: CropTarget): CropArea {
  const largest = largestCrop(target);
  const factor = Math.min(Math.max(zoom, 1), maxZoom(target));
  const size = { width: largest.width / factor, height: largest.height / factor };
  return centerCrop({ ...part, ...size }, part.x + part.width / 2, part.y + part.height / 2);
}

/** @returns the position of a crop on each axis, 0 to 1, or undefined if it fills the axis. */
export function cropPosition({ x, y, width, height }: CropArea): {
  x: number | undefined;
  y: number | undefined;
} {
  const onAxis = (start: number, length: number) => (length > 1 - 1e-6 ? undefined : start / (1 - length));
  return { x: onAxis(x, width), y: onAxis(y, height) };
}

/** @returns the crop after an arrow key, or undefined for any other key. */
export function moveCropByKey(part: CropArea, key: string, isLarge: boolean): CropArea | undefined {
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

function clampCrop({ x, y, width, height }: CropArea): CropArea {
  const onAxis = (start: number, length: number) => Math.min(Math.max(start, 0), Math.max(0, 1 - length));
  return { x: onAxis(x, width), y: onAxis(y, height), width, height };
}
