import assert from 'node:assert/strict';
import fc from 'fast-check';
import { inlinePlace, readTaskReply, type TaskState } from '../../../src/core/gateway/taskReply';

const link = 'https://nebula-ads.oss-cn-guangzhou.aliyuncs.com/a.mp4?Expires=1&Signature=x%2By';
const link2 = 'https://nebula-ads.oss-cn-guangzhou.aliyuncs.com/b.mp4';
const dataUri = 'data:video/mp4;base64,AAAAIGZ0eXBpc29t';

const succeeded = (body: Record<string, unknown>): Extract<TaskState, { kind: 'succeeded' }> => {
  const state = readTaskReply({ task_id: 't', status: 'succeeded', ...body });
  assert.equal(state?.kind, 'succeeded');
  return state;
};
const failure = (body: Record<string, unknown>) => {
  const state = readTaskReply(body);
  assert.equal(state?.kind, 'failed');
  return state.error;
};

/** API reference 8, compared without regard to case. */
const words: Readonly<Record<TaskState['kind'], readonly string[]>> = {
  queued: ['submitted', 'queued', 'pending', 'not_start', 'in_queue', 'unknown', '', '  '],
  running: ['in_progress', 'processing', 'running', 'preprocessing', 'generating', 'transmogrifying', '完成'],
  succeeded: ['succeeded', 'success', 'succeed', 'completed', 'complete', 'done'],
  failed: ['failed', 'failure', 'fail', 'error', 'cancelled', 'canceled'],
  expired: ['expired'],
};

describe('readTaskReply', () => {
  for (const [kind, list] of Object.entries(words)) {
    for (const word of list) {
      it(`"${word}" in any case, bare and in an envelope, is ${kind}`, () => {
        for (const status of [word, word.toUpperCase(), ` ${word} `]) {
          assert.equal(readTaskReply({ task_id: 't', status })?.kind, kind);
          assert.equal(
            readTaskReply({ code: 'success', data: { task_id: 't', status } })?.kind,
            kind === 'queued' && word.trim() === '' ? undefined : kind,
          );
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
    it(name, () => assert.deepEqual(readTaskReply(body), state));
  }

  for (const body of [
    undefined,
    null,
    '',
    'a text',
    12,
    [],
    [{ task_id: 't', status: 'failed' }],
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
    it(`${JSON.stringify(body)} says nothing of a task`, () => assert.equal(readTaskReply(body), undefined));
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
      ['-3', undefined],
      ['soon', undefined],
      ['', undefined],
      ['%', undefined],
      [null, undefined],
      [true, undefined],
      [{}, undefined],
      [NaN, undefined],
      [Infinity, undefined],
    ];
    for (const [value, progress] of table) {
      it(`${String(value)} (${typeof value}) is ${progress}`, () => {
        const state = readTaskReply({ task_id: 't', status: 'running', progress: value });
        assert.deepEqual(state, { kind: 'running', ...(progress === undefined ? {} : { progress }) });
      });
    }
    it('is looked for at the top, in data, in metadata', () => {
      const places = { progress: 'no', data: { progress: '30%' }, metadata: { progress: 70 } };
      assert.equal((readTaskReply({ status: 'running', ...places }) as { progress: number }).progress, 30);
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
      'no address': [{ url: ['file:///etc/passwd', 'javascript:1', '/v1/x', 'ftp://x/y'] }, []],
    };
    for (const [name, [body, links]] of Object.entries(table)) {
      it(`${name}: ${links.length} link(s)`, () => {
        const state = succeeded(body);
        assert.deepEqual(state.links, links);
        assert.deepEqual([state.expired, state.filtered], [false, 0]);
      });
    }

    it('Q9: of a video as text only the place is kept', () => {
      const metadata = { response: { videos: [{ bytesBase64Encoded: 'AAAA' }], raiMediaFilteredCount: 0 } };
      const places = (body: Record<string, unknown>) =>
        succeeded({ metadata, ...body }).links.map((link) => inlinePlace(link) ?? link);
      for (const url of [dataUri, ' DATA:VIDEO/mp4;base64,AA', 'data:application/octet-stream;base64,AAAA'])
        assert.deepEqual(places({ url }), ['url']);
      assert.deepEqual(places({ url: [dataUri, link, { url: dataUri }] }), ['url.0', link, 'url.2.url']);
      assert.deepEqual(places({ video: { url: dataUri } }), ['video.url']);
      assert.deepEqual(places({ data: { fail_reason: dataUri } }), ['data.fail_reason']);
      assert.deepEqual(places({ url: 'data:text/html,no' }), []);
    });

    it('Q11: the envelope', () => {
      const data = {
        task_id: 't',
        status: 'SUCCESS',
        progress: '100%',
        data: { video_url: link, width: 1280 },
      };
      assert.deepEqual(readTaskReply({ code: 'success', message: '', data }), {
        kind: 'succeeded',
        links: [link],
        expired: false,
        filtered: 0,
      });
    });

    it('the word "expired" counts only where nothing better is', () => {
      for (const url of ['expired', ' EXPIRED ', ['expired']]) assert.equal(succeeded({ url }).expired, true);
      assert.equal(succeeded({ url: 'expired', metadata: { url: link } }).expired, false);
      assert.deepEqual(succeeded({ url: 'expired', metadata: { url: link } }).links, [link]);
    });

    it('filtered videos are counted', () => {
      const filtered = (count: unknown) =>
        succeeded({ metadata: { response: { raiMediaFilteredCount: count } } }).filtered;
      assert.deepEqual(
        [filtered(1), filtered('2'), filtered(0), filtered(null), filtered(-1), filtered('x')],
        [1, 2, 0, 0, 0, 0],
      );
    });

    it('expires_at comes in seconds, at the top or in metadata', () => {
      assert.equal(succeeded({ metadata: { expires_at: 1765000000 } }).expiresAt, 1765000000000);
      assert.equal(succeeded({ expires_at: 1765000000 }).expiresAt, 1765000000000);
      for (const value of [null, 0, -1, '', 'soon', {}])
        assert.equal(succeeded({ expires_at: value }).expiresAt, undefined);
    });

    // Times are kept as whole numbers, and one that the store cannot hold would keep the task from ever being `ready`.
    for (const value of [1765000000.1234, 1765000000e6, 1e300]) {
      it(`expires_at ${value} gives a whole number that can be stored, or none`, () => {
        const { expiresAt } = succeeded({ expires_at: value });
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
      it(name, () => {
        const error = failure(body);
        assert.equal(error.message, message);
        assert.equal(error.code, code);
      });
    }
  });

  it('property: never throws; progress lies within 0 to 100; words we do not know run on', () => {
    const body = fc.oneof(
      fc.jsonValue(),
      fc.record({
        task_id: fc.string(),
        status: fc.string(),
        progress: fc.jsonValue(),
        metadata: fc.jsonValue(),
        data: fc.jsonValue(),
        url: fc.jsonValue(),
      }),
    );
    const known = new Set(Object.values(words).flat());
    fc.assert(
      fc.property(body, (value) => {
        const state = readTaskReply(value);
        if (state && 'progress' in state) assert.ok(state.progress >= 0 && state.progress <= 100);
        const status =
          typeof value === 'object' && value !== null && 'status' in value ? value.status : undefined;
        if (typeof status === 'string' && status.trim() !== '' && !known.has(status.trim().toLowerCase())) {
          assert.equal(state?.kind, 'running');
        }
      }),
    );
  });
});
