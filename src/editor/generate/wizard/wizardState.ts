import * as z from 'zod/mini';
import { videoRequestSchema, type VideoRequest } from '../../../core/models/request';
import { describeError, withPrefix, type Log } from '../../../core/common/log';
import type { KeyCheck } from '../../../core/tasks/keyGuard';
import type { Memento } from '../../common/appContext';

/** Where things are remembered. Draft: for the workspace, as the text belongs to what is worked on. */
export const MEMENTOS = { draft: 'wizard.draft', last: 'wizard.lastChoices' } as const;

const options = z.record(z.string(), z.string());

/** What somebody has answered so far, and not sent. */
export interface Draft extends Pick<VideoRequest, 'prompt' | 'images' | 'remixOf'> {
  readonly model?: string;
  readonly options: Readonly<Record<string, string>>;
}
const { images, remixOf } = videoRequestSchema.shape;
const draft = z.object({
  prompt: z.string(),
  model: z.exactOptional(z.string()),
  options,
  // A prompt is worth keeping, whatever has become of the rest.
  images: z.catch(images, []),
  remixOf,
}) satisfies z.ZodMiniType<Draft>;

/** Most characters of the sources of a draft's images: all mementos are read when a window opens. */
const MAX_DRAFT_SOURCES_LENGTH = 16_000;

/** Whether the images can go into a draft; those that are written out as data URIs are too long for it. */
export function canStoreInDraft({ images = [] }: Pick<VideoRequest, 'images'>): boolean {
  return images.reduce((sum, { source }) => sum + source.length, 0) <= MAX_DRAFT_SOURCES_LENGTH;
}

/** What was sent last: the model, and each family's options. */
const lastChoices = z.object({ model: z.exactOptional(z.string()), families: z.record(z.string(), options) });
export type LastUsedOptions = z.infer<typeof lastChoices>;

interface Parts {
  readonly workspace: Memento;
  readonly global: Memento;
  readonly looksLikeKey: KeyCheck;
  readonly log: Log;
}

/** What the wizard remembers from one time to the next. A convenience: failing to write it is logged and no more. */
export class WizardState {
  readonly #workspace: Memento;
  readonly #global: Memento;
  readonly #looksLikeKey: KeyCheck;
  readonly #log: Log;

  constructor({ workspace, global, looksLikeKey, log }: Parts) {
    this.#workspace = workspace;
    this.#global = global;
    this.#looksLikeKey = looksLikeKey;
    this.#log = withPrefix(log, 'wizard');
  }

  /** What was entered and not sent. */
  draft(): Draft | undefined {
    return draft.safeParse(this.#workspace.get(MEMENTOS.draft)).data;
  }

  /** The editor gathers what is kept in quick succession, so each key press may come here. */
  keepDraft(value: Draft): void {
    void this.#update(this.#workspace, MEMENTOS.draft, value);
  }

  /** There is no draft any more; nobody needs to wait for that. */
  dropDraft(): void {
    void this.forgetDraft();
  }

  /** Resolves when it is forgotten: what may be paid for from here on must not be offered as a draft. */
  async forgetDraft(): Promise<void> {
    await this.#update(this.#workspace, MEMENTOS.draft, undefined);
  }

  last(): LastUsedOptions {
    return lastChoices.safeParse(this.#global.get(MEMENTOS.last)).data ?? { families: {} };
  }

  keepLast(model: string, family: string, chosen: Readonly<Record<string, string>>): void {
    const families = { ...this.last().families, [family]: { ...chosen } };
    void this.#update(this.#global, MEMENTOS.last, { model, families });
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
