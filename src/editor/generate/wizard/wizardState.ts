import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { videoRequestSchema, type VideoRequest } from '../../../core/models/request';
import { describeError, withPrefix, type Log } from '../../../core/common/log';
import type { KeyCheck } from '../../../core/tasks/keyGuard';
import type { Memento } from '../../common/appContext';

/** Memento keys. The draft is kept by workspace, because its text belongs to the work there. */
export const MEMENTOS = { draft: 'wizard.draft', last: 'wizard.lastChoices' } as const;

const options = z.record(z.string(), z.string());

type Sources = Pick<VideoRequest, 'images' | 'remixOf'>;

/** A request that was started and not sent. */
export interface Draft extends Pick<VideoRequest, 'prompt' | 'images' | 'remixOf'> {
  readonly model?: string;
  readonly options: Readonly<Record<string, string>>;
  /** See {@link draftKind}. Missing in drafts of earlier versions. */
  readonly kind?: string;
}
const { images, remixOf } = videoRequestSchema.shape;
const draft = z.object({
  prompt: z.string(),
  model: z.exactOptional(z.string()),
  options,
  // Invalid images must not lose the prompt.
  images: z.catch(images, []),
  remixOf,
  kind: z.exactOptional(z.string()),
}) satisfies z.ZodMiniType<Draft>;

/** Maximum length of the image sources in a draft, in characters. VS Code reads all mementos when a window opens. */
const MAX_DRAFT_SOURCES_LENGTH = 16_000;

/** @returns false if the images are too large for a draft, such as data URIs. */
export function canStoreInDraft({ images = [] }: Sources): boolean {
  return images.reduce((sum, { source }) => sum + source.length, 0) <= MAX_DRAFT_SOURCES_LENGTH;
}

/** Identifies the kind of request: a draft is only restored for the same images, remix source, and batch or not. */
export function draftKind({ images = [], remixOf }: Sources, isBatch = false): string {
  if (images.length === 0 && remixOf === undefined) return isBatch ? 'batch' : 'text';
  const sources = images.map(({ role, source }) => [role, source]);
  return createHash('sha256')
    .update(JSON.stringify([sources, remixOf, isBatch]))
    .digest('hex');
}

/** The last request that was sent: its model, and the main choices by family and by model. */
const lastChoices = z.object({
  model: z.exactOptional(z.string()),
  families: z.record(z.string(), options),
  models: z.exactOptional(z.catch(z.record(z.string(), options), {})),
});
export type LastUsedOptions = z.infer<typeof lastChoices>;

interface Dependencies {
  readonly workspace: Memento;
  readonly global: Memento;
  readonly looksLikeKey: KeyCheck;
  readonly log: Log;
}

/** Drafts and last choices. Errors while storing them are only logged. */
export class WizardState {
  readonly #workspace: Memento;
  readonly #global: Memento;
  readonly #looksLikeKey: KeyCheck;
  readonly #log: Log;

  constructor({ workspace, global, looksLikeKey, log }: Dependencies) {
    this.#workspace = workspace;
    this.#global = global;
    this.#looksLikeKey = looksLikeKey;
    this.#log = withPrefix(log, 'wizard');
  }

  draft(): Draft | undefined {
    return draft.safeParse(this.#workspace.get(MEMENTOS.draft)).data;
  }

  /** The draft, if it's one of this kind. */
  draftOf(kind: string): Draft | undefined {
    const stored = this.draft();
    return stored && (stored.kind ?? draftKind(stored)) === kind ? stored : undefined;
  }

  /** Can be called on each key press: VS Code batches the writes. */
  keepDraft(value: Draft): void {
    void this.#update(this.#workspace, MEMENTOS.draft, value);
  }

  dropDraft(): void {
    void this.forgetDraft();
  }

  /** Await it before paying: otherwise a crash could offer a paid request as a draft. */
  async forgetDraft(): Promise<void> {
    await this.#update(this.#workspace, MEMENTOS.draft, undefined);
  }

  last(): LastUsedOptions {
    return lastChoices.safeParse(this.#global.get(MEMENTOS.last)).data ?? { families: {} };
  }

  keepLast(model: string, family: string, chosen: Readonly<Record<string, string>>): void {
    const { families, models } = this.last();
    void this.#update(this.#global, MEMENTOS.last, {
      model,
      families: { ...families, [family]: { ...chosen } },
      models: { ...models, [model]: { ...chosen } },
    });
  }

  async #update(memento: Memento, key: string, value: unknown): Promise<void> {
    // Mementos are plain files.
    if (value !== undefined && this.#looksLikeKey(JSON.stringify(value))) return;
    try {
      await memento.update(key, value);
    } catch (error) {
      this.#log.warn(`${key} could not be kept: ${describeError(error)}`);
    }
  }
}

/** Stores the draft of one run, and keeps the earlier one until there's something new. */
export class DraftStore {
  readonly #memory: WizardState;
  #earlier: Draft | undefined;
  #hasReplaced = false;

  constructor(memory: WizardState) {
    this.#memory = memory;
    this.#earlier = memory.draft();
  }

  keep(draft: Draft): void {
    this.#hasReplaced = true;
    this.#memory.keepDraft(draft);
  }

  discard(): void {
    this.#earlier = undefined;
    this.#hasReplaced = false;
    this.#memory.dropDraft();
  }

  /** Restores the earlier draft, because a change was undone. */
  keepEarlier(): void {
    if (!this.#hasReplaced) return;
    this.#hasReplaced = false;
    if (this.#earlier) this.#memory.keepDraft(this.#earlier);
    else this.#memory.dropDraft();
  }
}
