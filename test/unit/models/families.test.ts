import assert from 'node:assert/strict';
import { untranslatedL10n } from '../../../src/core/common/l10n';
import { FAMILIES } from '../../../src/core/models/families';
import { RequestError } from '../../../src/core/models/family';
import type { ImageRole, VideoRequest } from '../../../src/core/models/request';
import { catalog, prepareRequest } from '../../support/catalog';

const PIXEL = 'data:image/png;base64,iVBORw0KGgo=';
const LINK = 'https://example.com/a.png';
const image = (role: ImageRole, source = PIXEL) => ({ role, source });
const prompt = 'a fox in the snow';
const [sora, veo31, veo31Fast, veo30] = [
  'sora-2',
  'veo-3.1-generate-preview',
  'veo-3.1-fast-generate-preview',
  'veo-3.0-generate-001',
];
const [t2v, i2v] = ['wan2.5-t2v-preview', 'wan2.5-i2v-preview'];
const [lite, liteI2v, pro10, pro15] = [
  'doubao-seedance-1-0-lite-t2v-250428',
  'doubao-seedance-1-0-lite-i2v-250428',
  'doubao-seedance-1-0-pro-250528',
  'doubao-seedance-1-5-pro-251215',
];
const [kling, doubao, jimeng] = ['kling-v1', 'doubao-video-v1', 'jimeng_vgfm_t2v_l20'];

type Given = Partial<VideoRequest> & { readonly model: string };

/** Expected bodies, complete. Each contains a prompt. */
const sent: readonly (readonly [rule: string, given: Given, body: unknown])[] = [
  ['sora: what is always sent', { model: sora }, { seconds: '4', size: '720x1280' }],
  [
    'sora: a first image',
    { model: sora, options: { size: '1280x720' }, images: [image('first')] },
    { seconds: '4', size: '1280x720', input_reference: PIXEL },
  ],
  [
    'sora: a remix goes out under both names, and without length and size',
    { model: sora, remixOf: 'video_7a1f' },
    { remix_from_video_id: 'video_7a1f', remix_video_id: 'video_7a1f' },
  ],
  [
    'sora: a remix of a task of ours',
    { model: sora, remixOf: 'our-task', options: { user: 'me' } },
    { user: 'me', remix_from_video_id: 'video_of_our_task', remix_video_id: 'video_of_our_task' },
  ],
  [
    'veo: what is always sent',
    { model: veo31 },
    {
      ...{ durationSeconds: 4, aspectRatio: '16:9', resolution: '1080p' },
      ...{ generateAudio: false, sampleCount: 1, personGeneration: 'allow_all' },
    },
  ],
  [
    'veo: all there is, with numbers and flags as texts',
    {
      model: veo31,
      options: {
        ...{ durationSeconds: '8', aspectRatio: '9:16', resolution: '720p', generateAudio: 'true' },
        ...{ sampleCount: '4', fps: 24, personGeneration: 'dont_allow', addWatermark: true, seed: '7' },
        ...{ user: 'me' },
      },
      images: [image('last', LINK), image('first')],
    },
    {
      ...{ durationSeconds: 8, aspectRatio: '9:16', resolution: '720p', generateAudio: true },
      ...{ sampleCount: 4, fps: 24, personGeneration: 'dont_allow', addWatermark: true, seed: 7 },
      ...{ user: 'me', image: PIXEL, lastFrame: LINK },
    },
  ],
  [
    'veo: the fast ones are not asked about sound',
    { model: veo31Fast },
    {
      ...{ durationSeconds: 4, aspectRatio: '16:9', resolution: '1080p' },
      ...{ sampleCount: 1, personGeneration: 'allow_all' },
    },
  ],
  [
    'wan: what is always sent for a text',
    { model: t2v },
    { duration: 5, size: '1280*720', resolution: '720p', smart_rewrite: false, generate_audio: false },
  ],
  [
    'wan: resolution goes with size',
    { model: t2v, options: { size: '1080*1920', duration: '10' } },
    { duration: 10, size: '1080*1920', resolution: '1080p', smart_rewrite: false, generate_audio: false },
  ],
  [
    'wan: resolution alone is 16:9 of its tier',
    { model: t2v, options: { resolution: '480p' } },
    { duration: 5, size: '832*480', resolution: '480p', smart_rewrite: false, generate_audio: false },
  ],
  [
    'wan: both, where they agree',
    { model: t2v, options: { resolution: '480p', size: '624*624', seed: 0 } },
    {
      duration: 5,
      size: '624*624',
      resolution: '480p',
      smart_rewrite: false,
      generate_audio: false,
      seed: 0,
    },
  ],
  [
    'wan: a sound file takes the place of made sound',
    { model: i2v, options: { audio_url: 'https://example.com/a.mp3' }, images: [image('first', LINK)] },
    {
      ...{ image: LINK, duration: 5, resolution: '720p', smart_rewrite: false },
      audio_url: 'https://example.com/a.mp3',
    },
  ],
  [
    'legacy: bare Base64',
    { model: kling, images: [image('first'), image('last', LINK)] },
    { image: 'iVBORw0KGgo=', image_tail: LINK, duration: 5, n: 1 },
  ],
  [
    'legacy: one side brings the other',
    { model: jimeng, options: { width: 720 } },
    { duration: 5, width: 720, height: 720, n: 1 },
  ],
  [
    'legacy: metadata is an object',
    { model: doubao, options: { metadata: '{"style":["a",1]}', camera_fixed: false, duration: 2.5 } },
    { duration: 2.5, n: 1, camera_fixed: false, metadata: { style: ['a', 1] } },
  ],
  [
    'extra fields stand beside the others',
    { model: sora, options: { extra: '{"hdr":true,"deep":{"a":[1]}}' } },
    { seconds: '4', size: '720x1280', hdr: true, deep: { a: [1] } },
  ],
];

