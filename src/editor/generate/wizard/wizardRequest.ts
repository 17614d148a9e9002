import type { Model } from '../../../core/models/catalog';
import { optionsForImage } from '../../../core/models/imageDefaults';
import { modeOf, type Mode } from '../../../core/models/modes';
import { checkPromptAndOptions, resolveOptions, type ResolvedOptions } from '../../../core/models/options';
import type { OptionValue, Options } from '../../../core/models/parameter';
import type { VideoRequest } from '../../../core/models/request';
import { fieldWithKey, keyInFieldMessage } from '../../../core/tasks/keyGuard';
import type { FitTarget, WizardImages } from '../../imageFit/wizardImages';
import type { Preset } from '../presets/presetStore';
import { canStoreInDraft, DraftStore, draftKind } from './wizardState';
import type {
  Answers,
  Sources,
  WizardDependencies,
  WizardInput,
  WizardOptions,
  WizardResult,
} from './wizardTypes';

/** The request that the wizard builds. Keeps the draft up to date. */
export class WizardRequest {
  readonly #deps: WizardDependencies;
  readonly #start: WizardOptions;
  readonly #drafts: DraftStore;
  /** Kind of this run's draft. Other sources don't change it, so that the same command finds the draft again. */
  readonly #kind: string;
  /** Images of the request at the start. */
  #givenImages: WizardImages | undefined;
  /** Models whose IDs were entered here. */
  readonly #entered: Model[] = [];
  #model: Model | undefined;
  #prompt = '';
  /** The prompt that came with the request. Any other one is the user's. */
  #given: string | undefined;
  #isRestored = false;
  /** Chosen options, including those that only other models have. */
  #options: Readonly<Record<string, string>> = {};
  #sources: Sources = {};
  #images: WizardImages | undefined;
  #preset: string | undefined;

  constructor(deps: WizardDependencies, options: WizardOptions) {
    this.#deps = deps;
    this.#start = options;
    this.#drafts = new DraftStore(deps.memory);
    this.#kind = draftKind(options.request ?? {}, options.batch !== undefined);
  }

  get model(): Model | undefined {
    return this.#model;
  }

  get prompt(): string {
    return this.#prompt;
  }

  /** True if the prompt is a restored draft that hasn't been changed yet. */
  get isRestored(): boolean {
    return this.#isRestored;
  }

  get sources(): Sources {
    return this.#sources;
  }

  get images(): WizardImages | undefined {
    return this.#images;
  }

  /** Name of the preset that was used. */
  get preset(): string | undefined {
    return this.#preset;
  }

  /** Starts from the given request, the draft, and the last choices. */
  async begin(): Promise<void> {
    const { request = {}, images } = this.#start;
    this.#sources = sourcesOf(request);
    this.#images = this.#givenImages = images ?? (await this.#look(this.#sources));
    await this.#restore();
  }

