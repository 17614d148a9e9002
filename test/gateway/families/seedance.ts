import { createHash } from 'node:crypto';
import { z } from 'zod';
import { loadImage, type ImageInfo } from '../image';
import { errorE2 } from '../gatewayResponse';
import { bind, binding, findUnreadFields } from './binding';
import {
  seconds,
  type Accepted,
  type Family,
  type Refused,
  type SubmitRequest,
  type TaskView,
} from './family';
import { queryResponse, submitResponse } from './responses';
import { findMode, parseFlags, type Flags, type Mode } from './seedanceContent';

/**
 * Doubao Seedance (API reference 7.5): only `metadata.content` counts, and options are flags in its text.
 * Without it, a placeholder is rendered and charged.
 */
export const seedance: Family = {
  name: 'seedance',
  models: [
    'doubao-seedance-1-0-lite-t2v-250428',
    'doubao-seedance-1-0-lite-i2v-250428',
    'doubao-seedance-1-0-pro-250528',
    'doubao-seedance-1-5-pro-251215',
    'doubao-seedance-1-5-pro-251215-noAudio',
  ],
  result: 'link',
  newTaskId: (hex) => `cgt-20261122101500-${hex(8)}`,
  accept,
  submitResponse: (task, shapes) =>
    submitResponse(task, shapes, {
      full: { task_id: task.id, status: 'submitted' },
      vendor: { id: task.id },
    }),
  queryResponse: (task, shapes) => queryResponse(task, shapes, vendorObject(task)),
};

/** Rendered if a request has no usable content. */
const PLACEHOLDER = 'a placeholder, because metadata.content was missing';

/** Modes by model (API reference 7.5.2). */
const MODES: readonly (readonly [RegExp, readonly Mode[]])[] = [
  [/-lite-t2v-/, ['text']],
  [/-lite-i2v-/, ['first', 'firstLast', 'reference']],
  [/-1-0-pro-/, ['text', 'first']],
  [/-1-5-pro-/, ['text', 'first', 'firstLast']],
];

const item = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: z.string() }),
  z.object({
    type: z.literal('image_url'),
    image_url: z.object({ url: z.string() }),
    role: z.string().optional(),
  }),
]);
const content = z.array(item).min(1);
export type ContentItem = z.infer<typeof item>;

const detailsSchema = z.object({
  resolution: z.string(),
  ratio: z.string(),
  duration: z.number(),
  seed: z.number(),
});

async function accept(request: SubmitRequest): Promise<Accepted | Refused> {
  const result = bind(binding({}), request.body);
  if ('refusal' in result) return result;
  // Without `metadata`, the code reads the body instead (API reference 7.5.1).
  const metadata = result.bound.metadata ?? request.body;
  const parsed = content.safeParse(metadata['content']);
  const items: ContentItem[] = parsed.success ? parsed.data : [{ type: 'text', text: PLACEHOLDER }];

  const texts = items.filter((part) => part.type === 'text');
  const images = items.filter((part) => part.type === 'image_url');
  const [first] = texts;
  if (texts.length !== 1 || items[0]?.type !== 'text' || !first)
    return refused('MissingParameter', 'the first part of content, and no other, must be a text');
  const mode = findMode(images.map(({ role }) => role));
  const modes = MODES.find(([pattern]) => pattern.test(request.model))?.[1] ?? [];
  if (mode === undefined || !modes.includes(mode))
    return refused('InvalidParameter', 'the images do not fit any mode of this model');
  const loaded: ImageInfo[] = [];
  for (const { image_url } of images) {
    const image = await loadSeedanceImage(image_url.url);
    if ('refusal' in image) return image;
    loaded.push(image);
  }
  const flags = parseFlags(first.text, request.model, mode);
  if ('fault' in flags) return refused('InvalidParameter', flags.fault);
  if (flags.prompt.trim() === '') return refused('MissingParameter', 'the text is empty');
  // The top-level prompt is harmless (API reference 7.5.1).
  const silentChanges = [
    ...findUnreadFields(request.body, 'model', 'prompt', 'metadata'),
    ...findUnreadFields(
      metadata,
      ...['content', 'callback_url'],
      ...(request.model.includes('-1-5-pro-') ? ['return_last_frame'] : []),
    ),
    ...(parsed.success ? [] : ['a placeholder stands for the prompt']),
  ];
  return { ...createAccepted(request.model, first.text, flags, loaded), silentChanges };
}

/**
 * Base64 needs its full prefix. Sides are 300 to 6000 pixels, with a ratio of 0.4 to 2.5 (API reference
 * 7.5.2).
 */
async function loadSeedanceImage(url: string): Promise<ImageInfo | Refused> {
  const image = /^(https?:|data:image\/)/i.test(url) ? await loadImage(url) : undefined;
  if (image === undefined) return refused('InvalidParameter', 'the image cannot be read');
  const { width, height } = image;
  const fits = [width, height].every((side) => side >= 300 && side <= 6000);
  if (!fits || width / height < 0.4 || width / height > 2.5)
    return refused('InvalidParameter', `an image of ${width}x${height} is not supported`);
  return image;
}

/** The vendor's body after a Chinese prefix (E3 in API reference 10.2). */
function refused(code: string, message: string): Refused {
  const vendor = JSON.stringify({ error: { code, message, param: '', type: 'BadRequest' } });
  return { refusal: errorE2(400, 'fail_to_fetch_task', `请求参数错误(400): ${vendor}`) };
}

function createAccepted(
  model: string,
  text: string,
  flags: Flags,
  images: readonly ImageInfo[],
): Omit<Accepted, 'silentChanges'> {
  const { resolution, duration, seed } = flags;
  const [across = 16, down = 9] =
    flags.ratio === 'adaptive'
      ? [images[0]?.width ?? 16, images[0]?.height ?? 9]
      : flags.ratio.split(':').map(Number);
  const short = Number.parseInt(resolution, 10);
  const even = (value: number): number => 2 * Math.round(value / 2);
  const [width, height] =
    across >= down ? [even((short * across) / down), short] : [short, even((short * down) / across)];
  const look = createHash('sha256')
    .update(JSON.stringify([model, text, images.map(({ sha256 }) => sha256)]))
    .digest('hex');
  const audio = model === 'doubao-seedance-1-5-pro-251215';
  return {
    prompt: text,
    videos: [{ width, height, seconds: duration, framesPerSecond: 24, audio, look: look }],
    details: { resolution, ratio: flags.ratio, duration, seed },
    imageUse: images.length > 0 ? 'used' : 'none',
  };
}

/** Q8: the vendor's object, with its own copy of the link. */
function vendorObject(task: TaskView): Record<string, unknown> {
  const vendorStatuses = {
    unknown: 'queued',
    queued: 'queued',
    in_progress: 'running',
    succeeded: 'succeeded',
    failed: 'failed',
  };
  const start = { id: task.id, model: task.model, status: vendorStatuses[task.status] };
  const times = {
    created_at: seconds(task.createdAt),
    updated_at: seconds(task.finishedAt ?? task.createdAt),
  };
  if (task.status !== 'succeeded') return { ...start, ...times };
  const details = detailsSchema.parse(task.details);
  return {
    ...start,
    content: task.expired ? {} : { video_url: task.links[0] },
    usage: { completion_tokens: 108_900, total_tokens: 108_900 },
    ...times,
    ...details,
    framespersecond: 24,
  };
}
