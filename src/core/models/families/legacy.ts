import type { L10n } from '../../common/l10n';
import type { OptionContext, Family } from '../family';
import { choice, flag, parseObject, text, user, integer, type Parameter } from '../parameter';

const isKling = (model: string): boolean => model.startsWith('kling-');
const isDoubao = (model: string): boolean => model.startsWith('doubao-video');
const isJimeng = (model: string): boolean => model.startsWith('jimeng');

const onlyOf = (model: string, name: string, fits: boolean) =>
  fits
    ? {}
    : { unavailable: (l10n: L10n) => l10n.t('The model "{0}" does not know the option "{1}".', model, name) };

function parameters({ model, options }: OptionContext): Parameter[] {
  // One of them without the other would meet the service's own choice for that.
  const hasSize = options['width'] !== undefined || options['height'] !== undefined;
  const sides = { kind: 'whole', from: 64, to: 4096, step: 2 } as const;
  const all: readonly (Parameter & { readonly fits?: boolean })[] = [
    {
      name: 'duration',
      values: { kind: 'number', from: 1, to: 60 },
      defaultValue: 5,
      description: 'Length in seconds.',
      hasOwnStep: true,
    },
    {
      name: 'width',
      values: sides,
      ...(hasSize ? { defaultValue: 1280 } : {}),
      description: 'In pixels; the service’s own choice is 1280. Sent together with `height`.',
    },
    {
      name: 'height',
      values: sides,
      ...(hasSize ? { defaultValue: 720 } : {}),
      description: 'In pixels; the service’s own choice is 720. Sent together with `width`.',
    },
    { name: 'fps', values: integer(1), description: 'Frames a second; the service’s own choice is 24.' },
    { name: 'seed', values: integer(-1, 999_999_999), description: '-1 means any.' },
    {
      name: 'n',
      values: isJimeng(model) ? choice(1) : integer(1, 4),
      defaultValue: 1,
      description: 'How many videos; each one is paid for.',
    },
    { name: 'response_format', values: choice('url'), description: 'How the result is handed over.' },
    { name: 'aspect_ratio', values: text, description: 'Shape, for example `16:9`.' },
    {
      name: 'resolution',
      values: choice('480p', '720p', '1080p'),
      description: 'Lines of the picture (Doubao).',
      fits: isDoubao(model),
    },
    { name: 'mode', values: choice('std', 'pro'), description: 'Quality (Kling).', fits: isKling(model) },
    {
      name: 'cfg_scale',
      values: { kind: 'number', from: 0, to: 1 },
      description: 'How closely the prompt is followed (Kling).',
      fits: isKling(model),
    },
    { name: 'negative_prompt', values: text, description: 'What should not be seen.' },
    { name: 'quality_level', values: choice('low', 'medium', 'high', 'ultra-high'), description: 'Quality.' },
    {
      name: 'watermark',
      values: flag,
      description: 'Whether there is a watermark (Doubao).',
      fits: isDoubao(model),
    },
    {
      name: 'camera_fixed',
      values: flag,
      description: 'Whether the camera stands still (Doubao).',
      fits: isDoubao(model),
    },
    user,
    {
      name: 'metadata',
      values: { kind: 'object' },
      description:
        'More for the provider, as a JSON object in a text. It may not repeat what stands elsewhere.',
    },
  ];
  return all.map(({ fits = true, ...parameter }) => ({
    ...parameter,
    ...onlyOf(model, parameter.name, fits),
  }));
}

const fields = ['model', 'prompt', 'image', 'image_tail'];

/** API reference 7.6: the models of 2025. Their page alone wants Base64 without a prefix. */
export const legacy: Family = {
  id: 'legacy',
  prefixes: ['kling-', 'jimeng', 'doubao-video'],
  result: 'link',
  modes: (model) => (isJimeng(model) ? ['text', 'first'] : ['text', 'first', 'firstLast']),
  sound: () => 'none',
  parameters,
  fields,

  /** The page and the code disagree on which of two values wins (API reference 13 row 24), so there is one. */
  validate(request, l10n) {
    const more = Object.keys(parseObject(String(request.options['metadata'] ?? '')) ?? {});
    const names = [...fields, ...parameters(request).map(({ name }) => name)];
    const twice = more.find((name) => names.includes(name));
    if (twice === undefined) return undefined;
    return l10n.t('"metadata" may not hold "{0}": give it as what it is, not inside.', twice);
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
