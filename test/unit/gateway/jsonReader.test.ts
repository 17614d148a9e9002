import assert from 'node:assert/strict';
import fc from 'fast-check';
import { GatewayError } from '../../../src/core/gateway/errors';
import { readJson, type JsonReaderOptions } from '../../../src/core/gateway/jsonReader';
import type { StringSink } from '../../../src/core/gateway/jsonStrings';

const options: JsonReaderOptions = { maxBytes: 1 << 20 };
const encode = (text: string) => new TextEncoder().encode(text);

/** Splits the bytes at the given places. Each chunk has its own memory and is overwritten after use. */
async function* pieces(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  for (let index = 1; index < places.length; index++) {
    const piece = bytes.slice(places[index - 1], places[index]);
    yield piece;
    piece.fill(0x58);
    await Promise.resolve();
  }
}

const bytewise = (bytes: Uint8Array) =>
  pieces(
    bytes,
    Array.from(bytes, (_, index) => index),
  );

const read = (text: string, more: Partial<JsonReaderOptions> = {}) =>
  readJson(pieces(encode(text), []), { ...options, ...more });

class Collector implements StringSink {
  readonly parts: Buffer[] = [];
  ended = false;
  write(bytes: Uint8Array) {
    assert.ok(bytes.length > 0);
    this.parts.push(Buffer.from(bytes));
  }
  async end() {
    await Promise.resolve();
    this.ended = true;
  }
  get text() {
    return Buffer.concat(this.parts).toString();
  }
}

const isBadResponse = (words: RegExp) => (error: unknown) =>
  error instanceof GatewayError && error.kind === 'badReply' && words.test(error.message);

/** Writes a value as JSON with pseudorandom escapes, spaces and trailing commas. */
function writeRandomly(value: unknown, next: () => number): string {
  const space = () => ['', '', '', ' ', '\n', '\t\r '][next() % 6]!;
  const list = (items: string[], open: string, close: string) =>
    open + items.join(',') + (items.length > 0 && next() % 4 === 0 ? space() + ',' : '') + space() + close;
  const character = (unit: string) => {
    if (next() % 5 === 0) return '\\u' + unit.charCodeAt(0).toString(16).padStart(4, '0');
    return unit === '/' && next() % 2 === 0 ? '\\/' : JSON.stringify(unit).slice(1, -1);
  };
  const text = (content: string) =>
    // Mostly by code points, so that surrogate pairs also occur unescaped.
    `"${(next() % 2 ? Array.from(content) : content.split('')).map((part) => (part.length > 1 ? part : character(part))).join('')}"`;
  const write = (item: unknown): string => {
    if (typeof item === 'string') return text(item);
    if (Array.isArray(item)) {
      return list(
        item.map((entry) => space() + write(entry) + space()),
        '[',
        ']',
      );
    }
    if (typeof item === 'object' && item !== null) {
      const members = Object.entries(item).map(
        ([key, entry]) => space() + text(key) + space() + ':' + space() + write(entry) + space(),
      );
      return list(members, '{', '}');
    }
    return JSON.stringify(item);
  };
  return space() + write(value) + space();
}

const cuts = fc.array(fc.nat({ max: 5000 }), { maxLength: 12 });
const seeds = fc.nat();

