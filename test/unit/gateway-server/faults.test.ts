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
  GatewayRack,
  jsonOf,
  objectAt,
  type Received,
  type TestClient,
} from './testClient';

/** Bytes whose base64 is full of the characters that JSON may escape. */
const content = Buffer.alloc(30_001, Buffer.from([0xfb, 0xef, 0xff, 0x00, 0x10]));

/** A gateway with one finished task whose video is `content`. */
interface Scene {
  readonly client: TestClient;
  readonly id: string;
  readonly ask: (route: FaultRoute) => Promise<Received>;
}

interface Case {
  readonly fault: Omit<FaultOptions, 'route' | 'times'>;
  readonly route: FaultRoute;
  readonly says: string;
  readonly timeoutMs?: number;
  readonly check: (reply: Received, scene: Scene) => unknown;
}

const status =
  (expected: number, code?: string) =>
  (reply: Received): void => {
    assert.equal(reply.status, expected);
    if (code !== undefined) assert.equal(jsonOf(reply)['code'], code);
  };
const nothing = (reply: Received): void => assert.deepEqual([reply.status, reply.whole], [undefined, false]);
const location = (reply: Received): string => String(reply.headers.location);

const cases: Case[] = [
  {
    fault: { name: 'cutBeforeReading' },
    route: 'submit',
    says: 'no task, no reply',
    check: (reply, { client }) => {
      nothing(reply);
      assert.equal(client.gateway.tasks.length, 1);
      assert.equal(client.gateway.log.at(-1)?.body, undefined);
    },
  },
  {
    fault: { name: 'cutBeforeReading', args: { how: 'reset' } },
    route: 'query',
    says: 'a reset',
    check: nothing,
  },
  {
    fault: { name: 'replyLostAfterAcceptance' },
    route: 'submit',
    says: 'a task, but no reply',
    check: (reply, { client }) => {
      nothing(reply);
      assert.equal(client.gateway.tasks.length, 2);
      const record = client.gateway.log.at(-1)!;
      assert.deepEqual([record.kind, record.outcome, record.status], ['submit', 'cut', undefined]);
      assert.equal(record.taskId, client.gateway.tasks[1]?.id);
    },
  },
  {
    fault: { name: 'cutBeforeBody' },
    route: 'query',
    says: 'headers only',
    check: (reply) => assert.deepEqual([reply.status, reply.bytes.length, reply.whole], [200, 0, false]),
  },
  {
    fault: { name: 'cutDuringBody' },
    route: 'download',
    says: 'half of the body',
    check: (reply) => {
      assert.equal(reply.whole, false);
      assert.ok(
        reply.bytes.length > content.length && reply.bytes.length < 2 * content.length,
        String(reply.bytes.length),
      );
    },
  },
  {
    fault: { name: 'cutDuringBody', args: { share: 0.25 } },
    route: 'result',
    says: 'a quarter of the body',
    check: (reply) =>
      assert.deepEqual(
        [reply.headers['content-length'], reply.bytes.length, reply.whole],
        ['30001', 7_500, false],
      ),
  },
  {
    fault: { name: 'cutAfterBytes', args: { bytes: 10, declaredLength: 99 } },
    route: 'submit',
    says: 'ten bytes',
    check: (reply) =>
      assert.deepEqual([reply.headers['content-length'], reply.bytes.length, reply.whole], ['99', 10, false]),
  },
  { fault: { name: 'hang' }, route: 'query', says: 'nothing for ever', timeoutMs: 60, check: nothing },
  {
    fault: { name: 'hang', args: { accepted: true } },
    route: 'submit',
    says: 'nothing for ever, but a task',
    timeoutMs: 60,
    check: (reply, { client }) => {
      nothing(reply);
      assert.equal(client.gateway.tasks.length, 2);
    },
  },
  { fault: { name: 'slow', args: { ms: 5 } }, route: 'query', says: 'the reply, late', check: status(200) },
  {
    fault: { name: 'gzip' },
    route: 'download',
    says: 'a compressed body',
    check: (reply) => {
      assert.equal(reply.headers['content-encoding'], 'gzip');
      assert.equal(jsonOf(reply)['size'], content.length);
    },
  },
  {
    fault: { name: 'gzip', args: { as: 'br' } },
    route: 'query',
    says: 'another packing',
    check: (reply) => {
      assert.equal(reply.headers['content-encoding'], 'br');
      assert.equal(
        (JSON.parse(brotliDecompressSync(reply.bytes).toString()) as { status: string }).status,
        'succeeded',
      );
    },
  },
  {
    fault: { name: 'gzip', args: { as: 'deflate', missing: 9 } },
    route: 'submit',
    says: 'a task, and a packing without its end',
    check: (reply, { client }) => {
      assert.throws(() => inflateSync(reply.bytes), /unexpected end/);
      assert.deepEqual([reply.whole, client.gateway.tasks.length], [true, 2]);
    },
  },
  {
    fault: { name: 'rateLimit' },
    route: 'submit',
    says: '429 with seconds',
    check: (reply) => {
      assert.deepEqual([reply.status, reply.headers['retry-after']], [429, '1']);
      assert.equal(objectAt(jsonOf(reply), 'error')['type'], 'rate_limit_error');
    },
  },
  {
    fault: { name: 'rateLimit', args: { retryAfter: 'date', seconds: 7 } },
    route: 'submit',
    says: '429 with a date of the gateway clock',
    check: (reply, { client }) =>
      assert.equal(Date.parse(String(reply.headers['retry-after'])), client.gateway.now() + 7_000),
  },
  {
    fault: { name: 'rateLimit', args: { retryAfter: 'none', body: 'empty' } },
    route: 'query',
    says: '429 and nothing else',
    check: (reply) =>
      assert.deepEqual([reply.status, reply.headers['retry-after'], reply.text], [429, undefined, '']),
  },
  {
    fault: { name: 'rateLimit', args: { retryAfter: 'nonsense', body: 'html' } },
    route: 'query',
    says: '429 with nonsense',
    check: (reply) => {
      assert.equal(reply.status, 429);
      assert.ok(Number.isNaN(Date.parse(String(reply.headers['retry-after']))));
    },
  },
  {
    fault: { name: 'serverError' },
    route: 'query',
    says: '500 as E1',
    check: (reply) => {
      assert.equal(reply.status, 500);
      assert.equal(objectAt(jsonOf(reply), 'error')['type'], 'server_error');
    },
  },
  {
    fault: { name: 'serverError', args: { status: 502, as: 'html' } },
    route: 'submit',
    says: '502 as a page',
    check: (reply) => {
      assert.equal(reply.status, 502);
      assert.match(reply.text, /<h1>502 Bad Gateway<\/h1>/);
    },
  },
  {
    fault: { name: 'serverError', args: { status: 524, as: 'html' } },
    route: 'query',
    says: 'a status without a name',
    check: status(524),
  },
  {
    fault: { name: 'serverError', args: { as: 'E2', code: 'insert_task_failed', accepted: true } },
    route: 'submit',
    says: 'a lost but existing job',
    check: (reply, { client }) => {
      status(500, 'insert_task_failed')(reply);
      assert.equal(client.gateway.tasks.length, 2);
    },
  },
  {
    fault: { name: 'serverError', args: { as: 'empty', status: 503 } },
    route: 'query',
    says: '503 without a body',
    check: (reply) => assert.deepEqual([reply.status, reply.text], [503, '']),
  },
  {
    fault: { name: 'clientError', args: { status: 422, as: 'E2', code: 'invalid_size' } },
    route: 'submit',
    says: 'any 4xx',
    check: status(422, 'invalid_size'),
  },
  {
    fault: { name: 'okWithError' },
    route: 'submit',
    says: '200 with E2 and no task',
    check: (reply, { client }) => {
      status(200, 'api_error')(reply);
      assert.equal(client.gateway.tasks.length, 1);
    },
  },
  {
    fault: { name: 'vendorRefused' },
    route: 'submit',
    says: 'E3',
    check: (reply) => {
      status(400, 'fail_to_fetch_task')(reply);
      const inner = JSON.parse(String(jsonOf(reply)['message'])) as Record<string, unknown>;
      assert.equal(objectAt(inner, 'error')['code'], 'content_policy_violation');
    },
  },
  {
    fault: { name: 'modelGone' },
    route: 'submit',
    says: '503 no channel',
    check: (reply) => {
      assert.equal(reply.status, 503);
      assert.match(reply.text, /对于模型 sora-2 无可用渠道/);
    },
  },
  {
    fault: { name: 'keyRejected' },
    route: 'query',
    says: '401 of the code',
    check: (reply) => {
      assert.equal(reply.status, 401);
      assert.match(reply.text, /无效的令牌/);
    },
  },
  {
    fault: { name: 'keyRejected', args: { as: 'documented' } },
    route: 'models',
    says: '401 of the documentation',
    check: (reply) => assert.equal(objectAt(jsonOf(reply), 'error')['code'], 'invalid_api_key'),
  },
  {
    fault: { name: 'modelForbidden' },
    route: 'submit',
    says: '403',
    check: (reply) => {
      assert.equal(reply.status, 403);
      assert.match(reply.text, /无权访问模型 sora-2/);
    },
  },
  { fault: { name: 'balanceTooLow' }, route: 'submit', says: '403', check: status(403, 'quota_not_enough') },
  {
    fault: { name: 'echoKey' },
    route: 'query',
    says: 'its own key in a message',
    check: (reply, { client }) => assert.ok(reply.text.includes(client.gateway.key)),
  },
  {
    fault: { name: 'invalidUrl' },
    route: 'models',
    says: '404',
    check: (reply) => assert.match(reply.text, /Invalid URL \(GET \/v1\/models\)/),
  },
  {
    fault: { name: 'htmlPage' },
    route: 'query',
    says: 'a page with 200',
    check: (reply) => {
      assert.equal(reply.status, 200);
      assert.match(reply.text, /^<html>/);
    },
  },
  {
    fault: { name: 'emptyBody' },
    route: 'submit',
    says: '200, a task, no body',
    check: (reply, { client }) => {
      assert.deepEqual([reply.status, reply.text, reply.whole], [200, '', true]);
      assert.equal(client.gateway.tasks.length, 2);
    },
  },
  {
    fault: { name: 'malformed' },
    route: 'submit',
    says: 'half a JSON text',
    check: (reply) => assert.throws(() => jsonOf(reply)),
  },
  {
    fault: { name: 'redirect' },
    route: 'query',
    says: 'a way back here',
    check: async (reply, { client, id }) => {
      assert.equal(reply.status, 302);
      assert.equal(location(reply), `${client.gateway.baseUrl}/v1/video/generations/${id}?hop=1`);
      const { pathname, search } = new URL(location(reply));
      assert.equal((await client.call(pathname + search)).status, 200);
    },
  },
  {
    fault: { name: 'redirect', args: { to: 'other', status: 307 } },
    route: 'download',
    says: 'a way to another origin',
    check: async (reply, { client, id }) => {
      assert.equal(reply.status, 307);
      assert.ok(location(reply).startsWith(`${client.gateway.resultsUrl}/elsewhere/`));
      assert.equal(jsonOf(await call(location(reply)))['task_id'], id);
      const record = client.gateway.log.at(-1)!;
      assert.deepEqual([record.origin, record.hadKey, record.taskId], ['results', false, id]);
    },
  },
  {
    fault: { name: 'redirect', args: { to: 'other' } },
    route: 'result',
    says: 'another origin for a link',
    check: (reply) => assert.match(location(reply), /^http:\/\/localhost:/),
  },
  {
    fault: { name: 'redirect', args: { to: 'loop' } },
    route: 'result',
    says: 'a circle',
    check: async (reply) => {
      let next = location(reply);
      for (let hop = 2; hop < 9; hop += 1) {
        next = location(await call(next));
        assert.match(next, new RegExp(`hop=${hop}`));
      }
    },
  },
  {
    fault: { name: 'taskFailed', args: { shape: 'F1', message: 'no' } },
    route: 'query',
    says: 'a failed task',
    check: async (reply, { client, id }) => {
      assert.deepEqual(objectAt(jsonOf(reply), 'error'), { code: 400, message: 'no' });
      assert.equal(jsonOf(await client.query(id))['status'], 'failed');
    },
  },
  {
    fault: { name: 'taskFailed' },
    route: 'submit',
    says: 'a task that will fail',
    check: async (reply, { client }) => {
      const id = String(jsonOf(reply)['task_id']);
      assert.equal(jsonOf(await client.query(id))['status'], 'unknown');
      await client.gateway.advance(60_000);
      const value = jsonOf(await client.query(id));
      assert.deepEqual(
        [value['status'], value['failure_reason']],
        ['failed', 'blocked by the safety filter'],
      );
    },
  },
  {
    fault: { name: 'taskStuck' },
    route: 'submit',
    says: 'a task without end',
    check: async (reply, { client }) => {
      const id = String(jsonOf(reply)['task_id']);
      await client.gateway.advance(86_400_000);
      assert.equal(jsonOf(await client.query(id))['status'], 'in_progress');
    },
  },
  {
    fault: { name: 'taskLost' },
    route: 'query',
    says: 'no task any more',
    check: async (reply, { client, id }) => {
      status(400, 'task_not_exist')(reply);
      assert.equal((await client.query(id)).status, 400);
    },
  },
  {
    fault: { name: 'taskNotFound', args: { status: 404 } },
    route: 'query',
    says: 'no task, this time',
    check: async (reply, { client, id }) => {
      assert.equal(reply.status, 404);
      assert.equal((await client.query(id)).status, 200);
    },
  },
  {
    fault: { name: 'statusWord', args: { word: 'PREPROCESSING' } },
    route: 'query',
    says: 'an odd word',
    check: (reply) => assert.equal(jsonOf(reply)['status'], 'PREPROCESSING'),
  },
  {
    fault: { name: 'progressIs', args: { progress: '30%' } },
    route: 'query',
    says: 'another progress',
    check: (reply) => assert.equal(jsonOf(reply)['progress'], '30%'),
  },
  {
    fault: { name: 'urlIs', args: { url: 'expired' } },
    route: 'query',
    says: 'another url',
    check: (reply) => assert.equal(jsonOf(reply)['url'], 'expired'),
  },
  {
    fault: { name: 'mediaFiltered' },
    route: 'query',
    says: 'a success without videos',
    check: (reply) => {
      assert.deepEqual([jsonOf(reply)['status'], jsonOf(reply)['url']], ['succeeded', '']);
      assert.equal(objectAt(objectAt(jsonOf(reply), 'metadata'), 'response')['raiMediaFilteredCount'], 1);
    },
  },
  {
    fault: { name: 'extraFields', args: { fields: { code: '', message: '' } } },
    route: 'submit',
    says: 'S3b',
    check: (reply) => {
      status(200, '')(reply);
      assert.match(String(jsonOf(reply)['task_id']), /^video_/);
    },
  },
  {
    fault: { name: 'wrongSize', args: { by: -3 } },
    route: 'download',
    says: 'another size',
    check: (reply) => assert.equal(jsonOf(reply)['size'], content.length - 3),
  },
  {
    fault: { name: 'truncatedBase64', args: { characters: 5 } },
    route: 'download',
    says: 'less base64',
    check: (reply) => {
      const whole = content.toString('base64');
      assert.equal(jsonOf(reply)['base64'], whole.slice(0, -5));
      assert.equal(jsonOf(reply)['data_url'], `data:video/mp4;base64,${whole.slice(0, -5)}`);
      assert.equal(jsonOf(reply)['size'], content.length);
    },
  },
  {
    fault: { name: 'successFalse' },
    route: 'download',
    says: 'success: false',
    check: (reply) => assert.equal(jsonOf(reply)['success'], false),
  },
  {
    fault: { name: 'noDataUrl' },
    route: 'download',
    says: 'base64 alone',
    check: (reply) =>
      assert.deepEqual(['base64' in jsonOf(reply), 'data_url' in jsonOf(reply)], [true, false]),
  },
  {
    fault: { name: 'onlyDataUrl' },
    route: 'download',
    says: 'data_url alone',
    check: (reply) =>
      assert.deepEqual(['base64' in jsonOf(reply), 'data_url' in jsonOf(reply)], [false, true]),
  },
  {
    fault: { name: 'escapedBase64' },
    route: 'download',
    says: 'the same with escapes',
    check: (reply) => {
      assert.ok(reply.text.includes('\\/') && reply.text.includes('\\u002b') && !reply.text.includes('+'));
      assert.equal(jsonOf(reply)['base64'], content.toString('base64'));
      assert.equal(jsonOf(reply)['data_url'], `data:video/mp4;base64,${content.toString('base64')}`);
    },
  },
  {
    fault: { name: 'trailingComma' },
    route: 'download',
    says: 'a comma too many',
    check: (reply) => {
      assert.match(reply.text, /",\}$/);
      assert.equal((JSON.parse(reply.text.replace(/,\}$/, '}')) as { size: number }).size, content.length);
    },
  },
  {
    fault: { name: 'inFlightBudget', args: { seconds: 7 } },
    route: 'submit',
    says: '402 with Retry-After',
    check: (reply, { client }) => {
      status(402)(reply);
      assert.equal(reply.headers['retry-after'], '7');
      assert.equal(objectAt(jsonOf(reply), 'error')['code'], 'in_flight_budget_exhausted');
      assert.equal(client.gateway.tasks.length, 1);
    },
  },
  {
    fault: { name: 'taskNotStored' },
    route: 'submit',
    says: 'an ID of no task',
    check: async (reply, { client }) => {
      status(200)(reply);
      const unknown = await client.query(String(jsonOf(reply)['task_id']));
      assert.equal(jsonOf(unknown)['code'], 'task_not_exist');
    },
  },
  {
    fault: { name: 'linkAt', args: { place: 'metadata.output.videos.0.url' } },
    route: 'query',
    says: 'the link elsewhere',
    check: (reply) => {
      assert.equal(jsonOf(reply)['url'], undefined);
      const [video] = objectAt(objectAt(jsonOf(reply), 'metadata'), 'output')['videos'] as { url: string }[];
      assert.match(video!.url, /^http/);
    },
  },
  { fault: { name: 'deadLink', args: { status: 410 } }, route: 'result', says: '410', check: status(410) },
  {
    fault: { name: 'notAnMp4' },
    route: 'result',
    says: 'a page',
    check: (reply) => assert.match(reply.text, /^<!doctype html>/),
  },
  {
    fault: { name: 'notAnMp4' },
    route: 'download',
    says: 'a page of the declared size',
    check: (reply) => {
      const data = Buffer.from(String(jsonOf(reply)['base64']), 'base64');
      assert.equal(jsonOf(reply)['size'], data.length);
      assert.match(data.toString(), /^<!doctype html>/);
    },
  },
];

