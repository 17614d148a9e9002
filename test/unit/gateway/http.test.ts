import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import { Duplex } from 'node:stream';
import tls from 'node:tls';
import zlib from 'node:zlib';
import { GatewayError, type GatewayErrorKind } from '../../../src/core/gateway/errors';
import { createHttp, type HttpResponse, type HttpRequest } from '../../../src/core/gateway/http';
import { LIMITS } from '../../../src/core/gateway/limits';
import { requestTarget } from '../../../src/core/gateway/resultUrl';
import { FakeClock } from '../support/fakeClock';

/** The test server's self-signed certificate for localhost. */
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUEZABtxZJATgR2t5H8MbQUdeVQ3MwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMjEzMzAyOFoYDzIxMjYxMDI5
MTMzMDI4WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASuYVf3W78fc8K2N1ES32L2BkaV14tAhGGpGLWDCLk+kqOnxxC9paXU
Obe40xjZfoD4BiJWEFPJniGwHvvjGUdGo28wbTAdBgNVHQ4EFgQUcEw2gOd/yGyi
FUzC2+LQ87eTFa4wHwYDVR0jBBgwFoAUcEw2gOd/yGyiFUzC2+LQ87eTFa4wDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIgQBEeB4UsC2gGSzqswjhzL93IW/hlqyG91dHeuvfhPTQCIQC0
dw4oPIVOAIhWjDn/uGOD0alP5JuY5MKbG+xwI9LU2g==
-----END CERTIFICATE-----`;
const SERVER_KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgFn9Xk+rrRUsjPbYK
ieJ4ETn+2TMA9x/9ZzRC2X3XC/2hRANCAASuYVf3W78fc8K2N1ES32L2BkaV14tA
hGGpGLWDCLk+kqOnxxC9paXUObe40xjZfoD4BiJWEFPJniGwHvvjGUdG
-----END PRIVATE KEY-----`;

const clock = new FakeClock();
const request = (url: string, changes: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'POST',
  url: new URL(url),
  headers: { 'content-length': '2' },
  limits: LIMITS.submit,
  ...changes,
});
const open = (url: string, changes?: Partial<HttpRequest>) => createHttp(clock)(request(url, changes));
const send = async (url: string, changes?: Partial<HttpRequest>) => (await open(url, changes)).send('{}');
const text = async (httpResponse: HttpResponse) => {
  const pieces: Uint8Array[] = [];
  for await (const piece of httpResponse.body) pieces.push(piece);
  return Buffer.concat(pieces).toString();
};
const assertFails = (promise: Promise<unknown>, kind: GatewayErrorKind) =>
  assert.rejects(promise, (error) => {
    assert.ok(error instanceof GatewayError, String(error));
    assert.equal(error.kind, kind, error.message);
    return true;
  });

