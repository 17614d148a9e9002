import assert from 'node:assert/strict';
import type { Log } from '../../../src/core/common/log';
import { GatewayClient, type OpenSubmit } from '../../../src/core/gateway/client';
import type { VideoTarget } from '../../../src/core/gateway/downloadResponse';
import { VideoClient, type VideoSource } from '../../../src/core/gateway/videoClient';
import { GatewayError } from '../../../src/core/gateway/errors';
import type { HttpRequest, HttpConnector } from '../../../src/core/gateway/http';
import { FakeClock } from '../support/fakeClock';
import { quietLog } from '../support/quietLog';

const KEY = 'sk-AbCdEfGhIjKlMnOpQrStUvWx0123456789';
const access = { baseUrl: 'https://gateway.example/nebula', key: { id: 'key-1', value: KEY } };

interface ScriptedResponse {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Thrown after the body. */
  readonly thenThrow?: GatewayError;
}
type Script = ScriptedResponse | GatewayError;

/** Creates a client whose network gives these responses in order. The last one repeats. */
function createScripted(...responses: Script[]) {
  const requests: (HttpRequest & { body?: string | undefined })[] = [];
  const lines: string[] = [];
  let closed = 0;
  const open: HttpConnector = (request) => {
    requests.push(request);
    const scriptedResponse = responses[Math.min(requests.length, responses.length) - 1]!;
    if (scriptedResponse instanceof GatewayError && scriptedResponse.kind === 'unreachable')
      return Promise.reject(scriptedResponse);
    return Promise.resolve({
      close: () => undefined,
      send: (body) => {
        requests[requests.length - 1] = { ...request, body };
        if (scriptedResponse instanceof GatewayError) return Promise.reject(scriptedResponse);
        return Promise.resolve({
          status: scriptedResponse.status ?? 200,
          headers: scriptedResponse.headers ?? {},
          body: chunksOf(scriptedResponse),
          close: () => closed++,
        });
      },
    });
  };
  const write = (line: string) => void lines.push(line);
  const log: Log = { trace: write, debug: write, info: write, warn: write, error: write };
  const clock = new FakeClock();
  const client = new GatewayClient(open, clock, log);
  return {
    client,
    videos: createDownloads(new VideoClient(open, clock, log)),
    requests,
    lines,
    closed: () => closed,
  };
}

/** The ways to download a video. Each returns its number of bytes. */
function createDownloads(client: VideoClient) {
  const call =
    <Args extends unknown[]>(source: (...args: Args) => VideoSource) =>
    async (id: string, to: VideoTarget, ...args: Args) =>
      (await client.download(source(...args), access, id, to)).bytes;
  const byLink = call((link: string): VideoSource => ({ kind: 'link', link }));
  const inline = call((place: string): VideoSource => ({ kind: 'inline', place }));
  const download = call((): VideoSource => ({ kind: 'download' }));
  return {
    fetchLink: (link: string, _: unknown, to: VideoTarget) => byLink('t', to, link),
    fetchInline: (_: unknown, id: string, place: string, to: VideoTarget) => inline(id, to, place),
    download: (_: unknown, id: string, to: VideoTarget) => download(id, to),
  };
}

type Clients = Pick<ReturnType<typeof createScripted>, 'client' | 'videos'>;

async function* chunksOf({ body, thenThrow }: ScriptedResponse): AsyncGenerator<Uint8Array> {
  if (body !== undefined)
    yield await Promise.resolve(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));
  if (thenThrow) throw thenThrow;
}

const target = () => {
  const pieces: Uint8Array[] = [];
  return {
    pieces,
    write: (bytes: Uint8Array) => {
      pieces.push(bytes);
      return Promise.resolve();
    },
    restart: () => {
      pieces.length = 0;
      return Promise.resolve();
    },
  };
};
const redirect = (location: string, status = 302): ScriptedResponse => ({ status, headers: { location } });
const submit = async (...responses: Script[]) => {
  const world = createScripted(...responses);
  const prepared = await world.client.prepareSubmit(access, '{"model":"sora-2","prompt":"猫"}');
  return { ...world, outcome: await prepared.send() };
};
const assertRejects = (promise: Promise<unknown>, expected: Partial<GatewayError>) =>
  assert.rejects(promise, (error) => {
    assert.ok(error instanceof GatewayError, String(error));
    for (const [name, value] of Object.entries(expected))
      assert.deepEqual(Reflect.get(error, name), value, error.message);
    return true;
  });

