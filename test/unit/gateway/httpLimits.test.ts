import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import zlib from 'node:zlib';
import { GatewayError, type GatewayErrorKind } from '../../../src/core/gateway/errors';
import { createHttp, type HttpResponse } from '../../../src/core/gateway/http';
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
  const startHttp = (handler: http.RequestListener) => listen(http.createServer(handler));

  async function send(url: string, limits: HttpLimits, body = '{}'): Promise<HttpResponse> {
    const headers = { 'content-length': String(Buffer.byteLength(body)) };
    const opened = await createHttp(clock)({ method: 'POST', url: new URL(url), headers, limits });
    return opened.send(body);
  }
  async function assertFails(
    promise: Promise<unknown>,
    kind: GatewayErrorKind,
    message: RegExp,
  ): Promise<void> {
    await assert.rejects(promise, (error) => {
      assert.ok(error instanceof GatewayError, String(error));
      assert.equal(error.kind, kind, error.message);
      assert.match(error.message, message);
      return true;
    });
  }
  /** Moves the clock in steps and lets the network proceed until the promise settles. */
  async function moveUntilSettled<T>(
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
  const countBytes = async (httpResponse: HttpResponse) => {
    let bytes = 0;
    for await (const piece of httpResponse.body) bytes += piece.length;
    return bytes;
  };

  describe('the request', () => {
    const body = 'x'.repeat(12 * MB);

    it('may take any time if the server reads slowly, and the response counts', async () => {
      let read = 0;
      const receive = async (request: http.IncomingMessage, response: http.ServerResponse) => {
        for await (const data of request as AsyncIterable<Buffer>) {
          read += data.length;
          // 80 KB/s, while the server reads too.
          await new Promise((resolve) => setImmediate(resolve));
          clock.moveTo(clock.now() + Math.round(data.length / 80));
        }
        response.end('{"task_id":"video_1"}');
      };
      const address = await startHttp((request, response) => void receive(request, response));
      const started = clock.now();
      const httpResponse = await send(address, LIMITS.submit, body);
      assert.equal(httpResponse.status, 200);
      assert.equal(read, body.length);
      assert.ok(clock.now() - started > LIMITS.submit.responseMs);
      await countBytes(httpResponse);
    });
    it('times out after a minute without progress if the server does not read', async () => {
      const address = await startHttp((request) => request.pause());
      const started = clock.now();
      await assertFails(
        moveUntilSettled(send(address, LIMITS.submit, body), 1000),
        'timeout',
        /nothing more was sent for 60 s/,
      );
      assert.ok(clock.now() - started >= MINUTE);
    });
    it('times out after an hour if it is never sent completely', async () => {
      const address = await listen(net.createServer({ pauseOnConnect: true }));
      const sending = send(address, { ...LIMITS.submit, uploadIdleMs: Infinity }, body);
      await assertFails(moveUntilSettled(sending, MINUTE), 'timeout', /the request took longer than 60 min/);
    });
    it('may get its response before it is sent', async () => {
      const address = await startHttp((_, response) => {
        response.writeHead(413, { connection: 'close' }).end('too large');
      });
      const httpResponse = await send(address, LIMITS.submit, body);
      assert.equal(httpResponse.status, 413);
      httpResponse.close();
    });
    it('is sent completely if its length is no multiple of a chunk, in any language', async () => {
      const odd = '猫 é '.repeat(9001);
      let received = '';
      const address = await startHttp((request, response) => {
        request.setEncoding('utf8').on('data', (data: string) => (received += data));
        request.on('end', () => response.end());
      });
      await countBytes(await send(address, LIMITS.submit, odd));
      assert.equal(received, odd);
    });
  });

  describe('the response', () => {
    for (const [name, limits, minutes] of [
      ['submit', LIMITS.submit, 2],
      ['submit with images', LIMITS.submitWithImages, 5],
    ] as const) {
      it(`is awaited for ${minutes} min after the request has left: ${name}`, async () => {
        const asked = Promise.withResolvers<undefined>();
        const address = await startHttp((request) =>
          request.resume().on('end', () => asked.resolve(undefined)),
        );
        const result = assertFails(
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

    /** Sends a chunk whenever the fake time has moved. */
    async function trickle(piece: string): Promise<{ address: string; step: () => void }> {
      const next: { step: () => void } = { step: () => undefined };
      const address = await startHttp((_, response) => {
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
      it(`ends after ${minutes} min if it trickles: ${name}`, async () => {
        const { address, step } = await trickle(' ');
        const httpResponse = await send(address, LIMITS[name]);
        const started = clock.now();
        const limit = minutes >= 10 ? `${minutes} min` : `${minutes * 60} s`;
        const reading = moveUntilSettled(countBytes(httpResponse), 50_000, step);
        await assertFails(reading, 'timeout', new RegExp(`the response took longer than ${limit}`));
        assert.ok(
          clock.now() - started >= minutes * MINUTE && clock.now() - started < (minutes + 2) * MINUTE,
        );
      });
    }
    it('may take as long as a download if a query response contains a video', async () => {
      let sent = 0;
      const next: { step: () => void } = { step: () => undefined };
      const address = await startHttp((_, response) => {
        next.step = () => (++sent < 20 ? response.write('x'.repeat(MB)) : response.end());
        response.write('x'.repeat(MAX_RESPONSE_BYTES + 1));
      });
      const httpResponse = await send(address, LIMITS.query);
      const started = clock.now();
      assert.equal(
        await moveUntilSettled(countBytes(httpResponse), 20_000, () => next.step()),
        MAX_RESPONSE_BYTES + 1 + 19 * MB,
      );
      assert.ok(clock.now() - started > LIMITS.query.totalMs);
    });
    it('times out if the caller does not read it', async () => {
      const closed = Promise.withResolvers<undefined>();
      const address = await startHttp((_, response) => {
        response.on('close', () => closed.resolve(undefined));
        response.write('x');
      });
      await send(address, LIMITS.query);
      clock.moveTo(clock.now() + 2 * MINUTE);
      await closed.promise;
    });
    it('is not ended by a clock that is set forward or back', async () => {
      const next: { end: () => void } = { end: () => undefined };
      const address = await startHttp((_, response) => {
        response.write('x');
        next.end = () => void response.end('y');
      });
      for (const day of [1, -1]) {
        const httpResponse = await send(address, LIMITS.submit);
        const reading = countBytes(httpResponse);
        clock.jump(day * 24 * 60 * MINUTE);
        next.end();
        assert.equal(await reading, 2);
      }
    });

    const small: HttpLimits = { ...LIMITS.download, maxBytes: 100_000 };
    it('is refused before its first byte if it declares more than the limit', async () => {
      let isRead = false;
      const address = await startHttp((_, response) => {
        response.writeHead(200, { 'content-length': '100001' }).flushHeaders();
        response.on('drain', () => (isRead = true));
      });
      await assertFails(send(address, small), 'tooLong', /declares 100001 bytes; at most 100000/);
      assert.equal(isRead, false);
    });
    it('is ended if it goes on without end', async () => {
      const closed = Promise.withResolvers<undefined>();
      const address = await startHttp((_, response) => {
        const piece = Buffer.alloc(50_000);
        const write = () => {
          while (response.write(piece));
        };
        response.on('drain', write).on('close', () => closed.resolve(undefined));
        write();
      });
      await assertFails(countBytes(await send(address, small)), 'tooLong', /at most 100000 bytes/);
      await closed.promise;
    });
    for (const [encoding, bomb] of [
      ['gzip', zlib.gzipSync(Buffer.alloc(50 * MB))],
      ['br', zlib.brotliCompressSync(Buffer.alloc(5 * MB))],
    ] as const) {
      it(`is ended if it is small only while compressed (${encoding})`, async () => {
        const address = await startHttp((_, response) =>
          response.writeHead(200, { 'content-encoding': encoding }).end(bomb),
        );
        assert.ok(bomb.length < 100_000);
        await assertFails(countBytes(await send(address, small)), 'tooLong', /at most 100000 bytes/);
      });
    }
    it('is accepted at exactly the maximum size', async () => {
      const address = await startHttp((_, response) => response.end('x'.repeat(100_000)));
      assert.equal(await countBytes(await send(address, small)), 100_000);
    });
  });
});
