import assert from 'node:assert/strict';
import { checkBars, type Verdict } from '../../../bench/bars';
import type { Bar, Row } from '../../../bench/measurement';

function row(key: string, figure: number, bar?: Bar): Row {
  return { key, what: key, figure, unit: '', ...(bar ? { bar } : {}) };
}

describe('bars of measurements', () => {
  const cases: { figure: number; is: Bar['is']; limit: number; verdict: Verdict }[] = [
    { figure: 2.5, is: 'atLeast', limit: 2.5, verdict: 'ok' },
    { figure: 2.499, is: 'atLeast', limit: 2.5, verdict: 'missed' },
    { figure: 1.1, is: 'atMost', limit: 1.1, verdict: 'ok' },
    { figure: 1.101, is: 'atMost', limit: 1.1, verdict: 'missed' },
    { figure: 0, is: 'atMost', limit: 0, verdict: 'ok' },
    { figure: 1, is: 'atMost', limit: 0, verdict: 'missed' },
    { figure: NaN, is: 'atMost', limit: 1, verdict: 'missed' },
    { figure: NaN, is: 'atLeast', limit: 1, verdict: 'missed' },
  ];
  for (const { figure, is, limit, verdict } of cases) {
    it(`are ${verdict} at ${figure} if ${is} ${limit} is required`, () => {
      assert.equal(checkBars([row('a', figure, { is, limit })]).get('a'), verdict);
    });
  }

  it('report a figure without a bar', () => {
    assert.equal(checkBars([row('a', 1)]).get('a'), 'noBar');
  });

  const either: { first: number; second: number; verdict: Verdict }[] = [
    { first: 30, second: 99, verdict: 'ok' },
    { first: 99, second: 10, verdict: 'ok' },
    { first: 30, second: 10, verdict: 'ok' },
    { first: 31, second: 11, verdict: 'missed' },
  ];
  for (const { first, second, verdict } of either) {
    it(`are ${verdict} if one of two is met: ${first} and ${second}`, () => {
      const verdicts = checkBars([
        row('a', first, { is: 'atMost', limit: 30, or: 'b' }),
        row('b', second, { is: 'atMost', limit: 10, or: 'a' }),
      ]);
      assert.deepEqual([...verdicts.values()], [verdict, verdict]);
    });
  }

  it('ignore another bar that was not measured', () => {
    assert.equal(checkBars([row('a', 31, { is: 'atMost', limit: 30, or: 'b' })]).get('a'), 'missed');
    assert.equal(
      checkBars([row('a', 31, { is: 'atMost', limit: 30, or: 'b' }), row('b', 1)]).get('a'),
      'missed',
    );
  });
});
