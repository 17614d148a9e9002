import * as z from 'zod/mini';
import { videoRequestSchema } from '../../../core/models/request';
import type { KeyCheck } from '../../../core/tasks/keyGuard';
import type { Memento } from '../../common/appContext';
import { canStoreInDraft } from '../wizard/wizardState';
import type { WizardInput } from '../wizard/wizardTypes';

const MEMENTO = 'promptEditor.choices';

/** Maximum number of stored editors. Older ones may belong to documents that were closed without this extension. */
const MAX_STORED = 20;

const { model, options, images, remixOf } = videoRequestSchema.shape;
const stored = z.record(
  z.string(),
  z.object({
    request: z.object({ model: z.exactOptional(model), options, images, remixOf }),
    basedOn: z.exactOptional(z.string()),
  }),
);

/** The user's other choices for the prompts in editors, by document URI. Kept over a reload of the window. */
export class PromptChoices {
  readonly #memento: Memento;
  readonly #looksLikeKey: KeyCheck;
  readonly #current = new Map<string, WizardInput>();

  constructor(memento: Memento, looksLikeKey: KeyCheck) {
    this.#memento = memento;
    this.#looksLikeKey = looksLikeKey;
  }

  get(uri: string): WizardInput {
    return this.#current.get(uri) ?? this.#stored()[uri] ?? {};
  }

  set(uri: string, input: WizardInput): void {
    this.#current.set(uri, input);
    const { request = {}, basedOn } = input;
    if (!canStoreInDraft(request)) return;
    const others = this.#without(uri);
    const entry = { request, ...(basedOn === undefined ? {} : { basedOn }) };
    const entries = Object.entries<unknown>({ ...others, [uri]: entry }).slice(-MAX_STORED);
    this.#store(Object.fromEntries(entries));
  }

  delete(uri: string): void {
    this.#current.delete(uri);
    if (uri in this.#stored()) this.#store(this.#without(uri));
  }

  #without(uri: string): z.infer<typeof stored> {
    return Object.fromEntries(Object.entries(this.#stored()).filter(([other]) => other !== uri));
  }

  #stored(): z.infer<typeof stored> {
    return stored.safeParse(this.#memento.get(MEMENTO)).data ?? {};
  }

  /** Mementos are plain files. */
  #store(value: Readonly<Record<string, unknown>>): void {
    if (this.#looksLikeKey(JSON.stringify(value))) return;
    this.#memento.update(MEMENTO, value).then(undefined, () => undefined);
  }
}
