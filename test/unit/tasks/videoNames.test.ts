import assert from 'node:assert/strict';
import fc from 'fast-check';
import { allotNames } from '../../../src/core/tasks/videoNames';

describe('the names of a task’s videos', () => {
  const here = (source?: string) => ({ source });
  const shown = ({ allotted, others }: ReturnType<typeof allotNames<{ source?: string | undefined }>>) => [
    ...allotted.map((one) => (one.kind === 'here' ? `here ${one.video.source}` : one.name)),
    ...others.map(({ source }) => `besides ${source}`),
  ];

  const cases: Readonly<
    Record<string, readonly [string[], ({ source?: string | undefined } | undefined)[], string[]]>
  > = {
    'none is here': [
      ['a', 'b'],
      [undefined, undefined],
      ['name 0', 'name 1'],
    ],
    'all are here': [
      ['a', 'b'],
      [here('a'), here('b')],
      ['here a', 'here b'],
    ],
    'in another order': [
      ['b', 'a'],
      [here('a'), here('b')],
      ['here b', 'here a'],
    ],
    'one is missing': [
      ['a', 'b'],
      [undefined, here('b')],
      ['name 0', 'here b'],
    ],
    'one is missing, in another order': [
      ['b', 'a'],
      [undefined, here('b')],
      ['here b', 'name 0'],
    ],
    'addresses that change': [
      ['x', 'y'],
      [undefined, here('b')],
      ['name 0', 'here b'],
    ],
    'videos of before that have no source': [
      ['a', 'b'],
      [here(), undefined],
      ['here undefined', 'name 1'],
    ],
    'one of two is no longer named': [['b'], [undefined, here('b')], ['here b']],
    'one of two is no longer named, and is here too': [
      ['b'],
      [here('a'), here('b')],
      ['here b', 'besides a'],
    ],
    'one that has changed its address and its place': [
      ['x', 'a'],
      [here('a'), here('b')],
      ['here b', 'here a'],
    ],
  };
  for (const [name, [sources, there, wanted]] of Object.entries(cases)) {
    it(name, () => {
      const names = there.map((_, index) => `name ${index}`);
      assert.deepEqual(shown(allotNames(sources, names, there)), wanted);
    });
  }

  it('no name is given twice or is one that is taken, and no video stands for two', () => {
    const source = fc.option(fc.constantFrom('a', 'b', 'c', 'd'), { nil: undefined });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(source, fc.option(fc.record({ source }), { nil: undefined })), { maxLength: 5 }),
        (list) => {
          const names = list.map((_, index) => `name ${index}`);
          const there = list.map(([, video]) => video);
          const { allotted } = allotNames(
            list.map(([at]) => at),
            names,
            there,
          );
          assert.equal(allotted.length, list.length);
          const given = allotted.flatMap((one) => (one.kind === 'toFetch' ? [one.name] : []));
          assert.deepEqual(
            given,
            names.filter((_, index) => there[index] === undefined).slice(0, given.length),
          );
          const used = allotted.flatMap((one) => (one.kind === 'here' ? [one.video] : []));
          assert.equal(new Set(used).size, used.length);
          assert.equal(used.length, there.filter((video) => video !== undefined).length);
        },
      ),
    );
  });
});