/** Seedance: the text and the other fields of the metadata. */
const seedance: readonly (readonly [rule: string, given: Given, text: string, rest: object])[] = [
  ['1.0, text', { model: lite }, `${prompt} --rs 720p --ratio 16:9 --dur 5 --wm false`, {}],
  [
    'all flags, in one order',
    {
      model: pro10,
      options: {
        ...{ watermark: true, camerafixed: false, seed: -1, duration: '12' },
        ...{ ratio: '21:9', resolution: '480p' },
      },
    },
    `${prompt} --rs 480p --ratio 21:9 --dur 12 --seed -1 --cf false --wm true`,
    {},
  ],
  [
    'a first image',
    { model: pro10, images: [image('first')] },
    `${prompt} --rs 720p --ratio adaptive --dur 5 --wm false`,
    { images: [[PIXEL, 'first_frame']] },
  ],
  [
    'two images go out in order',
    { model: pro15, images: [image('last', LINK), image('first')], options: { return_last_frame: false } },
    `${prompt} --rs 720p --ratio adaptive --dur 5 --wm false`,
    {
      images: [
        [PIXEL, 'first_frame'],
        [LINK, 'last_frame'],
      ],
      return_last_frame: false,
    },
  ],
  [
    'references stay in order',
    { model: liteI2v, images: [image('reference', LINK), image('reference')] },
    `${prompt} --rs 720p --ratio adaptive --dur 5 --wm false`,
    {
      images: [
        [LINK, 'reference_image'],
        [PIXEL, 'reference_image'],
      ],
    },
  ],
  [
    'flags of options that were not given are the person’s',
    { model: pro10, prompt: 'a fox --seed 5 --cf true' },
    'a fox --seed 5 --cf true --rs 720p --ratio 16:9 --dur 5 --wm false',
    {},
  ],
  [
    'no flag is a name alone, or a part of a word',
    { model: pro10, prompt: 'a fox --durable dur --wm-x' },
    'a fox --durable dur --wm-x --rs 720p --ratio 16:9 --dur 5 --wm false',
    {},
  ],
  [
    '2.x: fields and no flags',
    { model: 'doubao-seedance-2-0-260128', options: { seed: 5 } },
    prompt,
    { duration: 5, ratio: 'adaptive', resolution: '720p', seed: 5, watermark: false },
  ],
  [
    'extra fields go where they are read',
    { model: lite, options: { extra: '{"callback_url":"https://example.com"}' } },
    `${prompt} --rs 720p --ratio 16:9 --dur 5 --wm false`,
    { callback_url: 'https://example.com' },
  ],
];

