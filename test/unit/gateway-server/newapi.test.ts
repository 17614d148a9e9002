import assert from 'node:assert/strict';
import { dataUri, png } from './images';
import {
  anyRequest,
  bearer,
  call,
  GatewayRack,
  jsonOf,
  LONG_ENOUGH,
  objectAt,
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

/** Requests of the stock dialect, with the gateway's own key. */
class StockClient {
  readonly client: TestClient;

  constructor(client: TestClient) {
    this.client = client;
  }

  static async start(rack: GatewayRack, options: GatewayOptions = {}): Promise<StockClient> {
    return new StockClient(await rack.start({ dialect: 'newapi', ...options }));
  }

  get gateway() {
    return this.client.gateway;
  }

  create(body: unknown, path = '/v1/video/generations'): Promise<Received> {
    return this.client.call(path, { method: 'POST', body });
  }

  /** The row of the generic query. */
  async row(id: string): Promise<JsonObject> {
    return objectAt(jsonOf(await this.client.query(id)), 'data');
  }

  async video(id: string): Promise<JsonObject> {
    return jsonOf(await this.client.call(`/v1/videos/${id}`));
  }

  content(id: string): Promise<Received> {
    return this.client.call(`/v1/videos/${id}/content`);
  }

  /** The one video of a task. */
  spec(id: string) {
    return this.gateway.task(id)!.specs[0]!;
  }
}

describe('pretend gateway as stock new-api', function () {
  // Videos are really encoded, which takes its time on a busy machine.
  this.timeout(60_000);
  const rack = new GatewayRack();
  afterEach(() => rack.stopAll());

  it('names its version on every response, also on errors', async () => {
    const { client } = await StockClient.start(rack);
    for (const path of ['/v1/models', '/v1/nothing', '/', '/api/status']) {
      const reply = await client.call(path);
      assert.match(String(reply.headers['x-new-api-version']), /^v\d/);
      assert.ok(reply.headers['x-oneapi-request-id']);
    }
  });

  it('words errors of the key as new_api_error', async () => {
    const { gateway } = await StockClient.start(rack);
    const reply = await call(`${gateway.baseUrl}/v1/models`, { headers: bearer('sk-wrong') });
    assert.equal(reply.status, 401);
    assert.equal(objectAt(jsonOf(reply), 'error')['type'], 'new_api_error');
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
    it(`answers ${method} ${path} with ${status === 200 ? 'a web page and 200' : 'a JSON error'}`, async () => {
      const { client } = await StockClient.start(rack);
      const reply = await client.call(path, { method });
      assert.equal(reply.status, status);
      if (status === 200) assert.match(reply.text, /^<!doctype html>/);
      else assert.equal(objectAt(jsonOf(reply), 'error')['message'], `Invalid URL (${method} ${path})`);
    });
  }

  it("has no download call: it's a task of that name", async () => {
    const { client } = await StockClient.start(rack);
    const reply = await client.download('task_1');
    assert.deepEqual([reply.status, jsonOf(reply)['code']], [400, 'task_not_exist']);
  });

  it('lists endpoint types: openai-video for Sora, openai for the others', async () => {
    const { client } = await StockClient.start(rack);
    const value = jsonOf(await client.call('/v1/models'));
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
    it('answers the video object of OpenAI with an ID of its own, and the ratios in a header', async () => {
      const stock = await StockClient.start(rack);
      const reply = await stock.create(wanRequest);
      assert.equal(reply.status, 200);
      const id = String(jsonOf(reply)['id']);
      assert.match(id, /^task_[A-Za-z0-9]{32}$/);
      assert.deepEqual(jsonOf(reply), {
        ...{ id, task_id: id, object: 'video', model: wanRequest.model },
        ...{ status: 'queued', progress: 0, created_at: CREATED },
      });
      const ratios = JSON.parse(String(reply.headers['x-new-api-other-ratios'])) as unknown;
      assert.deepEqual(ratios, { seconds: 5, 'resolution-480P': 1 });
      assert.equal(stock.gateway.log.at(-1)?.taskId, id);
    });

    it("answers Sora's own object, with its own ID in it", async () => {
      const stock = await StockClient.start(rack);
      const value = jsonOf(await stock.create(anyRequest));
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
      it(`refuses ${name}, and takes no money`, async () => {
        const stock = await StockClient.start(rack);
        const reply = await stock.create(body);
        assert.equal(reply.status, status);
        assert.equal(jsonOf(reply)['code'], code);
        assert.equal(jsonOf(reply)['data'], null);
        assert.match(String(jsonOf(reply)['message']), message);
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
        const stock = await StockClient.start(rack);
        const reply = await stock.create(body);
        assert.equal(reply.status, status);
        const error = objectAt(jsonOf(reply), 'error');
        assert.deepEqual([error['type'], error['code']], ['new_api_error', code]);
        assert.match(String(error['message']), message);
      });
    }

    it('speaks English where the site does', async () => {
      const stock = await StockClient.start(rack, { site: { language: 'en' } });
      const error = objectAt(jsonOf(await stock.create({ model: 'sora-3', prompt })), 'error');
      assert.match(
        String(error['message']),
        /^No available channel for model sora-3 under group default \(distributor\) \(request id: \w+\)$/,
      );
    });

    it('keeps a key to its models', async () => {
      const stock = await StockClient.start(rack, { keys: [{ key: 'sk-good', models: ['sora-2'] }] });
      assert.equal((await stock.create(wanRequest)).status, 403);
      assert.equal((await stock.create(anyRequest)).status, 200);
    });

    it('reads the options of Veo from metadata only: elsewhere they are lost, and 8 s at 720p are paid', async () => {
      const stock = await StockClient.start(rack);
      const options = { durationSeconds: 4, aspectRatio: '9:16', resolution: '1080p', sampleCount: 2 };
      const lost = await stock.create({ model: veoModel, prompt, ...options });
      const read = await stock.create({ model: veoModel, prompt, metadata: options });
      const shape = (reply: Received) => {
        const { width, height, seconds } = stock.spec(String(jsonOf(reply)['id']));
        return [width, height, seconds];
      };
      assert.deepEqual(shape(lost), [1280, 720, 8]);
      assert.deepEqual(shape(read), [1080, 1920, 4]);
      assert.equal(stock.gateway.task(String(jsonOf(read)['id']))?.specs.length, 1);
      assert.equal(lost.headers['x-new-api-other-ratios'], '{"seconds":8,"resolution":1}');
      assert.equal(read.headers['x-new-api-other-ratios'], '{"seconds":4,"resolution":1}');
    });

    it('reads metadata as JSON text, and length as a number or its text', async () => {
      const stock = await StockClient.start(rack);
      for (const fields of [
        { metadata: '{"durationSeconds":6,"model":"veo-9"}' },
        { duration: 6 },
        { duration: '6' },
      ]) {
        const reply = await stock.create({ model: veoModel, prompt, ...fields });
        assert.equal(stock.spec(String(jsonOf(reply)['id'])).seconds, 6);
      }
    });

    it('drops the text of Seedance content and takes the prompt in its place', async () => {
      const stock = await StockClient.start(rack);
      const content = [{ type: 'text', text: 'another prompt --dur 3' }];
      const reply = await stock.create({
        ...{ model: seedanceModel, prompt: 'a fox --dur 2' },
        metadata: { content, resolution: '480p', ratio: '9:16', duration: 5 },
      });
      const id = String(jsonOf(reply)['id']);
      assert.equal(stock.gateway.task(id)?.prompt, 'a fox --dur 2');
      const { width, height, seconds } = stock.spec(id);
      assert.deepEqual([width, height, seconds], [480, 854, 2]);
      assert.equal(reply.headers['x-new-api-other-ratios'], '{}');
    });

    it('takes an image of Wan from input_reference or under the names of the provider', async () => {
      const stock = await StockClient.start(rack);
      const image = dataUri(png(720, 720));
      for (const fields of [
        { input_reference: image },
        { metadata: { img_url: image } },
        { metadata: { input: { img_url: image }, parameters: { duration: 10, resolution: '480P' } } },
      ]) {
        const reply = await stock.create({ model: 'wan2.5-i2v-preview', prompt, size: '480P', ...fields });
        assert.equal(reply.status, 200, reply.text);
        assert.equal(stock.gateway.imageUse(String(jsonOf(reply)['id'])), 'used');
      }
    });

    it('takes forms too: unknown fields go into the metadata, a file is an image', async () => {
      const stock = await StockClient.start(rack);
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
      const { height, seconds } = stock.spec(String(jsonOf(veo)['id']));
      assert.deepEqual([height, seconds], [1280, 6]);

      const sora = new FormData();
      for (const [name, value] of Object.entries(anyRequest)) sora.set(name, value);
      sora.set('input_reference', new Blob([png(1280, 720)], { type: 'image/png' }), 'a.png');
      const reply = await sendForm(stock, '/v1/videos', sora);
      assert.equal(reply.status, 200, reply.text);
      assert.equal(stock.gateway.imageUse(String(jsonOf(reply)['id'])), 'used');
    });

    it('refuses a form that breaks off', async () => {
      const stock = await StockClient.start(rack);
      const reply = await stock.client.call('/v1/videos', {
        method: 'POST',
        body: '--x\r\nContent-Disposition: form-data; name="model"',
        headers: { 'content-type': 'multipart/form-data; boundary=x' },
      });
      assert.deepEqual([reply.status, jsonOf(reply)['code']], [400, 'invalid_multipart_form']);
    });

    it('remixes a finished video, and bills the length and size of the source', async () => {
      const stock = await StockClient.start(rack);
      const source = String(jsonOf(await stock.create(anyRequest, '/v1/videos'))['id']);
      const path = `/v1/videos/${source}/remix`;
      assert.match((await stock.create({ prompt: 'at night' }, path)).text, /cannot be remixed/);
      await stock.gateway.advance(LONG_ENOUGH);
      const reply = await stock.create({ prompt: 'at night' }, path);
      const value = jsonOf(reply);
      assert.match(String(value['remixed_from_video_id']), /^video_/);
      assert.deepEqual([value['seconds'], value['size']], ['4', '1280x720']);
      assert.equal(reply.headers['x-new-api-other-ratios'], '{"seconds":4,"size":1}');
      assert.equal((await stock.create({}, path)).status, 400);
      const unknown = await stock.create({ prompt: 'x' }, '/v1/videos/task_none/remix');
      assert.deepEqual([unknown.status, jsonOf(unknown)['code']], [400, 'task_not_exist']);
    });
  });

  describe('query', () => {
    it('answers a row in an envelope, in its own words, with the provider object inside', async () => {
      const stock = await StockClient.start(rack, {
        render: { unknownMs: 1_000, queuedMs: 4_000, runningMs: 5_000 },
      });
      const id = await stock.client.newTask(wanRequest);
      const reply = jsonOf(await stock.client.query(id));
      assert.deepEqual([reply['code'], reply['message']], ['success', '']);
      assert.deepEqual(reply['data'], {
        ...{ id: 1, created_at: CREATED, updated_at: CREATED, task_id: id, platform: '17', user_id: 1 },
        ...{ group: 'default', channel_id: 8, quota: 125_000, action: 'textGenerate', status: 'NOT_START' },
        ...{ fail_reason: '', submit_time: CREATED, start_time: 0, finish_time: 0, progress: '0%' },
        properties: { input: '', upstream_model_name: wanRequest.model, origin_model_name: wanRequest.model },
        data: null,
      });
      const words: unknown[] = [];
      for (const ms of [1_000, 2_000, 2_000, 5_000]) {
        await stock.gateway.advance(ms);
        const { status, progress, data } = await stock.row(id);
        words.push([status, progress, objectAt(data as JsonObject, 'output')['task_status']]);
      }
      assert.deepEqual(words, [
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
      assert.equal(objectAt(objectAt(row, 'data'), 'output')['video_url'], row['result_url']);
      assert.equal(row['finish_time'], CREATED + 10);
    });

    it("names the site's own route for Sora, and tells its progress", async () => {
      const stock = await StockClient.start(rack);
      const id = await stock.client.newTask();
      await stock.gateway.advance(15_000);
      assert.match(String((await stock.row(id))['progress']), /^[2-9]\d%$/);
      await stock.gateway.advance(LONG_ENOUGH);
      const row = await stock.row(id);
      assert.equal(row['result_url'], `${stock.gateway.baseUrl}/v1/videos/${id}/content`);
      assert.match(String(objectAt(row, 'data')['id']), /^video_/);
      assert.equal(objectAt(row, 'data')['status'], 'completed');
    });

    it('answers Veo in a shape of its own, without any money', async () => {
      const stock = await StockClient.start(rack);
      const id = await stock.client.newTask({
        model: veoModel,
        seconds: undefined,
        size: undefined,
        metadata: { durationSeconds: 4 },
      });
      const start = { error: null, format: 'mp4', metadata: null, task_id: id };
      assert.deepEqual(await stock.row(id), { ...start, status: 'processing', url: '' });
      await stock.gateway.advance(LONG_ENOUGH);
      const url = `${stock.gateway.baseUrl}/v1/videos/${id}/content`;
      assert.deepEqual(await stock.row(id), { ...start, status: 'succeeded', url });
      stock.gateway.setShapes({ video: 'inline' });
      assert.deepEqual(await stock.row(id), { ...start, status: 'succeeded', url: '' });
      assert.equal((await stock.content(id)).status, 200);
    });

    it('answers the same task on /v1/videos as an object of OpenAI', async () => {
      const stock = await StockClient.start(rack);
      const [sora, wan] = [await stock.client.newTask(), await stock.client.newTask(wanRequest)];
      assert.equal((await stock.video(wan))['status'], 'unknown');
      await stock.gateway.advance(LONG_ENOUGH);
      const soraVideo = await stock.video(sora);
      assert.deepEqual(
        [soraVideo['id'], soraVideo['status'], soraVideo['progress']],
        [sora, 'completed', 100],
      );
      assert.equal(soraVideo['metadata'], undefined);
      const wanVideo = await stock.video(wan);
      assert.deepEqual([wanVideo['status'], wanVideo['progress']], ['completed', 100]);
      assert.match(String(objectAt(wanVideo, 'metadata')['url']), /^http/);
    });

    it('tells a failure in fail_reason, and on /v1/videos in error', async () => {
      const stock = await StockClient.start(rack);
      const id = await stock.client.newTask(wanRequest);
      stock.gateway.failTask(id, { message: 'no', code: 'InvalidParameter' });
      const row = await stock.row(id);
      assert.deepEqual([row['status'], row['fail_reason'], row['progress']], ['FAILURE', 'no', '100%']);
      assert.equal(row['result_url'], undefined);
      assert.deepEqual((await stock.video(id))['error'], { code: 'InvalidParameter', message: 'no' });
    });

    it('puts the reason of a failed Veo task where its link belongs', async () => {
      const stock = await StockClient.start(rack);
      const id = await stock.client.newTask({ model: veoModel, seconds: undefined, size: undefined });
      stock.gateway.failTask(id, { message: 'blocked' });
      const row = await stock.row(id);
      assert.deepEqual([row['status'], row['url'], row['error']], ['failed', 'blocked', null]);
      assert.equal((await stock.video(id))['error'], undefined);
    });

    it("hides other users' tasks on every route", async () => {
      const stock = await StockClient.start(rack, {
        keys: [
          { key: 'sk-one', user: 'one' },
          { key: 'sk-two', user: 'two' },
        ],
      });
      const id = await stock.client.newTask();
      const as = (path: string) => call(`${stock.gateway.baseUrl}${path}`, { headers: bearer('sk-two') });
      for (const path of [`/v1/video/generations/${id}`, `/v1/videos/${id}`]) {
        const reply = await as(path);
        assert.deepEqual([reply.status, jsonOf(reply)['code']], [400, 'task_not_exist']);
      }
      assert.equal((await as(`/v1/videos/${id}/content`)).status, 404);
    });
  });

  describe('content', () => {
    it('is the video, for the key only, and for every model', async () => {
      const stock = await StockClient.start(rack);
      const ids = [await stock.client.newTask(), await stock.client.newTask(wanRequest)];
      await stock.gateway.advance(LONG_ENOUGH);
      for (const id of ids) {
        const reply = await stock.content(id);
        assert.equal(reply.status, 200);
        assert.equal(reply.headers['content-type'], 'video/mp4');
        assert.equal(Number(reply.headers['content-length']), reply.bytes.length);
        assert.equal(reply.bytes.toString('latin1', 4, 8), 'ftyp');
        assert.equal(stock.gateway.log.at(-1)?.kind, 'content');
      }
      assert.equal((await call(`${stock.gateway.baseUrl}/v1/videos/${ids[0]}/content`)).status, 401);
    });

    it('refuses without a code what is not there, not finished, or gone', async () => {
      const stock = await StockClient.start(rack, { render: { expiresMs: 3_600_000 } });
      const error = async (id: string): Promise<unknown[]> => {
        const reply = await stock.content(id);
        const { message, type, code } = objectAt(jsonOf(reply), 'error');
        return [reply.status, message, type, code];
      };
      assert.deepEqual(await error('task_none'), [404, 'Task not found', 'invalid_request_error', undefined]);
      const id = await stock.client.newTask();
      const early = 'Task is not completed yet, current status: NOT_START';
      assert.deepEqual(await error(id), [400, early, 'invalid_request_error', undefined]);
      await stock.gateway.advance(LONG_ENOUGH);
      assert.equal((await stock.content(id)).status, 200);
      await stock.gateway.advance(3_600_000);
      const gone = 'Upstream service returned status 404';
      assert.deepEqual(await error(id), [502, gone, 'server_error', undefined]);
    });

    it('is closed to a key that is limited to some models, because the request names none', async () => {
      const stock = await StockClient.start(rack, { keys: [{ key: 'sk-good', models: ['sora-2'] }] });
      const id = await stock.client.newTask();
      await stock.gateway.advance(LONG_ENOUGH);
      const reply = await stock.content(id);
      assert.equal(reply.status, 403);
      assert.match(reply.text, /该令牌无权访问模型 {2}\(request id/);
    });

    it('can be struck by faults', async () => {
      const stock = await StockClient.start(rack);
      const id = await stock.client.newTask();
      await stock.gateway.advance(LONG_ENOUGH);
      stock.gateway.setFault({ name: 'cutDuringBody', route: 'content' });
      assert.equal((await stock.content(id)).whole, false);
      assert.equal((await stock.content(id)).whole, true);
    });
  });

  it('changes the row with the faults that change a task', async () => {
    const stock = await StockClient.start(rack);
    const id = await stock.client.newTask();
    await stock.gateway.advance(LONG_ENOUGH);
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

/** Sends a form as fetch would, with its bytes untouched. */
async function sendForm(stock: StockClient, path: string, form: FormData): Promise<Received> {
  const url = `${stock.gateway.baseUrl}${path}`;
  const reply = await fetch(url, { method: 'POST', body: form, headers: bearer(stock.gateway.key) });
  const bytes = Buffer.from(await reply.arrayBuffer());
  const headers = Object.fromEntries(reply.headers.entries());
  return { status: reply.status, headers, bytes, text: bytes.toString(), whole: true };
}
