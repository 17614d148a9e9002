import assert from 'node:assert/strict';
import { CHANNEL_GONE } from '../../gateway/money/billing';
import type { Dialect, GatewayOptions, SiteOptions } from '../../gateway/pretendGateway';
import {
  anyRequest,
  call,
  TestGateways,
  parseBody,
  PAST_ALL_TASKS_MS,
  getObject,
  type TestClient,
} from './testClient';

const prompt = 'a paper boat in the rain';
const wanRequest = { model: 'wan2.5-t2v-preview', prompt, size: '832*480', duration: 5 };
const seedanceRequest = {
  model: 'doubao-seedance-1-0-lite-t2v-250428',
  prompt,
  metadata: {
    content: [{ type: 'text', text: `${prompt} --rs 480p --dur 2` }],
    resolution: '480p',
    duration: 2,
  },
};
const DOLLAR = 500_000;

describe('pretend gateway: money', function () {
  // Encoding real videos takes long on a busy machine.
  this.timeout(60_000);
  const gateways = new TestGateways();
  afterEach(() => gateways.stopAll());

  const getBalance = (client: TestClient): number => client.gateway.money.balances[0]!.quota;
  const key = { key: 'sk-good', quota: 100 * DOLLAR, keyQuota: 50 * DOLLAR };
  const start = (dialect: Dialect, options: GatewayOptions = {}) =>
    gateways.start({ dialect, keys: [key], ...options });
  const getKeyBalance = async (client: TestClient): Promise<unknown> =>
    getObject(parseBody(await client.call('/api/usage/token/')), 'data')['total_available'];

  describe('as Nebula', () => {
    it('charges the account but not the key for Sora when a task succeeds', async () => {
      const client = await start('nebula');
      await client.submitTask();
      assert.equal(getBalance(client), key.quota);
      await client.gateway.advance(PAST_ALL_TASKS_MS);
      assert.equal(getBalance(client), key.quota - 0.4 * DOLLAR);
      const limit = parseBody(await client.call('/v1/dashboard/billing/subscription'))['hard_limit_usd'];
      const used = parseBody(await client.call('/v1/dashboard/billing/usage'))['total_usage'];
      assert.deepEqual([limit, used], [50, 0]);
    });

    it('charges for each video of Veo, and by the tier of Wan', async () => {
      const client = await start('nebula');
      await client.submitTask({ model: 'veo-3.1-fast-generate-preview', durationSeconds: 4, sampleCount: 2 });
      await client.gateway.advance(PAST_ALL_TASKS_MS);
      assert.equal(getBalance(client), key.quota - 2 * 4 * 0.15 * DOLLAR);
      await client.submitTask(wanRequest);
      await client.gateway.advance(PAST_ALL_TASKS_MS);
      assert.equal(getBalance(client), key.quota - Math.round((2 * 4 * 0.15 + 5 * 0.0369) * DOLLAR));
    });

    it('charges nothing for a failed task', async () => {
      const client = await start('nebula');
      client.gateway.failTask(await client.submitTask());
      await client.gateway.advance(PAST_ALL_TASKS_MS);
      assert.deepEqual([getBalance(client), client.gateway.money.entries], [key.quota, []]);
    });

    it('requires the full price for Sora and a flat one for others, so a balance can fall below zero', async () => {
      const client = await start('nebula', { keys: [{ ...key, quota: 0.2 * DOLLAR }] });
      const refused = await client.submit(anyRequest);
      assert.deepEqual([refused.status, parseBody(refused)['code']], [403, 'quota_not_enough']);
      await client.submitTask({ ...wanRequest, size: '1280*720' });
      await client.gateway.advance(PAST_ALL_TASKS_MS);
      assert.equal(getBalance(client), Math.round((0.2 - 5 * 0.0738) * DOLLAR));
    });

    it('puts billing fields into metadata as configured: all, the documented ones of Wan, or none', async () => {
      const client = await start('nebula', { shapes: { billing: 'all', query: 'nested' } });
      const id = await client.submitTask();
      const metadata = async () => getObject(parseBody(await client.query(id)), 'metadata');
      const before = await metadata();
      assert.deepEqual(
        [before['billing_pending'], before['model_price'], before['requested_seconds']],
        [true, 0.1, 4],
      );
      assert.equal(before['actual_quota'], undefined);
      await client.gateway.advance(PAST_ALL_TASKS_MS);
      const after = await metadata();
      assert.deepEqual(
        [after['billing_pending'], after['billing_processed'], after['actual_quota'], after['quota_delta']],
        [false, true, 0.4 * DOLLAR, 0.4 * DOLLAR],
      );
      for (const name of [
        'billing_processed_at',
        'actual_seconds',
        'user_group_ratio',
        'oem_user_discount',
        'oem_code',
      ])
        assert.ok(name in after, name);
      client.gateway.setShapes({ billing: 'none' });
      assert.equal((await metadata())['model_price'], undefined);

      const wan = await client.submitTask(wanRequest);
      const wanMetadata = async () => getObject(parseBody(await client.query(wan)), 'metadata');
      await client.gateway.advance(PAST_ALL_TASKS_MS);
      assert.equal((await wanMetadata())['model_price'], undefined);
      client.gateway.setShapes({ billing: 'some' });
      assert.equal((await wanMetadata())['model_price'], 0.0738);
    });

    it('has neither a price list nor a page about the key', async () => {
      const client = await start('nebula');
      for (const path of ['/api/pricing', '/api/usage/token/', '/api/log/token'])
        assert.equal((await client.call(path)).status, 404);
    });
  });

  describe('as stock new-api', () => {
    it('reserves the full price from account and key with the submit, and keeps it on success', async () => {
      const client = await start('newapi');
      await client.submitTask();
      assert.equal(getBalance(client), key.quota - 0.4 * DOLLAR);
      assert.equal(await getKeyBalance(client), key.keyQuota - 0.4 * DOLLAR);
      await client.gateway.advance(PAST_ALL_TASKS_MS);
      assert.equal(getBalance(client), key.quota - 0.4 * DOLLAR);
      assert.deepEqual(
        client.gateway.money.entries.map(({ type, points }) => [type, points]),
        [['consume', 0.4 * DOLLAR]],
      );
    });

    it('includes group, size and tier in the price', async () => {
      const client = await start('newapi', { site: { groupRatio: 0.5 } });
      await client.submitTask({ model: 'sora-2-pro', seconds: '8', size: '1792x1024' });
      const first = Math.round(0.5 * 0.3 * 8 * 1.666667 * DOLLAR);
      assert.equal(getBalance(client), key.quota - first);
      await client.submitTask({ ...wanRequest, size: '1280*720' });
      assert.equal(getBalance(client), key.quota - first - 0.5 * 0.05 * 5 * 2 * DOLLAR);
    });

    it('refunds the reservation for a failed task, and the row keeps the amount', async () => {
      const client = await start('newapi');
      const id = await client.submitTask();
      client.gateway.failTask(id);
      assert.equal(getBalance(client), key.quota);
      assert.equal(await getKeyBalance(client), key.keyQuota);
      assert.equal(getObject(parseBody(await client.query(id)), 'data')['quota'], 0.4 * DOLLAR);
      assert.deepEqual(
        client.gateway.money.entries.map(({ type }) => type),
        ['consume', 'refund'],
      );
    });

    it('refunds nothing if the channel is gone', async () => {
      const client = await start('newapi');
      client.gateway.failTask(await client.submitTask(), { code: CHANNEL_GONE, message: '获取渠道信息失败' });
      assert.equal(getBalance(client), key.quota - 0.4 * DOLLAR);
    });

    it('fails and refunds a task that is unfinished after a day', async () => {
      for (const [language, reason] of [
        ['zh', '任务超时（1440分钟）'],
        ['en', 'task timeout (1440 minutes)'],
      ] as const) {
        const client = await start('newapi', { site: { language } });
        const id = await client.submitTask();
        client.gateway.holdTask(id, true);
        await client.gateway.advance(24 * 3_600_000 - 1);
        assert.equal(getObject(parseBody(await client.query(id)), 'data')['status'], 'IN_PROGRESS');
        await client.gateway.advance(1);
        const row = getObject(parseBody(await client.query(id)), 'data');
        assert.deepEqual([row['status'], row['fail_reason']], ['FAILURE', reason]);
        assert.equal(getBalance(client), key.quota);
      }
    });

    it('reserves half a ratio for prices by tokens, and settles by the tokens used', async () => {
      const client = await start('newapi');
      const id = await client.submitTask({ ...seedanceRequest, seconds: undefined });
      const row = async () => getObject(parseBody(await client.query(id)), 'data');
      const reserved = (1.25 / 2) * DOLLAR;
      assert.equal(getBalance(client), key.quota - reserved);
      assert.equal((await row())['quota'], reserved);
      await client.gateway.advance(PAST_ALL_TASKS_MS);
      const { usage } = getObject(await row(), 'data') as { usage: { total_tokens: number } };
      assert.equal(usage.total_tokens, Math.round((854 * 480 * 49) / 1_024));
      const actual = Math.round(usage.total_tokens * 1.25);
      assert.equal((await row())['quota'], actual);
      assert.equal(getBalance(client), key.quota - actual);
      assert.deepEqual(
        client.gateway.money.entries.map(({ type, points }) => [type, points]),
        [
          ['consume', reserved],
          ['refund', reserved - actual],
        ],
      );
    });

    it('keeps the charge of a task that it accepted but could not store', async () => {
      const client = await start('newapi');
      client.gateway.setFault({ name: 'taskNotStored' });
      const id = await client.submitTask();
      assert.equal(parseBody(await client.query(id))['code'], 'task_not_exist');
      await client.gateway.advance(PAST_ALL_TASKS_MS);
      assert.equal(getBalance(client), key.quota - 0.4 * DOLLAR);
    });

    const refusals: readonly (readonly [string, number, number, Partial<SiteOptions>, string, string])[] = [
      [
        ...(['too little', 0.1, 50, {}] as const),
        ...([
          'insufficient_user_quota',
          '预扣费额度失败, 用户剩余额度: ＄0.100000, 需要预扣费额度: ＄0.400000',
        ] as const),
      ],
      [
        ...(['too little, in English', 0.1, 50, { language: 'en' }] as const),
        ...([
          'insufficient_user_quota',
          'Failed to pre-consume quota, user remaining: ＄0.100000, required: ＄0.400000',
        ] as const),
      ],
      [
        ...(['too little, in yuan', 0.1, 50, { quotaDisplay: 'CNY' }] as const),
        ...([
          'insufficient_user_quota',
          '预扣费额度失败, 用户剩余额度: ¥0.730000, 需要预扣费额度: ¥2.920000',
        ] as const),
      ],
      [
        ...(['too little, in points', 0.1, 50, { quotaDisplay: 'TOKENS' }] as const),
        ...([
          'insufficient_user_quota',
          '预扣费额度失败, 用户剩余额度: 50000, 需要预扣费额度: 200000',
        ] as const),
      ],
      [
        ...(['too little, in a unit of its own', 0.1, 50, { quotaDisplay: 'CUSTOM' }] as const),
        ...([
          'insufficient_user_quota',
          '预扣费额度失败, 用户剩余额度: pt1.000000, 需要预扣费额度: pt4.000000',
        ] as const),
      ],
      [
        ...(['nothing', 0, 50, {}] as const),
        ...(['insufficient_user_quota', '用户额度不足, 剩余额度: ＄0.000000'] as const),
      ],
      [
        ...(['too little for the key', 100, 0.1, {}] as const),
        'pre_consume_token_quota_failed',
        'token quota is not enough, token remain quota: ＄0.100000, need quota: ＄0.400000',
      ],
    ];
    for (const [name, quota, keyQuota, site, code, message] of refusals) {
      it(`reports the balance and the price: ${name}`, async () => {
        const keys = [{ key: 'sk-good', quota: quota * DOLLAR, keyQuota: keyQuota * DOLLAR }];
        const client = await start('newapi', { keys, site });
        const response = await client.submit(anyRequest);
        assert.deepEqual([response.status, parseBody(response)], [403, { code, message, data: null }]);
      });
    }

    it('refuses a key whose own quota is used up', async () => {
      const client = await start('newapi', { keys: [{ key: 'sk-good', keyQuota: 0.4 * DOLLAR }] });
      await client.submitTask();
      const response = await client.submit(anyRequest);
      assert.equal(response.status, 401);
      assert.match(
        String(getObject(parseBody(response), 'error')['message']),
        /^\[sk-goo\*\*\*ood\] 该令牌额度已用尽/,
      );
    });

    it('refuses a model without a price', async () => {
      const client = await start('newapi');
      client.gateway.setFault({
        name: 'clientError',
        route: 'submit',
        args: { as: 'E2', code: 'model_price_error', message: 'model x ratio or price not set' },
      });
      assert.equal(parseBody(await client.submit(anyRequest))['code'], 'model_price_error');
    });

    it('reports the points of a key at the address with a trailing slash', async () => {
      const client = await start('newapi');
      await client.submitTask();
      const moved = await client.call('/api/usage/token');
      assert.deepEqual([moved.status, moved.headers.location], [301, '/api/usage/token/']);
      const response = parseBody(await client.call('/api/usage/token/'));
      assert.equal(response['success'], true);
      assert.deepEqual(response['data'], {
        ...{ object: 'token_usage', name: 'my-key', total_granted: 50 * DOLLAR, total_used: 0.4 * DOLLAR },
        ...{ total_available: 49.6 * DOLLAR, unlimited_quota: false, model_limits: {} },
        ...{ model_limits_enabled: false, expires_at: 0 },
      });
    });

    it('lists the newest rows of the log first', async () => {
      const client = await start('newapi');
      client.gateway.failTask(await client.submitTask());
      const rows = parseBody(await client.call('/api/log/token'))['data'] as {
        type: number;
        quota: number;
      }[];
      assert.deepEqual(
        rows.map(({ type, quota }) => [type, quota]),
        [
          [6, 0.4 * DOLLAR],
          [2, 0.4 * DOLLAR],
        ],
      );
    });

    it('limits the pages about the key to 20 calls in 20 minutes, then responds with an empty 429', async () => {
      const client = await start('newapi');
      for (let index = 0; index < 20; index += 1) {
        const path = index % 2 === 0 ? '/api/usage/token/' : '/api/log/token';
        assert.equal((await client.call(path)).status, 200);
      }
      const response = await client.call('/api/usage/token/');
      assert.deepEqual([response.status, response.text], [429, '']);
      assert.equal((await client.call('/v1/models')).status, 200);
      await client.gateway.advance(20 * 60_000);
      assert.equal((await client.call('/api/usage/token/')).status, 200);
    });

    it('has its own message for a wrong key on its own pages', async () => {
      const { gateway } = await start('newapi');
      const response = await call(`${gateway.baseUrl}/api/usage/token/`);
      assert.equal(response.status, 401);
      assert.equal(parseBody(response)['success'], false);
    });

    it('lists prices publicly, unless the page is locked', async () => {
      const { gateway } = await start('newapi');
      const value = parseBody(await call(`${gateway.baseUrl}/api/pricing`));
      const rows = value['data'] as { model_name: string }[];
      const row = (name: string) =>
        rows.find(({ model_name }) => model_name === name) as unknown as Record<string, unknown>;
      assert.deepEqual([row('sora-2')['quota_type'], row('sora-2')['model_price']], [1, 0.1]);
      const seedance = row('doubao-seedance-1-0-pro-250528');
      assert.deepEqual([seedance['quota_type'], seedance['model_ratio']], [0, 1.25]);
      assert.deepEqual(row('sora-2')['supported_endpoint_types'], ['openai-video']);
      assert.deepEqual(value['group_ratio'], { default: 1 });
      for (const [pricing, status] of [
        ['disabled', 403],
        ['login', 401],
      ] as const) {
        const locked = await start('newapi', { site: { pricing } });
        assert.equal((await call(`${locked.gateway.baseUrl}/api/pricing`)).status, status);
      }
    });
  });

  const units: readonly (readonly [SiteOptions['quotaDisplay'], number])[] = [
    ['USD', 50],
    ['CUSTOM', 50],
    ['CNY', 365],
    ['TOKENS', 25_000_000],
  ];
  for (const [quotaDisplay, limit] of units) {
    it(`labels amounts in ${quotaDisplay} as dollars on the dashboard`, async () => {
      const client = await start('newapi', { site: { quotaDisplay } });
      await client.submitTask();
      const used = Number(parseBody(await client.call('/v1/dashboard/billing/usage'))['total_usage']) / 100;
      const value = parseBody(await client.call('/v1/dashboard/billing/subscription'));
      assert.equal(value['hard_limit_usd'], limit);
      assert.equal(Math.round((used / limit) * 1_000), 8);
    });
  }

  it('reports the limit of an unlimited key as 100000000', async () => {
    const client = await gateways.start();
    assert.equal(
      parseBody(await client.call('/v1/dashboard/billing/subscription'))['hard_limit_usd'],
      100_000_000,
    );
  });

  it('reports its status publicly: stock new-api with its mark, Nebula as an older build', async () => {
    const status = async (dialect: Dialect) => {
      const { gateway } = await start(dialect, { site: { quotaPerUnit: 1_000_000, quotaDisplay: 'CNY' } });
      const response = await call(`${gateway.baseUrl}/api/status`);
      assert.equal(gateway.log.at(-1)?.kind, 'site');
      return { data: getObject(parseBody(response), 'data'), headers: response.headers };
    };
    const stock = await status('newapi');
    assert.deepEqual(
      [stock.data['quota_per_unit'], stock.data['quota_display_type'], stock.data['_qn']],
      [1_000_000, 'CNY', 'new-api'],
    );
    const nebula = await status('nebula');
    assert.equal(nebula.data['quota_per_unit'], 1_000_000);
    assert.ok(!('_qn' in nebula.data) && !('quota_display_type' in nebula.data));
    assert.equal(nebula.headers['x-new-api-version'], undefined);
  });
});
