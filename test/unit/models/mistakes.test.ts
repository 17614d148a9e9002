import assert from 'node:assert/strict';
import { sora } from '../../../src/core/models/families/sora';
import { FAMILIES } from '../../../src/core/models/families';
import type { Family } from '../../../src/core/models/family';
import type { Parameter } from '../../../src/core/models/parameter';
import { findMistakes } from '../../support/familyMistakes';
import { madeUp } from '../../support/madeUpFamily';

describe('family files', () => {
  it('contain no mistake', () => {
    assert.deepEqual(findMistakes([...FAMILIES, madeUp]), []);
  });

  /** The made-up family with another first option. */
  const withOption = (changes: Partial<Parameter>): Family => ({
    ...madeUp,
    parameters: (context) => {
      const [first, ...others] = madeUp.parameters(context);
      assert.ok(first);
      return [{ ...first, ...changes }, ...others];
    },
  });

  const mistakes: readonly (readonly [rule: string, family: Family, said: RegExp])[] = [
    ['the ID of another one', { ...madeUp, id: 'sora' }, /^two families are called 'sora'$/],
    [
      'a model of another one',
      { ...madeUp, models: [...madeUp.models, { id: 'sora-2', label: 'Sora 2' }] },
      /^the model 'sora-2' is listed twice$/,
    ],
    [
      'a model twice',
      { ...madeUp, models: [...madeUp.models, ...madeUp.models] },
      /^the model 'painter-1' is listed twice$/,
    ],
    [
      'a model ID with a space',
      { ...madeUp, models: [{ id: 'painter 1', label: 'Painter' }] },
      /^painter: 'painter 1' can't be a model ID$/,
    ],
    [
      'a prefix that takes models of another one',
      { ...madeUp, prefixes: ['so'] },
      /^the prefix 'so' of painter fits the model 'sora-2' of sora$/,
    ],
    [
      'a prefix that takes the prefix of another one',
      { ...madeUp, prefixes: ['doubao-'] },
      /^the prefix 'doubao-' of painter fits the prefix 'doubao-seedance-' of seedance$/,
    ],
    ['no label', { ...madeUp, label: () => '' }, /^painter: there is no label$/],
    [
      'an option without a label',
      withOption({ label: () => '' }),
      /^painter: the option 'howLong' has no label$/,
    ],
    [
      'an option that is called as on the wire',
      withOption({ label: () => 'howLong' }),
      /^painter: the option 'howLong' has no label$/,
    ],
    [
      'a default outside its values',
      withOption({ defaultValue: 4 }),
      /^painter: the option 'howLong' can't be 4, its default$/,
    ],
    ['an option twice', withOption({ name: 'canvas' }), /^painter: the option 'canvas' is there twice$/],
    ['a role twice', withOption({ role: 'seed' }), /^painter: two options are the seed$/],
    [
      'a seed that is no number',
      withOption({ role: 'seed' }),
      /^painter: the option 'howLong' is the seed and no whole number$/,
    ],
    [
      'an annotation of no value',
      withOption({ annotations: { 5: 'five' } }),
      /^painter: the option 'howLong' has an annotation for '5'/,
    ],
    [
      'a remix model of another one',
      { ...sora, id: 'painter', models: [{ id: 'painter-1', label: 'Painter' }], prefixes: [] },
      /^painter: the remix model 'sora-2' is none of the models$/,
    ],
    [
      'images that nothing fits',
      {
        ...madeUp,
        imageLimits: (options) => ({ ...madeUp.imageLimits(options), sides: { min: 2, max: 1 } }),
      },
      /^painter: no image is of the right size$/,
    ],
  ];
  for (const [rule, family, said] of mistakes) {
    it(`are checked for this mistake: ${rule}`, () => {
      const found = findMistakes([...FAMILIES, family]);
      assert.ok(
        found.some((mistake) => said.test(mistake)),
        found.join('\n'),
      );
    });
  }
});
