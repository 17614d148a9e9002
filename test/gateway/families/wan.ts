import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { loadImage, type ImageInfo } from '../image';
import { errorE2, errorE3 } from '../gatewayResponse';
import { bind, binding, flag, promptRequired, text, findUnreadFields } from './binding';
import type { Accepted, Family, Refused, SubmitRequest, TaskView } from './family';
import { queryResponse, submitResponse } from './responses';

/**
 * Wan (API reference 7.4): text to video, and one image to video. The code passes values on, and the vendor
 * refuses them.
 */
export const wan: Family = {
  name: 'wan',
  models: ['wan2.5-t2v-preview', 'wan2.5-i2v-preview'],
  newerModels: ['wan2.6-t2v', 'wan2.6-i2v'],
  result: 'link',
  newTaskId: (hex) => `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`,
  accept,
  submitResponse: (task, shapes) => {
    const output = { task_id: task.id, task_status: 'PENDING' };
    const start = { task_id: task.id, status: 'submitted' };
    return submitResponse(task, shapes, {
      full: {
        ...start,
        format: 'mp4',
        metadata: { ...billingFields(task, true), output, request_id: 'r-1' },
      },
      code: {
        ...{ ...start, status_code: 0, request_id: 'r-1', code: '', message: '' },
        output: { task_id: task.id },
      },
      vendor: { request_id: 'r-1', output },
    });
  },
  queryResponse: (task, shapes) => queryResponse(task, shapes, vendorObject(task)),
};

const wanBinding = binding({ smart_rewrite: flag, generate_audio: flag, audio_url: text });

type Binding = z.infer<typeof wanBinding>;

/** Sizes by tier (API reference 7.4.2), the 16:9 one first. */
const SIZES: Readonly<Record<string, readonly string[]>> = {
  '480p': ['832*480', '480*832', '624*624'],
  '720p': ['1280*720', '720*1280', '960*960', '1088*832', '832*1088'],
  '1080p': ['1920*1080', '1080*1920', '1440*1440', '1632*1248', '1248*1632'],
};

/** The tier of a size, such as `720p`, or undefined if it has none. */
export const wanTier = (size: string): string | undefined =>
  Object.keys(SIZES).find((tier) => SIZES[tier]?.includes(size));

const MAX_SEED = 2_147_483_647;
/** Larger images can trigger the vendor's inspection (API reference 7.4.1). */
const MAX_BASE64_LENGTH = 500_000;

