import assert from 'node:assert/strict';
import { median, pairwise, rotated, summarise } from '../../../bench/statistics';

describe('statistics of measurements', () => {
  const cases: { figures: number[]; low: number; median: number; high: number }[] = [
    { figures: [7], low: 7, median: 7, high: 7 },
    { figures: [4, 2], low: 2.5, median: 3, high: 3.5 },
    { figures: [9, 1, 5], low: 3, median: 5, high: 7 },
    { figures: [1, 2, 3, 4], low: 1.75, median: 2.5, high: 3.25 },
    { figures: [5, 4, 3, 2, 1], low: 2, median: 3, high: 4 },
    { figures: [10, 9, 100], low: 9.5, median: 10, high: 55 },
  ];
  for (const { figures, ...expected } of cases) {
    it(`summarize ${figures.join(', ')}`, () => {
      assert.deepEqual(summarise(figures), expected);
      assert.equal(median(figures), expected.median);
    });
  }

  it('ignore an outlier in the median and the quartiles', () => {
    const calm = [10, 11, 12, 13, 14, 15, 16];
    assert.deepEqual(summarise([...calm.slice(0, -1), 10_000]), summarise(calm));
  });

  it('leave the figures unchanged', () => {
    const figures = [3, 1, 2];
    summarise(figures);
    assert.deepEqual(figures, [3, 1, 2]);
  });

  for (const figures of [[], [1, NaN], [Infinity]]) {
    it(`have no summary of [${figures.join(', ')}]`, () => {
      assert.throws(() => summarise(figures), /cannot be summarised/);
    });
  }

  it('combine figures of the same round', () => {
    assert.deepEqual(
      pairwise([10, 30], [5, 10], (left, right) => left / right),
      [2, 3],
    );
    assert.throws(() => pairwise([1, 2], [1], (left, right) => left - right), /2 figures for 1/);
  });

  it('let each subject begin in its turn', () => {
    const rounds = [0, 1, 2, 3].map((round) => rotated(['a', 'b', 'c'], round).join(''));
    assert.deepEqual(rounds, ['abc', 'bca', 'cab', 'abc']);
  });
});
