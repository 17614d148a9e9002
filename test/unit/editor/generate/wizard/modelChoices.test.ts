import assert from 'node:assert/strict';
import { english } from '../../../../../src/core/common/l10n';
import { LISTED_MODELS, familyOf } from '../../../../../src/core/models/catalog';
import { prepareRequest } from '../../../../../src/core/models/prepareRequest';
import { sora } from '../../../../../src/core/models/families/sora';
import { veo } from '../../../../../src/core/models/families/veo';
import { offeredModels, remarkOn } from '../../../../../src/editor/generate/wizard/modelChoices';

describe('the models that are offered', () => {
  const ids = (...parts: Parameters<typeof offeredModels>) => offeredModels(...parts).map(({ id }) => id);
  const listed = LISTED_MODELS.map(({ id }) => id);

  it('are those that we know, and the user’s own before them', () => {
    assert.deepEqual(ids([], undefined), listed);
    assert.deepEqual(ids([{ id: 'mine', family: veo }], undefined), ['mine', ...listed]);
  });

  it('are once each: the user’s word on a model that we know counts', () => {
    const offered = offeredModels([{ id: 'kling-v1', family: veo, label: 'Mine' }], undefined);
    assert.equal(offered.filter(({ id }) => id === 'kling-v1').length, 1);
    assert.equal(offered[0]?.family, veo);
  });

  it('are also what the gateway lists, as far as its ids tell a family', () => {
    const heard = new Set(['gpt-4o', 'veo-9-ultra', 'sora-2', 'wan3.0-t2v', 'mine']);
    const offered = offeredModels([{ id: 'mine', family: sora }], heard);
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
    assert.match(remarkOn('sora-2', undefined, english) ?? '', /OpenAI has retired/);
    assert.equal(remarkOn('sora-2', new Set(['sora-2']), english), undefined);
    assert.match(
      remarkOn('sora-2', new Set(['veo-x']), english) ?? '',
      /does not list this model for your key/,
    );
    assert.equal(remarkOn('wan2.5-t2v-preview', undefined, english), undefined);
    assert.equal(prepareRequest({ model: 'sora-2', prompt: 'x' }, english).family, sora);
  });

  it('belong to the family that the user names, also in a request', () => {
    const own = [{ id: 'studio-x', family: veo }];
    assert.equal(familyOf('studio-x'), undefined);
    assert.equal(familyOf('studio-x', own), veo);
    const { body } = prepareRequest({ model: 'studio-x', prompt: 'x' }, english, undefined, own);
    assert.equal((JSON.parse(body) as { durationSeconds: number }).durationSeconds, 4);
    assert.throws(
      () => prepareRequest({ model: 'studio-x', prompt: 'x' }, english),
      /name its family in the setting "nebulaVideo.models"/,
    );
  });
});
