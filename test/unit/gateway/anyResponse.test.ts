import assert from 'node:assert/strict';
import fc from 'fast-check';
import { streamDownload, streamInlineVideo } from '../../../src/core/gateway/downloadResponse';
import { GatewayError } from '../../../src/core/gateway/errors';
import { queryOutcome, submitOutcome } from '../../../src/core/gateway/outcomes';
import { inlineVideoPath } from '../../../src/core/gateway/responseLinks';
import { readResponse } from '../../../src/core/gateway/responseReader';
import { CASE_BASE } from '../../support/replyCases';
import { CASE_KEY } from '../support/readFacts';

/** Members of real responses, so that random JSON hits what the parsers look for. */
const KEYS = [
  ...['task_id', 'id', 'status', 'url', 'data', 'code', 'message', 'error', 'metadata', 'output', 'success'],
  ...['progress', 'fail_reason', 'failure_reason', 'video_url', 'video', 'task_status', 'response', 'videos'],
  ...['base64', 'data_url', 'size', 'expires_at', 'raiMediaFilteredCount', '__proto__', 'constructor', 'x'],
];
const TEXTS = [
  ...[
    'succeeded',
    'SUCCESS',
    'failed',
    'expired',
    'error',
    'in_progress',
    'video_1',
    'success',
    '',
    ' ',
    '50%',
  ],
  ...[
    'https://x.example/a.mp4',
    'data:video/mp4;base64,AAAA',
    'insert_task_failed',
    'task_not_exist',
    'AAAA',
  ],
  ...['{"message":"x"}', '{"error":{"code":"y","message":"{"}}', '无可用渠道', '\ud800', '\u0000', 'a b'],
];

const { value: anyValue } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6 },
    fc.oneof(
      fc.constantFrom(...TEXTS),
      fc.constantFrom(null, true, false, 0, -0, 200, 400, 1e300, 2 ** 53, 1765000000, 0.1),
      fc.string({ unit: 'binary' }),
    ),
    fc.array(tie('value'), { maxLength: 3 }),
    // Pairs instead of an object: equal keys may occur twice, in any order.
    fc
      .array(fc.tuple(fc.constantFrom(...KEYS), tie('value')), { maxLength: 7 })
      .map((members) => new Members(members)),
  ),
}));

class Members {
  readonly list: readonly (readonly [string, unknown])[];

  constructor(list: readonly (readonly [string, unknown])[]) {
    this.list = list;
  }
}

/** Writes JSON with repeated keys, and randomly with letters as escapes. */
function write(value: unknown, escapes: boolean): string {
  if (value instanceof Members)
    return `{ ${value.list.map(([key, inner]) => `${text(key, escapes)} :${write(inner, escapes)}`).join(',')}\n}`;
  if (Array.isArray(value)) return `[${value.map((inner) => write(inner, escapes)).join(' , ')}]`;
  return typeof value === 'string' ? text(value, escapes) : JSON.stringify(value);
}

function text(content: string, escapes: boolean): string {
  if (!escapes) return JSON.stringify(content);
  const units = Array.from({ length: content.length }, (_, index) => content.charCodeAt(index));
  return `"${units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')}"`;
}

/** A response as bytes: any JSON, complete, truncated, with garbage around it, or with one byte changed. */
const anyResponse = fc
  .record({
    value: anyValue,
    escapes: fc.boolean(),
    prefix: fc.constantFrom('', '', '', '\ufeff', ' \n', '<html>'),
    keep: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
    change: fc.option(fc.tuple(fc.nat(), fc.nat({ max: 255 }))),
    chunk: fc.integer({ min: 1, max: 64 }),
  })
  .map(({ value, escapes, prefix, keep, change, chunk }) => {
    const whole = Buffer.from(prefix + write(value, escapes));
    const bytes = whole.subarray(0, Math.ceil(whole.length * keep));
    if (change && bytes.length > 0) bytes[change[0] % bytes.length] = change[1];
    return { bytes, chunk };
  });

async function* pieces(bytes: Buffer, chunk: number): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
}

/** Reads a response in chunks, as the client does. */
async function read(bytes: Buffer, chunk: number, status: number, step: 'submit' | 'query') {
  return readResponse(
    { status, headers: {}, body: pieces(bytes, chunk), close: () => undefined },
    { step, baseUrl: CASE_BASE, key: CASE_KEY, now: 0, taskId: 'video_1' },
  );
}

/** Decodes escaped letters, drops backslashes, and lowercases the text. */
function decodeText(bytes: Buffer): string {
  return bytes
    .toString('utf8')
    .replace(/\\+u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
    .replace(/\\+(.)/g, '$1')
    .toLowerCase();
}

/** Returns the result, or undefined if the input was refused properly. Any other error fails the test. */
async function undefinedIfRefused<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    assert.ok(error instanceof GatewayError, String(error));
    assert.ok(error.kind === 'badReply' || error.kind === 'refused', error.kind);
    return undefined;
  }
}

