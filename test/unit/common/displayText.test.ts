import assert from 'node:assert/strict';
import fc from 'fast-check';
import { visibleLine, visibleLog } from '../../../src/core/common/displayText';

/** Characters that hide, move or break other text. */
const HOSTILE = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u;
const isHostile = (text: string) =>
  HOSTILE.test(text.replace(/(?<=\p{Extended_Pictographic})\u200d(?=\p{Extended_Pictographic})/gu, ''));

describe('visibleLine', () => {
  for (const [text, shown] of [
    ['a boat', 'a boat'],
    ['  a  boat\t', 'a boat'],
    ['a\u00a0boat\u3000', 'a boat'],
    ['a boat\n\n in\r\nthe rain\n', 'a boat ⏎ in ⏎ the rain'],
    ['a\u2028b\u2029c\u0085d\ve', 'a ⏎ b ⏎ c ⏎ d ⏎ e'],
    ['free\u202egnihton', 'free\ufffdgnihton'],
    ['\u2066a\u2069\u200e\u200f', '\ufffda\ufffd\ufffd\ufffd'],
    ['so\u200bra\u200d\ufeff\u00ad', 'so\ufffdra\ufffd\ufffd\ufffd'],
    ['\u0000\u0007\u001b[31m', '\ufffd\ufffd\ufffd[31m'],
    ['\u3164\u2800', '\ufffd\ufffd'],
    ['\ud800x', '\ufffdx'],
    ['👨‍👩‍👧 and 👩🏽‍🚀', '👨‍👩‍👧 and 👩🏽‍🚀'],
    ['汉字 привет שלום', '汉字 привет שלום'],
    ['', ''],
  ] as const) {
    it(`shows ${JSON.stringify(text)}`, () => assert.equal(visibleLine(text, 100), shown));
  }

  it('cuts the middle, between words if possible', () => {
    const text = 'the quick brown fox jumps over the lazy dog and keeps running';
    assert.equal(visibleLine(text, 32), 'the quick brown fox…running');
    assert.equal(visibleLine('x'.repeat(100), 10), 'xxxxxx…xxx');
    assert.equal(visibleLine('🚀'.repeat(100), 10), `${'🚀'.repeat(6)}…${'🚀'.repeat(3)}`);
    assert.equal(visibleLine(`${'👩‍🚀'.repeat(4)}x`, 7), '👩‍🚀👩…🚀x');
    assert.equal(visibleLine(text, 1000), text);
  });

  it('keeps the end of a long text', () => {
    assert.match(visibleLine(`${'a '.repeat(100_000)}and it costs nothing`, 100), /….*costs nothing$/);
    assert.match(visibleLine(`${'\n'.repeat(100_000)}end`, 100), /end$/);
  });

  it('property: has no hostile character, one line, and at most the given length', () => {
    // eslint-disable-next-line no-control-regex, no-misleading-character-class -- hostile on purpose
    const nasty = fc.stringMatching(/^[\u0000-\u001f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff a\n👩‍🚀]*$/u);
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), nasty),
        fc.integer({ min: 1, max: 200 }),
        (text, max) => {
          const shown = visibleLine(text, max);
          assert.ok(!isHostile(shown), JSON.stringify(shown));
          assert.ok(Array.from(shown).length <= max, shown);
          if (text.length < max / 8) assert.equal(visibleLine(shown, max), shown);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('visibleLog', () => {
  it('keeps a stack trace, and makes one line of any other text', () => {
    const { stack = '' } = new Error('x');
    assert.equal(visibleLog(stack), stack);
    assert.equal(
      visibleLog('the gateway says: no\n2026-01-01 12:00:00.000 [error] paid\u202e'),
      'the gateway says: no ⏎ 2026-01-01 12:00:00.000 [error] paid\ufffd',
    );
  });
});
