import { createHash } from 'node:crypto';
import { z } from 'zod';
import { loadImage } from '../image';
import { errorE3 } from '../gatewayResponse';
import { bind, binding, flag, orNull, promptRequired, text, findUnreadFields, whole } from './binding';
import type { Accepted, Family, Refused, SubmitRequest } from './family';
import { queryEnvelope, queryResponse, submitEnvelope, submitResponse } from './responses';

/** The models of the general page of 2025 (API reference 7.6): Kling, Doubao, Jimeng. */
export const legacy: Family = {
  name: 'legacy',
  models: ['kling-v1', 'kling-v1-6', 'kling-v2-master', 'doubao-video-v1', 'jimeng_vgfm_t2v_l20'],
  result: 'link',
  newTaskId: (hex) => hex(12),
  accept,
  submitResponse: (task, shapes) =>
    submitResponse(task, shapes, {
      full: submitEnvelope(task),
      code: { task_id: task.id },
      vendor: { id: task.id },
    }),
  queryResponse: (task, shapes) =>
    shapes.query === 'flat'
      ? queryEnvelope(task)
      : queryResponse(task, shapes, {
          data: {
            task_id: task.id,
            task_status: task.status,
            task_result: { videos: task.expired ? [] : task.links.map((url) => ({ id: '1', url })) },
          },
        }),
};

const legacyBinding = binding({
  image_tail: text,
  // Not limited to whole numbers here.
  duration: orNull(z.number()),
  fps: whole,
  response_format: text,
  mode: text,
  cfg_scale: orNull(z.number()),
  negative_prompt: text,
  quality_level: text,
  watermark: flag,
  camera_fixed: flag,
});
type Binding = z.infer<typeof legacyBinding>;

async function accept(request: SubmitRequest): Promise<Accepted | Refused> {
  const result = bind(legacyBinding, request.body);
  if ('refusal' in result) return result;
  // The page says that top-level values win, but the code merges those of `metadata` last.
  const merged = bind(legacyBinding, { ...request.body, ...result.bound.metadata });
  if ('refusal' in merged) return merged;
  const { bound } = merged;
  const prompt = bound.prompt ?? '';
  if (prompt.trim() === '') return promptRequired();
  const vendorError = findVendorError(bound, request.model);
  if (vendorError !== undefined) return refused(vendorError);
  const images: string[] = [];
  for (const reference of [bound.image, bound.image_tail]) {
    if (reference === undefined || reference === '') continue;
    // Only this page requires base64 without a prefix (API reference 13 row 25).
    const image = /^data:/i.test(reference) ? undefined : await loadImage(reference);
    if (image === undefined) return refused('the image cannot be read');
    images.push(image.sha256);
  }
  const { width = 1280, height = 720, duration = 5, seed = -1, n = 1 } = bound;
  const look = (sample: number): string =>
    createHash('sha256')
      .update(JSON.stringify([request.model, prompt, seed, images, sample]))
      .digest('hex');
  const video = { width, height, seconds: duration, framesPerSecond: bound.fps ?? 24, audio: false };
  return {
    prompt,
    videos: Array.from({ length: n }, (_, sample) => ({ ...video, look: look(sample) })),
    details: {},
    imageUse: images.length > 0 ? 'used' : 'none',
    silentChanges: findSilentChanges(request, result.bound.metadata ?? {}),
  };
}

/** Options of other vendors, and values given twice (API reference 7.6). */
function findSilentChanges(
  { model, body }: SubmitRequest,
  metadata: Readonly<Record<string, unknown>>,
): string[] {
  const vendorFields = model.startsWith('kling-')
    ? ['mode', 'cfg_scale']
    : model.startsWith('doubao-')
      ? ['resolution', 'watermark', 'camera_fixed']
      : [];
  return [
    ...findUnreadFields(
      body,
      ...['model', 'prompt', 'image', 'image_tail', 'duration', 'width', 'height', 'fps', 'seed', 'n'],
      ...['response_format', 'aspect_ratio', 'negative_prompt', 'quality_level', 'user', 'metadata'],
      ...vendorFields,
    ),
    ...Object.keys(metadata)
      .filter((name) => name in body)
      .map((name) => `${name} of metadata wins`),
  ];
}

/** Returns the vendor's complaint about the values that API reference 7.6 lists. */
function findVendorError(bound: Binding, model: string): string | undefined {
  const { duration = 5, seed = -1, n = 1, cfg_scale: scale, mode, width = 1280, height = 720 } = bound;
  const isKling = model.startsWith('kling-');
  if (duration <= 0 || duration > 60) return 'duration is out of range';
  if (seed < -1 || seed > 999_999_999) return 'seed is out of range';
  if (n < 1 || n > 4) return 'n is out of range';
  if ([width, height].some((side) => side < 64 || side > 4096 || side % 2 !== 0))
    return 'the size is not supported';
  if (isKling && mode !== undefined && !['std', 'pro'].includes(mode)) return 'mode must be std or pro';
  if (isKling && scale !== undefined && (scale < 0 || scale > 1)) return 'cfg_scale must be 0 to 1';
  if (bound.image_tail !== undefined && model.startsWith('jimeng')) return 'image_tail is not supported';
  if (bound.image_tail !== undefined && bound.image === undefined) return 'image_tail needs image';
  if (n > 1 && model.startsWith('jimeng')) return 'n is out of range';
  if (bound.fps !== undefined && bound.fps < 1) return 'fps is out of range';
  if ((bound.response_format ?? 'url') !== 'url') return 'response_format must be url';
  if (!['low', 'medium', 'high', 'ultra-high'].includes(bound.quality_level ?? 'low'))
    return 'quality_level is not supported';
  if (model.startsWith('doubao-') && !['480p', '720p', '1080p'].includes(bound.resolution ?? '720p'))
    return 'resolution is not supported';
  return undefined;
}

const refused = (message: string): Refused => ({
  refusal: errorE3(400, { code: 1201, message, request_id: 'r-1' }),
});
