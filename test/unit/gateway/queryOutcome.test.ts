import assert from 'node:assert/strict';
import fc from 'fast-check';
import { queryOutcome, type QueryOutcome, type TaskState } from '../../../src/core/gateway/outcomes';
import { inlineVideoPath } from '../../../src/core/gateway/responseLinks';
import { CASE_BASE } from '../../support/replyCases';
import { CASE_KEY, readFacts } from '../support/readFacts';

const link = 'https://nebula-ads.oss-cn-guangzhou.aliyuncs.com/a.mp4?Expires=1&Signature=x%2By';
const link2 = 'https://nebula-ads.oss-cn-guangzhou.aliyuncs.com/b.mp4';
const dataUri = 'data:video/mp4;base64,AAAAIGZ0eXBpc29t';

const read = async (status: number, body: unknown): Promise<QueryOutcome> =>
  queryOutcome(await readFacts(status, body, { taskId: 't' }));

/** Returns the task state in a successful response. */
const getState = async (body: unknown): Promise<TaskState | undefined> => {
  const outcome = await read(200, body);
  return outcome.kind === 'task' ? outcome.state : undefined;
};

const succeeded = async (body: object): Promise<Extract<TaskState, { kind: 'succeeded' }>> => {
  const state = await getState({ task_id: 't', status: 'succeeded', ...body });
  assert.equal(state?.kind, 'succeeded');
  return state;
};

const failure = async (body: object) => {
  const state = await getState(body);
  assert.equal(state?.kind, 'failed');
  return state.error;
};

/** Statuses (API reference 8), compared case-insensitively. */
const statuses: Readonly<Record<TaskState['kind'], readonly string[]>> = {
  queued: ['submitted', 'queued', 'pending', 'not_start', 'in_queue', 'unknown', '', '  '],
  running: ['in_progress', 'processing', 'running', 'preprocessing', 'generating', 'transmogrifying', '完成'],
  succeeded: ['succeeded', 'success', 'succeed', 'completed', 'complete', 'done'],
  failed: ['failed', 'failure', 'fail', 'error', 'cancelled', 'canceled'],
  expired: ['expired'],
};

