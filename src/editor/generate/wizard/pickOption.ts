import type { L10n } from '../../../core/common/l10n';
import type { Settled } from '../../../core/models/options';
import { readValue, rightValues, type OptionValue, type Parameter } from '../../../core/models/parameter';
import { optionQuestion, optionTitle, optionWord } from '../../labels/optionLabels';
import { asPlainText, shortPrompt } from '../../labels/taskLabels';
import { askPick, askText, type Answer, type PickItem, type Place } from '../../common/multiStep';
import type { QuickInputs } from '../../common/quickInputs';

/** Of a value that is free text, so much is shown, in characters. */
const LONGEST_VALUE = 40;

interface Where {
  readonly inputs: QuickInputs;
  readonly title: string;
  readonly place: Place;
  readonly l10n: L10n;
}

interface OptionQuestion extends Where {
  readonly parameter: Parameter;
  /** What it stands at; undefined where the service decides. */
  readonly value: OptionValue | undefined;
  /** What it was last time. */
  readonly last?: OptionValue | undefined;
  /** What a value that is legal by itself would be in the way of, as a sentence. */
  readonly refuse: (value: OptionValue) => string | undefined;
}

/** Asks for one option. Undefined as an answer leaves it to the service. */
export async function askOption(question: OptionQuestion): Promise<Answer<OptionValue | undefined>> {
  const { parameter, inputs, title, place, value, last, l10n } = question;
  const { name, initial, signs = {} } = parameter;
  const choices = choicesOf(parameter);
  if (!choices) return askForText(question);
  const items = choices.map((one): PickItem<OptionValue | undefined> => {
    const remarks = [signs[String(one)], mark(one, last, initial, l10n)].filter((text) => text !== undefined);
    return {
      value: one,
      label: optionWord(name, String(one), l10n),
      ...(remarks.length > 0 ? { description: remarks.join(' · ') } : {}),
    };
  });
  if (initial === undefined) items.push({ value: undefined, label: l10n.t('Let the Service Decide') });
  return askPick<OptionValue | undefined>(inputs, {
    ...{ title, place, items },
    placeholder: optionQuestion(name, l10n),
    active: items.find((item) => item.value === value),
  });
}

/** Shows the options that have no step of their own, with what they stand at; a name is the answer. */
export async function askWhichOption(
  { inputs, title, place, l10n }: Where,
  { parameters, options }: Settled,
): Promise<Answer<string>> {
  const items = parameters.filter(isExtra).map(({ name }): PickItem<string> => {
    const value = options[name];
    return {
      value: name,
      label: optionTitle(name, l10n),
      description: value === undefined ? l10n.t('left to the service') : shownValue(name, value, l10n),
    };
  });
  return askPick<string>(inputs, {
    ...{ title, place, items },
    placeholder: l10n.t('Which option do you want to change? Back returns to the summary.'),
  });
}

/** Whether an option can be changed, but is not asked for in a step. */
export function isExtra(parameter: Parameter): boolean {
  return !parameter.asked && choicesOf(parameter)?.length !== 1;
}

/** Whether an option is asked for in a step: a question with one possible answer is not. */
export function isStep(parameter: Parameter): boolean {
  return parameter.asked === true && choicesOf(parameter)?.length !== 1;
}

/** The options of a request in the user's words; of those without a step most are worth a word only when changed. */
export function optionWords({ parameters, options }: Settled, l10n: L10n): string[] {
  return parameters.flatMap(({ name, asked, told, initial }) => {
    const value = options[name];
    if (value === undefined || (!asked && !told && value === initial)) return [];
    return [shownValue(name, value, l10n)];
  });
}

function shownValue(name: string, value: OptionValue, l10n: L10n): string {
  return asPlainText(optionWord(name, shortPrompt(String(value), LONGEST_VALUE), l10n));
}

function choicesOf({ values }: Parameter): readonly OptionValue[] | undefined {
  if (values.kind === 'choice') return values.of;
  return values.kind === 'flag' ? [true, false] : undefined;
}

/** How an item is marked that was chosen last time, or that is chosen where nobody says otherwise. */
function mark(
  value: OptionValue,
  last: OptionValue | undefined,
  initial: OptionValue | undefined,
  l10n: L10n,
): string | undefined {
  if (value === last) return l10n.t('last used');
  return last === undefined && value === initial ? l10n.t('default') : undefined;
}

async function askForText(question: OptionQuestion): Promise<Answer<OptionValue | undefined>> {
  const { parameter, inputs, title, place, value, refuse, l10n } = question;
  const mayBeEmpty = parameter.initial === undefined;
  const meaning = (text: string) => (text === '' ? undefined : readValue(parameter, text));
  const right = rightValues({ ...parameter, name: optionTitle(parameter.name, l10n) }, l10n);
  const answer = await askText(inputs, {
    ...{ title, place, buttons: [] },
    placeholder: optionQuestion(parameter.name, l10n),
    hint: mayBeEmpty ? `${right} ${l10n.t('Leave it empty to let the service decide.')}` : right,
    value: value === undefined ? '' : String(value),
    selected: true,
    judge: (text) => {
      if (text === '' && mayBeEmpty) return undefined;
      const meant = meaning(text);
      const message = meant === undefined ? right : refuse(meant);
      return message === undefined ? undefined : { message, weight: 'error' };
    },
    onChange: () => undefined,
  });
  return answer.kind === 'value' ? { kind: 'value', value: meaning(answer.value) } : answer;
}
