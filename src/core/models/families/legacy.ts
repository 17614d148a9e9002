import { MAX_INLINE_BYTES } from '../../images/imageLimits';
import {
  aspectRatio,
  count,
  fixedCamera,
  frameRate,
  length,
  resolution,
  seed,
  user,
  watermark,
} from '../commonParameters';
import type { OptionContext, Family } from '../family';
import { choice, flag, parseObject, text, integer, type Parameter } from '../parameter';

const isKling = (model: string): boolean => model.startsWith('kling-');
const isDoubao = (model: string): boolean => model.startsWith('doubao-video');
const isJimeng = (model: string): boolean => model.startsWith('jimeng');

const onlyOf = (model: string, name: string, fits: boolean) =>
  fits ? {} : { unavailable: `The model '${model}' doesn't support '${name}'.` };

function parameters({ model, options }: OptionContext): Parameter[] {
  // Send both or neither: the provider would combine one with its default for the other.
  const hasSize = options['width'] !== undefined || options['height'] !== undefined;
  const sides = { kind: 'whole', from: 64, to: 4096, step: 2 } as const;
  const all: readonly (Parameter & { readonly fits?: boolean })[] = [
    length({
      name: 'duration',
      values: { kind: 'number', from: 1, to: 60 },
      defaultValue: 5,
      isMain: true,
    }),
    {
      name: 'width',
      role: 'width',
      label: (l10n) => l10n.t('Width'),
      values: sides,
      ...(hasSize ? { defaultValue: 1280 } : {}),
      description: "In pixels. The provider's default is 1280. Sent together with `height`.",
    },
    {
      name: 'height',
      role: 'height',
      label: (l10n) => l10n.t('Height'),
      values: sides,
      ...(hasSize ? { defaultValue: 720 } : {}),
      description: "In pixels. The provider's default is 720. Sent together with `width`.",
    },
    frameRate,
    seed({ name: 'seed', values: integer(-1, 999_999_999), description: '-1 means any.' }),
    count({ name: 'n', values: isJimeng(model) ? choice(1) : integer(1, 4) }),
    {
      name: 'response_format',
      label: () => 'response_format',
      values: choice('url'),
      description: 'How the result is delivered.',
    },
    aspectRatio({
      name: 'aspect_ratio',
      values: text,
      description: 'Aspect ratio, for example `16:9`.',
    }),
    {
      ...resolution({
        name: 'resolution',
        values: choice('480p', '720p', '1080p'),
        description: 'Lines of the video (Doubao).',
      }),
      fits: isDoubao(model),
    },
    {
      name: 'mode',
      label: (l10n) => l10n.t('Mode'),
      values: choice('std', 'pro'),
      description: 'Quality (Kling).',
      fits: isKling(model),
    },
    {
      name: 'cfg_scale',
      label: (l10n) => l10n.t('Guidance Scale'),
      values: { kind: 'number', from: 0, to: 1 },
      description: 'How closely the prompt is followed (Kling).',
      fits: isKling(model),
    },
    {
      name: 'negative_prompt',
      label: (l10n) => l10n.t('Negative Prompt'),
      values: text,
      description: 'What the video must not show.',
      hasRow: true,
    },
    {
      name: 'quality_level',
      label: (l10n) => l10n.t('Quality'),
      values: choice('low', 'medium', 'high', 'ultra-high'),
      description: 'Quality.',
    },
    {
      ...watermark({
        name: 'watermark',
        values: flag,
        description: 'Whether there is a watermark (Doubao).',
      }),
      fits: isDoubao(model),
    },
    {
      ...fixedCamera({
        name: 'camera_fixed',
        values: flag,
        description: 'Whether the camera stays fixed (Doubao).',
      }),
      fits: isDoubao(model),
    },
    user,
    {
      name: 'metadata',
      label: (l10n) => l10n.t('Metadata'),
      values: { kind: 'object' },
      description: 'More for the provider, as a JSON object in a text. It must not repeat other fields.',
    },
  ];
  return all.map(({ fits = true, ...parameter }) => ({
    ...parameter,
    ...onlyOf(model, parameter.name, fits),
  }));
}

const fields = ['model', 'prompt', 'image', 'image_tail'];

/** Models of 2025. Unlike the others, they take Base64 without a data URI prefix (API reference 7.6). */
export const legacy: Family = {
  id: 'legacy',
  label: () => 'Legacy',
  prefixes: ['kling-', 'jimeng', 'doubao-video'],
  models: [
    { id: 'kling-v2-master', label: 'Kling 2 Master' },
    { id: 'kling-v1-6', label: 'Kling 1.6' },
    { id: 'kling-v1', label: 'Kling 1' },
    { id: 'doubao-video-v1', label: 'Doubao Video 1' },
    { id: 'jimeng_vgfm_t2v_l20', label: 'Jimeng Text to Video' },
  ],
  result: 'link',
  modes: (model) => (isJimeng(model) ? ['text', 'first'] : ['text', 'first', 'firstLast']),
  sound: () => 'none',
  parameters,
  imageLimits: () => ({
    formats: ['jpeg', 'png'],
    writes: 'pngOrJpeg',
    maxBytes: MAX_INLINE_BYTES,
    source: '7.6',
  }),
  fields,

  /** Rejects duplicate values: the sources disagree on which one takes precedence (API reference 13 row 24). */
  validate(request) {
    const more = Object.keys(parseObject(String(request.options['metadata'] ?? '')) ?? {});
    const names = [...fields, ...parameters(request).map(({ name }) => name)];
    const twice = more.find((name) => names.includes(name));
    if (twice === undefined) return undefined;
    return `'metadata' can't contain '${twice}', which is an option or field of its own.`;
  },

  body: ({ model, prompt, options, images, extra }) => {
    const { metadata, ...others } = options;
    const image = (role: string) =>
      images.find((one) => one.role === role)?.source.replace(/^data:[^,]*,/, '');
    const [first, last] = [image('first'), image('last')];
    return {
      model,
      prompt,
      ...(first === undefined ? {} : { image: first }),
      ...(last === undefined ? {} : { image_tail: last }),
      ...others,
      ...(metadata === undefined ? {} : { metadata: parseObject(String(metadata)) }),
      ...extra,
    };
  },
};
