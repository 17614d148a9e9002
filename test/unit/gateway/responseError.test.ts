import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseErrorResponse, parseErrorValue } from '../../../src/core/gateway/responseError';

/** The error parsed from each shape (API reference 10.2). */
const table: Readonly<
  Record<string, readonly [body: unknown, error: { message: string; code?: string; requestId?: string }]>
> = {
  'E1, code': [
    { error: { message: 'no', type: 'authentication_error', code: 'invalid_api_key' } },
    { message: 'no', code: 'invalid_api_key' },
  ],
  'E1, empty code: the type': [
    { error: { message: 'no', type: 'nebula_api_error', code: '' } },
    { message: 'no', code: 'nebula_api_error' },
  ],
  'E1, details': [
    { error: { message: 'no', type: 'server_error', details: '<x>' } },
    { message: 'no', code: 'server_error' },
  ],
  'E1, request id in the words': [
    { error: { message: '无效的令牌 (request id: 2026112212)', type: 'x' } },
    { message: '无效的令牌', code: 'x', requestId: '2026112212' },
  ],
  E2: [
    { code: 'task_not_exist', message: 'no', data: null },
    { message: 'no', code: 'task_not_exist' },
  ],
  'E2, numeric code': [
    { code: 10013, message: 'no' },
    { message: 'no', code: '10013' },
  ],
  E3: [
    {
      code: 'fail_to_fetch_task',
      message: '{"request_id":"r1","code":"InvalidParameter.ImageFormat","message":"bad image"}',
    },
    { message: 'bad image', code: 'InvalidParameter.ImageFormat', requestId: 'r1' },
  ],
  'E3, behind a prefix': [
    {
      code: 'fail_to_fetch_task',
      message: '请求参数错误(400): {"error":{"code":"Bad","message":"bad image"}}',
    },
    { message: 'bad image', code: 'Bad' },
  ],
  'E3, twice': [
    {
      code: 'a',
      message: JSON.stringify({ code: 'b', message: JSON.stringify({ code: 'c', message: 'deep' }) }),
    },
    { message: 'deep', code: 'c' },
  ],
  'E3, an inner body without words': [
    { code: 'a', message: 'failed: {}' },
    { message: 'failed: {}', code: 'a' },
  ],
  'E3, braces that are no JSON': [
    { code: 'a', message: 'use {size}' },
    { message: 'use {size}', code: 'a' },
  ],
  E4: [{ code: 'error', message: 'no', data: null }, { message: 'no' }],
  E5: [{ success: false, message: 'no' }, { message: 'no' }],
  'E6, error': [{ error: 'no' }, { message: 'no' }],
  'E6, message': [{ message: 'no' }, { message: 'no' }],
  'E6, msg': [{ msg: 'no' }, { message: 'no' }],
  error_msg: [{ error_msg: 'no' }, { message: 'no' }],
  detail: [{ detail: 'no' }, { message: 'no' }],
  'E7, Google': [{ error: { code: 404, message: 'no', status: 'NOT_FOUND' } }, { message: 'no' }],
  'E7, DashScope': [
    { code: 'Throttling.RateLimit', message: 'no', request_id: 'r1' },
    { message: 'no', code: 'Throttling.RateLimit', requestId: 'r1' },
  ],
  'E7, Ark': [
    { error: { code: 'Bad', message: 'no', type: 'x', param: 'y' } },
    { message: 'no', code: 'Bad' },
  ],
  'no error at all': [{ code: 'success', message: '' }, { message: '' }],
  'blank words': [{ error: { message: '  ' }, message: '\n no\n' }, { message: 'no' }],
  null: [null, { message: '' }],
  'a text': ['no\n  way', { message: 'no way' }],
  'a list': [['no'], { message: '' }],
};

describe('parseErrorResponse', () => {
  for (const [name, [body, error]] of Object.entries(table)) {
    it(name, () => {
      assert.deepEqual(parseErrorValue(body), error);
      assert.deepEqual(parseErrorResponse(JSON.stringify(body)), error);
    });
  }

  for (const code of [0, '0', 'success', 'OK', 'error', 400, '400', 503, '', ' ', null, {}, true]) {
    it(`ignores the code ${JSON.stringify(code)}`, () => {
      assert.equal(parseErrorValue({ code, message: 'no' }).code, undefined);
    });
  }

  it('strips tags, scripts and styles from a page (E8)', () => {
    const page = `<html><head><style>b{}</style><script>a<b</script></head><body>\n<center><h1>502 Bad Gateway</h1></center>`;
    assert.deepEqual(parseErrorResponse(page), { message: '502 Bad Gateway' });
  });
  it('returns an empty message for an empty body (E9)', () =>
    assert.deepEqual(parseErrorResponse(''), { message: '' }));

  it('truncates long messages', () => {
    for (const text of [
      'x'.repeat(9000),
      JSON.stringify({ message: 'x'.repeat(9000) }),
      `<p>${'x'.repeat(9000)}`,
    ]) {
      assert.ok(parseErrorResponse(text).message.length <= 4000);
    }
  });

  // This runs on the extension host's only thread. A response of the maximum size must not block it.
  for (const [name, piece] of [
    ['brackets that never close', '<'],
    ['styles that never close', '<style'],
  ] as const) {
    it(`reads ${name} quickly`, () => {
      const started = performance.now();
      parseErrorResponse(piece.repeat(100_000 / piece.length));
      assert.ok(performance.now() - started < 200, `${performance.now() - started} ms`);
    });
  }

  it('property: never throws, and returns one short line', () => {
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      fc.jsonValue().map((value) => JSON.stringify({ error: value, message: JSON.stringify(value) })),
    );
    fc.assert(
      fc.property(text, (body) => {
        const { message, code } = parseErrorResponse(body);
        assert.ok(message.length <= 4000 && !/[\r\n\t]/.test(message));
        assert.ok(code?.trim() !== '');
      }),
    );
  });
});
