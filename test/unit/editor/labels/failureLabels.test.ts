import { strict as assert } from 'node:assert';
import { untranslatedL10n } from '../../../../src/core/common/l10n';
import { GatewayError } from '../../../../src/core/gateway/errors';
import { toFailure } from '../../../../src/core/task/failureMessage';
import { Failures } from '../../../../src/core/tasks/failures';
import { publicFailures } from '../../../support/publicFailures';
import { PHASES, isFinal, type Phase } from '../../../../src/core/task/phases';
import { FAILURE_KINDS, type Failure, type Task } from '../../../../src/core/task/task';
import { explainFailure } from '../../../../src/editor/labels/failureLabels';
import type { Action } from '../../../../src/webview/player/protocol';

const failures = publicFailures();
const stored = new Failures('nebula');
const neverFetched = (error: Error): Failure =>
  toFailure(stored.downloadTimedOut(stored.downloadFailed(error, true)), { l10n: untranslatedL10n });
const trouble = (status: number, message: string, code?: string) => ({ status, message, code });

function aTask(phase: Phase, failure?: Failure): Task {
  return {
    id: 'a',
    gatewayTaskId: 'task_1',
    origin: 'https://llm.ai-nebula.com',
    request: { model: 'sora-2', prompt: 'a boat' },
    phase,
    createdAt: 0,
    updatedAt: 0,
    videos: [],
    timeline: [],
    ...(failure ? { failure } : {}),
  };
}

const NO = 'Nothing was charged.';
const YES = 'It was charged.';
const UNKNOWN = 'Whether it was charged is not known.';

/** Each outcome of DESIGN 5: what is read, what it cost, and what helps first. */
const outcomes: readonly (readonly [
  what: string,
  task: Task,
  title: RegExp,
  sentence: RegExp,
  charge: string,
  first: Action | undefined,
])[] = [
  [
    '400',
    aTask('rejected', failures.refused(trouble(400, 'seconds must be 4'))),
    /refused this request/,
    /Change what it complains about/,
    NO,
    undefined,
  ],
  [
    '401',
    aTask('rejected', failures.refused(trouble(401, 'Invalid token'))),
    /did not accept the key/,
    /valid key/,
    NO,
    'setApiKey',
  ],
  [
    '402',
    aTask('rejected', failures.refused(trouble(402, 'pay'))),
    /balance is too low/,
    /Top it up/,
    NO,
    undefined,
  ],
  [
    '403 quota',
    aTask('rejected', failures.refused(trouble(403, 'no', 'quota_not_enough'))),
    /balance is too low/,
    /Top it up/,
    NO,
    undefined,
  ],
  [
    '403 model',
    aTask('rejected', failures.refused(trouble(403, 'no access'))),
    /refused this request/,
    /This key may not do that/,
    NO,
    'setApiKey',
  ],
  [
    'no channel',
    aTask('rejected', failures.refused(trouble(503, '无可用渠道'), true)),
    /model is not available/,
    /another model/,
    NO,
    undefined,
  ],
  [
    'moderation',
    aTask('rejected', failures.refused(trouble(400, 'x', 'content_policy_violation'))),
    /refused this request/,
    /safety filter/,
    NO,
    undefined,
  ],
  [
    'image',
    aTask('rejected', failures.refused(trouble(400, 'x', 'InvalidParameter.Image'))),
    /refused this request/,
    /image/,
    NO,
    undefined,
  ],
  [
    '429 to the end',
    aTask('rejected', failures.refused(trouble(429, 'slow down'))),
    /refused this request/,
    /too much to do/,
    NO,
    undefined,
  ],
  [
    'unreachable',
    aTask('rejected', failures.unreachable(trouble(0, 'ECONNREFUSED'), 'llm.ai-nebula.com')),
    /could not be sent/,
    /could not be reached/,
    NO,
    'testConnection',
  ],
  ['never sent', aTask('rejected', failures.notSent()), /never sent/, /window closed/, NO, undefined],
  [
    'no clear answer',
    aTask('unknown', failures.outcomeUnknown(trouble(502, 'Bad gateway'))),
    /not known whether/,
    /no clear answer/,
    UNKNOWN,
    'attachTaskId',
  ],
  [
    'failed',
    aTask('failed', failures.taskFailed(trouble(0, 'render error'))),
    /could not be made/,
    /could not make this video/,
    NO,
    undefined,
  ],
  [
    'failed by moderation',
    aTask('failed', failures.taskFailed(trouble(0, 'sensitive'))),
    /held back/,
    /safety filter/,
    NO,
    undefined,
  ],
  [
    'filtered',
    aTask('failed', failures.taskFailed(trouble(200, ''), 1)),
    /held back/,
    /held back the finished video/,
    UNKNOWN,
    undefined,
  ],
  [
    'no key',
    aTask('running', failures.noKey('none', 'gateway.example')),
    /waits for a valid key/,
    /no key/,
    UNKNOWN,
    'setApiKey',
  ],
  [
    'an address that is not approved',
    aTask('running', failures.noKey('notApproved', 'gateway.example')),
    /needs your approval/,
    /isn't approved for gateway\.example/,
    UNKNOWN,
    'approveAddress',
  ],
  [
    'a locked keyring',
    aTask('ready', failures.noKey('locked', 'gateway.example')),
    /needs your keyring/,
    /keyring is locked/,
    UNKNOWN,
    'refresh',
  ],
  [
    'expired',
    aTask('lost', failures.expired('linkExpired')),
    /is gone/,
    /no longer on the gateway/,
    YES,
    'lookAgain',
  ],
  [
    'not known any more',
    aTask('lost', failures.taskGone('idDenied', trouble(404, 'task_not_exist'))),
    /is gone/,
    /no longer knows/,
    UNKNOWN,
    'lookAgain',
  ],
  ['no link', aTask('lost', failures.noVideo()), /is gone/, /does not say where/, UNKNOWN, 'lookAgain'],
  [
    'never fetched',
    aTask('lost', neverFetched(new GatewayError('cut', 'x'))),
    /is gone/,
    /while the gateway kept it/,
    YES,
    'lookAgain',
  ],
  [
    'key refused while watching',
    aTask('running', failures.keyRefused(trouble(401, 'Invalid token'))),
    /waits for a valid key/,
    /did not accept the key/,
    UNKNOWN,
    'setApiKey',
  ],
  [
    'another key',
    aTask('queued', failures.otherKey()),
    /waits for a valid key/,
    /another key/,
    UNKNOWN,
    'setApiKey',
  ],
  [
    'blip',
    aTask('running', failures.temporaryError(trouble(502, 'x'))),
    /does not answer right now/,
    /asked again by itself/,
    UNKNOWN,
    'refresh',
  ],
  [
    'fetch failed',
    aTask('ready', failures.downloadFailed(new GatewayError('cut', 'x'), true)),
    /could not be fetched yet/,
    /tried again by itself/,
    YES,
    'refresh',
  ],
  [
    'disk',
    aTask('ready', failures.diskFailed(new Error('ENOSPC'))),
    /room on the disk/,
    /could not be written/,
    YES,
    'openLibrary',
  ],
  ['stopped', aTask('stopped'), /stopped following/, /neither cancels nor refunds/, UNKNOWN, 'lookAgain'],
  ...(['yes', undefined] as const).map((charged): (typeof outcomes)[number] => [
    `stopped when it had been ready (charged: ${charged})`,
    {
      ...aTask('stopped'),
      timeline: [
        { at: 0, phase: 'ready' },
        { at: 0, phase: 'stopped' },
      ],
      ...(charged ? { charged } : {}),
    },
    /stopped following/,
    /had made it/,
    charged ? YES : UNKNOWN,
    'lookAgain',
  ]),
];

