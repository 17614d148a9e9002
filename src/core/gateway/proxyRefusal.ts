import type { ClientRequest, IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { GatewayError } from './errors';

/** Products that stand between a company's machines and the internet. CDNs in front of a gateway write `Via` too. */
const KNOWN_PROXIES =
  /\b(squid|zscaler|blue ?coat|proxysg|mcafee|mwg|skyhigh|forcepoint|websense|ironport|forti\w+|sophos|netskope|tinyproxy|privoxy)/i;

/**
 * What a proxy says in place of the other side. Only an authentication challenge proves that nothing was passed on: a
 * page of a filter may also replace the other side's response.
 * @returns undefined if the response may be the other side's own
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

/** Follows what the editor's proxy agent reports about a request (`@vscode/proxy-agent`). */
export class ProxyReport {
  /** Host and port of the proxy. */
  #name: string | undefined;
  #failed = false;

  constructor(message: ClientRequest) {
    message.once('proxy', (report: unknown) => {
      if (typeof report !== 'object' || report === null) return;
      const proxy = 'proxy' in report && typeof report.proxy === 'string' ? report.proxy : 'DIRECT';
      // "PROXY user:password@host:port", where the first part may be missing.
      if (!/^DIRECT\b/i.test(proxy)) this.#name = proxy.replace(/^\S+\s+/, '').replace(/^.*@/, '');
      this.#failed = 'error' in report && report.error !== undefined;
    });
  }

  /** The proxy's answer to CONNECT. */
  refused(status: number): GatewayError {
    return this.#error(`refused the connection (HTTP ${status})`, status);
  }

  /** Why no connection came about, if that is the proxy's fault. */
  blames(error: unknown): GatewayError | undefined {
    const { code, statusCode } = (error ?? {}) as { code?: unknown; statusCode?: unknown };
    // Node's own proxy support, with NODE_USE_ENV_PROXY; its message holds the proxy's password.
    if (code === 'ERR_PROXY_TUNNEL') {
      return typeof statusCode === 'number'
        ? this.refused(statusCode)
        : this.#error('could not be reached', undefined);
    }
    return this.#failed && this.#name !== undefined
      ? this.#error('could not be reached', undefined)
      : undefined;
  }

  #error(what: string, status: number | undefined): GatewayError {
    const name = this.#name === undefined ? 'the proxy' : `the proxy ${this.#name}`;
    return new GatewayError('proxy', `${name} ${what}`, { status, nothingSent: true });
  }
}

/**
 * Whether an agent gave this socket in place of a tunnel that the proxy refused: it can't be written to, and what the
 * proxy answered follows as if it were the response.
 */
export function isRefusedTunnel(socket: Socket): boolean {
  return !(socket instanceof TLSSocket) && !socket.connecting && !socket.writable;
}
