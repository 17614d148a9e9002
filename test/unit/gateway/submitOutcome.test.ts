import assert from 'node:assert/strict';
import fc from 'fast-check';
import { submitOutcome } from '../../../src/core/gateway/outcomes';
import { recoverTaskId } from '../../../src/core/gateway/taskIds';
import { loadReplyCases } from '../../support/replyCases';
import { CASE_KEY, readCanned, readFacts } from '../support/readFacts';

const read = async (status: number, body: unknown, retryAfterMs?: number) =>
  submitOutcome(await readFacts(status, body, { step: 'submit', retryAfterMs }));

/** The shapes of API reference 4.2 and the places of 4.3, each with the expected ID. */
const accepted: Readonly<Record<string, readonly [id: string, body: unknown]>> = {
  'S1, full': [
    'video_1',
    {
      task_id: 'video_1',
      status: 'submitted',
      format: 'mp4',
      metadata: { id: 'other', status: 'queued', error: null },
    },
  ],
  'S2, short': ['video_1', { task_id: 'video_1', status: 'submitted', format: 'mp4' }],
  'S3, Wan as documented': [
    '5b0c2c6e-1111',
    {
      task_id: '5b0c2c6e-1111',
      status: 'submitted',
      metadata: { output: { task_id: '5b0c', task_status: 'PENDING' } },
    },
  ],
  'S3b, empty code and message': [
    '5b0c2c6e-1111',
    { task_id: '5b0c2c6e-1111', status_code: 0, code: '', message: '', output: { task_id: '5b0c2c6e-1111' } },
  ],
  'S4, Seedance': ['cgt-20261122101500-abcde', { task_id: 'cgt-20261122101500-abcde', status: 'submitted' }],
  'S5, only the id, and a long one': ['cHJvamVjdHMv'.repeat(20), { task_id: 'cHJvamVjdHMv'.repeat(20) }],
  'S6, envelope': [
    'abcd1234',
    { code: 'success', message: '', data: { task_id: 'abcd1234', status: 'SUBMITTED' } },
  ],
  'S6, data is the id': ['abcd1234', { code: 'success', message: '', data: 'abcd1234' }],
  'data is the id, no code': ['abcd1234', { data: 'abcd1234' }],
  'data is the id, code 0': ['abcd1234', { code: 0, data: 'abcd1234' }],
  'data is the id, empty code': ['abcd1234', { code: '', data: 'abcd1234' }],
  'data is the id, code 200': ['abcd1234', { code: 200, data: 'abcd1234' }],
  'data is the id, code "OK"': ['abcd1234', { code: 'OK', message: '', data: 'abcd1234' }],
  'blanks around the id': ['video_1', { task_id: ' video_1\n' }],
  'S7, id under `id`': [
    'video_task_0001',
    { id: 'video_task_0001', object: 'video.generation', status: 'pending' },
  ],
  'S8, the vendor object': ['video_9', { id: 'video_9', object: 'video', status: 'queued', progress: 0 }],
  'data.id': ['x1', { data: { id: 'x1' } }],
  'output.task_id': ['x1', { output: { task_id: 'x1' } }],
  'metadata.id': ['x1', { metadata: { id: 'x1' } }],
  'blank places are passed over': ['x1', { task_id: '', id: '  ', data: { task_id: null, id: 'x1' } }],
  'whatever code and message say': [
    'x1',
    { task_id: 'x1', code: 'weird', message: 'please wait', error: null },
  ],
  'unknown keys everywhere': [
    'x1',
    { task_id: 'x1', constructor: 'y', __proto__x: 1, toString: {}, extra: [[]] },
  ],
};

/** Certain refusals (DESIGN 5): status, body and the code that is kept. */
const refused: readonly (readonly [name: string, status: number, body: unknown, code?: string])[] = [
  [
    'E1 401',
    401,
    { error: { message: 'no', type: 'authentication_error', code: 'invalid_api_key' } },
    'invalid_api_key',
  ],
  [
    'E1 401, empty code',
    401,
    { error: { message: '无效的令牌', type: 'nebula_api_error', code: '' } },
    'nebula_api_error',
  ],
  [
    'E2 403 quota',
    403,
    { code: 'quota_not_enough', message: 'user quota is not enough', data: null },
    'quota_not_enough',
  ],
  ['E2 400', 400, { code: 'invalid_request', message: 'prompt is required', data: null }, 'invalid_request'],
  [
    'E3 400',
    400,
    {
      code: 'fail_to_fetch_task',
      message: '{"code":"InvalidParameter.ImageFormat","message":"unsupported image"}',
    },
    'InvalidParameter.ImageFormat',
  ],
  ['402', 402, ''],
  ['404 invalid URL', 404, { error: { message: 'Invalid URL (POST /x)' } }],
  ['413 as a page', 413, '<html><h1>413 Request Entity Too Large</h1></html>'],
  ['415', 415, 'no'],
  ['422', 422, {}],
  ['301', 301, ''],
  ['302 to a login page', 302, '<a href="/login">Found</a>'],
  ['304', 304, ''],
  [
    '503 no channel',
    503,
    { error: { message: '当前分组 default 下对于模型 sora-2 无可用渠道', type: 'nebula_api_error' } },
  ],
];

