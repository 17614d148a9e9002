import { hasText } from '../common/byteReader';
import { ImageFileError, imageReader } from './imageFileError';

/** Exif orientation (tag 0x0112): 1 is as stored, 6 a quarter turn clockwise. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

/** An orientation as steps: swap the axes, then mirror along the stored ones. */
export interface OrientationTransform {
  readonly swap: boolean;
  readonly flipX: boolean;
  readonly flipY: boolean;
}

const TRANSFORMS: Readonly<Record<Orientation, OrientationTransform>> = {
  1: { swap: false, flipX: false, flipY: false },
  2: { swap: false, flipX: true, flipY: false },
  3: { swap: false, flipX: true, flipY: true },
  4: { swap: false, flipX: false, flipY: true },
  5: { swap: true, flipX: false, flipY: false },
  6: { swap: true, flipX: false, flipY: true },
  7: { swap: true, flipX: true, flipY: true },
  8: { swap: true, flipX: true, flipY: false },
};

/** Returns how to find a shown point among the stored pixels. */
export const orientationTransform = (orientation: Orientation): OrientationTransform =>
  TRANSFORMS[orientation];

const ORIENTATION_TAG = 0x0112;
const SHORT = 3;
const ENTRY_BYTES = 12;

/**
 * Reads the orientation from an Exif block, with or without the prefix `Exif\0\0`. Returns 1 if it's unreadable, as
 * viewers do, because damaged metadata doesn't damage the image.
 */
export function readOrientation(block: Uint8Array): Orientation {
  const exif = imageReader(hasText(block, 0, 'Exif\0\0') ? block.subarray(6) : block);
  try {
    const order = exif.text(0, 2);
    if (order !== 'II' && order !== 'MM') return 1;
    const little = order === 'II';
    const directory = exif.u32(4, little);
    const count = exif.u16(directory, little);
    for (let index = 0; index < count; index++) {
      const entry = directory + 2 + index * ENTRY_BYTES;
      if (exif.u16(entry, little) !== ORIENTATION_TAG) continue;
      if (exif.u16(entry + 2, little) !== SHORT) return 1;
      const value = exif.u16(entry + 8, little);
      return value in TRANSFORMS ? (value as Orientation) : 1;
    }
    return 1;
  } catch (error) {
    if (error instanceof ImageFileError) return 1;
    throw error;
  }
}
