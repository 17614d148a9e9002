import assert from 'node:assert/strict';
import { english } from '../../../src/core/common/l10n';
import { Failures } from '../../../src/core/tasks/failures';
import { PHASES, isEnd, type Phase } from '../../../src/core/tasks/phases';
import type { Task } from '../../../src/core/tasks/task';
import { COMMANDS } from '../../../src/editor/ids';
import { changeOf, factsText, playerView, type Media } from '../../../src/editor/player/playerView';
import { deedOf } from '../../../src/editor/player/playerActions';
import { ACTIONS, toPage, type Action, type Take, type View } from '../../../src/webview/protocol';

const NOW = Date.UTC(2026, 10, 22, 12, 0, 0);
const failures = new Failures(english);
const take: Take = {
  url: 'https://file/a.mp4?version=1',
  name: 'Video 1',
  width: 1280,
  height: 720,
  hasAudio: true,
  framesPerSecond: 24,
};
const there: Media = { kind: 'there', takes: [take] };
const missing: Media = { kind: 'missing' };

function taskIn(phase: Phase, parts: Partial<Task> = {}): Task {
  return {
    id: 'own-id',
    gatewayTaskId: 'task_1',
    origin: 'https://gateway.example/prefix',
    request: { model: 'sora-2', prompt: '  a\n\tboat ', options: { seconds: '8', size: '1280x720' } },
    phase,
    createdAt: NOW - 90_000,
    updatedAt: NOW,
    videos: [],
    timeline: [
      { at: NOW - 90_000, phase: 'draft' },
      { at: NOW - 10_000, phase },
    ],
    ...parts,
  };
}

function viewOf(task: Task, media: Media = missing): View {
  return playerView(task, media, { l10n: english, language: 'en', now: NOW });
}

const actionsOf = ({ offers }: View) => offers.map(({ action }) => action);

describe('what the player shows', () => {
  for (const phase of PHASES) {
    it(`is a view that the page takes, in phase ${phase}`, () => {
      for (const media of [there, missing]) {
        const view = viewOf(taskIn(phase), media);
        assert.deepEqual(toPage.parse({ type: 'view', view }), { type: 'view', view });
        assert.ok(view.offers.filter(({ primary }) => primary).length <= 1);
        assert.equal(view.stage.kind === 'working', !isEnd(phase));
      }
    });
  }

  it('keeps the prompt as it was written', () => {
    assert.equal(viewOf(taskIn('running')).prompt, '  a\n\tboat ');
  });

  it('makes up no progress', () => {
    const stages = [viewOf(taskIn('running')), viewOf(taskIn('running', { progress: 42 }))].map(
      ({ stage }) => stage,
    );
    assert.deepEqual(
      stages.map((stage) => stage.kind === 'working' && stage.progress),
      [null, 42],
    );
    // Of the gateway's work; fetching is another matter.
    const { stage } = viewOf(taskIn('saving', { progress: 100 }));
    assert.ok(stage.kind === 'working' && stage.progress === null);
  });

  it('counts from the moment of asking', () => {
    const { stage } = viewOf(taskIn('queued'));
    assert.ok(stage.kind === 'working' && stage.elapsedMs === 90_000);
  });

  it('offers to stop only what can be stopped, and never as the thing to do', () => {
    assert.deepEqual(actionsOf(viewOf(taskIn('draft'))), ['stopSending']);
    assert.deepEqual(actionsOf(viewOf(taskIn('sending'))), []);
    for (const phase of ['queued', 'running', 'ready', 'saving'] as const) {
      assert.deepEqual(viewOf(taskIn(phase)).offers, [
        { action: 'stopTracking', label: 'Stop Tracking', primary: false },
      ]);
    }
  });

  it('asks for a key where the key is what keeps it waiting', () => {
    const failure = failures.keyRefused({ status: 401, message: 'no', code: 'invalid_api_key' });
    const view = viewOf(taskIn('running', { failure }));
    assert.deepEqual(actionsOf(view), ['setApiKey', 'stopTracking']);
    assert.equal(view.offers[0]?.primary, true);
    assert.ok(view.stage.kind === 'working' && view.stage.trouble?.includes('Set a valid key'));
  });

  it('offers no button without a command behind it', () => {
    const own: readonly Action[] = ['lookForFile', 'copyDetails', 'retry'];
    const commands: readonly string[] = Object.values(COMMANDS);
    for (const action of ACTIONS) {
      const deed = deedOf(action, 'own-id');
      assert.equal(deed !== undefined && commands.includes(deed.command), !own.includes(action), action);
    }
  });

  it('says of a missing file that it is missing', () => {
    const view = viewOf(taskIn('saved'), missing);
    assert.equal(view.state, 'File missing');
    assert.deepEqual(actionsOf(view).slice(0, 1), ['lookForFile']);
  });

  it('has parts that differ, and only those, in a change', () => {
    const before = viewOf(taskIn('running', { progress: 10 }));
    assert.deepEqual(changeOf(before, viewOf(taskIn('running', { progress: 10 }))), {});
    const after = viewOf(taskIn('running', { progress: 20 }));
    assert.deepEqual(Object.keys(changeOf(before, after)), ['stage']);
  });

  it('lists the details, also as text', () => {
    const video = {
      uri: 'file:///a.mp4',
      bytes: 4_210_000,
      width: 1280,
      height: 720,
      durationSeconds: 8.04,
      hasAudio: true,
      sha256: '',
    };
    const text = factsText(viewOf(taskIn('saved', { videos: [video] }), there).facts);
    for (const line of [
      'Model: sora-2',
      'Asked for: 8 seconds, 1280 × 720, landscape',
      'Picture: 1280 × 720 pixels',
      'Length: 8.04 seconds',
      'File size: 4.21 MB',
      'Took: 1 min 20 s',
      'Gateway: gateway.example',
      'Task ID: task_1',
      'Local ID: own-id',
    ]) {
      assert.ok(text.split('\n').includes(line), `${line} in\n${text}`);
    }
  });

  it('says nothing twice at the end of the timeline', () => {
    const failure = failures.expired(true);
    const timeline = [{ at: NOW, phase: 'lost' as const, note: failure.message }];
    assert.equal(viewOf(taskIn('lost', { failure, timeline })).timeline[0]?.note, '');
  });
});

