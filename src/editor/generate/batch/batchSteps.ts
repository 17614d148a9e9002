import type { QuickPickItem } from 'vscode';
import type { ModelAndMode } from '../../../core/models/options';
import type { OptionTexts, OptionValue, Options, Parameter } from '../../../core/models/parameter';
import type { VideoRequest } from '../../../core/models/request';
import {
  seedOption,
  optionsToVary,
  createVariations,
  requestedVideoCount,
  type VaryingOption,
  type Variation,
} from '../../../core/models/variations';
import { describeSources, formatOption, modelName } from '../../labels/optionLabels';
import { UNUSUALLY_LONG_PROMPT } from '../../../core/models/promptText';
import type { AppContext } from '../../common/appContext';
import type { ReadyRequest } from '../submit/requestSender';
import { escapeQuickPickText, truncatePrompt } from '../../labels/taskLabels';
import { modelLabels } from '../wizard/pickModel';
import { isHiddenOption, formatOptions } from '../wizard/pickOption';
import type { Answers } from '../wizard/wizard';
import {
  pickOne,
  pickMany,
  type PickItem,
  type StepPosition,
  type Step,
  type StepResult,
} from '../../common/multiStep';

export interface BatchStepsDependencies extends Pick<AppContext, 'catalog' | 'inputs' | 'l10n'> {
  /** Where the requests would go, as the user knows it. */
  readonly host: () => string | undefined;
  /** Checks all of them. @throws Rejection */
  readonly prepare: (
    requests: readonly VideoRequest[],
    fitsWith: Answers['fitsWith'],
  ) => Promise<readonly ReadyRequest[]>;
  /** From 0 up to 1. */
  readonly random: () => number;
}

/** How often the same can be asked for in one go. */
const TIMES = [2, 3, 4, 5, 6, 7, 8, 9, 10];

/** How much of a prompt the list of requests shows, in characters. */
const MAX_QUOTE_LENGTH = 300;

/** And of one that has a line of its own below. */
const MAX_LABEL_LENGTH = 60;

const STEPS = { what: 'what varies', how: 'how it varies', summary: 'summary' } as const;

/** What one request of the batch has that the others have not. */
interface Difference {
  readonly label: string;
  readonly detail?: string;
}

type SummaryAction = 'send' | 'more';

/**
 * The last steps of a wizard that ends in several requests: in what they differ, where that is not given, and the last
 * word before anything is paid, with all of them to be read.
 */
export class BatchSteps {
  readonly #deps: BatchStepsDependencies;
  readonly #prompts: readonly string[] | undefined;
  /** The name of the option that varies; undefined: the same again. */
  #varied: string | undefined;
  #times = TIMES[0] ?? 2;
  #values: readonly OptionValue[] = [];
  /** Seeds once chosen stay, so that what is read is what is sent. */
  #variation: { readonly key: string; readonly options: readonly Options[] } | undefined;
  #ready: readonly ReadyRequest[] = [];

  /** @param prompts of a list; undefined where one prompt is varied */
  constructor(deps: BatchStepsDependencies, prompts?: readonly string[]) {
    this.#deps = deps;
    this.#prompts = prompts;
  }

  /** What was confirmed. */
  get ready(): readonly ReadyRequest[] {
    return this.#ready;
  }