/** Returns pseudorandom small integers. The same seed gives the same sequence. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 16;
  };
}

describe('readJson', function () {
  this.timeout(60_000);

  describe('gives the result of JSON.parse', () => {
    const assertSame = async (text: string) => {
      const expected: unknown = JSON.parse(text);
      assert.deepEqual(await read(text), expected);
      assert.deepEqual(await readJson(bytewise(encode(text)), options), expected);
    };

    for (const text of [
      '{}',
      '[]',
      ' [ ] ',
      '0',
      '-0.5e+3',
      '"text"',
      'true',
      'null',
      '{"a":1,"b":[true,false,null,{"c":"d"}],"":""}',
      '{"a":1,"a":2}',
      '"\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9"',
      '"\\ud83d\\ude00 😀 \\ud83d \\ude00 \\ud83dx\\ud83d\\ud83d\\ude00"',
      '"é€\u{10ffff}"',
      '[1e400,-1e-400,123456789012345678901234567890]',
    ]) {
      it(text, () => assertSame(text));
    }

    it('property: for any value, however it is split', async () => {
      await fc.assert(
        fc.asyncProperty(fc.json({ maxDepth: 5 }), cuts, async (text, places) => {
          assert.deepEqual(
            await readJson(pieces(encode(text), places), options),
            JSON.parse(text) as unknown,
          );
        }),
        { numRuns: 300 },
      );
    });

    it('property: however the value is written', async () => {
      const value = fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' });
      await fc.assert(
        fc.asyncProperty(value, cuts, seeds, async (original, places, seed) => {
          const text = writeRandomly(original, createRandom(seed));
          const result = await readJson(pieces(encode(text), places), options);
          assert.deepEqual(result, JSON.parse(JSON.stringify(original)));
        }),
        { numRuns: 300 },
      );
    });
  });

  describe('tolerates', () => {
    it('a byte order mark, split anywhere', async () => {
      assert.deepEqual(await readJson(bytewise(encode('\ufeff {"a":1}')), options), { a: 1 });
    });

    it('commas before the end (API reference 6.0)', async () => {
      assert.deepEqual(await read('{"a":[1,2 , ],"b":{"c":3,},\n}'), { a: [1, 2], b: { c: 3 } });
    });

    it('line breaks in strings and broken UTF-8', async () => {
      const bytes = Buffer.concat([encode('["a\nb","'), Buffer.from([0x61, 0xff, 0xe2, 0x82]), encode('"]')]);
      assert.deepEqual(await readJson(bytewise(bytes), options), ['a\nb', 'a\ufffd\ufffd']);
    });

    it('a key named __proto__', async () => {
      const result = (await read('{"__proto__":{"polluted":true},"a":1}')) as Record<string, unknown>;
      assert.equal(result['polluted'], undefined);
      assert.equal(Object.getPrototypeOf(result), Object.prototype);
      assert.deepEqual(Object.keys(result), ['__proto__', 'a']);
    });
  });

  describe('rejects', () => {
    for (const [text, words] of [
      ['', /empty/],
      [' \n\ufeff'.trim(), /empty/],
      ['  \n ', /empty/],
      ['<html><body>502 Bad Gateway</body></html>', /web page/],
      ['Service unavailable', /not JSON/],
      ['undefined', /not JSON/],
      ['{"a":1', /cut/],
      ['{"a"', /cut/],
      ['{"a', /cut/],
      ['{"a":"\\u12', /cut/],
      ['[1,', /cut/],
      ['tru', /cut/],
      ['{"a":1} x', /not JSON/],
      ['{} {}', /not JSON/],
      ['{,}', /not JSON/],
      ['[,1]', /not JSON/],
      ['[1,,2]', /not JSON/],
      ['[1 2]', /not JSON/],
      ['[1}', /not JSON/],
      ['{"a" 1}', /not JSON/],
      ['{a:1}', /not JSON/],
      ["{'a':1}", /not JSON/],
      ['["\\x"]', /not JSON/],
      ['["\\u00g0"]', /not JSON/],
      ['[01]', /not JSON/],
      ['[1.]', /not JSON/],
      ['[+1]', /not JSON/],
      ['[NaN]', /not JSON/],
    ] as const) {
      it(JSON.stringify(text), async () => {
        await assert.rejects(read(text), isBadResponse(words));
        await assert.rejects(readJson(bytewise(encode(text)), options), isBadResponse(words));
      });
    }

    it('any truncated object', async () => {
      const bytes = encode('{"a":[1,{"b":"\\u00e9é\\\\"}],"c":null,"d":-1.5e3}');
      for (let length = 0; length < bytes.length; length++) {
        await assert.rejects(
          readJson(bytewise(bytes.subarray(0, length)), options),
          isBadResponse(/cut|empty/),
        );
      }
    });

    it('more than 64 levels, and no fewer', async () => {
      const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
      assert.deepEqual(await read(nested(64)), JSON.parse(nested(64)) as unknown);
      await assert.rejects(read(nested(65)), isBadResponse(/deeper than 64/));
      await assert.rejects(read('{"a":'.repeat(100_000)), isBadResponse(/deeper/));
    });

    it('more bytes than allowed, wherever they are', async () => {
      const fits = `{"a":"${'x'.repeat(92)}"}`;
      assert.ok(await read(fits, { maxBytes: 100 }));
      await assert.rejects(read(fits, { maxBytes: 99 }), isBadResponse(/more than 99 bytes/));
      for (const text of [
        ' '.repeat(200),
        `[${'1,'.repeat(100)}1]`,
        `{"${'k'.repeat(200)}":1}`,
        '1'.repeat(200),
      ]) {
        await assert.rejects(read(text, { maxBytes: 99 }), isBadResponse(/more than 99 bytes/));
        await assert.rejects(
          readJson(bytewise(encode(text)), { maxBytes: 99 }),
          isBadResponse(/more than 99 bytes/),
        );
      }
    });

    it('an endless response as soon as it is too long', async () => {
      let sent = 0;
      async function* endless() {
        yield encode('["');
        for (;;) {
          sent += 1000;
          yield new Uint8Array(1000).fill(0x61);
          await Promise.resolve();
        }
      }
      await assert.rejects(readJson(endless(), { maxBytes: 10_000 }), isBadResponse(/more than/));
      assert.ok(sent <= 11_000);
    });
  });

  describe('captures', () => {
    it('property: any string, however it is split and written', async () => {
      const strings = fc.string({ unit: 'grapheme', maxLength: 300 });
      await fc.assert(
        fc.asyncProperty(strings, fc.jsonValue(), cuts, seeds, async (video, other, places, seed) => {
          const text = writeRandomly({ a: other, video, z: [other] }, createRandom(seed));
          const sink = new Collector();
          const result = await readJson(pieces(encode(text), places), {
            ...options,
            capture: (path) => (path.length === 1 && path[0] === 'video' ? sink : undefined),
          });
          const [a, z] = JSON.parse(JSON.stringify([other, [other]])) as unknown[];
          assert.deepEqual(result, { a, video: undefined, z });
          assert.equal(sink.text, video.toWellFormed());
          assert.ok(sink.ended);
        }),
        { numRuns: 300 },
      );
    });

    it('lone surrogates as replacement characters', async () => {
      const sink = new Collector();
      await readJson(bytewise(encode('"\\ud83d\\ude00a\\ud83d\\ud83d\\ude00\\ude00\\ud83d"')), {
        ...options,
        capture: () => sink,
      });
      assert.equal(sink.text, '😀a\ufffd😀\ufffd\ufffd');
    });

    it('by path, calling back once for each string value with what was built so far', async () => {
      const asked: unknown[] = [];
      const result = await read('{"k":"1","list":["2",{"in":"3"}],"n":4}', {
        capture: (path, soFar) => {
          asked.push(structuredClone([path, soFar]));
          return path.at(-1) === 'in' ? 'skip' : undefined;
        },
      });
      assert.deepEqual(asked, [
        [['k'], {}],
        [['list', 0], { k: '1', list: [] }],
        [['list', 1, 'in'], { k: '1', list: ['2', {}] }],
      ]);
      assert.deepEqual(result, { k: '1', list: ['2', { in: undefined }], n: 4 });
    });

    it('without counting captured and skipped strings', async () => {
      const long = 'x'.repeat(50_000);
      const text = JSON.stringify({ sink: long, skip: long, url: 'short' });
      const sink = new Collector();
      const result = await readJson(pieces(encode(text), [100, 777, 60_001, 120_000]), {
        maxBytes: 200,
        capture: ([key]) => (key === 'sink' ? sink : key === 'skip' ? 'skip' : undefined),
      });
      assert.deepEqual(result, { sink: undefined, skip: undefined, url: 'short' });
      assert.equal(sink.text, long);
    });

    it('long runs without copying them into small pieces', async () => {
      const chunk = new Uint8Array(100_000).fill(0x61);
      async function* chunks() {
        yield encode('"');
        for (let index = 0; index < 10; index++) yield await Promise.resolve(chunk);
        yield encode('"');
      }
      const sink = new Collector();
      await readJson(chunks(), { maxBytes: 10, capture: () => sink });
      assert.deepEqual(
        sink.parts.map((part) => part.length),
        Array<number>(10).fill(100_000),
      );
    });

    it('in linear time, with or without escapes', async () => {
      const escaped = encode(`["${'\\/'.repeat(1_000_000)}"]`);
      let length = 0;
      const sink: StringSink = { write: (bytes) => void (length += bytes.length), end: () => undefined };
      const start = performance.now();
      await readJson(pieces(escaped, []), { ...options, capture: () => sink });
      assert.equal(length, 1_000_000);
      // Takes well under a second. A full search for each backslash would take minutes.
      assert.ok(performance.now() - start < 10_000);
    });

    it('and rethrows errors of the sink, ending the source', async () => {
      let returned = false;
      async function* chunks() {
        try {
          yield encode(`["${'x'.repeat(20_000)}`);
          yield await Promise.resolve(encode('x"]'));
        } finally {
          returned = true;
        }
      }
      const full = new Error('disk full');
      const sink: StringSink = { write: () => Promise.reject(full), end: () => undefined };
      await assert.rejects(readJson(chunks(), { ...options, capture: () => sink }), full);
      assert.ok(returned);
    });
  });

  describe('stops early', () => {
    const chunks = ['{"a":1,"b":{"c":[2', ',3],"d":4', '},"e":5}'];
    async function* source(log: string[]) {
      try {
        for (const chunk of chunks) {
          log.push(chunk);
          yield await Promise.resolve(encode(chunk));
        }
      } finally {
        log.push('returned');
      }
    }

    it('after a member, with what was built so far', async () => {
      const log: string[] = [];
      const stop = (soFar: unknown) => JSON.stringify(soFar).includes('"d"');
      assert.deepEqual(await readJson(source(log), { ...options, stop }), { a: 1, b: { c: [2, 3], d: 4 } });
      assert.deepEqual(log, [chunks[0], chunks[1], chunks[2], 'returned']);
    });

    it('after a chunk, within a value', async () => {
      const log: string[] = [];
      let asked = 0;
      // Members: a. Then the end of the first chunk.
      const stop = () => ++asked === 2;
      assert.deepEqual(await readJson(source(log), { ...options, stop }), { a: 1, b: { c: [] } });
      assert.deepEqual(log, [chunks[0], 'returned']);
    });

    it('even if the source then fails to end', async () => {
      const iterator = {
        next: () => Promise.resolve({ done: false, value: encode('[1,2') }),
        return: () => Promise.reject(new Error('reset')),
      };
      const result = await readJson(
        { [Symbol.asyncIterator]: () => iterator },
        { ...options, stop: () => true },
      );
      assert.deepEqual(result, [1]);
    });
  });

  it('rethrows errors of the source', async () => {
    const cut = new GatewayError('cut', 'connection reset');
    async function* chunks() {
      yield encode('{"a":');
      await Promise.resolve();
      throw cut;
    }
    await assert.rejects(readJson(chunks(), options), cut);
  });

  it('accepts empty chunks', async () => {
    async function* chunks() {
      for (const part of ['', '{"a"', '', ':1}', '']) yield await Promise.resolve(encode(part));
    }
    assert.deepEqual(await readJson(chunks(), options), { a: 1 });
  });
});
