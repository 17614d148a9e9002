import type { Accepted, Refused, TaskView } from '../families/family';
import type { StockRequest } from './request';
import { seedanceChannel } from './seedanceChannel';
import { soraChannel } from './soraChannel';
import { veoChannel } from './veoChannel';
import { wanChannel } from './wanChannel';

/** How new-api forwards the requests of a family. A new family is a file in this folder and a row below. */
export interface StockChannel {
  /** Number of the channel's type, as in the query. */
  readonly platform: string;
  /** `openai-video` on channels of type Sora. Others may just be `openai` (money-and-gateways 1.2). */
  readonly endpointType: 'openai-video' | 'openai';
  /** Error code for a wrong type. */
  readonly bindError: 'invalid_json' | 'invalid_request';
  /** Validates what the gateway checks itself before it charges anything. */
  check?(request: StockRequest): Refused | undefined;
  /** Price factors from the request. */
  ratios(request: StockRequest): Readonly<Record<string, number>>;
  /** Submits to the provider. */
  submit(request: StockRequest): Promise<Accepted | Refused>;
  /**
   * The provider's task object, as the gateway stores it. Absent if the gateway asks the provider with each
   * query and responds in its own shape (Vertex AI, Gemini).
   */
  providerObject?(task: TaskView, upstreamId: string): Record<string, unknown>;
  /** Where the finished video is: behind the gateway's content route, or at the provider's link. */
  readonly result: 'content' | 'link';
}

const CHANNELS: Readonly<Record<string, StockChannel>> = {
  sora: soraChannel,
  veo: veoChannel,
  wan: wanChannel,
  seedance: seedanceChannel,
};

/** The channel for a family, or undefined if stock new-api is known to have none. */
export function channelFor(family: string): StockChannel | undefined {
  return Object.hasOwn(CHANNELS, family) ? CHANNELS[family] : undefined;
}

/** The endpoint types of a family's models in the lists of models and prices. */
export function endpointTypes(family: string | undefined): string[] {
  return [channelFor(family ?? '')?.endpointType ?? 'openai'];
}
