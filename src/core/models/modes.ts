import type { ImageRole, VideoRequest } from './request';

/** Kinds of input for a video. They exclude each other (API reference 7.5.2). */
export const MODES = ['text', 'first', 'firstLast', 'reference', 'remix'] as const;
export type Mode = (typeof MODES)[number];

/** Maximum number of images of any model (API reference 7.5.2). */
export const MAX_IMAGES = 4;

/** @returns the mode of a request, or undefined if no model supports its combination of images. */
export function modeOf({ images = [], remixOf }: Pick<VideoRequest, 'images' | 'remixOf'>): Mode | undefined {
  if (remixOf !== undefined) return images.length === 0 ? 'remix' : undefined;
  const count = (role: ImageRole) => images.filter((image) => image.role === role).length;
  const [first, last, reference] = [count('first'), count('last'), count('reference')];
  if (images.length === 0) return 'text';
  if (images.length === 1 && first === 1) return 'first';
  if (images.length === 2 && first === 1 && last === 1) return 'firstLast';
  if (images.length <= MAX_IMAGES && reference === images.length) return 'reference';
  return undefined;
}

/** @returns an English description, for messages about misuse of the API. */
export function describeMode(mode: Mode): string {
  switch (mode) {
    case 'text':
      return 'text alone';
    case 'first':
      return "one image with the role 'first'";
    case 'firstLast':
      return "two images with the roles 'first' and 'last'";
    case 'reference':
      return `1 to ${MAX_IMAGES} images with the role 'reference'`;
    case 'remix':
      return "an earlier video, named in 'remixOf'";
  }
}