describe('how a task ended, in words', () => {
  const said = (task: Task) => {
    const { stage } = viewOf(task);
    assert.ok(stage.kind === 'message');
    return stage;
  };

  it('takes a failure’s message apart', () => {
    const failure = failures.taskFailed({ status: 500, message: 'GPU lost', code: 'x' });
    const stage = said(taskIn('failed', { failure }));
    assert.equal(
      stage.sentence,
      'The provider could not make this video. Generate it again, or change the prompt.',
    );
    assert.equal(stage.charge, 'Nothing was charged.');
    assert.equal(stage.details, 'The gateway says: GPU lost');
  });

  it('tells what is known of the money at every end', () => {
    assert.equal(said(taskIn('lost', { failure: failures.expired(true) })).charge, 'It was charged.');
    const unknown = taskIn('unknown', { failure: failures.outcomeUnknown({ status: 502, message: '' }) });
    assert.equal(said(unknown).charge, 'Whether it was charged is not known.');
    assert.equal(said(taskIn('stopped')).charge, 'Whether it was charged is not known.');
    const unsent = taskIn('stopped');
    Reflect.deleteProperty(unsent, 'gatewayTaskId');
    assert.equal(said(unsent).charge, 'Nothing was charged.');
    // Stopped when the gateway was done and the file on its way.
    const timeline = (['queued', 'ready', 'saving', 'stopped'] as const).map((phase) => ({ at: NOW, phase }));
    const made = said(taskIn('stopped', { timeline }));
    assert.equal(made.charge, 'It was charged.');
    assert.match(made.sentence, /had made it/);
  });

  it('puts first what helps most', () => {
    const first = (phase: Phase, failure: Task['failure']) =>
      actionsOf(viewOf(taskIn(phase, failure ? { failure } : {})))[0];
    const moderation = { status: 400, message: 'content_policy_violation' };
    assert.equal(first('failed', failures.taskFailed(moderation)), 'editAndGenerate');
    assert.equal(first('failed', failures.taskFailed({ status: 500, message: 'oops' })), 'generateAgain');
    assert.equal(first('rejected', failures.refused({ status: 401, message: 'no' })), 'setApiKey');
    assert.equal(first('unknown', failures.outcomeUnknown(undefined)), 'attachTaskId');
    assert.equal(first('lost', failures.expired(true)), 'lookAgain');
  });
});