/** Unclear responses (DESIGN 5). */
const unknown: readonly (readonly [name: string, status: number, body: unknown])[] = [
  ['500 as JSON', 500, { code: 'do_request_failed', message: '请求上游地址失败', data: null }],
  ['502 as a page', 502, '<html>Bad Gateway</html>'],
  ['503 without a channel, as a page', 503, '<html>no available channel</html>'],
  ['503 about something else', 503, { error: { message: 'overloaded' } }],
  ['504 empty', 504, ''],
  ['524', 524, '<html>'],
  ['408', 408, {}],
  ['409', 409, {}],
  ['insert_task_failed, 500', 500, { code: 'insert_task_failed', message: 'Duplicate entry', data: null }],
  ['insert_task_failed, 400', 400, { code: 'insert_task_failed', message: 'x', data: null }],
  ['insert_task_failed, 429', 429, { code: 'insert_task_failed', message: 'x', data: null }],
  ['insert_task_failed, 200', 200, { code: 'insert_task_failed', message: 'x', data: null }],
  ['insert_task_failed as E1', 400, { error: { code: 'insert_task_failed', message: 'x' } }],
  [
    'insert_task_failed with the words of the database as JSON',
    400,
    { code: 'insert_task_failed', message: '{"code":"1062","message":"Duplicate entry"}', data: null },
  ],
  [
    'insert_task_failed as the type beside a code',
    400,
    { error: { message: 'x', type: 'insert_task_failed', code: 'database' } },
  ],
  ['200 with E2', 200, { code: 'fail_to_fetch_task', message: 'no', data: null }],
  ['200 with E1', 200, { error: { message: 'no', code: 'x' } }],
  ['200 with E4', 200, { code: 'error', message: 'no', data: null }],
  ['200 with E5', 200, { success: false, message: 'no' }],
  ['200 with E6', 200, { error: 'no' }],
  ['200 with E7', 200, { error: { code: 404, message: 'gone', status: 'NOT_FOUND' } }],
  ['200 with words about billing', 200, { success: false, message: 'upstream billing service timed out' }],
  [
    '200 with words about sensitivity',
    200,
    { code: 'error', message: 'do request failed: case sensitive header' },
  ],
  ['200 with a code that isn’t documented', 200, { code: 'billing_unavailable', message: 'no', data: null }],
  ['200 as a page about a policy', 200, '<html>This request violates your company security policy</html>'],
  ['200 as a text about moderation', 200, 'content moderation service: ok'],
  ['200 empty', 200, ''],
  ['200 as a page', 200, '<!doctype html><title>Welcome</title>'],
  ['200 without anything', 200, {}],
  ['200 with null', 200, 'null'],
  ['200 with a sentence for data', 200, { data: 'the task was queued' }],
  ['200 with only empty error', 200, { error: {}, code: '', message: '' }],
  ['200 success without data', 200, { code: 'success', message: '', data: null }],
  ['200 with code 200 and nothing else', 200, { code: 200, message: 'ok', data: null }],
  ['200 with code "0" and nothing else', 200, { code: '0', msg: '' }],
  ['200 with code "SUCCESS" and nothing else', 200, { code: 'SUCCESS', data: {} }],
  ['insert_task_failed with an escape', 400, '{"code":"insert\\u005ftask_failed","message":"x"}'],
  ['insert_task_failed in capitals', 400, { code: 'INSERT_TASK_FAILED', message: 'x' }],
];

