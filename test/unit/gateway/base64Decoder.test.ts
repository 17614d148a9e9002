import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Base64Decoder } from '../../../src/core/gateway/base64Decoder';
import { GatewayError } from '../../../src/core/gateway/errors';

function decode(text: string, cuts: readonly number[] = []): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  const decoder = new Base64Decoder();
  const parts = places
    .slice(1)
    .map((end, index) => Buffer.from(decoder.push(bytes.subarray(places[index], end))));
  return Buffer.concat([...parts, decoder.finish()]);
}

const bytewise = (text: string) =>
  decode(
    text,
    Array.from(text, (_, index) => index),
  );

describe('Base64Decoder', function () {
  this.timeout(60_000);

  it('property: decodes any bytes, however they are split, prefixed, padded and spaced', () => {
    const anyText = fc.record({
      bytes: fc.uint8Array({ minLength: 1, maxLength: 400 }),
      cuts: fc.array(fc.nat({ max: 1000 }), { maxLength: 10 }),
      prefix: fc.constantFrom(
        '',
        'data:video/mp4;base64,',
        'DATA:;Base64,',
        ' \ndata:video/mp4;codecs=avc1; base64,',
      ),
      isUrlSafe: fc.boolean(),
      isPadded: fc.boolean(),
      spaces: fc.array(fc.tuple(fc.nat({ max: 600 }), fc.constantFrom(' ', '\n', '\r\n', '\t')), {
        maxLength: 6,
      }),
    });
    fc.assert(
      fc.property(anyText, ({ bytes, cuts, prefix, isUrlSafe, isPadded, spaces }) => {
        let text = Buffer.from(bytes).toString('base64');
        if (isUrlSafe) text = text.replaceAll('+', '-').replaceAll('/', '_');
        if (!isPadded) text = text.replaceAll('=', '');
        for (const [place, space] of spaces) {
          const at = place % (text.length + 1);
          text = text.slice(0, at) + space + text.slice(at);
        }
        assert.deepEqual(decode(prefix + text, cuts), Buffer.from(bytes));
      }),
      { numRuns: 500 },
    );
  });

  /** Enough bytes to be returned at once. */
  const BLOCK_BYTES = 300_000;
  /** Pushes a block of one letter and returns the output without copying it. */
  const pushBlock = (decoder: Base64Decoder, letter: string) =>
    decoder.push(Buffer.from(Buffer.alloc(BLOCK_BYTES, letter).toString('base64')));

  it('alternates between two buffers for a long text', () => {
    const decoder = new Base64Decoder();
    const given = ['a', 'b', 'c', 'd'].map((letter) => pushBlock(decoder, letter));
    assert.equal(new Set(given.map((bytes) => bytes.buffer)).size, 2);
    const now = given.map((bytes) => Buffer.from(bytes).toString('latin1'));
    assert.deepEqual(
      now,
      ['c', 'd', 'c', 'd'].map((letter) => letter.repeat(BLOCK_BYTES)),
    );
  });

  for (const between of [[], ['\n'], ['\n', '\n', '\n'], ['A', 'A', 'A'], ['', ' A', '\n', 'AA ']]) {
    it(`keeps its last output intact while it decodes the next bytes, with ${JSON.stringify(between)} in between`, () => {
      const decoder = new Base64Decoder();
      pushBlock(decoder, 'a');
      const last = pushBlock(decoder, 'b');
      for (const text of between) decoder.push(Buffer.from(text));
      pushBlock(decoder, 'c');
      assert.equal(last.length, BLOCK_BYTES);
      assert.ok(last.every((byte) => byte === 0x62));
    });
  }

  it('returns bytes only when there are enough for a write, and the rest at the end', () => {
    const bytes = Buffer.alloc(1_000_000, 'video');
    const text = Buffer.from(bytes.toString('base64'));
    for (const pieceBytes of [1000, 64 * 1024, 200_001, 700_001]) {
      const decoder = new Base64Decoder();
      const given: Buffer[] = [];
      for (let at = 0; at < text.length; at += pieceBytes) {
        given.push(Buffer.from(decoder.push(text.subarray(at, at + pieceBytes))));
      }
      assert.ok(given.every(({ length }) => length === 0 || length >= 128 * 1024));
      assert.deepEqual(Buffer.concat([...given, decoder.finish()]), bytes);
    }
  });

  it('does not change its earlier output', () => {
    const decoder = new Base64Decoder();
    const first = pushBlock(decoder, '\0');
    assert.equal(first.length, BLOCK_BYTES);
    pushBlock(decoder, 'a');
    assert.ok(first.every((byte) => byte === 0));
  });

  for (const [text, expected] of [
    ['QQ', 'A'],
    ['QQ==', 'A'],
    ['QUI=', 'AB'],
    ['QUJD', 'ABC'],
    ['d', undefined],
    ['da', 'u'],
    ['data', 'u\xabZ'],
    ['dat+', 'u\xab~'],
    ['Q Q\n=\t= \r\n', 'A'],
  ] as const) {
    if (expected === undefined) continue;
    it(`decodes ${JSON.stringify(text)}`, () => {
      assert.equal(decode(text).toString('latin1'), expected);
      assert.equal(bytewise(text).toString('latin1'), expected);
    });
  }

  for (const [text, words] of [
    ['', /empty/],
    [' \n ', /empty/],
    ['data:video/mp4;base64,', /empty/],
    ['Q', /length is impossible/],
    ['QUJDQ', /length is impossible/],
    ['data:video/mp4;base64,QUJDQ', /length is impossible/],
    ['QUJD=', /too much padding/],
    ['QUI==', /too much padding/],
    ['QQ===', /too much padding/],
    ['====', /too much padding/],
    ['QQ==QUJD', /something follows/],
    ['QUI=Q', /something follows/],
    ['QU!JD', /other characters/],
    ['QUJD"', /other characters/],
    ['QUJ\u00e9', /other characters/],
    ['QUJD\u0000', /other characters/],
    ['\u00a0QUJD', /other characters/],
    ['<html>not found</html>', /other characters/],
    ['https://example.com/video.mp4', /other characters/],
    ['QUJDdata:video/mp4;base64,QUJD', /other characters/],
    ['data:video/mp4,QUJD', /not a base64 data URI/],
    ['data:text/plain;charset=utf-8,QUJD', /not a base64 data URI/],
    ['data:video/mp4;base64', /without data/],
    [`data:${'x'.repeat(2000)}`, /not a base64 data URI/],
  ] as const) {
    it(`refuses ${JSON.stringify(text.slice(0, 50))}`, () => {
      const badReply = (error: unknown) =>
        error instanceof GatewayError && error.kind === 'badReply' && words.test(error.message);
      assert.throws(() => decode(text), badReply);
      assert.throws(() => bytewise(text), badReply);
    });
  }

  it('detects any invalid character at any position', () => {
    const good = 'QUJD'.repeat(50);
    const foreign = fc
      .integer({ min: 0, max: 255 })
      .filter((code) => !/[\w+/=\s-]/.test(String.fromCharCode(code)));
    fc.assert(
      fc.property(fc.nat({ max: good.length - 1 }), foreign, fc.array(fc.nat()), (at, code, cuts) => {
        // A colon at that position would make it a valid data URI.
        const text = good.slice(0, at) + String.fromCharCode(code) + good.slice(at + 1);
        assert.throws(() => decode(text, cuts), GatewayError);
      }),
    );
  });
});
