import type { L10n } from '../common/l10n';
import type { ImageRole, VideoRequest } from './request';

/** Kinds of input for a video. They exclude each other (API reference 7.5.2). */
export const MODES = ['text', 'first', 'firstLast', 'reference', 'remix'] as const;
export type Mode = (typeof MODES)[number];

/** Maximum number of reference images (API reference 7.5.2). */
const MAX_REFERENCE_IMAGES = 4;

/** @returns the mode of a request, or undefined if no model supports its combination of images. */
export function modeOf({ images = [], remixOf }: Pick<VideoRequest, 'images' | 'remixOf'>): Mode | undefined {
  if (remixOf !== undefined) return images.length === 0 ? 'remix' : undefined;
  const count = (role: ImageRole) => images.filter((image) => image.role === role).length;
  const [first, last, reference] = [count('first'), count('last'), count('reference')];
  if (images.length === 0) return 'text';
  if (images.length === 1 && first === 1) return 'first';
  if (images.length === 2 && first === 1 && last === 1) return 'firstLast';
  if (images.length <= MAX_REFERENCE_IMAGES && reference === images.length) return 'reference';
  return undefined;
}

/** @returns a label that fits after "from". */
export function modeLabel(mode: Mode, l10n: L10n): string {
  switch (mode) {
    case 'text':
      return l10n.t('text alone');
    case 'first':
      return l10n.t('one image with the role "first"');
    case 'firstLast':
      return l10n.t('two images with the roles "first" and "last"');
    case 'reference':
      return l10n.t('1 to {0} images with the role "reference"', MAX_REFERENCE_IMAGES);
    case 'remix':
      return l10n.t('an earlier video, named in "remixOf"');
  }
}