/** IDs that are kept, whatever the status is and however the response ends. */
const idsKept: readonly (readonly [name: string, id: string, status: number, body: unknown])[] = [
  ['an error status', 'video_1', 400, { task_id: 'video_1', code: 'invalid_request', message: 'no' }],
  ['a redirect', 'video_1', 302, { task_id: 'video_1' }],
  ['a rate limit', 'video_1', 429, { task_id: 'video_1' }],
  ['a server error', 'video_1', 502, { data: { task_id: 'video_1' } }],
  ['a code of its own', 'T9', 200, { code: 100, data: 'T9' }],
  ['only an id of a request', 'req-77', 200, { id: 'req-77', error: { code: 'content_policy_violation' } }],
  ['a number', '12', 200, { task_id: 12 }],
  ['a large number', '902581991298326528', 200, '{"data":{"task_id":902581991298326528}}'],
  ['a list', 'video_1', 200, [{ task_id: 'video_1' }]],
  ['camel case', 'x1', 200, { taskId: 'x1' }],
  ['task.id', 'x1', 200, { task: { id: 'x1' } }],
  ['result.task_id', 'x1', 200, { result: { task_id: 'x1' } }],
  ['output.id', 'x1', 200, { output: { id: 'x1' } }],
  ['metadata.task_id', 'x1', 200, { metadata: { task_id: 'x1' } }],
  ['a row number beside it', 'x1', 200, { id: 6, data: { task_id: 'x1' } }],
  ['NaN', 'x1', 200, '{"progress":NaN,"task_id":"x1"}'],
  ['an event stream', 'x1', 200, 'event: task\ndata: {"task_id":"x1"}\n\ndata: [DONE]\n\n'],
  ['several events', 'x1', 200, 'data: {"task_id":"x1"}\n\ndata: {"status":"queued"}\n\n'],
  ['a warning before it', 'x1', 200, '<br />\n<b>Warning</b>: x in y.php\n{"task_id":"x1"}'],
  ['JSON as text', 'x1', 200, JSON.stringify(JSON.stringify({ task_id: 'x1' }))],
  ['a broken list in broken JSON', 'vg_1', 200, `{"log":"x","data":)]}',\n[{"generation_id":"vg_1"}]}`],
  ['what is no JSON', 'x1', 200, "{'task_id': 'x1'}"],
  ['broken JSON before it', 'x1', 200, '{"a" 1,"task_id":"x1"}'],
  ['an end within the JSON', 'x1', 200, '{"task_id":"x1","status":"subm'],
  ['an end right after it', 'x1', 200, '{"code":"success","data":{"task_id":"x1"'],
  [
    'more than a megabyte before its envelope',
    'x1',
    200,
    `{"all":[${'"z",'.repeat(400_000)}0],"data":{"task_id":"x1"}}`,
  ],
  [
    'more than a megabyte before it',
    'x1',
    200,
    `{"log":${JSON.stringify(['y'.repeat(1000)])},"all":[${'"z",'.repeat(400_000)}0],"task_id":"x1"}`,
  ],
];

const noId: readonly (readonly [name: string, body: unknown])[] = [
  ['a sentence', { task_id: 'please wait' }],
  ['a sentence in Chinese', { data: '任务提交成功' }],
  ['a word without a digit as data', { data: 'success' }],
  ['a link', { data: 'https://x.example/1' }],
  ['a word for nothing', { task_id: 'null', id: 'none', data: { id: '0' } }],
  ['half an id', '{"task_id":"video_1'],
  ['half a number', '{"task_id":1234'],
  ['an example in a page', '<!doctype html><pre>{"task_id":"video_1"}</pre>'],
  ['the key', { task_id: CASE_KEY.value }],
];

