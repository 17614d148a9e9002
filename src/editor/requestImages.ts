import * as vscode from 'vscode';
import * as z from 'zod';
import type { Clock } from '../core/common/clock';
import type { L10n } from '../core/common/l10n';
import type { Disposable } from '../core/common/lifetime';
import type { Log } from '../core/common/log';
import { KeptImages } from '../core/images/keptImages';
import { limitsFor, sizeFits } from '../core/images/limits';
import type { Images, SendableImage, SourceInfo } from '../core/images/room';
import type * as room from '../core/images/room';
import { familyOf, type Model } from '../core/models/catalogue';
import { RequestError, type PreparedRequest } from '../core/models/family';
import type { Task } from '../core/tasks/task';
import { Rejection } from './rejection';

interface Parts {
  /** Loads what works on pictures, on first use. */
  readonly load: () => typeof room;
  /** Absolute path of the folder of the pictures that were sent. */
  readonly folder: string;
  readonly ownModels: () => readonly Model[];
  readonly clock: Clock;
  readonly l10n: L10n;
  readonly log: Log;
}

/** A request whose images can be sent, and what becomes of it once that is sure. */
export interface RequestWithImages {
  /** As it came in, but for the sources of its images. */
  readonly input: unknown;
  /**
   * Keeps what is sent. @returns the same with the kept copies as sources, for the task
   * @throws DiskError
   */
  keep(prepared: PreparedRequest): Promise<PreparedRequest>;
}

/** What is known of images that were looked at. */
export interface LookedAt {
  /** What becomes of them with a family and its options, in a sentence; undefined when they go as they are. */
  readonly noteOn: (familyId: string, options: Options) => string | undefined;
}

type Options = Readonly<Record<string, string | number | boolean>>;

/** As far as the images go; the rest is judged elsewhere. */
const requestWithImages = z.looseObject({
  model: z.string(),
  options: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  images: z.array(z.looseObject({ role: z.string(), source: z.string() })).min(1),
});

/** Pictures younger than this stay, though no task has them yet, in ms. */
const KEPT_AT_LEAST = 24 * 3600_000;

/**
 * Brings the images of a request into the form that its model takes: read through the editor's file systems, turned
 * upright, cut around the centre where they have another shape, and kept with the task. Originals are only read.
 */
export class RequestImages implements Disposable {
  readonly #parts: Parts;
  #opened: { readonly room: typeof room; readonly images: Images } | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Fits the images of a request, if it has any.
   * @throws {@link RequestError} with a sentence for the user; the signal's reason
   */
  async fit(input: unknown, signal: AbortSignal): Promise<RequestWithImages> {
    const request = requestWithImages.safeParse(input).data;
    const family = request && familyOf(request.model, this.#parts.ownModels());
    const limits = family && limitsFor(family.id, request.options);
    if (!limits) return { input, keep: (prepared) => Promise.resolve(prepared) };
    const { room, images } = this.#open();
    const fitted: SendableImage[] = [];
    for (const { role, source } of request.images) {
      try {
        fitted.push(await images.fit(source, limits, {}, signal));
      } catch (error) {
        if (!(error instanceof room.ImageError)) throw error;
        const sentence = this.#parts.l10n.t(
          'The image with the role "{0}" can’t be sent. {1}',
          role,
          error.message,
        );
        throw new RequestError(sentence, { cause: error });
      }
    }
    const sources = fitted.map((image) => room.wireText(image));
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
   * Looks at images before anything is asked about them; links are not followed.
   * @throws {@link Rejection} with a sentence for the user
   */
  async look(sources: readonly string[]): Promise<LookedAt> {
    const { room, images } = this.#open();
    const found: SourceInfo[] = [];
    for (const source of sources) {
      try {
        const info = await images.inspect(source);
        if (info.kind === 'picture' && info.animated) {
          throw new Rejection('invalidRequest', room.animatedSentence(this.#parts.l10n));
        }
        found.push(info);
      } catch (error) {
        throw error instanceof room.ImageError
          ? new Rejection('invalidRequest', error.message, error)
          : error;
      }
    }
    return { noteOn: (familyId, options) => noteOn(found, familyId, options, this.#parts.l10n) };
  }

  /** Removes kept pictures that no task has any more. @param tasks all there are */
  async removeUnneeded(tasks: readonly Task[]): Promise<void> {
    const needed = tasks.flatMap(({ request }) => (request.images ?? []).map(({ source }) => source));
    const { folder, clock, log } = this.#parts;
    const removed = await new KeptImages(folder).removeUnneeded(new Set(needed), clock.now() - KEPT_AT_LEAST);
    if (removed > 0) log.info(`[images] ${removed} pictures that no task needs were removed`);
  }

  dispose(): void {
    this.#opened?.images.dispose();
  }

  #open(): { readonly room: typeof room; readonly images: Images } {
    if (!this.#opened) {
      const { load, folder, clock, l10n, log } = this.#parts;
      const room = load();
      this.#opened = { room, images: room.openImages({ folder, files: editorFiles, clock, l10n, log }) };
    }
    return this.#opened;
  }
}

/** What becomes of the images, in a sentence; undefined when they go as they are. */
function noteOn(
  found: readonly SourceInfo[],
  familyId: string,
  options: Options,
  l10n: L10n,
): string | undefined {
  const limits = limitsFor(familyId, options);
  if (!limits) return undefined;
  const { exact } = limits;
  const changed = found.some((info) => info.kind === 'picture' && !sizeFits(info, limits));
  if (changed && exact) {
    return l10n.t('What is sent is cut around the centre to {0} × {1} pixels.', exact.width, exact.height);
  }
  if (changed) return l10n.t('What is sent is made to fit: cut around the centre, or made smaller.');
  return exact && found.some(({ kind }) => kind === 'link')
    ? l10n.t('The image behind the link has to be {0} × {1} pixels.', exact.width, exact.height)
    : undefined;
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
