import { z } from 'zod';
import { orNull } from '../families/binding';
import { seconds, type Accepted, type Refused, type TaskView } from '../families/family';
import { seedance } from '../families/seedance';
import { seedanceTokens } from '../money/prices';
import { errorE2 } from '../gatewayResponse';
import type { StockChannel } from './channels';
import type { StockRequest } from './request';

const image = z.object({
  type: z.literal('image_url'),
  image_url: z.object({ url: z.string() }),
  role: z.string().optional(),
});
/** The provider's fields may be strings. */
const numberOrText = orNull(z.union([z.number(), z.string().regex(/^-?\d+$/)]));
const flagOrText = orNull(z.union([z.boolean(), z.enum(['true', 'false'])]));
const metadata = z.object({
  content: orNull(z.array(z.looseObject({ type: z.string() }))),
  resolution: orNull(z.string()),
  ratio: orNull(z.string()),
  duration: numberOrText,
  seed: numberOrText,
  camera_fixed: flagOrText,
  watermark: flagOrText,
});

/** Names of the provider's fields and the flags with the same meaning. */
const FLAGS = [
  ['resolution', 'rs', /(^|\s)--(rs|resolution)\s/],
  ['ratio', 'ratio', /(^|\s)--(ratio|rt)\s/],
  ['duration', 'dur', /(^|\s)--(dur|duration)\s/],
  ['seed', 'seed', /(^|\s)--seed\s/],
  ['camera_fixed', 'cf', /(^|\s)--(cf|camerafixed)\s/],
  ['watermark', 'wm', /(^|\s)--(wm|watermark)\s/],
] as const;

/**
 * Seedance behind new-api is the opposite of Nebula: the text in `metadata.content` is dropped, and the
 * top-level `prompt` replaces it (money-and-gateways 5.2).
 */
export const seedanceChannel: StockChannel = {
  platform: '54',
  endpointType: 'openai',
  bindError: 'invalid_request',
  result: 'link',
  // Priced by tokens, which aren't known before the end.
  ratios: () => ({}),
  submit,
  providerObject,
};

async function submit(request: StockRequest): Promise<Accepted | Refused> {
  const parsed = metadata.safeParse(request.metadata);
  if (!parsed.success) return { refusal: errorE2(500, 'build_request_failed', 'unmarshal metadata failed') };
  const givenMetadata = { ...parsed.data, duration: parseWhole(request.seconds) ?? parsed.data.duration };
  const images = (givenMetadata.content ?? []).filter((item) => item.type !== 'text');
  if (!images.every((item) => image.safeParse(item).success))
    return { refusal: errorE2(400, 'fail_to_fetch_task', 'the content is not supported') };
  const topLevelImages = request.images.map((url) => ({ type: 'image_url', image_url: { url } }));
  // The provider treats fields like flags, so fields are converted to flags.
  const flags = FLAGS.filter(
    ([name, , pattern]) => givenMetadata[name] !== undefined && !pattern.test(request.prompt),
  )
    .map(([name, flag]) => ` --${flag} ${String(givenMetadata[name])}`)
    .join('');
  const accepted = await seedance.accept({
    model: request.model,
    body: {
      model: request.model,
      metadata: {
        content: [
          { type: 'text', text: request.prompt + flags },
          // Content replaces the top-level images.
          ...(givenMetadata.content === undefined ? topLevelImages : images),
        ],
      },
    },
    findTask: () => undefined,
  });
  return 'refusal' in accepted ? accepted : { ...accepted, prompt: request.prompt };
}

const parseWhole = (text: string): number | undefined => (/^[1-9]\d*$/.test(text) ? Number(text) : undefined);

function providerObject(task: TaskView, upstreamId: string): Record<string, unknown> {
  const vendorStatuses = {
    unknown: 'queued',
    queued: 'queued',
    in_progress: 'running',
    succeeded: 'succeeded',
    failed: 'failed',
  };
  const [spec] = task.specs;
  const tokens = spec === undefined ? 0 : seedanceTokens(spec);
  return {
    ...{ id: upstreamId, model: task.model, status: vendorStatuses[task.status] },
    ...{ created_at: seconds(task.createdAt), updated_at: seconds(task.finishedAt ?? task.createdAt) },
    ...(task.status === 'succeeded'
      ? {
          content: task.expired ? {} : { video_url: task.links[0] },
          usage: { completion_tokens: tokens, total_tokens: tokens },
          framespersecond: 24,
        }
      : {}),
    ...(task.failure === null ? {} : { error: { code: task.failure.code, message: task.failure.message } }),
  };
}
