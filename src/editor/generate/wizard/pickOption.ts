import type { L10n } from '../../../core/common/l10n';
import type { ResolvedOptions } from '../../../core/models/options';
import {
  parseOptionValue,
  allowedValuesMessage,
  type OptionValue,
  type Parameter,
} from '../../../core/models/parameter';
import { optionPlaceholder, formatOption } from '../../labels/optionLabels';
import { escapeQuickPickText, truncatePrompt } from '../../labels/taskLabels';
import { pickOne, inputText, type Answer, type PickItem, type StepPosition } from '../../common/multiStep';
import type { QuickInputs } from '../../common/quickInputs';

/** Of a value that is free text, so much is shown, in characters. */
const MAX_SHOWN_VALUE_LENGTH = 40;

interface Where {
  readonly inputs: QuickInputs;
  readonly title: string;
  readonly place: StepPosition;
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
export async function pickOption(question: OptionQuestion): Promise<Answer<OptionValue | undefined>> {
  const { parameter, inputs, title, place, value, last, l10n } = question;
  const { defaultValue, annotations = {} } = parameter;
  const choices = choicesOf(parameter);
  if (!choices) return askForText(question);
  const items = choices.map((one): PickItem<OptionValue | undefined> => {
    const remarks = [annotations[String(one)], mark(one, last, defaultValue, l10n)].filter(
      (text) => text !== undefined,
    );
    return {
      value: one,
      label: formatOption(parameter, String(one), l10n),
      ...(remarks.length > 0 ? { description: remarks.join(' · ') } : {}),
    };
  });
  if (defaultValue === undefined) items.push({ value: undefined, label: l10n.t('Let the Service Decide') });
  return pickOne<OptionValue | undefined>(inputs, {
    ...{ title, place, items },
    placeholder: optionPlaceholder(parameter, l10n),
    active: items.find((item) => item.value === value),
  });
}

/** Shows the options that have no step of their own, with what they stand at; a name is the answer. */
export async function pickOptionToChange(
  { inputs, title, place, l10n }: Where,
  { parameters, options }: ResolvedOptions,
): Promise<Answer<string>> {
  const items = parameters.filter(isHiddenOption).map((parameter): PickItem<string> => {
    const value = options[parameter.name];
    return {
      value: parameter.name,
      label: parameter.label(l10n),
      description: value === undefined ? l10n.t('left to the service') : shownValue(parameter, value, l10n),
    };
  });
  return pickOne<string>(inputs, {
    ...{ title, place, items },
    placeholder: l10n.t('Which option do you want to change? Back returns to the summary.'),
  });
}

/** Whether an option can be changed, but is not asked for in a step. */
export function isHiddenOption(parameter: Parameter): boolean {
  return !parameter.hasOwnStep && choicesOf(parameter)?.length !== 1;
}

/** Whether an option is asked for in a step: a question with one possible answer is not. */
export function hasOwnStep(parameter: Parameter): boolean {
  return parameter.hasOwnStep === true && choicesOf(parameter)?.length !== 1;
}

/** The options of a request in the user's words; of those without a step most are worth a word only when changed. */
export function formatOptions({ parameters, options }: ResolvedOptions, l10n: L10n): string[] {
  return parameters.flatMap((parameter) => {
    const { hasOwnStep, alwaysShown, defaultValue } = parameter;
    const value = options[parameter.name];
    if (value === undefined || (!hasOwnStep && !alwaysShown && value === defaultValue)) return [];
    return [shownValue(parameter, value, l10n)];
  });
}

function shownValue(parameter: Parameter, value: OptionValue, l10n: L10n): string {
  const shown = truncatePrompt(String(value), MAX_SHOWN_VALUE_LENGTH);
  return escapeQuickPickText(formatOption(parameter, shown, l10n));
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
  const mayBeEmpty = parameter.defaultValue === undefined;
  const meaning = (text: string) => (text === '' ? undefined : parseOptionValue(parameter, text));
  const right = allowedValuesMessage({ ...parameter, name: parameter.label(l10n) });
  const answer = await inputText(inputs, {
    ...{ title, place, buttons: [] },
    placeholder: optionPlaceholder(parameter, l10n),
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
