import * as z from 'zod';
import type { Clock } from '../common/clock';
import type { Log } from '../common/log';
import type { ApiKey } from './apiKey';
import { mayFetch } from './baseUrl';
import { readDownload, readInlineVideo, type VideoTarget } from './downloadReply';
import { asRecord, parseJson, readErrorReply, type ErrorReply } from './errorReply';
import { GatewayError } from './errors';
import type { HttpReply, OpenHttp } from './http';
import { readQueryBody } from './queryBody';
import { isWrongAddress, readQueryReply, type QueryOutcome } from './queryReply';
import { holdsKey, redactError, redactOutcome, redactReply, redactWords } from './redaction';
import { parseRetryAfter } from './retryAfter';
import { readSubmitReply, type SubmitOutcome } from './submitReply';

/** Where a request goes and in whose name. */
export interface Access {
  /** As {@link parseBaseUrl} gives it. */
  readonly baseUrl: string;
  readonly key: ApiKey;
}

/** A submit whose connection stands; nothing of it has left yet. */
export interface PreparedSubmit {
  /** Sends it, once. Never throws for what the other side does: an unclear end is the outcome `unknown`. */
  send(): Promise<SubmitOutcome | { readonly kind: 'notSent'; readonly error: GatewayError }>;
  close(): void;
}

/** Everything but a video is small (DESIGN 4.6). */
const LARGEST_REPLY = 1024 * 1024;
const MOST_REDIRECTS = 5;

/** All limits are for idle time, in ms (DESIGN 4.6; API reference 12 and 6.0). */
const LIMITS = {
  connect: 15_000,
  submit: 120_000,
  query: 30_000,
  // The gateway may fetch from its own upstream for eight minutes before it answers.
  download: 600_000,
  body: 60_000,
} as const;

/** What is believed of a task or a key only from the gateway itself. */
const SAYS_NO: ReadonlySet<number> = new Set([403, 404, 410]);

/** Shape of `GET /v1/models` (API reference 6.1), as far as we read it. */
const modelList = z.object({ data: z.array(z.looseObject({ id: z.string() })) });

/** Speaks the Nebula video API (API reference 4 to 6). One request at a time a call; retries are the caller's. */
export class GatewayClient {
  readonly #open: OpenHttp;
  readonly #clock: Clock;
  readonly #log: Log;

