import type { FitOptions } from '../../core/images/fitImage';
import type { ImagePipeline, SourceInfo } from '../../core/images/imagePipeline';
import { sizeFits, type ImageLimits } from '../../core/images/imageLimits';
import type { Size } from '../../core/images/pixels';
import type { Model } from '../../core/models/catalog';
import type { Options } from '../../core/models/parameter';
import type { VideoRequest } from '../../core/models/request';
import type { AppContext } from '../common/appContext';
import { modelName } from '../labels/optionLabels';
import { clampChoice, fitChoicesFor, toFitOptions } from './fitOptions';
import type { ImageChoice, ImageFitDialog, ImageInfo, ImageToFit, SentImage } from './imageFitDialog';
import { adjustedNote, describeImage, requirementText, fitSummary, roleTitle } from './imageFitText';

interface Dependencies extends Pick<AppContext, 'l10n' | 'language'> {
  readonly images: Pick<ImagePipeline, 'fit'>;
  readonly dialog: ImageFitDialog;
}

export interface FoundImage {
  readonly source: string;
  readonly info: SourceInfo;
}

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
  /** Size of the first image in pixels, or undefined for a link. */
  readonly firstSize: Size | undefined;
  /** Describes how the images are changed, or undefined if they aren't. */
  noteOn(target: FitTarget): string | undefined;
  /** Choices in the order of the request, or empty if the user made none. */
  fits(target: FitTarget): readonly ChosenFit[];
  /** Shows the page. Resolves with 'cancel' if the user closes it. */
  preview(title: string, target: FitTarget, images: VideoRequest['images']): Promise<'done' | 'cancel'>;
}

/** A choice, with the limits for which its preview was shown (JSON). */
interface Kept extends ImageChoice {
  readonly limits: string;
}

/** Limits for displaying the original: no crop or padding, and a large file. */
const SHOWN: ImageLimits = {
  formats: ['jpeg', 'png', 'webp'],
  writes: 'pngOrJpeg',
  maxBytes: 2_000_000,
  source: '',
};

/** The images of one request in the wizard, with the user's choices. */
export class WizardImageSet implements WizardImages {
  readonly #deps: Dependencies;
  readonly #found: readonly FoundImage[];
  /** By image index. */
  readonly #kept = new Map<number, Kept>();

  constructor(found: readonly FoundImage[], deps: Dependencies) {
    this.#found = found;
    this.#deps = deps;
  }

  get count(): number {
    return this.#shownImages().length;
  }

  get firstSize(): Size | undefined {
    const info = this.#found[0]?.info;
    return info?.kind === 'image' ? { width: info.width, height: info.height } : undefined;
  }

  noteOn(target: FitTarget): string | undefined {
    const limits = limitsOf(target);
    const { l10n } = this.#deps;
    const changed = this.#shownImages()
      .map(({ info, index }) => ({ info, choice: this.#choice(index, info, limits) }))
      .filter(({ info, choice }) => !sizeFits(info, limits) || isChange(choice, limits));
    const note = fitSummary(changed, this.#found.length - changed.length, limits, l10n);
    const { exact } = limits;
    const notes = [note, ...this.#unseenChanges(limits)];
    if (note === undefined && exact && this.#found.some(({ info }) => info.kind === 'link')) {
      notes.push(l10n.t('The linked image must be {0}×{1}.', exact.width, exact.height));
    }
    const told = new Set(notes.filter((one) => one !== undefined));
    return told.size > 0 ? [...told].join(' ') : undefined;
  }

  /** Describes changes besides the aspect ratio for images whose preview wasn't shown. */
  #unseenChanges(limits: ImageLimits): string[] {
    const { l10n } = this.#deps;
    const unseen = this.#shownImages().filter(({ index }) => !this.#kept.has(index));
    return [
      ...(unseen.some(({ info }) => info.hasAlpha) ? [l10n.t('Transparency becomes white.')] : []),
      ...(unseen.some(({ info }) => sizeFits(info, limits) && info.bytes > limits.maxBytes)
        ? [adjustedNote(l10n)]
        : []),
    ];
  }

  fits(target: FitTarget): readonly ChosenFit[] {
    if (this.#kept.size === 0) return [];
    const limits = limitsOf(target);
    const seen = JSON.stringify(limits);
    return this.#found.map(({ info }, index) => {
      const kept = this.#kept.get(index);
      if (info.kind === 'link' || !kept) return { options: {} };
      const options = toFitOptions(this.#choice(index, info, limits));
      return kept.limits === seen ? { options, shown: kept.shown } : { options };
    });
  }

  async preview(
    title: string,
    target: FitTarget,
    images: VideoRequest['images'] = [],
  ): Promise<'done' | 'cancel'> {
    const { dialog } = this.#deps;
    const limits = limitsOf(target);
    const shown = this.#shownImages();
    const { end, chosen } = await dialog.show({
      title,
      images: shown.map(({ source, info, index }) =>
        this.#imageToFit({ source, info, index, limits, model: modelName(target.model), images }),
      ),
    });
    for (const [at, { index }] of shown.entries()) {
      const one = chosen[at];
      // Without a preview, the user hasn't seen what would be sent.
      if (one?.shown !== undefined) this.#kept.set(index, { ...one, limits: JSON.stringify(limits) });
    }
    return end === 'cancel' ? end : 'done';
  }

  #imageToFit(asked: {
    readonly source: string;
    readonly info: ImageInfo;
    readonly index: number;
    readonly limits: ImageLimits;
    readonly model: string;
    readonly images: NonNullable<VideoRequest['images']>;
  }): ImageToFit {
    const { source, info, index, limits, model, images } = asked;
    const { l10n, language } = this.#deps;
    const role = images[index]?.role ?? 'first';
    const several = role === 'reference' && images.length > 1;
    const { width, height, hasAlpha } = info;
    const { modes, ratio } = fitChoicesFor(info, limits);
    return {
      card: {
        title: roleTitle(role, several ? index + 1 : undefined, l10n),
        facts: describeImage(source, info, language),
        need: requirementText(model, limits, l10n, language),
        ...{ width, height, ratio, hasAlpha },
        modes: [...modes],
        choice: this.#choice(index, info, limits),
      },
      fit: async (options, signal) => this.#fit(source, limits, options, signal),
      show: async (size: Size, options, signal) =>
        this.#fit(source, { ...SHOWN, exact: size }, options, signal),
    };
  }

  async #fit(
    source: string,
    limits: ImageLimits,
    options: FitOptions,
    signal: AbortSignal,
  ): Promise<SentImage> {
    const fitted = await this.#deps.images.fit(source, limits, options, signal);
    if (fitted.kind === 'link') throw new Error('a link has no image');
    return fitted;
  }

  #choice(index: number, info: ImageInfo, limits: ImageLimits) {
    return clampChoice(this.#kept.get(index)?.choice, info, fitChoicesFor(info, limits));
  }

  #shownImages(): { readonly source: string; readonly info: ImageInfo; readonly index: number }[] {
    return this.#found.flatMap(({ source, info }, index) =>
      info.kind === 'image' ? [{ source, info, index }] : [],
    );
  }
}

/** @returns true if an image that already fits is changed anyway. */
function isChange({ mode, part }: ReturnType<typeof clampChoice>, { preferred }: ImageLimits): boolean {
  return mode !== 'asIs' && (mode !== 'crop' || part !== null || preferred !== undefined);
}

function limitsOf({ model, options }: FitTarget): ImageLimits {
  return model.family.imageLimits(options);
}
