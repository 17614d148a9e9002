import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import zlib from 'node:zlib';
import { GatewayError, type GatewayErrorKind } from '../../../src/core/gateway/errors';
import { createHttp, type HttpReply } from '../../../src/core/gateway/http';
import { LIMITS, MAX_RESPONSE_BYTES, type HttpLimits } from '../../../src/core/gateway/limits';
import { FakeClock } from '../support/fakeClock';

const MB = 1024 * 1024;
const MINUTE = 60_000;

describe('the limits of an exchange', () => {
  const servers: net.Server[] = [];
  const sockets = new Set<net.Socket>();
  let clock: FakeClock;
  beforeEach(() => (clock = new FakeClock()));
  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    for (const server of servers.splice(0)) server.close();
    assert.equal(clock.timers, 0, 'no time limit outlives its exchange');
  });

  async function listen(server: net.Server): Promise<string> {
    servers.push(server);
    server.on('connection', (socket: net.Socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as net.AddressInfo).port}/`;
  }
  const web = (handler: http.RequestListener) => listen(http.createServer(handler));

  async function send(url: string, limits: HttpLimits, body = '{}'): Promise<HttpReply> {
    const headers = { 'content-length': String(Buffer.byteLength(body)) };
    const opened = await createHttp(clock)({ method: 'POST', url: new URL(url), headers, limits });
    return opened.send(body);
  }
  async function fails(promise: Promise<unknown>, kind: GatewayErrorKind, message: RegExp): Promise<void> {
    await assert.rejects(promise, (error) => {
      assert.ok(error instanceof GatewayError, String(error));
      assert.equal(error.kind, kind, error.message);
      assert.match(error.message, message);
      return true;
    });
  }
  /** Lets the network do its work, while the clock moves by so much at a time, until the promise is settled. */
  async function settled<T>(
    promise: Promise<T>,
    stepMs: number,
    onStep: () => void = () => undefined,
  ): Promise<T> {
    const state: { isSettled: boolean } = { isSettled: false };
    const settle = () => (state.isSettled = true);
    promise.then(settle, settle);
    for (let step = 0; !state.isSettled && step < 100_000; step++) {
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
      onStep();
      clock.moveTo(clock.now() + stepMs);
    }
    return promise;
  }
  const text = async (reply: HttpReply) => {
    let bytes = 0;
    for await (const piece of reply.body) bytes += piece.length;
    return bytes;
  };

  describe('the request', () => {
    const body = 'x'.repeat(12 * MB);

    it('leaves as slowly as the server reads, however long that takes, and the response counts', async () => {
      let read = 0;
      const receive = async (request: http.IncomingMessage, response: http.ServerResponse) => {
        for await (const data of request as AsyncIterable<Buffer>) {
          read += data.length;
          // 80 KB a second, while the other side does its work too.
          await new Promise((resolve) => setImmediate(resolve));
          clock.moveTo(clock.now() + Math.round(data.length / 80));
        }
        response.end('{"task_id":"video_1"}');
      };
      const address = await web((request, response) => void receive(request, response));
      const started = clock.now();
      const reply = await send(address, LIMITS.submit, body);
      assert.equal(reply.status, 200);
      assert.equal(read, body.length);
      assert.ok(clock.now() - started > LIMITS.submit.responseMs);
      await text(reply);
    });
    it('that nobody reads is given up after a minute without progress', async () => {
      const address = await web((request) => request.pause());
      const started = clock.now();
      await fails(
        settled(send(address, LIMITS.submit, body), 1000),
        'timeout',
        /nothing more was sent for 60 s/,
      );
      assert.ok(clock.now() - started >= MINUTE);
    });
    it('that never leaves whole is given up after an hour', async () => {
      const address = await listen(net.createServer({ pauseOnConnect: true }));
      const sending = send(address, { ...LIMITS.submit, uploadIdleMs: Infinity }, body);
      await fails(settled(sending, MINUTE), 'timeout', /the request took longer than 60 min/);
    });
    it('may be answered before it has left', async () => {
      const address = await web((_, response) => {
        response.writeHead(413, { connection: 'close' }).end('too large');
      });
      const reply = await send(address, LIMITS.submit, body);
      assert.equal(reply.status, 413);
      reply.close();
    });
    it('is whole when it is not a multiple of a piece, in any language', async () => {
      const odd = '猫 é '.repeat(9001);
      let received = '';
      const address = await web((request, response) => {
        request.setEncoding('utf8').on('data', (data: string) => (received += data));
        request.on('end', () => response.end());
      });
      await text(await send(address, LIMITS.submit, odd));
      assert.equal(received, odd);
    });
  });

  describe('the response', () => {
    for (const [name, limits, minutes] of [
      ['submit', LIMITS.submit, 2],
      ['submit with images', LIMITS.submitWithImages, 5],
    ] as const) {
      it(`${name}: is waited for ${minutes} min, from when the request has left`, async () => {
        const asked = Promise.withResolvers<undefined>();
        const address = await web((request) => request.resume().on('end', () => asked.resolve(undefined)));
        const result = fails(
          send(address, limits),
          'timeout',
          new RegExp(`no response came for ${minutes * 60} s`),
        );
        await asked.promise;
        for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
        clock.moveTo(clock.now() + minutes * MINUTE - 1);
        assert.ok(clock.timers > 0);
        clock.moveTo(clock.now() + 1);
        await result;
      });
    }

    /** Sends a piece whenever the fake time has moved on. */
    async function trickle(piece: string): Promise<{ address: string; step: () => void }> {
      const next: { step: () => void } = { step: () => undefined };
      const address = await web((_, response) => {
        response.write('{');
        next.step = () => void response.write(piece);
      });
      return { address, step: () => next.step() };
    }
    for (const [name, minutes] of [
      ['submit', 10],
      ['query', 2],
      ['download', 120],
    ] as const) {
      it(`${name}: that trickles ends after ${minutes} min`, async () => {
        const { address, step } = await trickle(' ');
        const reply = await send(address, LIMITS[name]);
        const started = clock.now();
        const limit = minutes >= 10 ? `${minutes} min` : `${minutes * 60} s`;
        const reading = settled(text(reply), 50_000, step);
        await fails(reading, 'timeout', new RegExp(`the response took longer than ${limit}`));
        assert.ok(
          clock.now() - started >= minutes * MINUTE && clock.now() - started < (minutes + 2) * MINUTE,
        );
      });
    }
    it('query: that carries a video may take as long as a download', async () => {
      let sent = 0;
      const next: { step: () => void } = { step: () => undefined };
      const address = await web((_, response) => {
        next.step = () => (++sent < 20 ? response.write('x'.repeat(MB)) : response.end());
        response.write('x'.repeat(MAX_RESPONSE_BYTES + 1));
      });
      const reply = await send(address, LIMITS.query);
      const started = clock.now();
      assert.equal(await settled(text(reply), 20_000, () => next.step()), MAX_RESPONSE_BYTES + 1 + 19 * MB);
      assert.ok(clock.now() - started > LIMITS.query.totalMs);
    });
    it('that nobody reads ends too', async () => {
      const closed = Promise.withResolvers<undefined>();
      const address = await web((_, response) => {
        response.on('close', () => closed.resolve(undefined));
        response.write('x');
      });
      await send(address, LIMITS.query);
      clock.moveTo(clock.now() + 2 * MINUTE);
      await closed.promise;
    });
    it('is not ended by a clock that is set forward or back', async () => {
      const next: { end: () => void } = { end: () => undefined };
      const address = await web((_, response) => {
        response.write('x');
        next.end = () => void response.end('y');
      });
      for (const day of [1, -1]) {
        const reply = await send(address, LIMITS.submit);
        const reading = text(reply);
        clock.jump(day * 24 * 60 * MINUTE);
        next.end();
        assert.equal(await reading, 2);
      }
    });

    const small: HttpLimits = { ...LIMITS.download, maxBytes: 100_000 };
    it('that declares more than is taken is refused before its first byte', async () => {
      let isRead = false;
      const address = await web((_, response) => {
        response.writeHead(200, { 'content-length': '100001' }).flushHeaders();
        response.on('drain', () => (isRead = true));
      });
      await fails(send(address, small), 'tooLong', /declares 100001 bytes; at most 100000/);
      assert.equal(isRead, false);
    });
    it('that goes on without end is ended', async () => {
      const closed = Promise.withResolvers<undefined>();
      const address = await web((_, response) => {
        const piece = Buffer.alloc(50_000);
        const write = () => {
          while (response.write(piece));
        };
        response.on('drain', write).on('close', () => closed.resolve(undefined));
        write();
      });
      await fails(text(await send(address, small)), 'tooLong', /at most 100000 bytes/);
      await closed.promise;
    });
    for (const [encoding, bomb] of [
      ['gzip', zlib.gzipSync(Buffer.alloc(50 * MB))],
      ['br', zlib.brotliCompressSync(Buffer.alloc(5 * MB))],
    ] as const) {
      it(`that is small only while it is packed (${encoding}) is ended`, async () => {
        const address = await web((_, response) =>
          response.writeHead(200, { 'content-encoding': encoding }).end(bomb),
        );
        assert.ok(bomb.length < 100_000);
        await fails(text(await send(address, small)), 'tooLong', /at most 100000 bytes/);
      });
    }
    it('of exactly as much as is taken is taken', async () => {
      const address = await web((_, response) => response.end('x'.repeat(100_000)));
      assert.equal(await text(await send(address, small)), 100_000);
    });
  });
});
