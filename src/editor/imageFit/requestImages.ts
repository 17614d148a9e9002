import { createHash } from 'node:crypto';
import * as vscode from 'vscode';
import * as z from 'zod/mini';
import type { Disposable } from '../../core/common/disposable';
import type { DeleteUnused } from '../../core/images/imageStore';
import type { Images, SendableImage } from '../../core/images/createImagePipeline';
import type { Size } from '../../core/images/pixels';
import type { PreparedRequest } from '../../core/models/family';
import type { VideoRequest } from '../../core/models/request';
import type { AppContext } from '../common/appContext';
import type { ImageFitDialog } from './imageFitDialog';
import type * as imageProcessing from './imageProcessing';
import type { ChosenFit, FoundImage, WizardImages } from './wizardImages';
import { ImageRejection, Rejection } from '../common/rejection';

interface Dependencies extends Pick<AppContext, 'catalog' | 'language' | 'clock' | 'l10n' | 'log'> {
  /** Absolute path of the image pipeline's worker. */
  readonly worker: string;
  /** Absolute path of the folder for sent images. */
  readonly folder: string;
  readonly dialog: ImageFitDialog;
}

/** A request whose images can be sent. */
export interface RequestWithImages {
  /** The input with the sources of the fitted images. */
  readonly input: unknown;
  /**
   * Stores the images.
   * @returns the request with the stored copies as sources, for the task
   * @throws DiskError
   */
  keep(prepared: PreparedRequest): Promise<PreparedRequest>;
}

/** Only what is needed for the images. The rest is validated elsewhere. */
const requestWithImages = z.looseObject({
  model: z.string(),
  options: z.optional(z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))),
  images: z
    .array(z.looseObject({ role: z.enum(['first', 'last', 'reference']), source: z.string() }))
    .check(z.minLength(1)),
});

/**
 * Minimum age of unused images to delete. Drafts of other workspaces, which aren't visible from here, may still
 * use younger ones.
 */
const MIN_IMAGE_AGE_MS = 30 * 24 * 3600_000;

/**
 * Converts the images of a request to what its model accepts: reads them through VS Code's file systems, applies
 * the orientation, fits them as chosen or crops them around the center, and stores them with the task. Originals
 * are never modified.
 */
export class RequestImages implements Disposable {
  readonly #deps: Dependencies;
  #images: Images | undefined;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * Fits the images of a request, if it has any.
   * @param fits the choice for each image. Images without one are cropped around the center.
   * @throws {@link Rejection} with a message for the user, or the signal's reason
   */
  async fit(
    input: unknown,
    signal: AbortSignal,
    fits: readonly ChosenFit[] = [],
  ): Promise<RequestWithImages> {
    const request = requestWithImages.safeParse(input).data;
    const family = request && this.#deps.catalog.familyOf(request.model);
    if (!family) return { input, keep: (prepared) => Promise.resolve(prepared) };
    const limits = family.imageLimits(request.options ?? {});
    const { images, ImageError, roleTitle, toImageField } = await this.#open();
    const fitted: SendableImage[] = [];
    for (const [index, { role, source }] of request.images.entries()) {
      const { options, shown } = fits[index] ?? { options: {} };
      try {
        const image = await images.fit(source, limits, options, signal);
        if (shown !== undefined && shown !== digestOf(image)) throw this.#changed();
        fitted.push(image);
      } catch (error) {
        if (!(error instanceof ImageError)) throw error;
        const number = request.images.length > 1 ? index + 1 : undefined;
        const message = `${roleTitle(role, number, this.#deps.l10n)}: ${error.message}`;
        throw new Rejection('invalidRequest', message, error);
      }
    }
    const sources = fitted.map((image) => toImageField(image));
    return {
      input: {
        ...request,
        images: request.images.map((image, index) => ({ ...image, source: sources[index] })),
      },
      keep: async (prepared) => {
        const kept: string[] = [];
        for (const image of fitted) kept.push(await images.keep(image));
        return withSources(prepared, kept);
      },
    };
  }

  /**
   * Inspects images before the wizard starts. Links aren't followed.
   * @throws {@link Rejection} with a message for the user
   */
  async look(sources: readonly string[]): Promise<WizardImages> {
    const { images, ImageError, WizardImageSet, animatedImageMessage } = await this.#open();
    const { dialog, l10n, language } = this.#deps;
    const found: FoundImage[] = [];
    for (const source of sources) {
      try {
        const info = await images.inspect(source);
        if (info.kind === 'image' && info.animated) {
          throw new Rejection('invalidRequest', animatedImageMessage(l10n));
        }
        found.push({ source, info });
      } catch (error) {
        throw error instanceof ImageError ? new Rejection('invalidRequest', error.message, error) : error;
      }
    }
    return new WizardImageSet(found, { images, dialog, l10n, language });
  }

  /**
   * Stores a PNG that isn't in a file yet, such as a video frame. If it's never sent, it's deleted with other
   * unused images, after a day at the earliest.
   * @param size expected size in pixels
   * @returns the file URI, or undefined if it isn't a PNG of this size
   * @throws DiskError
   */
  async keepPng(bytes: Uint8Array, size: Size): Promise<string | undefined> {
    const { images, ImageError } = await this.#open();
    try {
      return await images.keepPng(bytes, size);
    } catch (error) {
      if (error instanceof ImageError) return undefined;
      throw error;
    }
  }

  /**
   * Deletes stored images that are no longer used.
   * @param drafts requests that aren't tasks yet
   * @param deleteUnused calls back with images that no task uses, while no task can be added
   */
  async removeUnneeded(
    drafts: readonly Pick<VideoRequest, 'images'>[],
    deleteUnused: DeleteUnused,
  ): Promise<void> {
    const needed = drafts.flatMap(({ images = [] }) => images.map(({ source }) => source));
    const { ImageStore } = await import('./imageProcessing');
    const { folder, clock, log } = this.#deps;
    const before = clock.now() - MIN_IMAGE_AGE_MS;
    const removed = await new ImageStore(folder).removeUnneeded(new Set(needed), before, deleteUnused);
    if (removed > 0) log.info(`[images] ${removed} images that no task needs were deleted`);
  }

  dispose(): void {
    this.#images?.dispose();
  }

  /** The file changed after the preview. Never send anything the user hasn't seen. */
  #changed(): Rejection {
    const message = this.#deps.l10n.t('The image changed since you previewed it. Preview it again.');
    return new ImageRejection('invalidRequest', message);
  }

  async #open(): Promise<typeof imageProcessing & { readonly images: Images }> {
    const processing = await import('./imageProcessing');
    const { worker, folder, clock, l10n, log } = this.#deps;
    const options = { worker, folder, files: editorFiles, clock, l10n, log };
    this.#images ??= processing.createImagePipeline(options);
    return { ...processing, images: this.#images };
  }
}

/** @returns the SHA-256 of the image in hex, or undefined for a link. */
function digestOf(image: SendableImage): string | undefined {
  return image.kind === 'link' ? undefined : createHash('sha256').update(image.bytes).digest('hex');
}

const editorFiles = {
  size: async (uri: string) => (await vscode.workspace.fs.stat(vscode.Uri.parse(uri, true))).size,
  read: async (uri: string) => vscode.workspace.fs.readFile(vscode.Uri.parse(uri, true)),
};

function withSources(prepared: PreparedRequest, sources: readonly string[]): PreparedRequest {
  const images = prepared.request.images?.map((image, index) => ({
    ...image,
    source: sources[index] ?? image.source,
  }));
  return { ...prepared, request: { ...prepared.request, ...(images ? { images } : {}) } };
}
