import type { L10n } from '../../core/common/l10n';
import type { SourceInfo } from '../../core/images/imagePipeline';
import type { ImageLimits } from '../../core/images/imageLimits';
import type { ImageRole } from '../../core/models/request';
import type { Choice, Texts } from '../../webview/imageFit/protocol';
import type { StepPosition } from '../common/multiStep';

type ImageInfo = Extract<SourceInfo, { kind: 'image' }>;

/** @param number index of the reference image from 1, or undefined if there's only one */
export function roleTitle(role: ImageRole, number: number | undefined, l10n: L10n): string {
  switch (role) {
    case 'first':
      return l10n.t('First Frame');
    case 'last':
      return l10n.t('Last Frame');
    case 'reference':
      return number === undefined ? l10n.t('Reference Image') : l10n.t('Reference Image {0}', number);
  }
}

/** Formats the name, size, and format of an image. */
export function describeImage(
  source: string,
  { width, height, format, bytes }: Pick<ImageInfo, 'width' | 'height' | 'format' | 'bytes'>,
  l10n: L10n,
  language: string,
): string {
  const name = nameOf(source);
  return [
    ...(name === '' ? [] : [name]),
    describeImageFile({ width, height, format }, bytes, l10n, language),
  ].join(' · ');
}

/**
 * Formats the size and format of an image.
 * @param bytes length of the file
 */
export function describeImageFile(
  { width, height, format }: Pick<ImageInfo, 'width' | 'height' | 'format'>,
  bytes: number,
  l10n: L10n,
  language: string,
): string {
  const kilobytes = Math.max(1, Math.round(bytes / 1000)).toLocaleString(language);
  const pixels = l10n.t('{0} × {1} pixels', width, height);
  return [pixels, l10n.t('{0} KB', kilobytes), KINDS[format]].join(' · ');
}

const KINDS: Readonly<Record<ImageInfo['format'], string>> = {
  jpeg: 'JPEG',
  png: 'PNG',
  webp: 'WebP',
  avif: 'AVIF',
  gif: 'GIF',
  bmp: 'BMP',
};

/** Describes what a model accepts. */
export function requirementText(
  model: string,
  { exact, preferred, sides, ratio }: ImageLimits,
  l10n: L10n,
  language: string,
): string {
  const number = (value: number) => value.toLocaleString(language);
  if (exact) return l10n.t('{0} takes images of exactly {1} × {2} pixels.', model, exact.width, exact.height);
  if (preferred) {
    const { width, height } = preferred;
    return l10n.t(
      'The video has {0} × {1} pixels; the service cuts an image of another shape.',
      width,
      height,
    );
  }
  if (sides && ratio) {
    return l10n.t(
      '{0} takes images with sides of {1} to {2} pixels, {3} to {4} times as wide as high.',
      ...[model, number(sides.min), number(sides.max), number(ratio.min), number(ratio.max)],
    );
  }
  return sides
    ? l10n.t(
        '{0} takes images with sides of {1} to {2} pixels.',
        ...[model, number(sides.min), number(sides.max)],
      )
    : l10n.t('{0} takes images of any size and shape.', model);
}

/**
 * Describes how the images are changed, for the summary.
 * @param changed choices of the images that are changed
 * @param others number of images that aren't changed
 * @returns undefined if no image is changed
 */
export function fitSummary(
  changed: readonly Choice[],
  others: number,
  limits: ImageLimits,
  l10n: L10n,
): string | undefined {
  const [first] = changed;
  if (!first) return undefined;
  const frame = limits.exact ?? limits.preferred;
  const manner = mannerOf(first);
  const isMixed = changed.some((choice) => mannerOf(choice) !== manner);
  if (isMixed || (others > 0 && manner !== 'centre')) {
    return l10n.t('What is sent is made to fit as you have chosen.');
  }
  return frame ? noteWithSize(manner, [frame.width, frame.height], l10n) : noteWithoutSize(manner, l10n);
}

type Manner = 'centre' | 'part' | 'pad' | 'blur' | 'asIs';

function mannerOf({ mode, part }: Choice): Manner {
  if (mode !== 'crop') return mode;
  return part ? 'part' : 'centre';
}

function noteWithSize(manner: Manner, size: readonly [number, number], l10n: L10n): string | undefined {
  switch (manner) {
    case 'centre':
      return l10n.t('What is sent is cut around the centre to {0} × {1} pixels.', ...size);
    case 'part':
      return l10n.t('What is sent is the part that you have chosen, {0} × {1} pixels.', ...size);
    case 'pad':
      return l10n.t('What is sent is padded to {0} × {1} pixels.', ...size);
    case 'blur':
      return l10n.t('What is sent is {0} × {1} pixels, with a blurred fill around it.', ...size);
    case 'asIs':
      return undefined;
  }
}

function noteWithoutSize(manner: Manner, l10n: L10n): string | undefined {
  switch (manner) {
    case 'centre':
      return l10n.t('What is sent is made to fit: cut around the centre, or made smaller.');
    case 'part':
      return l10n.t('What is sent is the part that you have chosen.');
    case 'pad':
      return l10n.t('What is sent is padded to a shape that fits.');
    case 'blur':
      return l10n.t('What is sent has a blurred fill around it.');
    case 'asIs':
      return undefined;
  }
}

/**
 * Localized text of the page.
 * @param count number of images on the page
 */
export function imageFitText(count: number, step: StepPosition | undefined, l10n: L10n): Texts {
  return {
    title: count === 1 ? l10n.t('Fit the Image') : l10n.t('Fit the Images'),
    step: step ? l10n.t('Step {0} of {1}', step.number, step.of) : '',
    intro: l10n.t('Nothing is sent yet. The file itself is never changed.'),
    loading: l10n.t('Loading…'),
    original: l10n.t('Original'),
    sent: l10n.t('What Is Sent'),
    mode: l10n.t('How it is made to fit'),
    modes: {
      asIs: l10n.t('As It Is'),
      crop: l10n.t('Crop'),
      pad: l10n.t('Pad'),
      blur: l10n.t('Blurred Fill'),
    },
    hints: {
      asIs: l10n.t('The whole image is sent.'),
      crop: l10n.t('Drag the frame, or move it with the arrow keys; with Shift in larger steps.'),
      pad: l10n.t('The whole image is sent, on a plain colour.'),
      blur: l10n.t('The whole image is sent, on a blurred copy of itself.'),
    },
    frame: l10n.t('Part that is sent'),
    frameRole: l10n.t('movable frame'),
    position: l10n.t('{0} % from the left, {1} % from the top', '{0}', '{1}'),
    zoom: l10n.t('Zoom'),
    reset: l10n.t('Reset'),
    color: l10n.t('Colour'),
    background: l10n.t('Transparent parts become'),
    black: l10n.t('Black'),
    white: l10n.t('White'),
    other: l10n.t('Other'),
    otherColor: l10n.t('{0}: other colour', '{0}'),
    preparing: l10n.t('Preparing…'),
    use: count === 1 ? l10n.t('Use This Image') : l10n.t('Use These Images'),
    back: l10n.t('Back'),
  };
}

/** @returns the file name, or '' if the source has none. */
function nameOf(source: string): string {
  if (/^data:/i.test(source)) return '';
  const name = /([^/]*)$/.exec(source.replace(/[?#].*$/, ''))?.[1] ?? '';
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