  /** Starts again without a preset. Keeps the images or the remix source that were chosen. */
  async beginAgain(): Promise<void> {
    const { sources, images } = this;
    await this.begin();
    if (isEqualSource(sources, this.#sources)) this.#images = images;
    else this.setSources(sources, { images });
  }

  async #restore(): Promise<void> {
    const { memory, defaultModel } = this.#deps;
    const { request = {}, batch, promptIsDraft } = this.#start;
    const stored = batch?.hasPrompts ? undefined : memory.restoreDraft(this.#kind);
    this.#drafts.commit();
    // The choices for one prompt say nothing about another.
    const draft = request.prompt === undefined || request.prompt === stored?.prompt ? stored : undefined;
    if (draft && request.options === undefined && modeOf(this.#sources) === 'text') {
      await this.#restoreSources(draft);
    }
    this.#given = promptIsDraft ? undefined : request.prompt;
    this.#prompt = request.prompt ?? draft?.prompt ?? '';
    this.#isRestored = request.prompt === undefined && this.#prompt !== '';
    this.#options = request.options ? stringifyOptions(request.options) : (draft?.options ?? {});
    this.#preset = undefined;
    this.#model =
      this.modelOf(request.model) ??
      this.modelOf(draft?.model) ??
      this.modelOf(defaultModel) ??
      this.modelOf(memory.last().model) ??
      this.models[0];
    if (promptIsDraft) this.#keepDraft();
  }

  async #restoreSources(draft: Sources): Promise<void> {
    const sources = sourcesOf(draft);
    try {
      this.#images = await this.#look(sources);
      this.#sources = sources;
    } catch {
      // Images that can't be read anymore must not lose the prompt.
    }
  }

  async #look({ images = [] }: Sources): Promise<WizardImages | undefined> {
    return images.length > 0 ? this.#deps.look(images.map(({ source }) => source)) : undefined;
  }

  get mode(): Mode {
    return modeOf(this.#sources) ?? 'text';
  }

  /** Models that support the mode. */
  get models(): readonly Model[] {
    return [...this.#entered, ...this.#deps.models].filter((model) => this.#canUse(model));
  }

  #canUse({ id, family }: Model): boolean {
    return family.modes(id).includes(this.mode);
  }

  modelOf(id: string | undefined): Model | undefined {
    if (id === undefined) return undefined;
    const model = this.models.find((one) => one.id === id) ?? this.#deps.catalog.model(id);
    return model && this.#canUse(model) ? model : undefined;
  }

  get #isWritten(): boolean {
    return this.#prompt !== this.#given && !this.#start.batch?.hasPrompts;
  }

  get resolved(): ResolvedOptions {
    return this.#resolve({});
  }

  /** Options as changed, chosen, as the first image needs them, as in the last request, or as the family's defaults. */
  #resolve(changes: Options): ResolvedOptions {
    if (!this.#model) return { parameters: [], options: {} };
    const { id, family } = this.#model;
    const subject = { model: id, mode: this.mode };
    const image = optionsForImage(family, subject, this.#images?.firstSize);
    return resolveOptions(family, subject, { ...this.lastOptions, ...image, ...this.#options, ...changes });
  }

  get lastOptions(): Readonly<Record<string, string>> {
    const { models, families } = this.#deps.memory.last();
    return (this.#model && (models?.[this.#model.id] ?? families[this.#model.family.id])) ?? {};
  }

  get answers(): Answers {
    if (!this.#model) throw new Error('no model was chosen');
    const resolved = this.resolved;
    const request = {
      model: this.#model.id,
      prompt: this.#prompt,
      options: resolved.options,
      ...this.#sources,
    };
    return { request, model: this.#model, mode: this.mode, resolved };
  }

  get requests(): readonly VideoRequest[] {
    const answers = this.answers;
    return this.#start.batch?.requests(answers) ?? [answers.request];
  }

  get target(): FitTarget {
    const { model, resolved } = this.answers;
    return { model, options: resolved.options };
  }

  setModel(model: Model): void {
    this.enter(model);
    this.#model = model;
    this.#keepDraft();
  }

  /** @param value undefined for the provider's default */
  setOption(name: string, value: OptionValue | undefined): void {
    const others = Object.entries(this.#options).filter(([other]) => other !== name);
    this.#options = Object.fromEntries(value === undefined ? others : [...others, [name, String(value)]]);
    this.#keepDraft();
  }

  /** The prompt of a preset isn't a draft, and must not replace one. The earlier text stays the draft. */
  usePreset({ name, prompt, options = {} }: Preset, model: Model): void {
    this.#preset = name;
    this.enter(model);
    this.#model = model;
    this.#options = stringifyOptions(options);
    if (prompt === undefined) return;
    this.#drafts.commit();
    this.#given = this.#prompt = prompt;
    this.#isRestored = false;
  }

  /**
   * Replaces the images or the remix source. If the model doesn't support that, another one is chosen: the given one,
   * or one of the same family.
   */
  setSources(
    sources: Sources,
    { images, model }: { images?: WizardImages | undefined; model?: string } = {},
  ): void {
    const { defaultModel, memory } = this.#deps;
    this.#sources = sourcesOf(sources);
    this.#images = images;
    const before = this.#model;
    if (before && (model !== undefined || !this.#canUse(before))) {
      this.#model =
        this.modelOf(model) ??
        this.models.find(({ family }) => family === before.family) ??
        this.modelOf(defaultModel) ??
        this.modelOf(memory.last().model) ??
        this.models[0];
    }
    this.#keepDraft();
  }

  /** Returns true if the model also supports this mode. */
  supports(mode: Mode): boolean {
    return this.#model?.family.modes(this.#model.id).includes(mode) ?? false;
  }

  /** Offers a model whose ID was entered. */
  enter(model: Model): void {
    if (!this.models.some(({ id }) => id === model.id)) this.#entered.push(model);
  }

  /** Errors of the request if an option had this value. */
  errorsWith(name: string, value: OptionValue): readonly string[] {
    return this.errors(this.#prompt, this.#resolve({ [name]: value }).options);
  }

  /** Why a prompt can't be sent with these options. */
  error(prompt: string, options: Options = this.resolved.options): string | undefined {
    return this.errors(prompt, options).join(' ') || undefined;
  }

  errors(prompt: string, options: Options): readonly string[] {
    if (!this.#model) return [];
    const { id, family } = this.#model;
    const { looksLikeKey, l10n } = this.#deps;
    const field = fieldWithKey({ prompt, ...options }, looksLikeKey);
    if (field !== undefined) return [keyInFieldMessage(field, l10n)];
    const checked = checkPromptAndOptions(family, { model: id, mode: this.mode }, prompt, options, l10n);
    return 'errors' in checked ? checked.errors : [];
  }

  setPrompt(text: string): void {
    this.#prompt = text;
    this.#isRestored = false;
    this.#keepDraft();
  }

  /** Stores what the user wrote. An empty prompt, or one that is stored elsewhere, doesn't replace an earlier draft. */
  #keepDraft(): void {
    if (!this.#isWritten || this.#prompt === '') {
      this.#drafts.keepEarlier();
      return;
    }
    if (!canStoreInDraft(this.#sources)) this.#drafts.keep(this.#draft({}));
    else this.#drafts.keep(this.#draft(this.#sources));
  }

  #draft(sources: Sources) {
    const model = this.#model && { model: this.#model.id };
    return { prompt: this.#prompt, ...model, options: this.#options, ...sources, kind: this.#kind };
  }

  /** Also discards the images or the remix source that came with the draft. */
  discardDraft(): void {
    this.setSources(sourcesOf(this.#start.request ?? {}), { images: this.#givenImages });
    this.#prompt = '';
    this.#options = {};
    this.#isRestored = false;
    this.#drafts.discard();
  }

  /** Everything except the prompt. */
  input(): WizardInput {
    const model = this.#model && { model: this.#model.id };
    return {
      request: { ...model, options: this.#options, ...this.#sources },
      images: this.#images,
      basedOn: this.#start.basedOn,
    };
  }

  /** Remembers the main choices for the next request. */
  finish(): WizardResult {
    const { model, resolved, request } = this.answers;
    // Options that cost more or name a person are never remembered.
    const main = resolved.parameters.filter(({ isMain }) => isMain);
    const chosen = Object.fromEntries(main.map(({ name }) => [name, String(resolved.options[name])]));
    this.#deps.memory.keepLast(model.id, model.family.id, chosen);
    return {
      request,
      requests: this.requests,
      images: this.#images,
      written: this.#isWritten,
      fitsWith: (options) => this.#images?.fits({ model, options }),
    };
  }
}

/** Converts option values to strings. */
function stringifyOptions(options: Options): Record<string, string> {
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [name, String(value)]));
}

function isEqualSource(one: Sources, other: Sources): boolean {
  return draftKind(one) === draftKind(other);
}

function sourcesOf({ images = [], remixOf }: Sources): Sources {
  return { ...(images.length > 0 ? { images } : {}), ...(remixOf === undefined ? {} : { remixOf }) };
}
