import { strict as assert } from 'node:assert';
import { untranslatedL10n } from '../../../../src/core/common/l10n';
import { GatewayError } from '../../../../src/core/gateway/errors';
import { toFailure } from '../../../../src/core/task/failureMessage';
import { Failures } from '../../../../src/core/tasks/failures';
import { publicFailures } from '../../../support/publicFailures';
import { PHASES, isFinal, type Phase } from '../../../../src/core/task/phases';
import { FAILURE_KINDS, type Failure, type Task } from '../../../../src/core/task/task';
import { explainFailure, failureMessage } from '../../../../src/editor/labels/failureLabels';
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

const NO = "You weren't charged.";
const YES = 'You were charged.';
const UNKNOWN = 'You may have been charged.';

/** Each outcome of DESIGN 5: what is read, what it cost, and what helps first. */
const outcomes: readonly (readonly [
  what: string,
  task: Task,
  sentence: RegExp,
  charge: string,
  first: Action | undefined,
])[] = [
  [
    '400',
    aTask('rejected', failures.refused(trouble(400, 'seconds must be 4'))),
    /rejected the request/,
    NO,
    undefined,
  ],
  [
    '401',
    aTask('rejected', failures.refused(trouble(401, 'Invalid token'))),
    /rejected your API key/,
    NO,
    'setApiKey',
  ],
  [
    '402',
    aTask('rejected', failures.refused(trouble(402, 'pay'))),
    /balance or your API key's quota is too low/,
    NO,
    undefined,
  ],
  [
    '403 quota',
    aTask('rejected', failures.refused(trouble(403, 'no', 'quota_not_enough'))),
    /balance or your API key's quota is too low/,
    NO,
    undefined,
  ],
  [
    '403 model',
    aTask('rejected', failures.refused(trouble(403, 'no access'))),
    /The gateway denied access/,
    NO,
    'setApiKey',
  ],
  [
    'no channel',
    aTask('rejected', failures.refused(trouble(503, '无可用渠道'), true)),
    /isn't available/,
    NO,
    undefined,
  ],
  [
    'moderation',
    aTask('rejected', failures.refused(trouble(400, 'x', 'content_policy_violation'))),
    /safety filter/,
    NO,
    undefined,
  ],
  [
    'image',
    aTask('rejected', failures.refused(trouble(400, 'x', 'InvalidParameter.Image'))),
    /image/,
    NO,
    undefined,
  ],
  [
    '429 to the end',
    aTask('rejected', failures.refused(trouble(429, 'slow down'))),
    /is busy/,
    NO,
    undefined,
  ],
  [
    'unreachable',
    aTask('rejected', failures.unreachable(trouble(0, 'ECONNREFUSED'), 'llm.ai-nebula.com')),
    /Couldn't connect to llm/,
    NO,
    'testConnection',
  ],
  ['never sent', aTask('rejected', failures.notSent()), /window closed/, NO, undefined],
  [
    'no clear answer',
    aTask('unknown', failures.outcomeUnknown(trouble(502, 'Bad gateway'))),
    /didn't confirm/,
    UNKNOWN,
    'attachTaskId',
  ],
  [
    'failed',
    aTask('failed', failures.taskFailed(trouble(0, 'render error'))),
    /video couldn't be generated/,
    NO,
    undefined,
  ],
  [
    'failed by moderation',
    aTask('failed', failures.taskFailed(trouble(0, 'sensitive'))),
    /safety filter/,
    NO,
    undefined,
  ],
  [
    'filtered',
    aTask('failed', failures.taskFailed(trouble(200, ''), 1)),
    /^Blocked by a safety filter/,
    UNKNOWN,
    undefined,
  ],
  [
    'no key',
    aTask('running', failures.noKey('none', 'gateway.example')),
    /Set an API key/,
    UNKNOWN,
    'setApiKey',
  ],
  [
    'an address that is not approved',
    aTask('running', failures.noKey('notApproved', 'gateway.example')),
    /isn't approved for gateway\.example/,
    UNKNOWN,
    'approveAddress',
  ],
  [
    'a locked keyring',
    aTask('ready', failures.noKey('locked', 'gateway.example')),
    /Unlock this system's keyring/,
    UNKNOWN,
    'refresh',
  ],
  ['expired', aTask('lost', failures.expired('linkExpired')), /no longer on the gateway/, YES, 'lookAgain'],
  [
    'not known any more',
    aTask('lost', failures.taskGone('idDenied', trouble(404, 'task_not_exist'))),
    /no longer knows this task/,
    UNKNOWN,
    'lookAgain',
  ],
  ['no link', aTask('lost', failures.noVideo()), /returned no usable link/, UNKNOWN, 'lookAgain'],
  [
    'never fetched',
    aTask('lost', neverFetched(new GatewayError('cut', 'x'))),
    /download the video in time/,
    YES,
    'lookAgain',
  ],
  [
    'key refused while watching',
    aTask('running', failures.keyRefused(trouble(401, 'Invalid token'))),
    /rejected your API key/,
    UNKNOWN,
    'setApiKey',
  ],
  ['another key', aTask('queued', failures.otherKey()), /different API key/, UNKNOWN, 'setApiKey'],
  [
    'blip',
    aTask('running', failures.temporaryError(trouble(502, 'x'))),
    /Checking again automatically/,
    UNKNOWN,
    'refresh',
  ],
  [
    'fetch failed',
    aTask('ready', failures.downloadFailed(new GatewayError('cut', 'x'), true)),
    /Retrying automatically/,
    YES,
    'refresh',
  ],
  ['disk', aTask('ready', failures.diskFailed(new Error('ENOSPC'))), /Check disk space/, YES, 'openLibrary'],
  ['stopped', aTask('stopped'), /doesn't cancel the video or refund/, UNKNOWN, 'lookAgain'],
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
    /doesn't cancel the video or refund/,
    charged ? YES : UNKNOWN,
    'lookAgain',
  ]),
];

