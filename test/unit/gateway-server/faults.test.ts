import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { brotliDecompressSync, inflateSync } from 'node:zlib';
import { faultNames } from '../../gateway/faults/faultTable';
import type { FaultName, FaultOptions, FaultRoute, RequestRecord } from '../../gateway/pretendGateway';
import { findProjectRoot } from '../../gateway/video/projectRoot';
import {
  anyRequest,
  call,
  TestGateways,
  parseBody,
  getObject,
  type Received,
  type TestClient,
} from './testClient';

/** Bytes whose base64 has many characters that JSON may escape. */
const content = Buffer.alloc(30_001, Buffer.from([0xfb, 0xef, 0xff, 0x00, 0x10]));

interface Scene {
  readonly client: TestClient;
  readonly id: string;
  readonly send: (route: FaultRoute) => Promise<Received>;
}

interface Case {
  readonly fault: Omit<FaultOptions, 'route' | 'times'>;
  readonly route: FaultRoute;
  readonly outcome: string;
  readonly timeoutMs?: number;
  readonly check: (response: Received, scene: Scene) => unknown;
}

const status =
  (expected: number, code?: string) =>
  (response: Received): void => {
    assert.equal(response.status, expected);
    if (code !== undefined) assert.equal(parseBody(response)['code'], code);
  };
const assertNoResponse = (response: Received): void =>
  assert.deepEqual([response.status, response.isComplete], [undefined, false]);
const getLocation = (response: Received): string => String(response.headers.location);

