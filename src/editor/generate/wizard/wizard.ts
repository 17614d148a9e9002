import type { Model } from '../../../core/models/catalog';
import { modeOf, type Mode } from '../../../core/models/modes';
import { checkPromptAndOptions, resolveOptions, type ResolvedOptions } from '../../../core/models/options';
import { parseOptionValue, type Options, type Parameter } from '../../../core/models/parameter';
import type { VideoRequest } from '../../../core/models/request';
import { fieldWithKey, keyInFieldMessage } from '../../../core/tasks/keyGuard';
import { Rejection } from '../../common/rejection';
import { pickModel } from './pickModel';
import { modelName } from '../../labels/optionLabels';
import { pickOption, pickOptionToChange, hasOwnStep } from './pickOption';
import { inputPrompt, type Sources } from './promptStep';
import { DraftStore } from './draftStore';
import { imageSteps, type FitTarget, type WizardImages } from '../../imageFit/imagesStep';
import { showSummary, type SummaryAction } from './summaryStep';
import { runSteps, type StepPosition, type Step, type StepResult } from '../../common/multiStep';
import { StartStep } from './startStep';
import { canStoreInDraft, type Draft } from './wizardState';
import type { Answers, WizardInput, WizardDependencies, WizardResult, WizardOptions } from './wizardTypes';

export type { Answers, WizardInput as Begun, WizardResult, WizardOptions } from './wizardTypes';

/** Steps whose ids are not names of options. */
const STEPS = {
  start: 'start',
  model: 'model',
  prompt: 'prompt',
  option: 'option ',
  summary: 'summary',
} as const;

/**
 * Asks what a video needs, step by step, and ends with a last word before anything is paid. Whoever leaves anywhere
 * sends nothing, and finds what was written the next time.
 */
export async function runGenerateWizard(
  parts: WizardDependencies,
  start: WizardOptions,
): Promise<WizardResult | undefined> {
  return new GenerateWizard(parts, start).run();
}

class GenerateWizard {
  readonly #parts: WizardDependencies;
  readonly #start: WizardOptions;
  #model: Model | undefined;
  #prompt = '';
  /** What has been answered about options; what the model does not understand waits for one that does. */
  #options: Record<string, string> = {};
  #sources: Sources = {};
  #images: WizardImages | undefined;
  /** What of the draft could not be taken along, as a sentence. */
  #lost: string | undefined;
  /** Models whose ids were entered here. */
  readonly #entered: Model[] = [];
  /** The prompt that was brought along from elsewhere; any other one is the person's own. */
  #given: string | undefined;
  /** What stands in the prompt step is a draft of an earlier time that has not been touched. */
  #isOldDraft = false;
  readonly #drafts: DraftStore;
  readonly #startStep: StartStep;

  constructor(parts: WizardDependencies, start: WizardOptions) {
    this.#parts = parts;
    this.#start = start;
    this.#startStep = new StartStep(parts, start.request);
    this.#drafts = new DraftStore(parts.memory);
  }

  get #mode(): Mode {
    return modeOf(this.#sources) ?? 'text';
  }

  /** Those that can make a video from what there is. */
  get #models(): readonly Model[] {
    return [...this.#entered, ...this.#parts.models].filter((model) => this.#canUse(model));
  }

