import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { Classified } from './classify';
import type { Answer, Exchange, GatewayState } from './exchange';
import type { FaultBook } from './faults/faultBook';
import { html, type Reply } from './reply';
import type { RequestLog, RequestRecord } from './requestLog';
import { NEWAPI_VERSION } from './routes/site';
import { sendReply } from './sendReply';

/** Larger submits don't get past the proxy in front of the real service (API reference 10.2, E8). */
const BODY_LIMIT = 64 * 1024 * 1024;

/** One of the two public origins: how its requests are told apart and answered. */
export interface OriginOptions {
  readonly origin: 'api' | 'results';
  readonly prefix: string;
  classify(method: string, path: string, query: URLSearchParams): Classified;
  route(exchange: Exchange): Promise<Answer>;
}

/**
 * The way of every request: logged first, whatever happens to it later, then through the faults to its route, then
 * sent.
 */
export class Origin {
  readonly #options: OriginOptions;
  readonly #state: GatewayState;
  readonly #log: RequestLog;
  readonly #faults: FaultBook;
  readonly #stopping: AbortSignal;

  constructor(
    options: OriginOptions,
    state: GatewayState,
    log: RequestLog,
    faults: FaultBook,
    stopping: AbortSignal,
  ) {
    this.#options = options;
    this.#state = state;
    this.#log = log;
    this.#faults = faults;
    this.#stopping = stopping;
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    this.#answer(request, response).catch((error: unknown) => {
      if (this.#stopping.aborted || response.destroyed) return;
      // A mistake in the pretend gateway must be seen, not taken for a fault.
      console.error('Pretend gateway:', error);
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { prefix, origin } = this.#options;
    const [rawPath, rawQuery] = splitOnce(request.url ?? '');
    const inside = prefix === '' || rawPath.startsWith(`${prefix}/`);
    const path = inside ? rawPath.slice(prefix.length) : rawPath;
    const query = new URLSearchParams(rawQuery);
    const method = request.method ?? '';
    const classified: Classified = inside ? this.#options.classify(method, path, query) : { kind: 'other' };
    const record = this.#logRequest(request, classified);
    if (origin === 'api') {
      response.setHeader('X-Oneapi-Request-Id', record.requestId);
      if (this.#state.dialect === 'newapi') response.setHeader('X-New-Api-Version', NEWAPI_VERSION);
    }
    response.once('close', () => {
      if (record.outcome === 'pending') record.outcome = 'cut';
    });
    // A connection that dies in the middle is told by 'close'.
    request.on('error', () => undefined);

    const exchange = this.#exchange(request, response, record, path, query);
    let refusal: Reply | null = null;
    const answer = await this.#faults.run(
      exchange,
      async () => {
        refusal = await this.#readBody(exchange);
      },
      async () => {
        if (refusal !== null) return refusal;
        // Below a prefix lives the gateway; beside it something else (nothing of the API).
        return inside ? this.#options.route(exchange) : html(404, 'Not Found');
      },
    );
    if (answer !== null) await sendReply(response, answer, record);
  }

  #logRequest(request: IncomingMessage, { kind, taskId }: Classified): RequestRecord {
    const { accounts, clock } = this.#state;
    const { authorization } = request.headers;
    const { url = '' } = request;
    const record = this.#log.add({
      at: clock.now(),
      wallAt: Date.now(),
      origin: this.#options.origin,
      kind,
      method: request.method ?? '',
      path: accounts.redact(url),
      requestId: requestIdAt(clock.now(), this.#state.random.hex(8)),
      hadKey: authorization !== undefined,
      authorization:
        authorization === undefined
          ? 'none'
          : accounts.find(authorization) === undefined
            ? 'wrong'
            : 'accepted',
      ...(taskId === undefined ? {} : { taskId }),
    });
    const others = Object.entries(request.headers).filter(([name]) => name !== 'authorization');
    record.keyElsewhere = accounts.occursIn(`${url} ${JSON.stringify(others)}`);
    return record;
  }

  #exchange(
    request: IncomingMessage,
    response: ServerResponse,
    record: RequestRecord,
    path: string,
    query: URLSearchParams,
  ): Exchange {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const signal = AbortSignal.any([gone.signal, this.#stopping]);
    return {
      state: this.#state,
      ...{ request, record, requestId: record.requestId, path, query },
      body: '',
      bytes: Buffer.alloc(0),
      task: record.taskId === undefined ? undefined : this.#state.tasks.get(record.taskId),
      download: {
        ...{ success: true, base64: true, sizeOffset: 0, missingCharacters: 0 },
        ...{ escaped: false, trailingComma: false },
      },
      pause: (ms) => wait(ms, undefined, { signal }).catch(() => undefined),
      untilGone: async () => {
        if (!signal.aborted) await once(signal, 'abort');
      },
      disconnect: (how) => {
        if (how === 'reset') request.socket.resetAndDestroy();
        else request.socket.destroy();
      },
    };
  }

  async #readBody(exchange: Exchange): Promise<Reply | null> {
    const { request, record } = exchange;
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) {
      record.bodyBytes += chunk.length;
      if (record.bodyBytes > BODY_LIMIT)
        return html(413, 'Request Entity Too Large', { connection: 'close' });
      chunks.push(chunk);
    }
    exchange.bytes = Buffer.concat(chunks);
    exchange.body = exchange.bytes.toString('utf8');
    if (exchange.body === '') return null;
    record.keyElsewhere ||= this.#state.accounts.occursIn(exchange.body);
    record.body = parsed(this.#state.accounts.redact(exchange.body));
    const model =
      typeof record.body === 'object' && record.body !== null && 'model' in record.body
        ? record.body.model
        : undefined;
    if (typeof model === 'string') record.model = model;
    return null;
  }
}

/** Time and chance, as the service builds its request ids. */
function requestIdAt(now: number, chance: string): string {
  return new Date(now).toISOString().replace(/\D/g, '') + chance;
}

function splitOnce(url: string): [string, string] {
  const at = url.indexOf('?');
  return at === -1 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
