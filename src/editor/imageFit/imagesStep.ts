import type { FitOptions } from '../../core/images/fitImage';
import type { L10n } from '../../core/common/l10n';
import type { Model } from '../../core/models/catalog';
import type { Options } from '../../core/models/parameter';
import type { VideoRequest } from '../../core/models/request';
import type { PickItem, StepPosition, Step, StepResult } from '../common/multiStep';

/** How an image is to be fitted, as a person has chosen it. */
export interface ChosenFit {
  readonly wish: FitOptions;
  /** SHA-256 in hex of the bytes that the person was shown for it; undefined where nothing was shown. */
  readonly shown?: string | undefined;
}

/** What the images are to be fitted to. */
export interface FitTarget {
  readonly model: Model;
  readonly options: Options;
}

/** The images that go along with a request, and what a person has chosen for them. */
export interface WizardImages {
  /** How many can be looked at; a link can't. */
  readonly pictures: number;
  /** Whether one has to be changed to be sent. */
  needsFitting(subject: FitTarget): boolean;
  /** What becomes of them, in a sentence; undefined when they go as they are. */
  noteOn(subject: FitTarget): string | undefined;
  /** How they are fitted, in the order of the request; empty where nobody has chosen anything. */
  fits(subject: FitTarget): readonly ChosenFit[];
  /** Shows them, what is sent of them, and what else could be; resolves when the person has decided. */
  ask(
    subject: FitTarget | undefined,
    images: VideoRequest['images'],
    place: StepPosition | undefined,
  ): Promise<StepResult>;
}

/** The step before the summary; there where an image does not fit as it is. */
export function imageSteps(
  along: WizardImages | undefined,
  images: VideoRequest['images'],
  subject: FitTarget | undefined,
): Step[] {
  if (!along || !images || !subject || !along.needsFitting(subject)) return [];
  return [{ id: 'images', ask: async (place) => along.ask(subject, images, place) }];
}

/** The item of the summary that shows them. */
export function imageItems<T>(along: WizardImages | undefined, value: T, l10n: L10n): PickItem<T>[] {
  if (!along || along.pictures === 0) return [];
  const label = along.pictures === 1 ? l10n.t('Look at the Image…') : l10n.t('Look at the Images…');
  return [{ value, label: `$(file-media) ${label}` }];
}
