import type http from 'node:http';
import type { Readable } from 'node:stream';
import * as zlib from 'node:zlib';
import type { Clock } from '../common/clock';
import { connect, reasonOf } from './connection';
import { Deadline } from './deadline';
import { GatewayError } from './errors';
import { MAX_RESPONSE_BYTES, type HttpLimits } from './limits';

/** One request over a connection of its own. Redirects are the caller's business. */
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
  /**
   * Decompressed; throws {@link GatewayError} `cut`, `timeout`, `tooLong` or `aborted`. Ends the connection when left
   * early.
   */
  readonly body: AsyncIterable<Uint8Array>;
  /** What arrived and couldn't be parsed as HTTP, once the body has ended. May repeat what is in the body. */
  unparsed?(): Uint8Array | undefined;
  /** Ends the connection. */
  close(): void;
}

/** A connection that stands and has carried no byte of the request. */
export interface OpenRequest {
  /**
   * Sends the request, once. Throws a {@link GatewayError}: `unreachable` when certainly nothing has left,
   * `cut`, `timeout`, `tooLong` or `aborted` when that cannot be known.
   */
  send(body?: string, signal?: AbortSignal): Promise<HttpReply>;
  /** Ends the connection without sending. */
  close(): void;
}

/** @throws {@link GatewayError} `unreachable`, `proxy` or `aborted`: nothing has left */
export type OpenHttp = (request: HttpRequest) => Promise<OpenRequest>;

/** The request leaves in pieces of this size, so that a slow line shows progress: each tells when it has left. */
const PIECE_BYTES = 16 * 1024;

/** Opens requests over the network. The given clock rules the time limits. */
export function createHttp(clock: Clock): OpenHttp {
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
): Promise<HttpReply> {
  if (message.destroyed)
    throw new GatewayError('unreachable', 'the connection ended before anything was sent');
  const deadline = new Deadline(clock, signal, () => message.destroy());
  let unparsed: Uint8Array | undefined;
  message.on('error', (error) => (unparsed ??= unparsedIn(error)));
  try {
    const response = replied(message);
    // A server may answer before it has read everything, and reads on then or not.
    const early = await Promise.race([response, upload(message, body, deadline, limits)]);
    deadline.within(limits.totalMs, 'the response');
    const incoming = early ?? (await deadline.wait(response, limits.responseMs, 'no response came'));
    return { ...asReply(limits, deadline, incoming), unparsed: () => unparsed };
  } catch (error) {
    const sentNothing = message.socket?.bytesWritten === 0 && !(error instanceof GatewayError);
    deadline.dispose();
    message.destroy();
    if (error instanceof GatewayError) throw error;
    throw new GatewayError(sentNothing ? 'unreachable' : 'cut', reasonOf(error), { cause: error });
  }
}

/** Resolves when the whole request has left; the message tells by itself when it breaks. */
async function upload(
  message: http.ClientRequest,
  body: string | undefined,
  deadline: Deadline,
  limits: HttpLimits,
): Promise<undefined> {
  const bytes = Buffer.from(body ?? '');
  const left = (write: (done: () => void) => unknown) =>
    deadline.wait(
      new Promise<void>((done) => void write(done)),
      limits.uploadIdleMs,
      'nothing more was sent',
    );
  deadline.within(limits.uploadMs, 'the request');
  let start = 0;
  for (; bytes.length - start > PIECE_BYTES; start += PIECE_BYTES) {
    const piece = bytes.subarray(start, start + PIECE_BYTES);
    await left((done) => message.write(piece, () => done()));
  }
  await left((done) => message.end(bytes.subarray(start), done));
}

/** The bytes that Node couldn't parse as HTTP, if that is what went wrong. */
export function unparsedIn(error: unknown): Uint8Array | undefined {
  const bytes = error instanceof Error && 'rawPacket' in error ? error.rawPacket : undefined;
  return bytes instanceof Uint8Array ? bytes : undefined;
}

function replied(message: http.ClientRequest): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    message.once('response', resolve);
    message.once('error', reject);
    message.once('close', () => reject(new Error('the connection was closed without a reply')));
  });
}

function asReply(limits: HttpLimits, deadline: Deadline, incoming: http.IncomingMessage): HttpReply {
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

async function* readBody(
  limits: HttpLimits,
  deadline: Deadline,
  incoming: http.IncomingMessage,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { idleMs, maxBytes = Infinity } = limits;
  let { videoTotalMs } = limits;
  const iterator = decompressed(incoming)[Symbol.asyncIterator]() as AsyncIterator<Uint8Array, undefined>;
  let bytes = 0;
  try {
    for (;;) {
      const next = await deadline.wait(iterator.next(), idleMs, 'nothing came');
      if (next.done === true) return;
      bytes += next.value.length;
      if (bytes > maxBytes) throw tooLong('the response went on', maxBytes);
      if (videoTotalMs !== undefined && bytes > MAX_RESPONSE_BYTES) {
        deadline.within(videoTotalMs, 'the response');
        videoTotalMs = undefined;
      }
      yield next.value;
    }
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    throw new GatewayError('cut', reasonOf(error), { cause: error });
  } finally {
    deadline.dispose();
    incoming.destroy();
  }
}

function tooLong(what: string, maxBytes: number): GatewayError {
  return new GatewayError('tooLong', `${what}; at most ${maxBytes} bytes are taken`);
}
