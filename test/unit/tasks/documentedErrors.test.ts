import assert from 'node:assert/strict';
import { untranslatedL10n } from '../../../src/core/common/l10n';
import { GatewayError } from '../../../src/core/gateway/errors';
import { queryOutcome, submitOutcome } from '../../../src/core/gateway/outcomes';
import { redactResponse } from '../../../src/core/gateway/redaction';
import { parseErrorResponse } from '../../../src/core/gateway/responseError';
import { toErrorInfo } from '../../../src/core/tasks/failures';
import { publicFailures } from '../../support/publicFailures';
import { CASE_KEY, readFacts } from '../support/readFacts';
import type { Charged, Failure, FailureKind } from '../../../src/core/task/task';

const key = CASE_KEY;
const failures = publicFailures({ l10n: untranslatedL10n, language: 'en' });

/** The envelopes of API reference 10.2. */
const e1 = (message: string, type = 'nebula_api_error', code = '') => ({ error: { message, type, code } });
const e2 = (code: string, message = 'in its own words') => ({ code, message, data: null });
const e3 = (inner: unknown, prefix = '') => e2('fail_to_fetch_task', prefix + JSON.stringify(inner));

/** A documented error: the response, and the failure to expect. */
type Row = readonly [
  status: number,
  body: unknown,
  kind: FailureKind,
  charged: Charged,
  sentence: RegExp,
  details?: string,
];

const UNKNOWN = /didn't confirm the request\. It won't be sent again/;
const KEY = /rejected your API key/;
const BALANCE = /balance or your API key's quota is too low/;
const MODEL = /model isn't available/;
const WORDS = /rejected the request/;
const BUSY = /is busy\. Sending again automatically/;
const IMAGE = /rejected an image\. Use a JPEG or PNG/;
const FILTER = /^Blocked by a safety filter/;
const GROUP = /API key's group is disabled or no longer exists/;
const MASKED = '请求上游地址失败';

