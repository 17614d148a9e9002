import type { L10n } from '../../common/l10n';
import type { Family } from '../family';
import { choice, flag, user, integer, type Parameter } from '../parameter';

/** The fast models always make sound, and ignore the option (API reference 7.3.1). */
const isFast = (model: string): boolean => model.includes('-fast-');

const generateAudio: Parameter = {
  name: 'generateAudio',
  values: flag,
  defaultValue: false,
  description: 'Whether the videos have sound, at the higher price.',
  alwaysShown: true,
};

const alwaysSounds = (l10n: L10n): string =>
  l10n.t('This model always makes sound, so "generateAudio" can’t be chosen.');

const parameters: readonly Parameter[] = [
  {
    name: 'durationSeconds',
    values: choice(4, 6, 8),
    defaultValue: 4,
    description: 'Length in seconds.',
    hasOwnStep: true,
  },
  {
    name: 'aspectRatio',
    values: choice('16:9', '9:16'),
    defaultValue: '16:9',
    description: 'Shape.',
    hasOwnStep: true,
  },
  {
    name: 'resolution',
    values: choice('720p', '1080p'),
    defaultValue: '1080p',
    description: 'Lines of the picture.',
    hasOwnStep: true,
  },
  generateAudio,
  {
    name: 'sampleCount',
    values: integer(1, 4),
    defaultValue: 1,
    description: 'How many videos; each one is paid for.',
  },
  { name: 'fps', values: integer(1), description: 'Frames a second; the service’s own choice is 24.' },
  {
    name: 'personGeneration',
    values: choice('allow_all', 'allow_adult', 'dont_allow'),
    defaultValue: 'allow_all',
    description: 'Which people may be seen.',
  },
  {
    name: 'addWatermark',
    values: flag,
    description: 'Whether there is a watermark; the service’s own choice is no.',
  },
  {
    name: 'seed',
    // 0 is treated as "not set".
    values: integer(1, 4_294_967_295),
    description: 'The same seed with the same request makes a similar video.',
  },
  user,
];

/**
 * API reference 7.3. The service silently replaces most values that it does not know, so those are always sent. Only the
 * names in camelCase are read everywhere; the others must not slip in as extra fields.
 */
export const veo: Family = {
  id: 'veo',
  prefixes: ['veo-'],
  result: 'link',
  // The last frame came with 3.1; of ids after it nothing else is known.
  modes: (model) => (/^veo-(2|3\.0)/.test(model) ? ['text', 'first'] : ['text', 'first', 'firstLast']),
  sound: (model) => (isFast(model) ? 'always' : 'optional'),
  parameters: ({ model }) =>
    parameters.map((parameter) =>
      parameter === generateAudio && isFast(model) ? { ...parameter, unavailable: alwaysSounds } : parameter,
    ),
  fields: [
    ...['model', 'prompt', 'image', 'lastFrame', 'last_frame', 'duration_seconds', 'aspect_ratio'],
    ...['generate_audio', 'person_generation', 'add_watermark', 'sample_count'],
  ],

  body: ({ model, prompt, options, images, extra }) => {
    const frame = (role: string) => images.find((image) => image.role === role)?.source;
    const [first, last] = [frame('first'), frame('last')];
    return {
      model,
      prompt,
      ...options,
      ...(first === undefined ? {} : { image: first }),
      ...(last === undefined ? {} : { lastFrame: last }),
      ...extra,
    };
  },
};
