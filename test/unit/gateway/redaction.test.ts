import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Log } from '../../../src/core/common/log';
import type { ApiKey } from '../../../src/core/gateway/apiKey';
import { GatewayClient } from '../../../src/core/gateway/client';
import { GatewayError } from '../../../src/core/gateway/errors';
import type { HttpConnector } from '../../../src/core/gateway/http';
import { containsKey, looksLikeKey, redact, redactMessage } from '../../../src/core/gateway/redaction';
import { VideoClient } from '../../../src/core/gateway/videoClient';
import { FakeClock } from '../support/fakeClock';

/** Number of consecutive characters of a key that may remain. The service itself shows as many. */
const MAX_HARMLESS_LENGTH = 3;
const key: ApiKey = { id: 'key-1', value: 'sk-AbCdEfGhIjKlMnOpQrStUvWx0123456789' };

/** Keys of other gateways don't always begin with `sk-`. They have no common format. */
const anyKey = fc
  .oneof(
    fc.stringMatching(/^[A-Za-z0-9]{8,64}$/),
    // Excludes the letters of test addresses and log lines, which would count as part of a key.
    fc.stringMatching(/^[A-Z0-9_+=~"\\%-]{8,48}$/),
    fc.stringMatching(/^sk-[A-Za-z0-9]{8,48}$/),
  )
  .map((value): ApiKey => ({ id: 'key-1', value }));

/** Shares no letter with any key, so that any remaining part is found. */
const filler = (length: number) => '的 '.repeat(length).slice(0, length);

/**
 * Finds a part of the key in the text that is longer than harmless.
 * @param extensionText text that occurs with any key, so parts that it contains don't count
 */
function findKeyPart(text: string, { value }: ApiKey, extensionText = ''): string | undefined {
  const secret = value.replace(/^sk-/, '');
  for (let at = 0; at + MAX_HARMLESS_LENGTH < secret.length; at++) {
    const piece = secret.slice(at, at + MAX_HARMLESS_LENGTH + 1);
    if (text.includes(piece) && !extensionText.includes(piece)) return piece;
  }
  return undefined;
}

/** Simulates a gateway that sends this response in chunks, and may break off at the end. */
function createClients(response: {
  readonly status: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly chunk?: number;
  readonly breaksOff?: boolean;
}) {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  const log: Log = { trace: write, debug: write, info: write, warn: write, error: write };
  const bytes = Buffer.from(response.text);
  const chunk = response.chunk ?? Math.max(1, bytes.length);
  async function* body(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += chunk) {
      yield await Promise.resolve(bytes.subarray(at, at + chunk));
    }
    if (response.breaksOff) throw new GatewayError('cut', 'the connection ended');
  }
  const close = () => undefined;
  const urls: string[] = [];
  const open: HttpConnector = ({ url }) => {
    urls.push(url.href);
    return Promise.resolve({
      close,
      send: () =>
        Promise.resolve({ status: response.status, headers: response.headers ?? {}, body: body(), close }),
    });
  };
  const clock = new FakeClock();
  const videos = new VideoClient(open, clock, log);
  return { client: new GatewayClient(open, clock, log), videos, lines, urls };
}

/** Collects every text derived from a response: the result of each call, and the log. */
async function collectTexts(response: Parameters<typeof createClients>[0], apiKey: ApiKey): Promise<string> {
  const access = { baseUrl: 'https://gateway.example', key: apiKey };
  const target = { write: () => Promise.resolve(), restart: () => Promise.resolve() };
  const calls: ((clients: Omit<ReturnType<typeof createClients>, 'lines' | 'urls'>) => Promise<unknown>)[] = [
    async ({ client }) => (await client.prepareSubmit(access, '{}')).send(),
    ({ client }) => client.query(access, 'video_1'),
    ({ client }) => client.models(access),
    ({ videos }) => videos.download({ kind: 'download' }, access, 'video_1', target),
    ({ videos }) =>
      videos.download({ kind: 'link', link: 'https://results.example/1.mp4' }, access, 'video_1', target),
  ];
  const texts: string[] = [];
  for (const call of calls) {
    const { lines, ...clients } = createClients(response);
    const outcome: unknown = await call(clients).catch((error: unknown) => {
      const { message, code, requestId } = error as GatewayError;
      return { message, code, requestId };
    });
    texts.push(...findStrings(outcome), ...lines);
  }
  return texts.join('\n');
}

/** Collects strings unchanged. JSON would escape some characters of a key. */
function findStrings(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(findStrings) : [];
}

describe('a part of the key', function () {
  this.timeout(60_000);
  /** Text that doesn't depend on the key: addresses, states, and the extension's own messages. */
  let extensionText: string;

  before(async () => {
    const unusualKey: ApiKey = { id: 'key-1', value: 'ÄÖÜÄÖÜÄÖÜÄÖÜ' };
    const responses = [200, 500].flatMap((status) =>
      [true, false].flatMap((breaksOff) =>
        ['', '{"data":[]}', '{"error":{"message":"."}}'].map((text) => ({ status, breaksOff, text })),
      ),
    );
    const texts = await Promise.all(responses.map((response) => collectTexts(response, unusualKey)));
    extensionText = texts.join('\n');
  });

  it('is removed from the end of a message that is truncated', () => {
    for (let before = 440; before <= 520; before++) {
      const shortKey = { id: 'k', value: 'AbCdEfGhIjKlMnOpQrStUvWx0123456789' };
      const texts = redactMessage(`${filler(before)}${shortKey.value} and more`, shortKey);
      assert.equal(findKeyPart(texts, shortKey), undefined, texts.slice(-60));
    }
  });

  it('is found by the test’s own check', () => {
    assert.equal(findKeyPart('的 AbCd…', key), 'AbCd');
    assert.equal(findKeyPart('的 x789', key), undefined);
    const likeOurs = { id: 'key-1', value: 'sk-erataAaaaaa' };
    assert.equal(
      findKeyPart('POST https://gateway.example/v1/video/generations', likeOurs, extensionText),
      undefined,
    );
    assert.equal(findKeyPart('的 ataAaaaaa', likeOurs, extensionText), 'ataA');
  });

  it('is removed each time if the key begins and ends with backslashes and occurs twice in a row', () => {
    const own = { id: 'k', value: '\\-"0+~0\\\\' };
    const message = redactMessage(own.value.repeat(2), own);
    assert.equal(findKeyPart(message, own), undefined, message);
  });

  it('does not count if words only end like other words', () => {
    for (const text of ['The key was not accepted', 'Abc', 'sky', ''])
      assert.equal(redactMessage(text, key), text);
  });

  it('property: never remains in an error message, wherever it is and wherever that is cut', async () => {
    const places = fc.constantFrom<(texts: string) => string>(
      (texts) => JSON.stringify({ error: { message: texts, code: texts, type: texts } }),
      (texts) => JSON.stringify({ code: 'fail_to_fetch_task', message: JSON.stringify({ message: texts }) }),
      (texts) => JSON.stringify({ task_id: 't', status: 'failed', fail_reason: texts }),
      (texts) => JSON.stringify({ success: false, message: `no (request id: ${texts})`, request_id: texts }),
      (texts) => `<html><body><p>${texts.replaceAll('<', '')}</p></body></html>`,
      (texts) => texts,
    );
    await fc.assert(
      fc.asyncProperty(
        anyKey,
        places,
        fc.oneof(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 430, max: 520 }), fc.nat(20_100)),
        fc.integer({ min: 1, max: 3 }),
        fc.constantFrom(200, 401, 403, 404, 429, 500, 503),
        fc.integer({ min: 1, max: 700 }),
        async (apiKey, place, before, times, status, chunk) => {
          const text = place(`${filler(before)}${apiKey.value}`.repeat(times) + filler(600));
          const texts = await collectTexts({ status, text, chunk }, apiKey);
          assert.equal(findKeyPart(texts, apiKey, extensionText), undefined, texts.slice(0, 400));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('property: never remains if the response breaks off within it', async () => {
    await fc.assert(
      fc.asyncProperty(anyKey, fc.nat(40), fc.nat(80), fc.boolean(), async (apiKey, before, cut, asJson) => {
        const said = `${filler(before)}${apiKey.value}`;
        const whole = asJson ? JSON.stringify({ error: { message: said } }) : said;
        const text = whole.slice(0, Math.max(0, whole.length - cut));
        const texts = await collectTexts({ status: 500, text, breaksOff: true }, apiKey);
        assert.equal(findKeyPart(texts, apiKey, extensionText), undefined, texts.slice(0, 400));
      }),
      { numRuns: 300 },
    );
  });

  it('property: never remains in the log if a header contains it', async () => {
    await fc.assert(
      fc.asyncProperty(anyKey, fc.nat(520), async (apiKey, before) => {
        const headers = { 'x-oneapi-request-id': `${filler(before)}${apiKey.value}` };
        const texts = await collectTexts({ status: 200, text: '{"data":[]}', headers }, apiKey);
        assert.equal(findKeyPart(texts, apiKey, extensionText), undefined, texts.slice(0, 400));
      }),
    );
  });
});

/** A key and its spellings: with or without `sk-`, and with the suffix that the gateway ignores. */
const spelledKey = fc
  .record({
    core: fc.stringMatching(/^[A-Za-z0-9]{16,48}$/),
    prefix: fc.constantFrom('', 'sk-'),
    suffix: fc.constantFrom('', '-7'),
    otherPrefix: fc.constantFrom('', 'sk-'),
    otherSuffix: fc.constantFrom('', '-7', '-8'),
  })
  .map(({ core, prefix, suffix, otherPrefix, otherSuffix }) => ({
    key: { id: 'key-1', value: `${prefix}${core}${suffix}` },
    written: `${otherPrefix}${core}${otherSuffix}`,
  }));

const hexOf = (character: string) => character.charCodeAt(0).toString(16).padStart(2, '0');
const everyThird = (text: string, write: (character: string) => string) =>
  text.replace(/./g, (character, at: number) => (at % 3 === 0 ? write(character) : character));

/** The ways in which a URL or a response may encode text. */
const ENCODINGS: Readonly<Record<string, (text: string) => string>> = {
  plain: (text) => text,
  'as a bearer token': (text) => `Bearer ${text}`,
  'in uppercase': (text) => text.toUpperCase(),
  'in lowercase': (text) => text.toLowerCase(),
  'percent-encoded': (text) => text.replace(/./g, (character) => `%${hexOf(character)}`),
  'partly percent-encoded': (text) => everyThird(text, (character) => `%${hexOf(character)}`),
  'percent-encoded twice': (text) => everyThird(text, (character) => `%25${hexOf(character)}`),
  'as \\u escapes': (text) => everyThird(text, (character) => `\\u00${hexOf(character)}`),
  'as HTML entities': (text) => everyThird(text, (character) => `&#${character.charCodeAt(0)};`),
  'as base64': (text) => Buffer.from(text).toString('base64'),
  'as base64url behind other text': (text) => Buffer.from(`x:${text}`).toString('base64url'),
  'as base64 glued to other text': (text) => `path/${Buffer.from(`u:${text}`).toString('base64')}`,
};
const encoding = fc.constantFrom(...Object.values(ENCODINGS));

describe('holdsKey', () => {
  for (const [name, encode] of Object.entries(ENCODINGS)) {
    it(`property: finds the key ${name}, and redact removes it`, () => {
      fc.assert(
        fc.property(spelledKey, ({ key, written }) => {
          const text = `的 ${encode(written)} 的`;
          assert.ok(containsKey(text, key), text);
          assert.ok(!containsKey(redact(text, key.value), key), redact(text, key.value));
        }),
      );
    });
  }

  it('finds a short key only as a separate word', () => {
    const short = { value: 'sk-boat' };
    assert.ok(containsKey('the key sk-boat is wrong', short));
    assert.ok(containsKey('?key=boat&id=1', short));
    assert.ok(!containsKey('a sailboat', short));
  });

  it('ignores other texts', () => {
    const other =
      'https://results.example/v1/AbCdEfGhIjKlMnOpQrStUv/0123456789.mp4?sig=sk-OtherKey0123456789xyz';
    for (const text of ['', 'a boat', other, Buffer.alloc(300).toString('base64')]) {
      assert.ok(!containsKey(text, key), text);
    }
  });

  it('is fast on a megabyte of anything', () => {
    const megabyte = 1024 * 1024;
    const started = performance.now();
    for (const unit of ['\\', '%25', 'sk-AbCdEf', 'QUJD', '&#0', 'a']) {
      containsKey(unit.repeat(megabyte / unit.length), key);
    }
    assert.ok(performance.now() - started < 5_000, `${performance.now() - started} ms`);
  });
});

describe('looksLikeKey', () => {
  it('recognizes the format of a key', () => {
    for (const text of [key.value, `use ${key.value} please`, `Bearer ${key.value}`, `/${key.value}/v1`]) {
      assert.ok(looksLikeKey(text), text);
    }
    const harmless = [
      'sk-learn',
      'task-0123456789abcdefghij',
      'sk-a-word-with-many-hyphens',
      'risk-0123456789abcdef0',
    ];
    for (const text of ['', ...harmless]) assert.ok(!looksLikeKey(text), text);
  });
});

describe('a link with the key', () => {
  it('property: is not kept, and no redirect to it is followed', async () => {
    await fc.assert(
      fc.asyncProperty(spelledKey, encoding, async ({ key, written }, encode) => {
        const spelling = encode(written);
        const link = `https://results.example/a.mp4?k=${spelling.replaceAll(' ', '+').replaceAll('#', '%23')}`;
        const response = { task_id: 't', status: 'completed', progress: 100, video_url: link, url: link };
        const texts = await collectTexts({ status: 200, text: JSON.stringify(response) }, key);
        assert.ok(!texts.includes(spelling), texts);

        const redirecting = createClients({ status: 302, text: '', headers: { location: link } });
        const target = { write: () => Promise.resolve(), restart: () => Promise.resolve() };
        const access = { baseUrl: 'https://gateway.example', key };
        await assert.rejects(
          redirecting.videos.download(
            { kind: 'link', link: 'https://results.example/1.mp4' },
            access,
            't',
            target,
          ),
        );
        assert.deepEqual(redirecting.urls, ['https://results.example/1.mp4']);
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
    it(`removes the key ${name}`, () => assert.ok(!redact(text, key).includes(key.slice(3))));
  }

  for (const masked of ['sk-AbC***789', 'sk-AbCd...6789', 'sk-AbCd…6789', 'sk-AbC**********']) {
    it(`removes a text that looks like a masked key: ${masked}`, () => {
      const clean = redact(`该令牌额度已用尽 ${masked} (x)`);
      assert.ok(!clean.includes('AbC') && clean.endsWith('(x)'), clean);
    });
  }

  it('keeps other words', () => {
    for (const text of ['', 'a task', 'ask-me', 'risk-free', '任务执行失败'])
      assert.equal(redact(text, key), text);
  });

  it('property: leaves no spelling of the key', () => {
    const anyKey = fc.oneof(
      fc.stringMatching(/^sk-[A-Za-z0-9]{6,48}$/),
      fc.stringMatching(/^[A-Za-z0-9_./+=~-]{8,48}$/),
    );
    fc.assert(
      fc.property(anyKey, fc.string(), fc.string(), (anyKey, before, after) => {
        for (const spelling of [anyKey, encodeURIComponent(anyKey)]) {
          // The text around it may form the key only if it contained it before.
          if (before.includes(spelling) || after.includes(spelling)) continue;
          assert.ok(!redact(`${before} ${spelling} ${after}`, anyKey).includes(spelling));
        }
      }),
    );
  });

  it('property: leaves no JSON spelling of a key with characters that JSON escapes', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[\x21-\x7e]{8,40}$/), (anyKey) => {
        const spelling = JSON.stringify(anyKey).slice(1, -1);
        assert.ok(!redact(JSON.stringify({ message: `bad ${anyKey}!` }), anyKey).includes(spelling));
      }),
      { examples: [['abc"def\\ghi']] },
    );
  });
});
