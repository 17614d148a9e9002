import type http from 'node:http';
import { finished, type Readable } from 'node:stream';
import * as zlib from 'node:zlib';
import type { Clock } from '../common/clock';
import { connect, errorMessage } from './connection';
import { Deadline } from './deadline';
import { GatewayError } from './errors';
import { MAX_RESPONSE_BYTES, type HttpLimits } from './limits';

/** A request over its own connection. Redirects are left to the caller. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  /** Path and query to send byte for byte. Defaults to those of `url`, which re-encodes some characters of a signature. */
  readonly target?: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** Cancels connecting. To cancel sending, pass a signal to `send`. */
  readonly signal?: AbortSignal | undefined;
  readonly limits: HttpLimits;
}

export interface HttpResponse {
  readonly status: number;
  /** Names are in lower case. */
  readonly headers: Readonly<http.IncomingHttpHeaders>;
  /** Decompressed. Throws {@link GatewayError}. Leaving the iteration early closes the connection. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Bytes that couldn't be parsed as HTTP, available after the body ended. May repeat parts of the body. */
  unparsed?(): Uint8Array | undefined;
  close(): void;
}

/** An established connection that has carried no byte of the request. */
export interface OpenRequest {
  /** Sends the request, once. Throws {@link GatewayError}, of kind `unreachable` only if certainly nothing was sent. */
  send(body?: string, signal?: AbortSignal): Promise<HttpResponse>;
  close(): void;
}

/** @throws {@link GatewayError} `unreachable`, `proxy` or `aborted`; nothing was sent */
export type HttpConnector = (request: HttpRequest) => Promise<OpenRequest>;

/** Each chunk restarts the idle timeout, so that a slow connection isn't mistaken for a stalled one. */
const CHUNK_BYTES = 16 * 1024;
/** Number of unread bytes at which a body is paused. */
const MAX_WAITING_BYTES = 64 * 1024;

/** Opens requests over the network. Time limits use the given clock. */
export function createHttp(clock: Clock): HttpConnector {
  return async (request) => {
    const message = await connect(clock, request);
    return {
      close: () => message.destroy(),
      send: (body, signal) => send(clock, request.limits, message, body, signal),
    };
  };
}

async function send(
  clock: Clock,
  limits: HttpLimits,
  message: http.ClientRequest,
  body: string | undefined,
  signal: AbortSignal | undefined,
): Promise<HttpResponse> {
  if (message.destroyed)
    throw new GatewayError('unreachable', 'the connection ended before anything was sent');
  const deadline = new Deadline(clock, signal, () => message.destroy());
  let unparsed: Uint8Array | undefined;
  message.on('error', (error) => (unparsed ??= unparsedIn(error)));
  try {
    const response = waitForResponse(message);
    // A server may respond before it has read the whole request, and may stop reading then.
    const early = await Promise.race([response, upload(message, body, deadline, limits)]);
    deadline.within(limits.totalMs, 'the response');
    const incoming = early ?? (await deadline.wait(response, limits.responseMs, 'no response came'));
    return { ...toResponse(limits, deadline, incoming), unparsed: () => unparsed };
  } catch (error) {
    const sentNothing = message.socket?.bytesWritten === 0 && !(error instanceof GatewayError);
    deadline.dispose();
    message.destroy();
    if (error instanceof GatewayError) throw error;
    throw new GatewayError(sentNothing ? 'unreachable' : 'cut', errorMessage(error), { cause: error });
  }
}

async function upload(
  message: http.ClientRequest,
  body: string | undefined,
  deadline: Deadline,
  limits: HttpLimits,
): Promise<undefined> {
  const bytes = Buffer.from(body ?? '');
  const sent = (write: (done: () => void) => unknown) =>
    deadline.wait(
      new Promise<void>((done) => void write(done)),
      limits.uploadIdleMs,
      'nothing more was sent',
    );
  deadline.within(limits.uploadMs, 'the request');
  let start = 0;
  for (; bytes.length - start > CHUNK_BYTES; start += CHUNK_BYTES) {
    const chunk = bytes.subarray(start, start + CHUNK_BYTES);
    await sent((done) => message.write(chunk, () => done()));
  }
  await sent((done) => message.end(bytes.subarray(start), done));
}

/** Returns the bytes that Node couldn't parse as HTTP, if that caused the error. */
export function unparsedIn(error: unknown): Uint8Array | undefined {
  const bytes = error instanceof Error && 'rawPacket' in error ? error.rawPacket : undefined;
  return bytes instanceof Uint8Array ? bytes : undefined;
}

function waitForResponse(message: http.ClientRequest): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    message.once('response', resolve);
    message.once('error', reject);
    message.once('close', () => reject(new Error('the connection was closed without a response')));
  });
}

function toResponse(limits: HttpLimits, deadline: Deadline, incoming: http.IncomingMessage): HttpResponse {
  const declared = Number(incoming.headers['content-length'] ?? 0);
  const { maxBytes = Infinity } = limits;
  if (declared > maxBytes) throw tooLong(`the response declares ${declared} bytes`, maxBytes);
  return {
    status: incoming.statusCode ?? 0,
    headers: incoming.headers,
    body: readBody(limits, deadline, incoming),
    close: () => {
      deadline.dispose();
      incoming.destroy();
    },
  };
}

/** The request asks for an uncompressed body, but a proxy may compress it anyway. */
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

async function* readBody(
  limits: HttpLimits,
  deadline: Deadline,
  incoming: http.IncomingMessage,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { idleMs, maxBytes = Infinity } = limits;
  let { videoTotalMs } = limits;
  const stream = decompressed(incoming);
  const arrived: Uint8Array[] = [];
  let waitingBytes = 0;
  let end: { readonly error?: Error | null | undefined } | undefined;
  let wake = (): void => undefined;
  // Not the stream's iterator: it copies chunks together, which costs time and memory.
  stream.on('data', (chunk: Uint8Array) => {
    arrived.push(chunk);
    waitingBytes += chunk.length;
    if (waitingBytes >= MAX_WAITING_BYTES) stream.pause();
    wake();
  });
  finished(stream, { writable: false }, (error) => {
    end = { error };
    wake();
  });
  let bytes = 0;
  try {
    for (;;) {
      deadline.throwIfEnded();
      const chunk = arrived.shift();
      if (chunk) {
        waitingBytes -= chunk.length;
        bytes += chunk.length;
        if (bytes > maxBytes) throw tooLong('the response went on', maxBytes);
        if (videoTotalMs !== undefined && bytes > MAX_RESPONSE_BYTES) {
          deadline.within(videoTotalMs, 'the response');
          videoTotalMs = undefined;
        }
        yield chunk;
      } else if (end?.error) throw end.error;
      else if (end) return;
      else {
        stream.resume();
        // Only here, because a timer for every chunk would cost more than reading it.
        await deadline.wait(new Promise<void>((resolve) => (wake = resolve)), idleMs, 'nothing came');
      }
    }
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    throw new GatewayError('cut', errorMessage(error), { cause: error });
  } finally {
    deadline.dispose();
    incoming.destroy();
  }
}

function tooLong(what: string, maxBytes: number): GatewayError {
  return new GatewayError('tooLong', `${what}; at most ${maxBytes} bytes are taken`);
}
