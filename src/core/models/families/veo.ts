import { MAX_INLINE_BYTES } from '../../images/imageLimits';
import type { Size } from '../../images/pixels';
import {
  aspectRatio,
  count,
  frameRate,
  length,
  resolution,
  seed,
  sound,
  user,
  watermark,
} from '../commonParameters';
import type { Family } from '../family';
import { choice, flag, integer, type Parameter } from '../parameter';

/** The fast models always make sound, and ignore the option (API reference 7.3.1). */
const isFast = (model: string): boolean => model.includes('-fast-');

const generateAudio = sound({
  name: 'generateAudio',
  values: flag,
  defaultValue: false,
  description: 'Whether the videos have audio, at the higher price.',
});

const alwaysSounds = "This model always generates audio, so 'generateAudio' can't be set.";

const parameters: readonly Parameter[] = [
  length({ name: 'durationSeconds', values: choice(4, 6, 8), defaultValue: 4, isMain: true }),
  aspectRatio({
    name: 'aspectRatio',
    values: choice('16:9', '9:16'),
    defaultValue: '16:9',
    isMain: true,
  }),
  resolution({
    name: 'resolution',
    values: choice('720p', '1080p'),
    defaultValue: '1080p',
    isMain: true,
  }),
  generateAudio,
  count({ name: 'sampleCount', values: integer(1, 4) }),
  frameRate,
  {
    name: 'personGeneration',
    label: (l10n) => l10n.t('Person Generation'),
    values: choice('allow_all', 'allow_adult', 'dont_allow'),
    defaultValue: 'allow_all',
    description: 'Which people may appear.',
  },
  watermark({
    name: 'addWatermark',
    values: flag,
    description: "Whether there is a watermark. The provider's default is no.",
  }),
  // 0 is treated as "not set".
  seed({ name: 'seed', values: integer(1, 4_294_967_295) }),
  user,
];

/** Pixels of the resolutions in 16:9. */
const FULL_HD: Size = { width: 1920, height: 1080 };
const SIZES: Readonly<Record<string, Size>> = { '720p': { width: 1280, height: 720 }, '1080p': FULL_HD };

/**
 * API reference 7.3. The service silently replaces most values that it does not know, so those are always sent. Only the
 * names in camelCase are read everywhere; the others must not slip in as extra fields.
 */
export const veo: Family = {
  id: 'veo',
  label: () => 'Veo',
  prefixes: ['veo-'],
  models: [
    { id: 'veo-3.1-generate-preview', label: 'Veo 3.1' },
    { id: 'veo-3.1-fast-generate-preview', label: 'Veo 3.1 Fast' },
    { id: 'veo-3.0-generate-001', label: 'Veo 3' },
    { id: 'veo-3.0-generate-preview', label: 'Veo 3 Preview' },
    { id: 'veo-3.0-fast-generate-001', label: 'Veo 3 Fast' },
  ],
  result: 'link',
  notice: (model, l10n) =>
    /^veo-3\.\d-/.test(model) ? l10n.t('{0} might have retired this model.', 'Google') : undefined,
  // The last frame came with 3.1; nothing is documented for later IDs.
  modes: (model) => (/^veo-(2|3\.0)/.test(model) ? ['text', 'first'] : ['text', 'first', 'firstLast']),
  sound: (model) => (isFast(model) ? 'always' : 'optional'),
  parameters: ({ model }) =>
    parameters.map((parameter) =>
      parameter === generateAudio && isFast(model) ? { ...parameter, unavailable: alwaysSounds } : parameter,
    ),
  imageLimits: (options) => {
    const wide = SIZES[String(options['resolution'])] ?? FULL_HD;
    return {
      formats: ['jpeg', 'png'],
      writes: 'pngOrJpeg',
      preferred: options['aspectRatio'] === '9:16' ? { width: wide.height, height: wide.width } : wide,
      maxBytes: MAX_INLINE_BYTES,
      source: '7.3.1',
    };
  },
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
