import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { videoRequestSchema, type VideoRequest } from '../../../core/models/request';
import { describeError, withPrefix, type Log } from '../../../core/common/log';
import type { KeyCheck } from '../../../core/tasks/keyGuard';
import type { Memento } from '../../common/appContext';
import { Rejection } from '../../common/rejection';

/** Memento keys. Drafts are kept by workspace, because their text belongs to the work there. */
export const MEMENTOS = {
  draft: 'wizard.draft',
  otherDrafts: 'wizard.otherDrafts',
  last: 'wizard.lastChoices',
} as const;

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

/** Drafts of other kinds of requests, newest first. Invalid ones are dropped. */
const otherDrafts = z.catch(z.array(z.catch(z.nullable(draft), null)), []);

const MAX_OTHER_DRAFTS = 9;

/** Maximum length of the image sources in a draft, in characters. VS Code reads all mementos when a window opens. */
const MAX_DRAFT_SOURCES_LENGTH = 16_000;

/** @returns false if the images are too large for a draft, such as data URIs. */
export function canStoreInDraft({ images = [] }: Sources): boolean {
  return images.reduce((sum, { source }) => sum + source.length, 0) <= MAX_DRAFT_SOURCES_LENGTH;
}

/**
 * Identifies what the wizard was started with: a draft is only restored for the same images, remix source, and batch or
 * not. The draft's own sources may differ, because the user can change them in the wizard.
 */
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

  /** Makes the draft of this kind the current one, and keeps the current one for its kind. @returns the draft, if any */
  restoreDraft(kind: string): Draft | undefined {
    const current = this.draft();
    if (current && kindOf(current) === kind) return current;
    const others = otherDrafts.parse(this.#workspace.get(MEMENTOS.otherDrafts)).filter((one) => one !== null);
    const found = others.find((one) => kindOf(one) === kind);
    if (!found && !current) return undefined;
    const kept = [...(current ? [current] : []), ...others.filter((one) => one !== found)];
    void this.#update(this.#workspace, MEMENTOS.otherDrafts, kept.slice(0, MAX_OTHER_DRAFTS));
    void this.#update(this.#workspace, MEMENTOS.draft, found);
    return found;
  }

  /** Can be called on each key press: VS Code batches the writes. */
  keepDraft(value: Draft): void {
    void this.#update(this.#workspace, MEMENTOS.draft, value);
  }

  dropDraft(): void {
    void this.forgetDraft();
  }

  async forgetDraft(): Promise<void> {
    await this.#update(this.#workspace, MEMENTOS.draft, undefined);
  }

  /**
   * Sends a request without its draft, which must not be offered again: it may be paid for. The draft comes back if the
   * request was certainly not accepted.
   * @param isDraft true if the request is the current draft
   * @param send rejects with a {@link Rejection} if nothing was sent
   */
  async withoutDraft<T>(
    isDraft: boolean,
    send: () => Promise<T>,
    wasNotAccepted: (result: T) => boolean,
  ): Promise<T> {
    const draft = isDraft ? this.draft() : undefined;
    // Await it, so that after a crash the next window doesn't offer the draft either.
    if (draft) await this.forgetDraft();
    const restore = () => {
      // A draft written meanwhile is newer.
      if (draft && !this.draft()) this.keepDraft(draft);
    };
    try {
      const result = await send();
      if (wasNotAccepted(result)) restore();
      return result;
    } catch (error) {
      if (error instanceof Rejection) restore();
      throw error;
    }
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

function kindOf(draft: Draft): string {
  return draft.kind ?? draftKind(draft);
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

  /** Keeps what was written so far, whatever is undone later. */
  commit(): void {
    this.#earlier = this.#memory.draft();
    this.#hasReplaced = false;
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
