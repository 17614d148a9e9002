import type { L10n } from '../../core/common/l10n';
import { familyOf, type Model } from '../../core/models/catalogue';
import { modeOf, type Mode } from '../../core/models/modes';
import { checkWords, settleOptions, type Settled } from '../../core/models/options';
import { readValue, type Options, type Parameter } from '../../core/models/parameter';
import type { VideoRequest } from '../../core/models/request';
import { sourceWords } from '../optionWords';
import { countLines, hasLines, needsEditor } from '../prompt/promptText';
import { asPlainText, shortPrompt } from '../taskWords';
import { askModel, modelName, modelWords } from './askModel';
import { askOption, askWhichOption, isExtra, isStep, optionWords } from './askOption';
import { judgePrompt } from './judgePrompt';
import { askPick, askText, walk, type PickItem, type Place, type Step, type StepEnd } from './multiStep';
import type { QuickInputs } from './quickInputs';
import type { Draft, WizardMemory } from './wizardMemory';

interface Parts {
  readonly inputs: QuickInputs;
  readonly memory: WizardMemory;
  readonly models: readonly Model[];
  /** The one to begin with, where the user has said so. */
  readonly defaultModel?: string | undefined;
  readonly hintOf: (modelId: string) => string | undefined;
  /** Keeps a model whose id was entered, for the next time. */
  readonly remember: (model: Model) => Promise<void>;
  /** Where the request would go, as the user knows it. */
  readonly host: () => string | undefined;
  /** Opens an editor with the prompt; from there it goes on with Send Prompt. */
  readonly openEditor: (prompt: string) => Promise<void>;
  /** Numbers in the user's way of writing. */
  readonly language: string;
  readonly l10n: L10n;
}

/** How the wizard begins. */
export interface WizardStart {
  /** What is asked for already; what is missing comes from the draft or from last time. */
  readonly request?: Partial<VideoRequest>;
  /** Says of the images that were brought along what becomes of them. */
  readonly noteOn?: (familyId: string, options: Options) => string | undefined;
  /** The first question; Back reaches the ones before it. */
  readonly at: 'prompt' | 'afterPrompt' | 'summary';
  /** Whether the prompt was written for this, and so becomes the draft; otherwise it has a place of its own. */
  readonly written?: boolean;
}

/** What came of the wizard. */
export interface WizardResult {
  readonly request: VideoRequest;
  /** Whether the prompt was written for this, and so was the draft until now. */
  readonly written: boolean;
}

/** Steps whose ids are not names of options. */
const STEPS = { model: 'model', prompt: 'prompt', option: 'option ', summary: 'summary' } as const;

/** How much of a prompt the summary and the list show, in characters. */
const LONGEST_QUOTE = 100;

type PromptDeed = 'use' | 'edit' | 'new';
type LastDeed = 'send' | 'more';

/**
 * Asks what a video needs, step by step, and ends with a last word before anything is paid. Whoever leaves anywhere
 * sends nothing, and finds what was written the next time.
 */
export async function askForVideo(parts: Parts, start: WizardStart): Promise<WizardResult | undefined> {
  return new GenerateWizard(parts, start).run();
}

class GenerateWizard {
  readonly #parts: Parts;
  readonly #start: WizardStart;
  readonly #mode: Mode;
  /** Those that can make a video from what there is. */
  #models: readonly Model[];
  #model: Model | undefined;
  #prompt: string;
  /** What has been answered about options; what the model does not understand waits for one that does. */
  #options: Record<string, string>;
  /** The prompt that was brought along from elsewhere; any other one is the person's own. */
  readonly #given: string | undefined;
  /** What stands in the prompt step is a draft of an earlier time that has not been touched. */
  #isOldDraft: boolean;
  /** The draft that was there before, and whether this wizard has put its own in its place. */
  readonly #earlierDraft: Draft | undefined;
  #hasReplacedDraft = false;

