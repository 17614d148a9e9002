import assert from 'node:assert/strict';
import type { HttpRequest, HttpConnector } from '../../../src/core/gateway/http';
import {
  probeOrigin,
  recognizeOrigin,
  signsInBody,
  signsInHeaders,
  type OriginSign,
} from '../../../src/core/gateway/originKind';
import { DEFAULT_BASE_URL } from '../../../src/core/gateway/baseUrl';

const ELSEWHERE = 'https://video.example.com';

describe('the kind of an origin', () => {
  const rows: readonly (readonly [signs: readonly OriginSign[], kind: string])[] = [
    [[], 'unknown'],
    [['versionHeader'], 'newapi'],
    [['statusNewApi'], 'newapi'],
    [['statusNewApi', 'modelsRelative', 'relativeError'], 'newapi'],
    [['pricingSkus'], 'openrouter'],
    [['statusRelative'], 'unknown'],
    [['modelsRelative'], 'unknown'],
    [['relativeError'], 'unknown'],
    [['statusRelative', 'modelsRelative', 'relativeError'], 'unknown'],
    [['forkError', 'versionHeader', 'statusNewApi'], 'unknown'],
  ];
  for (const [signs, kind] of rows) {
    it(`is ${kind} with ${signs.join(', ') || 'no sign'}`, () =>
      assert.equal(recognizeOrigin(ELSEWHERE, new Set(signs)), kind));
  }

  it("is nebula only by Nebula's address, whatever it responds", () => {
    for (const [signs] of rows) assert.equal(recognizeOrigin(DEFAULT_BASE_URL, new Set(signs)), 'nebula');
    assert.equal(recognizeOrigin(`${DEFAULT_BASE_URL}/below`, new Set()), 'nebula');
    assert.equal(recognizeOrigin(DEFAULT_BASE_URL.replace('https://', 'https://www.'), new Set()), 'unknown');
    assert.equal(recognizeOrigin('http://127.0.0.1:81', new Set(), 'http://127.0.0.1:81'), 'nebula');
    assert.equal(recognizeOrigin('http://127.0.0.1:82', new Set(), 'http://127.0.0.1:81'), 'unknown');
  });
});

describe('the signs of an origin', () => {
  const bodies: readonly (readonly [name: string, body: unknown, signs: readonly OriginSign[]])[] = [
    [
      'status of new-api',
      { success: true, data: { quota_per_unit: 500000, _qn: 'new-api' } },
      ['statusNewApi'],
    ],
    ['status of one-api', { success: true, data: { quota_per_unit: 500000 } }, ['statusRelative']],
    ['another _qn', { success: true, data: { quota_per_unit: 1, _qn: 'else' } }, ['statusRelative']],
    ['_qn alone', { data: { _qn: 'new-api' } }, []],
    ['quota as text', { data: { quota_per_unit: '500000', _qn: 'new-api' } }, []],
    ['models', { success: true, data: [{ id: 'a', supported_endpoint_types: [] }] }, ['modelsRelative']],
    ['models of OpenAI', { object: 'list', data: [{ id: 'a', object: 'model' }] }, []],
    ['an empty list', { success: true, data: [] }, []],
    ['video models', { data: [{ id: 'a', pricing_skus: { duration_seconds: '0.1' } }] }, ['pricingSkus']],
    [
      'video models, one without prices',
      { data: [{ pricing_skus: null }, { pricing_skus: {} }] },
      ['pricingSkus'],
    ],
    ['video models without prices', { data: [{ id: 'a', pricing_skus: null }] }, []],
    ['error of new-api', { error: { message: 'x', type: 'new_api_error', code: '' } }, ['relativeError']],
    ['error of a fork', { error: { message: 'x', type: 'nebula_api_error', code: '' } }, ['forkError']],
    ['error of one-api', { error: { message: 'x', type: 'one_api_error', code: '' } }, ['forkError']],
    ['error of OpenAI', { error: { message: 'x', type: 'invalid_request_error' } }, []],
    ['error as text', { error: 'new_api_error' }, []],
    ['nothing', undefined, []],
    ['a list', [], []],
    ['a text', 'new_api_error', []],
  ];
  for (const [name, body, signs] of bodies) {
    it(`are ${signs.join(', ') || 'none'} in ${name}`, () => assert.deepEqual(signsInBody(body), signs));
  }

  it('are in the headers of any response', () => {
    assert.deepEqual(signsInHeaders({ 'x-new-api-version': 'v0.9.25' }), ['versionHeader']);
    assert.deepEqual(signsInHeaders({ 'x-oneapi-request-id': '1' }), []);
  });
});

describe('the prober', () => {
  /** Responds by path. Anything else is unreachable. */
  function probe(baseUrl: string, answers: Readonly<Record<string, unknown>>) {
    const requests: HttpRequest[] = [];
    const open: HttpConnector = (request) => {
      requests.push(request);
      const answer = answers[request.url.pathname];
      if (answer === undefined) return Promise.reject(new Error('unreachable'));
      const body = (async function* () {
        await Promise.resolve();
        yield Buffer.from(typeof answer === 'string' ? answer : JSON.stringify(answer));
      })();
      const response = { status: 200, headers: {}, body, close: () => undefined };
      return Promise.resolve({ send: () => Promise.resolve(response), close: () => undefined });
    };
    const signs = probeOrigin(open, baseUrl, new AbortController().signal);
    return signs.then((found) => ({ found: found && [...found], requests }));
  }

  it('requests the status and the models, without a key and never with a POST', async () => {
    const { found, requests } = await probe(`${ELSEWHERE}/gw`, {
      '/gw/api/status': { data: { quota_per_unit: 1, _qn: 'new-api' } },
      '/gw/v1/models': { error: { type: 'new_api_error' } },
    });
    assert.deepEqual(found, ['statusNewApi', 'relativeError']);
    assert.deepEqual(
      requests.map(({ method, url }) => `${method} ${url.href}`),
      [`GET ${ELSEWHERE}/gw/api/status`, `GET ${ELSEWHERE}/gw/v1/models`],
    );
    assert.ok(requests.every(({ headers }) => !('authorization' in headers)));
  });

  it('requests only the video models below /api', async () => {
    const { found, requests } = await probe('https://openrouter.ai/api', {
      '/api/v1/videos/models': { data: [{ pricing_skus: { duration_seconds: '0.1' } }] },
    });
    assert.deepEqual(found, ['pricingSkus']);
    assert.equal(requests.length, 1);
  });

  it('learns nothing from a web page', async () => {
    const { found } = await probe(ELSEWHERE, { '/api/status': '<!doctype html>', '/v1/models': '<html>' });
    assert.deepEqual(found, []);
  });

  it('keeps the result of one request if the other fails', async () => {
    const { found } = await probe(ELSEWHERE, { '/v1/models': { error: { type: 'new_api_error' } } });
    assert.deepEqual(found, ['relativeError']);
  });

  it('reports that nothing responded', async () => {
    assert.equal((await probe(ELSEWHERE, {})).found, undefined);
  });
});
