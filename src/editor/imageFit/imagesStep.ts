import type { FitOptions } from '../../core/images/fitImage';
import type { L10n } from '../../core/common/l10n';
import type { Model } from '../../core/models/catalog';
import type { Options } from '../../core/models/parameter';
import type { VideoRequest } from '../../core/models/request';
import type { PickItem, StepPosition, Step, StepResult } from '../common/multiStep';

/** The user's choice for an image. */
export interface ChosenFit {
  readonly options: FitOptions;
  /** SHA-256 in hex of the preview, or undefined if none was shown. */
  readonly shown?: string | undefined;
}

export interface FitTarget {
  readonly model: Model;
  readonly options: Options;
}

/** The images of a request, with the user's choices. */
export interface WizardImages {
  /** Number of images that can be shown. Links can't. */
  readonly count: number;
  /** True if an image has to be changed before it's sent. */
  needsFitting(subject: FitTarget): boolean;
  /** Describes how the images are changed, or undefined if they aren't. */
  noteOn(subject: FitTarget): string | undefined;
  /** Choices in the order of the request, or empty if the user made none. */
  fits(subject: FitTarget): readonly ChosenFit[];
  /** Shows the page. Resolves when the user has decided. */
  ask(
    subject: FitTarget | undefined,
    images: VideoRequest['images'],
    place: StepPosition | undefined,
  ): Promise<StepResult>;
}

/** The step before the summary, if an image doesn't fit. */
export function imageSteps(
  along: WizardImages | undefined,
  images: VideoRequest['images'],
  subject: FitTarget | undefined,
): Step[] {
  if (!along || !images || !subject || !along.needsFitting(subject)) return [];
  return [{ id: 'images', ask: async (place) => along.ask(subject, images, place) }];
}

/** The summary item that opens the page. */
export function imageItems<T>(along: WizardImages | undefined, value: T, l10n: L10n): PickItem<T>[] {
  if (!along || along.count === 0) return [];
  const label = along.count === 1 ? l10n.t('Look at the Image…') : l10n.t('Look at the Images…');
  return [{ value, label: `$(file-media) ${label}` }];
}