const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe('pretend gateway: faults', () => {
  const rack = new GatewayRack();
  const file = join(GatewayRack.cacheFolder, 'fault-bytes.bin');
  before(() => writeFileSync(file, content));
  after(() => rmSync(file, { force: true }));
  afterEach(() => rack.stopAll());

  const start = async (timeoutMs?: number): Promise<Scene> => {
    const client = await rack.start({ keys: ['sk-good'], shapes: { link: 'url' } });
    const { id } = await client.gateway.addFinishedTask({ file, bytes: content.length });
    const link = String(jsonOf(await client.query(id))['url']);
    const timeout = timeoutMs === undefined ? {} : { timeoutMs };
    const ask = (route: FaultRoute): Promise<Received> => {
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
    return { client, id, ask };
  };

  for (const { fault, route, says, timeoutMs, check } of cases) {
    it(`${fault.name} on ${route}${fault.args ? ` ${JSON.stringify(fault.args)}` : ''}: ${says}`, async () => {
      const scene = await start(timeoutMs);
      scene.client.gateway.setFault({ ...fault, route });
      const reply = await scene.ask(route);
      const struck = scene.client.gateway.log.filter((record) => record.fault === fault.name);
      assert.equal(struck.length, 1);
      assert.equal(struck[0]?.kind, route);
      await check(reply, scene);
    });
  }

  it('tests every fault of the table', () => {
    const tested = new Set(cases.map(({ fault }) => fault.name));
    assert.deepEqual(
      faultNames.filter((name) => !tested.has(name)),
      [],
    );
  });

  it('has every fault in its README', () => {
    const readme = readFileSync(join(findProjectRoot(), 'test', 'gateway', 'README.md'), 'utf8');
    assert.deepEqual(
      faultNames.filter((name) => !readme.includes(`\`${name}\``)),
      [],
    );
  });

  it('strikes once unless told otherwise, after so many requests, and stops when cleared', async () => {
    const { client, ask } = await start();
    const round = async (): Promise<(number | undefined)[]> => {
      const statuses: (number | undefined)[] = [];
      for (let index = 0; index < 4; index += 1) statuses.push((await ask('query')).status);
      return statuses;
    };
    client.gateway.setFault({ name: 'serverError' });
    assert.deepEqual(await round(), [500, 200, 200, 200]);
    client.gateway.setFault({ name: 'serverError', times: 2, after: 1 });
    assert.deepEqual(await round(), [200, 500, 500, 200]);
    assert.equal(client.gateway.faults.length, 0);
    client.gateway.setFault({ name: 'serverError', times: 'always' });
    assert.deepEqual(await round(), [500, 500, 500, 500]);
    assert.equal(client.gateway.faults[0]?.struck, 4);
    client.gateway.clearFaults();
    assert.deepEqual(await round(), [200, 200, 200, 200]);
  });

  it('lets one fault follow another, and two work together', async () => {
    const { client, ask } = await start();
    client.gateway.setFault({ name: 'rateLimit' });
    client.gateway.setFault({ name: 'serverError' });
    assert.deepEqual(
      [(await ask('query')).status, (await ask('query')).status, (await ask('query')).status],
      [429, 500, 200],
    );
    client.gateway.setFault({ name: 'gzip', route: 'download' });
    client.gateway.setFault({ name: 'wrongSize' });
    const both = await ask('download');
    assert.equal(both.headers['content-encoding'], 'gzip');
    assert.equal(jsonOf(both)['size'], content.length + 1);
    assert.equal(client.gateway.log.at(-1)?.fault, 'gzip, wrongSize');
  });

  it('waits for its task or its prompt', async () => {
    const { client, id, ask } = await start();
    const other = await client.newTask();
    client.gateway.setFault({ name: 'serverError', task: other, times: 'always' });
    assert.deepEqual([(await client.query(id)).status, (await client.query(other)).status], [200, 500]);
    client.gateway.clearFaults();
    client.gateway.setFault({ name: 'modelGone', prompt: 'in the rain', times: 'always' });
    assert.equal((await ask('submit')).status, 503);
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

  it('refuses connections while unreachable, and comes back on the same port', async () => {
    const { client, ask } = await start();
    const before = client.gateway.baseUrl;
    await client.gateway.setReachable(false);
    nothing(await ask('query'));
    const logged = client.gateway.log.length;
    await client.gateway.setReachable(true);
    assert.equal(client.gateway.baseUrl, before);
    assert.equal((await ask('query')).status, 200);
    assert.equal(client.gateway.log.length, logged + 1);
  });

  it('logs a request that breaks off in its own body, and makes no task of it', async () => {
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
    const { client, ask } = await start();
    client.gateway.setFault({ name: 'hang' });
    const hanging = ask('query');
    while (client.gateway.faults.length > 0) await nextTurn();
    await client.gateway.stop();
    nothing(await hanging);
  });
});
