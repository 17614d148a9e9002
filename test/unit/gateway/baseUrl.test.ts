import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  DEFAULT_BASE_URL,
  isLoopback,
  isPrivateAddress,
  mayFetch,
  originOf,
  parseBaseUrl,
} from '../../../src/core/gateway/baseUrl';

const pasted: readonly (readonly [text: string, baseUrl: string | undefined])[] = [
  [DEFAULT_BASE_URL, DEFAULT_BASE_URL],
  ['  https://llm.ai-nebula.com\n', DEFAULT_BASE_URL],
  ['https://llm.ai-nebula.com/', DEFAULT_BASE_URL],
  ['https://llm.ai-nebula.com//', DEFAULT_BASE_URL],
  ['https://llm.ai-nebula.com/v1', DEFAULT_BASE_URL],
  ['https://llm.ai-nebula.com/v1/', DEFAULT_BASE_URL],
  ['HTTPS://LLM.AI-Nebula.com:443/v1', DEFAULT_BASE_URL],
  ['https://proxy.example/nebula', 'https://proxy.example/nebula'],
  ['https://proxy.example/nebula/v1/', 'https://proxy.example/nebula'],
  ['https://proxy.example/v1/nebula', 'https://proxy.example/v1/nebula'],
  ['https://proxy.example/myv1', 'https://proxy.example/myv1'],
  ['https://proxy.example:8443', 'https://proxy.example:8443'],
  ['https://10.0.0.5/nebula', 'https://10.0.0.5/nebula'],
  ['http://localhost:8080', 'http://localhost:8080'],
  ['http://127.0.0.1:8080/v1', 'http://127.0.0.1:8080'],
  ['http://127.1:8080', 'http://127.0.0.1:8080'],
  ['http://[::1]:8080', 'http://[::1]:8080'],
  ['http://nebula.localhost', 'http://nebula.localhost'],
  ['http://llm.ai-nebula.com', undefined],
  ['http://192.168.1.5', undefined],
  ['http://localhost.example.com', undefined],
  ['http://127.0.0.1.example.com', undefined],
  ['llm.ai-nebula.com', undefined],
  ['llm.ai-nebula.com/v1', undefined],
  ['https://', undefined],
  ['', undefined],
  ['ftp://llm.ai-nebula.com', undefined],
  ['file:///v1', undefined],
  ['javascript:alert(1)', undefined],
  ['https://user@llm.ai-nebula.com', undefined],
  ['https://user:pass@llm.ai-nebula.com', undefined],
  ['https://llm.ai-nebula.com@evil.example', undefined],
  ['https://llm.ai-nebula.com/?key=1', undefined],
  ['https://llm.ai-nebula.com/#v1', undefined],
];

describe('parseBaseUrl', () => {
  for (const [text, baseUrl] of pasted) {
    it(`${JSON.stringify(text)} is ${baseUrl ?? 'no base URL'}`, () =>
      assert.equal(parseBaseUrl(text), baseUrl));
  }
  it('property: never throws; a path can be put behind it', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl(), fc.webUrl({ withFragments: true })), (text) => {
        const baseUrl = parseBaseUrl(text);
        if (baseUrl === undefined) return;
        assert.ok(!baseUrl.endsWith('/') && !/[?#@]/.test(originOf(baseUrl)));
        assert.equal(new URL(`${baseUrl}/v1/models`).origin, originOf(baseUrl));
      }),
    );
  });
});