describe('submitOutcome', () => {
  for (const status of [200, 201, 202]) {
    for (const [name, [id, body]] of Object.entries(accepted)) {
      it(`accepts ${status} ${name}`, async () => {
        const outcome = await read(status, body);
        assert.deepEqual(
          [outcome.kind, outcome.kind === 'accepted' && outcome.gatewayTaskId],
          ['accepted', id],
        );
      });
    }
  }

  for (const [name, id, status, body] of idsKept) {
    it(`keeps an ID with ${name}`, async () => {
      const outcome = await read(status, body);
      assert.deepEqual(
        [outcome.kind, outcome.kind === 'accepted' && outcome.gatewayTaskId],
        ['accepted', id],
      );
    });
  }

  for (const [name, body] of noId) {
    it(`does not take ${name} for an ID`, async () => assert.equal((await read(200, body)).kind, 'unknown'));
  }

  for (const [name, status, body, code] of refused) {
    it(`refuses ${name}`, async () => {
      const outcome = await read(status, body);
      assert.equal(outcome.kind, 'refused');
      if (code !== undefined) assert.equal(outcome.error.code, code);
    });
  }

  for (const [name, status, body] of unknown) {
    it(`is unknown for ${name}`, async () => {
      assert.equal((await read(status, body)).kind, 'unknown');
    });
  }

  for (const body of [{ error: { message: 'slow down' } }, '', '<html>429</html>']) {
    it(`is a rate limit for 429 with ${JSON.stringify(body)}`, async () => {
      assert.equal((await read(429, body)).kind, 'rateLimited');
      const outcome = await read(429, body, 1500);
      assert.equal(outcome.kind === 'rateLimited' && outcome.retryAfterMs, 1500);
    });
  }

  for (const status of [400, 403, 404, 429]) {
    it(`is unknown for a truncated ${status}, because the rest may contain an ID`, async () => {
      const body = Buffer.from('{"code":"x","mess');
      const facts = await readCanned({ status, body, cutAfter: true }, { step: 'submit' });
      assert.equal(submitOutcome(facts).kind, 'unknown');
    });
  }

  // This parser tolerates the same errors as that for downloads (API reference 6.0, 13 row 12).
  for (const text of ['\ufeff{"task_id":"video_1"}', '{"task_id":"video_1","status":"submitted",}']) {
    it(`finds the ID in ${JSON.stringify(text)}`, async () => {
      const outcome = await read(200, text);
      assert.equal(outcome.kind === 'accepted' && outcome.gatewayTaskId, 'video_1');
    });
  }

  for (const [text, id] of [
    ['{"task_id":"video_1","status":"submitted"}', 'video_1'],
    ['{"task_id":"video_1","status":"subm', 'video_1'],
    ['No clear answer came back. Details: {"taskId":"video_1","sta', 'video_1'],
    ['No clear answer. Details: {"code":0,"data":{"id":"video_1"}}', 'video_1'],
    ['socket hang up, after: {"task_id":424010985738629,"status":"su', '424010985738629'],
    ['{"task_id":"video_', undefined],
    ['The gateway did not answer.', undefined],
  ] as const) {
    it(`recovers ${id ?? 'nothing'} from ${text}`, () => assert.equal(recoverTaskId(text), id));
  }

  const source = 'video_source1';
  for (const [name, status, body] of [
    [
      'quoted in an error',
      500,
      { error: { message: `can't read task_id="${source}"`, code: 'upstream_error' } },
    ],
    ['echoed with an error', 400, { code: 'task_not_exist', message: 'x', data: { task_id: source } }],
    ['echoed as data', 200, { code: 'success', message: '', data: source }],
    ['echoed in the video', 400, { error: { message: 'x' }, video: { id: source } }],
    ['in a text', 502, `upstream failed, task_id: "${source}"`],
  ] as const) {
    it(`doesn’t take the ID of the remixed task for the new one: ${name}`, async () => {
      const facts = await readFacts(status, body, { step: 'submit', remixOf: source });
      assert.equal(facts.taskId, undefined);
      assert.equal(submitOutcome(facts).kind, status === 400 ? 'refused' : 'unknown');
    });
  }

  it('finds the ID of the new task next to that of the remixed one', async () => {
    const body = { video_id: source, data: { task_id: 'video_2' } };
    assert.equal((await readFacts(200, body, { step: 'submit', remixOf: source })).taskId, 'video_2');
    const text = `{"task_id":"${source}","new":{"task_id":"video_2"}}`;
    assert.equal(recoverTaskId(text, source), 'video_2');
  });

  for (const body of [
    { video: { id: 'x1' } },
    { videos: [{ id: 'x1' }] },
    { job: { id: 'x1' } },
    { generation: { id: 'x1', status: 'queued' } },
    { data: { task_info: { id: 'x1' } } },
  ]) {
    it(`treats ${JSON.stringify(body)} as an ID that may belong to another task`, async () => {
      const outcome = await read(200, body);
      assert.ok(outcome.kind === 'accepted' && outcome.isUnsure);
      assert.equal(outcome.gatewayTaskId, 'x1');
    });
  }

  it('property: finds the ID in any truncated response that contains it completely', async () => {
    const responses = loadReplyCases(['submit']).filter(({ means }) => typeof means['taskId'] === 'string');
    for (const { status, body, means, name } of responses) {
      const text = body.toString('latin1');
      const id = String(means['taskId']);
      // In quotes, or as a number with its terminator.
      const end = text.indexOf(id) + id.length + 1;
      for (let length = end; length <= body.length; length++) {
        const facts = await readCanned(
          { status, body: body.subarray(0, length), cutAfter: length % 2 === 0 },
          { step: 'submit' },
        );
        assert.equal(facts.taskId, id, `${name}: the first ${length} bytes`);
        assert.equal(submitOutcome(facts).kind, 'accepted');
      }
    }
  });

  it('property: never throws, and refuses only the listed responses', async () => {
    const body = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .record({ task_id: fc.jsonValue(), code: fc.jsonValue(), data: fc.jsonValue() })
        .map((value) => JSON.stringify(value)),
    );
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 100, max: 599 }), body, async (status, text) => {
        const outcome = await read(status, text);
        if (outcome.kind === 'accepted') assert.match(outcome.gatewayTaskId, /^[!-~]+$/);
        // Only the responses listed in DESIGN 5 are certain refusals.
        if (outcome.kind === 'refused') assert.ok(status < 500 || status === 503);
      }),
    );
  });
});