async function accept(request: SubmitRequest): Promise<Accepted | Refused> {
  const result = bind(wanBinding, request.body);
  if ('refusal' in result) return result;
  const { bound } = result;
  const prompt = bound.prompt ?? '';
  if (prompt.trim() === '') return promptRequired();
  const { duration = 5, seed = 0, resolution } = bound;
  const isNewer = request.model.startsWith('wan2.6-');
  const lengths = isNewer ? [5, 10, 15] : [5, 10];
  if (!lengths.includes(duration))
    return refused('InvalidParameter', `duration must be ${lengths.join(' or ')}`);
  if (seed < 0 || seed > MAX_SEED) return refused('InvalidParameter', 'seed must be in [0, 2147483647]');
  if (resolution !== undefined && SIZES[resolution] === undefined)
    return refused('InvalidParameter', 'resolution must be 480P, 720P or 1080P');
  if (bound.audio_url !== undefined && !/^https?:\/\//i.test(bound.audio_url))
    return refused('InvalidParameter', 'audio_url must be a link');
  const audio = bound.audio_url !== undefined || bound.generate_audio === true;

  const isImageToVideo = request.model.includes('i2v');
  const image = isImageToVideo ? await loadImageField(bound.image) : undefined;
  if (image !== undefined && 'refusal' in image) return image;
  const size = isImageToVideo
    ? fitSizeToImage(image, resolution ?? '720p')
    : resolveSize(bound.size, resolution);
  if (size !== undefined && isNewer && wanTier(size) === '480p')
    return refused('InvalidParameter', `size ${size} is not supported`);
  if (size === undefined) return refused('InvalidParameter', `size ${bound.size ?? ''} is not supported`);
  const [width = 0, height = 0] = size.split('*').map(Number);
  const look = createHash('sha256')
    .update(JSON.stringify([request.model, prompt, seed, image?.sha256 ?? null]))
    .digest('hex');
  return {
    prompt,
    videos: [{ width, height, seconds: duration, framesPerSecond: 24, audio, look: look }],
    details: {},
    imageUse: image === undefined ? 'none' : 'used',
    silentChanges: findSilentChanges(request, bound, isImageToVideo, size),
  };
}

/** Fields that aren't read, and which of two wins (API reference 7.4). */
function findSilentChanges(
  { body }: SubmitRequest,
  bound: Binding,
  isImageToVideo: boolean,
  size: string,
): string[] {
  const tier = bound.resolution === undefined ? undefined : SIZES[bound.resolution];
  return [
    ...findUnreadFields(
      body,
      ...[
        'model',
        'prompt',
        'duration',
        'resolution',
        'smart_rewrite',
        'generate_audio',
        'audio_url',
        'seed',
      ],
      isImageToVideo ? 'image' : 'size',
    ),
    ...(bound.audio_url !== undefined && bound.generate_audio !== undefined
      ? ['generate_audio is not read beside audio_url']
      : []),
    ...(tier === undefined || tier.includes(size) ? [] : ['size wins over resolution']),
  ];
}

async function loadImageField(reference: string | undefined): Promise<ImageInfo | Refused> {
  if (reference === undefined || reference === '') {
    return { refusal: errorE2(400, 'task_submit_failed', 'image is required') };
  }
  if (!/^https?:/i.test(reference) && reference.length > MAX_BASE64_LENGTH)
    return refused('InvalidParameter.DataInspection', 'unable to download or inspect the image');
  const image = await loadImage(reference);
  if (image === undefined || image.format === 'gif')
    return refused('InvalidParameter.ImageFormat', 'unsupported image');
  if ([image.width, image.height].some((side) => side < 360 || side > 2000))
    return refused('InvalidParameter.ImageSize', 'sides must be 360 to 2000 pixels');
  return image;
}

/** `size` wins over `resolution`, which means the 16:9 size of its tier (API reference 7.4.2). */
function resolveSize(size: string | undefined, resolution: string | undefined): string | undefined {
  if (size === undefined || size === '') return SIZES[resolution ?? '720p']?.[0];
  return Object.values(SIZES)
    .flat()
    .find((known) => known === size);
}

/** The aspect ratio of the video follows the image (API reference 7.4.1). */
function fitSizeToImage(image: ImageInfo | undefined, tier: string): string | undefined {
  const share = (size: string): number => {
    const [width = 1, height = 1] = size.split('*').map(Number);
    return Math.abs(Math.log(width / height) - Math.log((image?.width ?? 16) / (image?.height ?? 9)));
  };
  return [...(SIZES[tier] ?? [])].sort((a, b) => share(a) - share(b))[0];
}

/** The vendor's message, inside E3 (the example of API reference 10.2). */
const refused = (code: string, message: string): Refused => ({
  refusal: errorE3(400, { request_id: 'r-1', code, message }),
});

/** Billing fields of the documented responses (API reference 5.4). */
const billingFields = (task: TaskView, pending: boolean): Record<string, unknown> => ({
  model_price: 0.0738,
  requested_seconds: task.specs[0]?.seconds,
  billing_pending: pending,
  group_ratio: 1,
  token_name: 'my-key',
});

/** Q3 and Q7: Wan reports queued tasks as running, and its own copy of the link lacks the signature. */
function vendorObject(task: TaskView): Record<string, unknown> {
  const vendorStatuses = {
    unknown: 'PENDING',
    queued: 'PENDING',
    in_progress: 'RUNNING',
    succeeded: 'SUCCEEDED',
    failed: 'FAILED',
  };
  const output: Record<string, unknown> = { task_id: task.id, task_status: vendorStatuses[task.status] };
  if (task.status !== 'succeeded') return { output, request_id: 'r-1' };
  const [spec] = task.specs;
  return {
    ...billingFields(task, false),
    usage: { video_count: 1, video_duration: spec?.seconds, video_ratio: `${spec?.width}*${spec?.height}` },
    output: { ...output, ...(task.expired ? {} : { video_url: task.links[0]?.split('?')[0] }) },
    request_id: 'r-1',
  };
}