describe('the task state in a response', () => {
  for (const [kind, list] of Object.entries(statuses)) {
    for (const word of list) {
      it(`is ${kind} for "${word}" in any case, with or without an envelope`, async () => {
        for (const status of [word, word.toUpperCase(), ` ${word} `]) {
          assert.equal((await getState({ task_id: 't', status }))?.kind, kind);
          assert.equal((await getState({ code: 'success', data: { task_id: 't', status } }))?.kind, kind);
        }
      });
    }
  }

  const running: Readonly<Record<string, readonly [body: unknown, state: TaskState]>> = {
    'Q1, slim': [{ task_id: 't', status: 'in_progress', format: 'mp4' }, { kind: 'running' }],
    'Q2, flat': [
      {
        task_id: 't',
        id: 't',
        object: 'video_generation',
        status: 'in_progress',
        progress: 50,
        seconds: '8',
      },
      { kind: 'running', progress: 50 },
    ],
    'Q3, nested, empty url, null error': [
      {
        task_id: 't',
        status: 'in_progress',
        url: '',
        error: null,
        metadata: { status: 'completed', progress: 40 },
      },
      { kind: 'running', progress: 40 },
    ],
    'Q3, metadata null': [
      { task_id: 't', status: 'queued', metadata: null, error: null },
      { kind: 'queued' },
    ],
    'Q4, envelope': [
      {
        code: 'success',
        message: '',
        data: { task_id: 't', status: 'IN_PROGRESS', fail_reason: '', progress: '30%', data: {} },
      },
      { kind: 'running', progress: 30 },
    ],
    'no status, but a task': [{ task_id: 't' }, { kind: 'queued' }],
    'status null': [{ task_id: 't', status: null }, { kind: 'queued' }],
    'DashScope’s own object': [
      { request_id: 'r', output: { task_id: 't', task_status: 'RUNNING' } },
      { kind: 'running' },
    ],
  };
  for (const [name, [body, state]] of Object.entries(running)) {
    it(name, async () => assert.deepEqual(await getState(body), state));
  }

  for (const body of [
    undefined,
    null,
    '',
    'a text',
    12,
    [],
    {},
    { code: 'success', data: null },
    { code: 'get_task_failed', message: 'no', data: null },
    { error: { message: 'no', code: 500 } },
    { error: { code: 404, message: 'gone', status: 'NOT_FOUND' } },
    { success: false, message: 'no' },
    { status: 500, error: 'Internal Server Error', path: '/v1/video/generations/t' },
    { status: null, message: 'no' },
    { status: 'error', message: 'no' },
    { status: 'fail', data: { title: 'no' } },
  ]) {
    it(`is undefined for ${JSON.stringify(body)}`, async () =>
      assert.equal(await getState(body ?? ''), undefined));
  }

  describe('progress', () => {
    const table: readonly (readonly [value: unknown, progress: number | undefined])[] = [
      [0, 0],
      [50, 50],
      ['50', 50],
      ['50%', 50],
      [' 50 % ', 50],
      ['12.5%', 12.5],
      [250, 100],
      ['250%', 100],
      [-3, 0],
      ['-3', 0],
      ['soon', undefined],
      ['', undefined],
      ['%', undefined],
      [null, undefined],
      [true, undefined],
      [{}, undefined],
    ];
    for (const [value, progress] of table) {
      it(`is ${progress} for ${String(value)} (${typeof value})`, async () => {
        const state = await getState({ task_id: 't', status: 'running', progress: value });
        assert.deepEqual(state, { kind: 'running', ...(progress === undefined ? {} : { progress }) });
      });
    }
    it('is found at the top, in data, in metadata', async () => {
      const places = { progress: 'no', data: { progress: '30%' }, metadata: { progress: 70 } };
      const state = await getState({ task_id: 't', status: 'running', ...places });
      assert.equal((state as { progress: number }).progress, 30);
    });
  });

  describe('success', () => {
    const videos = [{ url: link }, { url: link2 }, { url: link }];
    const table: Readonly<
      Record<string, readonly [body: Record<string, unknown>, links: readonly string[]]>
    > = {
      'Q5, url': [{ url: link }, [link]],
      'Q6, no url': [{ progress: 100, width: 1280 }, []],
      'Q7, the signed link at the top wins': [
        { url: link, metadata: { output: { video_url: link2 } } },
        [link],
      ],
      'Q8, null error': [{ url: link, error: null, metadata: { content: { video_url: link } } }, [link]],
      'Q10, several, once each, in order': [
        { url: [link2, link, link2], metadata: { response: { videos } } },
        [link2, link],
      ],
      'items with a url': [
        { url: [{ url: link }, { url: '' }, 'expired', null, { url: link2 }] },
        [link, link2],
      ],
      video_url: [{ video_url: link }, [link]],
      'video.url': [{ video: { url: link } }, [link]],
      video: [{ video: link }, [link]],
      'data.url': [{ data: { url: link } }, [link]],
      'data.data.video_url': [{ data: { data: { video_url: link, duration: 5 } } }, [link]],
      'data.data.url': [{ data: { data: { url: link } } }, [link]],
      'data.fail_reason': [{ data: { fail_reason: link } }, [link]],
      'metadata.url': [{ metadata: { url: link } }, [link]],
      'metadata.output.video_url': [{ url: '', metadata: { output: { video_url: link } } }, [link]],
      'metadata.content.video_url': [{ url: null, metadata: { content: { video_url: link } } }, [link]],
      'metadata.result.video_url': [{ metadata: { result: { video_url: link } } }, [link]],
      'metadata.data.task_result.videos': [
        { metadata: { data: { task_result: { videos } } } },
        [link, link2],
      ],
      'metadata.response.videos': [{ metadata: { response: { videos } } }, [link, link2]],
      'Ark’s own object': [{ id: 't', content: { video_url: link } }, [link]],
      'DashScope’s own object in an envelope': [{ data: { data: { output: { video_url: link } } } }, [link]],
      'blanks around it': [{ url: `  ${link}\n` }, [link]],
      'no address': [{ url: ['javascript:1', 'no link', 'soon'] }, []],
      'a poster, a cover and a copy with a watermark': [
        { url: 'https://x.example/a.JPG?x=1', cover_url: link, watermark_url: link },
        [],
      ],
      'JSON as text': [{ resultJson: JSON.stringify({ resultUrls: [link] }) }, [link]],
      'relative links': [
        { url: ['/a/b.mp4?x=1', '//cdn.example.com/c.mp4', 'v1/videos/t/content'] },
        [`${CASE_BASE}/a/b.mp4?x=1`, 'http://cdn.example.com/c.mp4', `${CASE_BASE}/v1/videos/t/content`],
      ],
    };
    for (const [name, [body, links]] of Object.entries(table)) {
      it(`has ${links.length} link(s): ${name}`, async () => {
        const state = await succeeded(body);
        assert.deepEqual(state.links, links);
        assert.deepEqual([state.refusedLinks, state.filteredCount], [[], 0]);
      });
    }

    it('keeps only the place of an inline video (Q9)', async () => {
      const metadata = { response: { videos: [{ bytesBase64Encoded: 'AAAA' }], raiMediaFilteredCount: 0 } };
      const places = async (body: Record<string, unknown>) =>
        (await succeeded({ metadata, ...body })).links.map((found) => inlineVideoPath(found) ?? found);
      for (const url of [dataUri, ' DATA:VIDEO/mp4;base64,AA', 'data:application/octet-stream;base64,AAAA'])
        assert.deepEqual(await places({ url }), ['url']);
      assert.deepEqual(await places({ url: [dataUri, link, { url: dataUri }] }), [
        'url.0',
        link,
        'url.2.url',
      ]);
      assert.deepEqual(await places({ video: { url: dataUri } }), ['video.url']);
      assert.deepEqual(await places({ data: { fail_reason: dataUri } }), ['data.fail_reason']);
      assert.deepEqual(await places({ url: 'data:text/html,no' }), []);
    });

    it('is read from the envelope (Q11)', async () => {
      const data = {
        task_id: 't',
        status: 'SUCCESS',
        progress: '100%',
        data: { video_url: link, width: 1280 },
      };
      assert.deepEqual(await getState({ code: 'success', message: '', data }), {
        kind: 'succeeded',
        links: [link],
        refusedLinks: [],
        filteredCount: 0,
      });
    });

    it('is expired by the word only if there is no link', async () => {
      for (const url of ['expired', ' EXPIRED ', ['expired']]) {
        const state = await getState({ task_id: 't', status: 'succeeded', url });
        assert.ok(state?.kind === 'expired' && state.wasReady);
      }
      assert.deepEqual((await succeeded({ url: 'expired', metadata: { url: link } })).links, [link]);
    });

    it('counts filtered videos', async () => {
      for (const [value, count] of [
        [1, 1],
        ['2', 2],
        [0, 0],
        [null, 0],
        ['x', 0],
      ]) {
        const metadata = { response: { raiMediaFilteredCount: value } };
        assert.equal((await succeeded({ url: link, metadata })).filteredCount, count);
      }
    });

    it('is a failure if a filter removed every video', async () => {
      const response = { raiMediaFilteredCount: 2, raiMediaFilteredReasons: ['not allowed'], videos: [] };
      const state = await getState({ task_id: 't', status: 'succeeded', metadata: { response } });
      assert.deepEqual(state, { kind: 'failed', error: { message: 'not allowed' }, filteredCount: 2 });
    });

    for (const url of [
      'file:///srv/a.mp4',
      's3://bucket/a.mp4',
      'https://10.0.0.1/a.mp4',
      'https://x.example:99999/a.mp4',
      `https://x.example/a.mp4?key=${CASE_KEY.value}`,
    ]) {
      it(`refuses ${url}, but keeps it without the key`, async () => {
        const state = await succeeded({ url });
        assert.deepEqual(state.links, []);
        assert.equal(state.refusedLinks.length, 1);
        assert.ok(!JSON.stringify(state).includes(CASE_KEY.value));
        const better = await succeeded({ url, metadata: { url: link } });
        assert.deepEqual(better.links, [link]);
      });
    }

    it('reads expires_at in seconds, at the top or in metadata', async () => {
      assert.equal((await succeeded({ metadata: { expires_at: 1765000000 } })).expiresAt, 1765000000000);
      assert.equal((await succeeded({ expires_at: 1765000000 })).expiresAt, 1765000000000);
      for (const value of [null, 0, -1, '', 'soon', {}])
        assert.equal((await succeeded({ expires_at: value })).expiresAt, undefined);
    });

    // Times are stored as integers. A value that can't be stored would keep the task from becoming `ready`.
    for (const value of [1765000000.1234, 1765000000e6, 1e300]) {
      it(`reads expires_at ${value} as a storable integer, or none`, async () => {
        const { expiresAt } = await succeeded({ expires_at: value });
        assert.ok(expiresAt === undefined || Number.isSafeInteger(expiresAt), String(expiresAt));
      });
    }
  });

  describe('failure', () => {
    const table: Readonly<
      Record<string, readonly [body: Record<string, unknown>, message: string, code?: string]>
    > = {
      'F1, a number says nothing': [
        { task_id: 't', status: 'failed', error: { code: 400, message: 'blocked' } },
        'blocked',
      ],
      F2: [
        {
          status: 'failed',
          progress: 100,
          failure_reason: 'other',
          error: { message: 'blocked', code: 'content_policy_violation' },
        },
        'blocked',
        'content_policy_violation',
      ],
      F3: [
        {
          status: 'failed',
          metadata: {
            output: { task_status: 'FAILED', code: 'InvalidParameter.ImageFormat', message: 'bad image' },
          },
        },
        'bad image',
        'InvalidParameter.ImageFormat',
      ],
      'F4, the vendor’s code is better': [
        {
          status: 'failed',
          error: { code: 400, message: 'no' },
          metadata: { error: { code: 'Sensitive', message: 'deep' }, reason: 'r' },
        },
        'no',
        'Sensitive',
      ],
      F5: [
        { code: 'success', data: { status: 'FAILURE', fail_reason: 'blocked', progress: '100%' } },
        'blocked',
      ],
      'error is a text': [{ status: 'failed', error: 'blocked' }, 'blocked'],
      failure_reason: [
        { status: 'failed', error: {}, failure_reason: 'blocked', fail_reason: 'x' },
        'blocked',
      ],
      fail_reason: [{ status: 'failed', error: null, fail_reason: 'blocked' }, 'blocked'],
      'metadata.error': [
        { status: 'failed', metadata: { error: { message: 'blocked' }, reason: 'x' } },
        'blocked',
      ],
      'metadata.reason': [{ status: 'failed', metadata: { reason: 'blocked' } }, 'blocked'],
      message: [{ status: 'failed', message: 'blocked', data: { message: 'x' } }, 'blocked'],
      'data.message': [{ data: { status: 'failed', message: 'blocked' } }, 'blocked'],
      'vendor JSON behind a prefix': [
        {
          status: 'failed',
          error: { code: 400, message: '请求参数错误(400): {"error":{"code":"Bad","message":"blocked"}}' },
        },
        'blocked',
        'Bad',
      ],
      'no words at all': [{ status: 'cancelled' }, ''],
    };
    for (const [name, [body, message, code]] of Object.entries(table)) {
      it(name, async () => {
        const error = await failure(body);
        assert.equal(error.message, message);
        assert.equal(error.code, code);
      });
    }
  });

  it('property: never throws, keeps progress within 0 to 100, and keeps unknown statuses running', async () => {
    const body = fc.oneof(
      fc.jsonValue(),
      fc.record({
        task_id: fc.constantFrom('t', ''),
        status: fc.string(),
        progress: fc.jsonValue(),
        metadata: fc.jsonValue(),
        data: fc.jsonValue(),
        url: fc.jsonValue(),
      }),
    );
    const known = new Set(Object.values(statuses).flat());
    await fc.assert(
      fc.asyncProperty(body, async (value) => {
        const state = await getState(value);
        if (state && 'progress' in state) assert.ok(state.progress >= 0 && state.progress <= 100);
        const { task_id: id, status } = Object(value) as { task_id?: unknown; status?: unknown };
        if (id !== 't' || typeof status !== 'string') return;
        const word = status.trim().toLowerCase();
        if (word !== '' && !known.has(word))
          assert.ok(state?.kind === 'running' || state?.kind === 'succeeded');
      }),
    );
  });
});

