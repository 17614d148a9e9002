import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { Classified } from './classify';
import type { MaybeResponse, Exchange, GatewayState } from './exchange';
import type { FaultRegistry } from './faults/faultRegistry';
import { html, type GatewayResponse } from './gatewayResponse';
import type { RequestLog, RequestRecord } from './requestLog';
import { NEWAPI_VERSION } from './routes/site';
import { sendResponse } from './sendResponse';

/** The proxy in front of the real service refuses larger submits (API reference 10.2, E8). */
const BODY_LIMIT = 64 * 1024 * 1024;

/** Classifies and handles the requests of one of the two public origins. */
export interface OriginOptions {
  readonly origin: 'api' | 'results';
  readonly prefix: string;
  classify(method: string, path: string, query: URLSearchParams): Classified;
  route(exchange: Exchange): Promise<MaybeResponse>;
}

/**
 * Handles every request: logs it first, passes it through the faults to its route, and sends the response.
 */
export class Origin {
  readonly #options: OriginOptions;
  readonly #state: GatewayState;
  readonly #log: RequestLog;
  readonly #faults: FaultRegistry;
  readonly #stopping: AbortSignal;

  constructor(
    options: OriginOptions,
    state: GatewayState,
    log: RequestLog,
    faults: FaultRegistry,
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
      // A bug in the pretend gateway must be visible, not look like a fault.
      console.error('Pretend gateway:', error);
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { prefix, origin } = this.#options;
    const [rawPath, rawQuery] = splitOnce(request.url ?? '');
    const isInside = prefix === '' || rawPath.startsWith(`${prefix}/`);
    const path = isInside ? rawPath.slice(prefix.length) : rawPath;
    const query = new URLSearchParams(rawQuery);
    const method = request.method ?? '';
    const classified: Classified = isInside ? this.#options.classify(method, path, query) : { kind: 'other' };
    const record = this.#logRequest(request, classified);
    if (origin === 'api') {
      response.setHeader('X-Oneapi-Request-Id', record.requestId);
      if (this.#state.dialect === 'newapi') response.setHeader('X-New-Api-Version', NEWAPI_VERSION);
    }
    response.once('close', () => {
      if (record.outcome === 'pending') record.outcome = 'cut';
    });
    // The 'close' event reports a connection that breaks.
    request.on('error', () => undefined);

    const exchange = this.#exchange(request, response, record, path, query);
    let refusal: GatewayResponse | null = null;
    const answer = await this.#faults.run(
      exchange,
      async () => {
        refusal = await this.#readBody(exchange);
      },
      async () => {
        if (refusal !== null) return refusal;
        // Only paths below the prefix belong to the gateway.
        return isInside ? this.#options.route(exchange) : html(404, 'Not Found');
      },
    );
    if (answer !== null) await sendResponse(response, answer, record);
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
    const disconnected = new AbortController();
    response.once('close', () => disconnected.abort());
    const signal = AbortSignal.any([disconnected.signal, this.#stopping]);
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
      untilDisconnected: async () => {
        if (!signal.aborted) await once(signal, 'abort');
      },
      disconnect: (how) => {
        if (how === 'reset') request.socket.resetAndDestroy();
        else request.socket.destroy();
      },
    };
  }

  async #readBody(exchange: Exchange): Promise<GatewayResponse | null> {
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

/** A request ID from time and chance, as the service builds it. */
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
