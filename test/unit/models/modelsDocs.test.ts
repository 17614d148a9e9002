import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { catalog } from '../../support/catalog';
import { modelsPage } from '../../support/modelsPage';
import manifest from '../../../package.json';
import { projectRoot } from '../../vscode/projectRoot';

/** If set, the test writes docs/models.md instead of failing: `NEBULA_UPDATE_MODELS=1 npm test -- unit`. */
const UPDATE_VARIABLE = 'NEBULA_UPDATE_MODELS';
const page = path.join(projectRoot, 'docs', 'models.md');

const NUMBERS = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];

describe('docs/models.md', () => {
  it('matches the families', async () => {
    const text = await format(modelsPage(catalog), { ...(await resolveConfig(page)), filepath: page });
    if (process.env[UPDATE_VARIABLE]) writeFileSync(page, text);
    assert.equal(readFileSync(page, 'utf8'), text, `run the unit tests with ${UPDATE_VARIABLE}=1`);
    for (const { id } of catalog.models) assert.ok(text.includes(`\`${id}\``));
  });
});

describe('README.md', () => {
  it('states the number of models and families', () => {
    const { models, families } = catalog;
    const expected = `${models.length} models of ${NUMBERS[families.length]} families`;
    const readme = readFileSync(path.join(projectRoot, 'README.md'), 'utf8');
    assert.ok(readme.includes(expected), `README.md has to say: ${expected}`);
  });
});

describe('package.json', () => {
  const { configuration } = manifest.contributes;

  it('lists the families for models of a user', () => {
    const { family } = configuration.properties['nebulaVideo.models'].items.properties;
    const expected = catalog.families.map(({ id }) => id);
    const lines = JSON.stringify({ enum: expected }, undefined, 2);
    assert.deepEqual(family.enum, expected, `"nebulaVideo.models" has to hold: ${lines}`);
  });

  it('suggests existing models for presets', () => {
    const { model } = configuration.properties['nebulaVideo.presets'].additionalProperties.properties;
    const known = catalog.models.map(({ id }) => id);
    for (const id of model.examples) assert.ok(known.includes(id), `${id} is not one of ${known.join(', ')}`);
  });
});
