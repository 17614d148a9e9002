import type { L10n } from '../common/l10n';
import { extra } from './commonParameters';
import type { OptionContext, Family } from './family';
import {
  parseObject,
  parseOptionValue,
  allowedValuesMessage,
  type OptionValue,
  type Options,
  type Parameter,
} from './parameter';

/** Valid options, or messages about invalid ones. Messages about options are for developers, and in English. */
type Checked = { readonly options: Options } | { readonly errors: readonly string[] };

export type ModelAndMode = Pick<OptionContext, 'model' | 'mode'>;

/** All options of a family, `extra` included. */
export function parametersOf(family: Family, ask: OptionContext): readonly Parameter[] {
  return [...family.parameters(ask), extra];
}

/**
 * Validates options and adds defaults that are always sent.
 * @returns the options in wire format and in the family's order, or messages about invalid ones
 */
export function checkOptions(
  family: Family,
  subject: ModelAndMode,
  given: Readonly<Record<string, unknown>>,
): Checked {
  const all = parametersOf(family, { ...subject, options: {} });
  const available = all.filter(({ unavailable }) => !unavailable).map(({ name }) => name);
  const errors = Object.keys(given)
    .filter((name) => !all.some((parameter) => parameter.name === name))
    .map(
      (name) => `'${name}' isn't an option of ${subject.model}. The options are: ${available.join(', ')}.`,
    );
  const options: Record<string, OptionValue> = {};
  for (const parameter of parametersOf(family, { ...subject, options: readable(all, given) })) {
    const { name, defaultValue, unavailable } = parameter;
    if (!Object.hasOwn(given, name)) {
      if (defaultValue !== undefined && !unavailable) options[name] = defaultValue;
      continue;
    }
    const value = parseOptionValue(parameter, given[name]);
    if (unavailable) errors.push(unavailable);
    else if (value === undefined) errors.push(allowedValuesMessage(parameter));
    else options[name] = value;
  }
  errors.push(...validateExtraFields(family, all, options));
  return errors.length > 0 ? { errors: [...new Set(errors)] } : { options };
}

/** Validates the prompt and the options of a request, separately and against each other. */
export function checkPromptAndOptions(
  family: Family,
  subject: ModelAndMode,
  prompt: string,
  given: Readonly<Record<string, unknown>>,
  l10n: L10n,
): Checked {
  const checked = checkOptions(family, subject, given);
  if ('errors' in checked) return checked;
  const complaint = family.validate?.({ ...subject, prompt, options: checked.options }, l10n);
  return complaint === undefined ? checked : { errors: [complaint] };
}

/** The effective options of a request, and the available choices. */
export interface ResolvedOptions {
  readonly parameters: readonly Parameter[];
  readonly options: Options;
}

/**
 * Resolves options. A value that is invalid, or conflicts with an earlier one, falls back to the default.
 * Unavailable options are omitted.
 */
export function resolveOptions(
  family: Family,
  subject: ModelAndMode,
  wishes: Readonly<Record<string, unknown>>,
): ResolvedOptions {
  let chosen: Record<string, OptionValue> = {};
  const offered = () =>
    parametersOf(family, { ...subject, options: chosen }).filter(({ unavailable }) => !unavailable);
  for (const { name } of offered()) {
    const parameter = offered().find((one) => one.name === name);
    const value = parameter && parseOptionValue(parameter, wishes[name]);
    if (value !== undefined) chosen = { ...chosen, [name]: value };
  }
  const parameters = offered();
  const options = Object.fromEntries(
    parameters.flatMap(({ name, defaultValue }) => {
      const value = chosen[name] ?? defaultValue;
      return value === undefined ? [] : [[name, value]];
    }),
  );
  return { parameters, options };
}

/** @returns the options whose values are valid on their own. */
function readable(parameters: readonly Parameter[], given: Readonly<Record<string, unknown>>): Options {
  return Object.fromEntries(
    parameters.flatMap((parameter) => {
      const value = parseOptionValue(parameter, given[parameter.name]);
      return value === undefined || parameter.unavailable ? [] : [[parameter.name, value]];
    }),
  );
}

/** `extra` may only contain unknown fields. Known ones have their own option and validation. */
function validateExtraFields(family: Family, parameters: readonly Parameter[], options: Options): string[] {
  const known = [...family.fields, ...parameters.map(({ name }) => name)];
  return Object.keys(parseExtraFields(options))
    .filter((name) => known.includes(name))
    .map((name) => `'extra' can't contain '${name}', which is an option or field of its own.`);
}

export function parseExtraFields(options: Options): Record<string, unknown> {
  return parseObject(String(options[extra.name] ?? '')) ?? {};
}
