import { z } from 'zod';
import { orNull } from '../families/binding';
import type { Accepted, Refused } from '../families/family';
import { veo } from '../families/veo';
import { errorE2, errorE3 } from '../gatewayResponse';
import type { StockChannel } from './channels';
import type { StockRequest } from './request';

const DEFAULT_SECONDS = 8;
const RESOLUTIONS = ['720p', '1080p'];

/** The metadata that reaches the provider. */
const parameters = z.object({
  durationSeconds: orNull(z.int()),
  aspectRatio: orNull(z.string()),
  resolution: orNull(z.string()),
  generateAudio: orNull(z.boolean()),
  negativePrompt: orNull(z.string()),
  personGeneration: orNull(z.string()),
  seed: orNull(z.int()),
});

/** Veo behind new-api: options only in `metadata`, one video, 8 s at 720p by default. */
export const veoChannel: StockChannel = {
  platform: '41',
  endpointType: 'openai',
  bindError: 'invalid_request',
  result: 'content',
  ratios: ({ metadata, duration, seconds }) => ({
    seconds:
      (typeof metadata['durationSeconds'] === 'number' && metadata['durationSeconds']) ||
      duration ||
      Number.parseInt(seconds, 10) ||
      DEFAULT_SECONDS,
    resolution: 1,
  }),
  submit,
};

async function submit(request: StockRequest): Promise<Accepted | Refused> {
  const parsed = parameters.safeParse(request.metadata);
  if (!parsed.success) return { refusal: errorE2(500, 'build_request_failed', 'unmarshal metadata failed') };
  const { durationSeconds: given = 0, aspectRatio = '16:9', resolution = '', ...others } = parsed.data;
  const durationSeconds = given || request.duration || DEFAULT_SECONDS;
  const tier = resolution === '' ? (RESOLUTIONS[0] ?? '') : resolution.toLowerCase();
  // The provider refuses values that Nebula corrects.
  if (![4, 6, 8].includes(durationSeconds))
    return refused(`Unsupported output video duration ${durationSeconds} seconds.`);
  if (!['16:9', '9:16'].includes(aspectRatio)) return refused(`Unsupported aspect ratio ${aspectRatio}.`);
  if (!RESOLUTIONS.includes(tier)) return refused(`Unsupported resolution ${tier}.`);
  if (!['allow_all', 'allow_adult', 'dont_allow'].includes(others.personGeneration ?? 'allow_all'))
    return refused('Unsupported person generation.');
  // Only base64 images are supported. A link is dropped.
  const image = request.images[0];
  return veo.accept({
    model: request.model,
    body: {
      ...{ model: request.model, prompt: request.prompt, durationSeconds, aspectRatio, resolution: tier },
      ...{ generateAudio: others.generateAudio ?? true, sampleCount: 1 },
      ...(others.seed === undefined ? {} : { seed: others.seed }),
      ...(image === undefined || /^https?:/i.test(image) ? {} : { image }),
    },
    findTask: () => undefined,
  });
}

const refused = (message: string): Refused => ({
  refusal: errorE3(400, { error: { code: 400, message, status: 'INVALID_ARGUMENT' } }),
});
