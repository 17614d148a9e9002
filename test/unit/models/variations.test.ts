import assert from 'node:assert/strict';
import { MODES } from '../../../src/core/models/modes';
import { checkOptions, resolveOptions } from '../../../src/core/models/options';
import {
  seedOption,
  optionsToVary,
  createVariations,
  requestedVideoCount,
  type Variation,
} from '../../../src/core/models/variations';
import { catalog } from '../../support/catalog';

/** Distinct numbers from 0 up to 1. */
function counting(): () => number {
  let next = 0;
  return () => (next++ % 97) / 97;
}

const setUp = (model: string, wishes: Record<string, unknown> = {}, mode: 'text' | 'first' = 'text') => {
  const found = catalog.listedModels.find(({ id }) => id === model);
  assert.ok(found);
  const subject = { model, mode };
  const resolved = resolveOptions(found.family, subject, wishes);
  return {
    resolved,
    variable: (name: string) =>
      optionsToVary(found.family, subject, resolved).find((one) => one.name === name)?.values,
    vary: (variation: Variation) => createVariations(found.family, subject, resolved, variation, counting()),
  };
};

describe('variations', () => {
  it('repeat the options if there is no seed', () => {
    const { resolved, vary } = setUp('sora-2');
    assert.deepEqual(vary({ kind: 'again', times: 3 }), [
      resolved.options,
      resolved.options,
      resolved.options,
    ]);
  });

  for (const { id, family } of catalog.listedModels) {
    it(`have their own seed, if any, and only legal values: ${id}`, () => {
      for (const mode of MODES.filter((one) => family.modes(id).includes(one))) {
        const subject = { model: id, mode };
        const resolved = resolveOptions(family, subject, {});
        const variables = optionsToVary(family, subject, resolved);
        const again = createVariations(family, subject, resolved, { kind: 'again', times: 10 }, counting());
        assert.equal(again.length, 10);
        assert.equal(new Set(again.map(({ seed }) => seed)).size, seedOption(resolved) ? 10 : 1);
        assert.ok(again.every(({ seed }) => seed === undefined || Number(seed) >= 1));
        const each = variables.map(({ name, values }) => {
          assert.ok(values.length > 1, name);
          const varied = createVariations(
            family,
            subject,
            resolved,
            { kind: 'option', name, values },
            Math.random,
          );
          assert.deepEqual(
            varied.map((options) => options[name]),
            values,
          );
          return varied;
        });
        for (const options of [...again, ...each.flat()]) {
          assert.deepEqual(checkOptions(family, subject, options), { options });
        }
      }
    });
  }

  it('keep a chosen seed for the first one', () => {
    const { vary } = setUp('veo-3.1-generate-preview', { seed: 7 });
    const seeds = vary({ kind: 'again', times: 3 }).map(({ seed }) => seed);
    assert.equal(seeds[0], 7);
    assert.equal(new Set(seeds).size, 3);
  });

  it("change dependent options with their parent, and don't offer them separately", () => {
    const { variable, vary } = setUp('wan2.5-t2v-preview');
    assert.equal(variable('resolution'), undefined);
    assert.ok(variable('size')?.includes('1920*1080'));
    const varied = vary({ kind: 'option', name: 'size', values: ['1280*720', '1920*1080'] });
    assert.deepEqual(
      varied.map(({ size, resolution }) => [size, resolution]),
      [
        ['1280*720', '720p'],
        ['1920*1080', '1080p'],
      ],
    );
  });

  it('offer only options that leave the others unchanged', () => {
    const { variable } = setUp('wan2.5-t2v-preview', { audio_url: 'https://example.com/a.mp3' });
    assert.equal(variable('generate_audio'), undefined);
    assert.deepEqual(setUp('sora-2').variable('seconds'), ['4', '8', '12']);
    assert.equal(setUp('veo-3.1-generate-preview').variable('seed'), undefined);
    assert.throws(() => setUp('sora-2').vary({ kind: 'option', name: 'seconds', values: ['5'] }));
  });

  it('count the videos that are paid for', () => {
    const model = 'veo-3.1-generate-preview';
    const { vary } = setUp(model, { sampleCount: 2 });
    const requests = vary({ kind: 'again', times: 3 }).map((options) => ({ model, options }));
    assert.equal(requestedVideoCount(catalog, requests), 6);
    assert.equal(
      requestedVideoCount(catalog, [{ model }, { model: 'sora-2', options: { seconds: '4' } }]),
      2,
    );
  });
});
