import type { Accepted, Refused, TaskView } from '../families/family';
import type { StockRequest } from './request';
import { seedanceChannel } from './seedanceChannel';
import { soraChannel } from './soraChannel';
import { veoChannel } from './veoChannel';
import { wanChannel } from './wanChannel';

/** How new-api passes the requests of one family on: a new family is a file beside this one and a row below. */
export interface StockChannel {
  /** Number of the channel's type, as the query shows it. */
  readonly platform: string;
  /** `openai-video` on channels of type Sora; others may just say `openai` (money-and-gateways 1.2). */
  readonly endpointType: 'openai-video' | 'openai';
  /** Code of a refusal for a wrong type. */
  readonly bindError: 'invalid_json' | 'invalid_request';
  /** Checks what the gateway itself checks before it takes any money. */
  check?(request: StockRequest): Refused | undefined;
  /** The factors of the price that it tells from the request. */
  ratios(request: StockRequest): Readonly<Record<string, number>>;
  /** The provider's verdict. */
  submit(request: StockRequest): Promise<Accepted | Refused>;
  /**
   * The provider's own object about a task, as the gateway stores it. Absent where it asks the provider with each query
   * and answers in a shape of its own (Vertex AI, Gemini).
   */
  providerObject?(task: TaskView, upstreamId: string): Record<string, unknown>;
  /** Where the finished video is: behind the gateway's own content route, or at the provider's link. */
  readonly result: 'content' | 'link';
}

const CHANNELS: Readonly<Record<string, StockChannel>> = {
  sora: soraChannel,
  veo: veoChannel,
  wan: wanChannel,
  seedance: seedanceChannel,
};

/** The channel for a family; undefined where stock new-api, as we know it, has none. */
export function channelFor(family: string): StockChannel | undefined {
  return Object.hasOwn(CHANNELS, family) ? CHANNELS[family] : undefined;
}

/** The endpoint types that the lists of models and prices name for a family's models. */
export function endpointTypes(family: string | undefined): string[] {
  return [channelFor(family ?? '')?.endpointType ?? 'openai'];
}
