import assert from 'node:assert/strict';
import { dataUri, png } from './images';
import {
  anyRequest,
  bearer,
  call,
  TestGateways,
  parseBody,
  PAST_ALL_TASKS_MS,
  getObject,
  type JsonObject,
  type Received,
  type TestClient,
} from './testClient';
import type { GatewayOptions } from '../../gateway/pretendGateway';

const prompt = 'a paper boat in the rain';
const wanRequest = { model: 'wan2.5-t2v-preview', prompt, size: '832*480', duration: 5 };
const veoModel = 'veo-3.1-fast-generate-preview';
const seedanceModel = 'doubao-seedance-1-0-lite-t2v-250428';
const CREATED = Date.UTC(2026, 10, 22, 10) / 1_000;

/** Sends requests in the stock dialect with the gateway's own key. */
class StockClient {
  readonly client: TestClient;

  constructor(client: TestClient) {
    this.client = client;
  }

  static async start(gateways: TestGateways, options: GatewayOptions = {}): Promise<StockClient> {
    return new StockClient(await gateways.start({ dialect: 'newapi', ...options }));
  }

  get gateway() {
    return this.client.gateway;
  }

  create(body: unknown, path = '/v1/video/generations'): Promise<Received> {
    return this.client.call(path, { method: 'POST', body });
  }

  /** Returns the row in the response to a generic query. */
  async row(id: string): Promise<JsonObject> {
    return getObject(parseBody(await this.client.query(id)), 'data');
  }

  async video(id: string): Promise<JsonObject> {
    return parseBody(await this.client.call(`/v1/videos/${id}`));
  }

  content(id: string): Promise<Received> {
    return this.client.call(`/v1/videos/${id}/content`);
  }

  /** Returns the spec of a task's only video. */
  spec(id: string) {
    return this.gateway.task(id)!.specs[0]!;
  }
}