/** Invalid requests, and their messages. */
const refused: readonly (readonly [rule: string, given: Given, ...words: RegExp[]])[] = [
  [
    'sora: length of a remix',
    { model: sora, remixOf: 'video_1', options: { seconds: 4 } },
    /remix/,
    /seconds/,
  ],
  ['sora: size of a remix', { model: sora, remixOf: 'video_1', options: { size: '720x1280' } }, /size/],
  [
    'sora: a remix with an image',
    { model: sora, remixOf: 'video_1', images: [image('first')] },
    /remix takes no images/,
  ],
  ['sora: a remix of nobody knows what', { model: sora, remixOf: 'gone' }, /'gone'/, /video_/],
  ['sora: a remix of another family’s task', { model: sora, remixOf: 'veo-task' }, /veo-task/],
  ['sora: a last image', { model: sora, images: [image('last')] }, /combination of images/, /role 'first'/],
  ['sora: a reference', { model: sora, images: [image('reference')] }, /'reference'/],
  ['veo: a remix', { model: veo31, remixOf: 'video_1' }, /remixOf/],
  ['veo: 5 seconds', { model: veo31, options: { durationSeconds: 5 } }, /4, 6, 8/],
  ['veo: 12 seconds', { model: veo31, options: { durationSeconds: 12 } }, /4, 6, 8/],
  ['veo: another shape', { model: veo31, options: { aspectRatio: '1:1' } }, /16:9, 9:16/],
  ['veo: another tier', { model: veo31, options: { resolution: '4k' } }, /720p, 1080p/],
  ['veo: five videos', { model: veo31, options: { sampleCount: 5 } }, /sampleCount.*1 to 4/],
  ['veo: no videos', { model: veo31, options: { sampleCount: 0 } }, /1 to 4/],
  ['veo: half a video', { model: veo31, options: { sampleCount: 1.5 } }, /whole/],
  ['veo: seed 0', { model: veo31, options: { seed: 0 } }, /seed.*from 1/],
  ['veo: a negative rate', { model: veo31, options: { fps: -1 } }, /fps.*at least 1/],
  ['veo: a flag that is none', { model: veo31, options: { generateAudio: 'yes' } }, /true or false/],
  ['veo: another policy', { model: veo31, options: { personGeneration: 'none' } }, /allow_all/],
  [
    'veo: sound of a fast one',
    { model: veo31Fast, options: { generateAudio: false } },
    /always generates audio/,
  ],
  ['veo: names with underscores', { model: veo31, options: { duration_seconds: 8 } }, /durationSeconds/],
  ['veo: a last image alone', { model: veo31, images: [image('last')] }, /combination of images/],
  [
    'veo: a last image for 3.0',
    { model: veo30, images: [image('first'), image('last')] },
    /'first' and 'last'/,
  ],
  [
    'veo: two first images',
    { model: veo31, images: [image('first'), image('first')] },
    /combination of images/,
  ],
  ['wan: 7 seconds', { model: t2v, options: { duration: 7 } }, /5, 10/],
  ['wan: a size with an x', { model: t2v, options: { size: '832x480' } }, /832\*480/],
  [
    'wan: a size of another tier',
    { model: t2v, options: { size: '832*480', resolution: '720p' } },
    /resolution.*480p/,
    /must match/,
  ],
  [
    'wan: size with an image',
    { model: i2v, images: [image('first')], options: { size: '832*480' } },
    /aspect ratio of its image/,
  ],
  ['wan: a shape', { model: t2v, options: { aspect_ratio: '16:9' } }, /aspect_ratio/],
  ['wan: a shape in extra', { model: t2v, options: { extra: '{"aspect_ratio":"16:9"}' } }, /aspect_ratio/],
  [
    'wan: two kinds of sound',
    { model: t2v, options: { audio_url: 'https://example.com/a.mp3', generate_audio: true } },
    /audio_url.*generate_audio/,
  ],
  [
    'wan: a sound file, and made sound refused',
    { model: t2v, options: { audio_url: 'https://example.com/a.mp3', generate_audio: false } },
    /audio_url.*generate_audio/,
  ],
  ['wan: sound that is no link', { model: t2v, options: { audio_url: 'a.mp3' } }, /an https URL/],
  [
    'wan: sound over http',
    { model: t2v, options: { audio_url: 'http://example.com/a.mp3' } },
    /an https URL/,
  ],
  ['wan: seed too large', { model: t2v, options: { seed: 2_147_483_648 } }, /0 to 2147483647/],
  ['wan: a user', { model: t2v, options: { user: 'me' } }, /user/],
  ['wan: no image', { model: i2v }, /text alone/, /role 'first'/],
  ['wan: an image for t2v', { model: t2v, images: [image('first')] }, /It supports: text alone/],
  ['wan: two images', { model: i2v, images: [image('first'), image('last')] }, /'last'/],
  [
    'wan: a large image',
    { model: i2v, images: [image('first', `data:image/png;base64,${'A'.repeat(500_004)}`)] },
    /500004 .* 500000/,
  ],
  ['seedance: 3 seconds of 1.5', { model: pro15, options: { duration: 3 } }, /duration.*4, 5/],
  ['seedance: 13 seconds', { model: pro10, options: { duration: 13 } }, /2, 3.* 12\./],
  ['seedance: adaptive without an image', { model: pro10, options: { ratio: 'adaptive' } }, /needs an image/],
  ['seedance: seed too large', { model: pro10, options: { seed: 4_294_967_296 } }, /4294967295/],
  ['seedance: a rate', { model: pro10, options: { fps: 24 } }, /fps/],
  [
    'seedance: return_last_frame of 1.0',
    { model: pro10, options: { return_last_frame: true } },
    /return_last/,
  ],
  [
    'seedance: 1080p of references',
    { model: liteI2v, images: [image('reference')], options: { resolution: '1080p' } },
    /480p, 720p/,
    /Reference/,
  ],
  [
    'seedance: a fixed camera with references',
    { model: liteI2v, images: [image('reference')], options: { camerafixed: true } },
    /reference images/,
  ],
  ['seedance: references for 1.5', { model: pro15, images: [image('reference')] }, /'reference'/],
  ['seedance: text for lite-i2v', { model: liteI2v }, /text alone/],
  ['seedance: an image for lite-t2v', { model: lite, images: [image('first')] }, /text alone/],
  ['seedance: a last image for 1.0 pro', { model: pro10, images: [image('first'), image('last')] }, /'last'/],
  [
    'seedance: five references',
    { model: liteI2v, images: Array.from({ length: 5 }, () => image('reference')) },
    /combination of images/,
  ],
  [
    'seedance: roles of two modes',
    { model: liteI2v, images: [image('first'), image('reference')] },
    /combination of images/,
  ],
  ...[
    '--rs 480p',
    '--resolution 720p',
    '--ratio 1:1',
    '--rt 1:1',
    '--dur 5',
    '--duration 5',
    '--wm true',
  ].map(
    (written) =>
      [
        `seedance: ${written} in the prompt`,
        { model: pro10, prompt: `a fox ${written}` },
        new RegExp(String(written.split(' ')[0])),
      ] as const,
  ),
  ['seedance: --seed and seed', { model: pro10, prompt: 'a --seed 5', options: { seed: 5 } }, /'--seed'/],
  ['seedance: --cf', { model: pro10, prompt: 'a --cf true', options: { camerafixed: true } }, /'--cf'/],
  [
    'seedance: --camerafixed',
    { model: pro10, prompt: 'a --CameraFixed true', options: { camerafixed: true } },
    /'--CameraFixed'/,
  ],
  ['seedance: a flag in front', { model: pro10, prompt: '--watermark true\na fox' }, /'--watermark'/],
  ['seedance: nothing but flags', { model: pro10, prompt: '--seed 5 --cf true' }, /only flags/],
  [
    'seedance: 2.x and a flag',
    { model: 'doubao-seedance-2-0-260128', prompt: 'a fox --dur 5' },
    /'--dur'.*'duration'/,
  ],
  ['seedance: content in extra', { model: pro10, options: { extra: '{"content":[]}' } }, /content/],
  ['legacy: mode of another vendor', { model: doubao, options: { mode: 'pro' } }, /doesn't support 'mode'/],
  ['legacy: Doubao’s options for Kling', { model: kling, options: { watermark: true } }, /watermark/],
  ['legacy: an unknown mode', { model: kling, options: { mode: 'fast' } }, /std, pro/],
  ['legacy: a scale of 2', { model: kling, options: { cfg_scale: 2 } }, /0 to 1/],
  ['legacy: an odd width', { model: kling, options: { width: 721 } }, /multiple of 2/],
  ['legacy: two videos of Jimeng', { model: jimeng, options: { n: 2 } }, /must be one of 1\./],
  ['legacy: a last image for Jimeng', { model: jimeng, images: [image('first'), image('last')] }, /'last'/],
  ['legacy: metadata that is a list', { model: kling, options: { metadata: '[1]' } }, /JSON object/],
  ['legacy: metadata that is broken', { model: kling, options: { metadata: '{a' } }, /JSON object/],
  [
    'legacy: the prompt twice',
    { model: kling, options: { metadata: '{"prompt":"b"}' } },
    /can't contain 'prompt'/,
  ],
  ['legacy: an option twice', { model: kling, options: { metadata: '{"n":4}' } }, /can't contain 'n'/],
  ['extra that is no object', { model: sora, options: { extra: '"a"' } }, /JSON object/],
  ['extra that is no text', { model: sora, options: { extra: 1 } }, /JSON object/],
  ...['model', 'prompt', 'seconds', 'user', 'width', 'input_reference', 'remixVideoId'].map(
    (name) =>
      [
        `extra with ${name}`,
        { model: sora, options: { extra: JSON.stringify({ [name]: 'x' }) } },
        new RegExp(`'${name}'`),
      ] as const,
  ),
  ...[
    ...[
      'x',
      'http://example.com/a.png',
      'iVBORw0KGgo=',
      'data:text/plain;base64,AAAA',
      'data:image/png,AAAA',
    ],
    ...['data:image/png;base64,', 'data:image/png;base64,AA,AA', 'data:image/png;base64,AAA', 'https://a b'],
  ].map(
    (source) =>
      [
        `an image that is ${source}`,
        { model: sora, images: [image('first', source)] },
        /https URL.*data:image\/png;base64,/,
      ] as const,
  ),
  [
    'an image in a file, as long as nobody has read it',
    { model: sora, images: [image('first', 'file:///a.png')] },
    /an https URL or a data URI/,
  ],
];

const ids: Readonly<Record<string, string>> = { 'our-task': 'video_of_our_task', 'veo-task': 'cHJvamVjdHMv' };
const prepare = (given: Given) => prepareRequest({ prompt, ...given }, untranslatedL10n, (id) => ids[id]);

describe('families', () => {
  for (const [rule, given, body] of sent) {
    it(rule, () => {
      const prepared = prepare(given);
      assert.deepEqual(JSON.parse(prepared.body), {
        model: given.model,
        prompt,
        ...(body as object),
      });
      // Preparing the stored request again gives the same body.
      assert.equal(prepareRequest(prepared.request, untranslatedL10n).body, prepared.body);
    });
  }

  for (const [rule, given, text, { images = [], ...rest }] of seedance as readonly (readonly [
    string,
    Given,
    string,
    { images?: readonly (readonly [string, string])[] },
  ])[]) {
    it(`seedance: ${rule}`, () => {
      const prepared = prepare(given);
      const content = [
        { type: 'text', text },
        ...images.map(([url, role]) => ({ type: 'image_url', image_url: { url }, role })),
      ];
      assert.deepEqual(JSON.parse(prepared.body), {
        model: given.model,
        prompt: given.prompt ?? prompt,
        metadata: { content, ...rest },
      });
      assert.equal(prepareRequest(prepared.request, untranslatedL10n).body, prepared.body);
    });
  }

  for (const [rule, given, ...words] of refused) {
    it(`reject ${rule}`, () => {
      assert.throws(
        () => prepare(given),
        (error) => {
          assert.ok(error instanceof RequestError, String(error));
          for (const word of words) assert.match(error.message, word);
          assert.match(error.message, /^[A-Z"'].*[.…]$/s);
          assert.doesNotMatch(error.message, /undefined|\[object|\n/);
          assert.ok(error.message.length < 1_000);
          return true;
        },
      );
    });
  }

  it('contain models by name, and others by their prefix', () => {
    const prefixed: Readonly<Record<string, string>> = {
      'sora-3': 'sora',
      'veo-4.0-generate': 'veo',
      'wan2.6-i2v-flash': 'wan',
      'doubao-seedance-2-0-fast-260128': 'seedance',
      'kling-v3': 'legacy',
      jimeng_new: 'legacy',
      'doubao-video-v2': 'legacy',
    };
    for (const [id, family] of Object.entries(prefixed)) assert.equal(catalog.familyOf(id)?.id, family, id);
    for (const { id, family } of catalog.models) {
      assert.equal(catalog.familyOf(id), family);
      assert.ok(
        family.prefixes.some((prefix) => id.startsWith(prefix)),
        id,
      );
    }
    assert.equal(catalog.familyOf('MiniMax-Hailuo-02'), undefined);
    assert.equal(new Set(catalog.models.map(({ id }) => id)).size, catalog.models.length);
    assert.equal(new Set(FAMILIES.map(({ id }) => id)).size, FAMILIES.length);
  });
});