const target = () => ({ write: () => Promise.resolve(), restart: () => Promise.resolve() });
const statuses = fc.constantFrom(200, 200, 200, 201, 302, 400, 401, 403, 404, 429, 500, 503);
const RUNS = { numRuns: 3000 };

describe('any response', function () {
  this.timeout(60_000);

  it('property: accepts a submit only with an ID from the response, and refuses it only if the response says so', async () => {
    await fc.assert(
      fc.asyncProperty(anyResponse, statuses, async ({ bytes, chunk }, status) => {
        const outcome = submitOutcome(await read(bytes, chunk, status, 'submit'));
        const body = decodeText(bytes);
        if (outcome.kind === 'accepted') {
          const id = outcome.gatewayTaskId.toLowerCase().replaceAll('\\', '');
          // A number may be written differently, such as 1e300.
          assert.ok(body.includes(id) || /^-?\d/.test(id), id);
        }
        if (outcome.kind === 'rateLimited') assert.equal(status, 429);
        if (outcome.kind !== 'refused') return;
        assert.ok(status < 500 || body.includes('无可用渠道'));
        assert.ok(!body.includes('insert_task_failed'));
      }),
      RUNS,
    );
  });

  it('property: ends a task only if the response has a final status, and returns only links from the response', async () => {
    await fc.assert(
      fc.asyncProperty(anyResponse, statuses, async ({ bytes, chunk }, status) => {
        const outcome = queryOutcome(await read(bytes, chunk, status, 'query'));
        if (outcome.kind !== 'task') return;
        const { state } = outcome;
        const body = decodeText(bytes);
        if (state.kind === 'failed') assert.match(body, /fail|error|cancel|filtered/);
        if (state.kind === 'expired') assert.match(body, /expired/);
        if (state.kind !== 'succeeded') {
          if ('progress' in state) assert.ok(state.progress >= 0 && state.progress <= 100);
          return;
        }
        assert.match(body, /succe|complete|done|https?:|data:/);
        for (const link of state.links) {
          const place = inlineVideoPath(link);
          if (place === undefined) assert.ok(body.includes(link.toLowerCase()));
          else {
            // Finding the video again by its place must give the same video.
            await undefinedIfRefused(streamInlineVideo(pieces(bytes, chunk), place, target()));
          }
        }
      }),
      RUNS,
    );
  });

  it('property: returns a video from a download or says why not', async () => {
    await fc.assert(
      fc.asyncProperty(anyResponse, async ({ bytes, chunk }) => {
        const read = await undefinedIfRefused(streamDownload(pieces(bytes, chunk), target()));
        if (read === undefined) return;
        assert.ok(read.kind === 'link' ? read.link !== '' : read.bytes > 0);
      }),
      RUNS,
    );
  });

  it('property: decodes a video in a query response completely, however it is split and written', async () => {
    const videos = fc.array(fc.uint8Array({ minLength: 1, maxLength: 200 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(videos, fc.boolean(), fc.integer({ min: 1, max: 97 }), async (all, escapes, chunk) => {
        const uris = all.map((video) => `data:video/mp4;base64,${Buffer.from(video).toString('base64')}`);
        const members = new Members([
          ['metadata', new Members([['response', new Members([['videos', uris]])]])],
          ['url', uris.length === 1 ? uris[0] : uris],
          ['status', 'succeeded'],
          ['task_id', 't'],
        ]);
        const bytes = Buffer.from(write(members, escapes));
        const outcome = queryOutcome(await read(bytes, chunk, 200, 'query'));
        assert.ok(outcome.kind === 'task' && outcome.state.kind === 'succeeded');
        assert.equal(outcome.state.links.length, all.length);
        for (const [index, link] of outcome.state.links.entries()) {
          const chunks: Uint8Array[] = [];
          const collect = {
            write: (piece: Uint8Array) => Promise.resolve(void chunks.push(piece)),
            restart: () => Promise.resolve(void (chunks.length = 0)),
          };
          const length = await streamInlineVideo(pieces(bytes, chunk), inlineVideoPath(link) ?? '', collect);
          assert.equal(length, all[index]?.length);
          assert.deepEqual(Buffer.concat(chunks), Buffer.from(all[index] ?? []));
        }
      }),
    );
  });

  it('reads endless nesting and texts of the maximum size quickly', async () => {
    const started = performance.now();
    for (const body of [
      '['.repeat(500_000),
      '{"data":'.repeat(60_000),
      `{"message":"${'{'.repeat(1_000_000)}"}`,
    ]) {
      const bytes = Buffer.from(body);
      assert.equal(submitOutcome(await read(bytes, 65_536, 200, 'submit')).kind, 'unknown');
      assert.equal(queryOutcome(await read(bytes, 65_536, 200, 'query')).kind, 'temporary');
      await undefinedIfRefused(streamDownload(pieces(Buffer.from(body), 65_536), target()));
    }
    assert.ok(performance.now() - started < 5000, `${performance.now() - started} ms`);
  });
});
