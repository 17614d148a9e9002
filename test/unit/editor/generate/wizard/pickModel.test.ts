import assert from 'node:assert/strict';
import { untranslatedL10n } from '../../../../../src/core/common/l10n';
import { sora } from '../../../../../src/core/models/families/sora';
import { veo } from '../../../../../src/core/models/families/veo';
import { Catalog, type CustomModel } from '../../../../../src/core/models/catalog';
import { FAMILIES } from '../../../../../src/core/models/families';
import * as core from '../../../../../src/core/models/prepareRequest';
import { modelChoices, modelWarning } from '../../../../../src/editor/generate/wizard/pickModel';
import { catalog, prepareRequest } from '../../../../support/catalog';

const withCustom = (...models: CustomModel[]) => new Catalog(FAMILIES, () => models);

describe('the models that are offered', () => {
  const ids = (...parts: Parameters<typeof modelChoices>) => modelChoices(...parts).map(({ id }) => id);
  const listed = catalog.listedModels.map(({ id }) => id);

  it('are those that we know, and the user’s own before them', () => {
    assert.deepEqual(ids(catalog, undefined), listed);
    assert.deepEqual(ids(withCustom({ id: 'mine', family: 'veo' }, { id: 'x', family: 'gone' }), undefined), [
      'mine',
      ...listed,
    ]);
  });

  it('are once each: the user’s word on a model that we know counts', () => {
    const offered = modelChoices(withCustom({ id: 'kling-v1', family: 'veo', label: 'Mine' }), undefined);
    assert.equal(offered.filter(({ id }) => id === 'kling-v1').length, 1);
    assert.equal(offered[0]?.family, veo);
  });

  it('are also what the gateway lists, as far as its ids tell a family', () => {
    const heard = new Set(['gpt-4o', 'veo-9-ultra', 'sora-2', 'wan3.0-t2v', 'mine']);
    const offered = modelChoices(withCustom({ id: 'mine', family: 'sora' }), heard);
    assert.deepEqual(
      offered.slice(-2).map(({ id, family }) => [id, family.id]),
      [
        ['veo-9-ultra', 'veo'],
        ['wan3.0-t2v', 'wan'],
      ],
    );
    assert.ok(!offered.some(({ id }) => id === 'gpt-4o'));
  });

  it('are the unlisted ones only where the gateway has them', () => {
    assert.ok(!ids(catalog, undefined).includes('sora-2-pro'));
    assert.ok(ids(catalog, new Set(['sora-2-pro'])).includes('sora-2-pro'));
  });

  it('are marked when the key’s list lacks them, warned about when nobody has asked, and never forbidden', () => {
    assert.match(
      modelWarning('sora-2', catalog, undefined, untranslatedL10n) ?? '',
      /^OpenAI might have retired this model\.$/,
    );
    assert.equal(modelWarning('sora-2', catalog, new Set(['sora-2']), untranslatedL10n), undefined);
    assert.match(
      modelWarning('sora-2', catalog, new Set(['veo-x']), untranslatedL10n) ?? '',
      /^Not listed for your API key$/,
    );
    assert.equal(modelWarning('wan2.5-t2v-preview', catalog, undefined, untranslatedL10n), undefined);
    assert.equal(prepareRequest({ model: 'sora-2', prompt: 'x' }, untranslatedL10n).family, sora);
  });

  it('belong to the family that the user names, also in a request', () => {
    const own = withCustom({ id: 'studio-x', family: 'veo' });
    assert.equal(catalog.familyOf('studio-x'), undefined);
    assert.equal(own.familyOf('studio-x'), veo);
    const { body } = core.prepareRequest({ model: 'studio-x', prompt: 'x' }, own, untranslatedL10n);
    assert.equal((JSON.parse(body) as { durationSeconds: number }).durationSeconds, 4);
    assert.throws(
      () => prepareRequest({ model: 'studio-x', prompt: 'x' }, untranslatedL10n),
      /Name its family in 'nebulaVideo\.models'/,
    );
  });
});