const cases: Case[] = [
  {
    fault: { name: 'cutBeforeReading' },
    route: 'submit',
    outcome: 'no task, no response',
    check: (response, { client }) => {
      assertNoResponse(response);
      assert.equal(client.gateway.tasks.length, 1);
      assert.equal(client.gateway.log.at(-1)?.body, undefined);
    },
  },
  {
    fault: { name: 'cutBeforeReading', args: { how: 'reset' } },
    route: 'query',
    outcome: 'a reset',
    check: assertNoResponse,
  },
  {
    fault: { name: 'replyLostAfterAcceptance' },
    route: 'submit',
    outcome: 'a task, but no response',
    check: (response, { client }) => {
      assertNoResponse(response);
      assert.equal(client.gateway.tasks.length, 2);
      const record = client.gateway.log.at(-1)!;
      assert.deepEqual([record.kind, record.outcome, record.status], ['submit', 'cut', undefined]);
      assert.equal(record.taskId, client.gateway.tasks[1]?.id);
    },
  },
  {
    fault: { name: 'cutBeforeBody' },
    route: 'query',
    outcome: 'headers only',
    check: (response) =>
      assert.deepEqual([response.status, response.bytes.length, response.isComplete], [200, 0, false]),
  },
  {
    fault: { name: 'cutDuringBody' },
    route: 'download',
    outcome: 'half of the body',
    check: (response) => {
      assert.equal(response.isComplete, false);
      assert.ok(
        response.bytes.length > content.length && response.bytes.length < 2 * content.length,
        String(response.bytes.length),
      );
    },
  },
  {
    fault: { name: 'cutDuringBody', args: { share: 0.25 } },
    route: 'result',
    outcome: 'a quarter of the body',
    check: (response) =>
      assert.deepEqual(
        [response.headers['content-length'], response.bytes.length, response.isComplete],
        ['30001', 7_500, false],
      ),
  },
  {
    fault: { name: 'cutAfterBytes', args: { bytes: 10, declaredLength: 99 } },
    route: 'submit',
    outcome: 'ten bytes',
    check: (response) =>
      assert.deepEqual(
        [response.headers['content-length'], response.bytes.length, response.isComplete],
        ['99', 10, false],
      ),
  },
  { fault: { name: 'hang' }, route: 'query', outcome: 'no response', timeoutMs: 60, check: assertNoResponse },
  {
    fault: { name: 'hang', args: { accepted: true } },
    route: 'submit',
    outcome: 'a task, but no response',
    timeoutMs: 60,
    check: (response, { client }) => {
      assertNoResponse(response);
      assert.equal(client.gateway.tasks.length, 2);
    },
  },
  {
    fault: { name: 'slow', args: { ms: 5 } },
    route: 'query',
    outcome: 'a late response',
    check: status(200),
  },
  {
    fault: { name: 'gzip' },
    route: 'download',
    outcome: 'a compressed body',
    check: (response) => {
      assert.equal(response.headers['content-encoding'], 'gzip');
      assert.equal(parseBody(response)['size'], content.length);
    },
  },
  {
    fault: { name: 'gzip', args: { as: 'br' } },
    route: 'query',
    outcome: 'another compression',
    check: (response) => {
      assert.equal(response.headers['content-encoding'], 'br');
      assert.equal(
        (JSON.parse(brotliDecompressSync(response.bytes).toString()) as { status: string }).status,
        'succeeded',
      );
    },
  },
  {
    fault: { name: 'gzip', args: { as: 'deflate', missing: 9 } },
    route: 'submit',
    outcome: 'a task, and a truncated compressed body',
    check: (response, { client }) => {
      assert.throws(() => inflateSync(response.bytes), /unexpected end/);
      assert.deepEqual([response.isComplete, client.gateway.tasks.length], [true, 2]);
    },
  },
  {
    fault: { name: 'rateLimit' },
    route: 'submit',
    outcome: '429 with seconds',
    check: (response) => {
      assert.deepEqual([response.status, response.headers['retry-after']], [429, '1']);
      assert.equal(getObject(parseBody(response), 'error')['type'], 'rate_limit_error');
    },
  },
  {
    fault: { name: 'rateLimit', args: { retryAfter: 'date', seconds: 7 } },
    route: 'submit',
    outcome: '429 with a date of the gateway clock',
    check: (response, { client }) =>
      assert.equal(Date.parse(String(response.headers['retry-after'])), client.gateway.now() + 7_000),
  },
  {
    fault: { name: 'rateLimit', args: { retryAfter: 'none', body: 'empty' } },
    route: 'query',
    outcome: '429 without Retry-After',
    check: (response) =>
      assert.deepEqual(
        [response.status, response.headers['retry-after'], response.text],
        [429, undefined, ''],
      ),
  },
  {
    fault: { name: 'rateLimit', args: { retryAfter: 'nonsense', body: 'html' } },
    route: 'query',
    outcome: '429 with nonsense',
    check: (response) => {
      assert.equal(response.status, 429);
      assert.ok(Number.isNaN(Date.parse(String(response.headers['retry-after']))));
    },
  },
  {
    fault: { name: 'serverError' },
    route: 'query',
    outcome: '500 as E1',
    check: (response) => {
      assert.equal(response.status, 500);
      assert.equal(getObject(parseBody(response), 'error')['type'], 'server_error');
    },
  },
  {
    fault: { name: 'serverError', args: { status: 502, as: 'html' } },
    route: 'submit',
    outcome: '502 as a page',
    check: (response) => {
      assert.equal(response.status, 502);
      assert.match(response.text, /<h1>502 Bad Gateway<\/h1>/);
    },
  },
  {
    fault: { name: 'serverError', args: { status: 524, as: 'html' } },
    route: 'query',
    outcome: 'a nonstandard status',
    check: status(524),
  },
  {
    fault: { name: 'serverError', args: { as: 'E2', code: 'insert_task_failed', accepted: true } },
    route: 'submit',
    outcome: 'a lost but existing job',
    check: (response, { client }) => {
      status(500, 'insert_task_failed')(response);
      assert.equal(client.gateway.tasks.length, 2);
    },
  },
  {
    fault: { name: 'serverError', args: { as: 'empty', status: 503 } },
    route: 'query',
    outcome: '503 without a body',
    check: (response) => assert.deepEqual([response.status, response.text], [503, '']),
  },
  {
    fault: { name: 'clientError', args: { status: 422, as: 'E2', code: 'invalid_size' } },
    route: 'submit',
    outcome: 'any 4xx',
    check: status(422, 'invalid_size'),
  },
  {
    fault: { name: 'okWithError' },
    route: 'submit',
    outcome: '200 with E2 and no task',
    check: (response, { client }) => {
      status(200, 'api_error')(response);
      assert.equal(client.gateway.tasks.length, 1);
    },
  },
  {
    fault: { name: 'vendorRefused' },
    route: 'submit',
    outcome: 'E3',
    check: (response) => {
      status(400, 'fail_to_fetch_task')(response);
      const inner = JSON.parse(String(parseBody(response)['message'])) as Record<string, unknown>;
      assert.equal(getObject(inner, 'error')['code'], 'content_policy_violation');
    },
  },
  {
    fault: { name: 'modelGone' },
    route: 'submit',
    outcome: '503 no channel',
    check: (response) => {
      assert.equal(response.status, 503);
      assert.match(response.text, /对于模型 sora-2 无可用渠道/);
    },
  },
  {
    fault: { name: 'keyRejected' },
    route: 'query',
    outcome: '401 as in the code',
    check: (response) => {
      assert.equal(response.status, 401);
      assert.match(response.text, /无效的令牌/);
    },
  },
  {
    fault: { name: 'keyRejected', args: { as: 'documented' } },
    route: 'models',
    outcome: '401 as documented',
    check: (response) => assert.equal(getObject(parseBody(response), 'error')['code'], 'invalid_api_key'),
  },
  {
    fault: { name: 'modelForbidden' },
    route: 'submit',
    outcome: '403',
    check: (response) => {
      assert.equal(response.status, 403);
      assert.match(response.text, /无权访问模型 sora-2/);
    },
  },
  {
    fault: { name: 'balanceTooLow' },
    route: 'submit',
    outcome: '403',
    check: status(403, 'quota_not_enough'),
  },
  {
    fault: { name: 'echoKey' },
    route: 'query',
    outcome: 'its own key in a message',
    check: (response, { client }) => assert.ok(response.text.includes(client.gateway.key)),
  },
  {
    fault: { name: 'invalidUrl' },
    route: 'models',
    outcome: '404',
    check: (response) => assert.match(response.text, /Invalid URL \(GET \/v1\/models\)/),
  },
  {
    fault: { name: 'htmlPage' },
    route: 'query',
    outcome: 'a page with 200',
    check: (response) => {
      assert.equal(response.status, 200);
      assert.match(response.text, /^<html>/);
    },
  },
  {
    fault: { name: 'emptyBody' },
    route: 'submit',
    outcome: '200, a task, no body',
    check: (response, { client }) => {
      assert.deepEqual([response.status, response.text, response.isComplete], [200, '', true]);
      assert.equal(client.gateway.tasks.length, 2);
    },
  },
  {
    fault: { name: 'malformed' },
    route: 'submit',
    outcome: 'half a JSON text',
    check: (response) => assert.throws(() => parseBody(response)),
  },
  {
    fault: { name: 'redirect' },
    route: 'query',
    outcome: 'a redirect to the same origin',
    check: async (response, { client, id }) => {
      assert.equal(response.status, 302);
      assert.equal(getLocation(response), `${client.gateway.baseUrl}/v1/video/generations/${id}?hop=1`);
      const { pathname, search } = new URL(getLocation(response));
      assert.equal((await client.call(pathname + search)).status, 200);
    },
  },
  {
    fault: { name: 'redirect', args: { to: 'other', status: 307 } },
    route: 'download',
    outcome: 'a redirect to a different origin',
    check: async (response, { client, id }) => {
      assert.equal(response.status, 307);
      assert.ok(getLocation(response).startsWith(`${client.gateway.resultsUrl}/elsewhere/`));
      assert.equal(parseBody(await call(getLocation(response)))['task_id'], id);
      const record = client.gateway.log.at(-1)!;
      assert.deepEqual([record.origin, record.hadKey, record.taskId], ['results', false, id]);
    },
  },
  {
    fault: { name: 'redirect', args: { to: 'other' } },
    route: 'result',
    outcome: 'a redirect of a link to a different origin',
    check: (response) => assert.match(getLocation(response), /^http:\/\/localhost:/),
  },
  {
    fault: { name: 'redirect', args: { to: 'loop' } },
    route: 'result',
    outcome: 'a redirect loop',
    check: async (response) => {
      let next = getLocation(response);
      for (let hop = 2; hop < 9; hop += 1) {
        next = getLocation(await call(next));
        assert.match(next, new RegExp(`hop=${hop}`));
      }
    },
  },
  {
    fault: { name: 'taskFailed', args: { shape: 'F1', message: 'no' } },
    route: 'query',
    outcome: 'a failed task',
    check: async (response, { client, id }) => {
      assert.deepEqual(getObject(parseBody(response), 'error'), { code: 400, message: 'no' });
      assert.equal(parseBody(await client.query(id))['status'], 'failed');
    },
  },
  {
    fault: { name: 'taskFailed' },
    route: 'submit',
    outcome: 'a task that will fail',
    check: async (response, { client }) => {
      const id = String(parseBody(response)['task_id']);
      assert.equal(parseBody(await client.query(id))['status'], 'unknown');
      await client.gateway.advance(60_000);
      const value = parseBody(await client.query(id));
      assert.deepEqual(
        [value['status'], value['failure_reason']],
        ['failed', 'blocked by the safety filter'],
      );
    },
  },
  {
    fault: { name: 'taskStuck' },
    route: 'submit',
    outcome: 'a task without end',
    check: async (response, { client }) => {
      const id = String(parseBody(response)['task_id']);
      await client.gateway.advance(86_400_000);
      assert.equal(parseBody(await client.query(id))['status'], 'in_progress');
    },
  },
  {
    fault: { name: 'taskLost' },
    route: 'query',
    outcome: 'a task that is gone',
    check: async (response, { client, id }) => {
      status(400, 'task_not_exist')(response);
      assert.equal((await client.query(id)).status, 400);
    },
  },
  {
    fault: { name: 'taskNotFound', args: { status: 404 } },
    route: 'query',
    outcome: 'a task that is missing once',
    check: async (response, { client, id }) => {
      assert.equal(response.status, 404);
      assert.equal((await client.query(id)).status, 200);
    },
  },
  {
    fault: { name: 'statusWord', args: { word: 'PREPROCESSING' } },
    route: 'query',
    outcome: 'an unusual status',
    check: (response) => assert.equal(parseBody(response)['status'], 'PREPROCESSING'),
  },
  {
    fault: { name: 'progressIs', args: { progress: '30%' } },
    route: 'query',
    outcome: 'another progress',
    check: (response) => assert.equal(parseBody(response)['progress'], '30%'),
  },
  {
    fault: { name: 'urlIs', args: { url: 'expired' } },
    route: 'query',
    outcome: 'another url',
    check: (response) => assert.equal(parseBody(response)['url'], 'expired'),
  },
  {
    fault: { name: 'mediaFiltered' },
    route: 'query',
    outcome: 'a success without videos',
    check: (response) => {
      assert.deepEqual([parseBody(response)['status'], parseBody(response)['url']], ['succeeded', '']);
      assert.equal(
        getObject(getObject(parseBody(response), 'metadata'), 'response')['raiMediaFilteredCount'],
        1,
      );
    },
  },
  {
    fault: { name: 'extraFields', args: { fields: { code: '', message: '' } } },
    route: 'submit',
    outcome: 'S3b',
    check: (response) => {
      status(200, '')(response);
      assert.match(String(parseBody(response)['task_id']), /^video_/);
    },
  },
  {
    fault: { name: 'wrongSize', args: { by: -3 } },
    route: 'download',
    outcome: 'another size',
    check: (response) => assert.equal(parseBody(response)['size'], content.length - 3),
  },
  {
    fault: { name: 'truncatedBase64', args: { characters: 5 } },
    route: 'download',
    outcome: 'less base64',
    check: (response) => {
      const whole = content.toString('base64');
      assert.equal(parseBody(response)['base64'], whole.slice(0, -5));
      assert.equal(parseBody(response)['data_url'], `data:video/mp4;base64,${whole.slice(0, -5)}`);
      assert.equal(parseBody(response)['size'], content.length);
    },
  },
  {
    fault: { name: 'successFalse' },
    route: 'download',
    outcome: 'success: false',
    check: (response) => assert.equal(parseBody(response)['success'], false),
  },
  {
    fault: { name: 'noDataUrl' },
    route: 'download',
    outcome: 'only base64',
    check: (response) =>
      assert.deepEqual(['base64' in parseBody(response), 'data_url' in parseBody(response)], [true, false]),
  },
  {
    fault: { name: 'onlyDataUrl' },
    route: 'download',
    outcome: 'only data_url',
    check: (response) =>
      assert.deepEqual(['base64' in parseBody(response), 'data_url' in parseBody(response)], [false, true]),
  },
  {
    fault: { name: 'escapedBase64' },
    route: 'download',
    outcome: 'the same with escapes',
    check: (response) => {
      assert.ok(
        response.text.includes('\\/') && response.text.includes('\\u002b') && !response.text.includes('+'),
      );
      assert.equal(parseBody(response)['base64'], content.toString('base64'));
      assert.equal(parseBody(response)['data_url'], `data:video/mp4;base64,${content.toString('base64')}`);
    },
  },
  {
    fault: { name: 'trailingComma' },
    route: 'download',
    outcome: 'a trailing comma',
    check: (response) => {
      assert.match(response.text, /",\}$/);
      assert.equal((JSON.parse(response.text.replace(/,\}$/, '}')) as { size: number }).size, content.length);
    },
  },
  {
    fault: { name: 'inFlightBudget', args: { seconds: 7 } },
    route: 'submit',
    outcome: '402 with Retry-After',
    check: (response, { client }) => {
      status(402)(response);
      assert.equal(response.headers['retry-after'], '7');
      assert.equal(getObject(parseBody(response), 'error')['code'], 'in_flight_budget_exhausted');
      assert.equal(client.gateway.tasks.length, 1);
    },
  },
  {
    fault: { name: 'taskNotStored' },
    route: 'submit',
    outcome: 'an ID without a task',
    check: async (response, { client }) => {
      status(200)(response);
      const unknown = await client.query(String(parseBody(response)['task_id']));
      assert.equal(parseBody(unknown)['code'], 'task_not_exist');
    },
  },
  {
    fault: { name: 'linkAt', args: { place: 'metadata.output.videos.0.url' } },
    route: 'query',
    outcome: 'the link in another place',
    check: (response) => {
      assert.equal(parseBody(response)['url'], undefined);
      const [video] = getObject(getObject(parseBody(response), 'metadata'), 'output')['videos'] as {
        url: string;
      }[];
      assert.match(video!.url, /^http/);
    },
  },
  { fault: { name: 'deadLink', args: { status: 410 } }, route: 'result', outcome: '410', check: status(410) },
  {
    fault: { name: 'notAnMp4' },
    route: 'result',
    outcome: 'a page',
    check: (response) => assert.match(response.text, /^<!doctype html>/),
  },
  {
    fault: { name: 'notAnMp4' },
    route: 'download',
    outcome: 'a page of the declared size',
    check: (response) => {
      const data = Buffer.from(String(parseBody(response)['base64']), 'base64');
      assert.equal(parseBody(response)['size'], data.length);
      assert.match(data.toString(), /^<!doctype html>/);
    },
  },
];

