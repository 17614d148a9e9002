import type { OptionValue, Options } from '../../../core/models/parameter';
import type { VideoRequest } from '../../../core/models/request';
import {
  createVariations,
  optionsToVary,
  requestedVideoCount,
  seedOption,
  type Variation,
  type VaryingOption,
} from '../../../core/models/variations';
import type { AppContext } from '../../common/appContext';
import type { PickItem } from '../../common/quickInputs';
import { formatOption, formatValue } from '../../labels/optionLabels';
import { truncatePrompt } from '../../labels/taskLabels';
import type { Answers, Batch } from '../wizard/wizardTypes';

/** Maximum length of a prompt in the list of requests, in characters. The rest goes to a second line. */
const MAX_LABEL_LENGTH = 60;
const MAX_QUOTE_LENGTH = 300;

/** How often a prompt can be repeated at once. */
const REPEATS = [2, 3, 4, 5, 6, 7, 8, 9, 10];

/** One request for each prompt of a list. */
export function promptListBatch(prompts: readonly string[]): Batch {
  return {
    hasPrompts: true,
    row: () => undefined,
    change: () => Promise.resolve('back'),
    variedOption: () => undefined,
    requests: ({ request }) => prompts.map((prompt) => ({ ...request, prompt })),
    describe: ({ prompt }) => splitQuote(truncatePrompt(prompt, MAX_QUOTE_LENGTH)),
  };
}

/** Breaks a long text at a space, so that each line of an item shows a part. */
function splitQuote(quote: string): { readonly label: string; readonly detail?: string } {
  const characters = Array.from(quote);
  if (characters.length <= MAX_LABEL_LENGTH) return { label: quote };
  const head = characters
    .slice(0, MAX_LABEL_LENGTH - 1)
    .join('')
    .replace(/ \S*$/u, '');
  return { label: `${head}…`, detail: `… ${quote.slice(head.length).trim()}` };
}

interface Dependencies extends Pick<AppContext, 'catalog' | 'inputs' | 'l10n'> {
  /** @returns a number from 0 up to 1 */
  readonly random: () => number;
}

