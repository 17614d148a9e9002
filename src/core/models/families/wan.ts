import {
  formatFlag,
  length,
  resolution as commonResolution,
  seed,
  size as commonSize,
  sound as commonSound,
} from '../commonParameters';
import type { OptionContext, Family } from '../family';
import { choice, flag, integer, type Parameter } from '../parameter';

/** Sizes by tier (API reference 7.4.2), in the order of SHAPES, as far as there are any. */
const SIZES: Readonly<Record<string, readonly string[]>> = {
  '480p': ['832*480', '480*832', '624*624'],
  '720p': ['1280*720', '720*1280', '960*960', '1088*832', '832*1088'],
  '1080p': ['1920*1080', '1080*1920', '1440*1440', '1632*1248', '1248*1632'],
};
const SHAPES = ['16:9', '9:16', '1:1', '4:3', '3:4'];
const TIERS = Object.keys(SIZES);
/** For example `720p · 16:9` for each size. */
const ERROR_PATTERNS = Object.fromEntries(
  Object.entries(SIZES).flatMap(([tier, sizes]) =>
    sizes.map((size, index) => [size, `${tier} · ${SHAPES[index] ?? ''}`]),
  ),
);
const tierOf = (size: unknown): string | undefined =>
  TIERS.find((tier) => SIZES[tier]?.some((one) => one === size));

const duration = length({ name: 'duration', values: choice(5, 10), defaultValue: 5, isMain: true });
const resolution = commonResolution({
  name: 'resolution',
  values: choice(...TIERS),
  defaultValue: '720p',
  description:
    'Lines of the video. From an image: the aspect ratio follows the image. From text: goes with `size`.',
});
const size = commonSize({
  name: 'size',
  values: choice(...Object.values(SIZES).flat()),
  defaultValue: '1280*720',
  annotations: ERROR_PATTERNS,
  description: 'Width and height in pixels. Where only `resolution` is given: 16:9 of that tier.',
  isMain: true,
});
const generateAudio = commonSound({
  name: 'generate_audio',
  values: flag,
  defaultValue: false,
  description: 'Whether audio is generated. Not with `audio_url`.',
});
const audioUrl: Parameter = {
  name: 'audio_url',
  label: (l10n) => l10n.t('Audio URL'),
  values: { kind: 'link' },
  description: 'An https URL of the audio: MP3 or WAV, up to 15 MB, 3 to 30 seconds.',
  hasRow: true,
};

const shapeOfImage =
  "The video has the aspect ratio of its image, so 'size' can't be set. Set 'resolution' instead.";
const oneSound = "Set either 'audio_url' or 'generate_audio', not both.";
const goTogether = "'resolution' must match 'size'.";

/** `size` decides, and `resolution` goes with it; alone, `resolution` leaves the sizes of its tier. */
function picture({ mode, options }: OptionContext): Parameter[] {
  if (mode !== 'text')
    return [
      { ...size, unavailable: shapeOfImage },
      { ...resolution, isMain: true },
    ];
  const tier = tierOf(options['size']);
  if (tier !== undefined) {
    return [size, { ...resolution, values: choice(tier), defaultValue: tier, note: goTogether }];
  }
  const sizes = SIZES[String(options['resolution'])];
  const [widest] = sizes ?? [];
  return sizes && widest !== undefined
    ? [{ ...size, values: choice(...sizes), defaultValue: widest, note: goTogether }, resolution]
    : [size, resolution];
}

function sound({ options }: OptionContext): Parameter[] {
  if (options['audio_url'] !== undefined) return [{ ...generateAudio, unavailable: oneSound }, audioUrl];
  if (options['generate_audio'] === true) return [generateAudio, { ...audioUrl, unavailable: oneSound }];
  return [generateAudio, audioUrl];
}

/** API reference 7.4. The provider reads no `aspect_ratio`; sizes are written with an asterisk. */
export const wan: Family = {
  id: 'wan',
  label: () => 'Wan',
  prefixes: ['wan'],
  models: [
    { id: 'wan2.5-t2v-preview', label: 'Wan 2.5 Text to Video' },
    { id: 'wan2.5-i2v-preview', label: 'Wan 2.5 Image to Video' },
  ],
  result: 'link',
  modes: (model) => {
    if (model.includes('t2v')) return ['text'];
    return model.includes('i2v') ? ['first'] : ['text', 'first'];
  },
  sound: () => 'optional',
  parameters: (ask) => [
    duration,
    ...picture(ask),
    {
      name: 'smart_rewrite',
      label: (l10n) => l10n.t('Prompt Rewriting'),
      format: formatFlag,
      values: flag,
      defaultValue: false,
      description: 'Whether the provider rewrites the prompt. It might do so anyway.',
    },
    ...sound(ask),
    seed({
      name: 'seed',
      values: integer(0, 2_147_483_647),
      description: 'The same seed with the same request gives a similar video. 0 means any.',
    }),
  ],
  // More than 500,000 characters of Base64 can be taken for an attack; 350 KB stay well below.
  imageLimits: () => ({
    formats: ['jpeg', 'png'],
    writes: 'jpeg',
    sides: { min: 360, max: 2000 },
    maxBytes: 350_000,
    source: '7.4.1',
  }),
  fields: ['model', 'prompt', 'image', 'aspect_ratio'],
  maxPromptLength: 800,
  longestBase64: 500_000,

  body: ({ model, prompt, options, images: [image], extra }) => ({
    model,
    prompt,
    ...(image ? { image: image.source } : {}),
    ...options,
    ...extra,
  }),
};
