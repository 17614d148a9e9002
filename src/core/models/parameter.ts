import * as z from 'zod/mini';
import type { L10n } from '../common/l10n';

/** Value of an option in wire format. */
export type OptionValue = string | number | boolean;
export type Options = Readonly<Record<string, OptionValue>>;

/** Allowed values of an option. */
export type Values =
  | { readonly kind: 'choice'; readonly of: readonly (string | number)[] }
  | { readonly kind: 'flag' }
  | { readonly kind: 'whole'; readonly from: number; readonly to?: number; readonly step?: number }
  | { readonly kind: 'number'; readonly from: number; readonly to: number }
  /** `link`: an https URL. `object`: a JSON object as text. */
  | { readonly kind: 'text' | 'link' | 'object' };

type LocalizedText = (l10n: L10n) => string;

/** Meaning of an option, independent of the family's name for it. */
export type ParameterRole =
  'length' | 'size' | 'width' | 'height' | 'aspectRatio' | 'resolution' | 'count' | 'seed' | 'sound';

/** How an option and its values are shown. */
export interface OptionTexts {
  readonly label: LocalizedText;
  /** Placeholder of the pick. Defaults to one made from the label. */
  readonly placeholder?: LocalizedText;
  /** A value as shown, or undefined if it has no special format. */
  readonly format?: (value: string, l10n: L10n) => string | undefined;
  /** True if formatted values make sense without the label, such as '8 s'. */
  readonly standsAlone?: true;
}

/** An option of a family. Validation, the wizard, and docs/models.md are based on it. */
export interface Parameter extends OptionTexts {
  /** Name in the request body. */
  readonly name: string;
  /** Each role is given once at most. */
  readonly role?: ParameterRole;
  readonly values: Values;
  /** Sent if the user chooses nothing. If undefined, nothing is sent and the provider decides. */
  readonly defaultValue?: OptionValue;
  /** English description for docs/models.md. */
  readonly description: string;
  /** A main choice: it's remembered for the next request, and continuing a video copies it. */
  readonly isMain?: true;
  /** Shown as a row of the summary instead of under More Options. Options with a role always are. */
  readonly hasRow?: true;
  /** Always shown in the summary, even with the default value, because it matters so much. */
  readonly alwaysShown?: true;
  /** Annotations of values, in symbols that need no translation. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Why the option isn't available with this model, these images, or these options. Undefined if it is. */
  readonly unavailable?: string;
  /** Why fewer values than usual are available. */
  readonly note?: string;
}

export const choice = (...of: readonly (string | number)[]): Values => ({ kind: 'choice', of });
export const integer = (from: number, to?: number): Values =>
  to === undefined ? { kind: 'whole', from } : { kind: 'whole', from, to };
export const flag: Values = { kind: 'flag' };
export const text: Values = { kind: 'text' };

/**
 * Parses an option value. Numbers and numeric text are equivalent (API reference 4.1).
 * @returns the value in its wire type, or undefined if it isn't allowed
 */
export function parseOptionValue(
  { values }: Pick<Parameter, 'values'>,
  value: unknown,
): OptionValue | undefined {
  const parsed = schemaOf(values).safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

/** @returns an English message that lists the allowed values. */
export function allowedValuesMessage({ name, values, note }: Parameter): string {
  const sentence = `'${name}' must be ${describeValues(values)}.`;
  return note ? `${sentence} ${note}` : sentence;
}

/**
 * Parses a JSON object.
 * @returns undefined if the text isn't one
 */
export function parseObject(value: string): Record<string, unknown> | undefined {
  try {
    return z.record(z.string(), z.unknown()).safeParse(JSON.parse(value)).data;
  } catch {
    return undefined;
  }
}

function preprocess<T>(convert: (value: unknown) => unknown, schema: z.ZodMiniType<T>): z.ZodMiniType<T> {
  return z.pipe(z.transform(convert), schema);
}

function schemaOf(values: Values): z.ZodMiniType<OptionValue> {
  switch (values.kind) {
    case 'choice':
      return preprocess(
        (value) => (isScalar(value) ? values.of.find((one) => String(one) === String(value)) : value),
        z.literal([...values.of]),
      );
    case 'flag':
      return preprocess(
        (value) => (value === 'true' || value === 'false' ? value === 'true' : value),
        z.boolean(),
      );
    case 'whole': {
      const { from, to = Number.MAX_SAFE_INTEGER, step = 1 } = values;
      return preprocess(asNumber, z.int().check(z.gte(from), z.lte(to), z.multipleOf(step)));
    }
    case 'number':
      return preprocess(asNumber, z.number().check(z.gte(values.from), z.lte(values.to)));
    case 'text':
      return z.string().check(z.refine((value) => value.trim() !== ''));
    case 'link':
      return z.string().check(z.refine(isHttpsLink));
    case 'object':
      return z.string().check(z.refine((value) => parseObject(value) !== undefined));
  }
}

const isScalar = (value: unknown): value is string | number =>
  typeof value === 'string' || typeof value === 'number';

/** Accepts only canonical numbers: `04` or `4.0` may be a typo. */
const asNumber = (value: unknown): unknown =>
  typeof value === 'string' && String(Number(value)) === value ? Number(value) : value;

export const isHttpsLink = (value: string): boolean =>
  /^https:\/\//i.test(value) && !/\s/.test(value) && URL.canParse(value);

function describeValues(values: Values): string {
  switch (values.kind) {
    case 'choice':
      return `one of ${values.of.join(', ')}`;
    case 'flag':
      return 'true or false';
    case 'whole': {
      const { from, to, step } = values;
      const kind = step === undefined ? 'a whole number' : `a multiple of ${step}`;
      return to === undefined ? `${kind} of at least ${from}` : `${kind} from ${from} to ${to}`;
    }
    case 'number':
      return `a number from ${values.from} to ${values.to}`;
    case 'text':
      return 'a non-empty text';
    case 'link':
      return 'an https URL';
    case 'object':
      return 'a JSON object as text';
  }
}
