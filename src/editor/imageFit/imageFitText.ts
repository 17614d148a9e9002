import type { L10n } from '../../core/common/l10n';
import type { SourceInfo } from '../../core/images/imagePipeline';
import type { ImageLimits } from '../../core/images/imageLimits';
import type { Size } from '../../core/images/pixels';
import type { ImageRole } from '../../core/models/request';
import type { Choice, Texts } from '../../webview/imageFit/protocol';
import { formatKilobytes } from '../labels/libraryLabels';

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
  language: string,
): string {
  const name = fileName(source);
  return [...(name === '' ? [] : [name]), describeImageFile({ width, height, format }, bytes, language)].join(
    ' · ',
  );
}

/**
 * Formats the size and format of an image.
 * @param bytes length of the file
 */
export function describeImageFile(
  { width, height, format }: Pick<ImageInfo, 'width' | 'height' | 'format'>,
  bytes: number,
  language: string,
): string {
  return [formatSize({ width, height }), formatKilobytes(bytes, language), KINDS[format]].join(' · ');
}

const KINDS: Readonly<Record<ImageInfo['format'], string>> = {
  jpeg: 'JPEG',
  png: 'PNG',
  webp: 'WebP',
  avif: 'AVIF',
  gif: 'GIF',
  bmp: 'BMP',
};

/** Describes what a model accepts. Empty if it accepts any size. */
export function requirementText(
  model: string,
  { exact, preferred, sides, ratio }: ImageLimits,
  l10n: L10n,
  language: string,
): string {
  const number = (value: number) => value.toLocaleString(language);
  if (exact) return l10n.t('{0} needs {1}×{2} images.', model, exact.width, exact.height);
  if (preferred) {
    return l10n.t(
      'The video is {0}×{1}. Other aspect ratios are cropped.',
      preferred.width,
      preferred.height,
    );
  }
  if (!sides) return '';
  const range = [number(sides.min), number(sides.max)] as const;
  return ratio
    ? l10n.t(
        '{0} accepts {1}-{2} px per side and aspect ratios from {3} to {4}.',
        model,
        ...range,
        number(ratio.min),
        number(ratio.max),
      )
    : l10n.t('{0} accepts {1}-{2} px per side.', model, ...range);
}

/** An image that is changed, and the user's choice for it. */
export interface ChangedImage {
  readonly info: Size;
  readonly choice: Choice;
}

/**
 * Describes how the images are changed, for the summary.
 * @param others number of images that aren't changed
 * @returns undefined if no image is changed
 */
export function fitSummary(
  changed: readonly ChangedImage[],
  others: number,
  limits: ImageLimits,
  l10n: L10n,
): string | undefined {
  const [first] = changed;
  if (!first) return undefined;
  const frame = limits.exact ?? limits.preferred;
  const change = changeOf(first, frame);
  if (!change) return undefined;
  const isMixed = changed.some((other) => changeOf(other, frame) !== change);
  if (isMixed || !frame || (others > 0 && isChosen(first))) return adjustedNote(l10n);
  switch (change) {
    case 'resized':
      return l10n.t('Resized to {0}.', formatSize(frame));
    case 'cropped':
      return l10n.t('Cropped to {0}.', formatSize(frame));
    case 'padded':
      return l10n.t('Padded to {0}.', formatSize(frame));
  }
}

/** Note that an image is changed, without details. */
export function adjustedNote(l10n: L10n): string {
  return l10n.t('Will be adjusted before sending.');
}

/** Relative difference below which aspect ratios are equal, because sizes are whole pixels. */
const SAME_RATIO = 0.005;

function changeOf(
  { info, choice: { mode, part } }: ChangedImage,
  frame: Size | undefined,
): 'resized' | 'cropped' | 'padded' | undefined {
  if (mode === 'asIs') return undefined;
  if (mode !== 'crop') return 'padded';
  const scale = frame ? ((info.width / info.height) * frame.height) / frame.width : Infinity;
  return part === null && Math.abs(scale - 1) < SAME_RATIO ? 'resized' : 'cropped';
}

/** @returns true unless the image is cropped around its center, which is the default. */
function isChosen({ choice: { mode, part } }: ChangedImage): boolean {
  return mode !== 'crop' || part !== null;
}

/** Localized text of the page. */
export function imageFitText(l10n: L10n): Texts {
  return {
    title: l10n.t('Images'),
    intro: l10n.t("Nothing is sent yet. Your file isn't changed."),
    original: l10n.t('Original'),
    result: l10n.t('Result'),
    mode: l10n.t('Fit mode'),
    modes: {
      asIs: l10n.t('None'),
      crop: l10n.t('Crop'),
      pad: l10n.t('Pad'),
      blur: l10n.t('Blur Background'),
    },
    cropHint: l10n.t('Drag the frame or use the arrow keys. Shift moves faster.'),
    position: l10n.t('{0}% from left, {1}% from top', '{0}', '{1}'),
    zoom: l10n.t('Zoom'),
    reset: l10n.t('Reset'),
    color: l10n.t('Color'),
    background: l10n.t('Transparency'),
    black: l10n.t('Black'),
    white: l10n.t('White'),
    other: l10n.t('Other'),
    preparing: l10n.t('Preparing…'),
    use: l10n.t('Continue'),
    back: l10n.t('Back'),
  };
}

function formatSize({ width, height }: Size): string {
  return `${width}×${height}`;
}

/** @returns the file name, or '' if the source has none. */
export function fileName(source: string): string {
  if (/^data:/i.test(source)) return '';
  const name = /([^/]*)$/.exec(source.replace(/[?#].*$/, ''))?.[1] ?? '';
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
