import assert from 'node:assert/strict';
import type { Log } from '../../../src/core/common/log';
import { GatewayClient, type PreparedSubmit } from '../../../src/core/gateway/client';
import type { VideoTarget } from '../../../src/core/gateway/downloadResponse';
import { VideoClient, type VideoSource } from '../../../src/core/gateway/videoClient';
import { GatewayError } from '../../../src/core/gateway/errors';
import type { HttpRequest, OpenHttp } from '../../../src/core/gateway/http';
import { FakeClock } from '../support/fakeClock';
import { quietLog } from '../support/quietLog';

const KEY = 'sk-AbCdEfGhIjKlMnOpQrStUvWx0123456789';
const access = { baseUrl: 'https://gateway.example/nebula', key: { id: 'key-1', value: KEY } };

interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Thrown after the body's pieces. */
  readonly then?: GatewayError;
}
type Script = Answer | GatewayError;

/** A client over a network that answers as told, in order; the last answer stands for all that follow. */
function scripted(...answers: Script[]) {
  const requests: (HttpRequest & { body?: string | undefined })[] = [];
  const lines: string[] = [];
  let closed = 0;
  const open: OpenHttp = (request) => {
    requests.push(request);
    const answer = answers[Math.min(requests.length, answers.length) - 1]!;
    if (answer instanceof GatewayError && answer.kind === 'unreachable') return Promise.reject(answer);
    return Promise.resolve({
      close: () => undefined,
      send: (body) => {
        requests[requests.length - 1] = { ...request, body };
        if (answer instanceof GatewayError) return Promise.reject(answer);
        return Promise.resolve({
          status: answer.status ?? 200,
          headers: answer.headers ?? {},
          body: piecesOf(answer),
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
    videos: callsOf(new VideoClient(open, clock, log)),
    requests,
    lines,
    closed: () => closed,
  };
}

/** Each way to a video, with the number of its bytes as the result. */
function callsOf(client: VideoClient) {
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

type Clients = Pick<ReturnType<typeof scripted>, 'client' | 'videos'>;

async function* piecesOf({ body, then }: Answer): AsyncGenerator<Uint8Array> {
  if (body !== undefined)
    yield await Promise.resolve(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));
  if (then) throw then;
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
const redirect = (location: string, status = 302): Answer => ({ status, headers: { location } });
const submit = async (...answers: Script[]) => {
  const world = scripted(...answers);
  const prepared = await world.client.prepareSubmit(access, '{"model":"sora-2","prompt":"猫"}');
  return { ...world, outcome: await prepared.send() };
};
const rejects = (promise: Promise<unknown>, expected: Partial<GatewayError>) =>
  assert.rejects(promise, (error) => {
    assert.ok(error instanceof GatewayError, String(error));
    for (const [name, value] of Object.entries(expected))
      assert.deepEqual(Reflect.get(error, name), value, error.message);
    return true;
  });

const idOf = (outcome: Awaited<ReturnType<PreparedSubmit['send']>>) =>
  outcome.kind === 'accepted' ? outcome.gatewayTaskId : outcome.kind;

describe('client, submit', () => {
  it('posts the body as it is, once, with the key, below the path of the base URL', async () => {
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
  it('unreachable before sending goes through; on sending it is `notSent`', async () => {
    const { client } = scripted(new GatewayError('unreachable', 'no'));
    await rejects(client.prepareSubmit(access, '{}'), { kind: 'unreachable' });
    // The fake opens and then says so on send.
    const open: OpenHttp = () =>
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
    'cut in the body': { body: '{"task_id":"vid', then: new GatewayError('cut', 'x') },
    'a page': { body: '<html>' },
    '500': { status: 500, body: '' },
  };
  for (const [name, answer] of Object.entries(unclear)) {
    it(`${name}: unknown, sent once`, async () => {
      const { outcome, requests } = await submit(answer);
      assert.equal(outcome.kind, 'unknown');
      assert.equal(requests.length, 1);
    });
  }
  it('keeps the id of a paid task in a response that breaks off, and shows the rest without the key', async () => {
    const body = `{"task_id":"video_1","note":"${KEY}","sta`;
    const { outcome } = await submit({ body, then: new GatewayError('cut', 'reset') });
    assert.equal(idOf(outcome), 'video_1');
    assert.ok(outcome.kind === 'accepted' && outcome.evidence);
    const evidence = outcome.evidence();
    assert.equal(evidence.end, 'cut');
    assert.match(evidence.body, /^\{"task_id":"video_1","note":"/);
    assert.ok(!evidence.body.includes(KEY.slice(3)));
  });
  it('finds the id in more than 1 MB', async () => {
    const { outcome } = await submit({ body: { filler: 'x'.repeat(1024 * 1024), task_id: 'video_1' } });
    assert.equal(idOf(outcome), 'video_1');
  });
  it('Retry-After counts', async () => {
    const { outcome } = await submit({ status: 429, headers: { 'retry-after': '7' } });
    assert.equal(outcome.kind === 'rateLimited' && outcome.retryAfterMs, 7000);
  });

  // Shape S7 repeats the prompt, and other gateways may repeat the request: no word of it may cost the task id.
  for (const prompt of [
    'the ring bearer walks',
    'Bearer of light',
    'an essay on sk-learn',
    `my key is ${KEY}`,
  ]) {
    it(`a reply that repeats the prompt "${prompt.slice(0, 20)}" keeps its id`, async () => {
      const { outcome } = await submit({
        body: { id: 'video_task_0001', object: 'video.generation', prompt, duration: 5 },
      });
      assert.equal(idOf(outcome), 'video_task_0001');
    });
  }
  it('an id is opaque: what looks like a key in it stays', async () => {
    const { outcome } = await submit({ body: { task_id: 'cHJvamVj-sk-0000-abc' } });
    assert.equal(idOf(outcome), 'cHJvamVj-sk-0000-abc');
  });
});

describe('client, the key', () => {
  const away = 'https://results.example/a.mp4?Signature=secret';
  const authorizations = (requests: readonly HttpRequest[]) =>
    requests.map((request) => request.headers['authorization'] !== undefined);

  it('goes to the gateway only, not to a result host', async () => {
    const { videos, requests } = scripted({ body: 'video' });
    assert.equal(await videos.fetchLink(away, access, target()), 5);
    await videos.fetchLink('https://gateway.example/v1/videos/1/content', access, target());
    assert.deepEqual(authorizations(requests), [false, true]);
    assert.equal(requests[0]?.url.href, away);
  });
  for (const elsewhere of [
    'http://gateway.example/a',
    'https://gateway.example:8443/a',
    'https://gateway.example.evil.example/a',
    'https://evil.example/gateway.example',
  ]) {
    it(`does not go to ${elsewhere}`, async () => {
      const { videos, requests } = scripted({ body: 'video' });
      await videos.fetchLink(elsewhere, access, target());
      assert.deepEqual(authorizations(requests), [false]);
    });
  }
  for (const call of ['query', 'download', 'models'] as const) {
    it(`${call}: stays behind on a redirect elsewhere, and does not come back with it`, async () => {
      const { client, videos, requests } = scripted(
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
  it('is taken out of every message and of the log', async () => {
    const texts: string[] = [];
    const { outcome, lines } = await submit({ status: 401, body: echo });
    texts.push(JSON.stringify(outcome), ...lines);
    for (const answer of [
      { status: 401, body: echo },
      { status: 500, body: `<p>Bearer ${KEY}</p>` },
      { body: { status: 'failed', error: { message: KEY } } },
      { body: { code: 'x', message: JSON.stringify(echo) } },
    ]) {
      const { client, lines } = scripted(answer);
      texts.push(JSON.stringify(await client.query(access, 't')), ...lines);
    }
    for (const call of [
      ({ client }: Clients) => client.models(access),
      ({ videos }: Clients) => videos.download(access, 't', target()),
      ({ videos }: Clients) => videos.fetchLink(away, access, target()),
    ]) {
      for (const status of [401, 200]) {
        const { lines, ...clients } = scripted({ status, body: { success: false, ...echo } });
        texts.push(...lines, String(await call(clients).catch((error: unknown) => error)));
      }
    }
    for (const said of texts) assert.ok(!said.includes(KEY.slice(3)), said);
  });
  it('does not go into the log with a request id', async () => {
    const { client, lines } = scripted({ headers: { 'x-oneapi-request-id': KEY }, body: { data: [] } });
    await client.models(access);
    assert.ok(lines.length === 1 && !lines[0]?.includes(KEY.slice(3)), lines[0]);
  });
  it('does not go elsewhere in a link or in a redirect that holds it, and such a link is not kept', async () => {
    const leaky = `https://evil.example/a.mp4?token=${KEY}`;
    const asked = scripted({ body: 'video' });
    await rejects(asked.videos.fetchLink(leaky, access, target()), { code: 'deadLink' });
    assert.equal(asked.requests.length, 0);
    const redirected = scripted(redirect(leaky), { body: 'video' });
    await rejects(redirected.videos.download(access, 't', target()), { code: 'deadLink' });
    assert.equal(redirected.requests.length, 1);
    const { client } = scripted({ body: { task_id: 't', status: 'succeeded', url: [leaky, away] } });
    const outcome = await client.query(access, 't');
    assert.deepEqual(outcome.kind === 'task' && 'links' in outcome.state && outcome.state.links, [away]);
  });
  it('also when it comes with escapes', async () => {
    const body = `{"error":{"message":"bad \\u0073k-${KEY.slice(3).replace('A', '\\u0041')}"}}`;
    const { outcome } = await submit({ status: 401, body });
    assert.ok(!JSON.stringify(outcome).includes(KEY.slice(3)), JSON.stringify(outcome));
  });
  it('signatures of links are not logged', async () => {
    const { videos, lines } = scripted({ body: 'video' });
    await videos.fetchLink(away, access, target());
    assert.ok(lines.length > 0 && lines.every((line) => !line.includes('secret')));
  });
});

describe('client, links', () => {
  const link = 'https://results.example/a.mp4';

  it('five redirects are followed, six are not', async () => {
    const hops = (count: number) => Array.from({ length: count }, (_, index) => redirect(`/hop/${index}`));
    assert.equal(await scripted(...hops(5), { body: 'video' }).videos.fetchLink(link, access, target()), 5);
    await rejects(scripted(...hops(6), { body: 'video' }).videos.fetchLink(link, access, target()), {
      kind: 'refused',
      code: 'deadLink',
    });
    const { videos, requests } = scripted(redirect(link));
    await rejects(videos.fetchLink(link, access, target()), { code: 'deadLink' });
    assert.equal(requests.length, 6);
  });
  for (const bad of [
    'file:///etc/passwd',
    'http://169.254.169.254/latest',
    'http://127.0.0.1/a',
    'not an address',
    'data:video/mp4;base64,AA',
  ]) {
    it(`${bad} is refused without asking, at once or as a redirect`, async () => {
      const { videos, requests } = scripted({ body: 'video' });
      await rejects(videos.fetchLink(bad, access, target()), { kind: 'refused', code: 'deadLink' });
      assert.equal(requests.length, 0);
      if (bad.includes(' ')) return;
      const redirected = scripted(redirect(bad), { body: 'video' });
      await rejects(redirected.videos.fetchLink(link, access, target()), {
        kind: 'refused',
        code: 'deadLink',
      });
      assert.equal(redirected.requests.length, 1);
    });
  }
  it('a redirect without an address is an answer that says no', async () => {
    await rejects(scripted({ status: 302 }).videos.fetchLink(link, access, target()), {
      kind: 'refused',
      status: 302,
    });
  });
  for (const status of [403, 404, 410, 500, 429]) {
    it(`${status} is told with its words`, async () => {
      const answer = {
        status,
        headers: { 'retry-after': '3' },
        body: '<Error><Code>AccessDenied</Code></Error>',
      };
      await rejects(scripted(answer).videos.fetchLink(link, access, target()), {
        kind: 'refused',
        status,
        retryAfterMs: 3000,
        message: 'AccessDenied',
      });
    });
  }
  it('fewer bytes than declared: cut', async () => {
    const answer = { headers: { 'content-length': '6' }, body: 'video' };
    await rejects(scripted(answer).videos.fetchLink(link, access, target()), { kind: 'cut' });
  });
  it('a packed video has another length than declared', async () => {
    const answer = { headers: { 'content-length': '6', 'content-encoding': 'gzip' }, body: 'video' };
    assert.equal(await scripted(answer).videos.fetchLink(link, access, target()), 5);
  });
  it('a target that fails ends the connection', async () => {
    const { videos, closed } = scripted({ body: 'video' });
    const full = { write: () => Promise.reject(new Error('no room')), restart: () => Promise.resolve() };
    await assert.rejects(videos.fetchLink(link, access, full), /no room/);
    assert.equal(closed(), 1);
  });
  it('blanks before a body are tested once, and are passed on after 64 KB', async () => {
    const chunk = Buffer.alloc(16 * 1024, ' ');
    let read = 0;
    async function* blanks(): AsyncGenerator<Uint8Array> {
      await Promise.resolve();
      for (; read < 64; read++) yield chunk;
    }
    const open: OpenHttp = () =>
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
  it('JSON is recognized after a byte order mark and blanks', async () => {
    const body = '\ufeff \r\n{"success":true,"size":5,"base64":"dmlkZW8="}';
    assert.equal(await scripted({ body }).videos.fetchLink(link, access, target()), 5);
  });
  it('an error page of more than 1 MB is not read to its end', async () => {
    await rejects(
      scripted({ status: 500, body: 'x'.repeat(1024 * 1024 + 1) }).videos.fetchLink(link, access, target()),
      { kind: 'badReply' },
    );
  });
});

describe('client, query, download and models', () => {
  it('an id is one piece of the path, whatever is in it', async () => {
    const { client, requests } = scripted({ body: { status: 'queued' } });
    for (const id of ['video_1', 'a/b?c#d', 'ü 猫', '../download']) await client.query(access, id);
    assert.deepEqual(
      requests.map((request) =>
        request.url.href.slice('https://gateway.example/nebula/v1/video/generations/'.length),
      ),
      ['video_1', 'a%2Fb%3Fc%23d', '%C3%BC%20%E7%8C%AB', '..%2Fdownload'],
    );
  });
  it('what breaks is temporary, what we end is not', async () => {
    for (const kind of ['unreachable', 'cut', 'timeout', 'badReply', 'refused'] as const) {
      assert.equal(
        (await scripted(new GatewayError(kind, 'x')).client.query(access, 't')).kind,
        'temporary',
        kind,
      );
    }
    await rejects(scripted(new GatewayError('aborted', 'x')).client.query(access, 't'), { kind: 'aborted' });
  });
  it('reads a body of more than 1 MB, a video in it or not', async () => {
    const filler = 'A'.repeat(2 * 1024 * 1024);
    const kind = async (body: unknown) => (await scripted({ body }).client.query(access, 't')).kind;
    assert.equal(await kind({ status: 'succeeded', filler }), 'task');
    assert.equal(await kind({ status: 'succeeded', url: `data:video/mp4;base64,${filler}` }), 'task');
  });
  it('the query after a redirect to another host says nothing', async () => {
    for (const answer of [
      { body: '<html>Sign in' },
      { status: 401, body: { error: { message: 'no', code: 'x' } } },
    ]) {
      const { client } = scripted(redirect('https://login.example/'), answer);
      assert.equal((await client.query(access, 't')).kind, 'temporary');
    }
  });

  it('download asks with the id as a parameter, and gives the bytes', async () => {
    const { videos, requests } = scripted({ body: { success: true, size: 5, base64: 'dmlkZW8=' } });
    const video = target();
    assert.equal(await videos.download(access, 'a&b', video), 5);
    assert.equal(Buffer.concat(video.pieces).toString(), 'video');
    assert.equal(
      requests[0]?.url.href,
      'https://gateway.example/nebula/v1/video/generations/download?id=a%26b',
    );
  });
  it('download tells what the gateway says', async () => {
    const body = { error: { message: 'Task not found', type: 'invalid_request_error' } };
    await rejects(scripted({ status: 404, body }).videos.download(access, 't', target()), {
      kind: 'refused',
      status: 404,
      message: 'Task not found',
    });
    await rejects(
      scripted({ body: { success: false, message: 'no' } }).videos.download(access, 't', target()),
      { kind: 'refused', message: 'no' },
    );
  });

  for (const status of [403, 404, 410]) {
    it(`download: ${status} from something in between says nothing of task or key`, async () => {
      for (const body of ['<html>Not here', '', { error: { message: 'Invalid URL (GET /v1/x)' } }]) {
        await rejects(scripted({ status, body }).videos.download(access, 't', target()), {
          kind: 'badReply',
          status: undefined,
        });
      }
    });
  }

  const uri = (text: string) => `data:video/mp4;base64,${Buffer.from(text).toString('base64')}`;
  it('a video in the reply to a query is decoded from its place, however many there are', async () => {
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
      const { videos, requests } = scripted({ body });
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
    it(`in place of the video in a query's reply: ${name}`, async () => {
      await rejects(scripted({ body }).videos.fetchInline(access, 't', 'url', target()), expected);
    });
  }

  it('models gives the ids', async () => {
    const body = { success: true, object: 'list', data: [{ id: 'sora-2', extra: 1 }, { id: 'gpt' }] };
    assert.deepEqual(await scripted({ body }).client.models(access), ['sora-2', 'gpt']);
  });
  it('models: what is no list', async () => {
    await rejects(scripted({ body: { success: false, message: 'no' } }).client.models(access), {
      kind: 'refused',
      message: 'no',
    });
    await rejects(scripted({ body: {} }).client.models(access), { kind: 'badReply' });
    await rejects(
      scripted({ status: 401, body: { error: { message: 'no', code: 'c' } } }).client.models(access),
      { kind: 'refused', status: 401, code: 'c' },
    );
    await rejects(scripted({ body: 'x'.repeat(1024 * 1024 + 1) }).client.models(access), {
      kind: 'badReply',
    });
  });
});
