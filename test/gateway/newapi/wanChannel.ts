import { z } from 'zod';
import { orNull } from '../families/binding';
import type { Refused, TaskView } from '../families/family';
import { wan, wanTier } from '../families/wan';
import { errorE2 } from '../gatewayResponse';
import type { StockChannel } from './channels';
import type { StockRequest } from './request';

/** DashScope's field names, nested or flat. */
const input = { img_url: orNull(z.string()), audio_url: orNull(z.string()) };
const parameters = {
  resolution: orNull(z.string()),
  size: orNull(z.string()),
  duration: orNull(z.int()),
  prompt_extend: orNull(z.boolean()),
  audio: orNull(z.boolean()),
  seed: orNull(z.int()),
};
const metadata = z.object({
  ...{ ...input, ...parameters },
  input: orNull(z.object(input)),
  parameters: orNull(z.object(parameters)),
});

/** Relative prices of the tiers. Other models have none. */
const TIER_RATIOS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'wan2.5-t2v-preview': { '480P': 1, '720P': 2, '1080P': 1 / 0.3 },
  'wan2.5-i2v-preview': { '480P': 1, '720P': 2, '1080P': 1 / 0.3 },
  'wan2.6-i2v': { '720P': 1, '1080P': 1 / 0.6 },
};

/**
 * Wan behind new-api: size and length at the top level, everything else in `metadata` under DashScope's
 * names.
 */
export const wanChannel: StockChannel = {
  platform: '17',
  endpointType: 'openai',
  bindError: 'invalid_json',
  result: 'link',
  ratios: (request) => {
    const converted = convert(request);
    if ('refusal' in converted) return {};
    const tier = converted.size === undefined ? converted.resolution : wanTier(converted.size);
    const ratio = TIER_RATIOS[request.model]?.[tier?.toUpperCase() ?? ''];
    return {
      seconds: converted.duration,
      ...(ratio === undefined ? {} : { [`resolution-${(tier ?? '').toUpperCase()}`]: ratio }),
    };
  },
  submit: async (request) => {
    const converted = convert(request);
    if ('refusal' in converted) return converted;
    const { size, resolution, duration, image, audioUrl, audio, seed, isRewritten } = converted;
    return wan.accept({
      model: request.model,
      body: {
        ...{ model: request.model, prompt: request.prompt, duration, smart_rewrite: isRewritten },
        ...(size === undefined ? {} : { size }),
        ...(resolution === undefined ? {} : { resolution: resolution.toLowerCase() }),
        ...(image === undefined ? {} : { image }),
        ...(audioUrl === undefined ? {} : { audio_url: audioUrl }),
        ...(audio === undefined ? {} : { generate_audio: audio }),
        ...(seed === undefined ? {} : { seed }),
      },
      findTask: () => undefined,
    });
  },
  providerObject,
};

interface ConvertedRequest {
  readonly size: string | undefined;
  readonly resolution: string | undefined;
  readonly duration: number;
  readonly image: string | undefined;
  readonly audioUrl: string | undefined;
  readonly audio: boolean | undefined;
  readonly seed: number | undefined;
  readonly isRewritten: boolean;
}

/** Builds the provider's request. A body that can't be converted is a server error. */
function convert(request: StockRequest): ConvertedRequest | Refused {
  const parsed = metadata.safeParse(request.metadata);
  if (!parsed.success) return failed('unmarshal metadata failed');
  const given = { ...parsed.data, ...parsed.data.input, ...parsed.data.parameters };
  const isFromText = request.model.includes('t2v');
  if (isFromText && request.size !== '' && !request.size.includes('*'))
    return failed(`invalid size: ${request.size}, example: 1920*1080`);
  const seconds = request.seconds === '' ? undefined : Number(request.seconds);
  if (seconds !== undefined && !Number.isInteger(seconds)) return failed('convert seconds to int failed');
  const topLevelSize = sizeAtTop(request, isFromText);
  const image = given.img_url ?? request.inputReference;
  return {
    ...{ size: given.size ?? topLevelSize.size, resolution: given.resolution ?? topLevelSize.resolution },
    duration: given.duration ?? [request.duration, seconds].find((length) => length) ?? 5,
    image: image === '' ? undefined : image,
    ...{ audioUrl: given.audio_url, audio: given.audio, seed: given.seed },
    isRewritten: given.prompt_extend ?? true,
  };
}

function sizeAtTop(
  { model, size }: StockRequest,
  isFromText: boolean,
): { size?: string; resolution?: string } {
  if (size.includes('*')) return { size };
  if (size !== '') return { resolution: /p$/i.test(size) ? size : `${size}P` };
  if (isFromText) return { size: model.startsWith('wan2.5') ? '1920*1080' : '1280*720' };
  return { resolution: '1080P' };
}

const failed = (message: string): Refused => ({ refusal: errorE2(500, 'build_request_failed', message) });

function providerObject(task: TaskView, upstreamId: string): Record<string, unknown> {
  const vendorStatuses = {
    ...{ unknown: 'PENDING', queued: 'PENDING', in_progress: 'RUNNING' },
    ...{ succeeded: 'SUCCEEDED', failed: 'FAILED' },
  };
  const [spec] = task.specs;
  const isDone = task.status === 'succeeded';
  return {
    output: {
      ...{ task_id: upstreamId, task_status: vendorStatuses[task.status] },
      ...(isDone && !task.expired ? { video_url: task.links[0] } : {}),
      ...(task.failure === null ? {} : { code: task.failure.code, message: task.failure.message }),
    },
    request_id: 'r-1',
    ...(isDone ? { usage: { duration: spec?.seconds, video_count: 1 } } : {}),
  };
}