const submits: Readonly<Record<string, Row>> = {
  '10.1, 400': [400, e1('no', 'invalid_request_error'), 'parameter', 'no', WORDS],
  '10.1, 401': [401, e1('no', 'authentication_error', 'invalid_api_key'), 'key', 'no', KEY],
  '10.1, 403': [403, e1('no', 'permission_denied'), 'permission', 'no', /The gateway denied access/],
  '10.1, 404': [404, e1('no', 'not_found'), 'parameter', 'no', WORDS],
  '10.1, 429': [429, e1('no', 'rate_limit_error'), 'rateLimit', 'no', BUSY],
  '10.1, 500': [500, e1('no', 'server_error'), 'upstream', 'unknown', UNKNOWN],
  'Wan, image format': [400, e2('InvalidParameter.ImageFormat'), 'image', 'no', IMAGE],
  'Wan, image size': [400, e2('InvalidParameter.ImageSize'), 'image', 'no', IMAGE],
  'Wan, content check': [400, e2('InvalidParameter.DataInspection'), 'moderation', 'no', FILTER],
  'Wan, key': [401, e2('InvalidApiKey'), 'key', 'no', KEY],
  'Wan, quota': [403, e2('InsufficientQuota'), 'quota', 'no', BALANCE],
  'Wan, rate': [429, e2('Throttling.RateLimit'), 'rateLimit', 'no', BUSY],
  'Wan, internal': [500, e2('InternalError'), 'upstream', 'unknown', UNKNOWN],
  'a wrong key': [401, e1('无效的令牌'), 'key', 'no', KEY, '无效的令牌'],
  'no key sent': [401, e1('未提供令牌'), 'key', 'no', KEY, '未提供令牌'],
  'an expired key': [401, e1('该令牌已过期'), 'key', 'no', /API key has expired/, '该令牌已过期'],
  'a used-up key': [
    401,
    e1(`[sk-AbC***789] 该令牌额度已用尽 ${key.value}`),
    'quota',
    'no',
    BALANCE,
    '[sk-…] 该令牌额度已用尽 sk-…',
  ],
  'a key that is off': [401, e1('该令牌状态不可用'), 'key', 'no', /API key is disabled/],
  'a model closed to the key': [
    403,
    e1('该令牌无权访问模型 sora-2'),
    'permission',
    'no',
    /The gateway denied access/,
    '该令牌无权访问模型 sora-2',
  ],
  'an address that may not': [
    403,
    e1('您的 IP 不在令牌允许访问的列表中'),
    'permission',
    'no',
    /can't be used from this network/,
  ],
  'an account that is blocked': [403, e1('用户已被封禁'), 'permission', 'no', /Your account is blocked/],
  'a group that is off': [403, e1('令牌分组 vip 已被禁用'), 'permission', 'no', GROUP],
  'a group that is retired': [403, e1('分组 vip 已被弃用'), 'permission', 'no', GROUP],
  'a balance too low': [403, e2('quota_not_enough', 'user quota is not enough'), 'quota', 'no', BALANCE],
  'no channel': [503, e1('当前分组 G 下对于模型 M 无可用渠道'), 'modelGone', 'no', MODEL],
  'no prompt': [
    400,
    e2('invalid_request', 'prompt is required'),
    'parameter',
    'no',
    WORDS,
    'prompt is required',
  ],
  ...Object.fromEntries(
    [
      'invalid_json',
      'missing_model',
      'missing_prompt',
      'invalid_size',
      'invalid_multipart_form',
      'task_submit_failed',
    ].map((code): [string, Row] => [code, [400, e2(code), 'parameter', 'no', WORDS]]),
  ),
  invalid_api_platform: [400, e2('invalid_api_platform'), 'modelGone', 'no', MODEL],
  'a wrong base URL': [
    404,
    e1('Invalid URL (POST /v1/v1/video/generations)', 'invalid_request_error'),
    'parameter',
    'no',
    /No video API at this address\. Check 'nebulaVideo\.baseUrl'/,
  ],
  'an image’s address that is none': [
    400,
    e3({ code: 'x', message: 'Invalid URL in images' }),
    'parameter',
    'no',
    WORDS,
  ],
  'a vendor’s words': [
    400,
    e3({ request_id: 'r', code: 'InvalidParameter.ImageFormat', message: 'unsupported image' }),
    'image',
    'no',
    IMAGE,
    'unsupported image',
  ],
  'a vendor’s words behind others': [
    400,
    e3(
      {
        error: {
          code: 'InputImageSensitiveContentDetected',
          message: 'sensitive',
          type: 'BadRequest',
          param: '',
        },
      },
      '请求参数错误(400): ',
    ),
    'moderation',
    'no',
    FILTER,
    'sensitive',
  ],
  'a vendor’s model that is gone': [
    404,
    e3({ error: { code: 404, message: 'models/veo-9 is not found', status: 'NOT_FOUND' } }),
    'modelGone',
    'no',
    MODEL,
  ],
  ...Object.fromEntries(
    // 200 with an error, and the same with the correct status (10.3).
    ['api_error', 'parse_error', 'missing_task_id'].flatMap((code): [string, Row][] => [
      [`${code} as a success`, [200, e2(code), 'badReply', 'unknown', UNKNOWN]],
      [`${code} as 500`, [500, e2(code), 'upstream', 'unknown', UNKNOWN]],
    ]),
  ),
  ...Object.fromEntries(
    [
      'build_request_failed',
      'read_response_body_failed',
      'unmarshal_response_failed',
      'unmarshal_response_body_failed',
      'invalid_response',
      'unknown_response',
      'get_channel_failed',
      'get_user_quota_failed',
      'get_model_price_failed',
      'get_task_failed',
      'insert_task_failed',
    ].map((code): [string, Row] => [code, [500, e2(code), 'upstream', 'unknown', UNKNOWN]]),
  ),
  'an upstream that is not reached': [
    500,
    e2('do_request_failed', '请求上游地址失败'),
    'upstream',
    'unknown',
    UNKNOWN,
    MASKED,
  ],
  'a provider that is busy': [
    429,
    e1('当前分组上游负载已饱和，请稍后再试'),
    'rateLimit',
    'no',
    BUSY,
    '当前分组上游负载已饱和，请稍后再试',
  ],
  'an endpoint that is none': [501, e1('no', 'api_not_implemented'), 'upstream', 'unknown', UNKNOWN],
  'E4, the legacy page': [400, e2('error', 'model and prompt'), 'parameter', 'no', WORDS, 'model and prompt'],
  'E5, a system route': [
    403,
    { success: false, message: 'no' },
    'permission',
    'no',
    /The gateway denied access/,
  ],
  'E6, a proxy': [400, { msg: 'no' }, 'parameter', 'no', WORDS, 'no'],
  'E8, too large': [
    413,
    '<h1>413 Request Entity Too Large</h1>',
    'parameter',
    'no',
    /too large.*smaller images/,
  ],
  'E8, a page': [
    502,
    '<html><h1>502 Bad Gateway</h1></html>',
    'upstream',
    'unknown',
    UNKNOWN,
    '502 Bad Gateway',
  ],
  'E9, nothing': [500, '', 'upstream', 'unknown', UNKNOWN],
};

