import type { IncomingHttpHeaders } from 'node:http';
import * as z from 'zod';
import type { OriginKind } from '../common/originKind';
import { DEFAULT_BASE_URL, originOf } from './baseUrl';
import type { HttpReply, OpenHttp } from './http';
import { LIMITS } from './limits';
import { headersFor, readText } from './transport';

/** What an origin shows about itself for free (money-and-gateways 5.0). */
export type OriginSign =
  /** A fork of new-api gives its own name as the type of authentication errors. */
  | 'forkError'
  /** The header `X-New-Api-Version`, on any response. */
  | 'versionHeader'
  /** `/api/status` says `_qn: "new-api"`. */
  | 'statusNewApi'
  /** `/v1/videos/models` lists `pricing_skus`. */
  | 'pricingSkus'
  /** `/api/status` has `quota_per_unit` and no `_qn`: one-api, and Nebula as well. */
  | 'statusRelative'
  /** The list of models has `success` and `supported_endpoint_types`. */
  | 'modelsRelative'
  /** The type of an authentication error is `new_api_error`. */
  | 'relativeError';

/**
 * The kind that a sign proves; the first match wins. Only current new-api has known rules: a fork or an older relative
 * may charge differently, so it counts as unknown.
 */
const PROOFS: readonly (readonly [OriginSign, OriginKind])[] = [
  ['forkError', 'unknown'],
  ['versionHeader', 'newapi'],
  ['statusNewApi', 'newapi'],
  ['pricingSkus', 'openrouter'],
  ['statusRelative', 'unknown'],
  ['modelsRelative', 'unknown'],
  ['relativeError', 'unknown'],
];

/**
 * Decides what runs at a base URL. Only the address makes an origin Nebula's, never a response: another gateway can
 * send the same responses and charge differently.
 * @param nebulaBaseUrl the base URL of Nebula's own gateway
 */
export function recognizeOrigin(
  baseUrl: string,
  signs: ReadonlySet<OriginSign>,
  nebulaBaseUrl: string = DEFAULT_BASE_URL,
): OriginKind {
  if (originOf(baseUrl) === originOf(nebulaBaseUrl)) return 'nebula';
  return PROOFS.find(([sign]) => signs.has(sign))?.[1] ?? 'unknown';
}

/** Reads the signs in the headers of any response of the origin. */
export function signsInHeaders(headers: Readonly<IncomingHttpHeaders>): OriginSign[] {
  return headers['x-new-api-version'] === undefined ? [] : ['versionHeader'];
}

const statusBody = z.object({
  data: z.looseObject({ quota_per_unit: z.number(), _qn: z.unknown().optional() }),
});
const videoModelsBody = z.object({
  data: z.array(z.looseObject({ pricing_skus: z.unknown().optional() })).min(1),
});
const modelsBody = z.object({
  success: z.literal(true),
  data: z.array(z.looseObject({ supported_endpoint_types: z.array(z.string()) })).min(1),
});
const errorBody = z.object({ error: z.object({ type: z.string() }) });

/** Reads the signs in the body of a response, whatever the request was. */
export function signsInBody(body: unknown): OriginSign[] {
  const signs: OriginSign[] = [];
  const status = statusBody.safeParse(body);
  if (status.success) signs.push(status.data.data._qn === 'new-api' ? 'statusNewApi' : 'statusRelative');
  const videoModels = videoModelsBody.safeParse(body);
  if (videoModels.success && videoModels.data.data.some((model) => isObject(model.pricing_skus)))
    signs.push('pricingSkus');
  if (modelsBody.safeParse(body).success) signs.push('modelsRelative');
  const type = errorBody.safeParse(body).data?.error.type;
  if (type === 'new_api_error') signs.push('relativeError');
  else if (type !== undefined && /^\w+_api_error$/.test(type)) signs.push('forkError');
  return signs;
}

/** Asks an origin what it is: a few GETs that cost nothing and carry no key. */
export class OriginProber {
  readonly #open: OpenHttp;

  constructor(open: OpenHttp) {
    this.#open = open;
  }

  /**
   * Collects the signs of an origin.
   * @returns undefined if no request got a response
   */
  async collect(baseUrl: string, signal: AbortSignal): Promise<ReadonlySet<OriginSign> | undefined> {
    // OpenRouter's base URL ends in /api/v1, of which the settings keep /api.
    const paths = baseUrl.endsWith('/api') ? ['/v1/videos/models'] : ['/api/status', '/v1/models'];
    const signs = new Set<OriginSign>();
    let responded = false;
    for (const path of paths) {
      try {
        for (const sign of await this.#ask(new URL(baseUrl + path), signal)) signs.add(sign);
        responded = true;
      } catch (error) {
        if (signal.aborted) throw error;
      }
    }
    return responded ? signs : undefined;
  }

  async #ask(url: URL, signal: AbortSignal): Promise<OriginSign[]> {
    const request = await this.#open({
      method: 'GET',
      url,
      headers: headersFor(undefined),
      signal,
      limits: LIMITS.query,
    });
    const reply = await request.send(undefined, signal);
    try {
      return [...signsInHeaders(reply.headers), ...signsInBody(await readJson(reply))];
    } finally {
      reply.close();
    }
  }
}

/** Undefined for what isn't JSON, such as the web page of an unknown path, or is too long. */
async function readJson(reply: HttpReply): Promise<unknown> {
  try {
    return JSON.parse(await readText(reply));
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
