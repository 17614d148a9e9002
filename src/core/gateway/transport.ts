import type { Clock } from '../common/clock';
import type { EvidenceStep } from '../common/evidence';
import type { Log } from '../common/log';
import type { ApiKey } from './apiKey';
import { GatewayError } from './errors';
import type { HttpResponse, HttpConnector } from './http';
import { parseJson } from '../common/json';
import { asRecord } from './jsonValues';
import { MAX_RESPONSE_BYTES, type HttpLimits } from './limits';
import { readProxyRefusal } from './proxyRefusal';
import { containsKey, redactResponse, redactMessage } from './redaction';
import { toEvidence } from './responseEvidence';
import { isAllowedResultUrl, requestTarget } from './resultUrl';
import { isUnknownEndpoint, parseErrorResponse, type ErrorResponse } from './responseError';

/** The gateway and the key for a request. */
export interface GatewayCredentials extends VideoAccess {
  readonly key: ApiKey;
}

/** As {@link GatewayCredentials}; without a key, only public links can be downloaded. */
export interface VideoAccess {
  /** As returned by `parseBaseUrl`. */
  readonly baseUrl: string;
  readonly key: ApiKey | undefined;
}

const MAX_REDIRECTS = 5;
const MAX_RETRY_AFTER_MS = 60 * 60 * 1000;

/** Refusals about a task or a key. They count only if the gateway itself sent them. */
const REFUSAL_STATUSES: ReadonlySet<number> = new Set([403, 404, 410]);

/** Sends requests to the gateway and result hosts. Handles redirects, the key, refusals and logging. */
export class GatewayTransport {
  readonly open: HttpConnector;
  readonly #clock: Clock;
  readonly #log: Log;

