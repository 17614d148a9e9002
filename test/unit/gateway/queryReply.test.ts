import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readQueryReply, type QueryOutcome } from '../../../src/core/gateway/queryReply';

/** DESIGN 5, Query. A body that was empty or no JSON is undefined. */
const table: readonly (readonly [
  name: string,
  kind: QueryOutcome['kind'],
  status: number,
  value: unknown,
])[] = [
  ['a task', 'task', 200, { task_id: 't', status: 'in_progress' }],
  ['a failed task', 'task', 200, { task_id: 't', status: 'failed', error: { code: 400, message: 'x' } }],
  ['200 with E2', 'blip', 200, { code: 'get_task_failed', message: 'x', data: null }],
  ['200 with E1', 'blip', 200, { error: { message: 'x', type: 'server_error' } }],
  ['200 with E5', 'blip', 200, { success: false, message: 'x' }],
  ['200 empty or a page', 'blip', 200, undefined],
  ['200 with a text', 'blip', 200, 'ok'],
  ['408', 'blip', 408, { error: { message: 'x' } }],
  ['429 as JSON', 'blip', 429, { error: { message: 'x', type: 'rate_limit_error' } }],
  ['429 empty', 'blip', 429, undefined],
  ['500 E2', 'blip', 500, { code: 'get_task_failed', message: 'x', data: null }],
  ['502 as a page', 'blip', 502, undefined],
  ['503 no channel', 'blip', 503, { error: { message: '无可用渠道' } }],
  ['302', 'blip', 302, undefined],
  ['a failed task with an error status', 'blip', 500, { task_id: 't', status: 'failed' }],
  ['400 about something else', 'blip', 400, { code: 'invalid_request', message: 'x', data: null }],
  [
    '404 invalid URL',
    'blip',
    404,
    { error: { message: 'Invalid URL (GET /v2/x)', type: 'invalid_request_error' } },
  ],
  ['404 as a page', 'blip', 404, undefined],
  ['404 documented', 'missing', 404, { error: { message: 'task not found', type: 'not_found' } }],
  [
    '404 of the download',
    'missing',
    404,
    { error: { message: 'Task not found', type: 'invalid_request_error' } },
  ],
  ['400 task_not_exist', 'missing', 400, { code: 'task_not_exist', message: 'task_not_exist', data: null }],
  ['200 task_not_exist', 'missing', 200, { code: 'task_not_exist', message: 'x', data: null }],
  [
    '401 gateway',
    'keyRefused',
    401,
    { error: { message: '无效的令牌', type: 'nebula_api_error', code: '' } },
  ],
  ['401 documented', 'keyRefused', 401, { error: { message: 'x', code: 'invalid_api_key' } }],
  ['401 used up', 'keyRefused', 401, { error: { message: '该令牌额度已用尽 sk-abc***xyz' } }],
  ['403 IP', 'keyRefused', 403, { error: { message: '您的 IP 不在令牌允许访问的列表中' } }],
  ['403 banned', 'keyRefused', 403, { error: { message: '用户已被封禁' } }],
  [
    '403 quota',
    'keyRefused',
    403,
    { code: 'quota_not_enough', message: 'user quota is not enough', data: null },
  ],
  ['403 one model', 'forbidden', 403, { error: { message: '该令牌无权访问模型 sora-2' } }],
  [
    '403 one model in English',
    'forbidden',
    403,
    { error: { message: 'This token has no access to model sora-2' } },
  ],
  // A page of a firewall in between says nothing of the key: it must not pause every task for 15 minutes.
  ['403 as a page', 'blip', 403, undefined],
];

describe('readQueryReply', () => {
  for (const [name, kind, status, value] of table) {
    it(`${name}: ${kind}`, () => assert.equal(readQueryReply(status, value).kind, kind));
  }

  it('passes on how long to wait', () => {
    const outcome = readQueryReply(429, undefined, 2000);
    assert.equal(outcome.kind === 'blip' && outcome.retryAfterMs, 2000);
    assert.equal('retryAfterMs' in readQueryReply(429, undefined), false);
  });

  it('property: never throws, and a task is only ever told by a 2xx', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 599 }), fc.jsonValue(), (status, value) => {
        const outcome = readQueryReply(status, value);
        if (outcome.kind === 'task') assert.ok(status >= 200 && status < 300);
        if (status >= 500 && !JSON.stringify(value).includes('task_not_exist'))
          assert.equal(outcome.kind, 'blip');
      }),
    );
  });
});
