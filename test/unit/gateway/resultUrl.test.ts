import assert from 'node:assert/strict';
import { DEFAULT_BASE_URL, isLoopback, originOf } from '../../../src/core/gateway/baseUrl';
import { isPrivateAddress } from '../../../src/core/common/privateAddress';
import { isAllowedResultUrl, requestTarget } from '../../../src/core/gateway/resultUrl';

/** Spellings as in a link. `new URL` normalizes each of them. */
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
  '[2606:4700::1111]',
  'localhost.example.com',
  'fd.example.com',
  '10.0.0.1.example.com',
];

const notUnicast: readonly (readonly [spelling: string, why: string])[] = [
  ['[::127.0.0.1]', 'IPv4 inside IPv6, compatible'],
  ['[::a00:1]', 'IPv4 inside IPv6, compatible'],
  ['[::ffff:8.8.8.8]', 'IPv4 inside IPv6, mapped'],
  ['[::ffff:0:8.8.8.8]', 'IPv4 inside IPv6, translated'],
  ['[64:ff9b::10.0.0.1]', 'IPv4 inside IPv6, NAT64'],
  ['[64:ff9b:1::1]', 'IPv4 inside IPv6, local NAT64'],
  ['[2002:a00:1::]', 'IPv4 inside IPv6, 6to4'],
  ['[2001::1]', 'IPv4 inside IPv6, Teredo'],
  ['[fec0::1]', 'site-local'],
  ['[ff02::1]', 'multicast'],
  ['[2001:db8::1]', 'documentation'],
  ['[100::1]', 'discard'],
  ['192.0.0.1', 'protocol assignments'],
  ['192.0.2.1', 'documentation'],
  ['198.18.0.1', 'benchmarks'],
  ['198.51.100.1', 'documentation'],
  ['203.0.113.1', 'documentation'],
  ['224.0.0.1', 'multicast'],
  ['240.0.0.1', 'reserved'],
  ['255.255.255.255', 'broadcast'],
];

describe('addresses', () => {
  const host = (spelling: string) => new URL(`http://${spelling}/`).hostname;
  for (const spelling of loopback) {
    it(`treats ${spelling} as this machine`, () => {
      assert.equal(isLoopback(host(spelling)), true);
    });
  }
  for (const spelling of priv) {
    it(`treats ${spelling} as private, and refuses a key in plain text for it`, () => {
      assert.equal(isPrivateAddress(host(spelling)), true);
      assert.equal(isLoopback(host(spelling)), false);
    });
  }
  for (const spelling of open) {
    it(`treats ${spelling} as public`, () => {
      assert.equal(isPrivateAddress(host(spelling)), false);
      assert.equal(isLoopback(host(spelling)), false);
    });
  }
  // A trailing dot means the same machine for every resolver.
  for (const spelling of ['localhost.', 'a.localhost.']) {
    it(`treats ${spelling} as this machine`, () => assert.equal(isLoopback(host(spelling)), true));
  }
  for (const [spelling, why] of notUnicast) {
    it(`refuses ${spelling}: ${why}`, () => {
      assert.equal(isPrivateAddress(host(spelling)), true);
      assert.equal(isAllowedResultUrl(new URL(`https://${spelling}/a.mp4`), DEFAULT_BASE_URL), false);
      assert.equal(isAllowedResultUrl(new URL(`https://${spelling}/a.mp4`), 'http://localhost:8080'), false);
    });
  }
});

describe('isAllowedResultUrl', () => {
  const may = (link: string, baseUrl: string = DEFAULT_BASE_URL) =>
    isAllowedResultUrl(new URL(link), baseUrl);
  it('allows only public addresses for a public gateway', () => {
    for (const name of open) assert.equal(may(`https://${name}/a.mp4?x=1`), true, name);
    for (const name of [...loopback, ...priv]) {
      assert.equal(may(`https://${name}/a.mp4`), false, name);
      assert.equal(may(`http://${name}:8080/a.mp4`), false, name);
    }
  });
  it('allows a gateway on this machine to link to this machine, and to no other private address', () => {
    for (const name of loopback)
      assert.equal(may(`http://${name}:9000/a.mp4`, 'http://localhost:8080'), true, name);
    for (const name of priv) assert.equal(may(`http://${name}/a.mp4`, 'http://localhost:8080'), false, name);
  });
  it('allows a gateway in a private network to link to itself, but not to its neighbors', () => {
    assert.equal(may('https://10.0.0.5/v1/videos/1/content?variant=video', 'https://10.0.0.5/nebula'), true);
    assert.equal(may('https://10.0.0.5:8443/a.mp4', 'https://10.0.0.5'), false);
    assert.equal(may('https://10.0.0.6/a.mp4', 'https://10.0.0.5'), false);
  });
  it('allows the gateway itself, but not in plain text', () => {
    assert.equal(may('https://llm.ai-nebula.com/v1/videos/1/content'), true);
    assert.equal(originOf('https://llm.ai-nebula.com/x'), DEFAULT_BASE_URL);
  });
  it('refuses other protocols', () => {
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

describe('requestTarget', () => {
  const base = new URL('https://llm.ai-nebula.com/v1/video/generations/t1');
  for (const [link, target] of [
    ["https://cdn.example/a.mp4?sig=a'b", "/a.mp4?sig=a'b"],
    ['https://cdn.example/a%2fb%2Fc.mp4?e=%7e&f=+', '/a%2fb%2Fc.mp4?e=%7e&f=+'],
    ['https://cdn.example/{a}|"b"^`<c>.mp4?d={}|"<>^`', '/{a}|"b"^`<c>.mp4?d={}|"<>^`'],
    ['https://cdn.example/a/../b/./c.mp4', '/a/../b/./c.mp4'],
    ['https://cdn.example//a//b.mp4', '//a//b.mp4'],
    ['https://cdn.example/a.mp4?x=1#t=5', '/a.mp4?x=1'],
    ['https://cdn.example/a.mp4#t=5?x=1', '/a.mp4'],
    ['https://cdn.example/a.mp4?', '/a.mp4?'],
    ['https://cdn.example?x=1', '/?x=1'],
    ['https://cdn.example', '/'],
    ['https://user:pass@cdn.example:8443/a.mp4?b=c@d', '/a.mp4?b=c@d'],
    ['  https://cdn.example/a\n.mp4?x\t=1 \n', '/a.mp4?x=1'],
    ['https://cdn.example/my video.mp4?name=猫 é', '/my%20video.mp4?name=%E7%8C%AB%20%C3%A9'],
    ['https://cdn.example/\ud83d\ude00\ud83d', '/%F0%9F%98%80%EF%BF%BD'],
    ["//cdn.example/a.mp4?sig=a'b", "/a.mp4?sig=a'b"],
    ["/files/a.mp4?sig=a'b", "/files/a.mp4?sig=a'b"],
    ["a.mp4?sig=a'b", "/v1/video/generations/a.mp4?sig=a'b"],
    ["?sig=a'b", "/v1/video/generations/t1?sig=a'b"],
    ['https:\\\\cdn.example\\a.mp4', '/a.mp4'],
  ] as const) {
    it(`turns ${JSON.stringify(link)} into ${target}`, () =>
      assert.equal(requestTarget(link, new URL(link, base)), target));
  }
});
