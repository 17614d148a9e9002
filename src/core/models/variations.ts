import type { Catalog } from './catalog';
import type { Family } from './family';
import { resolveOptions, type ResolvedOptions, type ModelAndMode } from './options';
import type { VideoRequest } from './request';
import type { OptionTexts, OptionValue, Options, Parameter } from './parameter';

/** In what the requests of a batch differ. */
export type Variation =
  | { readonly kind: 'again'; readonly times: number }
  | { readonly kind: 'option'; readonly name: string; readonly values: readonly OptionValue[] };

/** An option that can be varied. */
export interface VaryingOption {
  readonly name: string;
  readonly texts: OptionTexts;
  /** Two or more, each legal beside all the other options. */
  readonly values: readonly OptionValue[];
}

/** Of numbers, so many are offered as a list. */
const MAX_LISTED_VALUES = 20;

/** Every service takes seeds from 1 up to here; below 1 some take a number for "any". */
const MAX_SEED = 2_147_483_647;

/** The options of which several values can be asked for, while the others stay as they are. */
export function optionsToVary(
  family: Family,
  subject: ModelAndMode,
  settled: ResolvedOptions,
): readonly VaryingOption[] {
  return settled.parameters
    .filter(({ role }) => role !== 'seed')
    .map((parameter) => ({
      name: parameter.name,
      texts: parameter,
      values: valuesOf(parameter).filter(
        (value) => withValue(family, subject, settled.options, parameter.name, value) !== undefined,
      ),
    }))
    .filter(({ values }) => values.length > 1);
}

/** The option that tells requests apart that are otherwise alike. */
export function seedOption({ parameters }: ResolvedOptions): Parameter | undefined {
  return parameters.find(({ role }) => role === 'seed');
}

/**
 * The options of each request.
 * @param random from 0 up to 1; a seed that was chosen stays with the first one
 * @throws when a value is not legal beside the others, see {@link optionsToVary}
 */
export function createVariations(
  family: Family,
  subject: ModelAndMode,
  settled: ResolvedOptions,
  variation: Variation,
  random: () => number,
): readonly Options[] {
  const { options } = settled;
  if (variation.kind === 'option') {
    return variation.values.map((value) => {
      const varied = withValue(family, subject, options, variation.name, value);
      if (!varied) throw new Error(`${variation.name} can't be ${String(value)} here`);
      return varied;
    });
  }
  const seed = seedOption(settled);
  if (!seed) return Array.from({ length: variation.times }, () => options);
  const chosen = options[seed.name];
  const seeds = new Set(typeof chosen === 'number' && chosen > 0 ? [chosen] : []);
  while (seeds.size < variation.times) seeds.add(1 + Math.floor(random() * largestSeed(seed)));
  return [...seeds].map((one) => ({ ...options, [seed.name]: one }));
}

/** How many videos are paid for: some models make several of one request. */
export function requestedVideoCount(
  catalog: Catalog,
  requests: readonly Pick<VideoRequest, 'model' | 'options'>[],
): number {
  return requests.reduce((sum, request) => sum + catalog.requestedCount(request), 0);
}

function valuesOf({ values }: Parameter): readonly OptionValue[] {
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

/** The options with another value; undefined when another option, that has a choice, could not stay as it is. */
function withValue(
  family: Family,
  subject: ModelAndMode,
  options: Options,
  name: string,
  value: OptionValue,
): Options | undefined {
  const settled = resolveOptions(family, subject, { ...options, [name]: value });
  if (settled.options[name] !== value) return undefined;
  const names = new Set([...Object.keys(options), ...Object.keys(settled.options)]);
  const stays = [...names].every((other) => {
    if (other === name || settled.options[other] === options[other]) return true;
    const parameter = settled.parameters.find((one) => one.name === other);
    // The tier of a size, for instance, follows it.
    return parameter !== undefined && valuesOf(parameter).length === 1;
  });
  return stays ? settled.options : undefined;
}

function largestSeed({ values }: Parameter): number {
  return values.kind === 'whole' ? Math.min(values.to ?? MAX_SEED, MAX_SEED) : MAX_SEED;
}
