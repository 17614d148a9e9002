import assert from 'node:assert/strict';
import fc from 'fast-check';
import { normalizeApiKey, parseApiKey } from '../../../src/core/gateway/apiKey';

const pasted: readonly (readonly [text: string, key: string | undefined])[] = [
  ['sk-abc123', 'sk-abc123'],
  ['  sk-abc123\r\n', 'sk-abc123'],
  ['"sk-abc123"', 'sk-abc123'],
  [`'sk-abc123'`, 'sk-abc123'],
  ['`sk-abc123`', 'sk-abc123'],
  ['Bearer sk-abc123', 'sk-abc123'],
  ['bearer   sk-abc123', 'sk-abc123'],
  ['"Bearer sk-abc123"', 'sk-abc123'],
  ['Bearer "sk-abc123"', 'sk-abc123'],
  ['Bearer "sk-abc123', 'sk-abc123'],
  ['“Bearer sk-abc123”', 'sk-abc123'],
  ['‘ "Bearer  sk-abc123" ’', 'sk-abc123'],
  ['Bearer', undefined],
  ['bearer-of-keys', 'bearer-of-keys'],
  ['own-gateway-key', 'own-gateway-key'],
  ['', undefined],
  ['   ', undefined],
  ['""', undefined],
  ['ab', undefined],
  ['sk-abc 123', undefined],
  ['sk-abc\n123', undefined],
  ['sk-abc\u0000', undefined],
  ['sk-äöü', undefined],
  ['sk-\u200babc', undefined],
  ['Authorization: Bearer sk-abc', 'sk-abc'],
  ['NEBULA_API_KEY=sk-abc123', 'sk-abc123'],
  ['export NEBULA_API_KEY="sk-abc123"', 'sk-abc123'],
  ['Bearer:sk-abc123', 'sk-abc123'],
  ['sk-abc123,', 'sk-abc123'],
  ['My key is sk-abc123.', 'sk-abc123'],
  ['{"key":"sk-abc123"}', 'sk-abc123'],
  ['<sk-abc123>', 'sk-abc123'],
  ['curl -H "Authorization: Bearer sk-abc_1-23" https://gateway.example', 'sk-abc_1-23'],
  ['密钥：sk-abc123', 'sk-abc123'],
  ['sk-abc123 sk-abc123', undefined],
  ['`sk-abc123` or "sk-abc123"', 'sk-abc123'],
  ['\ufeffsk-abc123\u200b', 'sk-abc123'],
  ['NEBULA_API_KEY=own.gateway~key', 'own.gateway~key'],
  ['{"api_key": "own-gateway-key"}', 'own-gateway-key'],
  ['Authorization: Bearer own-gateway-key', 'own-gateway-key'],
  ['b3duLWtleQ==', 'b3duLWtleQ=='],
  ['sk-abc\u200b123', undefined],
  ['sk-abc***123', undefined],
  ['sk-abc...123', undefined],
  ['sk-abc…123', undefined],
  ['sk-abc%20', undefined],
  ['https://gateway.example/sk-abc123', undefined],
  ['own:gateway:key', undefined],
  ['sk-', undefined],
  ['x'.repeat(513), undefined],
];

describe('parseApiKey', () => {
  for (const [text, key] of pasted) {
    it(`extracts ${key ?? 'no key'} from ${JSON.stringify(text.slice(0, 40))}`, () =>
      assert.equal(normalizeApiKey(text), key));
  }
  for (const [text, error] of [
    [' "" ', 'empty'],
    ['Bearer ', 'empty'],
    ['sk-abc 123', 'blanks'],
    ['sk-äöü', 'characters'],
    ['sk-abc***xyz', 'characters'],
    ['sk-abc\n123', 'blanks'],
    ['sk-abc, sk-xyz', 'several'],
    ['sk-', 'short'],
    ['ab', 'short'],
    ['x'.repeat(513), 'long'],
  ] as const) {
    it(`reports ${error} for ${JSON.stringify(text.slice(0, 20))}`, () =>
      assert.deepEqual(parseApiKey(text), { error }));
  }

  it('property: extracts any key from any wrapping', () => {
    const wrappings = fc.constantFrom<(key: string) => string>(
      (key) => `NEBULA_API_KEY=${key}`,
      (key) => `Bearer:${key}`,
      (key) => `${key},`,
      (key) => JSON.stringify({ key }),
      (key) => `<${key}>`,
      (key) => ` “Bearer ${key}”\n`,
    );
    fc.assert(
      fc.property(fc.stringMatching(/^sk-[A-Za-z0-9_-]{1,60}$/), wrappings, (key, wrap) => {
        assert.equal(normalizeApiKey(wrap(key)), key);
      }),
    );
  });

  it('property: returns only keys that are valid in a header', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const key = normalizeApiKey(text);
        if (key !== undefined) new Headers({ authorization: `Bearer ${key}` });
      }),
    );
  });
});
