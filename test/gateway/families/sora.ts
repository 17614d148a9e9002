import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { ResponseShapes } from '../gatewayOptions';
import { loadImage, type ImageInfo } from '../image';
import type { ImageUse } from '../pretendTask';
import { errorE3 } from '../gatewayResponse';
import { bind, binding, orNull, promptRequired, text, findUnreadFields } from './binding';
import { queryEnvelope, submitResponse } from './responses';
import {
  failureFields,
  seconds,
  type Accepted,
  type Family,
  type Refused,
  type SubmitRequest,
  type TaskView,
} from './family';

/**
 * sora-2 (API reference 7.2): text to video, first frame, remix. Refuses wrong types and blank prompts.
 * Silently corrects seconds and size. Silently drops unknown fields and unreadable images.
 */
export const sora: Family = {
  name: 'sora',
  models: ['sora-2', 'sora-2-pro'],
  result: 'download',
  newTaskId: (hex) => `video_${hex(20)}`,
  accept,
  submitResponse: (task, shapes) =>
    submitResponse(task, shapes, {
      full: {
        ...{ task_id: task.id, status: 'submitted', format: 'mp4' },
        metadata: vendorObject({ ...task, status: 'queued', progress: 0 }),
      },
      vendor: vendorObject({ ...task, status: 'queued', progress: 0 }),
    }),
  queryResponse,
};

const soraBinding = binding({
  seconds: orNull(z.union([z.string(), z.number()])),
  input_reference: text,
  remix_video_id: text,
  remixed_video_id: text,
  remixedVideoId: text,
  remixVideoId: text,
});
type Binding = z.infer<typeof soraBinding>;

const sizes = ['720x1280', '1280x720'] as const;
type Size = (typeof sizes)[number];
const lengths = ['4', '8', '12'] as const;
type Length = (typeof lengths)[number];

const detailsSchema = z.object({
  seconds: z.enum(lengths),
  size: z.enum(sizes),
  remixOf: z.string().nullable(),
});
type Details = z.infer<typeof detailsSchema>;

async function accept(request: SubmitRequest): Promise<Accepted | Refused> {
  const result = bind(soraBinding, request.body);
  if ('refusal' in result) return result;
  const body = result.bound;
  const prompt = body.prompt ?? '';
  if (prompt.trim() === '') return promptRequired();

  const remixOf = remixSource(body);
  if (remixOf !== undefined) return acceptRemix(request, prompt, remixOf);

  const details = { seconds: correctSeconds(body.seconds), size: correctSize(body), remixOf: null };
  if (body.input_reference === undefined || body.input_reference === '') {
    return createAccepted(request, prompt, details, 'none');
  }
  const image = await loadImage(body.input_reference);
  // An image that can't be decoded or downloaded is dropped, and the job runs as text to video (API reference
  // 7.2.2).
  if (image === undefined) return createAccepted(request, prompt, details, 'dropped');
  const vendorError = findVendorError(image, details.size);
  if (vendorError !== undefined) return { refusal: vendorRefusal(400, vendorError, 'input_reference') };
  return createAccepted(request, prompt, details, 'used', image);
}

/** The code knows these four names. It drops the documented `remix_from_video_id` (API reference 7.2.4). */
function remixSource(body: Binding): string | undefined {
  const names = [body.remix_video_id, body.remixed_video_id, body.remixedVideoId, body.remixVideoId];
  return names.find((name): name is string => name !== undefined && name !== '');
}

/** Only the prompt counts. Length and size are those of the source (API reference 7.2.4). */
function acceptRemix(request: SubmitRequest, prompt: string, remixOf: string): Accepted | Refused {
  const source = remixOf.startsWith('video_') ? request.findTask(remixOf) : undefined;
  const spec = source?.specs[0];
  if (source?.family !== 'sora' || spec === undefined) {
    return { refusal: vendorRefusal(404, `Video with id '${remixOf}' not found.`, 'video_id') };
  }
  if (source.status !== 'succeeded') {
    return { refusal: vendorRefusal(400, `Video with id '${remixOf}' is not completed.`, 'video_id') };
  }
  const details: Details = {
    seconds: correctSeconds(spec.seconds),
    size: spec.width > spec.height ? '1280x720' : '720x1280',
    remixOf,
  };
  return createAccepted(request, prompt, details, 'none');
}

/** Fields that are replaced, dropped or not read (API reference 7.2.1 to 7.2.4). */
function findSilentChanges(
  body: Readonly<Record<string, unknown>>,
  { seconds, size, remixOf }: Details,
  imageUse: ImageUse,
): string[] {
  const sourceNames = ['remix_video_id', 'remixed_video_id', 'remixedVideoId', 'remixVideoId'];
  // Documented, but dropped by the code unless a name that the code knows is present too.
  if (remixOf !== null)
    return findUnreadFields(body, 'model', 'prompt', 'user', 'remix_from_video_id', ...sourceNames);
  return [
    ...findUnreadFields(
      body,
      'model',
      'prompt',
      'seconds',
      'size',
      'width',
      'height',
      'input_reference',
      'user',
    ),
    ...(body['seconds'] === undefined || [seconds, Number(seconds)].some((one) => one === body['seconds'])
      ? []
      : [`seconds becomes ${seconds}`]),
    ...((body['size'] ?? size) === size ? [] : [`size becomes ${size}`]),
    ...(imageUse === 'dropped' ? ['input_reference is dropped'] : []),
  ];
}

