import dns from 'node:dns';
import http from 'node:http';
import https from 'node:https';
import type { LookupFunction, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Clock } from '../common/clock';
import { isLoopback } from './baseUrl';
import { Deadline } from './deadline';
import { GatewayError } from './errors';
import type { HttpRequest } from './http';
import { MAX_HEAD_BYTES } from './limits';
import { isRefusedTunnel, ProxyReport } from './proxyRefusal';

const MAX_REUSED_SOCKETS = 20;

/** Hosts for which VS Code uses no proxy, but adds the system's certificates. */
const DIRECT_IN_EDITOR: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Opens a new connection, so that it's known whether a byte of the request was sent. VS Code's agent decides whether to
 * use a proxy. It may return an idle connection of other code, which could end at any moment.
 * @throws {@link GatewayError} `unreachable`, `proxy` or `aborted`; nothing was sent
 */
export async function connect(clock: Clock, request: HttpRequest): Promise<http.ClientRequest> {
  for (let reused = 0; reused <= MAX_REUSED_SOCKETS; reused++) {
    const message = await connectOnce(clock, request);
    if (message !== undefined) return message;
  }
  throw new GatewayError('unreachable', 'every connection was one that other code had used');
}

/** @returns undefined if the connection was used before */
async function connectOnce(clock: Clock, request: HttpRequest): Promise<http.ClientRequest | undefined> {
  let message: http.ClientRequest;
  try {
    message = createRequest(request);
  } catch (error) {
    // For example, an invalid header. Node's message doesn't repeat its value.
    throw new GatewayError('unreachable', errorMessage(error), { cause: error });
  }
  // An error event without a listener would crash the extension host.
  message.on('error', () => undefined);
  const proxy = new ProxyReport(message);
  const deadline = new Deadline(clock, request.signal);
  let isUsable = false;
  try {
    await deadline.wait(connected(message, proxy), request.limits.connectMs, 'no connection');
    if (message.hasHeader('authorization')) refuseClearText(message.socket, request.url);
    isUsable = !message.reusedSocket;
    return isUsable ? message : undefined;
  } catch (error) {
    if (error instanceof GatewayError && (error.kind === 'aborted' || error.kind === 'proxy')) throw error;
    if (message.reusedSocket) return undefined;
    throw proxy.connectError(error) ?? new GatewayError('unreachable', errorMessage(error), { cause: error });
  } finally {
    deadline.dispose();
    if (!isUsable) message.destroy();
  }
}

/** Resolves a host name to loopback addresses only, whatever DNS returns. */
const lookupLoopback: LookupFunction = (hostname, options, callback) => {
  dns.lookup(hostname, { ...options, all: true }, (error, addresses) => {
    const local = error ? [] : addresses.filter(({ address }) => isLoopbackAddress(address));
    const [first] = local;
    if (first === undefined) callback(error ?? new Error(`${hostname} is not this machine`), []);
    else if (options.all === true) callback(null, local);
    else callback(null, first.address, first.family);
  });
};

/** Uses VS Code's patched modules, which apply its proxy settings. Loopback never uses a proxy. */
function createRequest({ method, url, target, headers }: HttpRequest): http.ClientRequest {
  const module: PatchedModule = url.protocol === 'https:' ? https : http;
  const isLocal = isLoopback(url.hostname);
  const isDirect = isLocal && !(module === https && DIRECT_IN_EDITOR.has(url.hostname));
  const request = isDirect ? (module.__vscodeOriginal?.request ?? module.request) : module.request;
  return request(url, {
    method,
    // Don't return the connection to the agent's pool.
    headers: { ...headers, connection: 'close' },
    maxHeaderSize: MAX_HEAD_BYTES,
    ...(target === undefined ? {} : { path: target }),
    ...(isLocal ? { agent: false, lookup: lookupLoopback } : {}),
  });
}

/** VS Code replaces `request` and keeps the original one. */
interface PatchedModule {
  readonly request: typeof http.request;
  readonly __vscodeOriginal?: { readonly request: typeof http.request };
}

/** Allows the key in clear text only to this machine, and not through a local proxy, which has another port. */
function refuseClearText(socket: Socket | null, url: URL): void {
  if (url.protocol === 'https:') return;
  const isDirect = isLoopbackAddress(socket?.remoteAddress) && socket?.remotePort === Number(url.port || 80);
  if (isLoopback(url.hostname) && isDirect) return;
  throw new GatewayError('unreachable', `the connection to ${url.host} would carry the key in clear text`);
}

function isLoopbackAddress(address: string | undefined): boolean {
  return address !== undefined && (/^(::ffff:)?127\./i.test(address) || address === '::1');
}

/** Resolves when the request's socket is connected, including the TLS handshake. */
function connected(message: http.ClientRequest, proxy: ProxyReport): Promise<void> {
  return new Promise((resolve, reject) => {
    message.once('error', reject);
    message.once('close', () => reject(new Error('the connection was closed')));
    message.once('socket', (socket: Socket) => {
      // A proxy's agent may return a connected socket.
      if (socket instanceof TLSSocket) {
        // Not `getProtocol`: it returns a version before the handshake is complete.
        if (!socket.connecting && socket.getPeerFinished() !== undefined) resolve();
        else socket.once('secureConnect', resolve);
      } else if (isRefusedTunnel(socket)) {
        message.once('response', (response) => reject(proxy.refused(response.statusCode ?? 0)));
      } else if (socket.connecting) socket.once('connect', resolve);
      else resolve();
    });
  });
}

export function errorMessage(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return errorMessage(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
