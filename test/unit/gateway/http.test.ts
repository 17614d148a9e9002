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
import { createHttp, type HttpReply, type HttpRequest } from '../../../src/core/gateway/http';
import { LIMITS } from '../../../src/core/gateway/limits';
import { requestTarget } from '../../../src/core/gateway/resultUrl';
import { FakeClock } from '../support/fakeClock';

/** For localhost, signed by itself and worth nothing: these tests' own server. */
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
const text = async (reply: HttpReply) => {
  const pieces: Uint8Array[] = [];
  for await (const piece of reply.body) pieces.push(piece);
  return Buffer.concat(pieces).toString();
};
const fails = (promise: Promise<unknown>, kind: GatewayErrorKind) =>
  assert.rejects(promise, (error) => {
    assert.ok(error instanceof GatewayError, String(error));
    assert.equal(error.kind, kind, error.message);
    return true;
  });

describe('http', () => {
  const servers: net.Server[] = [];
  const sockets = new Set<net.Socket>();

  /** A server with a free port; what it holds open is ended after the test. */
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
  const raw = (onSocket: (socket: net.Socket) => void) => listen(net.createServer(onSocket));
  const web = (handler: http.RequestListener) => listen(http.createServer(handler));
  /** Answers every request with these bytes, and counts connections. */
  const answering = async (...pieces: string[]) => {
    const seen = { connections: 0, requests: 0 };
    const address = await raw((socket) => {
      seen.connections++;
      socket.on('data', () => {
        seen.requests++;
        for (const piece of pieces) socket.write(piece);
        socket.end();
      });
    });
    return { url: `http://${address}/`, seen };
  };

  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    for (const server of servers.splice(0)) server.close();
    assert.equal(clock.timers, 0, 'no time limit outlives its exchange');
  });

  /** A port at which nobody listens. */
  async function deadPort(): Promise<string> {
    const server = net.createServer();
    const address = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    return address;
  }

  describe('before a byte of the request has left', () => {
    for (const scheme of ['http', 'https']) {
      it(`${scheme}: refused`, async () => fails(send(`${scheme}://${await deadPort()}/`), 'unreachable'));
      it(`${scheme}: no such name`, () => fails(send(`${scheme}://no-such-host.invalid/`), 'unreachable'));
    }

    it('https to a server that speaks plain http', async () => {
      await fails(send(`https://${await web((_, response) => response.end('{}'))}/`), 'unreachable');
    });
    it('https to one that closes at once', async () => {
      await fails(send(`https://${await raw((socket) => socket.destroy())}/`), 'unreachable');
    });
    it('https to one whose certificate nobody vouches for', async () => {
      const server = https.createServer({ key: SERVER_KEY, cert: CERTIFICATE }, (_, response) =>
        response.end('{}'),
      );
      let asked = 0;
      server.on('request', () => asked++);
      await fails(send(`https://localhost:${(await listen(server)).split(':')[1]}/`), 'unreachable');
      assert.equal(asked, 0);
    });
    it('https to one that never shakes hands: given up after the time to connect', async () => {
      const accepted = Promise.withResolvers<undefined>();
      const address = await raw(() => accepted.resolve(undefined));
      const result = fails(send(`https://${address}/`), 'unreachable');
      await accepted.promise;
      clock.moveTo(clock.now() + 15_000);
      // Where the request counts as sent already, only this limit ends it.
      clock.moveTo(clock.now() + 120_000);
      await result;
    });
    it('called off while it connects', async () => {
      const stop = new AbortController();
      stop.abort();
      await fails(send(`http://${await deadPort()}/`, { signal: stop.signal }), 'aborted');
    });
    it('closed before sending', async () => {
      const closed = Promise.withResolvers<undefined>();
      const bytes: Buffer[] = [];
      const address = await raw((socket) => {
        socket.on('data', (data) => bytes.push(data));
        socket.on('close', () => closed.resolve(undefined));
      });
      const opened = await open(`http://${address}/`);
      opened.close();
      await fails(opened.send('{}'), 'unreachable');
      await closed.promise;
      assert.deepEqual(bytes, []);
    });
    it('the other side ends the idle connection before anything is sent', async () => {
      const address = await raw((socket) => socket.destroy());
      const opened = await open(`http://${address}/`);
      // Its end has to have reached us.
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
      await fails(opened.send('{}'), 'unreachable');
    });
    it('nothing is on the wire until send is called', async () => {
      const bytes: Buffer[] = [];
      const address = await raw((socket) => socket.on('data', (data) => bytes.push(data)));
      const opened = await open(`http://${address}/`);
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
      assert.deepEqual(bytes, []);
      opened.close();
    });
  });

  describe('once a byte may have left', () => {
    it('closed without a reply, and never repeated by Node', async () => {
      const { url, seen } = await answering();
      await fails(send(url), 'cut');
      assert.deepEqual(seen, { connections: 1, requests: 1 });
    });
    it('reset without a reply', async () => {
      const address = await raw((socket) => socket.on('data', () => socket.resetAndDestroy()));
      await fails(send(`http://${address}/`), 'cut');
    });
    it('a reply that is no HTTP', async () => {
      await fails(send((await answering('220 mail.example ESMTP\r\n')).url), 'cut');
    });
    it('half a head', async () => fails(send((await answering('HTTP/1.1 200 OK\r\ncontent-')).url), 'cut'));
    it('no reply: given up after its time', async () => {
      const asked = Promise.withResolvers<undefined>();
      const closed = Promise.withResolvers<undefined>();
      const address = await raw((socket) => {
        socket.on('data', () => asked.resolve(undefined));
        socket.on('close', () => closed.resolve(undefined));
      });
      const result = fails(send(`http://${address}/`), 'timeout');
      await asked.promise;
      clock.moveTo(clock.now() + 120_000);
      await result;
      await closed.promise;
    });
    it('called off: ended on our side', async () => {
      const asked = Promise.withResolvers<undefined>();
      const address = await raw((socket) => socket.on('data', () => asked.resolve(undefined)));
      const stop = new AbortController();
      const opened = await open(`http://${address}/`);
      const result = fails(opened.send('{}', stop.signal), 'aborted');
      await asked.promise;
      stop.abort();
      await result;
    });

    // Another extension's or the editor's own proxy agent decides what a connection is made of.
    describe('over a connection that an agent has made', () => {
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

      it('that is no socket and counts no bytes: cut, for the request may have arrived', async () => {
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
        await fails(send('http://tunnel.example/'), 'cut');
        assert.match(arrived, /^POST/);
      });

      /** Makes the connection itself and hands it over while hands are still being shaken. */
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
      it('and whose certificate is bad: nothing was sent', async () => {
        const url = await secureServer();
        patch(https, new ProxyAgent());
        await fails(send(url), 'unreachable');
      });
      it('and which is good: sent and answered', async () => {
        const url = await secureServer();
        patch(https, new ProxyAgent({ ca: CERTIFICATE }));
        assert.equal(await text(await send(url)), '{"a":1}');
      });
      it('without a proxy, over TLS: sent and answered', async () => {
        const url = await secureServer();
        patch(https, new https.Agent({ ca: CERTIFICATE }));
        assert.equal(await text(await send(url)), '{"a":1}');
      });
      it('that was secure already when it was handed over', async () => {
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

  describe('the reply', () => {
    it('comes with status and headers, from a connection of its own', async () => {
      const seen: http.IncomingHttpHeaders[] = [];
      const address = await web((incoming, response) => {
        seen.push(incoming.headers);
        response.writeHead(404, { 'X-Oneapi-Request-Id': 'r1' }).end('gone');
      });
      for (let turn = 0; turn < 2; turn++) {
        const reply = await send(`http://${address}/`);
        assert.deepEqual(
          [reply.status, reply.headers['x-oneapi-request-id'], await text(reply)],
          [404, 'r1', 'gone'],
        );
      }
      assert.equal(sockets.size, 2);
      assert.deepEqual(
        seen.map((headers) => headers.connection),
        ['close', 'close'],
      );
    });
    it('answers the path and query as they were written', async () => {
      const asked: (string | undefined)[] = [];
      const address = await web((incoming, response) => {
        asked.push(incoming.url);
        response.end();
      });
      const link = `http://${address}/a/../b c.mp4?sig=a'b|"<`;
      const target = requestTarget(link, new URL(link));
      await text(await send(link, { target }));
      assert.deepEqual(asked, [`/a/../b%20c.mp4?sig=a'b|"<`]);
    });
    it('is not followed when it redirects', async () => {
      const { url, seen } = await answering(
        'HTTP/1.1 307 x\r\nlocation: /other\r\ncontent-length: 0\r\n\r\n',
      );
      const reply = await send(url);
      reply.close();
      assert.equal(reply.status, 307);
      assert.equal(seen.requests, 1);
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
      it(`${encoding}: unpacked`, async () => {
        const address = await web((_, response) =>
          response.writeHead(200, { 'content-encoding': encoding }).end(bytes),
        );
        assert.equal(await text(await send(`http://${address}/`)), body);
      });
    }
    it('packed and cut: cut', async () => {
      const address = await web((_, response) =>
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed['gzip']!.subarray(0, 60)),
      );
      await fails(text(await send(`http://${address}/`)), 'cut');
    });
    it('packed, and the connection ends in the middle: cut', async () => {
      const head = 'HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 9999\r\n\r\n';
      const { url } = await answering(head, packed['gzip']!.toString('latin1').slice(0, 40));
      await fails(text(await send(url)), 'cut');
    });
    it('not what it is said to be packed as: cut', async () => {
      const address = await web((_, response) =>
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(body),
      );
      await fails(text(await send(`http://${address}/`)), 'cut');
    });
    for (const head of ['content-length: 100', 'transfer-encoding: chunked']) {
      it(`shorter than its ${head}: cut`, async () => {
        const piece = head.startsWith('transfer') ? '5\r\nabcde\r\n' : 'abcde';
        const { url } = await answering(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n${piece}`);
        await fails(text(await send(url)), 'cut');
      });
    }

    it('may take long, as long as pieces keep coming; a pause too long ends it', async () => {
      const next: { write: (piece: string) => unknown } = { write: () => undefined };
      const closed = Promise.withResolvers<undefined>();
      const address = await web((_, response) => {
        next.write = (piece) => response.write(piece);
        response.on('close', () => closed.resolve(undefined));
        response.write('0');
      });
      const reply = await send(`http://${address}/`);
      const pieces = reply.body[Symbol.asyncIterator]();
      for (let index = 0; index < 5; index++) {
        const piece = pieces.next();
        clock.moveTo(clock.now() + 59_000);
        assert.equal(Buffer.from((await piece).value as Uint8Array).toString(), String(index));
        if (index < 4) next.write(String(index + 1));
      }
      const never = fails(pieces.next(), 'timeout');
      clock.moveTo(clock.now() + 60_000);
      await never;
      await closed.promise;
    });
    it('left early: the connection ends', async () => {
      const closed = Promise.withResolvers<undefined>();
      const address = await web((_, response) => {
        response.on('close', () => closed.resolve(undefined));
        response.write('x'.repeat(100_000));
      });
      const reply = await send(`http://${address}/`);
      for await (const piece of reply.body) {
        assert.ok(piece.length > 0);
        break;
      }
      await closed.promise;
    });
    it('closed unread: the connection ends', async () => {
      const closed = Promise.withResolvers<undefined>();
      const address = await web((_, response) => {
        response.on('close', () => closed.resolve(undefined));
        response.write('x');
      });
      (await send(`http://${address}/`)).close();
      await closed.promise;
    });
    it('called off in the middle: aborted', async () => {
      const stop = new AbortController();
      const address = await web((_, response) => void response.write('x'));
      const opened = await open(`http://${address}/`);
      const reply = await opened.send('{}', stop.signal);
      const pieces = reply.body[Symbol.asyncIterator]();
      await pieces.next();
      const result = fails(pieces.next(), 'aborted');
      stop.abort();
      await result;
    });
  });
});