  constructor(open: OpenHttp, clock: Clock, log: Log) {
    this.#open = open;
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * Connects for a submit (`POST /v1/video/generations`, API reference 4). The caller notes that it is
   * about to send between this and {@link PreparedSubmit.send}.
   * @param signal gives up connecting; it has no effect on what is being sent
   * @throws {@link GatewayError} `unreachable` or `aborted`; nothing has left.
   */
  async prepareSubmit(access: Access, body: string, signal?: AbortSignal): Promise<PreparedSubmit> {
    const url = new URL(`${access.baseUrl}/v1/video/generations`);
    const started = this.#clock.now();
    const request = await this.#open({
      method: 'POST',
      url,
      headers: {
        ...headersFor(access.key),
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(body)),
      },
      signal,
      connectMs: LIMITS.connect,
      replyMs: LIMITS.submit,
      idleMs: LIMITS.body,
    });
    return {
      close: () => request.close(),
      send: async () => {
        const arrived: Uint8Array[] = [];
        try {
          const reply = await request.send(body);
          this.#note('POST', url, reply, started, access.key);
          // Redacted only after reading: in the raw text that could cost the task id or the JSON itself.
          const text = await readText(reply, arrived);
          const outcome = readSubmitReply(reply.status, text, this.#retryAfter(reply));
          return 'error' in outcome ? { ...outcome, error: redactReply(outcome.error, access.key) } : outcome;
        } catch (error) {
          const failure = asGatewayError(error);
          this.#log.warn(`POST ${url.pathname} ${failure.kind}: ${failure.message}`);
          if (failure.kind === 'unreachable') return { kind: 'notSent', error: failure };
          // What had come of a broken reply is kept: the id of a paid task may be in it.
          const words = readErrorReply(Buffer.concat(arrived).toString('utf8')).message;
          const message = words === '' ? failure.message : `${failure.message}, after: ${words}`;
          return { kind: 'unknown', status: 0, error: redactReply({ message }, access.key) };
        }
      },
    };
  }

  /** Asks how a task is doing (`GET /v1/video/generations/{id}`, API reference 5). A broken exchange is a blip. */
  async query(access: Access, gatewayTaskId: string, signal?: AbortSignal): Promise<QueryOutcome> {
    const url = queryUrl(access, gatewayTaskId);
    try {
      const reply = await this.#get(url, access, LIMITS.query, signal);
      const retryAfterMs = this.#retryAfter(reply);
      if (reply.status >= 200 && reply.status < 300) {
        const value = await readQueryBody(reply.body, LARGEST_REPLY);
        return redactOutcome(readQueryReply(reply.status, value, retryAfterMs), access.key);
      }
      const value = parseJson(await readText(reply));
      return redactOutcome(readQueryReply(reply.status, value, retryAfterMs), access.key);
    } catch (error) {
      const failure = asGatewayError(error);
      if (failure.kind === 'aborted') throw failure;
      this.#log.debug(`GET ${url.pathname} ${failure.kind}: ${failure.message}`);
      return { kind: 'blip', status: failure.status ?? 0, error: { message: failure.message } };
    }
  }

  /**
   * Fetches a sora video (`GET /v1/video/generations/download`, API reference 6.0) into the target.
   * @returns the number of bytes of the video
   * @throws {@link GatewayError}
   */
  async download(
    access: Access,
    gatewayTaskId: string,
    target: VideoTarget,
    signal?: AbortSignal,
  ): Promise<number> {
    const url = new URL(`${access.baseUrl}/v1/video/generations/download`);
    url.searchParams.set('id', gatewayTaskId);
    const reply = await this.#get(url, access, LIMITS.download, signal);
    return this.#receive(reply, access, async (body) => (await readDownload(body, target)).bytes);
  }

  /**
   * Fetches a video that the reply to a query carries as text (Q9 in API reference 5.2) into the target.
   * @param place as {@link inlinePlace} gives it
   * @returns the number of bytes of the video
   * @throws {@link GatewayError}; code `deadLink` when the reply carries none there any more
   */
  async fetchInline(
    access: Access,
    gatewayTaskId: string,
    place: string,
    target: VideoTarget,
    signal?: AbortSignal,
  ): Promise<number> {
    const reply = await this.#get(queryUrl(access, gatewayTaskId), access, LIMITS.query, signal);
    return this.#receive(reply, access, (body) => readInlineVideo(body, place, target));
  }

  /** Reads a good reply of the gateway's own; others are thrown. */
  async #receive<T>(
    reply: HttpReply,
    access: Access,
    read: (body: HttpReply['body']) => Promise<T>,
  ): Promise<T> {
    try {
      await this.#refuseUnlessGood(reply, access.key, 'taskCall');
      return await read(reply.body);
    } catch (error) {
      throw redactError(error, access.key);
    } finally {
      reply.close();
    }
  }

  /**
   * Fetches a result link (API reference 9.3) into the target. The key goes along only to the gateway's own
   * origin, and never over a redirect to another one.
   * @returns the number of bytes
   * @throws {@link GatewayError}; code `deadLink` when trying the same link again is useless
   */
  async fetchLink(link: string, access: Access, target: VideoTarget, signal?: AbortSignal): Promise<number> {
    const { reply, atHome } = await this.#follow(parseLink(link), access, LIMITS.download, signal);
    await this.#refuseUnlessGood(reply, access.key, atHome ? 'gateway' : 'elsewhere');
    const declared = Number(
      reply.headers['content-encoding'] === undefined ? reply.headers['content-length'] : NaN,
    );
    if (declared > 0) target.expect?.(declared);
    let bytes = 0;
    try {
      for await (const piece of reply.body) {
        bytes += piece.length;
        await target.write(piece);
      }
    } finally {
      reply.close();
    }
    if (Number.isFinite(declared) && bytes !== declared) {
      throw new GatewayError('cut', `${bytes} of ${declared} bytes arrived`);
    }
    return bytes;
  }

  /** The model ids that the key may use (`GET /v1/models`, API reference 6.1). @throws {@link GatewayError} */
  async models(access: Access, signal?: AbortSignal): Promise<readonly string[]> {
    const reply = await this.#get(new URL(`${access.baseUrl}/v1/models`), access, LIMITS.query, signal);
    await this.#refuseUnlessGood(reply, access.key);
    const text = await readText(reply);
    const list = modelList.safeParse(parseJson(text));
    if (list.success) return list.data.data.map((model) => model.id);
    const error = redactReply(readErrorReply(text), access.key);
    if (error.message !== '') throw refusal(reply.status, error);
    throw new GatewayError('badReply', 'the list of models could not be read', { status: reply.status });
  }

  async #get(url: URL, access: Access, replyMs: number, signal?: AbortSignal): Promise<HttpReply> {
    return (await this.#follow(url, access, replyMs, signal)).reply;
  }

  /** A GET that follows redirects, leaving the key behind where the origin changes. */
  async #follow(
    start: URL,
    access: Access,
    replyMs: number,
    signal?: AbortSignal,
  ): Promise<{ reply: HttpReply; atHome: boolean }> {
    const home = new URL(access.baseUrl).origin;
    let url = start;
    // Once away from home the key stays behind, even if a later redirect points back.
    let trusted = url.origin === home;
    for (let redirects = 0; ; redirects++) {
      // A link with the key in it would carry the key to somebody else, whoever made it.
      const givesKeyAway = url.origin !== home && holdsKey(url.href, access.key);
      if (givesKeyAway || !mayFetch(url, access.baseUrl)) {
        throw new GatewayError('refused', `the address ${url.origin} is not one to fetch a video from`, {
          code: 'deadLink',
        });
      }
      const started = this.#clock.now();
      const request = await this.#open({
        method: 'GET',
        url,
        headers: trusted ? headersFor(access.key) : headersFor(undefined),
        signal,
        connectMs: LIMITS.connect,
        replyMs,
        idleMs: LIMITS.body,
      });
      const reply = await request.send(undefined, signal);
      this.#note('GET', url, reply, started, access.key);
      const location = reply.headers.location;
      if (reply.status < 300 || reply.status >= 400 || location === undefined)
        return { reply, atHome: url.origin === home };
      reply.close();
      if (redirects >= MOST_REDIRECTS) {
        throw new GatewayError('refused', 'too many redirects', { code: 'deadLink' });
      }
      url = parseLink(location, url);
      trusted &&= url.origin === home;
    }
  }

  /** @param said by whom: a call about a task, whose refusals are JSON (API reference 10.2), or anything else */
  async #refuseUnlessGood(
    reply: HttpReply,
    key: ApiKey,
    said: 'taskCall' | 'gateway' | 'elsewhere' = 'gateway',
  ): Promise<void> {
    if (reply.status >= 200 && reply.status < 300) return;
    const text = await readText(reply);
    const error = redactReply(readErrorReply(text), key);
    const isPage = asRecord(parseJson(text)) === undefined || isWrongAddress(error);
    if (said === 'taskCall' && isPage && SAYS_NO.has(reply.status)) {
      // Something in between answers, or the address is wrong: nothing is learned about task or key.
      throw new GatewayError('badReply', error.message || `HTTP ${reply.status}`);
    }
    throw refusal(reply.status, error, this.#retryAfter(reply), said === 'elsewhere');
  }

  #retryAfter(reply: HttpReply): number | undefined {
    return parseRetryAfter(reply.headers['retry-after'], this.#clock.now());
  }

  /** One line a request: no query string, because result links carry signatures there. */
  #note(method: string, url: URL, reply: HttpReply, started: number, key: ApiKey): void {
    const requestId = reply.headers['x-oneapi-request-id'];
    this.#log.debug(
      `${method} ${url.origin}${url.pathname} ${reply.status} in ${this.#clock.now() - started} ms` +
        (typeof requestId === 'string' ? ` (request ${redactWords(requestId, key)})` : ''),
    );
  }
}