/** Outcomes by response (DESIGN 5, Query). */
const table: readonly (readonly [
  name: string,
  kind: QueryOutcome['kind'],
  status: number,
  value: unknown,
])[] = [
  ['a task', 'task', 200, { task_id: 't', status: 'in_progress' }],
  ['a failed task', 'task', 200, { task_id: 't', status: 'failed', error: { code: 400, message: 'x' } }],
  ['200 with E2', 'temporary', 200, { code: 'get_task_failed', message: 'x', data: null }],
  ['200 with E1', 'temporary', 200, { error: { message: 'x', type: 'server_error' } }],
  ['200 with E5', 'temporary', 200, { success: false, message: 'x' }],
  ['200 empty or a page', 'temporary', 200, ''],
  ['200 with a text', 'temporary', 200, 'ok'],
  ['400 with a verdict', 'task', 400, { error: { message: 'x', code: 'content_policy_violation' } }],
  ['500 with a verdict', 'task', 500, { code: 'InvalidParameter', message: 'x', data: null }],
  [
    '500 about reading the task',
    'temporary',
    500,
    { code: 'get_task_failed', message: 'query task failed: dial tcp 10.0.0.5: i/o timeout', data: null },
  ],
  [
    '500 with an error type',
    'temporary',
    500,
    { error: { message: 'fetch task failed, please retry', type: 'upstream_error' } },
  ],
  [
    '502 of an upstream',
    'temporary',
    502,
    { error: { message: 'get video generation failed: connection reset' } },
  ],
  [
    '503 of the moderation service',
    'temporary',
    503,
    { code: 'svc', message: 'The content moderation service is unavailable', data: null },
  ],
  ['503 of a firewall', 'temporary', 503, { error: 'blocked by security policy violation rule 12' }],
  [
    '500 of an image proxy',
    'temporary',
    500,
    { error: { message: 'failed to render image: invalid response from image proxy' } },
  ],
  ['500 with a moderation code', 'task', 500, { error: { message: 'x', code: 'moderation_blocked' } }],
  [
    '500 with words beside a failure status',
    'task',
    500,
    { task_id: 't', status: 'failed', error: { message: 'blocked by the safety filter' } },
  ],
  [
    '200 about reading the task',
    'temporary',
    200,
    { success: false, message: 'fetch task failed, please retry' },
  ],
  ['200 with a verdict in words', 'task', 200, { success: false, message: 'task failed: x' }],
  ['a failing query of the gateway', 'temporary', 500, { code: 'get_task_failed', message: 'x', data: null }],
  [
    '400 about the id',
    'temporary',
    400,
    { code: 'InvalidParameter', message: 'task_id is malformed', data: null },
  ],
  ['429 with a verdict', 'temporary', 429, { error: { message: 'safety checks are busy', code: 'x' } }],
  ['403 of a filter on the way', 'temporary', 403, { message: 'Request blocked by safety policy' }],
  ['404 of a web framework', 'temporary', 404, { detail: 'Not Found' }],
  ['404 of another one', 'temporary', 404, { message: 'Not Found' }],
  ['410 documented', 'task', 410, { error: { message: 'x', code: 'expired' } }],
  ['401 of a proxy', 'temporary', 401, { message: 'Unauthorized' }],
  ['408', 'temporary', 408, { error: { message: 'x' } }],
  ['429 as JSON', 'temporary', 429, { error: { message: 'x', type: 'rate_limit_error' } }],
  ['429 empty', 'temporary', 429, ''],
  ['500 E2', 'temporary', 500, { code: 'get_task_failed', message: 'x', data: null }],
  ['502 as a page', 'temporary', 502, ''],
  ['503 no channel', 'temporary', 503, { error: { message: '无可用渠道' } }],
  ['302', 'temporary', 302, ''],
  ['a failed task with an error status', 'task', 500, { task_id: 't', status: 'failed' }],
  ['400 about something else', 'temporary', 400, { code: 'invalid_request', message: 'x', data: null }],
  [
    '404 invalid URL',
    'temporary',
    404,
    { error: { message: 'Invalid URL (GET /v2/x)', type: 'invalid_request_error' } },
  ],
  ['404 as a page', 'temporary', 404, '<p>Not Found'],
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
  // A firewall's page says nothing about the key. It must not pause every task for 15 minutes.
  ['403 as a page', 'temporary', 403, '<p>Forbidden'],
];

describe('queryOutcome', () => {
  for (const [name, kind, status, value] of table) {
    it(`is ${kind} for ${name}`, async () => assert.equal((await read(status, value)).kind, kind));
  }

  it('returns how long to wait', async () => {
    const outcome = queryOutcome(await readFacts(429, '', { retryAfterMs: 2000 }));
    assert.equal(outcome.kind === 'temporary' && outcome.retryAfterMs, 2000);
    assert.equal('retryAfterMs' in (await read(429, '')), false);
  });

  it('is temporary for an incomplete response, and keeps its content', async () => {
    const body = `{"task_id":"t","status":"succeeded","url":"${link}","metadata":{"x`;
    const outcome = await read(200, body);
    assert.ok(outcome.kind === 'temporary' && outcome.state?.kind === 'succeeded');
    assert.deepEqual(outcome.state.links, [link]);
  });
});
