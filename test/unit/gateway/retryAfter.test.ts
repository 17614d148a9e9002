import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseRetryAfter } from '../../../src/core/gateway/transport';

const now = Date.UTC(2026, 10, 22, 12);

const table: readonly (readonly [header: string | undefined, ms: number | undefined])[] = [
  [undefined, undefined],
  ['', undefined],
  ['  ', undefined],
  ['0', 0],
  ['20', 20_000],
  [' 20 ', 20_000],
  ['1.5', 1500],
  ['86400', 3_600_000],
  ['99999999999999999999', 3_600_000],
  ['-5', undefined],
  ['20s', undefined],
  ['soon', undefined],
  ['1e3', undefined],
  ['0x10', undefined],
  ['2026-11-22T12:00:30Z', undefined],
  ['Sun, 22 Nov 2026 12:00:30 GMT', 30_000],
  ['Sunday, 22-Nov-26 12:00:30 GMT', 30_000],
  ['Sun, 22 Nov 2026 11:00:00 GMT', 0],
  ['Sun, 22 Nov 2027 11:00:00 GMT', 3_600_000],
];

describe('parseRetryAfter', () => {
  for (const [header, ms] of table) {
    it(`parses ${header === undefined ? 'no header' : JSON.stringify(header)} as ${ms}`, () =>
      assert.equal(parseRetryAfter(header, now), ms));
  }

  it('property: returns whole milliseconds within an hour, which can be stored', () => {
    const header = fc.oneof(fc.string(), fc.double({ noNaN: true }).map(String), fc.constant('1.005'));
    fc.assert(
      fc.property(header, (text) => {
        const ms = parseRetryAfter(text, now);
        assert.ok(ms === undefined || (Number.isInteger(ms) && ms >= 0 && ms <= 3_600_000), String(ms));
      }),
      { examples: [['1.005']] },
    );
  });
});
