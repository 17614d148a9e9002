import type { Catalog } from '../../src/core/models/catalog';
import type { Family } from '../../src/core/models/family';
import type { Mode } from '../../src/core/models/modes';
import { parametersOf } from '../../src/core/models/options';
import type { Parameter, Values } from '../../src/core/models/parameter';

const INTRO = `# Models and their options

Made from \`src/core/models\`, which checks requests and asks the questions of the wizard; a test keeps this page true.

A request names a \`model\`, a \`prompt\`, \`options\`, and what else the video is made from: \`images\`, or an earlier video in \`remixOf\`. Options have the names of the gateway. They are checked before anything is sent, because the service silently replaces much of what it does not know; a request that is not exactly legal is refused with a sentence. Where an option has a value in the column "else", that value is sent when nobody chooses one; where it has none, nothing is sent and the service decides. A number is as good as its text, and the other way round.

Ids that are not listed here are taken if they begin like those of a family; how they differ is judged by the parts of the id. For any other id the family has to be named: **Another Model…** in Generate Video asks for it, and keeps it in the setting \`nebulaVideo.models\`. Models come and go: what your key may use today is what **Test Connection** finds.

Every family also takes \`extra\`: fields that this version does not know, as a JSON object in a text, for example \`{"new_field": true}\`. They are sent as they are, and can't replace anything that has a place of its own.
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
