import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { ResponseShapes } from '../gatewayOptions';
import { loadImage, type ImageInfo } from '../image';
import { errorE3 } from '../gatewayResponse';
import { bind, binding, flag, promptRequired, text, findUnreadFields, whole } from './binding';
import type { Accepted, Family, Refused, SubmitRequest, TaskView } from './family';
import { queryResponse, submitResponse } from './responses';

/**
 * Veo (API reference 7.3): text to video, first frame, first and last frame; one to four videos. Only the
 * camelCase names count, because just one of the code's two passes reads the others. Silently corrects most
 * values.
 */
export const veo: Family = {
  name: 'veo',
  models: [
    'veo-3.0-fast-generate-001',
    'veo-3.0-generate-001',
    'veo-3.0-generate-preview',
    'veo-3.1-fast-generate-preview',
    'veo-3.1-generate-preview',
  ],
  newerModels: ['veo-3.1-generate-001', 'veo-3.1-fast-generate-001', 'veo-3.1-lite-generate-001'],
  result: 'link',
  // Base64url text of more than 150 characters that begins with `cHJvamVjdHMv` (API reference 4.3).
  newTaskId: (hex) =>
    Buffer.from(
      `projects/pretend/locations/us-central1/publishers/google/models/veo/operations/${hex(40)}`,
    ).toString('base64url'),
  accept,
  submitResponse: (task, shapes) =>
    submitResponse(task, shapes, {
      full: { task_id: task.id },
      vendor: { id: task.id, name: 'operations/1' },
    }),
  queryResponse: (task, shapes) => queryResponse(task, shapes, vendorObject(task, shapes)),
};

const veoBinding = binding({
  durationSeconds: whole,
  aspectRatio: text,
  lastFrame: text,
  generateAudio: flag,
  sampleCount: whole,
  fps: whole,
  personGeneration: text,
  addWatermark: flag,
});

const detailsSchema = z.object({
  durationSeconds: z.number(),
  aspectRatio: z.enum(['16:9', '9:16']),
  resolution: z.enum(['720p', '1080p']),
  fps: z.number(),
  generateAudio: z.boolean(),
  sampleCount: z.number(),
});
type Details = z.infer<typeof detailsSchema>;

async function accept(request: SubmitRequest): Promise<Accepted | Refused> {
  const result = bind(veoBinding, request.body);
  if ('refusal' in result) return result;
  const { bound } = result;
  if ((bound.prompt ?? '').trim() === '') return promptRequired();

  const isFast = request.model.includes('-fast-');
  const details: Details = {
    // The code accepts 12, but Vertex doesn't offer it.
    durationSeconds: [4, 6, 8, 12].find((known) => known === bound.durationSeconds) ?? 4,
    aspectRatio: bound.aspectRatio === '9:16' ? '9:16' : '16:9',
    resolution: bound.resolution === '720p' ? '720p' : '1080p',
    fps: bound.fps ?? 24,
    generateAudio: isFast || bound.generateAudio === true,
    sampleCount: Math.min(4, Math.max(1, bound.sampleCount ?? 1)),
  };
  if (details.fps <= 0) return refused('fps must be positive.');
  if ((bound.seed ?? 0) < 0) return refused('seed must be positive.');
  if (details.durationSeconds === 12) return refused('Unsupported output video duration 12 seconds.');
  const frames = [bound.image, bound.lastFrame].filter(isGiven);
  if (isGiven(bound.lastFrame) && !isGiven(bound.image)) return refused('Last frame needs a first frame.');
  if (isGiven(bound.lastFrame) && !request.model.startsWith('veo-3.1-'))
    return refused('Last frame is not supported by this model.');
  const images: ImageInfo[] = [];
  for (const frame of frames) {
    const image = await loadImage(frame);
    // A link that can't be downloaded is passed on as image data, which the vendor can't read either.
    if (image === undefined || image.format === 'gif') return refused('Unable to process input image.');
    images.push(image);
  }
  const silentChanges = findSilentChanges(request, bound, details);
  return {
    ...createAccepted(request.model, bound.prompt ?? '', bound.seed ?? 0, details, images),
    silentChanges,
  };
}

type Binding = z.infer<typeof veoBinding>;

/** Values that silently fall back to a default (API reference 7.3.1). */
function findSilentChanges({ model, body }: SubmitRequest, bound: Binding, details: Details): string[] {
  const { personGeneration: persons = 'allow_all' } = bound;
  const given = new Map<string, unknown>(Object.entries(bound));
  return [
    ...findUnreadFields(
      body,
      'model',
      ...Object.keys(veoBinding.shape).filter((name) => !IGNORED_FIELDS.includes(name)),
    ),
    ...Object.entries(details)
      .filter(([name, value]) => given.get(name) !== undefined && given.get(name) !== value)
      .map(([name, value]) => `${name} becomes ${String(value)}`),
    ...(['allow_all', 'allow_adult', 'dont_allow'].includes(persons)
      ? []
      : ['personGeneration is corrected']),
    ...(model.includes('-fast-') && bound.generateAudio !== undefined ? ['generateAudio is not read'] : []),
    ...(bound.seed === 0 ? ['seed 0 is not set'] : []),
  ];
}

/** Common fields that Veo ignores. */
const IGNORED_FIELDS = ['size', 'width', 'height', 'duration', 'n', 'aspect_ratio', 'metadata'];

const isGiven = (field: string | undefined): field is string => field !== undefined && field !== '';

/** The vendor's message, inside E3 (E7 in API reference 10.2). */
const refused = (message: string): Refused => ({
  refusal: errorE3(400, { error: { code: 400, message, status: 'INVALID_ARGUMENT' } }),
});

function createAccepted(
  model: string,
  prompt: string,
  seed: number,
  details: Details,
  images: readonly ImageInfo[],
): Omit<Accepted, 'silentChanges'> {
  const short = details.resolution === '720p' ? 720 : 1080;
  const long = (short * 16) / 9;
  const [width, height] = details.aspectRatio === '16:9' ? [long, short] : [short, long];
  const look = (sample: number): string =>
    createHash('sha256')
      .update(JSON.stringify([model, prompt, seed, images.map(({ sha256 }) => sha256), sample]))
      .digest('hex');
  const videos = Array.from({ length: details.sampleCount }, (_, sample) => ({
    ...{ width, height, seconds: details.durationSeconds, framesPerSecond: 24 },
    ...{ audio: details.generateAudio, look: look(sample) },
  }));
  return { prompt, videos, details: { ...details }, imageUse: images.length > 0 ? 'used' : 'none' };
}

/** Q9 and Q10: the request, and on success the videos as links or as texts that the server has cut. */
function vendorObject(task: TaskView, { video }: ResponseShapes): Record<string, unknown> {
  const details: Record<string, unknown> = detailsSchema.parse(task.details);
  if (task.status !== 'succeeded') return details;
  const each = { mimeType: 'video/mp4', encoding: 'mp4' };
  const videos = task.expired
    ? []
    : task.links.map((url) =>
        video === 'inline' || task.links.length === 1
          ? { ...each, bytesBase64Encoded: 'AAAAIGZ0 (truncated by the server)' }
          : { ...each, url },
      );
  return { ...details, response: { videos, raiMediaFilteredCount: 0 } };
}
