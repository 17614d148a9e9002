import assert from 'node:assert/strict';
import { fitImage, type FittedImage, type FitOptions } from '../../../src/core/images/fitImage';
import { inspectImage } from '../../../src/core/images/inspectImage';
import { sizeFits, type ImageLimits } from '../../../src/core/images/imageLimits';
import { createPixels, type Pixels } from '../../../src/core/images/pixels';
import { encoded, rawElsewhere, shippedCodecs } from './testImages';

/** Limits that allow any size, so that a test changes only what it checks. */
export const any: ImageLimits = {
  formats: ['jpeg', 'png', 'webp'],
  writes: 'pngOrJpeg',
  maxBytes: 1e9,
  source: '',
};

export const codecs = shippedCodecs();

/** Fits an image and checks the invariants: a true header, the limits, and an unchanged source. */
export async function fit(
  bytes: Uint8Array,
  limits: ImageLimits,
  options: FitOptions = {},
): Promise<FittedImage> {
  const before = Buffer.from(bytes);
  const fitted = await fitImage(bytes, limits, options, codecs);
  assert.ok(before.equals(bytes), 'the given bytes are unchanged');
  assert.ok(fitted.bytes.length <= limits.maxBytes);
  const { format, width, height, orientation, hasAlpha } = inspectImage(fitted.bytes);
  assert.deepEqual(
    { format, width, height },
    { format: fitted.format, width: fitted.width, height: fitted.height },
  );
  assert.deepEqual({ orientation, hasAlpha }, { orientation: 1, hasAlpha: false });
  assert.ok(sizeFits(fitted, limits), `${width} x ${height}`);
  return fitted;
}

/** Decodes the result with ffmpeg. */
export function seen({ bytes, width, height }: FittedImage): Pixels {
  const raw = rawElsewhere(bytes);
  assert.equal(raw.length, width * height * 3);
  const pixels = createPixels(width, height);
  for (let at = 0; at < width * height; at++) {
    pixels.data.set(raw.subarray(at * 3, at * 3 + 3), at * 4);
    pixels.data[at * 4 + 3] = 255;
  }
  return pixels;
}

export const png = (pixels: Pixels) => encoded('PNG, 24 bit', pixels);
export const jpeg = (pixels: Pixels) => encoded('JPEG, baseline', pixels);