describe('http', () => {
  const servers: net.Server[] = [];
  const sockets = new Set<net.Socket>();

  /** Starts a server on a free port. Its connections are closed after the test. */
  async function listen(server: net.Server): Promise<string> {
    servers.push(server);
    server.on('connection', (socket: net.Socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `127.0.0.1:${(server.address() as net.AddressInfo).port}`;
  }
  const startRaw = (onSocket: (socket: net.Socket) => void) => listen(net.createServer(onSocket));
  const startHttp = (handler: http.RequestListener) => listen(http.createServer(handler));
  /** Responds to every request with these bytes, and counts connections. */
  const startResponding = async (...pieces: string[]) => {
    const counts = { connections: 0, requests: 0 };
    const address = await startRaw((socket) => {
      counts.connections++;
      socket.on('data', () => {
        counts.requests++;
        for (const piece of pieces) socket.write(piece);
        socket.end();
      });
    });
    return { url: `http://${address}/`, seen: counts };
  };

  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    for (const server of servers.splice(0)) server.close();
    assert.equal(clock.timers, 0, 'no time limit outlives its exchange');
  });

  /** Returns a port without a listener. */
  async function findClosedPort(): Promise<string> {
    const server = net.createServer();
    const address = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    return address;
  }

  describe('before a byte of the request has left', () => {
    for (const scheme of ['http', 'https']) {
      it(`is unreachable if the connection is refused (${scheme})`, async () =>
        assertFails(send(`${scheme}://${await findClosedPort()}/`), 'unreachable'));
      it(`is unreachable if the name does not resolve (${scheme})`, () =>
        assertFails(send(`${scheme}://no-such-host.invalid/`), 'unreachable'));
    }

    it('is unreachable if an https server speaks plain http', async () => {
      await assertFails(
        send(`https://${await startHttp((_, response) => response.end('{}'))}/`),
        'unreachable',
      );
    });
    it('is unreachable if an https server closes at once', async () => {
      await assertFails(send(`https://${await startRaw((socket) => socket.destroy())}/`), 'unreachable');
    });
    it('is unreachable if the https certificate is not trusted', async () => {
      const server = https.createServer({ key: SERVER_KEY, cert: CERTIFICATE }, (_, response) =>
        response.end('{}'),
      );
      let requestCount = 0;
      server.on('request', () => requestCount++);
      await assertFails(send(`https://localhost:${(await listen(server)).split(':')[1]}/`), 'unreachable');
      assert.equal(requestCount, 0);
    });
    it('times out if the TLS handshake never ends', async () => {
      const accepted = Promise.withResolvers<undefined>();
      const address = await startRaw(() => accepted.resolve(undefined));
      const result = assertFails(send(`https://${address}/`), 'unreachable');
      await accepted.promise;
      clock.moveTo(clock.now() + 15_000);
      // If the request counted as sent, only this limit would end it.
      clock.moveTo(clock.now() + 120_000);
      await result;
    });
    it('aborts while it connects', async () => {
      const stop = new AbortController();
      stop.abort();
      await assertFails(send(`http://${await findClosedPort()}/`, { signal: stop.signal }), 'aborted');
    });
    it('sends nothing if it is closed before sending', async () => {
      const closed = Promise.withResolvers<undefined>();
      const bytes: Buffer[] = [];
      const address = await startRaw((socket) => {
        socket.on('data', (data) => bytes.push(data));
        socket.on('close', () => closed.resolve(undefined));
      });
      const opened = await open(`http://${address}/`);
      opened.close();
      await assertFails(opened.send('{}'), 'unreachable');
      await closed.promise;
      assert.deepEqual(bytes, []);
    });
    it('is unreachable if the server closes the idle connection before anything is sent', async () => {
      const address = await startRaw((socket) => socket.destroy());
      const opened = await open(`http://${address}/`);
      // The end of the connection must have arrived.
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
      await assertFails(opened.send('{}'), 'unreachable');
    });
    it('sends nothing until send is called', async () => {
      const bytes: Buffer[] = [];
      const address = await startRaw((socket) => socket.on('data', (data) => bytes.push(data)));
      const opened = await open(`http://${address}/`);
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual(bytes, []);
      opened.close();
    });
  });

  describe('once a byte may have left', () => {
    it('is cut if the connection closes without a response, and is never repeated by Node', async () => {
      const { url, seen: counts } = await startResponding();
      await assertFails(send(url), 'cut');
      assert.deepEqual(counts, { connections: 1, requests: 1 });
    });
    it('is cut if the connection is reset without a response', async () => {
      const address = await startRaw((socket) => socket.on('data', () => socket.resetAndDestroy()));
      await assertFails(send(`http://${address}/`), 'cut');
    });
    it('is cut if the response is not HTTP', async () => {
      await assertFails(send((await startResponding('220 mail.example ESMTP\r\n')).url), 'cut');
    });
    it('is cut if the response ends in its headers', async () =>
      assertFails(send((await startResponding('HTTP/1.1 200 OK\r\ncontent-')).url), 'cut'));
    it('times out without a response', async () => {
      const requestCount = Promise.withResolvers<undefined>();
      const closed = Promise.withResolvers<undefined>();
      const address = await startRaw((socket) => {
        socket.on('data', () => requestCount.resolve(undefined));
        socket.on('close', () => closed.resolve(undefined));
      });
      const result = assertFails(send(`http://${address}/`), 'timeout');
      await requestCount.promise;
      clock.moveTo(clock.now() + 120_000);
      await result;
      await closed.promise;
    });
    it('is aborted by its signal', async () => {
      const requestCount = Promise.withResolvers<undefined>();
      const address = await startRaw((socket) => socket.on('data', () => requestCount.resolve(undefined)));
      const stop = new AbortController();
      const opened = await open(`http://${address}/`);
      const result = assertFails(opened.send('{}', stop.signal), 'aborted');
      await requestCount.promise;
      stop.abort();
      await result;
    });

    // The editor's proxy agent, or another extension's, may create the connection.
    describe('over a connection from an agent', () => {
      const kept = { http: http.request, https: https.request };
      const patch = (module: { request: unknown }, agent: http.Agent) => {
        const real = module.request as typeof https.request;
        module.request = (url: URL, options: https.RequestOptions) => real(url, { ...options, agent });
        syncBuiltinESMExports();
      };
      afterEach(() => {
        http.request = kept.http;
        https.request = kept.https;
        syncBuiltinESMExports();
      });

      it('is cut if the connection is no socket and counts no bytes, because the request may have arrived', async () => {
        let arrived = '';
        class TunnelAgent extends http.Agent {
          override createConnection() {
            const tunnel: Duplex = new Duplex({
              read: () => undefined,
              write: (chunk: Buffer, _, done) => {
                arrived += chunk.toString();
                done();
                setImmediate(() => tunnel.destroy(new Error('the tunnel broke')));
              },
            });
            return tunnel;
          }
        }
        patch(http, new TunnelAgent());
        await assertFails(send('http://tunnel.example/'), 'cut');
        assert.match(arrived, /^POST/);
      });

      /** Creates the connection itself and passes it on during the TLS handshake. */
      class ProxyAgent extends https.Agent {
        override createConnection(
          options: https.RequestOptions,
          done?: (error: Error | null, stream: Duplex) => void,
        ): undefined {
          const socket = net.connect(Number(options.port), '127.0.0.1', () => {
            const secure = tls.connect({ socket, servername: 'localhost', ca: this.options.ca });
            done?.(null, secure);
          });
        }
      }
      const secureServer = async () => {
        const server = https.createServer({ key: SERVER_KEY, cert: CERTIFICATE }, (_, response) =>
          response.end('{"a":1}'),
        );
        return `https://localhost:${(await listen(server)).split(':')[1]}/`;
      };
      it('sends nothing if the certificate is invalid', async () => {
        const url = await secureServer();
        patch(https, new ProxyAgent());
        await assertFails(send(url), 'unreachable');
      });
      it('sends and receives if the certificate is valid', async () => {
        const url = await secureServer();
        patch(https, new ProxyAgent({ ca: CERTIFICATE }));
        assert.equal(await text(await send(url)), '{"a":1}');
      });
      it('sends and receives over TLS without a proxy', async () => {
        const url = await secureServer();
        patch(https, new https.Agent({ ca: CERTIFICATE }));
        assert.equal(await text(await send(url)), '{"a":1}');
      });
      it('sends and receives if the connection was already secure when it was passed on', async () => {
        const url = await secureServer();
        const { port } = new URL(url);
        const standing = tls.connect({
          host: '127.0.0.1',
          port: Number(port),
          servername: 'localhost',
          ca: CERTIFICATE,
        });
        await once(standing, 'secureConnect');
        class StandingAgent extends https.Agent {
          override createConnection() {
            return standing;
          }
        }
        patch(https, new StandingAgent());
        assert.equal(await text(await send(url)), '{"a":1}');
      });
    });
  });

  describe('the response', () => {
    it('has status and headers, from its own connection', async () => {
      const counts: http.IncomingHttpHeaders[] = [];
      const address = await startHttp((incoming, response) => {
        counts.push(incoming.headers);
        response.writeHead(404, { 'X-Oneapi-Request-Id': 'r1' }).end('gone');
      });
      for (let turn = 0; turn < 2; turn++) {
        const httpResponse = await send(`http://${address}/`);
        assert.deepEqual(
          [httpResponse.status, httpResponse.headers['x-oneapi-request-id'], await text(httpResponse)],
          [404, 'r1', 'gone'],
        );
      }
      assert.equal(sockets.size, 2);
      assert.deepEqual(
        counts.map((headers) => headers.connection),
        ['close', 'close'],
      );
    });
    it('gets the path and query as they were written', async () => {
      const requestCount: (string | undefined)[] = [];
      const address = await startHttp((incoming, response) => {
        requestCount.push(incoming.url);
        response.end();
      });
      const link = `http://${address}/a/../b c.mp4?sig=a'b|"<`;
      const target = requestTarget(link, new URL(link));
      await text(await send(link, { target }));
      assert.deepEqual(requestCount, [`/a/../b%20c.mp4?sig=a'b|"<`]);
    });
    it('is not followed if it redirects', async () => {
      const { url, seen: counts } = await startResponding(
        'HTTP/1.1 307 x\r\nlocation: /other\r\ncontent-length: 0\r\n\r\n',
      );
      const httpResponse = await send(url);
      httpResponse.close();
      assert.equal(httpResponse.status, 307);
      assert.equal(counts.requests, 1);
    });

    const body = 'a paper boat '.repeat(10_000);
    const packed: Readonly<Record<string, Buffer>> = {
      gzip: zlib.gzipSync(body),
      'x-gzip': zlib.gzipSync(body),
      ' GZIP ': zlib.gzipSync(body),
      deflate: zlib.deflateSync(body),
      br: zlib.brotliCompressSync(body),
      identity: Buffer.from(body),
    };
    for (const [encoding, bytes] of Object.entries(packed)) {
      it(`is decompressed: ${encoding}`, async () => {
        const address = await startHttp((_, response) =>
          response.writeHead(200, { 'content-encoding': encoding }).end(bytes),
        );
        assert.equal(await text(await send(`http://${address}/`)), body);
      });
    }
    it('is cut if its compressed body is truncated', async () => {
      const address = await startHttp((_, response) =>
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed['gzip']!.subarray(0, 60)),
      );
      await assertFails(text(await send(`http://${address}/`)), 'cut');
    });
    it('is cut if the connection closes in its compressed body', async () => {
      const head = 'HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 9999\r\n\r\n';
      const { url } = await startResponding(head, packed['gzip']!.toString('latin1').slice(0, 40));
      await assertFails(text(await send(url)), 'cut');
    });
    it('is cut if the compression is not the declared one', async () => {
      const address = await startHttp((_, response) =>
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(body),
      );
      await assertFails(text(await send(`http://${address}/`)), 'cut');
    });
    for (const head of ['content-length: 100', 'transfer-encoding: chunked']) {
      it(`is cut if it is shorter than its ${head}`, async () => {
        const piece = head.startsWith('transfer') ? '5\r\nabcde\r\n' : 'abcde';
        const { url } = await startResponding(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n${piece}`);
        await assertFails(text(await send(url)), 'cut');
      });
    }

    it('may take long if chunks keep arriving, but not after a long pause', async () => {
      const next: { write: (piece: string) => unknown } = { write: () => undefined };
      const closed = Promise.withResolvers<undefined>();
      const address = await startHttp((_, response) => {
        next.write = (piece) => response.write(piece);
        response.on('close', () => closed.resolve(undefined));
        response.write('0');
      });
      const httpResponse = await send(`http://${address}/`);
      const pieces = httpResponse.body[Symbol.asyncIterator]();
      for (let index = 0; index < 5; index++) {
        const piece = pieces.next();
        clock.moveTo(clock.now() + 59_000);
        assert.equal(Buffer.from((await piece).value as Uint8Array).toString(), String(index));
        if (index < 4) next.write(String(index + 1));
      }
      const never = assertFails(pieces.next(), 'timeout');
      clock.moveTo(clock.now() + 60_000);
      await never;
      await closed.promise;
    });
    it('closes the connection if the reader stops early', async () => {
      const closed = Promise.withResolvers<undefined>();
      const address = await startHttp((_, response) => {
        response.on('close', () => closed.resolve(undefined));
        response.write('x'.repeat(100_000));
      });
      const httpResponse = await send(`http://${address}/`);
      for await (const piece of httpResponse.body) {
        assert.ok(piece.length > 0);
        break;
      }
      await closed.promise;
    });
    it('closes the connection if it is closed unread', async () => {
      const closed = Promise.withResolvers<undefined>();
      const address = await startHttp((_, response) => {
        response.on('close', () => closed.resolve(undefined));
        response.write('x');
      });
      (await send(`http://${address}/`)).close();
      await closed.promise;
    });
    it('is aborted by its signal while it arrives', async () => {
      const stop = new AbortController();
      const address = await startHttp((_, response) => void response.write('x'));
      const opened = await open(`http://${address}/`);
      const httpResponse = await opened.send('{}', stop.signal);
      const pieces = httpResponse.body[Symbol.asyncIterator]();
      await pieces.next();
      const result = assertFails(pieces.next(), 'aborted');
      stop.abort();
      await result;
    });
  });
});
