import assert from 'node:assert/strict';
import fc from 'fast-check';
import { cleanKey, readKey, redact } from '../../../src/core/gateway/apiKey';

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
  ['Authorization: Bearer sk-abc', undefined],
  ['x'.repeat(513), undefined],
];

describe('cleanKey', () => {
  for (const [text, key] of pasted) {
    it(`${JSON.stringify(text.slice(0, 40))} is ${key ?? 'no key'}`, () => assert.equal(cleanKey(text), key));
  }
  for (const [text, fault] of [
    [' "" ', 'empty'],
    ['Bearer ', 'empty'],
    ['sk-abc 123', 'blanks'],
    ['sk-äöü', 'characters'],
    ['ab', 'short'],
    ['x'.repeat(513), 'long'],
  ] as const) {
    it(`${JSON.stringify(text.slice(0, 20))} has the fault ${fault}`, () =>
      assert.deepEqual(readKey(text), { fault }));
  }

  it('property: what is left can travel in a header', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const key = cleanKey(text);
        if (key !== undefined) new Headers({ authorization: `Bearer ${key}` });
      }),
    );
  });
});

describe('redact', () => {
  const key = 'sk-AbCdEfGhIjKlMnOpQrStUvWx0123456789';

  const echoes: Readonly<Record<string, string>> = {
    'as it is': `the key ${key} is wrong`,
    'without its beginning': `token ${key.slice(3)} not found`,
    'in a header': `Authorization: Bearer ${key}`,
    'in a query': `GET /v1/x?key=${encodeURIComponent(key)}&id=1`,
    'in JSON': JSON.stringify({ error: { message: `bad ${key}` } }),
    'in JSON in JSON': JSON.stringify({ message: JSON.stringify({ message: `bad ${key}` }) }),
    twice: `${key}${key} ${key}`,
    'glued to a word': `token${key}end`,
  };
  for (const [name, text] of Object.entries(echoes)) {
    it(`takes it out ${name}`, () => assert.ok(!redact(text, key).includes(key.slice(3))));
  }

  for (const masked of ['sk-AbC***789', 'sk-AbCd...6789', 'sk-AbCd…6789', 'sk-AbC**********']) {
    it(`takes out what looks like a masked key: ${masked}`, () => {
      const clean = redact(`该令牌额度已用尽 ${masked} (x)`);
      assert.ok(!clean.includes('AbC') && clean.endsWith('(x)'), clean);
    });
  }

  it('leaves other words alone', () => {
    for (const text of ['', 'a task', 'ask-me', 'risk-free', '任务执行失败'])
      assert.equal(redact(text, key), text);
  });

  it('property: no spelling of the key is left', () => {
    const anyKey = fc.oneof(
      fc.stringMatching(/^sk-[A-Za-z0-9]{6,48}$/),
      fc.stringMatching(/^[A-Za-z0-9_./+=~-]{8,48}$/),
    );
    fc.assert(
      fc.property(anyKey, fc.string(), fc.string(), (anyKey, before, after) => {
        for (const spelling of [anyKey, encodeURIComponent(anyKey)]) {
          // What stands around it may make up the key again only if it held it before.
          if (before.includes(spelling) || after.includes(spelling)) continue;
          assert.ok(!redact(`${before} ${spelling} ${after}`, anyKey).includes(spelling));
        }
      }),
    );
  });

  it('property: nor its JSON spelling, when the key has signs that JSON escapes', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[\x21-\x7e]{8,40}$/), (anyKey) => {
        const spelling = JSON.stringify(anyKey).slice(1, -1);
        assert.ok(!redact(JSON.stringify({ message: `bad ${anyKey}!` }), anyKey).includes(spelling));
      }),
      { examples: [['abc"def\\ghi']] },
    );
  });
});
