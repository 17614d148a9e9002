import assert from 'node:assert/strict';
import { call, bearer, GatewayRack, jsonOf, objectAt, TestClient } from './testClient';
import type { Trouble } from '../../gateway/pretendGateway';

describe('pretend gateway: authentication', function () {
  // Videos are really encoded, which takes its time on a busy machine.
  this.timeout(60_000);
  const rack = new GatewayRack();
  afterEach(() => rack.stopAll());

  const headers: [string, Record<string, string>, string][] = [
    ['no header', {}, '未提供令牌'],
    ['an empty key', { authorization: 'Bearer sk-' }, '未提供令牌'],
    ['another key', bearer('sk-wrong'), '无效的令牌'],
    ['a lower-case scheme', { authorization: 'bearer sk-good' }, '无效的令牌'],
  ];
  for (const [name, sent, message] of headers) {
    it(`answers 401 to ${name}`, async () => {
      const { gateway } = await rack.start({ keys: ['sk-good'] });
      const reply = await call(`${gateway.baseUrl}/v1/models`, { headers: sent });
      assert.equal(reply.status, 401);
      const error = objectAt(jsonOf(reply), 'error');
      assert.equal(error['type'], 'nebula_api_error');
      assert.equal(error['code'], '');
      assert.equal(
        error['message'],
        `${message} (request id: ${String(reply.headers['x-oneapi-request-id'])})`,
      );
    });
  }

  it('answers 401 in the documented words on request', async () => {
    const { gateway } = await rack.start({ shapes: { auth: 'documented' } });
    const error = objectAt(jsonOf(await call(`${gateway.baseUrl}/v1/models`)), 'error');
    assert.equal(error['type'], 'authentication_error');
    assert.equal(error['code'], 'invalid_api_key');
  });

  it('looks at the part of a key before its next dash only', async () => {
    const { gateway } = await rack.start({ keys: ['sk-good'] });
    assert.equal(
      (await call(`${gateway.baseUrl}/v1/models`, { headers: bearer('sk-good-suffix') })).status,
      200,
    );
    assert.equal((await call(`${gateway.baseUrl}/v1/models`, { headers: bearer('good') })).status, 200);
  });

  const troubles: [Trouble, number, RegExp][] = [
    ['expired', 401, /该令牌已过期/],
    ['exhausted', 401, /^\[sk-goo\*\*\*ood\] 该令牌额度已用尽/],
    ['disabled', 401, /该令牌状态不可用/],
    ['ipNotAllowed', 403, /您的 IP 不在令牌允许访问的列表中/],
    ['banned', 403, /用户已被封禁/],
    ['groupDisabled', 403, /令牌分组 default 已被禁用/],
    ['groupRetired', 403, /分组 default 已被弃用/],
  ];
  for (const [trouble, status, message] of troubles) {
    it(`plays a key that is ${trouble}`, async () => {
      const client = await rack.start({ keys: [{ key: 'sk-good', trouble }] });
      const reply = await client.query('video_1');
      assert.equal(reply.status, status);
      assert.match(String(objectAt(jsonOf(reply), 'error')['message']), message);
    });
  }

  it('refuses a submit when the balance is too low, and makes no task', async () => {
    const client = await rack.start({ keys: [{ key: 'sk-good', trouble: 'balanceTooLow' }] });
    const reply = await client.submit({ model: 'sora-2', prompt: 'x' });
    assert.equal(reply.status, 403);
    assert.deepEqual(jsonOf(reply), {
      code: 'quota_not_enough',
      message: 'user quota is not enough',
      data: null,
    });
    assert.equal(client.gateway.tasks.length, 0);
    assert.equal((await client.call('/v1/models')).status, 200);
  });

  it('shows and serves a restricted key only its own models', async () => {
    const client = await rack.start({ keys: [{ key: 'sk-good', models: ['gpt-4o-mini'] }] });
    const data = jsonOf(await client.call('/v1/models'))['data'] as { id: string }[];
    assert.deepEqual(
      data.map(({ id }) => id),
      ['gpt-4o-mini'],
    );
    const reply = await client.submit({ model: 'sora-2', prompt: 'x' });
    assert.equal(reply.status, 403);
    assert.match(reply.text, /该令牌无权访问模型 sora-2/);
  });

  it('shows a task to other keys of its user and to nobody else', async () => {
    const keys = [
      { key: 'sk-a', user: 'one' },
      { key: 'sk-b', user: 'one' },
      { key: 'sk-c', user: 'two' },
    ];
    const client = await rack.start({ keys });
    const id = await client.newTask();
    assert.equal((await new TestClient(client.gateway, 'sk-b').query(id)).status, 200);
    const stranger = await new TestClient(client.gateway, 'sk-c').query(id);
    assert.equal(stranger.status, 400);
    assert.equal(jsonOf(stranger)['code'], 'task_not_exist');
  });

  it('logs who came with which header, never the key, and finds keys in wrong places', async () => {
    const { gateway } = await rack.start({ keys: ['sk-secret123'] });
    const url = `${gateway.baseUrl}/v1/models`;
    await call(url);
    await call(url, { headers: bearer('sk-other') });
    await call(`${url}?key=sk-secret123`, { headers: bearer('sk-secret123') });
    await call(gateway.resultsUrl, { headers: bearer('sk-secret123') });
    assert.deepEqual(
      gateway.log.map(({ origin, authorization, hadKey, keyElsewhere }) => [
        origin,
        authorization,
        hadKey,
        keyElsewhere,
      ]),
      [
        ['api', 'none', false, false],
        ['api', 'wrong', true, false],
        ['api', 'accepted', true, true],
        ['results', 'accepted', true, false],
      ],
    );
    assert.ok(!JSON.stringify(gateway.log).includes('secret123'));
  });
});
