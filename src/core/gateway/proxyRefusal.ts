import type { ClientRequest, IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { GatewayError } from './errors';

/** Names of proxy products. `Via` alone proves nothing: CDNs in front of a gateway send it too. */
const KNOWN_PROXIES =
  /\b(squid|zscaler|blue ?coat|proxysg|mcafee|mwg|skyhigh|forcepoint|websense|ironport|forti\w+|sophos|netskope|tinyproxy|privoxy)/i;

/**
 * Recognizes a response that a proxy sent in place of the gateway or host. Only an authentication challenge proves that
 * nothing was passed on: a filter's page may also replace a response.
 * @returns undefined if the response may be genuine
 */
export function readProxyRefusal(
  status: number,
  headers: Readonly<IncomingHttpHeaders>,
  isJson: boolean,
): GatewayError | undefined {
  if (status < 400) return undefined;
  const isKnown = headers['x-squid-error'] !== undefined || KNOWN_PROXIES.test(headers.via ?? '');
  const asksForSignIn = status === 407 || headers['proxy-authenticate'] !== undefined;
  if (!asksForSignIn && !(isKnown && !isJson)) return undefined;
  const message = asksForSignIn ? 'a proxy asks for a sign-in' : 'a proxy refused';
  return new GatewayError('proxy', `${message} (HTTP ${status})`, { status, nothingSent: status === 407 });
}

/** Collects what VS Code's proxy agent reports about a request (`@vscode/proxy-agent`). */
export class ProxyReport {
  #name: string | undefined;
  #failed = false;

  constructor(message: ClientRequest) {
    message.once('proxy', (report: unknown) => {
      if (typeof report !== 'object' || report === null) return;
      const proxy = 'proxy' in report && typeof report.proxy === 'string' ? report.proxy : 'DIRECT';
      // "PROXY user:password@host:port". Keep host and port.
      if (!/^DIRECT\b/i.test(proxy)) this.#name = proxy.replace(/^\S+\s+/, '').replace(/^.*@/, '');
      this.#failed = 'error' in report && report.error !== undefined;
    });
  }

  /** Creates the error for a proxy's response to CONNECT. */
  refused(status: number): GatewayError {
    return this.#error(`refused the connection (HTTP ${status})`, status);
  }

  /** Returns an error if the proxy caused the failed connection. */
  connectError(error: unknown): GatewayError | undefined {
    const { code, statusCode } = (error ?? {}) as { code?: unknown; statusCode?: unknown };
    // From Node's own proxy support (NODE_USE_ENV_PROXY). Its message contains the proxy's password.
    const isTunnel = code === 'ERR_PROXY_TUNNEL';
    if (isTunnel && typeof statusCode === 'number') return this.refused(statusCode);
    const isProxy = isTunnel || (this.#failed && this.#name !== undefined);
    return isProxy ? this.#error('could not be reached') : undefined;
  }

  #error(what: string, status?: number): GatewayError {
    const name = this.#name === undefined ? 'the proxy' : `the proxy ${this.#name}`;
    return new GatewayError('proxy', `${name} ${what}`, { status, nothingSent: true });
  }
}

/**
 * Returns true if the proxy refused the tunnel. The agent's socket is then not writable, and emits the proxy's answer as
 * if it were the response.
 */
export function isRefusedTunnel(socket: Socket): boolean {
  return !(socket instanceof TLSSocket) && !socket.connecting && !socket.writable;
}
