import { orientationTransform, type Orientation } from './orientation';
import { createPixels, type Pixels, type Rect, type Size } from './pixels';

/** Scales a whole opaque image. */
export type Resampler = (image: Pixels, size: Size) => Pixels;

/**
 * Draws a part of an image at a size. The image is as stored, the part and the result are as shown. All pixels must be
 * opaque. The part is rounded to whole pixels, and nothing from outside it is mixed in.
 */
export function drawScaled(
  image: Pixels,
  orientation: Orientation,
  part: Rect,
  size: Size,
  resample: Resampler,
): Pixels {
  const { swap } = orientationTransform(orientation);
  const stored = swap ? { width: size.height, height: size.width } : size;
  return applyOrientation(resample(crop(image, storedRect(image, orientation, part)), stored), orientation);
}

/** Finds a part that is shown among the stored pixels. */
function storedRect(image: Size, orientation: Orientation, part: Rect): Rect {
  const { swap, flipX, flipY } = orientationTransform(orientation);
  const { x, y, width, height } = swap
    ? { x: part.y, y: part.x, width: part.height, height: part.width }
    : part;
  return {
    x: flipX ? image.width - x - width : x,
    y: flipY ? image.height - y - height : y,
    width,
    height,
  };
}

/** Copies a part of an image; returns the image itself if the part is all of it. */
function crop(image: Pixels, part: Rect): Pixels {
  const [left, width] = wholePixels(part.x, part.width, image.width);
  const [top, height] = wholePixels(part.y, part.height, image.height);
  if (width === image.width && height === image.height) return image;
  const cropped = createPixels(width, height);
  for (let row = 0; row < height; row++) {
    const from = ((top + row) * image.width + left) * 4;
    cropped.data.set(image.data.subarray(from, from + width * 4), row * width * 4);
  }
  return cropped;
}

/** Rounds both ends of a part to whole pixels, at least one of them and all within the image. */
function wholePixels(start: number, length: number, limit: number): [first: number, count: number] {
  const first = Math.max(0, Math.min(Math.round(start), limit - 1));
  return [first, Math.max(1, Math.min(Math.round(start + length), limit) - first)];
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
