/** A decoded image: red, green, blue and alpha of each pixel, row by row from the top left. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

/** Width and height, in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A part of an image, in pixels. Edges may be fractional. */
export interface Rect extends Size {
  readonly x: number;
  readonly y: number;
}

/** Red, green and blue, 0 to 255. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** Creates an image of transparent black pixels. */
export function createPixels(width: number, height: number): Pixels {
  return { width, height, data: new Uint8ClampedArray(width * height * 4) };
}

/** Creates an image of one opaque color. */
export function createSolidPixels({ width, height }: Size, [red, green, blue]: Rgb): Pixels {
  const pixels = createPixels(width, height);
  for (let at = 0; at < pixels.data.length; at += 4) {
    pixels.data[at] = red;
    pixels.data[at + 1] = green;
    pixels.data[at + 2] = blue;
    pixels.data[at + 3] = 255;
  }
  return pixels;
}

/** Draws an image over a color, in place, so that every pixel is opaque. Returns true if any pixel has changed. */
export function flatten({ data }: Pixels, background: Rgb): boolean {
  let changed = false;
  for (let at = 0; at < data.length; at += 4) {
    const alpha = data[at + 3] ?? 255;
    if (alpha === 255) continue;
    changed = true;
    for (let channel = 0; channel < 3; channel++) {
      const color = data[at + channel] ?? 0;
      data[at + channel] = (color * alpha + (background[channel] ?? 0) * (255 - alpha)) / 255;
    }
    data[at + 3] = 255;
  }
  return changed;
}

/** Copies a smaller image into a larger one. */
export function paste(into: Pixels, image: Pixels, x: number, y: number): void {
  for (let row = 0; row < image.height; row++) {
    const line = image.data.subarray(row * image.width * 4, (row + 1) * image.width * 4);
    into.data.set(line, ((y + row) * into.width + x) * 4);
  }
}
