import assert from 'node:assert/strict';
import { call, bearer, GatewayRack, jsonOf, LONG_ENOUGH, objectAt, type TestClient } from './testClient';

describe('pretend gateway: query and models', function () {
  // Videos are really encoded, which takes its time on a busy machine.
  this.timeout(60_000);
  const rack = new GatewayRack();
  afterEach(() => rack.stopAll());

  const stateOf = async (client: TestClient, id: string): Promise<unknown[]> => {
    const value = jsonOf(await client.query(id));
    return [value['status'], value['progress']];
  };

  it('moves by the clock alone: unknown, queued, in progress, succeeded', async () => {
    const client = await rack.start({ render: { unknownMs: 1_000, queuedMs: 2_000, runningMs: 10_000 } });
    const id = await client.newTask();
    assert.deepEqual(await stateOf(client, id), ['unknown', 0]);
    assert.deepEqual(await stateOf(client, id), ['unknown', 0]);
    await client.gateway.advance(1_000);
    assert.deepEqual(await stateOf(client, id), ['queued', 0]);
    await client.gateway.advance(2_000);
    assert.deepEqual(await stateOf(client, id), ['in_progress', 20]);
    await client.gateway.advance(5_000);
    assert.deepEqual(await stateOf(client, id), ['in_progress', 59]);
    await client.gateway.advance(4_999);
    assert.deepEqual(await stateOf(client, id), ['in_progress', 98]);
    await client.gateway.advance(1);
    assert.deepEqual(await stateOf(client, id), ['succeeded', 100]);
  });

  it('goes by a clock that is given to it', async () => {
    let now = 5_000;
    const client = await rack.start({ clock: { kind: 'given', now: () => now } });
    const id = await client.newTask();
    now += LONG_ENOUGH;
    assert.deepEqual(await stateOf(client, id), ['succeeded', 100]);
    await assert.rejects(client.gateway.advance(1), /given/);
  });

  it('says Q6 on success, without a url', async () => {
    const client = await rack.start();
    const id = await client.newTask();
    await client.gateway.advance(LONG_ENOUGH);
    const value = jsonOf(await client.query(id));
    assert.equal(value['object'], 'video_generation');
    assert.deepEqual(
      [value['width'], value['height'], value['n_seconds'], value['seconds']],
      [1280, 720, 4, '4'],
    );
    assert.equal(Number(value['completed_at']) - Number(value['created_at']), 30);
    assert.ok(!('url' in value));
  });

  it('says Q1 and Q5 when slim, with a link when asked for', async () => {
    const client = await rack.start({ shapes: { query: 'slim' } });
    const id = await client.newTask();
    assert.deepEqual(jsonOf(await client.query(id)), { task_id: id, status: 'unknown', format: 'mp4' });
    await client.gateway.advance(LONG_ENOUGH);
    assert.deepEqual(jsonOf(await client.query(id)), { task_id: id, status: 'succeeded', format: 'mp4' });
    client.gateway.setShapes({ link: 'url' });
    assert.match(
      String(jsonOf(await client.query(id))['url']),
      new RegExp(`^${client.gateway.resultsUrl}/results/${id}/0`),
    );
  });

  it('says Q3 when nested, with the vendor word and the expiry inside', async () => {
    const client = await rack.start({ shapes: { query: 'nested' }, render: { expiresMs: 3_600_000 } });
    const id = await client.newTask();
    const running = jsonOf(await client.query(id));
    assert.deepEqual([running['status'], running['url'], running['error']], ['unknown', '', null]);
    await client.gateway.advance(LONG_ENOUGH);
    const metadata = objectAt(jsonOf(await client.query(id)), 'metadata');
    assert.equal(metadata['status'], 'completed');
    assert.equal(Number(metadata['expires_at']) - Number(metadata['completed_at']), 3_600);
  });

  it('words failures as F1, F2 and F3', async () => {
    const client = await rack.start({ shapes: { query: 'slim' } });
    const id = await client.newTask();
    client.gateway.failTask(id, { message: 'no', code: 'content_policy_violation' });
    const start = { task_id: id, status: 'failed', format: 'mp4' };
    const error = { message: 'no', code: 'content_policy_violation' };
    assert.deepEqual(jsonOf(await client.query(id)), { ...start, failure_reason: 'no', error });
    client.gateway.setShapes({ failure: 'F1' });
    assert.deepEqual(jsonOf(await client.query(id)), { ...start, error: { code: 400, message: 'no' } });
    client.gateway.setShapes({ failure: 'F3' });
    const output = { task_status: 'FAILED', ...error };
    assert.deepEqual(jsonOf(await client.query(id)), { ...start, metadata: { output } });
  });

  it('words a failure as F6: error as a text', async () => {
    const client = await rack.start({ shapes: { query: 'slim', failure: 'F6' } });
    const id = await client.newTask();
    client.gateway.failTask(id, { message: 'no' });
    assert.equal(jsonOf(await client.query(id))['error'], 'no');
  });

  it('finishes, holds and forgets tasks on request', async () => {
    const client = await rack.start();
    const [quick, slow, gone] = [await client.newTask(), await client.newTask(), await client.newTask()];
    client.gateway.finishTask(quick);
    client.gateway.holdTask(slow, true);
    client.gateway.forgetTask(gone);
    assert.deepEqual(await stateOf(client, quick), ['succeeded', 100]);
    await client.gateway.advance(LONG_ENOUGH);
    assert.deepEqual(await stateOf(client, slow), ['in_progress', 99]);
    assert.equal((await client.query(gone)).status, 400);
    client.gateway.holdTask(slow, false);
    assert.deepEqual(await stateOf(client, slow), ['succeeded', 100]);
  });

  it('answers an unknown task as the code does, or as the documentation does', async () => {
    const client = await rack.start();
    assert.deepEqual(jsonOf(await client.query('video_none')), {
      code: 'task_not_exist',
      message: 'task_not_exist',
      data: null,
    });
    client.gateway.setShapes({ unknownTask: 404 });
    const documented = await client.query('video_none');
    assert.equal(documented.status, 404);
    assert.equal(objectAt(jsonOf(documented), 'error')['type'], 'not_found');
  });

  it('lists its models beside others that make no videos', async () => {
    const client = await rack.start();
    const value = jsonOf(await client.call('/v1/models'));
    assert.equal(value['object'], 'list');
    const ids = (value['data'] as { id: string }[]).map(({ id }) => id);
    assert.ok(ids.includes('sora-2') && ids.includes('gpt-4o-mini'));
  });

  it('names endpoint types on request only', async () => {
    const client = await rack.start();
    const types = async (): Promise<unknown> => {
      const data = jsonOf(await client.call('/v1/models'))['data'] as Record<string, unknown>[];
      return data.find(({ id }) => id === 'sora-2')?.['supported_endpoint_types'];
    };
    assert.deepEqual(await types(), []);
    client.gateway.setShapes({ endpointTypes: true });
    assert.deepEqual(await types(), ['openai-video']);
  });

  it('serves newer models only where it is told to', async () => {
    const newer = ['veo-3.1-generate-001', 'wan2.6-t2v'];
    const usual = await rack.start();
    for (const model of newer) assert.equal((await usual.submit({ model, prompt: 'x' })).status, 503);
    const client = await rack.start({ models: newer });
    const wan = { model: 'wan2.6-t2v', prompt: 'x', size: '1280*720' };
    assert.equal((await client.submit({ ...wan, duration: 15 })).status, 200);
    assert.equal((await client.submit({ ...wan, size: '832*480' })).status, 400);
    assert.equal((await client.submit({ model: 'veo-3.1-generate-001', prompt: 'x' })).status, 200);
  });

  const elsewhere: [string, string][] = [
    ['GET', '/v1/video/generations'],
    ['GET', '/v1/video/generations/'],
    ['DELETE', '/v1/video/generations/video_1'],
    ['POST', '/v1/models'],
    ['GET', '/v1/v1/models'],
    ['GET', '/__control/log'],
  ];
  for (const [method, path] of elsewhere) {
    it(`has nothing at ${method} ${path}`, async () => {
      const client = await rack.start();
      const reply = await client.call(path, { method });
      assert.equal(reply.status, 404);
      assert.equal(objectAt(jsonOf(reply), 'error')['message'], `Invalid URL (${method} ${path})`);
      assert.ok(reply.headers['x-oneapi-request-id']);
    });
  }

  it('can live below a path, and then nowhere else', async () => {
    const client = await rack.start({ pathPrefix: '/nebula/' });
    assert.match(client.gateway.baseUrl, /\/nebula$/);
    assert.equal((await client.call('/v1/models')).status, 200);
    const beside = await call(`${new URL(client.gateway.baseUrl).origin}/v1/models`, {
      headers: bearer(client.gateway.key),
    });
    assert.equal(beside.status, 404);
    assert.match(String(beside.headers['content-type']), /html/);
  });
});
