import assert from 'node:assert/strict';
import type { ResponseShapes } from '../../gateway/gatewayOptions';
import { dataUri, jpeg, png } from './images';
import { call, TestGateways, parseBody, PAST_ALL_TASKS_MS, getObject, type JsonObject } from './testClient';

const CONTENT = (text: string, ...images: unknown[]) => ({
  metadata: { content: [{ type: 'text', text }, ...images] },
});
const image = (role?: string, url = dataUri(png(720, 720))) => ({
  type: 'image_url',
  image_url: { url },
  ...(role === undefined ? {} : { role }),
});

const veo = { model: 'veo-3.1-generate-preview', prompt: 'a lighthouse', resolution: '720p' };
const t2v = { model: 'wan2.5-t2v-preview', prompt: 'neon rain', size: '832*480' };
const i2v = { model: 'wan2.5-i2v-preview', prompt: 'the kitten', image: dataUri(png(720, 720)) };
const seedance = (text: string, ...images: unknown[]) => ({
  model: 'doubao-seedance-1-5-pro-251215-noAudio',
  ...CONTENT(text, ...images),
});
const liteI2v = (text: string, ...images: unknown[]) => ({
  ...seedance(text, ...images),
  model: 'doubao-seedance-1-0-lite-i2v-250428',
});
const legacy = { model: 'kling-v1', prompt: 'a fox', width: 320, height: 240, duration: 1 };

/** A minimal request of each family, and the format of its task IDs (API reference 4.3). */
const families: Readonly<Record<string, readonly [body: JsonObject, id: RegExp]>> = {
  sora: [{ model: 'sora-2', prompt: 'a paper boat' }, /^video_[0-9a-f]{20}$/],
  veo: [veo, /^cHJvamVjdHMv[\w-]{140,}$/],
  wan: [t2v, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/],
  seedance: [seedance('a fox --rs 480p --ratio 1:1 --dur 4'), /^cgt-\d{14}-[0-9a-f]+$/],
  legacy: [legacy, /^[0-9a-f]{12}$/],
};

/** The members of each response to a submit (API reference 4.2). */
const submits: Readonly<Record<ResponseShapes['submit'], Readonly<Record<string, readonly string[]>>>> = {
  full: {
    sora: ['task_id', 'status', 'format', 'metadata'],
    veo: ['task_id'],
    wan: ['task_id', 'status', 'format', 'metadata'],
    seedance: ['task_id', 'status'],
    legacy: ['code', 'message', 'data'],
  },
  code: {
    sora: ['task_id', 'status', 'format', 'metadata'],
    veo: ['task_id'],
    wan: ['task_id', 'status', 'status_code', 'request_id', 'code', 'message', 'output'],
    seedance: ['task_id', 'status'],
    legacy: ['task_id'],
  },
  short: { '': ['task_id', 'status', 'format'] },
  bare: { '': ['task_id'] },
  envelope: { '': ['code', 'message', 'data'] },
  envelopeText: { '': ['code', 'message', 'data'] },
  oldPage: { '': ['id', 'object', 'status', 'model', 'created', 'prompt', 'duration'] },
  vendor: { sora: ['id', 'object', 'model', 'status', 'progress', 'seconds'] },
};

