import assert from 'node:assert/strict';
import { untranslatedL10n } from '../../../../../src/core/common/l10n';
import { LISTED_MODELS, familyOf } from '../../../../../src/core/models/catalog';
import { prepareRequest } from '../../../../../src/core/models/prepareRequest';
import { sora } from '../../../../../src/core/models/families/sora';
import { veo } from '../../../../../src/core/models/families/veo';
import { modelChoices, modelWarning } from '../../../../../src/editor/generate/wizard/modelChoices';

describe('the models that are offered', () => {
  const ids = (...parts: Parameters<typeof modelChoices>) => modelChoices(...parts).map(({ id }) => id);
  const listed = LISTED_MODELS.map(({ id }) => id);

  it('are those that we know, and the user’s own before them', () => {
    assert.deepEqual(ids([], undefined), listed);
    assert.deepEqual(ids([{ id: 'mine', family: veo }], undefined), ['mine', ...listed]);
  });

  it('are once each: the user’s word on a model that we know counts', () => {
    const offered = modelChoices([{ id: 'kling-v1', family: veo, label: 'Mine' }], undefined);
    assert.equal(offered.filter(({ id }) => id === 'kling-v1').length, 1);
    assert.equal(offered[0]?.family, veo);
  });

  it('are also what the gateway lists, as far as its ids tell a family', () => {
    const heard = new Set(['gpt-4o', 'veo-9-ultra', 'sora-2', 'wan3.0-t2v', 'mine']);
    const offered = modelChoices([{ id: 'mine', family: sora }], heard);
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
    assert.ok(!ids([], undefined).includes('sora-2-pro'));
    assert.ok(ids([], new Set(['sora-2-pro'])).includes('sora-2-pro'));
  });

  it('are marked when the key’s list lacks them, warned about when nobody has asked, and never forbidden', () => {
    assert.match(modelWarning('sora-2', undefined, untranslatedL10n) ?? '', /OpenAI has retired/);
    assert.equal(modelWarning('sora-2', new Set(['sora-2']), untranslatedL10n), undefined);
    assert.match(
      modelWarning('sora-2', new Set(['veo-x']), untranslatedL10n) ?? '',
      /does not list this model for your key/,
    );
    assert.equal(modelWarning('wan2.5-t2v-preview', undefined, untranslatedL10n), undefined);
    assert.equal(prepareRequest({ model: 'sora-2', prompt: 'x' }, untranslatedL10n).family, sora);
  });

  it('belong to the family that the user names, also in a request', () => {
    const own = [{ id: 'studio-x', family: veo }];
    assert.equal(familyOf('studio-x'), undefined);
    assert.equal(familyOf('studio-x', own), veo);
    const { body } = prepareRequest({ model: 'studio-x', prompt: 'x' }, untranslatedL10n, undefined, own);
    assert.equal((JSON.parse(body) as { durationSeconds: number }).durationSeconds, 4);
    assert.throws(
      () => prepareRequest({ model: 'studio-x', prompt: 'x' }, untranslatedL10n),
      /name its family in the setting "nebulaVideo.models"/,
    );
  });
});