describe('explainFailure', () => {
  for (const [what, task, title, sentence, charge, first] of outcomes) {
    it(`explains: ${what}`, () => {
      const explanation = explainFailure(task, untranslatedL10n);
      assert.ok(explanation);
      assert.match(explanation.title, title);
      assert.match(explanation.sentence, sentence);
      assert.equal(explanation.charge, charge);
      assert.ok(!explanation.sentence.includes('Details:') && !explanation.sentence.includes(NO));
      if (first !== undefined) assert.equal(explanation.actions[0], first);
      assert.ok(explanation.actions.length > 0);
    });
  }

  it('says that stopping before the send cost nothing', () => {
    const task: Task = { ...aTask('stopped') };
    Reflect.deleteProperty(task, 'gatewayTaskId');
    assert.equal(explainFailure(task, untranslatedL10n)?.charge, NO);
    assert.match(explainFailure(task, untranslatedL10n)?.title ?? '', /before it was sent/);
  });

  it('has whole words for every phase and kind', () => {
    for (const phase of PHASES) {
      for (const kind of FAILURE_KINDS) {
        for (const charged of ['no', 'yes', 'unknown'] as const) {
          const explanation = explainFailure(
            aTask(phase, { kind, charged, message: 'It went wrong.', summary: 'It went wrong.' }),
            untranslatedL10n,
          );
          assert.ok(explanation, phase);
          assert.match(explanation.title, /^[A-Z].*[^.]$/);
          assert.ok(explanation.sentence.endsWith('.'));
          assert.equal(new Set(explanation.actions).size, explanation.actions.length);
        }
      }
      // Nothing is said of a task that is well; every end without a video has its words.
      const bare = explainFailure(aTask(phase), untranslatedL10n);
      assert.equal(bare !== undefined, isFinal(phase) && phase !== 'saved', phase);
      if (bare) assert.ok(bare.sentence.length > 10);
    }
  });

  it('keeps the gateway’s own words apart', () => {
    const failure = failures.refused(trouble(400, 'Details: {0} seconds. Nothing was charged. 请求'));
    assert.equal(failure.detail, 'Details: {0} seconds. Nothing was charged. 请求');
    assert.match(failure.summary, /complains about and generate again\.$/);
    assert.equal(failures.noVideo().detail, undefined);
  });
});
