import { untranslatedL10n } from '../../src/core/common/l10n';
import { isModelId, modelsAndModes } from '../../src/core/models/catalog';
import type { Family, OptionContext } from '../../src/core/models/family';
import { parametersOf } from '../../src/core/models/options';
import { parseOptionValue, type Parameter } from '../../src/core/models/parameter';

/** Returns the mistakes in families as sentences. */
export function findMistakes(families: readonly Family[]): readonly string[] {
  return [
    ...repeated(families.map(({ id }) => id)).map((id) => `two families are called '${id}'`),
    ...repeated(families.flatMap(({ models }) => models.map(({ id }) => id))).map(
      (id) => `the model '${id}' is listed twice`,
    ),
    ...prefixClashes(families),
    ...families.flatMap((family) =>
      [...new Set([...ownMistakes(family), ...optionMistakes(family)])].map(
        (mistake) => `${family.id}: ${mistake}`,
      ),
    ),
  ];
}

const repeated = (texts: readonly string[]) => [
  ...new Set(texts.filter((text, index) => texts.indexOf(text) !== index)),
];

/** A model ID must lead to one family, whatever the order of the list. */
function prefixClashes(families: readonly Family[]): string[] {
  return families.flatMap((family) =>
    family.prefixes.flatMap((prefix) =>
      families
        .filter((other) => other !== family)
        .flatMap((other) => [
          ...other.models
            .filter(({ id }) => id.startsWith(prefix))
            .map(({ id }) => `the prefix '${prefix}' of ${family.id} fits the model '${id}' of ${other.id}`),
          ...other.prefixes
            .filter((one) => one.startsWith(prefix))
            .map((one) => `the prefix '${prefix}' of ${family.id} fits the prefix '${one}' of ${other.id}`),
        ]),
    ),
  );
}

function ownMistakes(family: Family): string[] {
  const { id, label, models, prefixes, taskIds } = family;
  const modes = modelsAndModes(family);
  const remixes = modes.some(({ mode }) => mode === 'remix');
  return [
    ...(/^[a-z][a-z0-9-]*$/.test(id) ? [] : ['the ID is not in lower case']),
    ...(label(untranslatedL10n) === '' ? ['there is no label'] : []),
    ...models.filter((model) => model.label === '').map((model) => `the model '${model.id}' has no name`),
    ...(models.length + prefixes.length === 0 ? ['there are neither models nor prefixes'] : []),
    ...models.filter((model) => !isModelId(model.id)).map((model) => `'${model.id}' can't be a model ID`),
    ...models
      .filter((model) => family.modes(model.id).length === 0)
      .map((model) => `the model '${model.id}' can be made from nothing`),
    ...(remixes === (taskIds?.remixModel !== undefined) ? [] : ['remixes need a remix model, and it them']),
    ...(taskIds?.remixModel === undefined || models.some((model) => model.id === taskIds.remixModel)
      ? []
      : [`the remix model '${taskIds.remixModel}' is none of the models`]),
    ...(taskIds && !taskIds.pattern.test(`${taskIds.prefix}1`)
      ? ["the pattern of task IDs doesn't fit their prefix"]
      : []),
  ];
}

function optionMistakes(family: Family): string[] {
  return modelsAndModes(family).flatMap((subject) => {
    const context: OptionContext = { ...subject, options: {} };
    const parameters = parametersOf(family, context);
    const roles = parameters.flatMap(({ role }) => (role === undefined ? [] : [role]));
    return [
      ...repeated(parameters.map(({ name }) => name)).map((name) => `the option '${name}' is there twice`),
      ...repeated(roles).map((role) => `two options are the ${role}`),
      ...parameters.flatMap((parameter) =>
        parameterMistakes(parameter).map((mistake) => `the option '${parameter.name}' ${mistake}`),
      ),
      ...imageMistakes(family, parameters),
    ];
  });
}

function parameterMistakes(parameter: Parameter): string[] {
  const { name, label, description, role, values, defaultValue, isMain, annotations = {} } = parameter;
  const allowed = (value: unknown) => parseOptionValue(parameter, value) !== undefined;
  const isShown = values.kind !== 'choice' || values.of.length > 1;
  const text = label(untranslatedL10n).trim();
  return [
    ...(text === '' || (isShown && text === name) ? ['has no label'] : []),
    ...(description.trim() === '' ? ['has no description'] : []),
    ...(values.kind === 'choice' && values.of.length === 0 ? ['has no values'] : []),
    ...(defaultValue === undefined || allowed(defaultValue)
      ? []
      : [`can't be ${JSON.stringify(defaultValue)}, its default`]),
    ...(isMain && defaultValue === undefined ? ['is a main choice without a default'] : []),
    ...(role === 'seed' && values.kind !== 'whole' ? ['is the seed and no whole number'] : []),
    ...(role === 'count' && !allowed(1) ? ['is the number of videos and takes no 1'] : []),
    ...Object.keys(annotations)
      .filter((value) => !allowed(value))
      .map((value) => `has an annotation for '${value}', which is none of its values`),
  ];
}

function imageMistakes(family: Family, parameters: readonly Parameter[]): string[] {
  const defaults = parameters.flatMap(({ name, defaultValue }) =>
    defaultValue === undefined ? [] : [[name, defaultValue]],
  );
  const limits = family.imageLimits(Object.fromEntries(defaults) as Record<string, string>);
  const ranges = [limits.sides, limits.ratio].filter((range) => range !== undefined);
  const isJpeg = limits.formats.includes('jpeg');
  return [
    ...(limits.maxBytes > 0 ? [] : ['no image is small enough']),
    ...(ranges.every(({ min, max }) => min <= max) ? [] : ['no image is of the right size']),
    ...(isJpeg ? [] : ['images are written as JPEG, which is not taken']),
  ];
}
