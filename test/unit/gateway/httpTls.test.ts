import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';
import * as net from 'node:net';
import * as path from 'node:path';
import * as tls from 'node:tls';
import { systemClock } from '../../../src/core/common/clock';
import { GatewayError } from '../../../src/core/gateway/errors';
import { createHttp, type HttpRequest } from '../../../src/core/gateway/http';
import { LIMITS } from '../../../src/core/gateway/limits';
import { projectRoot } from '../../vscode/projectRoot';
import { FakeClock } from '../support/fakeClock';

// A self-signed certificate for this machine that only these tests trust.
const fixture = (name: string) => readFileSync(path.join(projectRoot, 'test/unit/support/tls', name), 'utf8');
const certificate = fixture('localhost.cert.pem');
const privateKey = fixture('localhost.key.pem');

/**
 * An established connection separates "certainly not sent" from "unknown". These tests cover each way in
 * which connecting can fail.
 */
describe('connecting over TLS', () => {
  const servers: net.Server[] = [];
  const sockets = new Set<net.Socket>();

  async function listen(server: net.Server): Promise<number> {
    servers.push(server);
    server.on('connection', (socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as net.AddressInfo).port;
  }

  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    for (const server of servers.splice(0)) server.close();
    sockets.clear();
  });

  const post = (url: string): HttpRequest => ({
    method: 'POST',
    url: new URL(url),
    headers: {},
    limits: LIMITS.submit,
  });
  const open = createHttp(systemClock);
  const unreachable = (error: unknown) => error instanceof GatewayError && error.kind === 'unreachable';

  it('is unreachable if the name does not resolve', async () => {
    await assert.rejects(open(post('https://gateway.invalid/v1')), unreachable);
    await assert.rejects(open(post('http://gateway.invalid/v1')), unreachable);
  });

  it('is unreachable if the server speaks no TLS', async () => {
    const port = await listen(http.createServer());
    await assert.rejects(open(post(`https://127.0.0.1:${port}/v1`)), unreachable);
  });

  it('is unreachable if the certificate is not trusted, and the server gets no request', async () => {
    let requests = 0;
    const port = await listen(https.createServer({ cert: certificate, key: privateKey }, () => requests++));
    await assert.rejects(open(post(`https://127.0.0.1:${port}/v1`)), unreachable);
    assert.equal(requests, 0);
  });

  it('is unreachable if the handshake times out', async () => {
    const port = await listen(net.createServer());
    const clock = new FakeClock();
    const opening = createHttp(clock)(post(`https://127.0.0.1:${port}/v1`));
    const rejected = assert.rejects(opening, unreachable);
    while (sockets.size === 0) await new Promise((resolve) => setImmediate(resolve));
    clock.moveTo(clock.now() + 15_000);
    await rejected;
  });

  it('is unreachable if the server closes the connection during the handshake', async () => {
    const port = await listen(net.createServer((socket) => socket.destroy()));
    await assert.rejects(open(post(`https://127.0.0.1:${port}/v1`)), unreachable);
  });

  it('is connected before anything is sent, and then carries the request', async () => {
    const trusted = tls.getCACertificates();
    tls.setDefaultCACertificates([...trusted, certificate]);
    try {
      const received: Buffer[] = [];
      const server = https.createServer({ cert: certificate, key: privateKey }, (request, response) => {
        request.resume().on('end', () => response.end('received'));
      });
      server.on('secureConnection', (socket: tls.TLSSocket) =>
        socket.on('data', (data: Buffer) => received.push(data)),
      );
      const port = await listen(server);
      const request = await open(post(`https://localhost:${port}/v1`));
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
      assert.equal(received.length, 0);
      const reply = await request.send('a paid request');
      assert.equal(reply.status, 200);
      reply.close();
      assert.ok(Buffer.concat(received).includes('a paid request'));
    } finally {
      tls.setDefaultCACertificates(trusted);
    }
  });
});
