import { createHash } from 'node:crypto';
import { seconds as inSeconds, type Accepted, type Refused, type TaskView } from '../families/family';
import { loadImage } from '../image';
import { errorE2, errorE3 } from '../gatewayResponse';
import type { StockChannel } from './channels';
import type { StockRequest } from './request';

const SIZES: Readonly<Record<string, readonly string[]>> = {
  'sora-2': ['720x1280', '1280x720'],
  'sora-2-pro': ['720x1280', '1280x720', '1792x1024', '1024x1792'],
};
const DEFAULT_SIZE = '720x1280';
const DEFAULT_SECONDS = '4';
const PARAMETERS = ['model', 'prompt', 'seconds', 'size', 'input_reference', 'metadata'];

/**
 * Sora behind new-api: the body goes to the provider unchanged except for the model (money-and-gateways 5.2,
 * 5.3).
 */
export const soraChannel: StockChannel = {
  platform: '55',
  endpointType: 'openai-video',
  bindError: 'invalid_json',
  result: 'content',
  check: ({ model, size }) =>
    size === '' || SIZES[model]?.includes(size)
      ? undefined
      : { refusal: errorE2(400, 'invalid_size', `${model} size is invalid`) },
  ratios: ({ seconds, duration, size }) => ({
    seconds: Number.parseInt(seconds, 10) || duration || Number(DEFAULT_SECONDS),
    size: size === '1792x1024' || size === '1024x1792' ? 1.666667 : 1,
  }),
  submit,
  providerObject,
};

/** The provider refuses unknown fields and corrects nothing. */
async function submit({ model, prompt, fields, ...given }: StockRequest): Promise<Accepted | Refused> {
  const unknown = Object.keys(fields).find((name) => !PARAMETERS.includes(name));
  if (unknown !== undefined) return refused(`Unknown parameter: '${unknown}'.`, unknown, 'unknown_parameter');
  const seconds = given.seconds === '' ? DEFAULT_SECONDS : given.seconds;
  if (!['4', '8', '12'].includes(seconds)) {
    const allowed = "Supported values are: '4', '8', and '12'.";
    return refused(`Invalid value: '${seconds}'. ${allowed}`, 'seconds', 'invalid_value');
  }
  const size = given.size === '' ? DEFAULT_SIZE : given.size;
  const [width = 0, height = 0] = size.split('x').map(Number);
  const reference = fields['input_reference'];
  const image = typeof reference === 'string' && reference !== '' ? await loadImage(reference) : undefined;
  if (reference !== undefined && reference !== '') {
    if (image === undefined || image.format === 'gif')
      return refused('The image in input_reference could not be read.', 'input_reference', 'invalid_value');
    if (image.width !== width || image.height !== height) {
      const message = 'Inpaint image must match the requested width and height';
      return refused(message, 'input_reference', 'invalid_value');
    }
  }
  const details = { seconds, size, remixOf: null };
  const lookOf = createHash('sha256')
    .update(JSON.stringify([model, prompt, details, image?.sha256 ?? null]))
    .digest('hex');
  return {
    prompt,
    videos: [{ width, height, seconds: Number(seconds), framesPerSecond: 24, audio: true, look: lookOf }],
    details,
    imageUse: image === undefined ? 'none' : 'used',
    silentChanges: [],
  };
}

const refused = (message: string, param: string, code: string): Refused => ({
  refusal: errorE3(400, { error: { message, type: 'invalid_request_error', param, code } }),
});

function providerObject(task: TaskView, upstreamId: string): Record<string, unknown> {
  const vendorStatuses = {
    unknown: 'queued',
    queued: 'queued',
    in_progress: 'in_progress',
    succeeded: 'completed',
    failed: 'failed',
  };
  const { seconds, size, remixOf } = task.details;
  return {
    ...{ id: upstreamId, object: 'video', model: task.model, status: vendorStatuses[task.status] },
    ...{ progress: task.progress, created_at: inSeconds(task.createdAt) },
    ...(task.finishedAt === null ? {} : { completed_at: inSeconds(task.finishedAt) }),
    ...(task.expiresAt === null ? {} : { expires_at: inSeconds(task.expiresAt) }),
    ...{ seconds, size },
    ...(typeof remixOf === 'string' ? { remixed_from_video_id: remixOf } : {}),
    ...(task.failure === null ? {} : { error: { message: task.failure.message, code: task.failure.code } }),
  };
}
