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

export interface GatewayCredentials extends VideoAccess {
  readonly key: ApiKey;
}

/** Without a key, only public links can be downloaded. */
export interface VideoAccess {
  /** As returned by `parseBaseUrl`. */
  readonly baseUrl: string;
  readonly key: ApiKey | undefined;
}

const MAX_REDIRECTS = 5;
const MAX_RETRY_AFTER_MS = 60 * 60 * 1000;

/** Refusals about a task or a key. Ignored unless the gateway itself sent them. */
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
   * @param link requested byte for byte
   * @param step for the evidence of an error after a redirect
   */
  async get(
    link: string,
    access: VideoAccess,
    limits: HttpLimits,
    signal?: AbortSignal,
    step: EvidenceStep = 'query',
  ): Promise<{ response: HttpResponse; isOwnOrigin: boolean }> {
    const home = new URL(access.baseUrl).origin;
    let url = parseLink(link);
    let target = requestTarget(link, url);
    // After a redirect to another origin, the key isn't sent even if a later redirect leads back.
    let trusted = url.origin === home;
    let redirect: HttpResponse | undefined;
    try {
      for (let redirects = 0; ; redirects++) {
        this.#checkAddress(url, access);
        if (redirects > MAX_REDIRECTS) throw deadLink('too many redirects');
        const started = this.#clock.now();
        const headers = headersFor(trusted ? access.key : undefined);
        const request = await this.open({ method: 'GET', url, target, headers, signal, limits });
        const response = await request.send(undefined, signal);
        this.logResponse('GET', url, response, started, access.key);
        const location = response.headers.location;
        if (response.status < 300 || response.status >= 400 || location === undefined) {
          return { response, isOwnOrigin: url.origin === home };
        }
        response.close();
        redirect = response;
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

  #checkAddress(url: URL, { baseUrl, key }: VideoAccess): void {
    // Such a link would send the key to another host.
    if (url.origin !== new URL(baseUrl).origin && key && containsKey(url.href, key)) {
      throw deadLink('the link contains the API key');
    }
    if (!isAllowedResultUrl(url, baseUrl)) {
      throw deadLink(`the address ${url.origin} isn't allowed for videos`);
    }
  }

  /**
   * Throws the error of a response, unless its status is 2xx.
   * @param source `taskCall` is a call about a task, whose refusals are JSON (API reference 10.2)
   */
  async throwUnlessOk(
    response: HttpResponse,
    key: ApiKey | undefined,
    source: 'taskCall' | 'gateway' | 'otherHost' = 'gateway',
  ): Promise<void> {
    if (response.status >= 200 && response.status < 300) return;
    const text = await readText(response);
    const isJson = asRecord(parseJson(text)) !== undefined;
    const proxyRefusal = readProxyRefusal(response.status, response.headers, isJson);
    if (proxyRefusal) throw proxyRefusal;
    const error = redactResponse(parseErrorResponse(text), key);
    const isPage = !isJson || isUnknownEndpoint(error);
    if (source === 'taskCall' && isPage && REFUSAL_STATUSES.has(response.status)) {
      // Sent by another server, or the base URL is wrong. Says nothing about the task or the key.
      throw new GatewayError('badReply', error.message || `HTTP ${response.status}`);
    }
    throw refusedError(response.status, error, this.retryAfter(response), source === 'otherHost');
  }

  retryAfter(response: HttpResponse): number | undefined {
    return parseRetryAfter(response.headers['retry-after'], this.#clock.now());
  }

  /** Leaves out the query string, because result links carry signatures there. */
  logResponse(
    method: string,
    url: URL,
    response: HttpResponse,
    started: number,
    key: ApiKey | undefined,
  ): void {
    const requestId = response.headers['x-oneapi-request-id'];
    this.#log.debug(
      `${method} ${redactMessage(url.origin + url.pathname, key)} ${response.status} in ${this.#clock.now() - started} ms` +
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

/** @throws GatewayError if the body is longer than {@link MAX_RESPONSE_BYTES} */
export async function readText(response: HttpResponse): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body) {
    length += chunk.length;
    if (length > MAX_RESPONSE_BYTES)
      throw new GatewayError('badReply', 'the response is too long', { status: response.status });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseLink(link: string, base?: URL): URL {
  try {
    return new URL(link, base);
  } catch (cause) {
    throw deadLink("the link to the video isn't a URL", cause);
  }
}

function deadLink(message: string, cause?: unknown): GatewayError {
  return new GatewayError('refused', message, { code: 'deadLink', cause });
}

export function refusedError(
  status: number,
  error: ErrorResponse,
  retryAfterMs?: number,
  isOtherHost = false,
): GatewayError {
  return new GatewayError('refused', error.message === '' ? `HTTP ${status}` : error.message, {
    status,
    code: error.code,
    requestId: error.requestId,
    retryAfterMs,
    isOtherHost,
  });
}

/**
 * Parses a `Retry-After` header: seconds or an HTTP date (RFC 9110 10.2.3). Returns the wait in ms, or undefined if the
 * header is missing or invalid.
 * @param now ms since 1970
 */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return Math.min(Math.ceil(Number(text) * 1000), MAX_RETRY_AFTER_MS);
  // Require the day's name: Date.parse accepts much more.
  const date = /^[A-Z][a-z]{2}/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(date)) return undefined;
  return Math.min(Math.max(date - now, 0), MAX_RETRY_AFTER_MS);
}
