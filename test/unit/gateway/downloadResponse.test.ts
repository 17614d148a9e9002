import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { streamDownload, type DownloadResult } from '../../../src/core/gateway/downloadResponse';
import { GatewayError, type GatewayErrorKind } from '../../../src/core/gateway/errors';

const video = Buffer.from('\0\0\0\x18ftypmp42 not much of a video, but enough bytes', 'latin1');
const base64 = video.toString('base64');
const dataUrl = `data:video/mp4;base64,${base64}`;
const other = Buffer.from('another video altogether').toString('base64');
const head = { success: true, generation_id: 'video_1', task_id: 'video_1', format: 'mp4' };

class Target {
  parts: Buffer[] = [];
  restarts = 0;
  #isBusy = false;
  async write(bytes: Uint8Array) {
    assert.ok(!this.#isBusy, 'writes overlap');
    this.#isBusy = true;
    await new Promise((resolve) => setImmediate(resolve));
    this.parts.push(Buffer.from(bytes));
    this.#isBusy = false;
  }
  restart() {
    assert.ok(!this.#isBusy, 'restarted within a write');
    this.restarts++;
    this.parts = [];
    return Promise.resolve();
  }
  get content() {
    assert.ok(!this.#isBusy, 'still writing');
    return Buffer.concat(this.parts);
  }
}

/** A response in chunks that counts how much of it was read. */
class ChunkedResponse implements AsyncIterable<Uint8Array> {
  readonly #bytes: Buffer;
  readonly #chunkBytes: number;
  sent = 0;
  isClosed = false;

  constructor(body: unknown, chunkBytes = 7) {
    this.#bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    this.#chunkBytes = chunkBytes;
  }

  get readShare() {
    return this.sent / this.#bytes.length;
  }

  async *[Symbol.asyncIterator]() {
    try {
      while (this.sent < this.#bytes.length) {
        const chunk = this.#bytes.subarray(this.sent, this.sent + this.#chunkBytes);
        this.sent += chunk.length;
        yield await Promise.resolve(chunk);
      }
    } finally {
      this.isClosed = true;
    }
  }
}

type Video = Extract<DownloadResult, { kind: 'video' }>;

async function streamVideo(chunked: ChunkedResponse, target: Target): Promise<Video> {
  const result = await streamDownload(chunked, target);
  assert.ok(result.kind === 'video', JSON.stringify(result));
  return result;
}

async function download(body: unknown) {
  const target = new Target();
  const chunked = new ChunkedResponse(body);
  const result = await streamVideo(chunked, target);
  assert.ok(chunked.isClosed);
  return { result, target, reply: chunked, content: target.content };
}

async function failure(body: unknown): Promise<GatewayError> {
  const target = new Target();
  try {
    await streamDownload(new ChunkedResponse(body), target);
  } catch (error) {
    assert.ok(error instanceof GatewayError, String(error));
    assert.ok(target.content.length >= 0);
    return error;
  }
  return assert.fail('took it for a video');
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, index) =>
    permutations(items.filter((_, at) => at !== index)).map((rest) => [item, ...rest]),
  );
}

describe('streamDownload', function () {
  this.timeout(60_000);

  it('accepts the fields in any order', async () => {
    const members = Object.entries({
      success: true,
      size: video.length,
      base64,
      data_url: dataUrl,
      format: 'mp4',
    });
    for (const order of permutations(members)) {
      const { result, content, target } = await download(Object.fromEntries(order));
      assert.deepEqual(content, video);
      assert.equal(target.restarts, 0);
      assert.equal(result.bytes, video.length);
      assert.equal(result.declaredBytes, video.length);
    }
  });

  it('accepts any video, however it is split and escaped', async () => {
    const sizes = fc.integer({ min: 1, max: 5000 });
    await fc.assert(
      fc.asyncProperty(
        sizes,
        sizes,
        fc.boolean(),
        fc.boolean(),
        async (bytes, chunkBytes, isEscaped, isFirst) => {
          const original = randomBytes(bytes);
          const field = isFirst
            ? { base64: original.toString('base64') }
            : { data_url: `data:video/mp4;base64,${original.toString('base64')}` };
          const json = JSON.stringify({ ...head, size: bytes, ...field }, undefined, 1);
          const text = isEscaped ? json.replaceAll('/', '\\/').replaceAll('A', '\\u0041') : json;
          const target = new Target();
          await streamDownload(new ChunkedResponse(text, chunkBytes), target);
          assert.deepEqual(target.content, original);
        },
      ),
      { numRuns: 100 },
    );
  });

  for (const [name, body] of [
    ['without size', { ...head, base64 }],
    ['with only base64, and a trailing comma', JSON.stringify({ ...head, base64 }).replace('}', ',}')],
    ['with only data_url', { ...head, data_url: dataUrl }],
    ['with base64 that is a data URI', { ...head, base64: dataUrl }],
    ['with data_url that is bare base64', { ...head, data_url: base64 }],
    ['with null for base64', { ...head, base64: null, data_url: dataUrl }],
    ['with null for error', { ...head, error: null, code: '', message: '', base64 }],
    ['in an envelope', { code: 'success', message: '', data: { size: video.length, base64 } }],
    ['in an envelope, size outside', { code: 'success', size: video.length, data: { data_url: dataUrl } }],
    ['with a size that is no number of bytes', { ...head, size: '1280x720', base64 }],
    ['with size zero', { ...head, size: 0, base64 }],
    ['with the size as a text', { ...head, size: String(video.length), base64 }],
    ['with the same field twice', `{"base64":"${base64}","base64":"${base64}"}`],
  ] as const) {
    it(`accepts one ${name}`, async () => {
      const { content, result } = await download(body);
      assert.deepEqual(content, video);
      assert.equal(result.bytes, video.length);
    });
  }

  describe('falling back to the other copy', () => {
    for (const [name, body, restarts] of [
      ['when the first is empty', { base64: '', size: video.length, data_url: dataUrl }, 0],
      ['when the first is not base64', { base64: 'not base64!', data_url: dataUrl }, 0],
      ['when the first breaks in the middle', { base64: `${'A'.repeat(400_000)}!`, data_url: dataUrl }, 1],
      ['when the first has a wrong size', { size: video.length, base64: other, data_url: dataUrl }, 1],
      [
        'when the first has a wrong size, said between',
        { base64: other, size: video.length, data_url: dataUrl },
        1,
      ],
      ['when data_url comes first and is bad', { size: video.length, data_url: 'data:,', base64 }, 0],
    ] as const) {
      it(name, async () => {
        const { content, target, result } = await download(body);
        assert.deepEqual(content, video);
        assert.equal(target.restarts, restarts);
        assert.equal(result.bytes, video.length);
      });
    }
  });

  describe('stopping early', () => {
    const large = randomBytes(200_000);
    const copies = {
      base64: large.toString('base64'),
      data_url: `data:video/mp4;base64,${large.toString('base64')}`,
    };
    const readShare = async (body: unknown) => {
      const chunked = new ChunkedResponse(body, 1000);
      const target = new Target();
      const { stoppedEarly } = await streamVideo(chunked, target);
      assert.deepEqual(target.content, large);
      assert.ok(chunked.isClosed);
      return { readShare: chunked.readShare, stoppedEarly };
    };

    it('stops when a video is complete and of the declared size', async () => {
      const early = await readShare({ ...head, size: large.length, ...copies });
      assert.ok(early.stoppedEarly);
      assert.ok(early.readShare <= 0.53, String(early.readShare));
    });

    it('stops at the size if it comes between the copies', async () => {
      const early = await readShare({
        ...head,
        base64: copies.base64,
        size: large.length,
        data_url: copies.data_url,
      });
      assert.ok(early.stoppedEarly);
      assert.ok(early.readShare <= 0.53, String(early.readShare));
    });

    it('reads on without a size or before it', async () => {
      assert.deepEqual(await readShare({ ...head, ...copies }), { readShare: 1, stoppedEarly: false });
      const late = await readShare({ ...head, ...copies, size: large.length });
      assert.equal(late.readShare, 1);
    });
  });

  describe('refusing', () => {
    const size = video.length;
    const cases: [string, unknown, GatewayErrorKind, RegExp, string?][] = [
      ['success: false', { success: false, message: 'not finished' }, 'refused', /^not finished$/],
      ['success: false, with a video', { success: false, size, base64 }, 'refused', /without a message/],
      ['success: false after the video', { base64, success: false, message: 'no' }, 'refused', /^no$/],
      ['success: false in an envelope', { data: { success: false, message: 'gone' } }, 'refused', /^gone$/],
      [
        'an error object',
        { error: { message: 'no such task', code: 'nope' } },
        'refused',
        /no such task/,
        'nope',
      ],
      ['an error text', { error: 'expired' }, 'refused', /expired/],
      [
        'code and message',
        { code: 'task_not_exist', message: 'x', data: null },
        'refused',
        /^x$/,
        'task_not_exist',
      ],
      ['an error beside an empty video', { base64: '', error: { message: 'gone' } }, 'refused', /gone/],
      ['a bare message', { message: 'maintenance' }, 'refused', /maintenance/],
      ['no video field', head, 'badReply', /no video/],
      [
        'an envelope of success without video',
        { code: 'success', message: 'ok', data: null },
        'badReply',
        /no video/,
      ],
      ['an empty error', { ...head, error: {} }, 'badReply', /no video/],
      ['null', { ...head, base64: null, data_url: null }, 'badReply', /no video/],
      ['a number', { ...head, base64: 12 }, 'badReply', /no video/],
      ['an empty video', { ...head, base64: '' }, 'badReply', /empty/],
      ['an empty data URI', { ...head, data_url: 'data:video/mp4;base64,' }, 'badReply', /empty/],
      ['broken base64', { ...head, base64: 'QUJ$' }, 'badReply', /not base64/],
      ['a video at no known place', { result: { bytes: base64 } }, 'badReply', /no video/],
      ['an array of texts', [base64], 'badReply', /no video/],
      ['a number alone', 12, 'badReply', /no video/],
      ['nothing', '', 'badReply', /empty/],
      ['a web page', '<html></html>', 'badReply', /web page/],
      ['too much besides the video', { note: 'x'.repeat(1 << 20), base64 }, 'badReply', /more than/],
    ];
    for (const [name, body, kind, words, code] of cases) {
      it(name, async () => {
        const error = await failure(body);
        assert.equal(error.kind, kind);
        assert.match(error.message, words);
        assert.equal(error.code, code);
      });
    }

    it('refuses any truncated response', async () => {
      for (const body of [
        { ...head, size: video.length, base64 },
        { ...head, base64, data_url: dataUrl },
        { base64, data_url: dataUrl, size: video.length },
        { data: { base64 } },
      ]) {
        const text = JSON.stringify(body);
        const firstBraceAfterVideo = text.indexOf(base64) + base64.length + 1;
        for (let length = 0; length < text.length; length++) {
          // The rest isn't needed after a complete video of the declared size.
          if ('size' in body && 'success' in body && length >= firstBraceAfterVideo) continue;
          const error = await failure(text.slice(0, length));
          assert.equal(error.kind, 'badReply', text.slice(0, length));
        }
      }
    });
  });

  describe('another size than declared', () => {
    for (const [name, body, declaredBytes] of [
      ['too large', { size: video.length + 1, base64 }, video.length + 1],
      ['too small', { size: video.length - 1, base64 }, video.length - 1],
      ['at the end', { base64, data_url: dataUrl, size: 5 }, 5],
      ['of both copies', { size: 5, base64, data_url: dataUrl }, 5],
    ] as const) {
      it(name, async () => {
        const { result, content } = await download(body);
        assert.deepEqual([result.bytes, result.declaredBytes], [video.length, declaredBytes]);
        assert.deepEqual(content, video);
      });
    }
  });

  describe('a video in other fields', () => {
    for (const [name, body] of [
      ['b64_json in a list', { data: [{ b64_json: base64 }] }],
      ['bytesBase64Encoded', { response: { videos: [{ bytesBase64Encoded: base64 }] } }],
      ['video', { video: base64 }],
      ['url with a data URI', { url: dataUrl }],
      ['data', { code: 'success', data: base64 }],
    ] as const) {
      it(name, async () => assert.deepEqual((await download(body)).content, video));
    }
  });

  describe('a link in place of a video', () => {
    const link = 'https://cdn.example/a.mp4?sig=a+b';
    for (const [name, body, expected] of [
      ['url', { success: true, url: link }, link],
      ['video_url in an envelope', { code: 'success', data: { video_url: link } }, link],
      ['video', { video: link }, link],
      ['base64', { base64: link }, link],
      ['relative', { url: '/files/a.mp4' }, '/files/a.mp4'],
      ['the best of several', { link: 'https://cdn.example/page', url: link }, link],
    ] as const) {
      it(name, async () => {
        const target = new Target();
        const result = await streamDownload(new ChunkedResponse(body), target);
        assert.deepEqual(result, { kind: 'link', link: expected });
        assert.equal(target.content.length, 0);
      });
    }
    it('ignores it next to an error', async () => {
      assert.equal((await failure({ error: { message: 'no' }, url: link })).message, 'no');
    });
  });

  it('stops at a video that is much longer than declared', async () => {
    const target = new Target();
    const body = { size: 100, base64: randomBytes(2 << 20).toString('base64') };
    await assert.rejects(streamDownload(new ChunkedResponse(body, 65_536), target), { kind: 'tooLong' });
    assert.ok(target.content.length <= 100 + (1 << 20));
  });

  it('refuses a declared size above the limit before the first byte', async () => {
    const target = new Target();
    const body = { size: 5 * 1024 ** 3, base64 };
    await assert.rejects(streamDownload(new ChunkedResponse(body), target), { kind: 'tooLong' });
    assert.equal(target.content.length, 0);
  });

  it('rethrows errors of the target, from any write', async () => {
    for (const failing of [0, 1, 5]) {
      let writes = 0;
      const full = new Error('disk full');
      const target = {
        write: () => (writes++ === failing ? Promise.reject(full) : Promise.resolve()),
        restart: () => Promise.resolve(),
      };
      const body = { base64: randomBytes(6 * 300_000).toString('base64') };
      await assert.rejects(streamDownload(new ChunkedResponse(body, 20_000), target), full);
    }
  });

  it('rethrows errors of the connection, with no write pending', async () => {
    const cut = new GatewayError('cut', 'reset');
    async function* chunks() {
      yield Buffer.from(`{"base64":"${'QUJD'.repeat(100_000)}`);
      await Promise.resolve();
      throw cut;
    }
    const target = new Target();
    await assert.rejects(streamDownload(chunks(), target), cut);
    assert.equal(target.content.length, 300_000);
  });
});
