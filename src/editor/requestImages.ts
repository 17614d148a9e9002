import * as vscode from 'vscode';
import * as z from 'zod';
import type { Clock } from '../core/common/clock';
import type { L10n } from '../core/common/l10n';
import type { Disposable } from '../core/common/lifetime';
import type { Log } from '../core/common/log';
import { KeptImages } from '../core/images/keptImages';
import { limitsFor } from '../core/images/limits';
import type { Images, SendableImage } from '../core/images/room';
import type * as room from '../core/images/room';
import { familyOf, type Model } from '../core/models/catalogue';
import { RequestError, type PreparedRequest } from '../core/models/family';
import type { Task } from '../core/tasks/task';

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