describe('pretend gateway: families', function () {
  this.timeout(60_000);
  const gateways = new TestGateways();
  afterEach(() => gateways.stopAll());

  for (const [name, [body, id]] of Object.entries(families)) {
    for (const [shape, members] of Object.entries(submits)) {
      it(`responds to a ${name} submit in the shape "${shape}"`, async () => {
        const client = await gateways.start({ shapes: { submit: shape as ResponseShapes['submit'] } });
        const response = await client.submit(body);
        assert.equal(response.status, 200, response.text);
        const [task] = client.gateway.tasks;
        assert.match(String(task?.id), id);
        const expected = members[name] ?? members[''];
        if (expected) assert.deepEqual(Object.keys(parseBody(response)).slice(0, expected.length), expected);
        assert.ok(response.text.includes(String(task?.id)));
      });
    }

    for (const query of ['flat', 'slim', 'nested', 'envelope'] as const) {
      it(`responds to ${name} queries in the shape "${query}", to the end`, async () => {
        const client = await gateways.start({ shapes: { query, link: 'url' } });
        assert.equal((await client.submit(body)).status, 200);
        const [{ id } = { id: '' }] = client.gateway.tasks;
        const state = async (): Promise<JsonObject> => {
          const value = parseBody(await client.query(id));
          return 'data' in value ? getObject(value, 'data') : value;
        };
        assert.match(String((await state())['status']), /^(unknown|NOT_START)$/);
        await client.gateway.advance(10_000);
        assert.match(String((await state())['status']), /^in_progress$/i);
        await client.gateway.advance(PAST_ALL_TASKS_MS);
        const end = await state();
        assert.match(String(end['status']), /^succe(ss|eded)$/i);
        const link = end['url'] ?? getObject(end, 'data')['video_url'];
        assert.equal((await call(String(link))).headers['content-type'], 'video/mp4');
      });
    }

    for (const failure of ['F1', 'F2', 'F3', 'F4', 'F5'] as const) {
      it(`reports a ${name} failure in the shape ${failure}`, async () => {
        const client = await gateways.start({ shapes: { failure, query: 'nested' } });
        await client.submit(body);
        const [{ id } = { id: '' }] = client.gateway.tasks;
        client.gateway.failTask(id, { message: 'blocked here', code: 'some_code' });
        const response = await client.query(id);
        assert.match(response.text, /blocked here/);
        assert.match(response.text, failure === 'F5' ? /"FAILURE"/ : /"failed"/);
      });
    }
  }

  it('supports the download call only for sora', async () => {
    const client = await gateways.start();
    await client.submit(t2v);
    await client.gateway.advance(PAST_ALL_TASKS_MS);
    assert.equal((await client.download(client.gateway.tasks[0]!.id)).status, 400);
  });

  it('lists several videos in the vendor’s object too (Q10)', async () => {
    const client = await gateways.start();
    await client.submit({ ...veo, sampleCount: 2 });
    await client.gateway.advance(PAST_ALL_TASKS_MS);
    const value = parseBody(await client.query(client.gateway.tasks[0]!.id));
    const links = value['url'] as string[];
    assert.equal(new Set(links).size, 2);
    const { videos } = getObject(getObject(value, 'metadata'), 'response') as { videos: { url: string }[] };
    assert.deepEqual(
      videos.map(({ url }) => url),
      links,
    );
  });

  it('streams the video as a data URI, then reports "expired" (Q9)', async () => {
    const client = await gateways.start({ shapes: { video: 'inline' }, render: { expiresMs: 60_000 } });
    await client.submit({ ...veo, sampleCount: 2 });
    await client.gateway.advance(PAST_ALL_TASKS_MS);
    const [{ id } = { id: '' }] = client.gateway.tasks;
    const response = await client.query(id);
    assert.equal(response.headers['content-length'], undefined);
    for (const uri of parseBody(response)['url'] as string[]) {
      assert.match(uri.slice(0, 22), /^data:video\/mp4;base64,$/);
      assert.equal(Buffer.from(uri.slice(22), 'base64').toString('latin1', 4, 8), 'ftyp');
    }
    await client.gateway.advance(60_000);
    assert.equal(parseBody(await client.query(id))['url'], 'expired');
  });

  /** Silent corrections (API reference 7.3.1). */
  const corrected: readonly (readonly [name: string, fields: JsonObject, is: JsonObject])[] = [
    ['nothing given', { resolution: null }, { durationSeconds: 4, aspectRatio: '16:9', resolution: '1080p' }],
    ['an unknown duration', { durationSeconds: 5 }, { durationSeconds: 4 }],
    ['an unknown ratio', { aspectRatio: '1:1' }, { aspectRatio: '16:9' }],
    ['too many videos', { sampleCount: 9 }, { sampleCount: 4 }],
    ['too few', { sampleCount: 0 }, { sampleCount: 1 }],
    [
      'names with underscores',
      { duration_seconds: 8, sample_count: 2 },
      { durationSeconds: 4, sampleCount: 1 },
    ],
    ['sound', { generateAudio: true }, { generateAudio: true }],
    ['sound of the fast ones', { model: 'veo-3.0-fast-generate-001' }, { generateAudio: true }],
  ];
  for (const [name, fields, is] of corrected) {
    it(`corrects ${name} for veo`, async () => {
      const client = await gateways.start();
      assert.equal((await client.submit({ ...veo, ...fields })).status, 200);
      const value = parseBody(await client.query(client.gateway.tasks[0]!.id));
      for (const [key, expected] of Object.entries(is)) {
        assert.equal(getObject(value, 'metadata')[key], expected, key);
      }
    });
  }

  /** Requests that the service, or the vendor behind it, refuses. */
  const refused: readonly (readonly [name: string, body: JsonObject, words: RegExp])[] = [
    ['veo: a blank prompt', { ...veo, prompt: ' ' }, /prompt is required/],
    ['veo: a duration that is a text', { ...veo, durationSeconds: '8' }, /durationSeconds/],
    ['veo: 12 seconds', { ...veo, durationSeconds: 12 }, /12 seconds/],
    ['veo: a last frame alone', { ...veo, lastFrame: dataUri(png(720, 720)) }, /first frame/],
    [
      'veo: a last frame for 3.0',
      { ...veo, model: 'veo-3.0-generate-001', image: dataUri(png(9, 9)), lastFrame: dataUri(png(9, 9)) },
      /not supported/,
    ],
    [
      'veo: a link that leads nowhere',
      { ...veo, image: 'https://images.example/a.png' },
      /process input image/,
    ],
    ['wan: a blank prompt', { ...t2v, prompt: '' }, /prompt is required/],
    ['wan: 7 seconds', { ...t2v, duration: 7 }, /InvalidParameter.*duration/],
    ['wan: a size with an x', { ...t2v, size: '832x480' }, /832x480/],
    ['wan: an unknown tier', { ...t2v, resolution: '4k' }, /resolution/],
    ['wan: a flag that is a text', { ...t2v, smart_rewrite: 'yes' }, /smart_rewrite/],
    ['wan: no image', { ...i2v, image: '' }, /task_submit_failed/],
    ['wan: an image that is none', { ...i2v, image: 'a cat' }, /ImageFormat/],
    ['wan: a small image', { ...i2v, image: dataUri(png(100, 720)) }, /ImageSize/],
    ['wan: a long image', { ...i2v, image: 'A'.repeat(500_004) }, /DataInspection/],
    ['wan: a negative seed', { ...t2v, seed: -1 }, /seed/],
    ['seedance: two texts', seedance('a', { type: 'text', text: 'b' }), /请求参数错误/],
    ['seedance: an unknown flag', seedance('a --size 720p'), /--size/],
    ['seedance: a flag twice', seedance('a --rs 720p --resolution 720p'), /twice/],
    ['seedance: 3 seconds of 1.5', seedance('a --dur 3'), /--dur 3/],
    ['seedance: a fraction', seedance('a --dur 4.5'), /--dur 4.5/],
    ['seedance: only flags', seedance('--rs 720p'), /empty/],
    ['seedance: one last frame', seedance('a', image('last_frame')), /do not fit/],
    [
      'seedance: roles of two modes',
      seedance('a', image('first_frame'), image('reference_image')),
      /do not fit/,
    ],
    ['seedance: references for 1.5', seedance('a', image('reference_image')), /do not fit/],
    ['seedance: text alone for lite-i2v', liteI2v('a'), /do not fit/],
    [
      'seedance: five references',
      liteI2v('a', ...Array.from({ length: 5 }, () => image('reference_image'))),
      /do not fit/,
    ],
    ['seedance: 1080p with references', liteI2v('a --rs 1080p', image('reference_image')), /1080p/],
    [
      'seedance: a bare image',
      seedance('a', image('first_frame', png(720, 720).toString('base64'))),
      /cannot be read/,
    ],
    ['seedance: a narrow image', seedance('a', image('first_frame', dataUri(png(300, 900)))), /300x900/],
    ['legacy: a blank prompt', { ...legacy, prompt: '' }, /prompt is required/],
    ['legacy: an image with a prefix', { ...legacy, image: dataUri(jpeg(64, 64), 'jpeg') }, /cannot be read/],
    ['legacy: an unknown mode', { ...legacy, mode: 'fast' }, /mode/],
    ['legacy: a scale of 2', { ...legacy, cfg_scale: 2 }, /cfg_scale/],
  ];
  for (const [name, body, words] of refused) {
    it(`refuses ${name}`, async () => {
      const client = await gateways.start();
      const response = await client.submit(body);
      assert.equal(response.status, 400);
      assert.match(response.text, words);
      assert.equal(client.gateway.tasks.length, 0);
    });
  }

  it('uses the size of the image for wan, else the size of the text, else the tier', async () => {
    const client = await gateways.start();
    const size = async (body: JsonObject): Promise<string> => {
      await client.submit(body);
      const spec = client.gateway.tasks.at(-1)!.specs[0]!;
      return `${spec.width}x${spec.height}`;
    };
    assert.equal(await size({ ...i2v, image: dataUri(png(400, 720)), resolution: '480p' }), '480x832');
    assert.equal(await size({ ...i2v, resolution: '480p' }), '624x624');
    assert.equal(await size({ ...t2v, resolution: '720p' }), '832x480');
    assert.equal(await size({ model: t2v.model, prompt: 'x', resolution: '480p' }), '832x480');
  });

  it('ignores the top-level prompt for seedance, and renders a placeholder without content', async () => {
    const client = await gateways.start();
    const model = 'doubao-seedance-1-0-pro-250528';
    const prompt = async (body: JsonObject): Promise<string> => {
      assert.equal((await client.submit({ model, ...body })).status, 200);
      return client.gateway.tasks.at(-1)!.prompt;
    };
    assert.match(await prompt({ prompt: 'a fox' }), /placeholder/);
    assert.match(await prompt({ prompt: 'a fox', metadata: { content: 'a fox' } }), /placeholder/);
    assert.equal(await prompt({ prompt: 'a fox', ...CONTENT('a hare') }), 'a hare');
    assert.equal(await prompt({ content: [{ type: 'text', text: 'a hare' }] }), 'a hare');
  });

  it('prefers metadata over top-level values for legacy models', async () => {
    const client = await gateways.start();
    await client.submit({ ...legacy, metadata: { prompt: 'a hare', width: 640 } });
    const [task] = client.gateway.tasks;
    assert.deepEqual([task?.prompt, task?.specs[0]?.width], ['a hare', 640]);
  });
});