function queryUrl(access: Access, gatewayTaskId: string): URL {
  return new URL(`${access.baseUrl}/v1/video/generations/${encodeURIComponent(gatewayTaskId)}`);
}

function headersFor(key: ApiKey | undefined): Record<string, string> {
  return {
    accept: '*/*',
    'accept-encoding': 'identity',
    'user-agent': 'nebula-video-vscode',
    ...(key === undefined ? {} : { authorization: `Bearer ${key.value}` }),
  };
}

/**
 * The body as text, up to the cap; what is longer than that is no answer of an API.
 * @param pieces gets what arrives, also when the body then breaks off
 */
async function readText(reply: HttpReply, pieces: Uint8Array[] = []): Promise<string> {
  let length = 0;
  for await (const piece of reply.body) {
    length += piece.length;
    if (length > LARGEST_REPLY)
      throw new GatewayError('badReply', 'the reply is too long', { status: reply.status });
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function parseLink(link: string, base?: URL): URL {
  try {
    return new URL(link, base);
  } catch (cause) {
    throw new GatewayError('refused', 'the link to the video is not an address', { code: 'deadLink', cause });
  }
}

function refusal(status: number, error: ErrorReply, retryAfterMs?: number, elsewhere = false): GatewayError {
  return new GatewayError('refused', error.message === '' ? `HTTP ${status}` : error.message, {
    status,
    ...(error.code === undefined ? {} : { code: error.code }),
    ...(error.requestId === undefined ? {} : { requestId: error.requestId }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    elsewhere,
  });
}

function asGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  return new GatewayError('badReply', error instanceof Error ? error.message : String(error), {
    cause: error,
  });
}
