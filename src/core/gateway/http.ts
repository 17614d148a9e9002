import * as http from 'node:http';
import * as https from 'node:https';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { TLSSocket } from 'node:tls';
import * as zlib from 'node:zlib';
import type { Clock } from '../common/clock';
import { GatewayError } from './errors';
import type { HttpLimits } from './limits';

/**
 * HTTP over a connection of its own for each request, never a shared agent or `fetch`: only so can we see
 * whether a byte of a paid request has left (DESIGN 4.4). Redirects are the caller's business.
 */
export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  /**
   * Path and query exactly as they shall travel, as `requestTarget` takes them from a link: `url` spells some
   * characters of a signature anew. Without it, those of `url`; host and scheme are always those of `url`.
   */
  readonly target?: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** Gives up connecting. What has been sent is only ended by the signal given to `send`. */
  readonly signal?: AbortSignal | undefined;
  readonly limits: HttpLimits;
}

export interface HttpReply {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<http.IncomingHttpHeaders>;
  /** Decompressed; throws {@link GatewayError} `cut`, `timeout` or `aborted`. Ends the connection when left early. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Ends the connection. */
  close(): void;
}

/** A connection that stands and has carried no byte of the request. */
export interface OpenRequest {
  /**
   * Sends the request, once. Throws a {@link GatewayError}: `unreachable` when certainly nothing has left,
   * `cut`, `timeout` or `aborted` when that cannot be known.
   */
  send(body?: string, signal?: AbortSignal): Promise<HttpReply>;
  /** Ends the connection without sending. */
  close(): void;
}

export type OpenHttp = (request: HttpRequest) => Promise<OpenRequest>;

/** Opens requests over the network. The given clock rules the time limits. */
export function createHttp(clock: Clock): OpenHttp {
  return async (request) => {
    const module = request.url.protocol === 'https:' ? https : http;
    let message: http.ClientRequest;
    try {
      message = module.request(request.url, {
        method: request.method,
        headers: request.headers,
        agent: false,
        ...(request.target === undefined ? {} : { path: request.target }),
      });
    } catch (error) {
      // A header that can't travel, for instance; Node's message does not repeat it.
      throw new GatewayError('unreachable', reasonOf(error), { cause: error });
    }
    // An error with no listener would end the extension host; the interested parties listen for themselves.
    message.on('error', () => undefined);
    const close = () => message.destroy();
    try {
      await limited(clock, connected(message), request.limits.connectMs, request.signal);
    } catch (error) {
      close();
      if (error instanceof GatewayError && error.kind === 'aborted') throw error;
      throw new GatewayError('unreachable', reasonOf(error), { cause: error });
    }
    return {
      close,
      send: async (body, signal) => {
        if (message.destroyed)
          throw new GatewayError('unreachable', 'the connection ended before anything was sent');
        try {
          const reply = replied(message);
          message.end(body);
          return asReply(
            clock,
            request,
            signal,
            await limited(clock, reply, request.limits.responseMs, signal),
          );
        } catch (error) {
          const sentNothing = message.socket?.bytesWritten === 0 && !(error instanceof GatewayError);
          close();
          if (error instanceof GatewayError) throw error;
          throw new GatewayError(sentNothing ? 'unreachable' : 'cut', reasonOf(error), { cause: error });
        }
      },
    };
  };
}

/** Resolves when the request's socket stands, TLS included. */
function connected(message: http.ClientRequest): Promise<void> {
  return new Promise((resolve, reject) => {
    message.once('error', reject);
    message.once('close', () => reject(new Error('the connection was closed')));
    message.once('socket', (socket: Socket) => {
      // A proxy's agent may hand over a socket that stands already.
      if (socket instanceof TLSSocket) {
        if (isSecure(socket)) resolve();
        else socket.once('secureConnect', resolve);
      } else if (socket.connecting) socket.once('connect', resolve);
      else resolve();
    });
  });
}

/**
 * Whether the handshake is over: only then has the other side's `Finished` message arrived. (`getProtocol` would not
 * tell: it names a version from the beginning.)
 */
function isSecure(socket: TLSSocket): boolean {
  return !socket.connecting && socket.getPeerFinished() !== undefined;
}

function replied(message: http.ClientRequest): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    message.once('response', resolve);
    message.once('error', reject);
    message.once('close', () => reject(new Error('the connection was closed without a reply')));
  });
}

function asReply(
  clock: Clock,
  request: HttpRequest,
  signal: AbortSignal | undefined,
  incoming: http.IncomingMessage,
): HttpReply {
  return {
    status: incoming.statusCode ?? 0,
    headers: incoming.headers,
    body: bodyOf(clock, request.limits.idleMs, signal, incoming),
    close: () => incoming.destroy(),
  };
}

/** We ask for plain bodies, but a proxy may compress all the same. */
function decompressed(incoming: http.IncomingMessage): Readable {
  const decoder = {
    gzip: () => zlib.createGunzip(),
    'x-gzip': () => zlib.createGunzip(),
    deflate: () => zlib.createInflate(),
    br: () => zlib.createBrotliDecompress(),
  }[incoming.headers['content-encoding']?.trim().toLowerCase() ?? ''];
  if (!decoder) return incoming;
  const stream = decoder();
  incoming.once('error', (error) => stream.destroy(error));
  return incoming.pipe(stream);
}

async function* bodyOf(
  clock: Clock,
  idleMs: number,
  signal: AbortSignal | undefined,
  incoming: http.IncomingMessage,
): AsyncGenerator<Uint8Array, void, undefined> {
  const iterator = decompressed(incoming)[Symbol.asyncIterator]() as AsyncIterator<Uint8Array, undefined>;
  try {
    for (;;) {
      const next = await limited(clock, iterator.next(), idleMs, signal);
      if (next.done === true) return;
      yield next.value;
    }
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    throw new GatewayError('cut', reasonOf(error), { cause: error });
  } finally {
    incoming.destroy();
  }
}

/** The promise, unless the time is up or the signal says stop first. */
async function limited<T>(
  clock: Clock,
  promise: Promise<T>,
  ms: number,
  signal: AbortSignal | undefined,
): Promise<T> {
  const stop = Promise.withResolvers<never>();
  const abort = () => stop.reject(new GatewayError('aborted', 'ended on our side'));
  const timer = clock.setTimeout(
    () => stop.reject(new GatewayError('timeout', `nothing came for ${Math.round(ms / 1000)} s`)),
    ms,
  );
  if (signal?.aborted) abort();
  else signal?.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, stop.promise]);
  } finally {
    timer.dispose();
    signal?.removeEventListener('abort', abort);
  }
}

/** What the network said, without our own stack. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
