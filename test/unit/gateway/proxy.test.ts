import assert from 'node:assert/strict';
import https from 'node:https';
import net from 'node:net';
import { systemClock } from '../../../src/core/common/clock';
import {
  GatewayError,
  type GatewayErrorDetails,
  type GatewayErrorKind,
} from '../../../src/core/gateway/errors';
import { createHttp, type HttpRequest } from '../../../src/core/gateway/http';
import { LIMITS } from '../../../src/core/gateway/limits';
import { readProxyRefusal } from '../../../src/core/gateway/proxyRefusal';
import {
  patchAsEditor,
  patchNames,
  REMOTE_HOST,
  TestProxy,
  TestServer,
  trustRemote,
  type ProxySettings,
} from '../support/editorProxy';

const KEY = 'Bearer sk-0123456789abcdef';
const SUPPORT = ['override', 'on', 'fallback', 'off'] as const;

describe('the editor’s proxy settings', () => {
  const cleanUp: (() => void)[] = [];
  let distrust: () => void;
  before(() => (distrust = trustRemote()));
  after(() => distrust());
  afterEach(() => {
    for (const undo of cleanUp.splice(0).reverse()) undo();
  });

  function editor(settings: ProxySettings): void {
    cleanUp.push(patchAsEditor(settings));
  }
  function names(addresses: Readonly<Record<string, string>>): void {
    cleanUp.push(patchNames(addresses));
  }
  async function serve(isSecure: boolean, host?: string): Promise<{ server: TestServer; port: number }> {
    const server = new TestServer(isSecure);
    cleanUp.push(() => server.close());
    return { server, port: await server.listen(host) };
  }
  async function remote(): Promise<{ server: TestServer; url: string }> {
    names({ [REMOTE_HOST]: '127.0.0.1' });
    const { server, port } = await serve(true);
    return { server, url: `https://${REMOTE_HOST}:${port}/v1/models` };
  }
  async function proxyServer(refusal?: number): Promise<{ proxy: TestProxy; address: string }> {
    const proxy = new TestProxy(refusal);
    cleanUp.push(() => proxy.close());
    return { proxy, address: await proxy.listen() };
  }

  const open = (url: string, changes: Partial<HttpRequest> = {}) =>
    createHttp(systemClock)({
      method: 'POST',
      url: new URL(url),
      headers: { authorization: KEY, 'content-length': '2' },
      limits: LIMITS.submit,
      ...changes,
    });
  async function send(url: string): Promise<number> {
    const reply = await (await open(url)).send('{}');
    reply.close();
    return reply.status;
  }
  async function fails(
    promise: Promise<unknown>,
    kind: GatewayErrorKind,
    details: Pick<GatewayErrorDetails, 'status' | 'nothingSent'> = {},
  ): Promise<GatewayError> {
    const error: unknown = await promise.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof GatewayError, String(error));
    assert.equal(error.kind, kind, error.message);
    for (const [name, value] of Object.entries(details)) assert.equal(error[name as 'status'], value, name);
    return error;
  }

  for (const support of SUPPORT) {
    const isUsed = support !== 'off';

    it(`connect over https ${isUsed ? 'through a tunnel of the proxy' : 'without the proxy'}: ${support}`, async () => {
      const { server, url } = await remote();
      const { proxy, address } = await proxyServer();
      editor({ support, proxy: address });
      assert.equal(await send(url), 200);
      assert.deepEqual(proxy.asked, isUsed ? [`CONNECT ${new URL(url).host}`] : []);
      assert.ok(!proxy.heads.join().includes('sk-'));
      assert.equal(server.requests.at(0)?.headers.authorization, KEY);
      assert.equal(server.requests.at(0)?.headers.connection, 'close');
    });

    it(`bypass the proxy if http.noProxy names the host: ${support}`, async () => {
      const { server, url } = await remote();
      const { proxy, address } = await proxyServer();
      editor({ support, proxy: address, noProxy: ['other.test', `.${REMOTE_HOST}`] });
      assert.equal(await send(url), 200);
      assert.deepEqual([proxy.connections, server.requests.length], [0, 1]);
    });

    const spellings = ['localhost', '127.0.0.1', '127.0.0.5', '127.9', '[::1]', 'foo.localhost'];
    for (const spelling of spellings) {
      it(`never route ${spelling} through the proxy: ${support}`, async function () {
        // Not every system has all of 127.0.0.0/8, or IPv6.
        const host = spelling === '[::1]' ? '::1' : spelling.startsWith('127') ? '127.0.0.5' : '127.0.0.1';
        if (!(await canListen(host))) this.skip();
        const { server, port } = await serve(false, host === '::1' ? '::1' : '0.0.0.0');
        names({ 'foo.localhost': '127.0.0.1' });
        const { proxy, address } = await proxyServer();
        editor({ support, proxy: address });
        assert.equal(await send(`http://${spelling}:${port}/v1/models`), 200);
        assert.equal(server.requests.at(0)?.headers.authorization, KEY);
        assert.equal(proxy.connections, 0);
      });
    }
  }

  it('never route https to this machine through the proxy', async () => {
    const { server, port } = await serve(true);
    const { proxy, address } = await proxyServer();
    editor({ support: 'override', proxy: address });
    for (const name of ['localhost', 'foo.localhost', '127.0.0.1']) {
      names({ 'foo.localhost': '127.0.0.1' });
      // The certificate is for another name, so this error proves that the server was reached.
      const error = await fails(open(`https://${name}:${port}/`), 'unreachable');
      assert.match(error.message, /Hostname|IP.*does not match|altnames/i);
    }
    assert.deepEqual([proxy.connections, server.requests.length], [0, 0]);
  });

  for (const [name, address] of [
    ['foo.localhost', '192.0.2.1'],
    ['localhost', '192.0.2.1'],
    ['foo.localhost', '2001:db8::1'],
  ] as const) {
    it(`refuse ${name} if it resolves to ${address}`, async () => {
      names({ [name]: address });
      const { proxy, address: proxyAddress } = await proxyServer();
      editor({ support: 'override', proxy: proxyAddress });
      const error = await fails(open(`http://${name}:8080/`), 'unreachable', { nothingSent: true });
      assert.match(error.message, /is not this machine/);
      assert.equal(proxy.connections, 0);
    });
  }

  it('send no key to the proxy in clear text if the editor hides the original functions', async () => {
    const { proxy, address } = await proxyServer();
    editor({ support: 'override', proxy: address, isOriginalHidden: true });
    const { port } = await serve(false);
    await fails(open(`http://127.0.0.5:${port}/`), 'unreachable');
    assert.deepEqual(proxy.heads, []);
    assert.equal(await send(`http://127.0.0.1:${port}/`), 200);
  });
  it('send no key over plain http to another machine, with or without a proxy', async () => {
    const { server, port } = await serve(false);
    names({ [REMOTE_HOST]: '127.0.0.1' });
    const { proxy, address } = await proxyServer();
    editor({ support: 'override', proxy: address });
    await fails(open(`http://${REMOTE_HOST}:${port}/`), 'unreachable', { nothingSent: true });
    editor({ support: 'off', proxy: address });
    await fails(open(`http://${REMOTE_HOST}:${port}/`), 'unreachable', { nothingSent: true });
    assert.deepEqual([proxy.heads, server.requests], [[], []]);
  });

  for (const support of ['on', 'override', 'fallback'] as const) {
    for (const status of [407, 403, 502]) {
      it(`report ${status} to CONNECT as the proxy’s refusal, and send nothing: ${support}`, async () => {
        const { server, url } = await remote();
        const { proxy, address } = await proxyServer(status);
        editor({ support, proxy: address.replace('//', '//user:secret@') });
        const error = await fails(open(url), 'proxy', { status, nothingSent: true });
        assert.ok(error.message.includes(new URL(address).host), error.message);
        assert.ok(!error.message.includes('secret'));
        assert.equal(server.connections, 0);
        assert.ok(!proxy.heads.join().includes('sk-'));
      });
    }
  }
  it('name a proxy that does not respond', async () => {
    const { url } = await remote();
    const { proxy, address } = await proxyServer();
    proxy.close();
    editor({ support: 'override', proxy: address.replace('//', '//user:secret@') });
    const error = await fails(open(url), 'proxy', { status: undefined, nothingSent: true });
    assert.ok(error.message.includes(new URL(address).host), error.message);
    assert.ok(!error.message.includes('secret'));
  });
  it('do not blame the proxy for an untrusted gateway behind it', async () => {
    const { port } = await serve(true);
    const { address } = await proxyServer();
    editor({ support: 'override', proxy: address });
    await fails(open(`https://other.test:${port}/`), 'unreachable', { nothingSent: true });
  });
  it('report a tunnel that Node’s own proxy support did not get as the proxy’s refusal', async () => {
    const real = https.request;
    const error = Object.assign(new Error('via http://user:secret@proxy: HTTP/1.1 407'), {
      code: 'ERR_PROXY_TUNNEL',
      statusCode: 407,
    });
    class EnvProxyAgent extends https.Agent {
      override createConnection(_: unknown, done?: (error: Error | null, socket: never) => void): undefined {
        setImmediate(() => done?.(error, undefined as never));
      }
    }
    cleanUp.push(() => void Object.assign(https, { request: real }));
    Object.assign(https, {
      request: (url: URL, options: https.RequestOptions) =>
        real(url, { ...options, agent: new EnvProxyAgent() }),
    });
    const failure = await fails(open('https://gateway.invalid/'), 'proxy', {
      status: 407,
      nothingSent: true,
    });
    assert.ok(!failure.message.includes('secret'));
  });

  describe('an idle connection of other code', () => {
    /** Leaves connections open in the agent that the editor uses for direct requests. */
    async function leaveIdle(url: string, count: number): Promise<void> {
      const get = () =>
        new Promise<void>((resolve, reject) => {
          https.get(url, (response) => response.resume().on('end', resolve)).on('error', reject);
        });
      await Promise.all(Array.from({ length: count }, get));
      for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
      const idle = Object.values(https.globalAgent.freeSockets).flat();
      assert.equal(idle.length, count);
      cleanUp.push(() => https.globalAgent.destroy());
    }

    for (const support of SUPPORT) {
      for (const count of [1, 5]) {
        it(`is not used, of ${count}: ${support}`, async () => {
          const { server, url } = await remote();
          await leaveIdle(url, count);
          editor({ support, proxy: '' });
          const others = server.requests.map(({ fromPort }) => fromPort);
          assert.equal(await send(url), 200);
          assert.equal(server.requests.length, count + 1);
          assert.ok(!others.includes(server.requests.at(-1)?.fromPort));
        });
      }
    }
    it('fails the request if there are too many', async () => {
      const { server, url } = await remote();
      await leaveIdle(url, 30);
      editor({ support: 'override', proxy: '' });
      await fails(open(url), 'unreachable', { nothingSent: true });
      assert.equal(server.requests.length, 30);
      assert.equal(await send(url), 200);
    });
  });
});