const idOf = (outcome: Awaited<ReturnType<OpenSubmit['send']>>) =>
  outcome.kind === 'accepted' ? outcome.gatewayTaskId : outcome.kind;

describe('GatewayClient.prepareSubmit', () => {
  it('posts the body unchanged, once, with the key, below the path of the base URL', async () => {
    const { requests, outcome } = await submit({ body: { task_id: 'video_1' } });
    assert.equal(idOf(outcome), 'video_1');
    assert.equal(requests.length, 1);
    const [request] = requests;
    assert.equal(request?.method, 'POST');
    assert.equal(request.url.href, 'https://gateway.example/nebula/v1/video/generations');
    assert.equal(request.body, '{"model":"sora-2","prompt":"猫"}');
    assert.equal(request.headers['content-length'], '33');
    assert.equal(request.headers['content-type'], 'application/json');
    assert.equal(request.headers['authorization'], `Bearer ${KEY}`);
  });
  it('does not follow a redirect', async () => {
    const { requests, outcome } = await submit(redirect('https://gateway.example/other', 307), {
      body: { task_id: 'video_1' },
    });
    assert.equal(outcome.kind, 'refused');
    assert.equal(requests.length, 1);
  });
  it('throws if unreachable before sending, and reports `notSent` while sending', async () => {
    const { client } = createScripted(new GatewayError('unreachable', 'no'));
    await assertRejects(client.prepareSubmit(access, '{}'), { kind: 'unreachable' });
    // The fake connects and then fails in `send`.
    const open: HttpConnector = () =>
      Promise.resolve({
        close: () => undefined,
        send: () => Promise.reject(new GatewayError('unreachable', 'no')),
      });
    const log: Log = { trace: () => 0, debug: () => 0, info: () => 0, warn: () => 0, error: () => 0 };
    const prepared = await new GatewayClient(open, new FakeClock(), log).prepareSubmit(access, '{}');
    assert.equal((await prepared.send()).kind, 'notSent');
  });

  const unclear: Readonly<Record<string, Script>> = {
    cut: new GatewayError('cut', 'x'),
    timeout: new GatewayError('timeout', 'x'),
    'cut in the body': { body: '{"task_id":"vid', thenThrow: new GatewayError('cut', 'x') },
    'a page': { body: '<html>' },
    '500': { status: 500, body: '' },
  };
  for (const [name, scriptedResponse] of Object.entries(unclear)) {
    it(`is unknown and sent once: ${name}`, async () => {
      const { outcome, requests } = await submit(scriptedResponse);
      assert.equal(outcome.kind, 'unknown');
      assert.equal(requests.length, 1);
    });
  }
  it('keeps the ID of a paid task in a response that breaks off, and shows the rest without the key', async () => {
    const body = `{"task_id":"video_1","note":"${KEY}","sta`;
    const { outcome } = await submit({ body, thenThrow: new GatewayError('cut', 'reset') });
    assert.equal(idOf(outcome), 'video_1');
    assert.ok(outcome.kind === 'accepted' && outcome.evidence);
    const evidence = outcome.evidence();
    assert.equal(evidence.end, 'cut');
    assert.match(evidence.body, /^\{"task_id":"video_1","note":"/);
    assert.ok(!evidence.body.includes(KEY.slice(3)));
  });
  it('finds the ID in more than 1 MB', async () => {
    const { outcome } = await submit({ body: { filler: 'x'.repeat(1024 * 1024), task_id: 'video_1' } });
    assert.equal(idOf(outcome), 'video_1');
  });
  it('reads Retry-After', async () => {
    const { outcome } = await submit({ status: 429, headers: { 'retry-after': '7' } });
    assert.equal(outcome.kind === 'rateLimited' && outcome.retryAfterMs, 7000);
  });

  // Shape S7 repeats the prompt, and other gateways may repeat the request. Its text must not hide the task
  // ID.
  for (const prompt of [
    'the ring bearer walks',
    'Bearer of light',
    'an essay on sk-learn',
    `my key is ${KEY}`,
  ]) {
    it(`keeps the ID in a response that repeats the prompt "${prompt.slice(0, 20)}"`, async () => {
      const { outcome } = await submit({
        body: { id: 'video_task_0001', object: 'video.generation', prompt, duration: 5 },
      });
      assert.equal(idOf(outcome), 'video_task_0001');
    });
  }
  it('keeps an ID that looks like a key', async () => {
    const { outcome } = await submit({ body: { task_id: 'cHJvamVj-sk-0000-abc' } });
    assert.equal(idOf(outcome), 'cHJvamVj-sk-0000-abc');
  });
});

describe('the key in requests', () => {
  const AWAY = 'https://results.example/a.mp4?Signature=secret';
  const authorizations = (requests: readonly HttpRequest[]) =>
    requests.map((request) => request.headers['authorization'] !== undefined);

  it('is sent only to the gateway, not to a result host', async () => {
    const { videos, requests } = createScripted({ body: 'video' });
    assert.equal(await videos.fetchLink(AWAY, access, target()), 5);
    await videos.fetchLink('https://gateway.example/v1/videos/1/content', access, target());
    assert.deepEqual(authorizations(requests), [false, true]);
    assert.equal(requests[0]?.url.href, AWAY);
  });
  for (const elsewhere of [
    'http://gateway.example/a',
    'https://gateway.example:8443/a',
    'https://gateway.example.evil.example/a',
    'https://evil.example/gateway.example',
  ]) {
    it(`is not sent to ${elsewhere}`, async () => {
      const { videos, requests } = createScripted({ body: 'video' });
      await videos.fetchLink(elsewhere, access, target());
      assert.deepEqual(authorizations(requests), [false]);
    });
  }
  for (const call of ['query', 'download', 'models'] as const) {
    it(`is dropped on a redirect elsewhere, and stays dropped on the way back: ${call}`, async () => {
      const { client, videos, requests } = createScripted(
        redirect('https://gateway.example/nebula/again'),
        redirect('https://evil.example/x'),
        redirect('https://gateway.example/back'),
        { status: 404, body: '{}' },
      );
      const done =
        call === 'query'
          ? client.query(access, 't')
          : call === 'models'
            ? client.models(access)
            : videos.download(access, 't', target());
      await done.catch(() => undefined);
      assert.deepEqual(authorizations(requests), [true, true, false, false]);
    });
  }

  const echo = { error: { message: `bad key ${KEY}`, code: `x-${KEY}` }, request_id: KEY };
  it('is removed from every message and the log', async () => {
    const texts: string[] = [];
    const { outcome, lines } = await submit({ status: 401, body: echo });
    texts.push(JSON.stringify(outcome), ...lines);
    for (const scriptedResponse of [
      { status: 401, body: echo },
      { status: 500, body: `<p>Bearer ${KEY}</p>` },
      { body: { status: 'failed', error: { message: KEY } } },
      { body: { code: 'x', message: JSON.stringify(echo) } },
    ]) {
      const { client, lines } = createScripted(scriptedResponse);
      texts.push(JSON.stringify(await client.query(access, 't')), ...lines);
    }
    for (const call of [
      ({ client }: Clients) => client.models(access),
      ({ videos }: Clients) => videos.download(access, 't', target()),
      ({ videos }: Clients) => videos.fetchLink(AWAY, access, target()),
    ]) {
      for (const status of [401, 200]) {
        const { lines, ...clients } = createScripted({ status, body: { success: false, ...echo } });
        texts.push(...lines, String(await call(clients).catch((error: unknown) => error)));
      }
    }
    for (const said of texts) assert.ok(!said.includes(KEY.slice(3)), said);
  });
  it('is removed from request IDs in the log', async () => {
    const { client, lines } = createScripted({ headers: { 'x-oneapi-request-id': KEY }, body: { data: [] } });
    await client.models(access);
    assert.ok(lines.length === 1 && !lines[0]?.includes(KEY.slice(3)), lines[0]);
  });
  it('is not sent elsewhere in a link or redirect that contains it, and such a link is not kept', async () => {
    const leaky = `https://evil.example/a.mp4?token=${KEY}`;
    const asked = createScripted({ body: 'video' });
    await assertRejects(asked.videos.fetchLink(leaky, access, target()), { code: 'deadLink' });
    assert.equal(asked.requests.length, 0);
    const redirected = createScripted(redirect(leaky), { body: 'video' });
    await assertRejects(redirected.videos.download(access, 't', target()), { code: 'deadLink' });
    assert.equal(redirected.requests.length, 1);
    const { client } = createScripted({ body: { task_id: 't', status: 'succeeded', url: [leaky, AWAY] } });
    const outcome = await client.query(access, 't');
    assert.deepEqual(outcome.kind === 'task' && 'links' in outcome.state && outcome.state.links, [AWAY]);
  });
  it('is removed if it is escaped', async () => {
    const body = `{"error":{"message":"bad \\u0073k-${KEY.slice(3).replace('A', '\\u0041')}"}}`;
    const { outcome } = await submit({ status: 401, body });
    assert.ok(!JSON.stringify(outcome).includes(KEY.slice(3)), JSON.stringify(outcome));
  });
  it('does not log signatures of links', async () => {
    const { videos, lines } = createScripted({ body: 'video' });
    await videos.fetchLink(AWAY, access, target());
    assert.ok(lines.length > 0 && lines.every((line) => !line.includes('secret')));
  });
});

describe('downloading links', () => {
  const link = 'https://results.example/a.mp4';

  it('follows five redirects, but not six', async () => {
    const hops = (count: number) => Array.from({ length: count }, (_, index) => redirect(`/hop/${index}`));
    assert.equal(
      await createScripted(...hops(5), { body: 'video' }).videos.fetchLink(link, access, target()),
      5,
    );
    await assertRejects(
      createScripted(...hops(6), { body: 'video' }).videos.fetchLink(link, access, target()),
      {
        kind: 'refused',
        code: 'deadLink',
      },
    );
    const { videos, requests } = createScripted(redirect(link));
    await assertRejects(videos.fetchLink(link, access, target()), { code: 'deadLink' });
    assert.equal(requests.length, 6);
  });
  for (const bad of [
    'file:///etc/passwd',
    'http://169.254.169.254/latest',
    'http://127.0.0.1/a',
    'not an address',
    'data:video/mp4;base64,AA',
  ]) {
    it(`refuses ${bad} without a request, at once or after a redirect`, async () => {
      const { videos, requests } = createScripted({ body: 'video' });
      await assertRejects(videos.fetchLink(bad, access, target()), { kind: 'refused', code: 'deadLink' });
      assert.equal(requests.length, 0);
      if (bad.includes(' ')) return;
      const redirected = createScripted(redirect(bad), { body: 'video' });
      await assertRejects(redirected.videos.fetchLink(link, access, target()), {
        kind: 'refused',
        code: 'deadLink',
      });
      assert.equal(redirected.requests.length, 1);
    });
  }
  it('treats a redirect without an address as a refusal', async () => {
    await assertRejects(createScripted({ status: 302 }).videos.fetchLink(link, access, target()), {
      kind: 'refused',
      status: 302,
    });
  });
  for (const status of [403, 404, 410, 500, 429]) {
    it(`reports ${status} with its message`, async () => {
      const scriptedResponse = {
        status,
        headers: { 'retry-after': '3' },
        body: '<Error><Code>AccessDenied</Code></Error>',
      };
      await assertRejects(createScripted(scriptedResponse).videos.fetchLink(link, access, target()), {
        kind: 'refused',
        status,
        retryAfterMs: 3000,
        message: 'AccessDenied',
      });
    });
  }
  it('reports fewer bytes than declared as cut', async () => {
    const scriptedResponse = { headers: { 'content-length': '6' }, body: 'video' };
    await assertRejects(createScripted(scriptedResponse).videos.fetchLink(link, access, target()), {
      kind: 'cut',
    });
  });
  it('accepts a compressed video whose length differs from the declared one', async () => {
    const scriptedResponse = {
      headers: { 'content-length': '6', 'content-encoding': 'gzip' },
      body: 'video',
    };
    assert.equal(await createScripted(scriptedResponse).videos.fetchLink(link, access, target()), 5);
  });
  it('closes the connection if the target fails', async () => {
    const { videos, closed } = createScripted({ body: 'video' });
    const full = { write: () => Promise.reject(new Error('no room')), restart: () => Promise.resolve() };
    await assert.rejects(videos.fetchLink(link, access, full), /no room/);
    assert.equal(closed(), 1);
  });
  it('checks leading blanks once, and passes them on after 64 KB', async () => {
    const chunk = Buffer.alloc(16 * 1024, ' ');
    let read = 0;
    async function* blanks(): AsyncGenerator<Uint8Array> {
      await Promise.resolve();
      for (; read < 64; read++) yield chunk;
    }
    const open: HttpConnector = () =>
      Promise.resolve({
        close: () => undefined,
        send: () => Promise.resolve({ status: 200, headers: {}, body: blanks(), close: () => undefined }),
      });
    const readBeforeWrite: number[] = [];
    const writes: VideoTarget = {
      write: () => {
        readBeforeWrite.push(read);
        return Promise.resolve();
      },
      restart: () => Promise.resolve(),
    };
    const client = new VideoClient(open, new FakeClock(), quietLog);
    await client.download({ kind: 'link', link }, access, 't', writes);
    assert.equal(readBeforeWrite.length, 64, 'every blank is passed on');
    assert.ok(readBeforeWrite[0]! <= 4);
  });
  it('recognizes JSON after a byte order mark and blanks', async () => {
    const body = '\ufeff \r\n{"success":true,"size":5,"base64":"dmlkZW8="}';
    assert.equal(await createScripted({ body }).videos.fetchLink(link, access, target()), 5);
  });
  it('stops reading an error page after 1 MB', async () => {
    await assertRejects(
      createScripted({ status: 500, body: 'x'.repeat(1024 * 1024 + 1) }).videos.fetchLink(
        link,
        access,
        target(),
      ),
      { kind: 'badReply' },
    );
  });
});

describe('query, download and models', () => {
  it('encodes any ID as one path segment', async () => {
    const { client, requests } = createScripted({ body: { status: 'queued' } });
    for (const id of ['video_1', 'a/b?c#d', 'ü 猫', '../download']) await client.query(access, id);
    assert.deepEqual(
      requests.map((request) =>
        request.url.href.slice('https://gateway.example/nebula/v1/video/generations/'.length),
      ),
      ['video_1', 'a%2Fb%3Fc%23d', '%C3%BC%20%E7%8C%AB', '..%2Fdownload'],
    );
  });
  it('reports a broken connection as temporary, but not its own abort', async () => {
    for (const kind of ['unreachable', 'cut', 'timeout', 'badReply', 'refused'] as const) {
      assert.equal(
        (await createScripted(new GatewayError(kind, 'x')).client.query(access, 't')).kind,
        'temporary',
        kind,
      );
    }
    await assertRejects(createScripted(new GatewayError('aborted', 'x')).client.query(access, 't'), {
      kind: 'aborted',
    });
  });
  it('reads a body of more than 1 MB, with or without a video in it', async () => {
    const filler = 'A'.repeat(2 * 1024 * 1024);
    const kind = async (body: unknown) => (await createScripted({ body }).client.query(access, 't')).kind;
    assert.equal(await kind({ status: 'succeeded', filler }), 'task');
    assert.equal(await kind({ status: 'succeeded', url: `data:video/mp4;base64,${filler}` }), 'task');
  });
  it('concludes nothing from a query that was redirected to another host', async () => {
    for (const scriptedResponse of [
      { body: '<html>Sign in' },
      { status: 401, body: { error: { message: 'no', code: 'x' } } },
    ]) {
      const { client } = createScripted(redirect('https://login.example/'), scriptedResponse);
      assert.equal((await client.query(access, 't')).kind, 'temporary');
    }
  });

  it('sends the ID as a parameter of the download, and returns the bytes', async () => {
    const { videos, requests } = createScripted({ body: { success: true, size: 5, base64: 'dmlkZW8=' } });
    const video = target();
    assert.equal(await videos.download(access, 'a&b', video), 5);
    assert.equal(Buffer.concat(video.pieces).toString(), 'video');
    assert.equal(
      requests[0]?.url.href,
      'https://gateway.example/nebula/v1/video/generations/download?id=a%26b',
    );
  });
  it('reports the gateway’s error for a download', async () => {
    const body = { error: { message: 'Task not found', type: 'invalid_request_error' } };
    await assertRejects(createScripted({ status: 404, body }).videos.download(access, 't', target()), {
      kind: 'refused',
      status: 404,
      message: 'Task not found',
    });
    await assertRejects(
      createScripted({ body: { success: false, message: 'no' } }).videos.download(access, 't', target()),
      { kind: 'refused', message: 'no' },
    );
  });

  for (const status of [403, 404, 410]) {
    it(`concludes nothing about task or key from ${status} of another server: download`, async () => {
      for (const body of ['<html>Not here', '', { error: { message: 'Invalid URL (GET /v1/x)' } }]) {
        await assertRejects(createScripted({ status, body }).videos.download(access, 't', target()), {
          kind: 'badReply',
          status: undefined,
        });
      }
    });
  }

  const uri = (text: string) => `data:video/mp4;base64,${Buffer.from(text).toString('base64')}`;
  it('decodes a video in a query response from its place, however many there are', async () => {
    const body = {
      task_id: 't',
      status: 'succeeded',
      url: [uri('one'), uri('x'.repeat(3 * 1024 * 1024)), { url: uri('three') }],
      metadata: { response: { videos: [{ bytesBase64Encoded: 'A'.repeat(2 * 1024 * 1024) }] } },
    };
    for (const [place, text] of [
      ['url.0', 'one'],
      ['url.1', 'x'.repeat(3 * 1024 * 1024)],
      ['url.2.url', 'three'],
    ] as const) {
      const { videos, requests } = createScripted({ body });
      const video = target();
      assert.equal(await videos.fetchInline(access, 'a/b', place, video), text.length);
      assert.equal(Buffer.concat(video.pieces).toString(), text);
      assert.equal(requests[0]?.url.href, 'https://gateway.example/nebula/v1/video/generations/a%2Fb');
    }
  });
  const notThere: Readonly<Record<string, readonly [body: unknown, expected: Partial<GatewayError>]>> = {
    'the word "expired"': [
      { task_id: 't', status: 'succeeded', url: 'expired' },
      { kind: 'refused', code: 'deadLink' },
    ],
    'a link': [{ status: 'succeeded', url: 'https://results.example/a' }, { code: 'deadLink' }],
    'the first letters of a data URI': [{ status: 'succeeded', url: 'dat' }, { code: 'deadLink' }],
    nothing: [{ status: 'succeeded' }, { kind: 'refused', code: 'deadLink' }],
    'an error': [
      { code: 'get_task_failed', message: 'no' },
      { kind: 'refused', code: 'get_task_failed' },
    ],
    'a broken video': [
      { status: 'succeeded', url: 'data:video/mp4;base64,A*' },
      { kind: 'badReply', code: undefined },
    ],
    'half a reply': [`{"url":"${uri('one').slice(0, -2)}`, { kind: 'badReply' }],
    'too much beside it': [{ filler: 'x'.repeat(1024 * 1024), url: uri('one') }, { kind: 'badReply' }],
  };
  for (const [name, [body, expected]] of Object.entries(notThere)) {
    it(`reports ${name} in place of the video in a query response`, async () => {
      await assertRejects(
        createScripted({ body }).videos.fetchInline(access, 't', 'url', target()),
        expected,
      );
    });
  }

  it('returns the model IDs', async () => {
    const body = { success: true, object: 'list', data: [{ id: 'sora-2', extra: 1 }, { id: 'gpt' }] };
    assert.deepEqual(await createScripted({ body }).client.models(access), ['sora-2', 'gpt']);
  });
  it('reports a response that is not a list of models', async () => {
    await assertRejects(createScripted({ body: { success: false, message: 'no' } }).client.models(access), {
      kind: 'refused',
      message: 'no',
    });
    await assertRejects(createScripted({ body: {} }).client.models(access), { kind: 'badReply' });
    await assertRejects(
      createScripted({ status: 401, body: { error: { message: 'no', code: 'c' } } }).client.models(access),
      { kind: 'refused', status: 401, code: 'c' },
    );
    await assertRejects(createScripted({ body: 'x'.repeat(1024 * 1024 + 1) }).client.models(access), {
      kind: 'badReply',
    });
  });
});
