import type { Catalog } from './catalog';
import type { Family } from './family';
import { resolveOptions, type ResolvedOptions, type ModelAndMode } from './options';
import type { VideoRequest } from './request';
import type { OptionTexts, OptionValue, Options, Parameter } from './parameter';

/** How the requests of a batch differ. */
export type Variation =
  | { readonly kind: 'again'; readonly times: number }
  | { readonly kind: 'option'; readonly name: string; readonly values: readonly OptionValue[] };

export interface VaryingOption {
  readonly name: string;
  readonly texts: OptionTexts;
  /** Two or more values, each valid with all other options. */
  readonly values: readonly OptionValue[];
}

/** Maximum number of numeric values to offer as a list. */
const MAX_LISTED_VALUES = 20;

/** All providers accept seeds from 1 up to this. Some treat values below 1 as random. */
const MAX_SEED = 2_147_483_647;

/** @returns the options that can be varied while all others keep their values. */
export function optionsToVary(
  family: Family,
  subject: ModelAndMode,
  resolved: ResolvedOptions,
): readonly VaryingOption[] {
  return resolved.parameters
    .filter(({ role }) => role !== 'seed')
    .map((parameter) => ({
      name: parameter.name,
      texts: parameter,
      values: listValues(parameter).filter(
        (value) => withValue(family, subject, resolved.options, parameter.name, value) !== undefined,
      ),
    }))
    .filter(({ values }) => values.length > 1);
}

/** The option that tells requests apart that are otherwise alike. */
export function seedOption({ parameters }: ResolvedOptions): Parameter | undefined {
  return parameters.find(({ role }) => role === 'seed');
}

/**
 * Creates the options of each request.
 * @param random returns a number from 0 up to 1. The first request keeps a chosen seed.
 * @throws if a value isn't valid with the others, see {@link optionsToVary}
 */
export function createVariations(
  family: Family,
  subject: ModelAndMode,
  resolved: ResolvedOptions,
  variation: Variation,
  random: () => number,
): readonly Options[] {
  const { options } = resolved;
  if (variation.kind === 'option') {
    return variation.values.map((value) => {
      const varied = withValue(family, subject, options, variation.name, value);
      if (!varied) throw new Error(`${variation.name} can't be ${String(value)} here`);
      return varied;
    });
  }
  const seed = seedOption(resolved);
  if (!seed) return Array.from({ length: variation.times }, () => options);
  const chosen = options[seed.name];
  const seeds = new Set(typeof chosen === 'number' && chosen > 0 ? [chosen] : []);
  while (seeds.size < variation.times) seeds.add(1 + Math.floor(random() * largestSeed(seed)));
  return [...seeds].map((one) => ({ ...options, [seed.name]: one }));
}

/** @returns the number of videos to pay for. Some models generate several per request. */
export function requestedVideoCount(
  catalog: Catalog,
  requests: readonly Pick<VideoRequest, 'model' | 'options'>[],
): number {
  return requests.reduce((sum, request) => sum + catalog.requestedCount(request), 0);
}

/** @returns the values of an option as a list, or an empty list if there are too many. */
export function listValues({ values }: Parameter): readonly OptionValue[] {
  switch (values.kind) {
    case 'choice':
      return values.of;
    case 'flag':
      return [true, false];
    case 'whole': {
      const { from, to = Infinity, step = 1 } = values;
      const count = Math.floor((to - from) / step) + 1;
      return count > MAX_LISTED_VALUES
        ? []
        : Array.from({ length: count }, (_, index) => from + index * step);
    }
    default:
      return [];
  }
}

/** @returns the options with a changed value, or undefined if that would change another option the user can choose. */
function withValue(
  family: Family,
  subject: ModelAndMode,
  options: Options,
  name: string,
  value: OptionValue,
): Options | undefined {
  const resolved = resolveOptions(family, subject, { ...options, [name]: value });
  if (resolved.options[name] !== value) return undefined;
  const names = new Set([...Object.keys(options), ...Object.keys(resolved.options)]);
  const stays = [...names].every((other) => {
    if (other === name || resolved.options[other] === options[other]) return true;
    const parameter = resolved.parameters.find((one) => one.name === other);
    // An option with a single value depends on another one, as the tier depends on the size.
    return parameter !== undefined && listValues(parameter).length === 1;
  });
  return stays ? resolved.options : undefined;
}

function largestSeed({ values }: Parameter): number {
  return values.kind === 'whole' ? Math.min(values.to ?? MAX_SEED, MAX_SEED) : MAX_SEED;
}
