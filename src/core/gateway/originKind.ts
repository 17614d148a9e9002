import type { IncomingHttpHeaders } from 'node:http';
import { parseJson } from '../common/json';
import type { OriginKind } from '../common/originKind';
import { DEFAULT_BASE_URL, originOf } from './baseUrl';
import type { HttpConnector } from './http';
import { asRecord, asText } from './jsonValues';
import { LIMITS } from './limits';
import { headersFor, readText } from './transport';

/**
 * Signs of the software at an origin, and the kind that each proves (money-and-gateways 5.0). The first match wins. Forks
 * and older relatives of new-api may charge differently, so they count as unknown.
 */
const PROOFS = [
  // Forks of new-api use their own name as the type of authentication errors.
  ['forkError', 'unknown'],
  // The header `X-New-Api-Version`, on any response.
  ['versionHeader', 'newapi'],
  // `/api/status` says `_qn: "new-api"`.
  ['statusNewApi', 'newapi'],
  // `/v1/videos/models` lists `pricing_skus`.
  ['pricingSkus', 'openrouter'],
  // `/api/status` has `quota_per_unit` and no `_qn`: one-api, and Nebula as well.
  ['statusRelative', 'unknown'],
  // The list of models has `success` and `supported_endpoint_types`.
  ['modelsRelative', 'unknown'],
  // The type of an authentication error is `new_api_error`.
  ['relativeError', 'unknown'],
] as const satisfies readonly (readonly [string, OriginKind])[];

export type OriginSign = (typeof PROOFS)[number][0];

/**
 * Decides what runs at a base URL. Only the address identifies Nebula: another gateway can send the same responses and
 * charge differently.
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

/** Finds signs in the parsed body of any response. */
export function signsInBody(body: unknown): OriginSign[] {
  const { data, success, error } = asRecord(body) ?? {};
  const items = Array.isArray(data) ? data.map(asRecord) : [];
  const status = asRecord(data);
  const signs: OriginSign[] = [];
  if (typeof status?.['quota_per_unit'] === 'number')
    signs.push(status['_qn'] === 'new-api' ? 'statusNewApi' : 'statusRelative');
  if (items.some((item) => asRecord(item?.['pricing_skus']))) signs.push('pricingSkus');
  const isListed =
    items.length > 0 && items.every((item) => Array.isArray(item?.['supported_endpoint_types']));
  if (success === true && isListed) signs.push('modelsRelative');
  const type = asText(asRecord(error)?.['type']);
  if (type === 'new_api_error') signs.push('relativeError');
  else if (type !== undefined && /^\w+_api_error$/.test(type)) signs.push('forkError');
  return signs;
}

/**
 * Probes an origin with a few GETs that cost nothing and carry no key.
 * @returns undefined if no request got a response
 */
export async function probeOrigin(
  open: HttpConnector,
  baseUrl: string,
  signal: AbortSignal,
): Promise<ReadonlySet<OriginSign> | undefined> {
  // OpenRouter's base URL ends in /api/v1; settings drop the /v1.
  const paths = baseUrl.endsWith('/api') ? ['/v1/videos/models'] : ['/api/status', '/v1/models'];
  const signs = new Set<OriginSign>();
  let responded = false;
  for (const path of paths) {
    try {
      for (const sign of await requestSigns(open, new URL(baseUrl + path), signal)) signs.add(sign);
      responded = true;
    } catch (error) {
      if (signal.aborted) throw error;
    }
  }
  return responded ? signs : undefined;
}

async function requestSigns(open: HttpConnector, url: URL, signal: AbortSignal): Promise<OriginSign[]> {
  const headers = headersFor(undefined);
  const request = await open({ method: 'GET', url, headers, signal, limits: LIMITS.query });
  const response = await request.send(undefined, signal);
  try {
    const body = parseJson(await readText(response).catch(() => ''));
    return [...signsInHeaders(response.headers), ...signsInBody(body)];
  } finally {
    response.close();
  }
}