  constructor(open: HttpConnector, clock: Clock, log: Log) {
    this.open = open;
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * Sends a GET and follows redirects. The key isn't sent to other origins.
   * @param link requested byte for byte as written
   * @param step step of the evidence that an error after a redirect carries
   */
  async get(
    link: string,
    access: VideoAccess,
    limits: HttpLimits,
    signal?: AbortSignal,
    step: EvidenceStep = 'query',
  ): Promise<{ reply: HttpResponse; isOwnOrigin: boolean }> {
    const home = new URL(access.baseUrl).origin;
    let url = parseLink(link);
    let target = requestTarget(link, url);
    // After a redirect to another origin, the key isn't sent even if a later redirect leads back.
    let trusted = url.origin === home;
    let redirect: HttpResponse | undefined;
    try {
      for (let redirects = 0; ; redirects++) {
        this.#refuseAddress(url, access);
        if (redirects > MAX_REDIRECTS) throw deadLink('too many redirects');
        const started = this.#clock.now();
        const headers = headersFor(trusted ? access.key : undefined);
        const request = await this.open({ method: 'GET', url, target, headers, signal, limits });
        const reply = await request.send(undefined, signal);
        this.note('GET', url, reply, started, access.key);
        const location = reply.headers.location;
        if (reply.status < 300 || reply.status >= 400 || location === undefined) {
          return { reply, isOwnOrigin: url.origin === home };
        }
        reply.close();
        redirect = reply;
        url = parseLink(location, url);
        target = requestTarget(location, url);
        trusted &&= url.origin === home;
      }
    } catch (error) {
      if (!redirect || !(error instanceof GatewayError)) throw error;
      const context = { step, key: access.key, now: this.#clock.now() };
      throw error.with({ evidence: toEvidence(redirect, { text: '', end: 'whole' }, context) });
    }
  }

  /** @throws {@link GatewayError} if the URL must not be requested */
  #refuseAddress(url: URL, { baseUrl, key }: VideoAccess): void {
    // A link that contains the key would send it to another host.
    if (url.origin !== new URL(baseUrl).origin && key && containsKey(url.href, key)) {
      throw deadLink('the link contains the API key');
    }
    if (!isAllowedResultUrl(url, baseUrl)) {
      throw deadLink(`the address ${url.origin} is not one to fetch a video from`);
    }
  }

  /**
   * Throws the error of a response, unless its status is 2xx.
   * @param said source of the response: a call about a task, whose refusals are JSON (API reference 10.2), another call to
   *   the gateway, or another host
   */
  async refuseUnlessGood(
    reply: HttpResponse,
    key: ApiKey | undefined,
    said: 'taskCall' | 'gateway' | 'elsewhere' = 'gateway',
  ): Promise<void> {
    if (reply.status >= 200 && reply.status < 300) return;
    const text = await readText(reply);
    const isJson = asRecord(parseJson(text)) !== undefined;
    const proxyRefusal = readProxyRefusal(reply.status, reply.headers, isJson);
    if (proxyRefusal) throw proxyRefusal;
    const error = redactResponse(parseErrorResponse(text), key);
    const isPage = !isJson || isUnknownEndpoint(error);
    if (said === 'taskCall' && isPage && REFUSAL_STATUSES.has(reply.status)) {
      // Not from the gateway, or the address is wrong: says nothing about the task or the key.
      throw new GatewayError('badReply', error.message || `HTTP ${reply.status}`);
    }
    throw refusal(reply.status, error, this.retryAfter(reply), said === 'elsewhere');
  }

  retryAfter(reply: HttpResponse): number | undefined {
    return parseRetryAfter(reply.headers['retry-after'], this.#clock.now());
  }

  /** Logs one line per request, without the query string: result links carry signatures there. */
  note(method: string, url: URL, reply: HttpResponse, started: number, key: ApiKey | undefined): void {
    const requestId = reply.headers['x-oneapi-request-id'];
    this.#log.debug(
      `${method} ${redactMessage(url.origin + url.pathname, key)} ${reply.status} in ${this.#clock.now() - started} ms` +
        (typeof requestId === 'string' ? ` (request ${redactMessage(requestId, key)})` : ''),
    );
  }
}

export function queryUrl(access: VideoAccess, gatewayTaskId: string): string {
  return `${access.baseUrl}/v1/video/generations/${encodeURIComponent(gatewayTaskId)}`;
}

export function headersFor(key: ApiKey | undefined): Record<string, string> {
  return {
    accept: '*/*',
    'accept-encoding': 'identity',
    'user-agent': 'nebula-video-vscode',
    ...(key === undefined ? {} : { authorization: `Bearer ${key.value}` }),
  };
}

/** Reads the body as text. Throws if it's longer than {@link MAX_RESPONSE_BYTES}. */
export async function readText(reply: HttpResponse): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of reply.body) {
    length += chunk.length;
    if (length > MAX_RESPONSE_BYTES)
      throw new GatewayError('badReply', 'the reply is too long', { status: reply.status });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseLink(link: string, base?: URL): URL {
  try {
    return new URL(link, base);
  } catch (cause) {
    throw deadLink('the link to the video is not an address', cause);
  }
}

function deadLink(message: string, cause?: unknown): GatewayError {
  return new GatewayError('refused', message, { code: 'deadLink', cause });
}

export function refusal(
  status: number,
  error: ErrorResponse,
  retryAfterMs?: number,
  elsewhere = false,
): GatewayError {
  return new GatewayError('refused', error.message === '' ? `HTTP ${status}` : error.message, {
    status,
    code: error.code,
    requestId: error.requestId,
    retryAfterMs,
    elsewhere,
  });
}

/**
 * Parses a `Retry-After` header: seconds or an HTTP date (RFC 9110 10.2.3). Returns the wait in ms, or undefined if the
 * header is missing or invalid.
 * @param now ms since 1970
 */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  const text = header?.trim();
  if (text === undefined || text === '') return undefined;
  if (/^\d+(\.\d+)?$/.test(text)) return Math.min(Math.ceil(Number(text) * 1000), MAX_RETRY_AFTER_MS);
  // Dates in RFC 9110 begin with a day's name; Date.parse alone would accept much more.
  const date = /^[A-Z][a-z]{2}/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(date)) return undefined;
  return Math.min(Math.max(date - now, 0), MAX_RETRY_AFTER_MS);
}
