import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { systemClock } from '../../../src/core/common/clock';
import { GatewayClient, type SubmitReading } from '../../../src/core/gateway/client';
import { createHttp, type HttpConnector } from '../../../src/core/gateway/http';
import type { SubmitOutcome } from '../../../src/core/gateway/outcomes';
import { quietLog } from '../support/quietLog';
import { CASE_KEY } from '../support/readFacts';

const ACCEPTED = '{"task_id":"PAID-1","status":"queued"}';
const LENGTH = `content-length: ${ACCEPTED.length}`;

async function submit(open: HttpConnector, baseUrl: string, reading: SubmitReading = {}) {
  const client = new GatewayClient(open, systemClock, quietLog);
  const prepared = await client.prepareSubmit({ baseUrl, key: CASE_KEY }, '{"model":"sora-2"}');
  const outcome = await prepared.send(reading);
  prepared.close();
  assert.notEqual(outcome.kind, 'notSent');
  return outcome as SubmitOutcome;
}

const idOf = (outcome: SubmitOutcome) => (outcome.kind === 'accepted' ? outcome.gatewayTaskId : outcome.kind);

describe('a submit response that Node can’t parse', () => {
  /** Submits to a server that responds with these bytes. */
  async function answered(bytes: string): Promise<SubmitOutcome> {
    const server = net.createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(Buffer.from(bytes, 'latin1')));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as net.AddressInfo;
    try {
      return await submit(createHttp(systemClock), `http://127.0.0.1:${port}`);
    } finally {
      server.close();
    }
  }

  for (const [name, bytes] of [
    ['a head of 20 KB', `HTTP/1.1 200 OK\r\nx-a: ${'a'.repeat(20_000)}\r\n${LENGTH}\r\n\r\n${ACCEPTED}`],
    [
      'a length together with chunks',
      `HTTP/1.1 200 OK\r\n${LENGTH}\r\ntransfer-encoding: chunked\r\n\r\n26\r\n${ACCEPTED}\r\n0\r\n\r\n`,
    ],
    ['bare line feeds', `HTTP/1.1 200 OK\n${LENGTH}\n\n${ACCEPTED}`],
    ['a control character', `HTTP/1.1 200 OK\r\nx-reason: ok\x01\r\n${LENGTH}\r\n\r\n${ACCEPTED}`],
    ['a space in a name', `HTTP/1.1 200 OK\r\nbad name: 1\r\n${LENGTH}\r\n\r\n${ACCEPTED}`],
    ['too short a length', `HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n${ACCEPTED}`],
    ['a bad chunk', `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n${ACCEPTED}`],
    ['no head', ACCEPTED],
  ] as const) {
    it(`yields its ID: ${name}`, async () => {
      const outcome = await answered(bytes);
      assert.equal(idOf(outcome), 'PAID-1');
      assert.match(outcome.evidence?.().body ?? '', /PAID-1/);
    });
  }

  it('is unknown without an ID, and is kept without the key and cookies', async () => {
    const head = `HTTP/1.1 400 Bad\nset-cookie: session=secret\nx-echo: Bearer ${CASE_KEY.value}\n\n`;
    const outcome = await answered(`${head}{"error":{"message":"no"}}`);
    assert.equal(outcome.kind, 'unknown');
    assert.match(outcome.error.message, /Parse Error/);
    const evidence = outcome.evidence?.();
    assert.equal(evidence?.status, 400);
    assert.match(evidence.body, /"message":"no"/);
    assert.doesNotMatch(evidence.body, /secret|AbCdEfGh/);
  });

  it('is still a refusal if a blank line follows', async () => {
    const page = '<h1>413 Request Entity Too Large</h1>';
    const head = `HTTP/1.1 413 Too Large\r\ncontent-length: ${page.length}\r\n\r\n`;
    assert.equal((await answered(`${head}${page}\r\n\r\n`)).kind, 'refused');
  });
});

describe('a submit response that doesn’t end', () => {
  /** Starts a server that sends these chunks and then keeps the connection open. */
  function openEnded(...pieces: readonly string[]) {
    let isLeft = false;
    async function* body(): AsyncGenerator<Uint8Array> {
      try {
        for (const piece of pieces) yield Buffer.from(await Promise.resolve(piece));
        await new Promise(() => undefined);
      } finally {
        isLeft = true;
      }
    }
    let closed = 0;
    const open: HttpConnector = () =>
      Promise.resolve({
        close: () => undefined,
        send: () => Promise.resolve({ status: 200, headers: {}, body: body(), close: () => closed++ }),
      });
    return { open, isLeft: () => isLeft, closed: () => closed };
  }
  const base = 'https://gateway.example';

  for (const document of [
    ACCEPTED,
    '{"code":"success","data":{"task_id":"PAID-1"}}',
    '{"id":"PAID-1","object":"video","status":"queued"}',
    'data: {"task_id":"PAID-1"}\n\n',
  ]) {
    it(`is read to the first complete document with a reliable ID: ${document.trim()}`, async () => {
      const { open, isLeft } = openEnded(document.slice(0, 12), document.slice(12), '\n', '\n');
      const outcome = await submit(open, base);
      assert.equal(idOf(outcome), 'PAID-1');
      assert.ok(isLeft());
      assert.equal(outcome.evidence?.().end, 'whole');
    });
  }

  for (const body of [
    '{"task_id":"PAID-1","status":"que',
    '{"code":"success","data":"PAID-1"}',
    '{"id":"PAID-1"}',
  ]) {
    it(`ends when the window closes if there is an ID: ${body}`, async () => {
      const { open, closed } = openEnded(body);
      const closing = new AbortController();
      setTimeout(() => closing.abort(), 10);
      const outcome = await submit(open, base, { closing: closing.signal });
      assert.equal(idOf(outcome), 'PAID-1');
      assert.equal(closed(), 1);
    });
  }

  it('is read on when the window closes until an ID arrives', async () => {
    const { open } = openEnded('{"log":"x",', '"task_', 'id":"PAID-1",');
    const outcome = await submit(open, base, { closing: AbortSignal.abort() });
    assert.equal(idOf(outcome), 'PAID-1');
  });

  it('yields the task ID after another event', async () => {
    const { open } = openEnded('data: {"id":"evt_1","type":"created"}\n\n', `data: ${ACCEPTED}\n\n`);
    assert.equal(idOf(await submit(open, base)), 'PAID-1');
  });

  it('is read on after the ID of the remixed task', async () => {
    const { open } = openEnded('{"task_id":"video_1"}\n', ACCEPTED);
    assert.equal(idOf(await submit(open, base, { remixOf: 'video_1' })), 'PAID-1');
  });
});
