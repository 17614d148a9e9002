import assert from 'node:assert/strict';
import { call, bearer, TestGateways, parseBody, getObject, TestClient } from './testClient';
import type { Trouble } from '../../gateway/pretendGateway';

describe('pretend gateway: authentication', function () {
  // Encoding real videos takes long on a busy machine.
  this.timeout(60_000);
  const gateways = new TestGateways();
  afterEach(() => gateways.stopAll());

  const headers: [string, Record<string, string>, string][] = [
    ['no header', {}, '未提供令牌'],
    ['an empty key', { authorization: 'Bearer sk-' }, '未提供令牌'],
    ['another key', bearer('sk-wrong'), '无效的令牌'],
    ['a lower-case scheme', { authorization: 'bearer sk-good' }, '无效的令牌'],
  ];
  for (const [name, sent, message] of headers) {
    it(`responds with 401 to ${name}`, async () => {
      const { gateway } = await gateways.start({ keys: ['sk-good'] });
      const response = await call(`${gateway.baseUrl}/v1/models`, { headers: sent });
      assert.equal(response.status, 401);
      const error = getObject(parseBody(response), 'error');
      assert.equal(error['type'], 'nebula_api_error');
      assert.equal(error['code'], '');
      assert.equal(
        error['message'],
        `${message} (request id: ${String(response.headers['x-oneapi-request-id'])})`,
      );
    });
  }

  it('responds with the documented 401 if configured', async () => {
    const { gateway } = await gateways.start({ shapes: { auth: 'documented' } });
    const error = getObject(parseBody(await call(`${gateway.baseUrl}/v1/models`)), 'error');
    assert.equal(error['type'], 'authentication_error');
    assert.equal(error['code'], 'invalid_api_key');
  });

  it('compares only the part of a key before its next dash', async () => {
    const { gateway } = await gateways.start({ keys: ['sk-good'] });
    assert.equal(
      (await call(`${gateway.baseUrl}/v1/models`, { headers: bearer('sk-good-suffix') })).status,
      200,
    );
    assert.equal((await call(`${gateway.baseUrl}/v1/models`, { headers: bearer('good') })).status, 200);
  });

  const accountErrors: [Trouble, number, RegExp][] = [
    ['expired', 401, /该令牌已过期/],
    ['exhausted', 401, /^\[sk-goo\*\*\*ood\] 该令牌额度已用尽/],
    ['disabled', 401, /该令牌状态不可用/],
    ['ipNotAllowed', 403, /您的 IP 不在令牌允许访问的列表中/],
    ['banned', 403, /用户已被封禁/],
    ['groupDisabled', 403, /令牌分组 default 已被禁用/],
    ['groupRetired', 403, /分组 default 已被弃用/],
  ];
  for (const [keyError, status, message] of accountErrors) {
    it(`refuses a key that is ${keyError}`, async () => {
      const client = await gateways.start({ keys: [{ key: 'sk-good', error: keyError }] });
      const response = await client.query('video_1');
      assert.equal(response.status, status);
      assert.match(String(getObject(parseBody(response), 'error')['message']), message);
    });
  }

  it('refuses a submit and creates no task if the balance is too low', async () => {
    const client = await gateways.start({ keys: [{ key: 'sk-good', error: 'balanceTooLow' }] });
    const response = await client.submit({ model: 'sora-2', prompt: 'x' });
    assert.equal(response.status, 403);
    assert.deepEqual(parseBody(response), {
      code: 'quota_not_enough',
      message: 'user quota is not enough',
      data: null,
    });
    assert.equal(client.gateway.tasks.length, 0);
    assert.equal((await client.call('/v1/models')).status, 200);
  });

  it('lists and serves only its own models to a restricted key', async () => {
    const client = await gateways.start({ keys: [{ key: 'sk-good', models: ['gpt-4o-mini'] }] });
    const data = parseBody(await client.call('/v1/models'))['data'] as { id: string }[];
    assert.deepEqual(
      data.map(({ id }) => id),
      ['gpt-4o-mini'],
    );
    const response = await client.submit({ model: 'sora-2', prompt: 'x' });
    assert.equal(response.status, 403);
    assert.match(response.text, /该令牌无权访问模型 sora-2/);
  });

  it('shows a task to other keys of its user and to no other user', async () => {
    const keys = [
      { key: 'sk-a', user: 'one' },
      { key: 'sk-b', user: 'one' },
      { key: 'sk-c', user: 'two' },
    ];
    const client = await gateways.start({ keys });
    const id = await client.submitTask();
    assert.equal((await new TestClient(client.gateway, 'sk-b').query(id)).status, 200);
    const strangerClient = await new TestClient(client.gateway, 'sk-c').query(id);
    assert.equal(strangerClient.status, 400);
    assert.equal(parseBody(strangerClient)['code'], 'task_not_exist');
  });

  it('logs the kind of header but never the key, and detects keys in wrong places', async () => {
    const { gateway } = await gateways.start({ keys: ['sk-secret123'] });
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
