import type { Catalog } from '../../src/core/models/catalog';
import type { Family } from '../../src/core/models/family';
import type { Mode } from '../../src/core/models/modes';
import { parametersOf } from '../../src/core/models/options';
import type { Parameter, Values } from '../../src/core/models/parameter';

const INTRO = `# Models and their options

This page lists the models that you can use and the options of each. It's generated from \`src/core/models\`; a test keeps it up to date.

A request has a \`model\`, a \`prompt\`, and \`options\`, and optionally \`images\` or an earlier video in \`remixOf\`. Options have the gateway's names. The provider silently replaces values that it doesn't support, so a request with an illegal value is rejected before it's sent. If you leave out an option with a value in the column "else", that value is sent; without one, nothing is sent and the provider decides. Numbers can be given as text, and the other way round.

An ID that isn't listed is accepted if it starts like those of a family; the parts of the ID decide which options it has. For any other ID, choose **Other Model…** in Generate Video. It asks for the family and stores the model in the setting \`nebulaVideo.models\`. The model list marks models that might be retired or that your key can't use.

Every family also accepts \`extra\`: fields that this version doesn't know, as a JSON object in a string, for example \`{"new_field": true}\`. They're sent unchanged and can't replace a known field.
`;

const MODE_WORDS: Readonly<Record<Mode, string>> = {
  text: 'text',
  first: 'first image',
  firstLast: 'first and last image',
  reference: '1 to 4 reference images',
  remix: 'an earlier video',
};

function typeOf(values: Values): string {
  switch (values.kind) {
    case 'choice':
      return typeof values.of[0];
    case 'flag':
      return 'boolean';
    case 'whole':
      return 'whole number';
    case 'number':
      return 'number';
    case 'text':
    case 'link':
      return 'string';
    case 'object':
      return 'JSON in a string';
  }
}

function valuesOf(values: Values): string {
  switch (values.kind) {
    case 'choice':
      return values.of.map((value) => `\`${value}\``).join(', ');
    case 'flag':
      return '`true`, `false`';
    case 'whole':
      return values.to === undefined
        ? `${values.from} and more`
        : `${values.from} to ${values.to}${values.step === undefined ? '' : ', even'}`;
    case 'number':
      return `${values.from} to ${values.to}`;
    case 'text':
      return 'any';
    case 'link':
      return 'an https link';
    case 'object':
      return 'an object';
  }
}

/** Returns the rows of a family: one for each option, or several if it differs between models or modes. */
function optionRows(family: Family): string[] {
  const cases = family.models.flatMap(({ id: model }) =>
    family.modes(model).map((mode) => ({ model, mode })),
  );
  const names = [
    ...new Set(cases.flatMap((one) => family.parameters({ ...one, options: {} }).map(({ name }) => name))),
  ];
  const found = names.map((name) => {
    const rows = new Map<string, { cells: string; where: typeof cases }>();
    for (const one of cases) {
      const parameter = parametersOf(family, { ...one, options: {} }).find((other) => other.name === name);
      if (!parameter || parameter.unavailable) continue;
      const cells = cellsOf(parameter);
      const row = rows.get(cells) ?? { cells, where: [] };
      rows.set(cells, { cells, where: [...row.where, one] });
    }
    return { name, rows: [...rows.values()] };
  });
  return found.flatMap(({ name, rows }) =>
    rows.map(({ cells, where }) => {
      const about = cells.split(' | ').at(-1) ?? '';
      const others = cells.split(' | ').slice(0, -1).join(' | ');
      const only = where.length === cases.length ? '' : ` Only ${cropPosition(family, where)}.`;
      return `| \`${name}\` | ${others} | ${about}${only} |`;
    }),
  );
}

function cellsOf({ values, defaultValue, description }: Parameter): string {
  const otherwise = defaultValue === undefined ? '' : `\`${String(defaultValue)}\``;
  return `${typeOf(values)} | ${valuesOf(values)} | ${otherwise} | ${description}`;
}

/** Names the models, and the modes if they differ. */
function cropPosition(family: Family, where: readonly { model: string; mode: Mode }[]): string {
  const models = [...new Set(where.map(({ model }) => model))];
  const groups = new Map<string, string[]>();
  for (const model of models) {
    const modes = where.filter((one) => one.model === model).map(({ mode }) => mode);
    const from =
      modes.length === family.modes(model).length
        ? ''
        : ` from ${modes.map((mode) => MODE_WORDS[mode]).join(', ')}`;
    groups.set(from, [...(groups.get(from) ?? []), `\`${model}\``]);
  }
  return [...groups].map(([from, ids]) => `${ids.join(', ')}${from}`).join('; ');
}

function section(family: Family): string {
  const models = family.models.map(({ id, unlisted }) => {
    const inWizard = !unlisted && family.modes(id).includes('text');
    const from = family
      .modes(id)
      .map((mode) => MODE_WORDS[mode])
      .join('; ');
    return `| \`${id}\` | ${from} | ${family.sound(id)} | ${inWizard ? 'yes' : 'no'} |`;
  });
  return `
## ${family.id}

Ids that begin with ${family.prefixes.map((prefix) => `\`${prefix}\``).join(', ')}.

| model | made from | sound | offered in Generate Video |
| --- | --- | --- | --- |
${models.join('\n')}

| option | type | values | else | meaning |
| --- | --- | --- | --- | --- |
${optionRows(family).join('\n')}
`;
}

/** Creates docs/models.md, without formatting. */
export function modelsPage({ families }: Catalog): string {
  return [INTRO, ...families.map(section)].join('');
}