  /** The steps as they stand, behind those of the wizard. */
  steps(answers: () => Answers): Step[] {
    return [
      ...(this.#prompts
        ? []
        : [
            { id: STEPS.what, ask: (place: StepPosition) => this.#askWhat(answers(), place) },
            { id: STEPS.how, ask: (place: StepPosition) => this.#askHow(answers(), place) },
          ]),
      { id: STEPS.summary, ask: (place) => this.#askToSend(answers, place) },
    ];
  }

  async #askWhat(answers: Answers, place: StepPosition): Promise<StepResult> {
    const { inputs, l10n } = this.#deps;
    const { family } = answers.model;
    const again: PickItem<string | undefined> = {
      value: undefined,
      label: l10n.t('The Same Again'),
      description: seedOption(answers.settled)
        ? l10n.t('2 to 10 times, each with a seed of its own')
        : l10n.t('2 to 10 times'),
    };
    const options = optionsToVary(family, subjectOf(answers), answers.settled).map(
      ({ name, texts, values }): PickItem<string | undefined> => ({
        value: name,
        label: texts.label(l10n),
        description: values.map((value) => this.#word(texts, value)).join(' · '),
      }),
    );
    const answer = await pickOne(inputs, {
      ...{ title: this.#title(answers), place },
      placeholder: l10n.t('In what should the videos differ?'),
      items: [again, ...options],
      active: options.find(({ value }) => value === this.#varied) ?? again,
    });
    if (answer.kind !== 'value') return answer.kind === 'back' ? 'back' : 'away';
    this.#varied = answer.value;
    return 'forward';
  }

  async #askHow(answers: Answers, place: StepPosition): Promise<StepResult> {
    if (this.#varied === undefined) return this.#askTimes(answers, place);
    const variable = this.#variable(answers);
    // Another answer has left it no choice.
    return variable ? this.#askValues(variable, answers, place) : 'back';
  }

  async #askTimes(answers: Answers, place: StepPosition): Promise<StepResult> {
    const { inputs, l10n } = this.#deps;
    const items = TIMES.map((times) => ({ value: times, label: l10n.t('{0} times', times) }));
    const answer = await pickOne(inputs, {
      ...{ title: this.#title(answers), place, items },
      placeholder: l10n.t('How many times? Each one is paid for.'),
      active: items.find(({ value }) => value === this.#times),
    });
    if (answer.kind !== 'value') return answer.kind === 'back' ? 'back' : 'away';
    this.#times = answer.value;
    return 'forward';
  }

  async #askValues(
    { name, texts, values }: VaryingOption,
    answers: Answers,
    place: StepPosition,
  ): Promise<StepResult> {
    const { inputs, l10n } = this.#deps;
    const items = values.map((value) => ({ value, label: this.#word(texts, value) }));
    const chosen = items.filter(({ value }) => this.#values.includes(value));
    const now = items.filter(({ value }) => value === answers.settled.options[name]);
    const answer = await pickMany(inputs, {
      ...{ title: this.#title(answers), place, items },
      placeholder: l10n.t('Tick two or more. One video is made, and paid for, with each.'),
      ticked: chosen.length > 0 ? chosen : now,
      atLeast: 2,
    });
    if (answer.kind !== 'value') return answer.kind === 'back' ? 'back' : 'away';
    this.#values = answer.value;
    return 'forward';
  }

  async #askToSend(answers: () => Answers, place: StepPosition): Promise<StepResult> {
    for (;;) {
      const now = answers();
      const requests = this.#requests(now);
      if (requests.length < 2) return 'back';
      this.#ready = await this.#deps.prepare(requests, now.fitsWith);
      const end = await this.#showSummary(now, requests, place);
      if (end !== 'more') return end;
      if ((await now.changeOptions(place)) === 'away') return 'away';
    }
  }

  async #showSummary(
    answers: Answers,
    requests: readonly VideoRequest[],
    place: StepPosition,
  ): Promise<StepResult | 'more'> {
    const { catalog, inputs, host, l10n } = this.#deps;
    const { request, model, settled } = answers;
    const differing = this.#differing(answers);
    const notes = requests.map(({ options = {} }) => answers.noteOn(options));
    const [note] = notes;
    // Of images that are fitted to several sizes each request has something else to say.
    const isShared = notes.every((one) => one === note);
    const hints = [...(isShared && note !== undefined ? [note] : []), ...answers.hints];
    const common = {
      ...settled,
      parameters: settled.parameters.filter(({ name }) => name !== differing?.name),
    };
    const go: PickItem<SummaryAction> = {
      value: 'send',
      label: `$(play) ${l10n.t('Generate {0} Videos', requestedVideoCount(catalog, requests))}`,
      description: [
        ...modelLabels(model),
        ...describeSources(request, l10n),
        ...formatOptions(common, l10n),
      ].join(' · '),
      detail: l10n.t('Goes to {0}. The price is set by Nebula.', host() ?? ''),
    };
    const more: PickItem<SummaryAction> = { value: 'more', label: `$(settings) ${l10n.t('More Options…')}` };
    const answer = await pickOne<SummaryAction>(inputs, {
      ...{ title: this.#title(answers), place },
      placeholder: this.#prompts
        ? l10n.t('Press Enter to send them one after another, or Escape to leave')
        : l10n.t('Press Enter to send them one after another, or Escape to keep the prompt as a draft'),
      hint: [
        ...(this.#prompts
          ? []
          : [`“${escapeQuickPickText(truncatePrompt(request.prompt, MAX_QUOTE_LENGTH))}”`]),
        ...hints.map((hint) => `$(info) ${hint}`),
        ...this.#promptLengthWarning(answers),
      ].join('  '),
      items: [
        go,
        ...(settled.parameters.some(isHiddenOption) ? [more] : []),
        inputs.separator(l10n.t('{0} requests, sent in this order', requests.length)),
        // Without a value they are only read.
        ...requests.map((one, index) =>
          this.#item(one, index, differing, isShared ? undefined : notes[index]),
        ),
      ],
      active: go,
      pays: true,
    });
    if (answer.kind !== 'value') return answer.kind === 'back' ? 'back' : 'away';
    return answer.value === 'more' ? 'more' : 'forward';
  }

  /** Names the prompts of a list that its model may not read to the end; one prompt was judged where it was written. */
  #promptLengthWarning({ model }: Answers): string[] {
    const { l10n } = this.#deps;
    const longest = model.family.maxPromptLength ?? UNUSUALLY_LONG_PROMPT;
    const numbers = (this.#prompts ?? []).flatMap(({ length }, index) =>
      length > longest ? [index + 1] : [],
    );
    if (numbers.length === 0) return [];
    const sentence =
      numbers.length === 1
        ? l10n.t(
            'Prompt {0} has more than {1} characters; no more of it may be read.',
            numbers.join(),
            longest,
          )
        : l10n.t(
            'The prompts {0} have more than {1} characters; no more of them may be read.',
            numbers.join(', '),
            longest,
          );
    return [`$(warning) ${sentence}`];
  }

  /** @param note what becomes of its images, where that is not so for all */
  #item(
    request: VideoRequest,
    index: number,
    differing: Parameter | undefined,
    note: string | undefined,
  ): QuickPickItem {
    const { label, detail = note } = this.#difference(request, differing);
    return {
      label: `${index + 1}. ${escapeQuickPickText(label)}`,
      ...(detail === undefined ? {} : { detail: escapeQuickPickText(detail) }),
    };
  }

  #difference({ prompt, options = {} }: VideoRequest, differing: Parameter | undefined): Difference {
    if (this.#prompts) {
      const quote = truncatePrompt(prompt, MAX_QUOTE_LENGTH);
      const characters = Array.from(quote);
      if (characters.length <= MAX_LABEL_LENGTH) return { label: quote };
      const head = characters
        .slice(0, MAX_LABEL_LENGTH - 1)
        .join('')
        .replace(/ \S*$/u, '');
      return { label: `${head}…`, detail: `… ${quote.slice(head.length).trim()}` };
    }
    const value = differing && options[differing.name];
    const { l10n } = this.#deps;
    return {
      label: value === undefined || !differing ? l10n.t('the same request') : this.#word(differing, value),
    };
  }

  /** The option in which the requests differ, if it is one. */
  #differing({ settled }: Answers): Parameter | undefined {
    if (this.#prompts) return undefined;
    return this.#varied === undefined
      ? seedOption(settled)
      : settled.parameters.find(({ name }) => name === this.#varied);
  }

  #requests(answers: Answers): readonly VideoRequest[] {
    const { request } = answers;
    if (this.#prompts) return this.#prompts.map((prompt) => ({ ...request, prompt }));
    const { model, settled } = answers;
    const variation = this.#variationOf(this.#variable(answers));
    const key = JSON.stringify([variation, model.id, settled.options]);
    if (this.#variation?.key !== key) {
      const options = createVariations(
        model.family,
        subjectOf(answers),
        settled,
        variation,
        this.#deps.random,
      );
      this.#variation = { key, options };
    }
    return this.#variation.options.map((options) => ({ ...request, options }));
  }

  /** @param variable the option that varies, as far as it has a choice */
  #variationOf(variable: VaryingOption | undefined): Variation {
    if (this.#varied === undefined) return { kind: 'again', times: this.#times };
    const values = variable?.values.filter((value) => this.#values.includes(value)) ?? [];
    return { kind: 'option', name: this.#varied, values };
  }

  /** What varies, as far as the other answers leave it a choice. */
  #variable(answers: Answers): VaryingOption | undefined {
    if (this.#varied === undefined) return undefined;
    const { model, settled } = answers;
    return optionsToVary(model.family, subjectOf(answers), settled).find(({ name }) => name === this.#varied);
  }

  #word(texts: OptionTexts, value: OptionValue): string {
    return formatOption(texts, String(value), this.#deps.l10n);
  }

  #title({ model }: Answers): string {
    return this.#deps.l10n.t('Generate Several Videos with {0}', modelName(model));
  }
}

const subjectOf = ({ model, mode }: Answers): ModelAndMode => ({ model: model.id, mode });
