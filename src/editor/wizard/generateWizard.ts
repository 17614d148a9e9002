import type { L10n } from '../../core/common/l10n';
import { familyOf, type Model } from '../../core/models/catalogue';
import type { OptionChoices } from '../../core/models/family';
import type { VideoRequest } from '../../core/models/request';
import { VERY_LONG, countLines, hasLines, needsEditor } from '../prompt/promptText';
import { asPlainText, optionQuestion, optionWord, shortPrompt } from '../taskWords';
import { askPick, askText, walk, type PickItem, type Place, type Step, type StepEnd } from './multiStep';
import type { QuickInputs, Weight } from './quickInputs';
import type { Draft, WizardMemory } from './wizardMemory';

interface Parts {
  readonly inputs: QuickInputs;
  readonly memory: WizardMemory;
  readonly models: readonly Model[];
  readonly hintOf: (modelId: string) => string | undefined;
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
  /** The first question; Back reaches the ones before it. */
  readonly at: 'first' | 'prompt' | 'afterPrompt' | 'summary';
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
  readonly #title: string;
  #model: Model | undefined;
  #prompt: string;
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
    this.#title = parts.l10n.t('Generate Video');
    const { request } = start;
    const lastDraft = parts.memory.draft();
    this.#earlierDraft = lastDraft;
    // What was chosen for one prompt says nothing about another one.
    const belongs = request?.prompt === undefined || request.prompt === lastDraft?.prompt;
    const draft = belongs ? lastDraft : undefined;
    this.#given = start.written === true ? undefined : request?.prompt;
    this.#prompt = request?.prompt ?? draft?.prompt ?? '';
    this.#isOldDraft = request?.prompt === undefined && this.#prompt !== '';
    this.#model =
      this.#modelOf(request?.model) ?? this.#modelOf(draft?.model) ?? this.#modelOf(this.#last.model);
    this.#model ??= parts.models[0];
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
    const { model, family } = { model: this.#model.id, family: this.#model.family };
    // What was asked for beyond the steps stays as long as the model does.
    const kept = request.model === model ? request : {};
    const chosen = Object.fromEntries(family.choices.map((choice) => [choice.name, this.#chosen(choice)]));
    this.#parts.memory.keepLast(model, family.id, chosen);
    return {
      request: { ...kept, model, prompt: this.#prompt, options: { ...kept.options, ...chosen } },
      written: this.#isWritten(),
    };
  }

  #firstStep(): string | undefined {
    const ids = this.#plan().map(({ id }) => id);
    switch (this.#start.at) {
      case 'first':
        return undefined;
      case 'prompt':
        return STEPS.prompt;
      case 'afterPrompt':
        return ids[ids.indexOf(STEPS.prompt) + 1];
      case 'summary':
        return STEPS.summary;
    }
  }

  /** A question with one possible answer is not asked. */
  #plan(): Step[] {
    const options = (this.#model?.family.choices ?? []).filter(({ values }) => values.length > 1);
    return [
      ...(this.#parts.models.length > 1
        ? [{ id: STEPS.model, ask: (place: Place) => this.#askModel(place) }]
        : []),
      { id: STEPS.prompt, ask: (place) => this.#askPrompt(place) },
      ...options.map((choice) => ({
        id: `${STEPS.option}${choice.name}`,
        ask: (place: Place) => this.#askOption(choice, place),
      })),
      { id: STEPS.summary, ask: (place) => this.#askToSend(place) },
    ];
  }

  async #askModel(place: Place): Promise<StepEnd> {
    const { inputs, models, hintOf, l10n } = this.#parts;
    const items = models.map((model): PickItem<Model> => {
      const hint = hintOf(model.id);
      return {
        value: model,
        label: model.id,
        ...this.#mark(model.id === this.#last.model),
        ...(hint === undefined ? {} : { detail: hint }),
      };
    });
    const families = [...new Set(models.map(({ family }) => family.id))];
    const answer = await askPick<Model>(inputs, {
      title: this.#title,
      place,
      placeholder: l10n.t('Which model?'),
      items: families.flatMap((family) => [
        inputs.separator(family),
        ...items.filter(({ value }) => value.family.id === family),
      ]),
      active: items.find(({ value }) => value.id === this.#model?.id),
    });
    if (answer.kind !== 'value') return answer.kind === 'back' ? 'back' : 'away';
    this.#model = answer.value;
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
    const answer = await askText(inputs, {
      title: this.#title,
      place,
      placeholder: l10n.t('For example: a paper boat on a rainy street, filmed close to the water'),
      hint: this.#isOldDraft
        ? l10n.t('Your draft: go on with it, or just type to replace it.')
        : l10n.t('Describe the video: what is seen, how it moves, how it is filmed, what is heard.'),
      value: this.#prompt,
      selected: this.#isOldDraft,
      buttons: [editor],
      judge: (text) => this.#judge(text),
      onChange: (text) => this.#setPrompt(text),
    });
    this.#isOldDraft = false;
    switch (answer.kind) {
      case 'value':
        this.#setPrompt(answer.value);
        return 'forward';
      case 'button':
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
      title: this.#title,
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

  async #askOption(choice: OptionChoices, place: Place): Promise<StepEnd> {
    const { inputs, l10n } = this.#parts;
    const { name, values, initial } = choice;
    const last = this.#lastOptions()[name];
    const items = values.map((value): PickItem<string> => ({
      value,
      label: optionWord(name, value, l10n),
      ...this.#mark(value === last, last === undefined && value === initial),
    }));
    const answer = await askPick<string>(inputs, {
      title: this.#title,
      place,
      placeholder: optionQuestion(name, l10n),
      items,
      active: items.find(({ value }) => value === this.#chosen(choice)),
    });
    if (answer.kind !== 'value') return answer.kind === 'back' ? 'back' : 'away';
    this.#options[name] = answer.value;
    this.#keepDraft();
    return 'forward';
  }

  async #askToSend(place: Place): Promise<StepEnd> {
    const { inputs, host, hintOf, l10n } = this.#parts;
    const model = this.#model;
    if (!model) return 'away';
    const options = model.family.choices.map((choice) => optionWord(choice.name, this.#chosen(choice), l10n));
    const hint = hintOf(model.id);
    const go: PickItem<true> = {
      value: true,
      label: `$(play) ${l10n.t('Generate Video')}`,
      description: [model.id, ...options].join(' · '),
      detail: l10n.t('Goes to {0}. The price is set by Nebula.', host() ?? ''),
    };
    const answer = await askPick<true>(inputs, {
      title: this.#title,
      place,
      placeholder: this.#isWritten()
        ? l10n.t('Press Enter to send it, or Escape to keep it as a draft')
        : l10n.t('Press Enter to send it, or Escape to leave'),
      hint: hint === undefined ? this.#quote() : `${this.#quote()}  $(info) ${hint}`,
      items: [go],
      active: go,
      pays: true,
    });
    if (answer.kind !== 'value') return answer.kind === 'back' ? 'back' : 'away';
    return 'forward';
  }

  #judge(text: string): { readonly message: string; readonly weight: Weight } | undefined {
    const { l10n } = this.#parts;
    if (text.trim() === '') {
      return { message: l10n.t('The prompt is empty. Describe the video you want.'), weight: 'error' };
    }
    if (text.length > VERY_LONG) {
      const message = l10n.t(
        'The prompt has {0} characters. The gateway may refuse or cut one that long.',
        this.#number(text.length),
      );
      return { message, weight: 'warning' };
    }
    if (!needsEditor(text)) return undefined;
    const message = l10n.t(
      '{0} characters. Long prompts are easier to write in an editor.',
      this.#number(text.length),
    );
    return { message, weight: 'info' };
  }

  /** How an item is marked that was chosen last time, or that is chosen where nobody says otherwise. */
  #mark(isLast: boolean, isDefault = false): { description?: string } {
    const { l10n } = this.#parts;
    if (isLast) return { description: l10n.t('last used') };
    return isDefault ? { description: l10n.t('default') } : {};
  }

  /** What an option stands at: as answered, as last time, or as the family has it. */
  #chosen({ name, values, initial }: OptionChoices): string {
    const wishes = [this.#options[name], this.#lastOptions()[name]];
    return wishes.find((wish) => wish !== undefined && values.includes(wish)) ?? initial;
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
    const offered = this.#parts.models.find((model) => model.id === id);
    const family = familyOf(id);
    return offered ?? (family && { id, family });
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
