import type { L10n } from '../../common/l10n';
import { MAX_INLINE_BYTES } from '../../images/imageLimits';
import {
  aspectRatio,
  fixedCamera,
  formatFlag,
  length,
  resolution,
  seed,
  watermark,
} from '../commonParameters';
import type { OptionContext, CheckedRequest, Family, Image, PromptAndOptions } from '../family';
import type { Mode } from '../modes';
import { choice, flag, integer, type Options, type Parameter } from '../parameter';

/** Flags at the end of the prompt that set the options of 1.x: the one that is sent, and its alias (7.5.3). */
const FLAGS: Readonly<Record<string, readonly [flag: string, alias?: string]>> = {
  resolution: ['rs', 'resolution'],
  ratio: ['ratio', 'rt'],
  duration: ['dur', 'duration'],
  seed: ['seed'],
  camerafixed: ['cf', 'camerafixed'],
  watermark: ['wm', 'watermark'],
};

const ROLES: Readonly<Record<Image['role'], string>> = {
  first: 'first_frame',
  last: 'last_frame',
  reference: 'reference_image',
};

/** Modes by model (API reference 7.5.2); an unlisted model may support any mode. */
const MODES_OF: readonly (readonly [RegExp, readonly Mode[]])[] = [
  [/-1-0-lite-t2v-/, ['text']],
  [/-1-0-lite-i2v-/, ['first', 'firstLast', 'reference']],
  [/-1-0-pro-/, ['text', 'first']],
  [/-1-5-pro-/, ['text', 'first', 'firstLast']],
];

/** 2.x takes its options as fields, not as flags in the prompt. */
const takesFields = (model: string): boolean => /^doubao-seedance-([2-9]|\d\d)-/.test(model);
const is10 = (model: string): boolean => model.includes('-1-0-');
const is15 = (model: string): boolean => model.includes('-1-5-');

const noReference1080 = "Reference images don't support 1080p.";
const noReferenceCamera = "'camerafixed' can't be set with reference images.";
const adaptiveNeedsImage = "'adaptive' needs an image.";

function ratio({ model, mode }: OptionContext): Parameter {
  const shapes = ['16:9', '4:3', '1:1', '3:4', '9:16', '21:9'];
  const description = "Aspect ratio. `adaptive` follows the first image, or is the model's choice.";
  const common = { name: 'ratio', description, isMain: true } as const;
  if (mode === 'text' && is10(model)) {
    return aspectRatio({
      ...common,
      values: choice(...shapes),
      defaultValue: '16:9',
      note: adaptiveNeedsImage,
    });
  }
  return aspectRatio({ ...common, values: choice(...shapes, 'adaptive'), defaultValue: 'adaptive' });
}

const returnLastFrame: Parameter = {
  name: 'return_last_frame',
  label: (l10n) => l10n.t('Return Last Frame'),
  format: formatFlag,
  values: flag,
  description: 'Whether the provider keeps the last frame, too. Its default is yes.',
};

function parameters(ask: OptionContext): Parameter[] {
  const { model, mode } = ask;
  const isReference = mode === 'reference';
  const shortest = is15(model) ? 4 : 2;
  return [
    length({
      name: 'duration',
      values: choice(...Array.from({ length: 13 - shortest }, (_, index) => shortest + index)),
      defaultValue: 5,
      isMain: true,
    }),
    ratio(ask),
    resolution({
      name: 'resolution',
      values: isReference ? choice('480p', '720p') : choice('480p', '720p', '1080p'),
      defaultValue: '720p',
      isMain: true,
      ...(isReference ? { note: noReference1080 } : {}),
    }),
    seed({
      name: 'seed',
      values: integer(-1, 4_294_967_295),
      description: 'The same seed with the same request gives a similar video. -1 means any.',
    }),
    fixedCamera({
      name: 'camerafixed',
      values: flag,
      ...(isReference ? { unavailable: noReferenceCamera } : {}),
    }),
    watermark({ name: 'watermark', values: flag, defaultValue: false }),
    ...(is15(model) ? [returnLastFrame] : []),
  ];
}

/** The options that are sent as flags, in the order of the flags. */
const flagged = (options: Options): [string, readonly [string, string?], string][] =>
  Object.entries(FLAGS)
    .filter(([name]) => options[name] !== undefined)
    .map(([name, flags]) => [name, flags, String(options[name])]);

/** A flag in the user's prompt would conflict with one that is added. Reject it, don't remove it (7.5.3). */
function validatePrompt({ prompt, options }: PromptAndOptions, l10n: L10n): string | undefined {
  for (const [name, flags] of flagged(options)) {
    const written = new RegExp(`--(${flags.join('|')})(?![\\w-])`, 'i').exec(prompt)?.[0];
    if (written !== undefined) {
      return l10n.t("Remove '{0}' from the prompt. The option '{1}' sets it.", written, name);
    }
  }
  if (prompt.replace(/(^|\s)--[a-z]+\s+\S+/gi, '').trim() !== '') return undefined;
  return l10n.t('Enter a prompt, not only flags.');
}

function content({ model, prompt, options, images }: CheckedRequest): unknown[] {
  const flags = takesFields(model) ? [] : flagged(options).map(([, [name], value]) => ` --${name} ${value}`);
  // The first frame precedes the last one. Reference images keep their order, because the prompt may number them.
  const order: readonly Image['role'][] = ['first', 'last', 'reference'];
  const inOrder = order.flatMap((role) => images.filter((image) => image.role === role));
  return [
    { type: 'text', text: prompt + flags.join('') },
    ...inOrder.map(({ role, source }) => ({
      type: 'image_url',
      image_url: { url: source },
      role: ROLES[role],
    })),
  ];
}

/**
 * API reference 7.5. Only `metadata` is used. The top-level prompt is sent because some checks require one. Without usable
 * content, a placeholder video would be generated and charged.
 */
export const seedance: Family = {
  id: 'seedance',
  label: () => 'Seedance',
  prefixes: ['doubao-seedance-'],
  models: [
    { id: 'doubao-seedance-1-5-pro-251215', label: 'Seedance 1.5 Pro' },
    { id: 'doubao-seedance-1-5-pro-251215-noAudio', label: 'Seedance 1.5 Pro (No Audio)' },
    { id: 'doubao-seedance-1-0-pro-250528', label: 'Seedance 1.0 Pro' },
    { id: 'doubao-seedance-1-0-lite-t2v-250428', label: 'Seedance 1.0 Lite Text to Video' },
    { id: 'doubao-seedance-1-0-lite-i2v-250428', label: 'Seedance 1.0 Lite Image to Video' },
  ],
  result: 'link',
  modes: (model) =>
    MODES_OF.find(([pattern]) => pattern.test(model))?.[1] ?? ['text', 'first', 'firstLast', 'reference'],
  sound: (model) => {
    if (is10(model) || model.endsWith('-noAudio')) return 'none';
    return is15(model) ? 'always' : 'unknown';
  },
  parameters,
  imageLimits: () => ({
    formats: ['jpeg', 'png', 'webp'],
    writes: 'pngOrJpeg',
    sides: { min: 300, max: 6000 },
    ratio: { min: 0.4, max: 2.5 },
    maxBytes: MAX_INLINE_BYTES,
    source: '7.5.2',
  }),
  fields: ['content'],
  validate: validatePrompt,

  body: (request) => {
    const { model, prompt, options, extra } = request;
    const fields = Object.entries(options).filter(([name]) => takesFields(model) || !(name in FLAGS));
    return {
      model,
      prompt,
      metadata: { content: content(request), ...Object.fromEntries(fields), ...extra },
    };
  },
};