async function canListen(host: string): Promise<boolean> {
  const server = net.createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(0, host, () => server.close(() => resolve(true)));
  });
}

describe('readProxyRefusal', () => {
  for (const [why, status, headers, isJson, nothingSent] of [
    ['407, whoever says it', 407, {}, true, true],
    ['a challenge for a proxy', 401, { 'proxy-authenticate': 'Negotiate' }, true, false],
    ['a page of Squid', 403, { 'x-squid-error': 'ERR_ACCESS_DENIED 0' }, false, false],
    ['a page of Squid after it had passed the request on', 504, { via: '1.1 fw1 (squid/6.9)' }, false, false],
    ['a page of a filter', 403, { via: '1.1 Zscaler 6.2' }, false, false],
  ] as const) {
    it(`recognizes the proxy’s refusal: ${why}`, () => {
      const error = readProxyRefusal(status, headers, isJson);
      assert.deepEqual([error?.kind, error?.status, error?.nothingSent], ['proxy', status, nothingSent]);
    });
  }
  for (const [why, status, headers, isJson] of [
    ['a page of a CDN in front of the gateway', 502, { via: '1.1 a1b2.cloudfront.net (CloudFront)' }, false],
    ['JSON through a proxy', 403, { via: '1.1 fw1 (squid/6.9)' }, true],
    ['a page without a sign of a proxy', 403, {}, false],
    ['a page through a proxy that is no refusal', 200, { via: '1.1 fw1 (squid/6.9)' }, false],
  ] as const) {
    it(`leaves open whose refusal it is: ${why}`, () =>
      assert.equal(readProxyRefusal(status, headers, isJson), undefined));
  }
});