describe('pretend gateway as stock new-api', function () {
  // Encoding real videos takes long on a busy machine.
  this.timeout(60_000);
  const gateways = new TestGateways();
  afterEach(() => gateways.stopAll());

  it('reports its version in every response, including errors', async () => {
    const { client } = await StockClient.start(gateways);
    for (const path of ['/v1/models', '/v1/nothing', '/', '/api/status']) {
      const response = await client.call(path);
      assert.match(String(response.headers['x-new-api-version']), /^v\d/);
      assert.ok(response.headers['x-oneapi-request-id']);
    }
  });

  it('reports key errors as new_api_error', async () => {
    const { gateway } = await StockClient.start(gateways);
    const response = await call(`${gateway.baseUrl}/v1/models`, { headers: bearer('sk-wrong') });
    assert.equal(response.status, 401);
    assert.equal(getObject(parseBody(response), 'error')['type'], 'new_api_error');
  });

  const unknownPaths: readonly (readonly [method: string, path: string, status: number])[] = [
    ['GET', '/', 200],
    ['GET', '/console/token', 200],
    ['POST', '/video/generations', 200],
    ['GET', '/v1x', 200],
    ['GET', '/v1/nothing', 404],
    ['GET', '/v1', 404],
    ['GET', '/api/nothing', 404],
    ['POST', '/v1/models', 404],
    ['POST', '/api/status', 404],
    ['DELETE', '/v1/videos/task_1', 404],
    ['POST', '/v1/videos/task_1/cancel', 404],
    ['GET', '/v1/videos', 404],
  ];
  for (const [method, path, status] of unknownPaths) {
    it(`responds to ${method} ${path} with ${status === 200 ? 'a web page and 200' : 'a JSON error'}`, async () => {
      const { client } = await StockClient.start(gateways);
      const response = await client.call(path, { method });
      assert.equal(response.status, status);
      if (status === 200) assert.match(response.text, /^<!doctype html>/);
      else
        assert.equal(getObject(parseBody(response), 'error')['message'], `Invalid URL (${method} ${path})`);
    });
  }

  it('has no download call: the path is a task with that name', async () => {
    const { client } = await StockClient.start(gateways);
    const response = await client.download('task_1');
    assert.deepEqual([response.status, parseBody(response)['code']], [400, 'task_not_exist']);
  });

  it('lists the endpoint types: openai-video for Sora, openai for the others', async () => {
    const { client } = await StockClient.start(gateways);
    const value = parseBody(await client.call('/v1/models'));
    assert.equal(value['success'], true);
    const types = Object.fromEntries(
      (value['data'] as { id: string; supported_endpoint_types: string[] }[]).map((model) => [
        model.id,
        model.supported_endpoint_types,
      ]),
    );
    assert.deepEqual(types['sora-2'], ['openai-video']);
    assert.deepEqual(types[veoModel], ['openai']);
    assert.deepEqual(types['gpt-4o-mini'], ['openai']);
    assert.deepEqual(types['veo-3.1-generate-001'], ['openai']);
    assert.equal(types['kling-v1'], undefined);
  });

  describe('submit', () => {
    it('responds with OpenAI’s video object and its own ID, and the ratios in a header', async () => {
      const stock = await StockClient.start(gateways);
      const response = await stock.create(wanRequest);
      assert.equal(response.status, 200);
      const id = String(parseBody(response)['id']);
      assert.match(id, /^task_[A-Za-z0-9]{32}$/);
      assert.deepEqual(parseBody(response), {
        ...{ id, task_id: id, object: 'video', model: wanRequest.model },
        ...{ status: 'queued', progress: 0, created_at: CREATED },
      });
      const ratios = JSON.parse(String(response.headers['x-new-api-other-ratios'])) as unknown;
      assert.deepEqual(ratios, { seconds: 5, 'resolution-480P': 1 });
      assert.equal(stock.gateway.log.at(-1)?.taskId, id);
    });

    it('responds with Sora’s object and its own ID in it', async () => {
      const stock = await StockClient.start(gateways);
      const value = parseBody(await stock.create(anyRequest));
      assert.match(String(value['id']), /^task_/);
      assert.equal(value['task_id'], value['id']);
      assert.deepEqual(
        [value['object'], value['status'], value['seconds'], value['size']],
        ['video', 'queued', '4', '1280x720'],
      );
    });

    const refusals: readonly (readonly [string, unknown, number, string | undefined, RegExp])[] = [
      ['a numeric seconds', { ...anyRequest, seconds: 4 }, 400, 'invalid_json', /Alias\.seconds/],
      [
        'a numeric seconds for Veo',
        { model: veoModel, prompt, seconds: 4 },
        400,
        'invalid_request',
        /seconds/,
      ],
      ['a numeric prompt', { ...anyRequest, prompt: 1 }, 400, 'invalid_json', /Alias\.prompt/],
      ['no prompt', { model: 'sora-2' }, 400, 'invalid_request', /^prompt is required$/],
      ['an image object', { ...wanRequest, image: {} }, 400, 'invalid_json', /image/],
      ['a size of no list', { ...anyRequest, size: '1x1' }, 400, 'invalid_size', /size/],
      ['a pro size for sora-2', { ...anyRequest, size: '1792x1024' }, 400, 'invalid_size', /size/],
      [
        'a length that Sora has not',
        { ...anyRequest, seconds: '5' },
        400,
        'fail_to_fetch_task',
        /invalid_value/,
      ],
      [
        'a field that Sora has not',
        { ...anyRequest, frames: 7 },
        400,
        'fail_to_fetch_task',
        /unknown_parameter/,
      ],
      [
        'an image of another size',
        { ...anyRequest, input_reference: dataUri(png(720, 1280)) },
        400,
        'fail_to_fetch_task',
        /Inpaint/,
      ],
      [
        'a Wan size with an x',
        { ...wanRequest, size: '832x480' },
        500,
        'build_request_failed',
        /invalid size/,
      ],
      ['a Wan length', { ...wanRequest, duration: 7 }, 400, 'fail_to_fetch_task', /duration/],
      [
        'a Wan image at the top level',
        { model: 'wan2.5-i2v-preview', prompt, image: dataUri(png(720, 720)) },
        400,
        'task_submit_failed',
        /image is required/,
      ],
      [
        'a Veo length',
        { model: veoModel, prompt, metadata: { durationSeconds: 5 } },
        400,
        'fail_to_fetch_task',
        /INVALID_ARGUMENT/,
      ],
      [
        'metadata that the channel cannot read',
        { model: veoModel, prompt, metadata: { durationSeconds: 'five' } },
        500,
        'build_request_failed',
        /metadata/,
      ],
    ];
    for (const [name, body, status, code, message] of refusals) {
      it(`refuses ${name}, and charges nothing`, async () => {
        const stock = await StockClient.start(gateways);
        const response = await stock.create(body);
        assert.equal(response.status, status);
        assert.equal(parseBody(response)['code'], code);
        assert.equal(parseBody(response)['data'], null);
        assert.match(String(parseBody(response)['message']), message);
        assert.equal(stock.gateway.tasks.length, 0);
        assert.deepEqual(stock.gateway.money.entries, []);
      });
    }

    const e1: readonly (readonly [string, unknown, number, string, RegExp])[] = [
      ['text that is no JSON', '{"model":', 400, '', /无效的请求/],
      ['a list', [], 400, '', /无效的请求/],
      ['no model', { prompt }, 400, '', /未指定模型名称/],
      ['an unknown model', { model: 'sora-3', prompt }, 503, 'model_not_found', /无可用渠道（distributor）/],
      ['a model without a channel', { model: 'kling-v1', prompt }, 503, 'model_not_found', /无可用渠道/],
    ];
    for (const [name, body, status, code, message] of e1) {
      it(`refuses ${name} before any channel`, async () => {
        const stock = await StockClient.start(gateways);
        const response = await stock.create(body);
        assert.equal(response.status, status);
        const error = getObject(parseBody(response), 'error');
        assert.deepEqual([error['type'], error['code']], ['new_api_error', code]);
        assert.match(String(error['message']), message);
      });
    }

    it('responds in English if the site is configured for it', async () => {
      const stock = await StockClient.start(gateways, { site: { language: 'en' } });
      const error = getObject(parseBody(await stock.create({ model: 'sora-3', prompt })), 'error');
      assert.match(
        String(error['message']),
        /^No available channel for model sora-3 under group default \(distributor\) \(request id: \w+\)$/,
      );
    });

    it('limits a key to its models', async () => {
      const stock = await StockClient.start(gateways, { keys: [{ key: 'sk-good', models: ['sora-2'] }] });
      assert.equal((await stock.create(wanRequest)).status, 403);
      assert.equal((await stock.create(anyRequest)).status, 200);
    });

    it('reads the options of Veo only from metadata: others are lost, and 8 s at 720p are charged', async () => {
      const stock = await StockClient.start(gateways);
      const options = { durationSeconds: 4, aspectRatio: '9:16', resolution: '1080p', sampleCount: 2 };
      const droppedFields = await stock.create({ model: veoModel, prompt, ...options });
      const read = await stock.create({ model: veoModel, prompt, metadata: options });
      const shape = (response: Received) => {
        const { width, height, seconds } = stock.spec(String(parseBody(response)['id']));
        return [width, height, seconds];
      };
      assert.deepEqual(shape(droppedFields), [1280, 720, 8]);
      assert.deepEqual(shape(read), [1080, 1920, 4]);
      assert.equal(stock.gateway.task(String(parseBody(read)['id']))?.specs.length, 1);
      assert.equal(droppedFields.headers['x-new-api-other-ratios'], '{"seconds":8,"resolution":1}');
      assert.equal(read.headers['x-new-api-other-ratios'], '{"seconds":4,"resolution":1}');
    });

    it('reads metadata as JSON text, and the length as a number or its text', async () => {
      const stock = await StockClient.start(gateways);
      for (const fields of [
        { metadata: '{"durationSeconds":6,"model":"veo-9"}' },
        { duration: 6 },
        { duration: '6' },
      ]) {
        const response = await stock.create({ model: veoModel, prompt, ...fields });
        assert.equal(stock.spec(String(parseBody(response)['id'])).seconds, 6);
      }
    });

    it('drops the text of Seedance content and uses the prompt instead', async () => {
      const stock = await StockClient.start(gateways);
      const content = [{ type: 'text', text: 'another prompt --dur 3' }];
      const response = await stock.create({
        ...{ model: seedanceModel, prompt: 'a fox --dur 2' },
        metadata: { content, resolution: '480p', ratio: '9:16', duration: 5 },
      });
      const id = String(parseBody(response)['id']);
      assert.equal(stock.gateway.task(id)?.prompt, 'a fox --dur 2');
      const { width, height, seconds } = stock.spec(id);
      assert.deepEqual([width, height, seconds], [480, 854, 2]);
      assert.equal(response.headers['x-new-api-other-ratios'], '{}');
    });

    it('reads an image of Wan from input_reference or under the provider’s names', async () => {
      const stock = await StockClient.start(gateways);
      const image = dataUri(png(720, 720));
      for (const fields of [
        { input_reference: image },
        { metadata: { img_url: image } },
        { metadata: { input: { img_url: image }, parameters: { duration: 10, resolution: '480P' } } },
      ]) {
        const response = await stock.create({ model: 'wan2.5-i2v-preview', prompt, size: '480P', ...fields });
        assert.equal(response.status, 200, response.text);
        assert.equal(stock.gateway.imageUse(String(parseBody(response)['id'])), 'used');
      }
    });

    it('accepts forms: unknown fields go into the metadata, a file is an image', async () => {
      const stock = await StockClient.start(gateways);
      const form = new FormData();
      for (const [name, value] of Object.entries({
        model: veoModel,
        prompt,
        aspectRatio: '9:16',
        durationSeconds: '6',
      }))
        form.set(name, value);
      const veo = await sendForm(stock, '/v1/video/generations', form);
      assert.equal(veo.status, 200, veo.text);
      const { height, seconds } = stock.spec(String(parseBody(veo)['id']));
      assert.deepEqual([height, seconds], [1280, 6]);

      const sora = new FormData();
      for (const [name, value] of Object.entries(anyRequest)) sora.set(name, value);
      sora.set('input_reference', new Blob([png(1280, 720)], { type: 'image/png' }), 'a.png');
      const response = await sendForm(stock, '/v1/videos', sora);
      assert.equal(response.status, 200, response.text);
      assert.equal(stock.gateway.imageUse(String(parseBody(response)['id'])), 'used');
    });

    it('refuses a truncated form', async () => {
      const stock = await StockClient.start(gateways);
      const response = await stock.client.call('/v1/videos', {
        method: 'POST',
        body: '--x\r\nContent-Disposition: form-data; name="model"',
        headers: { 'content-type': 'multipart/form-data; boundary=x' },
      });
      assert.deepEqual([response.status, parseBody(response)['code']], [400, 'invalid_multipart_form']);
    });

    it('remixes a finished video, and bills the length and size of the source', async () => {
      const stock = await StockClient.start(gateways);
      const source = String(parseBody(await stock.create(anyRequest, '/v1/videos'))['id']);
      const path = `/v1/videos/${source}/remix`;
      assert.match((await stock.create({ prompt: 'at night' }, path)).text, /cannot be remixed/);
      await stock.gateway.advance(PAST_ALL_TASKS_MS);
      const response = await stock.create({ prompt: 'at night' }, path);
      const value = parseBody(response);
      assert.match(String(value['remixed_from_video_id']), /^video_/);
      assert.deepEqual([value['seconds'], value['size']], ['4', '1280x720']);
      assert.equal(response.headers['x-new-api-other-ratios'], '{"seconds":4,"size":1}');
      assert.equal((await stock.create({}, path)).status, 400);
      const unknown = await stock.create({ prompt: 'x' }, '/v1/videos/task_none/remix');
      assert.deepEqual([unknown.status, parseBody(unknown)['code']], [400, 'task_not_exist']);
    });
  });

  describe('query', () => {
    it('responds with a row in an envelope, with its own statuses and the provider object inside', async () => {
      const stock = await StockClient.start(gateways, {
        render: { unknownMs: 1_000, queuedMs: 4_000, runningMs: 5_000 },
      });
      const id = await stock.client.submitTask(wanRequest);
      const response = parseBody(await stock.client.query(id));
      assert.deepEqual([response['code'], response['message']], ['success', '']);
      assert.deepEqual(response['data'], {
        ...{ id: 1, created_at: CREATED, updated_at: CREATED, task_id: id, platform: '17', user_id: 1 },
        ...{ group: 'default', channel_id: 8, quota: 125_000, action: 'textGenerate', status: 'NOT_START' },
        ...{ fail_reason: '', submit_time: CREATED, start_time: 0, finish_time: 0, progress: '0%' },
        properties: { input: '', upstream_model_name: wanRequest.model, origin_model_name: wanRequest.model },
        data: null,
      });
      const expectedStatus: unknown[] = [];
      for (const ms of [1_000, 2_000, 2_000, 5_000]) {
        await stock.gateway.advance(ms);
        const { status, progress, data } = await stock.row(id);
        expectedStatus.push([status, progress, getObject(data as JsonObject, 'output')['task_status']]);
      }
      assert.deepEqual(expectedStatus, [
        ['SUBMITTED', '10%', 'PENDING'],
        ['QUEUED', '20%', 'PENDING'],
        ['IN_PROGRESS', '30%', 'RUNNING'],
        ['SUCCESS', '100%', 'SUCCEEDED'],
      ]);
      const row = await stock.row(id);
      assert.match(
        String(row['result_url']),
        new RegExp(`^${stock.gateway.resultsUrl}/results/${id}/0\\.mp4\\?`),
      );
      assert.equal(getObject(getObject(row, 'data'), 'output')['video_url'], row['result_url']);
      assert.equal(row['finish_time'], CREATED + 10);
    });

    it('returns the site’s own route for Sora, and its progress', async () => {
      const stock = await StockClient.start(gateways);
      const id = await stock.client.submitTask();
      await stock.gateway.advance(15_000);
      assert.match(String((await stock.row(id))['progress']), /^[2-9]\d%$/);
      await stock.gateway.advance(PAST_ALL_TASKS_MS);
      const row = await stock.row(id);
      assert.equal(row['result_url'], `${stock.gateway.baseUrl}/v1/videos/${id}/content`);
      assert.match(String(getObject(row, 'data')['id']), /^video_/);
      assert.equal(getObject(row, 'data')['status'], 'completed');
    });

    it('responds for Veo in a different shape, without billing', async () => {
      const stock = await StockClient.start(gateways);
      const id = await stock.client.submitTask({
        model: veoModel,
        seconds: undefined,
        size: undefined,
        metadata: { durationSeconds: 4 },
      });
      const start = { error: null, format: 'mp4', metadata: null, task_id: id };
      assert.deepEqual(await stock.row(id), { ...start, status: 'processing', url: '' });
      await stock.gateway.advance(PAST_ALL_TASKS_MS);
      const url = `${stock.gateway.baseUrl}/v1/videos/${id}/content`;
      assert.deepEqual(await stock.row(id), { ...start, status: 'succeeded', url });
      stock.gateway.setShapes({ video: 'inline' });
      assert.deepEqual(await stock.row(id), { ...start, status: 'succeeded', url: '' });
      assert.equal((await stock.content(id)).status, 200);
    });

    it('responds on /v1/videos with the same task as an OpenAI object', async () => {
      const stock = await StockClient.start(gateways);
      const [sora, wan] = [await stock.client.submitTask(), await stock.client.submitTask(wanRequest)];
      assert.equal((await stock.video(wan))['status'], 'unknown');
      await stock.gateway.advance(PAST_ALL_TASKS_MS);
      const soraVideo = await stock.video(sora);
      assert.deepEqual(
        [soraVideo['id'], soraVideo['status'], soraVideo['progress']],
        [sora, 'completed', 100],
      );
      assert.equal(soraVideo['metadata'], undefined);
      const wanVideo = await stock.video(wan);
      assert.deepEqual([wanVideo['status'], wanVideo['progress']], ['completed', 100]);
      assert.match(String(getObject(wanVideo, 'metadata')['url']), /^http/);
    });

    it('reports a failure in fail_reason, and on /v1/videos in error', async () => {
      const stock = await StockClient.start(gateways);
      const id = await stock.client.submitTask(wanRequest);
      stock.gateway.failTask(id, { message: 'no', code: 'InvalidParameter' });
      const row = await stock.row(id);
      assert.deepEqual([row['status'], row['fail_reason'], row['progress']], ['FAILURE', 'no', '100%']);
      assert.equal(row['result_url'], undefined);
      assert.deepEqual((await stock.video(id))['error'], { code: 'InvalidParameter', message: 'no' });
    });

    it('puts the reason of a failed Veo task in the place of its link', async () => {
      const stock = await StockClient.start(gateways);
      const id = await stock.client.submitTask({ model: veoModel, seconds: undefined, size: undefined });
      stock.gateway.failTask(id, { message: 'blocked' });
      const row = await stock.row(id);
      assert.deepEqual([row['status'], row['url'], row['error']], ['failed', 'blocked', null]);
      assert.equal((await stock.video(id))['error'], undefined);
    });

    it('hides tasks of other users on every route', async () => {
      const stock = await StockClient.start(gateways, {
        keys: [
          { key: 'sk-one', user: 'one' },
          { key: 'sk-two', user: 'two' },
        ],
      });
      const id = await stock.client.submitTask();
      const as = (path: string) => call(`${stock.gateway.baseUrl}${path}`, { headers: bearer('sk-two') });
      for (const path of [`/v1/video/generations/${id}`, `/v1/videos/${id}`]) {
        const response = await as(path);
        assert.deepEqual([response.status, parseBody(response)['code']], [400, 'task_not_exist']);
      }
      assert.equal((await as(`/v1/videos/${id}/content`)).status, 404);
    });
  });

  describe('content', () => {
    it('sends the video, only with the key, for every model', async () => {
      const stock = await StockClient.start(gateways);
      const ids = [await stock.client.submitTask(), await stock.client.submitTask(wanRequest)];
      await stock.gateway.advance(PAST_ALL_TASKS_MS);
      for (const id of ids) {
        const response = await stock.content(id);
        assert.equal(response.status, 200);
        assert.equal(response.headers['content-type'], 'video/mp4');
        assert.equal(Number(response.headers['content-length']), response.bytes.length);
        assert.equal(response.bytes.toString('latin1', 4, 8), 'ftyp');
        assert.equal(stock.gateway.log.at(-1)?.kind, 'content');
      }
      assert.equal((await call(`${stock.gateway.baseUrl}/v1/videos/${ids[0]}/content`)).status, 401);
    });

    it('refuses unknown, unfinished and deleted videos without a code', async () => {
      const stock = await StockClient.start(gateways, { render: { expiresMs: 3_600_000 } });
      const error = async (id: string): Promise<unknown[]> => {
        const response = await stock.content(id);
        const { message, type, code } = getObject(parseBody(response), 'error');
        return [response.status, message, type, code];
      };
      assert.deepEqual(await error('task_none'), [404, 'Task not found', 'invalid_request_error', undefined]);
      const id = await stock.client.submitTask();
      const unfinished = 'Task is not completed yet, current status: NOT_START';
      assert.deepEqual(await error(id), [400, unfinished, 'invalid_request_error', undefined]);
      await stock.gateway.advance(PAST_ALL_TASKS_MS);
      assert.equal((await stock.content(id)).status, 200);
      await stock.gateway.advance(3_600_000);
      const deleted = 'Upstream service returned status 404';
      assert.deepEqual(await error(id), [502, deleted, 'server_error', undefined]);
    });

    it('refuses a key that is limited to some models, because the request names none', async () => {
      const stock = await StockClient.start(gateways, { keys: [{ key: 'sk-good', models: ['sora-2'] }] });
      const id = await stock.client.submitTask();
      await stock.gateway.advance(PAST_ALL_TASKS_MS);
      const response = await stock.content(id);
      assert.equal(response.status, 403);
      assert.match(response.text, /该令牌无权访问模型 {2}\(request id/);
    });

    it('supports faults', async () => {
      const stock = await StockClient.start(gateways);
      const id = await stock.client.submitTask();
      await stock.gateway.advance(PAST_ALL_TASKS_MS);
      stock.gateway.setFault({ name: 'cutDuringBody', route: 'content' });
      assert.equal((await stock.content(id)).isComplete, false);
      assert.equal((await stock.content(id)).isComplete, true);
    });
  });

  it('applies the faults that change a task to the row', async () => {
    const stock = await StockClient.start(gateways);
    const id = await stock.client.submitTask();
    await stock.gateway.advance(PAST_ALL_TASKS_MS);
    stock.gateway.setFault({ name: 'statusWord', args: { word: 'ODD' } });
    assert.equal((await stock.row(id))['status'], 'ODD');
    stock.gateway.setFault({ name: 'progressIs', args: { progress: null } });
    assert.equal((await stock.row(id))['progress'], null);
    stock.gateway.setFault({ name: 'urlIs', args: { url: '' } });
    assert.equal((await stock.row(id))['result_url'], '');
    stock.gateway.setFault({ name: 'linkAt', args: { place: 'data.video_url' } });
    const row = await stock.row(id);
    assert.equal(row['result_url'], undefined);
    assert.match(String(row['video_url']), /\/content$/);
  });
});

/** Sends a form as fetch would, with its bytes unchanged. */
async function sendForm(stock: StockClient, path: string, form: FormData): Promise<Received> {
  const url = `${stock.gateway.baseUrl}${path}`;
  const response = await fetch(url, { method: 'POST', body: form, headers: bearer(stock.gateway.key) });
  const bytes = Buffer.from(await response.arrayBuffer());
  const headers = Object.fromEntries(response.headers.entries());
  return { status: response.status, headers, bytes, text: bytes.toString(), isComplete: true };
}
