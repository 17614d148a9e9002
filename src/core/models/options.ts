import type { L10n } from '../common/l10n';
import type { Ask, Family } from './family';
import {
  parseObject,
  readValue,
  rightValues,
  type OptionValue,
  type Options,
  type Parameter,
} from './parameter';

/** Options that are legal, or what is wrong with them, as sentences. */
type Checked = { readonly options: Options } | { readonly faults: readonly string[] };

/** Which model, made from what. */
export type Subject = Pick<Ask, 'model' | 'mode'>;

/** Every family has it: what the service learns before this version does. */
const extra: Parameter = {
  name: 'extra',
  values: { kind: 'object' },
  about: 'Fields that this version does not know, as a JSON object in a text; sent as they are.',
};

/** All options of a family, `extra` included. */
export function parametersOf(family: Family, ask: Ask): readonly Parameter[] {
  return [...family.parameters(ask), extra];
}

/**
 * Checks options as they came in, and fills in what is always sent.
 * @returns the options as the wire has them, in the family's order, or what is wrong with them, as sentences
 */
export function checkOptions(
  family: Family,
  subject: Subject,
  given: Readonly<Record<string, unknown>>,
  l10n: L10n,
): Checked {
  const all = parametersOf(family, { ...subject, options: {} });
  const unknown = Object.keys(given).filter((name) => !all.some((parameter) => parameter.name === name));
  const faults = unknown.map((name) =>
    l10n.t(
      'The option "{0}" is not one of {1}. The options are: {2}.',
      name,
      subject.model,
      all
        .filter(({ withheld }) => !withheld)
        .map((parameter) => parameter.name)
        .join(', '),
    ),
  );
  const options: Record<string, OptionValue> = {};
  for (const parameter of parametersOf(family, { ...subject, options: readable(all, given) })) {
    const { name, initial, withheld } = parameter;
    if (!Object.hasOwn(given, name)) {
      if (initial !== undefined && !withheld) options[name] = initial;
      continue;
    }
    const value = readValue(parameter, given[name]);
    if (withheld) faults.push(withheld(l10n));
    else if (value === undefined) faults.push(rightValues(parameter, l10n));
    else options[name] = value;
  }
  faults.push(...extraFaults(family, all, options, l10n));
  return faults.length > 0 ? { faults: [...new Set(faults)] } : { options };
}

/** Checks the prompt and the options of a request, by themselves and against each other. */
export function checkWords(
  family: Family,
  subject: Subject,
  prompt: string,
  given: Readonly<Record<string, unknown>>,
  l10n: L10n,
): Checked {
  const checked = checkOptions(family, subject, given, l10n);
  if ('faults' in checked) return checked;
  const complaint = family.complaint?.({ ...subject, prompt, options: checked.options }, l10n);
  return complaint === undefined ? checked : { faults: [complaint] };
}

/** What the options of a request stand at, and what can be chosen. */
export interface Settled {
  readonly parameters: readonly Parameter[];
  readonly options: Options;
}

/**
 * The options as far as wishes are legal: a wish that is not, here or beside an earlier one, falls to the default.
 * Withheld options are left out.
 */
export function settleOptions(
  family: Family,
  subject: Subject,
  wishes: Readonly<Record<string, unknown>>,
): Settled {
  let chosen: Record<string, OptionValue> = {};
  const offered = () =>
    parametersOf(family, { ...subject, options: chosen }).filter(({ withheld }) => !withheld);
  for (const { name } of offered()) {
    const parameter = offered().find((one) => one.name === name);
    const value = parameter && readValue(parameter, wishes[name]);
    if (value !== undefined) chosen = { ...chosen, [name]: value };
  }
  const parameters = offered();
  const options = Object.fromEntries(
    parameters.flatMap(({ name, initial }) => {
      const value = chosen[name] ?? initial;
      return value === undefined ? [] : [[name, value]];
    }),
  );
  return { parameters, options };
}

/** Those of the given options that can be read by themselves. */
function readable(parameters: readonly Parameter[], given: Readonly<Record<string, unknown>>): Options {
  return Object.fromEntries(
    parameters.flatMap((parameter) => {
      const value = readValue(parameter, given[parameter.name]);
      return value === undefined || parameter.withheld ? [] : [[parameter.name, value]];
    }),
  );
}

/** `extra` is for what is not known: what is has a place and a check of its own. */
function extraFaults(
  family: Family,
  parameters: readonly Parameter[],
  options: Options,
  l10n: L10n,
): string[] {
  const known = [...family.fields, ...parameters.map(({ name }) => name)];
  return Object.keys(extraOf(options))
    .filter((name) => known.includes(name))
    .map((name) =>
      l10n.t('"extra" may not hold "{0}": it is not for what has a place of its own in a request.', name),
    );
}

/** The fields of `extra`. */
export function extraOf(options: Options): Record<string, unknown> {
  return parseObject(String(options['extra'] ?? '')) ?? {};
}
