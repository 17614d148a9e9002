import type { L10n } from '../../../core/common/l10n';
import type { ResolvedOptions } from '../../../core/models/options';
import { listValues } from '../../../core/models/variations';
import {
  parseOptionValue,
  type OptionValue,
  type Parameter,
  type Values,
} from '../../../core/models/parameter';
import type { Answer, PickItem, QuickInputs } from '../../common/quickInputs';
import { formatOption, formatValue, optionPlaceholder } from '../../labels/optionLabels';
import { escapeQuickPickText, truncatePrompt } from '../../labels/taskLabels';

/** Maximum length of a value that is free text, in characters. */
const MAX_SHOWN_VALUE_LENGTH = 40;

interface Context {
  readonly inputs: QuickInputs;
  readonly title: string;
  readonly l10n: L10n;
}

interface OptionQuestion extends Context {
  readonly parameter: Parameter;
  /** Undefined if the provider decides. */
  readonly value: OptionValue | undefined;
  /** The value of the last request. */
  readonly last: OptionValue | undefined;
  /** @returns why the request wouldn't be valid with a value, or undefined */
  readonly refuse: (value: OptionValue) => string | undefined;
}

/** Lets the user change an option. Undefined as value means the provider's default. */
export async function pickOption(question: OptionQuestion): Promise<Answer<OptionValue | undefined>> {
  const { parameter, inputs, title, value, last, refuse, l10n } = question;
  const { defaultValue, annotations = {} } = parameter;
  const choices = listValues(parameter);
  if (choices.length === 0) return inputValue(question);
  const valid = choices.filter((one) => refuse(one) === undefined);
  // If no value is valid, the cause is elsewhere.
  const items = (valid.length > 0 ? valid : choices).map((one): PickItem<OptionValue | undefined> => {
    const description = [annotations[String(one)], markOf(one, last, defaultValue, l10n)]
      .filter((text) => text !== undefined)
      .join(' · ');
    return {
      value: one,
      label: formatValue(parameter, String(one), l10n),
      ...(description === '' ? {} : { description }),
    };
  });
  if (defaultValue === undefined) items.push({ value: undefined, label: l10n.t('Default') });
  return inputs.pick<OptionValue | undefined>({
    ...{ title, items, canGoBack: true },
    placeholder: optionPlaceholder(parameter, l10n),
    active: items.find((item) => item.value === value),
  });
}

/** Lists the options that have no row in the summary. @returns the name of the selected one */
export async function pickHiddenOption(
  { inputs, title, l10n }: Context,
  resolved: ResolvedOptions,
  active: string | undefined,
): Promise<Answer<string>> {
  const items = resolved.parameters.filter(isHidden).map((parameter): PickItem<string> => ({
    value: parameter.name,
    label: parameter.label(l10n),
    description: shownValue(parameter, resolved, l10n),
  }));
  return inputs.pick<string>({
    ...{ title, items, canGoBack: true },
    placeholder: l10n.t('Select an option'),
    active: items.find(({ value }) => value === active),
  });
}

/** @returns true if an option is a row of the summary. An option with a single value isn't. */
export function hasRow(parameter: Parameter): boolean {
  return isRow(parameter) && listValues(parameter).length !== 1;
}

/** @returns true if an option can be changed under More Options. */
export function isHidden(parameter: Parameter): boolean {
  return !isRow(parameter) && listValues(parameter).length !== 1;
}

const isRow = ({ role, isMain, hasRow }: Parameter) =>
  role !== undefined || isMain === true || hasRow === true;

/** The options of a request on one line. Minor ones only if they aren't the default. */
export function formatOptions({ parameters, options }: ResolvedOptions, l10n: L10n): string[] {
  return parameters.flatMap((parameter) => {
    const { isMain, alwaysShown, defaultValue } = parameter;
    const value = options[parameter.name];
    if (value === undefined || (!isMain && !alwaysShown && value === defaultValue)) return [];
    return [escapeQuickPickText(formatOption(parameter, truncated(value), l10n))];
  });
}

/** Formats an option's value for its row. */
export function shownValue(parameter: Parameter, { options }: ResolvedOptions, l10n: L10n): string {
  const value = options[parameter.name];
  if (value === undefined) return l10n.t('Default');
  return escapeQuickPickText(formatValue(parameter, truncated(value), l10n));
}

const truncated = (value: OptionValue) => truncatePrompt(String(value), MAX_SHOWN_VALUE_LENGTH);

function markOf(
  value: OptionValue,
  last: OptionValue | undefined,
  defaultValue: OptionValue | undefined,
  l10n: L10n,
): string | undefined {
  if (value === last) return l10n.t('last used');
  return last === undefined && value === defaultValue ? l10n.t('Default') : undefined;
}

async function inputValue(question: OptionQuestion): Promise<Answer<OptionValue | undefined>> {
  const { parameter, inputs, title, value, refuse, l10n } = question;
  const canBeEmpty = parameter.defaultValue === undefined;
  const parse = (text: string) => (text === '' ? undefined : parseOptionValue(parameter, text));
  const expected = expectedValue(parameter.values, l10n);
  const answer = await inputs.input({
    ...{ title, canGoBack: true },
    // An empty input stands for the default.
    placeholder: canBeEmpty ? l10n.t('Default') : '',
    hint: `${parameter.label(l10n)} · ${expected}`,
    value: value === undefined ? '' : String(value),
    selected: true,
    validate: (text) => {
      if (text === '' && canBeEmpty) return undefined;
      const parsed = parse(text);
      const message = parsed === undefined ? expected : refuse(parsed);
      return message === undefined ? undefined : { message, severity: 'error' };
    },
  });
  return answer.kind === 'value' ? { kind: 'value', value: parse(answer.value) } : answer;
}

function expectedValue(values: Values, l10n: L10n): string {
  switch (values.kind) {
    case 'whole': {
      const { from, to, step = 1 } = values;
      // Multiples need no translation.
      const steps = step === 1 ? '' : ` (${from}, ${from + step}, …)`;
      return to === undefined
        ? l10n.t('Enter a whole number, {0} or higher.', `${from}${steps}`)
        : l10n.t('Enter a whole number from {0} to {1}.', from, `${to}${steps}`);
    }
    case 'number':
      return l10n.t('Enter a number from {0} to {1}.', values.from, values.to);
    case 'link':
      return l10n.t('Enter an https URL.');
    case 'object':
      return 'JSON: {"name": "value"}';
    default:
      return l10n.t('Enter a value.');
  }
}
