import { createHttpPatch, createProxyResolver, LogLevel, type ProxyAgentParams } from '@vscode/proxy-agent';
import dns from 'node:dns';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import path from 'node:path';
import tls from 'node:tls';
import { projectRoot } from '../../vscode/projectRoot';

/** A host name that looks remote to the editor but resolves to this machine. */
export const REMOTE_HOST = 'gateway.test';

// Self-signed. Only these tests trust it.
const fixture = (name: string) => readFileSync(path.join(projectRoot, 'test/unit/support/tls', name), 'utf8');
const certificate = fixture('gateway.cert.pem');
const privateKey = fixture('gateway.key.pem');

/** The settings `http.proxySupport`, `http.proxy` and `http.noProxy`. */
export interface ProxySettings {
  readonly support: 'override' | 'on' | 'fallback' | 'off';
  readonly proxy: string;
  readonly noProxy?: readonly string[];
  /** Without the original functions that the editor keeps. */
  readonly isOriginalHidden?: boolean;
}

/**
 * Patches `http` and `https` with the editor's proxy support, as an extension host does.
 * @returns undoes it
 */
export function patchAsEditor({ support, proxy, noProxy = [], isOriginalHidden }: ProxySettings): () => void {
  const ignore = () => undefined;
  const params: ProxyAgentParams = {
    resolveProxy: () => Promise.resolve(undefined),
    getProxyURL: () => proxy,
    getProxySupport: () => support,
    getNoProxyConfig: () => [...noProxy],
    isAdditionalFetchSupportEnabled: () => true,
    isWebSocketPatchEnabled: () => false,
    addCertificatesV1: () => true,
    addCertificatesV2: () => false,
    loadSystemCertificatesFromNode: () => false,
    loadAdditionalCertificates: () => Promise.resolve([]),
    log: { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore },
    getLogLevel: () => LogLevel.Off,
    proxyResolveTelemetry: ignore,
    isUseHostProxyEnabled: () => false,
    env: {},
  };
  const { resolveProxyWithRequest } = createProxyResolver(params);
  const restore = [http, https].map((module) => {
    const original = { ...module };
    Object.assign(
      module,
      createHttpPatch(params, module, (...args) =>
        withoutTelemetryTimer(() => resolveProxyWithRequest(...args)),
      ),
      isOriginalHidden === true ? {} : { __vscodeOriginal: original },
    );
    return () => {
      Object.assign(module, { get: original.get, request: original.request });
      Reflect.deleteProperty(module, '__vscodeOriginal');
    };
  });
  return () => restore.forEach((undo) => undo());
}

/** The agent's telemetry timer runs after ten minutes, which would keep the process alive. */
function withoutTelemetryTimer(work: () => void): void {
  const real = globalThis.setTimeout;
  globalThis.setTimeout = ((callback: () => void, ms: number) =>
    real(callback, ms).unref()) as typeof setTimeout;
  try {
    work();
  } finally {
    globalThis.setTimeout = real;
  }
}

/**
 * Resolves the given names as specified, and others as usual.
 * @returns undoes it
 */
export function patchNames(names: Readonly<Record<string, string>>): () => void {
  const original = dns.lookup;
  const lookup = (hostname: string, options: dns.LookupOptions, done: (...args: unknown[]) => void) => {
    const address = names[hostname];
    if (address === undefined) original(hostname, options, done);
    else if (options.all === true) setImmediate(done, null, [{ address, family: net.isIP(address) }]);
    else setImmediate(done, null, address, net.isIP(address));
  };
  Object.assign(dns, { lookup });
  return () => void Object.assign(dns, { lookup: original });
}

/**
 * Trusts the certificate of {@link RemoteServer}.
 * @returns undoes it
 */
export function trustRemote(): () => void {
  const trusted = tls.getCACertificates();
  tls.setDefaultCACertificates([...trusted, certificate]);
  return () => tls.setDefaultCACertificates(trusted);
}

/** A server for {@link REMOTE_HOST}, or for this machine over plain http. */
export class TestServer {
  readonly server: http.Server;
  readonly requests: { readonly headers: http.IncomingHttpHeaders; readonly fromPort: number | undefined }[] =
    [];
  readonly #sockets = new Set<net.Socket>();

  constructor(isSecure: boolean, answer: http.RequestListener = (_, response) => response.end('{}')) {
    const listener: http.RequestListener = (request, response) => {
      this.requests.push({ headers: request.headers, fromPort: request.socket.remotePort });
      answer(request, response);
    };
    this.server = isSecure
      ? https.createServer({ cert: certificate, key: privateKey }, listener)
      : http.createServer(listener);
  }

  get connections(): number {
    return this.#sockets.size;
  }

  async listen(host = '127.0.0.1'): Promise<number> {
    return listen(this.server, this.#sockets, host);
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.server.close();
  }
}

/** A proxy that tunnels all hosts to this machine, or refuses with a status. */
export class TestProxy {
  /** `CONNECT host:port`, or the method and absolute URL. */
  readonly asked: string[] = [];
  readonly heads: string[] = [];
  readonly #refusal: number | undefined;
  readonly #sockets = new Set<net.Socket>();
  readonly #server = net.createServer((socket) => this.#serve(socket));

  constructor(refusal?: number) {
    this.#refusal = refusal;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  async listen(): Promise<string> {
    return `http://127.0.0.1:${await listen(this.#server, this.#sockets, '127.0.0.1')}`;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #serve(socket: net.Socket): void {
    socket.once('data', (data: Buffer) => {
      const head = data.toString('latin1');
      this.heads.push(head);
      this.asked.push(head.slice(0, head.indexOf(' HTTP/')));
      const port = /^CONNECT [^ ]+:(\d+) /.exec(head)?.[1];
      if (this.#refusal !== undefined || port === undefined) {
        const status = this.#refusal ?? 400;
        const page = '<html>no</html>';
        socket.end(
          `HTTP/1.1 ${status} No\r\nproxy-authenticate: Basic realm="office"\r\ncontent-length: ${page.length}\r\n\r\n${page}`,
        );
        return;
      }
      const target = net.connect(Number(port), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        socket.pipe(target).pipe(socket);
      });
      target.on('error', () => socket.destroy());
      socket.on('close', () => target.destroy());
    });
  }
}

async function listen(server: net.Server, sockets: Set<net.Socket>, host: string): Promise<number> {
  server.on('connection', (socket: net.Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  server.listen(0, host);
  await once(server, 'listening');
  return (server.address() as net.AddressInfo).port;
}
