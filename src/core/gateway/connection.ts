import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Clock } from '../common/clock';
import { isLoopback } from './baseUrl';
import { Deadline } from './deadline';
import { GatewayError } from './errors';
import type { HttpRequest } from './http';
import { MAX_HEAD_BYTES } from './limits';
import { isDirectLoopback, lookupLoopback } from './loopback';
import { isRefusedTunnel, ProxyReport } from './proxyRefusal';

/** So many idle connections of other code are passed over. */
const MAX_REUSED_SOCKETS = 20;

/** Loopback addresses that the editor never connects to through a proxy, while it adds the system's certificates. */
const DIRECT_IN_EDITOR: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Opens a connection for one request alone: only there can we see whether a byte of it has left. The editor's agent
 * decides whether a proxy is used, and may hand over an idle connection of other code, which could end at any moment.
 * @throws {@link GatewayError} `unreachable`, `proxy` or `aborted`: nothing has left
 */
export async function connect(clock: Clock, request: HttpRequest): Promise<http.ClientRequest> {
  for (let reused = 0; reused <= MAX_REUSED_SOCKETS; reused++) {
    const message = await connectOnce(clock, request);
    if (message !== undefined) return message;
  }
  throw new GatewayError('unreachable', 'every connection was one that other code had used');
}

/** @returns undefined when the connection was used before */
async function connectOnce(clock: Clock, request: HttpRequest): Promise<http.ClientRequest | undefined> {
  let message: http.ClientRequest;
  try {
    message = createRequest(request);
  } catch (error) {
    // A header that can't be sent, for example; Node's message doesn't repeat it.
    throw new GatewayError('unreachable', reasonOf(error), { cause: error });
  }
  // An error without a listener would end the extension host; whoever is interested adds another one.
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
    throw proxy.blames(error) ?? new GatewayError('unreachable', reasonOf(error), { cause: error });
  } finally {
    deadline.dispose();
    if (!isUsable) message.destroy();
  }
}

/** Creates the request through what the editor made of Node's modules, except that loopback never uses a proxy. */
function createRequest({ method, url, target, headers }: HttpRequest): http.ClientRequest {
  const module: PatchedModule = url.protocol === 'https:' ? https : http;
  const isLocal = isLoopback(url.hostname);
  const isDirect = isLocal && !(module === https && DIRECT_IN_EDITOR.has(url.hostname));
  const request = isDirect ? (module.__vscodeOriginal?.request ?? module.request) : module.request;
  return request(url, {
    method,
    // Nobody else gets the connection afterwards.
    headers: { ...headers, connection: 'close' },
    maxHeaderSize: MAX_HEAD_BYTES,
    ...(target === undefined ? {} : { path: target }),
    // Without an agent the editor applies its proxy settings as it does for everybody (`http.proxySupport`).
    ...(isLocal ? { agent: false, lookup: lookupLoopback } : {}),
  });
}

/** The editor replaces `request` and keeps the original one. */
interface PatchedModule {
  readonly request: typeof http.request;
  readonly __vscodeOriginal?: { readonly request: typeof http.request };
}

/** The key goes in clear text to this machine only, and not through a proxy on it. */
function refuseClearText(socket: Socket | null, url: URL): void {
  if (url.protocol === 'https:' || (isLoopback(url.hostname) && isDirectLoopback(socket, url))) return;
  throw new GatewayError('unreachable', `the connection to ${url.host} would carry the key in clear text`);
}

/** Resolves when the request's socket stands, TLS included. */
function connected(message: http.ClientRequest, proxy: ProxyReport): Promise<void> {
  return new Promise((resolve, reject) => {
    message.once('error', reject);
    message.once('close', () => reject(new Error('the connection was closed')));
    message.once('socket', (socket: Socket) => {
      // A proxy's agent may hand over a socket that stands already.
      if (socket instanceof TLSSocket) {
        if (isSecure(socket)) resolve();
        else socket.once('secureConnect', resolve);
      } else if (isRefusedTunnel(socket)) {
        message.once('response', (response) => reject(proxy.refused(response.statusCode ?? 0)));
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

/** What the network said, without our own stack. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
