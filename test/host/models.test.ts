import { strict as assert } from 'node:assert';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { NebulaVideoApi, Task, VideoRequest } from '../../src/api';
import type { PretendGateway } from '../gateway/pretendGateway';
import { encodePng } from '../../src/core/images/pngWriter';
import { dataUri } from '../unit/gateway-server/images';
import { quarters } from '../unit/images/testImages';
import { setEnvironmentKey, setSetting, theApi } from './support/extension';
import { leaveGateway, useQuickGateway } from './support/gateway';
import { catalog } from '../support/catalog';

/** Complete images, because the service drops invalid ones. */
const png = (width: number, height: number) => Buffer.from(encodePng(quarters(width, height)));
const square = dataUri(png(720, 720));
const photo = png(640, 480);

type Asked = Omit<VideoRequest, 'prompt'>;

/** Result of a request: its body without model and prompt, and the frames of its videos. */
interface Outcome {
  readonly body: object;
  readonly pictures: readonly (readonly [width: number, height: number])[];
  readonly seconds: number;
  readonly sound: boolean;
}

const veoSmall = { resolution: '720p', durationSeconds: 4 };
const veoBody = { ...veoSmall, aspectRatio: '16:9', sampleCount: 1, personGeneration: 'allow_all' };
const veo = { pictures: [[1280, 720]], seconds: 4, sound: true } as const;
const still = { seconds: 2, sound: false, pictures: [[480, 480]] } as const;
const small = { resolution: '480p', ratio: '1:1', duration: 2 };
const flags = '--rs 480p --ratio 1:1 --dur 2 --wm false';
const pro15 = { ...small, duration: 4 };
const flags15 = '--rs 480p --ratio 1:1 --dur 4 --wm false';
const tiny = { width: 320, height: 240, duration: 1 };
const legacy = { body: { ...tiny, n: 1 }, pictures: [[320, 240]], seconds: 1, sound: false } as const;

/** Stands where a Seedance body has the prompt inside a text. */
const PROMPT = '(prompt)';
const content = (text: string, ...images: readonly (readonly [url: string, role: string])[]) => ({
  metadata: {
    content: [
      { type: 'text', text: `${PROMPT} ${text}` },
      ...images.map(([url, role]) => ({ type: 'image_url', image_url: { url }, role })),
    ],
  },
});

/** Each model of the reference at least once, the small way, and each kind of image. */
const runs: readonly (readonly [asked: Asked, outcome: Outcome])[] = [
  [
    { model: 'sora-2' },
    { body: { seconds: '4', size: '720x1280' }, pictures: [[720, 1280]], seconds: 4, sound: true },
  ],
  [
    { model: 'sora-2', images: [{ role: 'first', source: dataUri(png(720, 1280)) }] },
    {
      body: { seconds: '4', size: '720x1280', input_reference: dataUri(png(720, 1280)) },
      ...{ pictures: [[720, 1280]], seconds: 4, sound: true },
    },
  ],
  [
    { model: 'sora-2-pro', options: { size: '1280x720', user: 'me' } },
    {
      body: { seconds: '4', size: '1280x720', user: 'me' },
      ...{ pictures: [[1280, 720]], seconds: 4, sound: true },
    },
  ],
  [
    { model: 'veo-3.1-generate-preview', options: { ...veoSmall, sampleCount: 2, generateAudio: true } },
    {
      ...veo,
      body: { ...veoBody, sampleCount: 2, generateAudio: true },
      // Each sample is a video of the task.
      pictures: [
        [1280, 720],
        [1280, 720],
      ],
    },
  ],
  [
    {
      model: 'veo-3.1-fast-generate-preview',
      options: veoSmall,
      images: [
        { role: 'first', source: square },
        { role: 'last', source: square },
      ],
    },
    { ...veo, body: { ...veoBody, image: square, lastFrame: square } },
  ],
  [
    { model: 'veo-3.0-generate-001', options: { ...veoSmall, aspectRatio: '9:16' } },
    {
      body: { ...veoBody, aspectRatio: '9:16', generateAudio: false },
      ...{ pictures: [[720, 1280]], seconds: 4, sound: false },
    },
  ],
  [
    { model: 'veo-3.0-generate-preview', options: veoSmall, images: [{ role: 'first', source: square }] },
    { ...veo, body: { ...veoBody, generateAudio: false, image: square }, sound: false },
  ],
  [
    { model: 'veo-3.0-fast-generate-001', options: veoSmall },
    { ...veo, body: veoBody },
  ],
  [
    { model: 'wan2.5-t2v-preview', options: { size: '480*832', generate_audio: true } },
    {
      body: {
        ...{ duration: 5, size: '480*832', resolution: '480p' },
        ...{ smart_rewrite: false, generate_audio: true },
      },
      ...{ pictures: [[480, 832]], seconds: 5, sound: true },
    },
  ],
  [
    {
      model: 'wan2.5-i2v-preview',
      options: { resolution: '480p', smart_rewrite: true, seed: 7 },
      images: [{ role: 'first', source: square }],
    },
    {
      body: {
        ...{ image: square, duration: 5, resolution: '480p', smart_rewrite: true },
        ...{ generate_audio: false, seed: 7 },
      },
      ...{ pictures: [[624, 624]], seconds: 5, sound: false },
    },
  ],
  [
    { model: 'doubao-seedance-1-5-pro-251215', options: pro15 },
    { ...still, body: content(flags15), seconds: 4, sound: true },
  ],
  [
    {
      model: 'doubao-seedance-1-5-pro-251215-noAudio',
      options: { ...pro15, seed: 7, camerafixed: true },
      images: [
        { role: 'first', source: square },
        { role: 'last', source: square },
      ],
    },
    {
      ...still,
      body: content(
        '--rs 480p --ratio 1:1 --dur 4 --seed 7 --cf true --wm false',
        [square, 'first_frame'],
        [square, 'last_frame'],
      ),
      seconds: 4,
    },
  ],
  [
    { model: 'doubao-seedance-1-0-pro-250528', options: small },
    { ...still, body: content(flags) },
  ],
  [
    { model: 'doubao-seedance-1-0-lite-t2v-250428', options: small },
    { ...still, body: content(flags) },
  ],
  [
    {
      model: 'doubao-seedance-1-0-lite-i2v-250428',
      options: small,
      images: [
        { role: 'reference', source: square },
        { role: 'reference', source: square },
      ],
    },
    {
      ...still,
      body: content(flags, [square, 'reference_image'], [square, 'reference_image']),
    },
  ],
  [
    { model: 'kling-v2-master', options: { ...tiny, mode: 'pro' } },
    { ...legacy, body: { ...legacy.body, mode: 'pro' } },
  ],
  [
    {
      model: 'kling-v1-6',
      options: tiny,
      images: [
        { role: 'first', source: dataUri(photo) },
        { role: 'last', source: dataUri(photo) },
      ],
    },
    {
      ...legacy,
      body: { ...legacy.body, image: photo.toString('base64'), image_tail: photo.toString('base64') },
    },
  ],
  [
    { model: 'kling-v1', options: { ...tiny, n: 2, metadata: '{"style":"ink"}' } },
    {
      ...legacy,
      body: { ...tiny, n: 2, metadata: { style: 'ink' } },
      pictures: [
        [320, 240],
        [320, 240],
      ],
    },
  ],
  [
    { model: 'doubao-video-v1', options: { ...tiny, camera_fixed: true } },
    { ...legacy, body: { ...legacy.body, camera_fixed: true } },
  ],
  [{ model: 'jimeng_vgfm_t2v_l20', options: tiny }, legacy],
];