const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe('pretend gateway: faults', () => {
  const gateways = new TestGateways();
  const file = join(TestGateways.cacheFolder, 'fault-bytes.bin');
  before(() => writeFileSync(file, content));
  after(() => rmSync(file, { force: true }));
  afterEach(() => gateways.stopAll());

  const start = async (timeoutMs?: number): Promise<Scene> => {
    const client = await gateways.start({ keys: ['sk-good'], shapes: { link: 'url' } });
    const { id } = await client.gateway.addFinishedTask({ file, bytes: content.length });
    const link = String(parseBody(await client.query(id))['url']);
    const timeout = timeoutMs === undefined ? {} : { timeoutMs };
    const send = (route: FaultRoute): Promise<Received> => {
      switch (route) {
        case 'submit':
          return client.call('/v1/video/generations', { body: anyRequest, ...timeout });
        case 'query':
          return client.call(`/v1/video/generations/${id}`, timeout);
        case 'download':
          return client.call(`/v1/video/generations/download?id=${id}`, timeout);
        case 'content':
          return client.call(`/v1/videos/${id}/content`, timeout);
        case 'models':
          return client.call('/v1/models', timeout);
        case 'result':
          return call(link, timeout);
      }
    };
    return { client, id, send };
  };

  for (const { fault, route, outcome, timeoutMs, check } of cases) {
    it(`injects ${fault.name} on ${route}${fault.args ? ` ${JSON.stringify(fault.args)}` : ''}: ${outcome}`, async () => {
      const scene = await start(timeoutMs);
      scene.client.gateway.setFault({ ...fault, route });
      const response = await scene.send(route);
      const injected = scene.client.gateway.log.filter((record) => record.fault === fault.name);
      assert.equal(injected.length, 1);
      assert.equal(injected[0]?.kind, route);
      await check(response, scene);
    });
  }

  it('tests every fault of the table', () => {
    const tested = new Set(cases.map(({ fault }) => fault.name));
    assert.deepEqual(
      faultNames.filter((name) => !tested.has(name)),
      [],
    );
  });

  it('documents every fault in its README', () => {
    const readme = readFileSync(join(findProjectRoot(), 'test', 'gateway', 'README.md'), 'utf8');
    assert.deepEqual(
      faultNames.filter((name) => !readme.includes(`\`${name}\``)),
      [],
    );
  });

  it('injects the fault once by default, after the given number of requests, until it is cleared', async () => {
    const { client, send } = await start();
    const requestAll = async (): Promise<(number | undefined)[]> => {
      const statuses: (number | undefined)[] = [];
      for (let index = 0; index < 4; index += 1) statuses.push((await send('query')).status);
      return statuses;
    };
    client.gateway.setFault({ name: 'serverError' });
    assert.deepEqual(await requestAll(), [500, 200, 200, 200]);
    client.gateway.setFault({ name: 'serverError', times: 2, after: 1 });
    assert.deepEqual(await requestAll(), [200, 500, 500, 200]);
    assert.equal(client.gateway.faults.length, 0);
    client.gateway.setFault({ name: 'serverError', times: 'always' });
    assert.deepEqual(await requestAll(), [500, 500, 500, 500]);
    assert.equal(client.gateway.faults[0]?.injectedCount, 4);
    client.gateway.clearFaults();
    assert.deepEqual(await requestAll(), [200, 200, 200, 200]);
  });

  it('injects one fault after another, and combines two on one request', async () => {
    const { client, send } = await start();
    client.gateway.setFault({ name: 'rateLimit' });
    client.gateway.setFault({ name: 'serverError' });
    assert.deepEqual(
      [(await send('query')).status, (await send('query')).status, (await send('query')).status],
      [429, 500, 200],
    );
    client.gateway.setFault({ name: 'gzip', route: 'download' });
    client.gateway.setFault({ name: 'wrongSize' });
    const bothStatuses = await send('download');
    assert.equal(bothStatuses.headers['content-encoding'], 'gzip');
    assert.equal(parseBody(bothStatuses)['size'], content.length + 1);
    assert.equal(client.gateway.log.at(-1)?.fault, 'gzip, wrongSize');
  });

  it('injects the fault only for the given task or prompt', async () => {
    const { client, id, send } = await start();
    const otherClient = await client.submitTask();
    client.gateway.setFault({ name: 'serverError', task: otherClient, times: 'always' });
    assert.deepEqual([(await client.query(id)).status, (await client.query(otherClient)).status], [200, 500]);
    client.gateway.clearFaults();
    client.gateway.setFault({ name: 'modelGone', prompt: 'in the rain', times: 'always' });
    assert.equal((await send('submit')).status, 503);
    assert.equal((await client.submit({ ...anyRequest, prompt: 'a paper boat in the snow' })).status, 200);
  });

  const mistakes: [string, unknown, RegExp][] = [
    ['an unknown name', { name: 'noSuchFault' }, /no fault "noSuchFault"/],
    ['an inherited name', { name: 'toString' }, /no fault/],
    ['a route it cannot strike', { name: 'wrongSize', route: 'query' }, /can strike download, not query/],
    ['an unknown argument', { name: 'hang', args: { how: 'long' } }, /how/],
    ['a missing argument', { name: 'slow' }, /ms/],
    ['a wrong value', { name: 'serverError', args: { status: 200 } }, /status/],
    ['times of zero', { name: 'hang', times: 0 }, /times/],
    ['an unknown option', { name: 'hang', time: 1 }, /time/],
    ['a task for a submit', { name: 'hang', route: 'submit', task: 'x' }, /names no task/],
  ];
  for (const [name, options, message] of mistakes) {
    it(`refuses ${name}`, async () => {
      const { client } = await start();
      assert.throws(() => client.gateway.setFault(options as { name: FaultName }), message);
      assert.deepEqual(client.gateway.faults, []);
    });
  }

  it('refuses connections while unreachable, then listens on the same port again', async () => {
    const { client, send } = await start();
    const before = client.gateway.baseUrl;
    await client.gateway.setReachable(false);
    assertNoResponse(await send('query'));
    const logged = client.gateway.log.length;
    await client.gateway.setReachable(true);
    assert.equal(client.gateway.baseUrl, before);
    assert.equal((await send('query')).status, 200);
    assert.equal(client.gateway.log.length, logged + 1);
  });

  it('logs a request that breaks off in its own body, and creates no task', async () => {
    const { client } = await start();
    const { port, hostname } = new URL(client.gateway.baseUrl);
    const socket = connect(Number(port), hostname);
    const head = `POST /v1/video/generations HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-good\r\n`;
    socket.write(`${head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"model":`);
    const last = (): RequestRecord => client.gateway.log.at(-1)!;
    while (last().kind !== 'submit' || last().bodyBytes === 0) await nextTurn();
    socket.destroy();
    while (last().outcome === 'pending') await nextTurn();
    assert.deepEqual([last().outcome, last().bodyBytes, last().status], ['cut', 9, undefined]);
    assert.equal(client.gateway.tasks.length, 1);
  });

  it('ends hanging requests when it stops', async () => {
    const { client, send } = await start();
    client.gateway.setFault({ name: 'hang' });
    const hanging = send('query');
    while (client.gateway.faults.length > 0) await nextTurn();
    await client.gateway.stop();
    assertNoResponse(await hanging);
  });
});
