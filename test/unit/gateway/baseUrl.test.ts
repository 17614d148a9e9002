import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DEFAULT_BASE_URL, originOf, parseBaseUrl } from '../../../src/core/gateway/baseUrl';

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
    it(`parses ${JSON.stringify(text)} as ${baseUrl ?? 'no base URL'}`, () =>
      assert.equal(parseBaseUrl(text), baseUrl));
  }
  it('property: never throws, and returns a URL that a path can be appended to', () => {
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
