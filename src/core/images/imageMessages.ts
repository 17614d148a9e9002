import type { L10n } from '../common/l10n';
import { MAX_FILE_BYTES, MAX_PIXELS } from './inspectImage';
import type { ImageFileError } from './imageFileError';

const MB = 1024 * 1024;
const MILLION = 1_000_000;

/** Formats the message for an animated image. */
export function animatedImageMessage(l10n: L10n): string {
  return l10n.t("Animated images aren't supported. Save one frame as PNG.");
}

/** Formats the message for an image that can't be sent: the reason, and what to do. */
export function imageErrorMessage(error: ImageFileError, l10n: L10n): string {
  switch (error.reason) {
    case 'unknownKind':
      return l10n.t('Not a supported image. Use JPEG, PNG, WebP, AVIF, GIF, or BMP.');
    case 'otherKind':
      return error.kind === 'Git LFS'
        ? l10n.t("Image not downloaded from Git LFS. Run 'git lfs pull'.")
        : l10n.t("{0} isn't supported. Convert it to JPEG or PNG.", error.kind ?? '');
    case 'animated':
      return animatedImageMessage(l10n);
    case 'empty':
    case 'truncated':
    case 'damaged':
      return l10n.t('The image is damaged or incomplete. Use another copy, or save it again as PNG.');
    case 'tooManyPixels':
    case 'tooManyBytes':
      return l10n.t(
        'The image is too large. The limits are {0} MB and {1} megapixels.',
        MAX_FILE_BYTES / MB,
        MAX_PIXELS / MILLION,
      );
    case 'doesNotFit':
      return l10n.t("Couldn't make the image small enough for this model. Use a smaller image.");
    case 'badSource':
      // Only code can pass one, so it isn't localized.
      return 'An image source must be an https URL, a file URI, or a data URI with Base64.';
    case 'unreadable':
      return l10n.t("Couldn't read the image.");
    case 'badPart':
    case 'failed':
      return l10n.t("Couldn't prepare the image. See the log for details.");
  }
}
