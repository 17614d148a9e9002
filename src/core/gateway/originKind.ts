import type { IncomingHttpHeaders } from 'node:http';
import * as z from 'zod';
import { parseJson } from '../common/json';
import type { OriginKind } from '../common/originKind';
import { DEFAULT_BASE_URL, originOf } from './baseUrl';
import type { HttpReply, OpenHttp } from './http';
import { LIMITS } from './limits';
import { headersFor, readText } from './transport';

/** Evidence of what runs at an origin that costs nothing to collect (money-and-gateways 5.0). */
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
 * The kind that a sign proves; the first match wins. Only the rules of current new-api are known: a fork or an older
 * relative may charge differently and counts as unknown.
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

/** Finds signs in the headers of any response of the origin. */
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

/** Finds signs in the parsed body of a response to any request. */
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

/** Probes an origin with a few GETs that cost nothing and carry no key. */
export class OriginProber {
  readonly #open: OpenHttp;

  constructor(open: OpenHttp) {
    this.#open = open;
  }

  /** Collects the signs of an origin. @returns undefined if no request got a response */
  async collect(baseUrl: string, signal: AbortSignal): Promise<ReadonlySet<OriginSign> | undefined> {
    // OpenRouter's base URL ends in /api/v1; settings drop the /v1.
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
      return [...signsInHeaders(reply.headers), ...signsInBody(await readBody(reply))];
    } finally {
      reply.close();
    }
  }
}

/** The body as JSON; undefined if it isn't JSON, is too long, or can't be read. */
async function readBody(reply: HttpReply): Promise<unknown> {
  return parseJson(await readText(reply).catch(() => ''));
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