/** One prompt, repeated or with several values of one option. */
export class VariationsBatch implements Batch {
  readonly hasPrompts = false;
  readonly #deps: Dependencies;
  /** Name of the option that varies, or undefined to repeat the request. */
  #varied: string | undefined;
  #repeats = 2;
  #values: readonly OptionValue[] = [];
  /** Seeds are kept, so that what is shown is what is sent. */
  #created: { readonly key: string; readonly options: readonly Options[] } | undefined;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  row(answers: Answers): { readonly label: string; readonly value: string } {
    const { catalog, l10n } = this.#deps;
    const option = this.#varyingOption(answers);
    return {
      label: l10n.t('Variations'),
      value: option
        ? `${option.texts.label(l10n)}: ${this.#chosenValues(option)
            .map((value) => this.#format(option, value))
            .join(', ')}`
        : `${l10n.t('Videos')}: ${requestedVideoCount(catalog, this.requests(answers))}`,
    };
  }

  async change(answers: Answers, title: string): Promise<'back' | 'cancel'> {
    const { inputs, l10n } = this.#deps;
    const repeat: PickItem<VaryingOption | undefined> = {
      value: undefined,
      label: l10n.t('Repeat'),
    };
    const options = optionsToVary(answers.model.family, subjectOf(answers), answers.resolved).map(
      (option): PickItem<VaryingOption | undefined> => ({
        value: option,
        label: option.texts.label(l10n),
        description: option.values.map((value) => this.#format(option, value)).join(', '),
      }),
    );
    for (;;) {
      const answer = await inputs.pick({
        ...{ title, canGoBack: true },
        placeholder: l10n.t('Select an option'),
        items: [repeat, ...options],
        active: options.find(({ value }) => value?.name === this.#varied) ?? repeat,
      });
      if (answer.kind !== 'value') return answer.kind === 'cancel' ? 'cancel' : 'back';
      const end = answer.value
        ? await this.#pickValues(answer.value, answers, title)
        : await this.#pickRepeats(title);
      if (end === 'cancel') return 'cancel';
      if (end === 'done') return 'back';
    }
  }

  variedOption(answers: Answers): string | undefined {
    return this.#varyingOption(answers)?.name;
  }

  requests(answers: Answers): readonly VideoRequest[] {
    const { request, model, resolved } = answers;
    const variation = this.#variation(answers);
    const key = JSON.stringify([variation, model.id, resolved.options]);
    if (this.#created?.key !== key) {
      const options = createVariations(
        model.family,
        subjectOf(answers),
        resolved,
        variation,
        this.#deps.random,
      );
      this.#created = { key, options };
    }
    return this.#created.options.map((options) => ({ ...request, options }));
  }

  describe({ prompt, options = {} }: VideoRequest, answers: Answers): { readonly label: string } {
    const { l10n } = this.#deps;
    const parameter = this.#varyingOption(answers)?.texts ?? seedOption(answers.resolved);
    const name = this.variedOption(answers) ?? seedOption(answers.resolved)?.name;
    const value = name === undefined ? undefined : options[name];
    return {
      label:
        parameter && value !== undefined
          ? formatOption(parameter, String(value), l10n)
          : truncatePrompt(prompt, MAX_LABEL_LENGTH),
    };
  }

  async #pickRepeats(title: string): Promise<'done' | 'back' | 'cancel'> {
    const { inputs, l10n } = this.#deps;
    const items = REPEATS.map((value) => ({ value, label: String(value) }));
    const answer = await inputs.pick({
      ...{ title, items, canGoBack: true },
      placeholder: l10n.t('Select a number. Each video is charged.'),
      active: items.find(({ value }) => value === this.#repeats),
    });
    if (answer.kind !== 'value') return answer.kind === 'cancel' ? 'cancel' : 'back';
    this.#varied = undefined;
    this.#repeats = answer.value;
    return 'done';
  }

  async #pickValues(
    option: VaryingOption,
    { resolved }: Answers,
    title: string,
  ): Promise<'done' | 'back' | 'cancel'> {
    const { inputs, l10n } = this.#deps;
    const items = option.values.map((value) => ({ value, label: this.#format(option, value) }));
    const chosen = option.name === this.#varied ? this.#values : [resolved.options[option.name]];
    const answer = await inputs.pickMany({
      ...{ title, items, canGoBack: true },
      placeholder: l10n.t('Select two or more values. Each creates a video and is charged.'),
      picked: items.filter(({ value }) => chosen.includes(value)),
      minimum: 2,
    });
    if (answer.kind !== 'value') return answer.kind === 'cancel' ? 'cancel' : 'back';
    this.#varied = option.name;
    this.#values = answer.value;
    return 'done';
  }

  /** The option that varies, unless the other choices leave it fewer than two of the chosen values. */
  #varyingOption(answers: Answers): VaryingOption | undefined {
    if (this.#varied === undefined) return undefined;
    const { model, resolved } = answers;
    const options = optionsToVary(model.family, subjectOf(answers), resolved);
    const option = options.find(({ name }) => name === this.#varied);
    return option && this.#chosenValues(option).length > 1 ? option : undefined;
  }

  #chosenValues({ values }: VaryingOption): readonly OptionValue[] {
    return values.filter((value) => this.#values.includes(value));
  }

  #variation(answers: Answers): Variation {
    const option = this.#varyingOption(answers);
    return option
      ? { kind: 'option', name: option.name, values: this.#chosenValues(option) }
      : { kind: 'again', times: this.#repeats };
  }

  #format({ texts }: VaryingOption, value: OptionValue): string {
    return formatValue(texts, String(value), this.#deps.l10n);
  }
}

const subjectOf = ({ model, mode }: Answers) => ({ model: model.id, mode });