async function submitted(status: number, body: unknown): Promise<Failure> {
  const outcome = submitOutcome(await readFacts(status, body, { step: 'submit' }));
  if (outcome.kind === 'accepted') assert.fail('it was accepted');
  const error = { status, ...outcome.error };
  if (outcome.kind === 'unknown') return failures.outcomeUnknown(error);
  return outcome.kind === 'refused'
    ? failures.refused(error, outcome.noChannel)
    : failures.rateLimited(error);
}

function check(failure: Failure, [, , kind, charged, sentence, details]: Row): void {
  assert.deepEqual([failure.kind, failure.charged], [kind, charged], failure.message);
  assert.match(failure.summary, sentence);
  // A complete sentence of the extension, without the gateway's text in it.
  assert.match(failure.summary, /^[A-Z].*\.$/);
  assert.doesNotMatch(failure.summary, /[\u3400-\u9fff{}<>]/);
  assert.equal(failure.message.includes("You weren't charged."), charged === 'no');
  if (details !== undefined) assert.equal(failure.detail, details);
  assert.ok(!failure.message.includes(key.value.slice(3, 9)), failure.message);
}

describe('messages for documented errors', () => {
  describe('of a submit', () => {
    for (const [name, row] of Object.entries(submits)) {
      it(name, async () => check(await submitted(row[0], row[1]), row));
    }
  });

  const asked: Readonly<Record<string, Row>> = {
    'a wrong key': [401, e1('无效的令牌'), 'key', 'unknown', KEY, '无效的令牌'],
    'a used-up key': [401, e1('该令牌额度已用尽'), 'quota', 'unknown', BALANCE],
    'a model closed to the key': [
      403,
      e1('该令牌无权访问模型 M'),
      'permission',
      'unknown',
      /The gateway denied access/,
    ],
    'a task that is not there': [
      400,
      e2('task_not_exist'),
      'expired',
      'unknown',
      /no longer knows this task/,
    ],
    'the same as documented': [404, e1('no', 'not_found'), 'expired', 'unknown', /no longer knows this task/],
    'an upstream that is not reached': [
      500,
      e2('get_task_failed', '请求上游地址失败'),
      'upstream',
      'unknown',
      /Couldn't get the status from the gateway/,
      MASKED,
    ],
    'too many questions': [
      429,
      e1('no', 'rate_limit_error'),
      'rateLimit',
      'unknown',
      /Checking again automatically/,
    ],
    'a page': [504, '<h1>504 Gateway Time-out</h1>', 'upstream', 'unknown', /Checking again automatically/],
    'a wrong base URL': [
      404,
      e1('Invalid URL (GET /v1/x)'),
      'upstream',
      'unknown',
      /Checking again automatically/,
    ],
  };
  describe('of a query', () => {
    for (const [name, row] of Object.entries(asked)) {
      it(name, async () => {
        const [status, body] = row;
        const outcome = queryOutcome(await readFacts(status, body));
        if (outcome.kind === 'task') assert.fail('it says something of a task');
        const trouble = { status, ...outcome.error };
        if (outcome.kind === 'missing') check(failures.taskGone('idDenied', trouble), row);
        else if (outcome.kind === 'temporary') check(failures.temporaryError(trouble), row);
        else check(failures.keyRefused(trouble), row);
      });
    }
  });

  const fetched: Readonly<Record<string, Row>> = {
    'an asset that is not ready': [
      502,
      { error: { message: 'Upstream service returned status 404', type: 'server_error', details: '<x>' } },
      'upstream',
      'yes',
      /Couldn't download the video yet\. Retrying automatically/,
      'Upstream service returned status 404',
    ],
    'a task that is not there': [404, e1('Task not found'), 'expired', 'yes', /no longer on the gateway\.$/],
  };
  describe('of a download', () => {
    for (const [name, row] of Object.entries(fetched)) {
      it(name, () => {
        const [status, body] = row;
        const { message, code } = redactResponse(parseErrorResponse(JSON.stringify(body)), key);
        const error = new GatewayError('refused', message, { status, code });
        // A deleted video is queried again first. Only then is it reported.
        if (status === 404) check(failures.expired('linkExpired', toErrorInfo(error)), row);
        else check(failures.downloadFailed(error, true), row);
      });
    }
  });

  // F1 to F5 of API reference 5.3. Keys and balances in their texts are between gateway and provider.
  const failed: Readonly<Record<string, Row>> = {
    'the filter': [0, e2('content_policy_violation'), 'moderation', 'no', FILTER],
    'no reason': [0, {}, 'upstream', 'no', /video couldn't be generated/],
    'the usual words': [
      0,
      { message: '任务执行失败' },
      'upstream',
      'no',
      /couldn't be generated/,
      '任务执行失败',
    ],
    'the provider’s quota': [
      0,
      { message: 'Quota exceeded, check billing' },
      'upstream',
      'no',
      /couldn't be generated/,
    ],
    'the provider’s key': [0, e2('invalid_api_key'), 'upstream', 'no', /couldn't be generated/],
    'a provider that is busy': [0, e2('Throttling.RateLimit'), 'rateLimit', 'no', /again in a few minutes/],
    'a model that is gone': [0, { message: 'The model is no longer available' }, 'modelGone', 'no', MODEL],
  };
  describe('of a task', () => {
    for (const [name, row] of Object.entries(failed)) {
      it(name, async () => {
        const body = { task_id: 't', status: 'failed', metadata: { error: row[1] } };
        const outcome = queryOutcome(await readFacts(200, body));
        if (outcome.kind !== 'task' || outcome.state.kind !== 'failed') assert.fail(outcome.kind);
        check(failures.taskFailed({ status: 0, ...outcome.state.error }), row);
      });
    }
  });

  it("doesn't misread similar texts", () => {
    const kind = (status: number, message: string) => failures.refused({ status, message }).kind;
    assert.equal(kind(400, 'the model id is case-sensitive'), 'parameter');
    assert.equal(kind(403, 'insufficient permissions'), 'permission');
    // Rate limits mention quotas too, but aren't about the balance.
    assert.equal(kind(429, 'You exceeded your current quota'), 'rateLimit');
  });

  it('formats the time of a long silence in the display language', () => {
    const silence = { since: Date.UTC(2026, 10, 22, 12), now: Date.UTC(2026, 10, 22, 18) };
    const said = (language: string) =>
      publicFailures({ l10n: untranslatedL10n, language }).temporaryError(
        { status: 0, message: '' },
        silence,
      );
    for (const language of ['en', 'de', 'zh-cn']) {
      const time = new Date(silence.since).toLocaleString(language, {
        dateStyle: 'medium',
        timeStyle: 'short',
      });
      assert.ok(
        said(language).message.includes(`No status from the gateway since ${time}. Checking again`),
        language,
      );
    }
    assert.notEqual(said('de').message, said('zh-cn').message);
  });
});