describe('every model of the reference', function () {
  // Each machine encodes the clips once.
  this.timeout(240_000);
  let api: NebulaVideoApi;
  let gateway: PretendGateway;
  let sent: readonly Promise<Task>[];

  const promptOf = (index: number) => `a fox in the snow, model ${index}`;
  const bodyOf = (prompt: string) =>
    gateway.log
      .filter(({ kind }) => kind === 'submit')
      .map(({ body }) => body as { prompt: string })
      .find((body) => body.prompt === prompt);

  before(async () => {
    api = await theApi();
    gateway = await useQuickGateway();
    setEnvironmentKey(gateway.key);
    await setSetting('confirm', 'never');
    // All at once: each would wait for its own polls otherwise.
    sent = runs.map(([asked], index) => api.generate({ ...asked, prompt: promptOf(index) }));
    await Promise.allSettled(sent);
  });

  after(() => leaveGateway(gateway));

  it('is in this table', () => {
    const tried = new Set(runs.map(([{ model }]) => model));
    assert.deepEqual(
      catalog.models.map(({ id }) => id).filter((id) => !tried.has(id)),
      [],
    );
  });

  for (const [index, [asked, { body, pictures, seconds, sound }]] of runs.entries()) {
    const images = asked.images?.map(({ role }) => role).join(', ') ?? '';
    it(`${asked.model}${images === '' ? '' : ` from ${images}`}`, async () => {
      const prompt = promptOf(index);
      const task = await api.settled((await sent[index]!).id);
      assert.equal(task.phase, 'saved', task.failure?.message);
      const expected = JSON.parse(JSON.stringify(body).replaceAll(PROMPT, prompt)) as object;
      assert.deepEqual(bodyOf(prompt), { model: asked.model, prompt, ...expected });
      assert.deepEqual(
        task.videos.map(({ width, height }) => [width, height]),
        pictures,
      );
      for (const video of task.videos) {
        assert.ok(Math.abs(video.durationSeconds - seconds) < 0.2, String(video.durationSeconds));
        assert.equal(video.hasAudio, sound);
        assert.equal((await readFile(fileURLToPath(video.uri))).length, video.bytes);
      }
      assert.equal(new Set(task.videos.map(({ sha256 }) => sha256)).size, pictures.length);
    });
  }

  it('sora-2, a remix of a task of ours', async () => {
    const source = await api.settled((await sent[0]!).id);
    const prompt = 'the same at night';
    const remix = await api.generate({ model: 'sora-2', prompt, remixOf: source.id });
    const task = await api.settled(remix.id);
    assert.equal(task.phase, 'saved', task.failure?.message);
    const id = source.gatewayTaskId;
    assert.deepEqual(bodyOf(prompt), {
      ...{ model: 'sora-2', prompt },
      ...{ remix_from_video_id: id, remix_video_id: id },
    });
    assert.deepEqual(task.request, { model: 'sora-2', prompt, options: {}, remixOf: id });
    assert.equal(task.videos[0]?.width, 720);
  });
});