/** Spellings as a link may bring them; `new URL` brings each to one form. */
const loopback = [
  'localhost',
  'LOCALHOST',
  'a.localhost',
  '127.0.0.1',
  '127.1',
  '2130706433',
  '0x7f.1',
  '0177.0.0.1',
  '0x7f000001',
  '127.255.255.254',
  '127.0.0.1.',
  '[::1]',
  '[0:0:0:0:0:0:0:1]',
];
const priv = [
  '10.0.0.1',
  '10.1',
  '167772161',
  '0xa000001',
  '012.0.0.1',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.0.1',
  '3232235777',
  '0300.0250.1.1',
  '169.254.169.254',
  '2852039166',
  '0xa9fea9fe',
  '100.64.0.1',
  '100.127.255.255',
  '0.0.0.0',
  '0',
  '[::]',
  '[::ffff:10.0.0.1]',
  '[::ffff:a00:1]',
  '[0:0:0:0:0:ffff:169.254.169.254]',
  '[::ffff:127.0.0.1]',
  '[fc00::1]',
  '[fd12:3456::1]',
  '[fe80::1]',
  '[febf::1]',
];
const open = [
  'example.com',
  '8.8.8.8',
  '9.255.255.255',
  '11.0.0.1',
  '172.15.0.1',
  '172.32.0.1',
  '192.167.0.1',
  '192.169.0.1',
  '169.253.0.1',
  '100.63.0.1',
  '100.128.0.1',
  '[2001:db8::1]',
  '[::ffff:8.8.8.8]',
  '[fe00::1]',
  'localhost.example.com',
  'fd.example.com',
  '10.0.0.1.example.com',
];

describe('addresses', () => {
  const host = (spelling: string) => new URL(`http://${spelling}/`).hostname;
  for (const spelling of loopback) {
    it(`${spelling} is this machine`, () => {
      assert.equal(isLoopback(host(spelling)), true);
      assert.equal(isPrivateAddress(host(spelling)), true);
    });
  }
  for (const spelling of priv) {
    it(`${spelling} is private, and not a place for a key in plain text`, () => {
      assert.equal(isPrivateAddress(host(spelling)), true);
      assert.equal(isLoopback(host(spelling)), false);
    });
  }
  for (const spelling of open) {
    it(`${spelling} is neither`, () => {
      assert.equal(isPrivateAddress(host(spelling)), false);
      assert.equal(isLoopback(host(spelling)), false);
    });
  }
  // With the dot of a full name it is the same machine, whoever resolves it.
  for (const spelling of ['localhost.', 'a.localhost.']) {
    it(`${spelling} is private`, () => assert.equal(isPrivateAddress(host(spelling)), true));
  }
  // IPv4 inside IPv6 in the older forms (RFC 4291 2.5.5.1, RFC 6052, RFC 3056), and site-local (RFC 3879).
  for (const spelling of ['[::127.0.0.1]', '[64:ff9b::10.0.0.1]', '[2002:a00:1::]', '[fec0::1]']) {
    it(`${spelling} is private`, () => assert.equal(isPrivateAddress(host(spelling)), true));
  }
});

describe('mayFetch', () => {
  const may = (link: string, baseUrl: string = DEFAULT_BASE_URL) => mayFetch(new URL(link), baseUrl);
  it('a result of a public gateway: public addresses only', () => {
    for (const name of open) assert.equal(may(`https://${name}/a.mp4?x=1`), true, name);
    for (const name of [...loopback, ...priv]) {
      assert.equal(may(`https://${name}/a.mp4`), false, name);
      assert.equal(may(`http://${name}:8080/a.mp4`), false, name);
    }
  });
  it('a gateway on this machine may lead to this machine, and nowhere private else', () => {
    for (const name of loopback)
      assert.equal(may(`http://${name}:9000/a.mp4`, 'http://localhost:8080'), true, name);
    for (const name of priv) assert.equal(may(`http://${name}/a.mp4`, 'http://localhost:8080'), false, name);
  });
  it('a gateway in a private network may lead to itself, not to its neighbours', () => {
    assert.equal(may('https://10.0.0.5/v1/videos/1/content?variant=video', 'https://10.0.0.5/nebula'), true);
    assert.equal(may('https://10.0.0.5:8443/a.mp4', 'https://10.0.0.5'), false);
    assert.equal(may('https://10.0.0.6/a.mp4', 'https://10.0.0.5'), false);
  });
  it('the gateway itself, but not in plain text', () => {
    assert.equal(may('https://llm.ai-nebula.com/v1/videos/1/content'), true);
    assert.equal(originOf('https://llm.ai-nebula.com/x'), DEFAULT_BASE_URL);
  });
  it('no other protocols', () => {
    for (const link of [
      'file:///etc/passwd',
      'ftp://example.com/a.mp4',
      'data:video/mp4;base64,AA',
      'blob:https://example.com/1',
      'javascript:1',
      'ws://example.com',
    ]) {
      assert.equal(may(link), false, link);
    }
  });
});