/** A value outside the three becomes "4" (API reference 7.2.2). */
function correctSeconds(value: string | number | undefined): Length {
  return lengths.find((length) => length === String(value ?? '')) ?? '4';
}

/**
 * An unknown size, or a width and height that match no resolution, becomes 720x1280 (API reference 7.2.2).
 */
function correctSize({ size, width, height }: Binding): Size {
  const requested = size === undefined || size === '' ? `${width ?? ''}x${height ?? ''}` : size;
  return sizes.find((known) => known === requested) ?? '720x1280';
}

/**
 * The image must have exactly the pixels of `size`. JPEG, PNG and WebP are accepted (API reference 7.2.3).
 */
function findVendorError(image: ImageInfo, size: Size): string | undefined {
  if (image.format === 'gif') return 'Unsupported mimetype for input_reference: image/gif';
  if (`${image.width}x${image.height}` === size) return undefined;
  return 'Inpaint image must match the requested width and height';
}

const vendorRefusal = (status: number, message: string, param: string) =>
  errorE3(status, { error: { message, type: 'invalid_request_error', param, code: null } });

function createAccepted(
  request: SubmitRequest,
  prompt: string,
  details: Details,
  imageUse: ImageUse,
  image?: ImageInfo,
): Accepted {
  const [width = 0, height = 0] = details.size.split('x').map(Number);
  const look = createHash('sha256')
    .update(JSON.stringify([request.model, prompt, details, image?.sha256 ?? null]))
    .digest('hex');
  const video = { width, height, seconds: Number(details.seconds), framesPerSecond: 24, audio: true, look };
  return {
    prompt,
    videos: [video],
    details,
    imageUse,
    silentChanges: findSilentChanges(request.body, details, imageUse),
  };
}

/** Q1 to Q6 and the shapes of failures (API reference 5). */
function queryResponse(task: TaskView, shapes: ResponseShapes): unknown {
  const link = shapes.link === 'url' ? task.links[0] : undefined;
  if (task.failure !== null && (task.failure.shape ?? shapes.failure) === 'F5') return queryEnvelope(task);
  switch (shapes.query) {
    case 'envelope':
      return queryEnvelope({ ...task, links: link === undefined ? [] : [link] });
    case 'slim':
      return {
        ...{ task_id: task.id, status: task.status, format: 'mp4' },
        ...(link === undefined ? {} : { url: link }),
        ...(task.failure === null ? {} : failureFields(task.failure, shapes.failure)),
      };
    case 'flat':
      return { ...flatObject(task, shapes), ...(link === undefined ? {} : { format: 'mp4', url: link }) };
    case 'nested':
      return {
        ...{
          task_id: task.id,
          status: task.status,
          url: link ?? '',
          format: 'mp4',
          metadata: vendorObject(task),
        },
        ...{ error: null },
        ...(task.failure === null ? {} : failureFields(task.failure, shapes.failure)),
      };
  }
}

function flatObject(task: TaskView, shapes: ResponseShapes): Record<string, unknown> {
  const details = detailsSchema.parse(task.details);
  const start = { task_id: task.id, id: task.id, object: 'video_generation', model: task.model };
  const state = { status: task.status, progress: task.progress, created_at: seconds(task.createdAt) };
  if (task.failure !== null) return { ...start, ...state, ...failureFields(task.failure, shapes.failure) };
  const requested = { prompt: task.prompt, seconds: details.seconds, size: details.size };
  if (task.status !== 'succeeded') return { ...start, ...state, ...requested };
  const completed = { completed_at: seconds(task.finishedAt ?? task.createdAt) };
  const [width, height] = details.size.split('x').map(Number);
  return {
    ...start,
    ...state,
    ...completed,
    ...requested,
    width,
    height,
    n_seconds: Number(details.seconds),
  };
}

/** The vendor's object, as in `metadata` of S1 and Q3. */
function vendorObject(task: TaskView): Record<string, unknown> {
  const details = detailsSchema.parse(task.details);
  const vendorStatuses = {
    unknown: 'queued',
    queued: 'queued',
    in_progress: 'in_progress',
    succeeded: 'completed',
    failed: 'failed',
  };
  return {
    id: task.id,
    object: 'video',
    model: task.model,
    status: vendorStatuses[task.status],
    progress: task.progress,
    seconds: details.seconds,
    size: details.size,
    created_at: seconds(task.createdAt),
    completed_at: task.finishedAt === null ? null : seconds(task.finishedAt),
    expires_at: task.expiresAt === null ? null : seconds(task.expiresAt),
    error: task.failure === null ? null : { code: task.failure.code, message: task.failure.message },
    remixed_from_video_id: details.remixOf,
  };
}
