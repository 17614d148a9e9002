import type { L10n } from '../common/l10n';
import { MOST_FILE_BYTES, MOST_PIXELS } from './inspect';
import type { PictureFault } from './pictureFault';

const MB = 1024 * 1024;
const MILLION = 1_000_000;

export function animatedSentence(l10n: L10n): string {
  return l10n.t('The image is animated. Save one picture of it as JPEG or PNG and choose that.');
}

/** What the user reads of a picture that can't be sent: why, and what to do. */
export function explainFault(fault: PictureFault, l10n: L10n): string {
  switch (fault.reason) {
    case 'empty':
      return l10n.t('The image file is empty. Choose another one.');
    case 'unknownKind':
      return l10n.t(
        'The file is not an image, whatever its name says. Choose a JPEG, PNG, WebP, GIF or BMP file.',
      );
    case 'otherKind':
      return fault.kind === 'Git LFS'
        ? l10n.t('The file only points to an image that Git LFS has not fetched. Run "git lfs pull" first.')
        : l10n.t(
            'The file is of a kind that cannot be sent: {0}. Save it as JPEG or PNG and choose that.',
            fault.kind ?? '',
          );
    case 'animated':
      return animatedSentence(l10n);
    case 'truncated':
      return l10n.t(
        'The image file ends too early: it was not copied whole. Copy it again or choose another.',
      );
    case 'damaged':
      return l10n.t(
        'The image file is damaged and cannot be shown. Open it in an image program and save it anew.',
      );
    case 'tooManyPixels':
      return l10n.t(
        'The image is too large: more than {0} million pixels. Make it smaller and choose it again.',
        MOST_PIXELS / MILLION,
      );
    case 'tooManyBytes':
      return l10n.t(
        'The image file is larger than {0} MB. Make the image smaller and choose it again.',
        MOST_FILE_BYTES / MB,
      );
    case 'doesNotFit':
      return l10n.t(
        'The image cannot be made small enough for this model. Choose a simpler image, or give an https link to it.',
      );
    case 'badPart':
      return l10n.t('The chosen part is not within the image. Choose another part, or leave it out.');
    case 'badSource':
      return l10n.t(
        'An image is given as a link that begins with https://, as the URI of a file, or as a data URI with base64.',
      );
    case 'unreadable':
      return l10n.t('The image file could not be read: {0}', fault.message);
    case 'failed':
      return l10n.t('The image could not be prepared. Try again; the log says more.');
  }
}
