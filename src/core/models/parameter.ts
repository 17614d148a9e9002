import * as z from 'zod';
import type { L10n } from '../common/l10n';

/** An option's value as the wire has it. */
export type OptionValue = string | number | boolean;
export type Options = Readonly<Record<string, OptionValue>>;

/** What an option may be. */
export type Values =
  | { readonly kind: 'choice'; readonly of: readonly (string | number)[] }
  | { readonly kind: 'flag' }
  | { readonly kind: 'whole'; readonly from: number; readonly to?: number; readonly step?: number }
  | { readonly kind: 'number'; readonly from: number; readonly to: number }
  /** `link`: an https address. `object`: a JSON object, written as a text. */
  | { readonly kind: 'text' | 'link' | 'object' };

type Sentence = (l10n: L10n) => string;

/** What an option means to code that knows no family: the wire names differ. */
export type ParameterRole =
  'length' | 'size' | 'width' | 'height' | 'aspectRatio' | 'resolution' | 'count' | 'seed' | 'sound';

/** How an option and its values are shown. */
export interface OptionTexts {
  readonly label: Sentence;
  /** The question that asks for it. Defaults to one made from the label. */
  readonly placeholder?: Sentence;
  /** A value in words that say by themselves which option they are about; undefined if there are none. */
  readonly format?: (value: string, l10n: L10n) => string | undefined;
}

/** One option of a family, from which its checks, the wizard's questions and docs/models.md are made. */
export interface Parameter extends OptionTexts {
  /** The wire name. */
  readonly name: string;
  /** Each role is given once at most. */
  readonly role?: ParameterRole;
  readonly values: Values;
  /** What is sent where nobody says otherwise; absent: nothing is sent then, and the service decides. */
  readonly defaultValue?: OptionValue;
  /** What it is, in plain English, for docs/models.md. */
  readonly description: string;
  /** The wizard asks for it in a step of its own. */
  readonly hasOwnStep?: true;
  /** It changes so much that a person sees it before they pay, also where it is the default. */
  readonly alwaysShown?: true;
  /** What else a value means, in signs that need no translation. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Why it can't be given with this model, these images or these other options; absent: it can. */
  readonly unavailable?: Sentence;
  /** Why its values are fewer than elsewhere. */
  readonly note?: Sentence;
}

export const choice = (...of: readonly (string | number)[]): Values => ({ kind: 'choice', of });
export const integer = (from: number, to?: number): Values =>
  to === undefined ? { kind: 'whole', from } : { kind: 'whole', from, to };
export const flag: Values = { kind: 'flag' };
export const text: Values = { kind: 'text' };

/**
 * Reads a value as it may come in: a number is as good as its text, and the other way round (API reference 4.1).
 * @returns the value in the type that the wire wants; undefined when it is none of those allowed
 */
export function parseOptionValue(
  { values }: Pick<Parameter, 'values'>,
  value: unknown,
): OptionValue | undefined {
  const parsed = schemaOf(values).safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

/** Says which values would be right. */
export function allowedValuesMessage({ name, values, note }: Parameter, l10n: L10n): string {
  const sentence = allowedValuesText(name, values, l10n);
  return note ? `${sentence} ${note(l10n)}` : sentence;
}

/** The object that a text holds, if it does. */
export function parseObject(value: string): Record<string, unknown> | undefined {
  try {
    return z.record(z.string(), z.unknown()).safeParse(JSON.parse(value)).data;
  } catch {
    return undefined;
  }
}

function schemaOf(values: Values): z.ZodType<OptionValue> {
  switch (values.kind) {
    case 'choice':
      return z.preprocess(
        (value) => (isScalar(value) ? values.of.find((one) => String(one) === String(value)) : value),
        z.literal([...values.of]),
      );
    case 'flag':
      return z.preprocess(
        (value) => (value === 'true' || value === 'false' ? value === 'true' : value),
        z.boolean(),
      );
    case 'whole': {
      const { from, to = Number.MAX_SAFE_INTEGER, step = 1 } = values;
      return z.preprocess(asNumber, z.int().min(from).max(to).multipleOf(step));
    }
    case 'number':
      return z.preprocess(asNumber, z.number().min(values.from).max(values.to));
    case 'text':
      return z.string().refine((value) => value.trim() !== '');
    case 'link':
      return z.string().refine(isHttpsLink);
    case 'object':
      return z.string().refine((value) => parseObject(value) !== undefined);
  }
}

const isScalar = (value: unknown): value is string | number =>
  typeof value === 'string' || typeof value === 'number';

/** Only a number as JavaScript itself writes it: `04` or `4.0` may be a slip. */
const asNumber = (value: unknown): unknown =>
  typeof value === 'string' && String(Number(value)) === value ? Number(value) : value;

export const isHttpsLink = (value: string): boolean =>
  /^https:\/\//i.test(value) && !/\s/.test(value) && URL.canParse(value);

function allowedValuesText(name: string, values: Values, l10n: L10n): string {
  switch (values.kind) {
    case 'choice':
      return l10n.t('The option "{0}" takes one of these values: {1}.', name, values.of.join(', '));
    case 'flag':
      return l10n.t('The option "{0}" is either true or false.', name);
    case 'whole':
      return values.to === undefined
        ? l10n.t('The option "{0}" takes a whole number from {1} on.', name, values.from)
        : values.step === undefined
          ? l10n.t('The option "{0}" takes a whole number from {1} to {2}.', name, values.from, values.to)
          : l10n.t('The option "{0}" takes an even number from {1} to {2}.', name, values.from, values.to);
    case 'number':
      return l10n.t('The option "{0}" takes a number from {1} to {2}.', name, values.from, values.to);
    case 'text':
      return l10n.t('The option "{0}" must be a text that is not empty.', name);
    case 'link':
      return l10n.t('The option "{0}" must be a link that begins with https://.', name);
    case 'object':
      return l10n.t('The option "{0}" must be a JSON object, written as a text.', name);
  }
}
