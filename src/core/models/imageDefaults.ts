import type { Family } from './family';
import { parametersOf, type ModelAndMode } from './options';
import type { OptionValue, Options, Parameter } from './parameter';

/**
 * Chooses the orientation and size that fit an image.
 * @param image size of the first image in pixels, or undefined if unknown
 * @returns the option that gives the video the image's orientation, and its size if the model has it
 */
export function optionsForImage(
  family: Family,
  subject: ModelAndMode,
  image: { readonly width: number; readonly height: number } | undefined,
): Options {
  const parameter = parametersOf(family, { ...subject, options: {} }).find(
    ({ role, unavailable }) => (role === 'size' || role === 'aspectRatio') && !unavailable,
  );
  if (!image || parameter?.values.kind !== 'choice') return {};
  const { name, values } = parameter;
  if (values.of.includes('adaptive')) return { [name]: 'adaptive' };
  const [best] = values.of
    .map((value) => ({ value, rank: rankOf(value, parameter, image) }))
    .sort((one, other) => one.rank - other.rank);
  return best ? { [name]: best.value } : {};
}

/** Lower is better: first the aspect ratio, then the exact size, then the default. */
function rankOf(
  value: OptionValue,
  { defaultValue }: Parameter,
  image: { readonly width: number; readonly height: number },
): number {
  const [width = NaN, height = NaN] = String(value).split(/[x*:]/).map(Number);
  const distance = Math.abs(Math.log(width / height / (image.width / image.height)));
  if (Number.isNaN(distance)) return Infinity;
  const isExact = width === image.width && height === image.height;
  return Math.round(distance * 1000) * 10 - (isExact ? 2 : 0) - (value === defaultValue ? 1 : 0);
}