  get #last() {
    return this.#parts.memory.last();
  }

  async run(): Promise<WizardResult | undefined> {
    await this.#begin(this.#start);
    if (this.#start.promptIsDraft === true) this.#keepDraft();
    const end = await runSteps(() => this.#plan(), this.#firstStep());
    if (end === 'away' || !this.#model) return undefined;
    const { id, family } = this.#model;
    const { parameters, options } = this.#settled();
    // What costs more, or names a person, is asked for anew each time.
    const asked = parameters.filter((parameter) => parameter.hasOwnStep);
    const chosen = Object.fromEntries(asked.map(({ name }) => [name, String(options[name])]));
    this.#parts.memory.keepLast(id, family.id, chosen);
    const fits = this.#images?.fits({ model: this.#model, options });
    return { request: this.#request(this.#model), written: this.#isWritten(), ...(fits ? { fits } : {}) };
  }

  #request({ id }: Model): VideoRequest {
    return { model: id, prompt: this.#prompt, options: this.#settled().options, ...this.#sources };
  }

  /** Puts together what is asked for already, the draft, and what was chosen last time. */
  async #begin({ request = {}, images }: WizardInput): Promise<void> {
    const { memory, defaultModel } = this.#parts;
    const lastDraft = memory.draft();
    // What was chosen for one prompt says nothing about another one.
    const belongs = request.prompt === undefined || request.prompt === lastDraft?.prompt;
    const draft = belongs && !this.#start.hasFixedPrompt ? lastDraft : undefined;
    this.#given = this.#start.promptIsDraft === true ? undefined : request.prompt;
    this.#prompt = request.prompt ?? draft?.prompt ?? '';
    this.#isOldDraft = request.prompt === undefined && this.#prompt !== '';
    this.#options = request.options ? texts(request.options) : { ...draft?.options };
    this.#sources = sourcesOf(request);
    this.#images = images ?? (await this.#look(this.#sources));
    this.#lost = undefined;
    // Who names a model or a source begins something else than the draft was.
    const goesOn = request.model === undefined && this.#mode === 'text' && this.#prompt !== '';
    if (goesOn && draft && modeOf(draft)) await this.#takeSources(draft);
    else if (this.#isOldDraft && draft && Object.keys(sourcesOf(draft)).length > 0) {
      this.#lost = this.#parts.l10n.t('Of your draft only the prompt is taken along.');
    }
    this.#model =
      this.#modelOf(request.model) ??
      this.#modelOf(draft?.model) ??
      this.#modelOf(defaultModel) ??
      this.#modelOf(this.#last.model) ??
      this.#models[0];
  }

  /** Takes the images of the draft along, unless one of them is gone. */
  async #takeSources(draft: Draft): Promise<void> {
    const { l10n } = this.#parts;
    try {
      this.#images = await this.#look(draft);
      this.#sources = sourcesOf(draft);
    } catch (error) {
      if (!(error instanceof Rejection)) throw error;
      this.#lost = l10n.t('Your draft goes on without its images. {0}', error.message);
    }
  }

  async #look({ images = [] }: Sources): Promise<WizardImages | undefined> {
    return images.length > 0 ? this.#parts.look(images.map(({ source }) => source)) : undefined;
  }

  /** Makes the video from the prompt alone; where the model can't do that, from here on with another one. */
  #leaveOutSources(): void {
    this.#sources = {};
    this.#images = undefined;
    if (this.#model && !this.#canUse(this.#model)) {
      this.#model =
        this.#modelOf(this.#parts.defaultModel) ?? this.#modelOf(this.#last.model) ?? this.#models[0];
    }
    this.#keepDraft();
  }

  #firstStep(): string | undefined {
    const ids = this.#plan().map(({ id }) => id);
    switch (this.#start.at) {
      // The model is the one of last time, or the first: a step that most people need not take.
      case 'prompt':
        return this.#startStep.isOffered ? STEPS.start : STEPS.prompt;
      case 'afterPrompt':
        return ids[Math.max(ids.indexOf(STEPS.model), ids.indexOf(STEPS.prompt)) + 1];
      case 'summary':
        return STEPS.summary;
    }
  }

  #plan(): Step[] {
    return [
      ...(this.#startStep.isOffered
        ? [{ id: STEPS.start, ask: (place: StepPosition) => this.#askStart(place) }]
        : []),
      { id: STEPS.model, ask: (place) => this.#pickModel(place) },
      ...(this.#start.hasFixedPrompt
        ? []
        : [{ id: STEPS.prompt, ask: (place: StepPosition) => this.#inputPrompt(place) }]),
      ...this.#settled()
        .parameters.filter(hasOwnStep)
        .map((parameter) => ({
          id: `${STEPS.option}${parameter.name}`,
          ask: (place: StepPosition) => this.#pickOption(parameter, place),
        })),
      ...imageSteps(this.#images, this.#sources.images, this.#subject()),
      ...(this.#start.finalSteps?.(() => this.#answers()) ?? [
        { id: STEPS.summary, ask: (place: StepPosition) => this.#askToSend(place) },
      ]),
    ];
  }

  #answers(): Answers {
    const model = this.#model;
    // The steps before these lead to one.
    if (!model) throw new Error('no model was chosen');
    const settled = this.#settled();
    return {
      ...{ model, settled, request: this.#request(model), hints: this.#remarks(model) },
      mode: this.#mode,
      noteOn: (options) => this.#images?.noteOn({ model, options }),
      fitsWith: (options) => this.#images?.fits({ model, options }),
      changeOptions: (place) => this.#changeOptions(place),
    };
  }

  #remarks({ id }: Model): string[] {
    const remark = this.#parts.hintOf(id);
    return remark === undefined ? [] : [remark];
  }

  async #askStart(place: StepPosition): Promise<StepResult> {
    const answer = await this.#startStep.ask(place);
    switch (answer.kind) {
      case 'start':
        if (answer.entered) this.#entered.push(answer.entered);
        await this.#begin({ ...this.#start, request: { ...this.#start.request, ...answer.request } });
        return { to: STEPS.prompt };
      case 'again':
        return { to: this.#startStep.isOffered ? STEPS.start : STEPS.prompt };
      case 'back':
      case 'away':
        return answer.kind;
    }
  }

  async #pickModel(place: StepPosition): Promise<StepResult> {
    const { catalog, inputs, hintOf, remember, looksLikeKey, l10n } = this.#parts;
    const answer = await pickModel({
      ...{ catalog, inputs, place, hintOf, remember, looksLikeKey, l10n },
      models: this.#models,
      mode: this.#mode,
      current: this.#model?.id,
      last: this.#last.model,
    });
    if (answer.kind !== 'value') return answer.kind === 'back' ? 'back' : 'away';
    this.#model = answer.value;
    if (!this.#models.includes(answer.value)) this.#entered.push(answer.value);
    this.#keepDraft();
    return 'forward';
  }

  async #inputPrompt(place: StepPosition): Promise<StepResult> {
    const { inputs, openEditor, language, l10n } = this.#parts;
    const answer = await inputPrompt({
      ...{ inputs, place, language, l10n },
      title: this.#title(),
      prompt: this.#prompt,
      isOldDraft: this.#isOldDraft,
      sources: this.#sources,
      note: this.#lost,
      hasEditor: this.#start.finalSteps === undefined,
      longest: this.#model?.family.maxPromptLength,
      cardError: (text) => this.#fault(text),
      onChange: (text) => this.#setPrompt(text),
    });
    this.#isOldDraft = false;
    switch (answer.kind) {
      case 'prompt':
        this.#setPrompt(answer.prompt);
        return 'forward';
      case 'model':
        return { to: STEPS.model };
      case 'alone':
        this.#leaveOutSources();
        return { to: STEPS.prompt };
      case 'editor':
        await openEditor(this.#prompt, this.#begun());
        return 'away';
      case 'back':
      case 'away':
        return answer.kind;
    }
  }

  async #pickOption(parameter: Parameter, place: StepPosition): Promise<StepResult> {
    const { inputs, l10n } = this.#parts;
    const { name } = parameter;
    const answer = await pickOption({
      ...{ inputs, place, parameter, l10n },
      title: this.#title(),
      value: this.#settled().options[name],
      refuse: (value) => this.#fault(this.#prompt, { [name]: value }),
      last: parseOptionValue(parameter, this.#lastOptions()[name]),
    });
    if (answer.kind !== 'value') return answer.kind === 'back' ? 'back' : 'away';
    this.#options = Object.fromEntries(Object.entries(this.#options).filter(([other]) => other !== name));
    if (answer.value !== undefined) this.#options[name] = String(answer.value);
    this.#keepDraft();
    return 'forward';
  }

  async #askToSend(place: StepPosition): Promise<StepResult> {
    for (;;) {
      const end = await this.#showSummary(place);
      if (end === 'preset') {
        if (this.#model) await this.#parts.presets.save(this.#request(this.#model));
      } else if (end === 'images') {
        // Whichever way it ends, it leads back to here.
        const looked = await this.#images?.ask(this.#subject(), this.#sources.images, undefined);
        if (looked === 'away') return 'away';
      } else if (end !== 'more') {
        return end;
      } else if ((await this.#changeOptions(place)) === 'away') {
        return 'away';
      }
    }
  }

  async #showSummary(place: StepPosition): Promise<StepResult | Exclude<SummaryAction, 'send'>> {
    const { inputs, host, language, l10n } = this.#parts;
    const model = this.#model;
    if (!model) return 'away';
    const settled = this.#settled();
    const note = this.#images?.noteOn({ model, options: settled.options });
    const answer = await showSummary({
      ...{ inputs, place, model, settled, language, l10n },
      title: this.#title(),
      prompt: this.#prompt,
      sources: this.#sources,
      images: this.#images,
      host: host() ?? '',
      hints: [...(note === undefined ? [] : [note]), ...this.#remarks(model)],
      leaving: !this.#isWritten()
        ? 'nothing'
        : canStoreInDraft(this.#sources)
          ? 'draft'
          : 'draftWithoutImages',
    });
    if (answer.kind !== 'value') return answer.kind === 'back' ? 'back' : 'away';
    return answer.value === 'send' ? 'forward' : answer.value;
  }

  /** Options that have no step of their own, until the person goes back to the summary. */
  async #changeOptions(place: StepPosition): Promise<'back' | 'away'> {
    const { inputs, l10n } = this.#parts;
    for (;;) {
      const settled = this.#settled();
      const which = await pickOptionToChange({ inputs, place, l10n, title: this.#title() }, settled);
      if (which.kind !== 'value') return which.kind === 'back' ? 'back' : 'away';
      const parameter = settled.parameters.find(({ name }) => name === which.value);
      if (parameter && (await this.#pickOption(parameter, place)) === 'away') return 'away';
    }
  }

  /** What the options stand at: as changed, as answered, as last time, or as the family has it. */
  #settled(changes: Options = {}): ResolvedOptions {
    if (!this.#model) return { parameters: [], options: {} };
    const { id, family } = this.#model;
    const wishes = { ...this.#lastOptions(), ...this.#options, ...changes };
    return resolveOptions(family, { model: id, mode: this.#mode }, wishes);
  }

  /** What the images are to be fitted to. */
  #subject(): FitTarget | undefined {
    return this.#model && { model: this.#model, options: this.#settled().options };
  }

  /** What would keep a prompt, or changed options, from being sent. */
  #fault(prompt: string, changes?: Options): string | undefined {
    if (!this.#model) return undefined;
    const { id, family } = this.#model;
    const { options } = this.#settled(changes);
    const { looksLikeKey, l10n } = this.#parts;
    const field = fieldWithKey({ prompt, ...options }, looksLikeKey);
    if (field !== undefined) return keyInFieldMessage(field, l10n);
    const subject = { model: id, mode: this.#mode };
    const checked = checkPromptAndOptions(family, subject, prompt, options, l10n);
    return 'faults' in checked ? checked.faults.join(' ') : undefined;
  }

  #lastOptions(): Readonly<Record<string, string>> {
    return (this.#model && this.#last.families[this.#model.family.id]) ?? {};
  }

  #setPrompt(text: string): void {
    this.#prompt = text;
    this.#keepDraft();
  }

  /** What was brought along, and not changed, is kept where it came from; an older draft is worth more than a copy. */
  #keepDraft(): void {
    if (!this.#isWritten()) {
      this.#drafts.keepEarlier();
      return;
    }
    const { id } = this.#model ?? {};
    this.#drafts.keep({
      prompt: this.#prompt,
      ...(id === undefined ? {} : { model: id }),
      options: this.#options,
      ...(canStoreInDraft(this.#sources) ? this.#sources : {}),
    });
  }

  /** All that has been answered but for the prompt. */
  #begun(): WizardInput {
    const { id } = this.#model ?? {};
    return {
      request: { ...(id === undefined ? {} : { model: id }), options: this.#options, ...this.#sources },
      images: this.#images,
      basedOn: this.#start.basedOn,
    };
  }

  #isWritten(): boolean {
    return this.#prompt !== this.#given;
  }

  #modelOf(id: string | undefined): Model | undefined {
    if (id === undefined) return undefined;
    const family = this.#parts.catalog.familyOf(id);
    const model = this.#models.find((one) => one.id === id) ?? (family && { id, family });
    return model && this.#canUse(model) ? model : undefined;
  }

  #canUse({ id, family }: Model): boolean {
    return family.modes(id).includes(this.#mode);
  }

  #title(): string {
    const { l10n } = this.#parts;
    return this.#model ? l10n.t('Generate Video with {0}', modelName(this.#model)) : l10n.t('Generate Video');
  }
}

/** Options as the steps know them; a number of a caller means its text. */
function texts(options: Readonly<Record<string, string | number | boolean>>): Record<string, string> {
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [name, String(value)]));
}

function sourcesOf({ images = [], remixOf }: Sources): Sources {
  return { ...(images.length > 0 ? { images } : {}), ...(remixOf === undefined ? {} : { remixOf }) };
}
