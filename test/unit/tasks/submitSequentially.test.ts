import assert from 'node:assert/strict';
import type { Phase } from '../../../src/core/task/phases';
import {
  canSendAgain,
  submitSequentially,
  type BatchReport,
  type SubmitResult,
} from '../../../src/core/tasks/submitSequentially';
import { FAILURE_KINDS, type Charged, type FailureKind, type Task } from '../../../src/core/task/task';

function taskIn(phase: Phase, kind?: FailureKind, charged: Charged = 'no'): Task {
  return {
    id: `${phase} ${kind ?? ''}`,
    origin: 'https://gateway.example',
    request: { model: 'sora-2', prompt: 'a boat' },
    phase,
    createdAt: 0,
    updatedAt: 0,
    videos: [],
    ...(kind ? { failure: { kind, message: '', summary: '', charged } } : {}),
    timeline: [],
  };
}

const made = (phase: Phase, kind?: FailureKind): SubmitResult => ({
  kind: 'task',
  task: taskIn(phase, kind),
});
const accepted = made('queued');

/** Sends these requests and records their order. */
async function send(
  outcomes: readonly (SubmitResult | Error)[],
  signal = new AbortController().signal,
): Promise<{ readonly report: BatchReport; readonly steps: readonly string[] }> {
  const steps: string[] = [];
  let underWay = 0;
  const report = await submitSequentially({
    count: outcomes.length,
    onNext: (index) => steps.push(`next ${index}`),
    send: async (index) => {
      assert.equal(++underWay, 1, 'two at once');
      await new Promise((resolve) => setImmediate(resolve));
      underWay--;
      steps.push(`sent ${index}`);
      const outcome = outcomes[index];
      if (!outcome || outcome instanceof Error) throw outcome ?? new Error('nothing');
      return outcome;
    },
    signal,
  });
  return { report, steps };
}

describe('requests that are sent in order', () => {
  it('go strictly one after another', async () => {
    const { report, steps } = await send([accepted, accepted, accepted]);
    assert.deepEqual(steps, ['next 0', 'sent 0', 'next 1', 'sent 1', 'next 2', 'sent 2']);
    assert.deepEqual(
      report.tasks.map(({ index }) => index),
      [0, 1, 2],
    );
    assert.deepEqual([report.notSent, report.unclear, report.stop], [[], [], undefined]);
  });

  const goesOn: readonly FailureKind[] = ['moderation', 'parameter', 'image'];
  for (const kind of FAILURE_KINDS) {
    const on = goesOn.includes(kind);
    it(`${on ? 'continue' : 'stop'} after one that was rejected: ${kind}`, async () => {
      const { report } = await send([accepted, made('rejected', kind), accepted]);
      assert.equal(report.tasks.length, on ? 3 : 2);
      assert.deepEqual(report.notSent, on ? [] : [2]);
      assert.equal(report.stop?.kind, on ? undefined : 'task');
    });
  }

  it('stop after a rejection that may have been charged', async () => {
    const maybeCharged: SubmitResult = { kind: 'task', task: taskIn('rejected', 'moderation', 'unknown') };
    const { report } = await send([maybeCharged, accepted]);
    assert.deepEqual([report.notSent, report.stop?.kind], [[1], 'task']);
  });

  for (const charged of ['no', 'yes', 'unknown'] as const) {
    it(`can be sent again after a rejection only if certainly free: ${charged}`, () =>
      assert.equal(canSendAgain(taskIn('rejected', 'quota', charged)), charged === 'no'));
  }

  it('can be sent again if stopped before the gateway accepted them', () => {
    assert.equal(canSendAgain(taskIn('stopped')), true);
    assert.equal(canSendAgain({ ...taskIn('stopped'), gatewayTaskId: 'video_1' }), false);
    assert.equal(canSendAgain(taskIn('rejected')), false);
  });

  for (const phase of ['unknown', 'stopped'] as const) {
    it(`stop after one that is ${phase}`, async () => {
      const { report } = await send([made(phase, 'upstream'), accepted, accepted]);
      assert.deepEqual([report.tasks.length, report.notSent, report.stop?.kind], [1, [1, 2], 'task']);
    });
  }

  for (const phase of ['queued', 'running', 'ready', 'saving', 'saved', 'failed', 'lost'] as const) {
    it(`continue after one that was accepted and is ${phase} now`, async () => {
      const { report } = await send([made(phase), accepted]);
      assert.deepEqual([report.tasks.length, report.stop], [2, undefined]);
    });
  }

  it('stop before the next one when the user cancels, without canceling the current one', async () => {
    const stop = new AbortController();
    setImmediate(() => stop.abort());
    const { report, steps } = await send([accepted, accepted, accepted], stop.signal);
    assert.deepEqual(steps, ['next 0', 'sent 0']);
    assert.deepEqual([report.tasks.length, report.notSent], [1, [1, 2]]);
    assert.deepEqual(report.stop, { kind: 'cancelled' });
  });

  it("aren't sent if canceled before the first byte", async () => {
    const stop = new AbortController();
    setImmediate(() => stop.abort());
    const { report } = await send([{ kind: 'notSent', reason: 'cancelled' }, accepted], stop.signal);
    assert.deepEqual([report.tasks, report.notSent, report.stop], [[], [0, 1], { kind: 'cancelled' }]);
  });

  it("stop at one that can't be sent, with the reason", async () => {
    const { report } = await send([accepted, { kind: 'notSent', reason: 'full disk' }, accepted]);
    assert.deepEqual(report.notSent, [1, 2]);
    assert.deepEqual(report.stop, { kind: 'error', error: 'full disk' });
  });

  it("stop at an error, and aren't offered again if they may have been sent", async () => {
    const { report } = await send([accepted, new Error('closed'), accepted]);
    assert.deepEqual([report.tasks.length, report.unclear, report.notSent], [1, [1], [2]]);
    assert.equal(report.stop?.kind, 'error');
  });
});