  constructor(parts: Parts, start: WizardStart) {
    this.#parts = parts;
    this.#start = start;
    const { request } = start;
    this.#mode = modeOf(request ?? {}) ?? 'text';
    this.#models = parts.models.filter((model) => this.#canUse(model));
    const lastDraft = parts.memory.draft();
    this.#earlierDraft = lastDraft;
    // What was chosen for one prompt says nothing about another one.
    const belongs = request?.prompt === undefined || request.prompt === lastDraft?.prompt;
    const draft = belongs ? lastDraft : undefined;
    this.#given = start.written === true ? undefined : request?.prompt;
    this.#prompt = request?.prompt ?? draft?.prompt ?? '';
    this.#isOldDraft = request?.prompt === undefined && this.#prompt !== '';
    this.#model =
      this.#modelOf(request?.model) ??
      this.#modelOf(draft?.model) ??
      this.#modelOf(parts.defaultModel) ??
      this.#modelOf(this.#last.model);
    this.#model ??= this.#models[0];
    this.#options = request?.options ? texts(request.options) : { ...draft?.options };
  }

  get #last() {
    return this.#parts.memory.last();
  }

  async run(): Promise<WizardResult | undefined> {
    if (this.#start.written === true) this.#keepDraft();
    const end = await walk(() => this.#plan(), this.#firstStep());
    if (end === 'away' || !this.#model) return undefined;
    const { request = {} } = this.#start;
    const { id, family } = this.#model;
    const { parameters, options } = this.#settled();
    // What costs more, or names a person, is asked for anew each time.
    const asked = parameters.filter((parameter) => parameter.asked);
    const chosen = Object.fromEntries(asked.map(({ name }) => [name, String(options[name])]));
    this.#parts.memory.keepLast(id, family.id, chosen);
    return {
      request: { ...request, model: id, prompt: this.#prompt, options },
      written: this.#isWritten(),
    };
  }

  #firstStep(): string | undefined {
    const ids = this.#plan().map(({ id }) => id);
    switch (this.#start.at) {
      // The model is the one of last time, or the first: a step that most people need not take.
      case 'prompt':
        return STEPS.prompt;
      case 'afterPrompt':
        return ids[ids.indexOf(STEPS.prompt) + 1];
      case 'summary':
        return STEPS.summary;
    }
  }

  #plan(): Step[] {
    return [
      ...(this.#models.length > 1 ? [{ id: STEPS.model, ask: (place: Place) => this.#askModel(place) }] : []),
      { id: STEPS.prompt, ask: (place) => this.#askPrompt(place) },
      ...this.#settled()
        .parameters.filter(isStep)
        .map((parameter) => ({
          id: `${STEPS.option}${parameter.name}`,
          ask: (place: Place) => this.#askOption(parameter, place),
        })),
      { id: STEPS.summary, ask: (place) => this.#askToSend(place) },
    ];
  }

  async #askModel(place: Place): Promise<StepEnd> {
    const { inputs, hintOf, remember, l10n } = this.#parts;
    const answer = await askModel({
      ...{ inputs, place, hintOf, remember, l10n },
      models: this.#models,
      mode: this.#mode,
      current: this.#model?.id,
      last: this.#last.model,
    });
    if (answer.kind !== 'value') return answer.kind === 'back' ? 'back' : 'away';
    this.#model = answer.value;
    if (!this.#models.includes(answer.value)) this.#models = [answer.value, ...this.#models];
    this.#keepDraft();
    return 'forward';
  }

  async #askPrompt(place: Place): Promise<StepEnd> {
    if (needsEditor(this.#prompt)) {
      const end = await this.#askAboutPrompt(place);
      if (end !== 'new') return end;
      this.#setPrompt('');
    }
    const { inputs, openEditor, l10n } = this.#parts;
    const editor = inputs.button('new-file', l10n.t('Write in an Editor'));
    const model = inputs.button('list-selection', l10n.t('Choose Another Model'));
    const answer = await askText(inputs, {
      title: this.#title(),
      place,
      placeholder: l10n.t('For example: a paper boat on a rainy street, filmed close to the water'),
      hint: this.#isOldDraft
        ? l10n.t('Your draft: go on with it, or just type to replace it.')
        : l10n.t('Describe the video: what is seen, how it moves, how it is filmed, what is heard.'),
      value: this.#prompt,
      selected: this.#isOldDraft,
      buttons: this.#models.length > 1 ? [editor, model] : [editor],
      judge: (text) => judgePrompt(text, this.#model?.family.longestPrompt, this.#fault(text), this.#parts),
      onChange: (text) => this.#setPrompt(text),
    });
    this.#isOldDraft = false;
    switch (answer.kind) {
      case 'value':
        this.#setPrompt(answer.value);
        return 'forward';
      case 'button':
        // Its step is the one before.
        if (answer.button === model) return 'back';
        await openEditor(this.#prompt);
        return 'away';
      case 'back':
      case 'away':
        return answer.kind;
    }
  }

  /** The input box would join the lines of this prompt. */
  async #askAboutPrompt(place: Place): Promise<StepEnd | 'new'> {
    const { inputs, openEditor, l10n } = this.#parts;
    const use: PickItem<PromptDeed> = {
      value: 'use',
      label: this.#isOldDraft
        ? `$(check) ${l10n.t('Continue with Your Draft')}`
        : `$(check) ${l10n.t('Use This Prompt')}`,
      description: this.#extent(),
      detail: this.#quote(),
    };
    const answer = await askPick<PromptDeed>(inputs, {
      title: this.#title(),
      place,
      placeholder: l10n.t('The prompt is too long for a single line here.'),
      items: [
        use,
        { value: 'edit', label: `$(new-file) ${l10n.t('Edit in an Editor')}` },
        { value: 'new', label: `$(clear-all) ${l10n.t('Write a New Prompt')}` },
      ],
      active: use,
    });
    if (answer.kind !== 'value') return answer.kind === 'back' ? 'back' : 'away';
    if (answer.value === 'use') return 'forward';
    if (answer.value === 'new') return 'new';
    await openEditor(this.#prompt);
    return 'away';
  }

  async #askOption(parameter: Parameter, place: Place): Promise<StepEnd> {
    const { inputs, l10n } = this.#parts;
    const { name } = parameter;
    const answer = await askOption({
      ...{ inputs, place, parameter, l10n },
      title: this.#title(),
      value: this.#settled().options[name],
      refuse: (value) => this.#fault(this.#prompt, { [name]: value }),
      last: readValue(parameter, this.#lastOptions()[name]),
    });
    if (answer.kind !== 'value') return answer.kind === 'back' ? 'back' : 'away';
    this.#options = Object.fromEntries(Object.entries(this.#options).filter(([other]) => other !== name));
    if (answer.value !== undefined) this.#options[name] = String(answer.value);
    this.#keepDraft();
    return 'forward';
  }

  async #askToSend(place: Place): Promise<StepEnd> {
    for (;;) {
      const end = await this.#askLastWord(place);
      if (end !== 'more') return end;
      if ((await this.#changeOptions(place)) === 'away') return 'away';
    }
  }

  async #askLastWord(place: Place): Promise<StepEnd | 'more'> {
    const { inputs, host, hintOf, l10n } = this.#parts;
    const model = this.#model;
    if (!model) return 'away';
    const { request = {} } = this.#start;
    const settled = this.#settled();
    const note = this.#start.noteOn?.(model.family.id, settled.options);
    const hints = [note, hintOf(model.id)].filter((hint) => hint !== undefined);
    const go: PickItem<LastDeed> = {
      value: 'send',
      label: `$(play) ${l10n.t('Generate Video')}`,
      description: [...modelWords(model), ...sourceWords(request, l10n), ...optionWords(settled, l10n)].join(
        ' · ',
      ),
      detail: l10n.t('Goes to {0}. The price is set by Nebula.', host() ?? ''),
    };
    const more: PickItem<LastDeed> = { value: 'more', label: `$(settings) ${l10n.t('More Options…')}` };
    const answer = await askPick<LastDeed>(inputs, {
      title: this.#title(),
      place,
      placeholder: this.#isWritten()
        ? l10n.t('Press Enter to send it, or Escape to keep it as a draft')
        : l10n.t('Press Enter to send it, or Escape to leave'),
      hint: [this.#quote(), ...hints.map((hint) => `$(info) ${hint}`)].join('  '),
      items: settled.parameters.some(isExtra) ? [go, more] : [go],
      active: go,
      pays: true,
    });
    if (answer.kind !== 'value') return answer.kind === 'back' ? 'back' : 'away';
    return answer.value === 'more' ? 'more' : 'forward';
  }

  /** Options that have no step of their own, until the person goes back to the summary. */
  async #changeOptions(place: Place): Promise<'back' | 'away'> {
    const { inputs, l10n } = this.#parts;
    for (;;) {
      const settled = this.#settled();
      const which = await askWhichOption({ inputs, place, l10n, title: this.#title() }, settled);
      if (which.kind !== 'value') return which.kind === 'back' ? 'back' : 'away';
      const parameter = settled.parameters.find(({ name }) => name === which.value);
      if (parameter && (await this.#askOption(parameter, place)) === 'away') return 'away';
    }
  }

  /** What the options stand at: as changed, as answered, as last time, or as the family has it. */
  #settled(changes: Options = {}): Settled {
    if (!this.#model) return { parameters: [], options: {} };
    const { id, family } = this.#model;
    const wishes = { ...this.#lastOptions(), ...this.#options, ...changes };
    return settleOptions(family, { model: id, mode: this.#mode }, wishes);
  }

  /** What would keep a prompt, or changed options, from being sent. */
  #fault(prompt: string, changes?: Options): string | undefined {
    if (!this.#model) return undefined;
    const { id, family } = this.#model;
    const { options } = this.#settled(changes);
    const subject = { model: id, mode: this.#mode };
    const checked = checkWords(family, subject, prompt, options, this.#parts.l10n);
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
      if (this.#hasReplacedDraft) this.#putBackDraft();
      return;
    }
    this.#hasReplacedDraft = true;
    const model = this.#model;
    this.#parts.memory.keepDraft({
      prompt: this.#prompt,
      ...(model ? { model: model.id } : {}),
      options: this.#options,
    });
  }

  /** The change was undone, so there is nothing new to keep. */
  #putBackDraft(): void {
    this.#hasReplacedDraft = false;
    if (this.#earlierDraft) this.#parts.memory.keepDraft(this.#earlierDraft);
    else this.#parts.memory.dropDraft();
  }

  #isWritten(): boolean {
    return this.#prompt !== this.#given;
  }

  #modelOf(id: string | undefined): Model | undefined {
    if (id === undefined) return undefined;
    const family = familyOf(id);
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

  #quote(): string {
    return `“${asPlainText(shortPrompt(this.#prompt, LONGEST_QUOTE))}”`;
  }

  #extent(): string {
    const { l10n } = this.#parts;
    const characters = this.#number(this.#prompt.length);
    return hasLines(this.#prompt)
      ? l10n.t('{0} lines, {1} characters', this.#number(countLines(this.#prompt)), characters)
      : l10n.t('{0} characters', characters);
  }

  #number(value: number): string {
    return value.toLocaleString(this.#parts.language);
  }
}

/** Options as the steps know them; a number of a caller means its text. */
function texts(options: Readonly<Record<string, string | number | boolean>>): Record<string, string> {
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [name, String(value)]));
}
