import assert from 'node:assert/strict';
import {
  call,
  bearer,
  TestGateways,
  parseBody,
  PAST_ALL_TASKS_MS,
  getObject,
  type TestClient,
} from './testClient';

describe('pretend gateway: query and models', function () {
  // Encoding real videos takes long on a busy machine.
  this.timeout(60_000);
  const gateways = new TestGateways();
  afterEach(() => gateways.stopAll());

  const getState = async (client: TestClient, id: string): Promise<unknown[]> => {
    const value = parseBody(await client.query(id));
    return [value['status'], value['progress']];
  };

  it('advances only with the clock: unknown, queued, in progress, succeeded', async () => {
    const client = await gateways.start({ render: { unknownMs: 1_000, queuedMs: 2_000, runningMs: 10_000 } });
    const id = await client.submitTask();
    assert.deepEqual(await getState(client, id), ['unknown', 0]);
    assert.deepEqual(await getState(client, id), ['unknown', 0]);
    await client.gateway.advance(1_000);
    assert.deepEqual(await getState(client, id), ['queued', 0]);
    await client.gateway.advance(2_000);
    assert.deepEqual(await getState(client, id), ['in_progress', 20]);
    await client.gateway.advance(5_000);
    assert.deepEqual(await getState(client, id), ['in_progress', 59]);
    await client.gateway.advance(4_999);
    assert.deepEqual(await getState(client, id), ['in_progress', 98]);
    await client.gateway.advance(1);
    assert.deepEqual(await getState(client, id), ['succeeded', 100]);
  });

  it('uses a given clock', async () => {
    let now = 5_000;
    const client = await gateways.start({ clock: { kind: 'given', now: () => now } });
    const id = await client.submitTask();
    now += PAST_ALL_TASKS_MS;
    assert.deepEqual(await getState(client, id), ['succeeded', 100]);
    await assert.rejects(client.gateway.advance(1), /given/);
  });

  it('responds with Q6 on success, without a url', async () => {
    const client = await gateways.start();
    const id = await client.submitTask();
    await client.gateway.advance(PAST_ALL_TASKS_MS);
    const value = parseBody(await client.query(id));
    assert.equal(value['object'], 'video_generation');
    assert.deepEqual(
      [value['width'], value['height'], value['n_seconds'], value['seconds']],
      [1280, 720, 4, '4'],
    );
    assert.equal(Number(value['completed_at']) - Number(value['created_at']), 30);
    assert.ok(!('url' in value));
  });

  it('responds with Q1 and Q5 for the slim shape, with a link if configured', async () => {
    const client = await gateways.start({ shapes: { query: 'slim' } });
    const id = await client.submitTask();
    assert.deepEqual(parseBody(await client.query(id)), { task_id: id, status: 'unknown', format: 'mp4' });
    await client.gateway.advance(PAST_ALL_TASKS_MS);
    assert.deepEqual(parseBody(await client.query(id)), { task_id: id, status: 'succeeded', format: 'mp4' });
    client.gateway.setShapes({ link: 'url' });
    assert.match(
      String(parseBody(await client.query(id))['url']),
      new RegExp(`^${client.gateway.resultsUrl}/results/${id}/0`),
    );
  });

  it('responds with Q3 for the nested shape, with the vendor’s status and expiry inside', async () => {
    const client = await gateways.start({ shapes: { query: 'nested' }, render: { expiresMs: 3_600_000 } });
    const id = await client.submitTask();
    const running = parseBody(await client.query(id));
    assert.deepEqual([running['status'], running['url'], running['error']], ['unknown', '', null]);
    await client.gateway.advance(PAST_ALL_TASKS_MS);
    const metadata = getObject(parseBody(await client.query(id)), 'metadata');
    assert.equal(metadata['status'], 'completed');
    assert.equal(Number(metadata['expires_at']) - Number(metadata['completed_at']), 3_600);
  });

  it('reports failures as F1, F2 and F3', async () => {
    const client = await gateways.start({ shapes: { query: 'slim' } });
    const id = await client.submitTask();
    client.gateway.failTask(id, { message: 'no', code: 'content_policy_violation' });
    const start = { task_id: id, status: 'failed', format: 'mp4' };
    const error = { message: 'no', code: 'content_policy_violation' };
    assert.deepEqual(parseBody(await client.query(id)), { ...start, failure_reason: 'no', error });
    client.gateway.setShapes({ failure: 'F1' });
    assert.deepEqual(parseBody(await client.query(id)), { ...start, error: { code: 400, message: 'no' } });
    client.gateway.setShapes({ failure: 'F3' });
    const output = { task_status: 'FAILED', ...error };
    assert.deepEqual(parseBody(await client.query(id)), { ...start, metadata: { output } });
  });

  it('reports a failure as F6, with error as a text', async () => {
    const client = await gateways.start({ shapes: { query: 'slim', failure: 'F6' } });
    const id = await client.submitTask();
    client.gateway.failTask(id, { message: 'no' });
    assert.equal(parseBody(await client.query(id))['error'], 'no');
  });

  it('finishes, holds and forgets tasks on request', async () => {
    const client = await gateways.start();
    const [quick, slow, gone] = [
      await client.submitTask(),
      await client.submitTask(),
      await client.submitTask(),
    ];
    client.gateway.finishTask(quick);
    client.gateway.holdTask(slow, true);
    client.gateway.forgetTask(gone);
    assert.deepEqual(await getState(client, quick), ['succeeded', 100]);
    await client.gateway.advance(PAST_ALL_TASKS_MS);
    assert.deepEqual(await getState(client, slow), ['in_progress', 99]);
    assert.equal((await client.query(gone)).status, 400);
    client.gateway.holdTask(slow, false);
    assert.deepEqual(await getState(client, slow), ['succeeded', 100]);
  });

  it('reports an unknown task as in the code or as documented', async () => {
    const client = await gateways.start();
    assert.deepEqual(parseBody(await client.query('video_none')), {
      code: 'task_not_exist',
      message: 'task_not_exist',
      data: null,
    });
    client.gateway.setShapes({ unknownTask: 404 });
    const documented = await client.query('video_none');
    assert.equal(documented.status, 404);
    assert.equal(getObject(parseBody(documented), 'error')['type'], 'not_found');
  });

  it('lists its models along with others that generate no videos', async () => {
    const client = await gateways.start();
    const value = parseBody(await client.call('/v1/models'));
    assert.equal(value['object'], 'list');
    const ids = (value['data'] as { id: string }[]).map(({ id }) => id);
    assert.ok(ids.includes('sora-2') && ids.includes('gpt-4o-mini'));
  });

  it('lists endpoint types only if configured', async () => {
    const client = await gateways.start();
    const types = async (): Promise<unknown> => {
      const data = parseBody(await client.call('/v1/models'))['data'] as Record<string, unknown>[];
      return data.find(({ id }) => id === 'sora-2')?.['supported_endpoint_types'];
    };
    assert.deepEqual(await types(), []);
    client.gateway.setShapes({ endpointTypes: true });
    assert.deepEqual(await types(), ['openai-video']);
  });

  it('serves newer models only if configured', async () => {
    const newer = ['veo-3.1-generate-001', 'wan2.6-t2v'];
    const usual = await gateways.start();
    for (const model of newer) assert.equal((await usual.submit({ model, prompt: 'x' })).status, 503);
    const client = await gateways.start({ models: newer });
    const wan = { model: 'wan2.6-t2v', prompt: 'x', size: '1280*720' };
    assert.equal((await client.submit({ ...wan, duration: 15 })).status, 200);
    assert.equal((await client.submit({ ...wan, size: '832*480' })).status, 400);
    assert.equal((await client.submit({ model: 'veo-3.1-generate-001', prompt: 'x' })).status, 200);
  });

  const outsidePrefix: [string, string][] = [
    ['GET', '/v1/video/generations'],
    ['GET', '/v1/video/generations/'],
    ['DELETE', '/v1/video/generations/video_1'],
    ['POST', '/v1/models'],
    ['GET', '/v1/v1/models'],
    ['GET', '/__control/log'],
  ];
  for (const [method, path] of outsidePrefix) {
    it(`has no route for ${method} ${path}`, async () => {
      const client = await gateways.start();
      const response = await client.call(path, { method });
      assert.equal(response.status, 404);
      assert.equal(getObject(parseBody(response), 'error')['message'], `Invalid URL (${method} ${path})`);
      assert.ok(response.headers['x-oneapi-request-id']);
    });
  }

  it('serves only paths below the configured prefix', async () => {
    const client = await gateways.start({ pathPrefix: '/nebula/' });
    assert.match(client.gateway.baseUrl, /\/nebula$/);
    assert.equal((await client.call('/v1/models')).status, 200);
    const otherModels = await call(`${new URL(client.gateway.baseUrl).origin}/v1/models`, {
      headers: bearer(client.gateway.key),
    });
    assert.equal(otherModels.status, 404);
    assert.match(String(otherModels.headers['content-type']), /html/);
  });
});