describe('explainFailure', () => {
  for (const [what, task, sentence, charge, first] of outcomes) {
    it(`explains: ${what}`, () => {
      const explanation = explainFailure(task, untranslatedL10n);
      assert.ok(explanation);
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
  });

  it('has a sentence for every phase and kind', () => {
    for (const phase of PHASES) {
      for (const kind of FAILURE_KINDS) {
        for (const charged of ['no', 'yes', 'unknown'] as const) {
          const explanation = explainFailure(
            aTask(phase, { kind, charged, message: 'It went wrong.', summary: 'It went wrong.' }),
            untranslatedL10n,
          );
          assert.ok(explanation, phase);
          assert.ok(explanation.sentence.endsWith('.'));
          assert.equal(new Set(explanation.actions).size, explanation.actions.length);
        }
      }
      // Only tasks that ended without a video need one.
      const bare = explainFailure(aTask(phase), untranslatedL10n);
      assert.equal(bare !== undefined, isFinal(phase) && phase !== 'saved', phase);
      if (bare) assert.ok(bare.sentence.length > 10);
    }
  });

  it('keeps the gateway’s own text apart', () => {
    const failure = failures.refused(trouble(400, "Details: {0} seconds. You weren't charged. 请求"));
    assert.equal(failure.detail, "Details: {0} seconds. You weren't charged. 请求");
    assert.match(failure.summary, /^The gateway rejected the request\.$/);
    assert.equal(failures.noVideo().detail, undefined);
  });
});

describe('the message about a task without a video', () => {
  const message = (task: Task) => {
    const explanation = explainFailure(task, untranslatedL10n);
    return explanation ? failureMessage(task, explanation, untranslatedL10n) : assert.fail();
  };

  it('has the prompt, the charge, and the reason if the request was not accepted', () => {
    assert.equal(
      message(outcomes[1]![1]),
      `Couldn't send 'a boat'. The gateway rejected your API key. ${NO}`,
    );
    assert.equal(
      message(aTask('failed', failures.taskFailed(trouble(0, 'x')))),
      `Couldn't generate 'a boat'. ${NO}`,
    );
    assert.equal(
      message(aTask('rejected', failures.idNotFound(trouble(404, 'x')))),
      `Not accepted: 'a boat'. ${UNKNOWN}`,
    );
    assert.equal(message(aTask('lost')), `No longer available: 'a boat'. ${UNKNOWN}`);
    assert.match(
      message(aTask('unknown')),
      /^Outcome unknown: 'a boat'\. It won't be sent again automatically\. You may have been charged\.$/,
    );
  });

  it('has at most 120 characters and none of the gateway', () => {
    const prompt = 'a paper boat on a rainy street '.repeat(9);
    for (const [what, task] of outcomes) {
      if (!isFinal(task.phase)) continue;
      const text = message({ ...task, request: { ...task.request, prompt } });
      assert.ok(text.length <= 120, `${what}: ${text}`);
      assert.ok(!text.includes(task.failure?.detail ?? '\0'), what);
    }
  });
});
