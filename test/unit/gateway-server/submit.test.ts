import assert from 'node:assert/strict';
import { dataUri, jpeg, png } from './images';
import { anyRequest, TestGateways, parseBody, PAST_ALL_TASKS_MS, getObject } from './testClient';

describe('pretend gateway: submit', function () {
  // Encoding real videos takes long on a busy machine.
  this.timeout(60_000);
  const gateways = new TestGateways();
  afterEach(() => gateways.stopAll());

  it('responds with S1 and the vendor object, and logs the body', async () => {
    const client = await gateways.start();
    const response = await client.submit(anyRequest);
    assert.equal(response.status, 200);
    const value = parseBody(response);
    assert.match(String(value['task_id']), /^video_[0-9a-f]{20}$/);
    assert.equal(value['status'], 'submitted');
    const metadata = getObject(value, 'metadata');
    assert.equal(metadata['status'], 'queued');
    assert.equal(metadata['seconds'], '4');
    assert.equal(metadata['size'], '1280x720');
    assert.equal(metadata['created_at'], Date.UTC(2026, 10, 22, 10) / 1_000);
    const record = client.gateway.log[0]!;
    assert.deepEqual(record.body, anyRequest);
    assert.equal(record.taskId, value['task_id']);
    assert.equal(record.model, 'sora-2');
    assert.equal(record.outcome, 'sent');
  });

  it('responds with S2 in the short shape', async () => {
    const client = await gateways.start({ shapes: { submit: 'short' } });
    assert.deepEqual(Object.keys(parseBody(await client.submit(anyRequest))), [
      'task_id',
      'status',
      'format',
    ]);
  });

  const refusals: [string, unknown, number, string, RegExp][] = [
    ['text that is no JSON', '{"model":', 400, 'invalid_json', /./],
    ['a list', [], 400, 'invalid_json', /./],
    ['no body', '', 400, 'invalid_json', /./],
    ['no model', { prompt: 'x' }, 400, 'missing_model', /model/],
    ['a numeric model', { model: 2, prompt: 'x' }, 400, 'invalid_request', /model/],
    ['no prompt', { model: 'sora-2' }, 400, 'invalid_request', /^prompt is required$/],
    ['a blank prompt', { model: 'sora-2', prompt: ' \n\t' }, 400, 'invalid_request', /^prompt is required$/],
    ['a numeric prompt', { model: 'sora-2', prompt: 1 }, 400, 'invalid_request', /prompt/],
    ['seconds as boolean', { ...anyRequest, seconds: true }, 400, 'invalid_request', /seconds/],
    ['size as number', { ...anyRequest, size: 720 }, 400, 'invalid_request', /size/],
    ['width with a fraction', { ...anyRequest, width: 1.5 }, 400, 'invalid_request', /width/],
    ['duration as text', { ...anyRequest, duration: '5' }, 400, 'invalid_request', /duration/],
    ['an image object', { ...anyRequest, input_reference: {} }, 400, 'invalid_request', /input_reference/],
    [
      'an image of another size',
      { ...anyRequest, input_reference: dataUri(png(1280, 721)) },
      400,
      'fail_to_fetch_task',
      /Inpaint image must match/,
    ],
    [
      'a GIF',
      { ...anyRequest, input_reference: dataUri(Buffer.from('GIF89a\0\x05\xd0\x02', 'latin1'), 'gif') },
      400,
      'fail_to_fetch_task',
      /Unsupported/,
    ],
    [
      'a remix of nothing',
      { ...anyRequest, remix_video_id: 'video_none' },
      404,
      'fail_to_fetch_task',
      /not found/,
    ],
  ];
  for (const [name, body, status, code, message] of refusals) {
    it(`refuses ${name}`, async () => {
      const client = await gateways.start();
      const response = await client.submit(body);
      assert.equal(response.status, status);
      assert.equal(parseBody(response)['code'], code);
      assert.match(String(parseBody(response)['message']), message);
      assert.equal(client.gateway.tasks.length, 0);
    });
  }

  it('has no channel for an unknown model', async () => {
    const client = await gateways.start();
    for (const model of ['sora-3', 'SORA-2', 'veo-4', 'gpt-4o-mini']) {
      const response = await client.submit({ ...anyRequest, model });
      assert.equal(response.status, 503);
      assert.match(
        String(getObject(parseBody(response), 'error')['message']),
        new RegExp(`^当前分组 default 下对于模型 ${model} 无可用渠道 `),
      );
    }
  });

  it('ignores the model in a body that is not sent as JSON', async () => {
    const client = await gateways.start();
    const response = await client.submit(JSON.stringify(anyRequest), { 'content-type': 'text/plain' });
    assert.equal(parseBody(response)['code'], 'missing_model');
  });

  const corrections: [string, Record<string, unknown>, string, string][] = [
    ['defaults', {}, '4', '720x1280'],
    ['seconds as number', { seconds: 8 }, '8', '720x1280'],
    ['seconds outside the three', { seconds: '5' }, '4', '720x1280'],
    ['seconds with blanks', { seconds: ' 8' }, '4', '720x1280'],
    ['an unknown size', { size: '1920x1080' }, '4', '720x1280'],
    ['a size with an asterisk', { size: '1280*720' }, '4', '720x1280'],
    ['width and height', { width: 1280, height: 720 }, '4', '1280x720'],
    ['width and height that fit nothing', { width: 1280, height: 1280 }, '4', '720x1280'],
    ['width alone', { width: 1280 }, '4', '720x1280'],
    ['null for everything', { seconds: null, size: null, input_reference: null }, '4', '720x1280'],
    ['unknown fields', { frames: 7, aspect_ratio: '16:9', durationSeconds: 8 }, '4', '720x1280'],
  ];
  for (const [name, fields, seconds, size] of corrections) {
    it(`silently corrects ${name}`, async () => {
      const client = await gateways.start();
      const metadata = getObject(
        parseBody(await client.submit({ model: 'sora-2', prompt: 'x', ...fields })),
        'metadata',
      );
      assert.deepEqual([metadata['seconds'], metadata['size']], [seconds, size]);
    });
  }

  const images: [string, string, 'used' | 'dropped'][] = [
    ['a PNG', dataUri(png(1280, 720)), 'used'],
    ['a JPEG', dataUri(jpeg(1280, 720), 'jpeg'), 'used'],
    ['a JPEG as bare base64', jpeg(1280, 720).toString('base64'), 'used'],
    ['a data URI with two commas', `${dataUri(png(1280, 720))},`, 'dropped'],
    ['a data URI of another type', dataUri(png(1280, 720)).replace('image/png', 'text/plain'), 'dropped'],
    ['broken base64', `${dataUri(png(1280, 720))}*`, 'dropped'],
    [
      'base64 of no image',
      `data:image/png;base64,${Buffer.from('no image at all').toString('base64')}`,
      'dropped',
    ],
    ['a link that leads nowhere', 'https://images.example/a.png', 'dropped'],
    ['words', 'a picture of a cat', 'dropped'],
  ];
  for (const [name, image, imageUse] of images) {
    it(`${imageUse === 'dropped' ? 'drops' : 'uses'} an image that is ${name}`, async () => {
      const client = await gateways.start();
      const withImage = await client.submitTask({ input_reference: image });
      const without = await client.submitTask();
      const look = (id: string): string | undefined => client.gateway.task(id)?.specs[0]?.look;
      assert.equal(client.gateway.imageUse(withImage), imageUse);
      // Only a used image changes the video.
      assert.equal(look(withImage) === look(without), imageUse === 'dropped');
    });
  }

  it('remixes under the names that the code knows and drops the documented one', async () => {
    const client = await gateways.start();
    const source = await client.submitTask();
    const early = await client.submit({ model: 'sora-2', prompt: 'at night', remix_video_id: source });
    assert.match(early.text, /not completed/);
    await client.gateway.advance(PAST_ALL_TASKS_MS);
    const remix = async (field: string): Promise<Record<string, unknown>> => {
      const body = { model: 'sora-2', prompt: 'at night', seconds: '12', size: '720x1280', [field]: source };
      return getObject(parseBody(await client.submit(body)), 'metadata');
    };
    for (const name of ['remix_video_id', 'remixed_video_id', 'remixedVideoId', 'remixVideoId']) {
      const metadata = await remix(name);
      assert.equal(metadata['remixed_from_video_id'], source);
      assert.deepEqual([metadata['seconds'], metadata['size']], ['4', '1280x720']);
    }
    assert.equal((await remix('remix_from_video_id'))['remixed_from_video_id'], null);
  });

  it('keeps the prompt byte for byte', async () => {
    const client = await gateways.start();
    const prompt = '  雨の中の紙の舟 🚣\r\n"quoted" \\ \u2028 end ';
    const id = await client.submitTask({ prompt });
    assert.equal(client.gateway.task(id)?.prompt, prompt);
    assert.equal(parseBody(await client.query(id))['prompt'], prompt);
  });

  it('generates the same IDs from the same seed', async () => {
    const [one, two] = [await gateways.start(), await gateways.start()];
    assert.equal(await one.submitTask(), await two.submitTask());
  });
});
