import manifest from '../../../../package.json';
import assert from 'node:assert/strict';
import { untranslatedL10n } from '../../../../src/core/common/l10n';
import { publicFailures } from '../../../support/publicFailures';
import { Failures } from '../../../../src/core/tasks/failures';
import { PHASES, isFinal, type Phase } from '../../../../src/core/task/phases';
import type { Failure, Task, Video } from '../../../../src/core/task/task';
import {
  diffView,
  evidenceText,
  detailsText,
  playerView,
  type Media,
} from '../../../../src/editor/player/playerView';
import { phaseLabel } from '../../../../src/editor/labels/taskLabels';
import { commandForAction } from '../../../../src/editor/labels/actionLabels';
import { ACTIONS, toPage, type Action, type Take, type View } from '../../../../src/webview/player/protocol';
import { catalog } from '../../../support/catalog';
import { commandTitles } from '../../../support/commandTitles';

const NOW = Date.UTC(2026, 10, 22, 12, 0, 0);
const failures = publicFailures();
const take: Take = {
  video: 0,
  url: 'https://file/a.mp4?version=1',
  name: 'Video 1',
  width: 1280,
  height: 720,
  hasAudio: true,
  framesPerSecond: 24,
};
const there: Media = { kind: 'available', takes: [take] };
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
  return playerView(task, media, {
    catalog,
    commandTitles,
    l10n: untranslatedL10n,
    language: 'en',
    now: NOW,
  });
}

const actionsOf = ({ buttons }: View) => buttons.map(({ action }) => action);

describe('what the player shows', () => {
  for (const phase of PHASES) {
    it(`is a view that the page takes, in phase ${phase}`, () => {
      for (const media of [there, missing]) {
        const view = viewOf(taskIn(phase), media);
        assert.deepEqual(toPage.parse({ type: 'view', view }), { type: 'view', view });
        assert.ok(view.buttons.filter(({ primary }) => primary).length <= 1);
        assert.equal(view.stage.kind === 'working', !isFinal(phase));
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
    const fetching = viewOf(taskIn('saving', { progress: 99, fetchProgress: 7 })).stage;
    assert.ok(fetching.kind === 'working' && fetching.progress === 7);
  });

  it('counts from the moment of asking', () => {
    const { stage } = viewOf(taskIn('queued'));
    assert.ok(stage.kind === 'working' && stage.elapsedMs === 90_000);
  });

  it('offers to stop only what can be stopped, and never as the thing to do', () => {
    assert.deepEqual(actionsOf(viewOf(taskIn('draft'))), ['stopSending']);
    assert.deepEqual(actionsOf(viewOf(taskIn('sending'))), []);
    for (const phase of ['queued', 'running', 'ready', 'saving'] as const) {
      assert.deepEqual(viewOf(taskIn(phase)).buttons, [
        { action: 'stopTracking', label: 'Stop Tracking', primary: false },
      ]);
    }
  });

  it('says that the wait for a key is one, and asks for it', () => {
    const failure = failures.keyRefused({ status: 401, message: '无效的令牌', code: 'invalid_api_key' });
    const view = viewOf(taskIn('running', { progress: 42, failure }));
    assert.deepEqual(view.buttons, [
      { action: 'setApiKey', label: 'Set API Key…', primary: true },
      { action: 'showLog', label: 'Show Log', primary: false },
      { action: 'stopTracking', label: 'Stop Tracking', primary: false },
    ]);
    const { stage } = view;
    assert.ok(stage.kind === 'working' && stage.isHeld && !stage.isMoving);
    assert.equal(stage.title, 'Needs API key');
    assert.equal(stage.sentence, 'The gateway rejected your API key.');
    assert.equal(stage.details, 'Gateway message: 无效的令牌');
    assert.equal(stage.charge, null);
    assert.equal(stage.progress, null);
  });

  const trouble = { status: 503, message: 'try later' };
  const waits: readonly [
    what: string,
    phase: Phase,
    failure: Failure,
    sentence: RegExp,
    actions: Action[],
    more: { moves?: true; charge?: string; primary: Action | undefined },
  ][] = [
    [
      'a gateway that does not answer',
      'running',
      failures.temporaryError(trouble),
      /Checking again automatically/,
      ['refresh', 'showLog', 'stopTracking'],
      { primary: 'refresh' },
    ],
    [
      'a gateway that asks to wait',
      'draft',
      failures.rateLimited({ status: 429, message: 'slow down' }),
      /Sending again automatically/,
      ['showLog', 'stopSending'],
      { charge: "You weren't charged.", primary: undefined },
    ],
    [
      'a fetch that fails',
      'ready',
      failures.downloadFailed(new Error('cut'), true),
      /Retrying automatically/,
      ['refresh', 'showLog', 'stopTracking'],
      { charge: 'You were charged.', primary: 'refresh' },
    ],
    [
      'the next try of it',
      'saving',
      failures.downloadFailed(new Error('cut'), true),
      /Retrying automatically/,
      ['refresh', 'showLog', 'stopTracking'],
      { moves: true, charge: 'You were charged.', primary: undefined },
    ],
    [
      'a full disk',
      'ready',
      failures.diskFailed(new Error('ENOSPC')),
      /Check disk space/,
      ['openLibrary', 'refresh', 'showLog', 'stopTracking'],
      { charge: 'You were charged.', primary: 'openLibrary' },
    ],
  ];
  for (const [what, phase, failure, sentence, actions, { moves = false, charge = null, primary }] of waits) {
    it(`says what keeps it: ${what}`, () => {
      const view = viewOf(taskIn(phase, { failure }));
      const { stage } = view;
      assert.ok(stage.kind === 'working');
      assert.equal(stage.title, phaseLabel({ phase }, untranslatedL10n));
      assert.match(stage.sentence, sentence);
      assert.ok(failure.message.startsWith(stage.sentence));
      assert.equal(stage.isMoving, moves);
      assert.equal(stage.charge, charge);
      assert.deepEqual(actionsOf(view), actions);
      assert.equal(view.buttons.find((offer) => offer.primary)?.action, primary);
    });
  }

  it('is not held up by what kept it waiting before it was sent anew', () => {
    const failure = failures.rateLimited({ status: 429, message: 'slow down' });
    const { stage } = viewOf(taskIn('sending', { failure }));
    assert.ok(stage.kind === 'working' && !stage.isHeld && stage.isMoving);
  });

  it('offers no button without a command behind it', () => {
    const own: readonly Action[] = ['lookForFile', 'copyDetails', 'openEarlier', 'retry'];
    const commands = manifest.contributes.commands.map(({ command }) => command);
    for (const action of ACTIONS) {
      const deed = commandForAction(action, 'own-id');
      assert.equal(deed !== undefined && commands.includes(deed.command), !own.includes(action), action);
    }
  });

  it('tells a command which video of the task is meant, and where in it', () => {
    const moment = { video: 1, seconds: 2.5 };
    assert.deepEqual(commandForAction('useThisFrame', 'own-id', moment)?.args, [{ id: 'own-id', ...moment }]);
    assert.deepEqual(commandForAction('remix', 'own-id')?.args, ['own-id']);
  });

  it('says of a missing file that it is missing', () => {
    const view = viewOf(taskIn('saved'), missing);
    assert.equal(view.state, 'File missing');
    assert.deepEqual(actionsOf(view).slice(0, 1), ['lookForFile']);
  });

  it('offers what the row offers of a finished video', () => {
    assert.deepEqual(actionsOf(viewOf(taskIn('saved'), there)).slice(-3), [
      'generateAgain',
      'editAndGenerate',
      'continueFromLastFrame',
    ]);
  });

  it('offers a remix of a finished video of sora-2, and of no other', () => {
    const remixable = { gatewayTaskId: 'video_1' };
    assert.ok(actionsOf(viewOf(taskIn('saved', remixable), there)).includes('remix'));
    assert.ok(!actionsOf(viewOf(taskIn('saved', remixable), missing)).includes('remix'));
    assert.ok(!actionsOf(viewOf(taskIn('running', remixable))).includes('remix'));
  });

  describe('of several videos', () => {
    const video = {
      uri: 'file:///a.mp4',
      bytes: 1,
      width: 1,
      height: 1,
      durationSeconds: 8,
      hasAudio: false,
      sha256: '',
    };
    const fitSummary = (parts: Partial<Task>) => {
      const view = viewOf(taskIn('saved', parts), there);
      assert.ok(view.stage.kind === 'video');
      assert.equal(view.state, 'Done');
      return view.stage.note;
    };

    it('says nothing when all are there', () => {
      assert.equal(fitSummary({ videos: [video] }), null);
    });

    it('says in a line that some are gone at the gateway', () => {
      const failure = failures.videosMissing(
        1,
        2,
        new Failures('nebula').expired('linkExpired', { status: 404, message: 'gone' }),
      );
      assert.deepEqual(fitSummary({ videos: [video], failure }), {
        text: 'Missing videos: 1 of 2.',
        button: { action: 'lookAgain', label: 'Check Again', primary: false },
      });
    });

    it('says likewise that files of some are missing', () => {
      const note = fitSummary({ videos: [video, video, video] });
      assert.match(note?.text ?? '', /^Missing files were moved or deleted\./);
      assert.equal(note?.button?.action, 'lookForFile');
    });
  });

  describe('of a video that could not be verified', () => {
    const video = {
      ...{ uri: 'file:///a.mp4', bytes: 2_000_000, width: 0, height: 0, durationSeconds: 0 },
      ...{ hasAudio: false, sha256: '', unverified: true as const },
    };
    const sound: Video = { ...video, width: 1280, height: 720, durationSeconds: 8 };
    Reflect.deleteProperty(sound, 'unverified');

    it('warns in one line, and offers the system player', () => {
      const view = viewOf(taskIn('saved', { videos: [video] }), there);
      assert.deepEqual([view.state, view.tone], ['May be damaged', 'warning']);
      assert.ok(view.stage.kind === 'video');
      assert.deepEqual(view.stage.note, {
        text: 'Downloaded, but not verified. Playback may fail.',
        button: null,
      });
      assert.equal(view.buttons.filter(({ action }) => action === 'openExternally').length, 1);
      assert.deepEqual(toPage.parse({ type: 'view', view }), { type: 'view', view });
    });

    it('shows no number that the file does not tell', () => {
      const lines = detailsText(viewOf(taskIn('saved', { videos: [video] }), there).facts).split('\n');
      assert.ok(lines.includes('Video: 2 MB · May be damaged'), lines.join('\n'));
    });

    it('warns about one of several, and offers first what brings back the others', () => {
      const fitSummary = (parts: Partial<Task>) => {
        const { stage } = viewOf(taskIn('saved', parts), there);
        return stage.kind === 'video' ? stage.note : null;
      };
      assert.deepEqual(fitSummary({ videos: [sound] }), null);
      const away = fitSummary({ videos: [sound, video] });
      assert.match(
        away?.text ?? '',
        /^Downloaded, but not verified\. Playback may fail\. Missing files were moved or deleted\./,
      );
      assert.equal(away?.button?.action, 'lookForFile');
      const gone = new Failures('nebula').expired('linkExpired', { status: 404, message: 'gone' });
      const failure = failures.videosMissing(1, 2, gone);
      assert.equal(fitSummary({ videos: [video], failure })?.button?.action, 'lookAgain');
    });

    it('says that its file is missing once it is', () => {
      const view = viewOf(taskIn('saved', { videos: [video] }));
      assert.deepEqual([view.state, view.stage.kind], ['File missing', 'message']);
    });
  });

  it('has parts that differ, and only those, in a change', () => {
    const before = viewOf(taskIn('running', { progress: 10 }));
    assert.deepEqual(diffView(before, viewOf(taskIn('running', { progress: 10 }))), {});
    const after = viewOf(taskIn('running', { progress: 20 }));
    assert.deepEqual(Object.keys(diffView(before, after)), ['stage']);
  });

  it('names the task that it was asked for again from, as a link, while that is there', () => {
    const task = taskIn('queued', { basedOn: 'earlier' });
    assert.equal(
      viewOf(task).facts.find(({ action }) => action !== undefined),
      undefined,
    );
    const earlier = taskIn('saved', { id: 'earlier', createdAt: NOW });
    const { facts } = playerView(task, missing, {
      catalog,
      commandTitles,
      l10n: untranslatedL10n,
      language: 'en',
      now: NOW,
      earlier,
    });
    const fact = facts.find(({ action }) => action === 'openEarlier');
    assert.equal(fact?.name, 'Based on');
    assert.match(fact.value, /^'a ⏎ boat', Nov 22, /);
    const view = { ...viewOf(task), facts };
    assert.deepEqual(toPage.parse({ type: 'view', view }), { type: 'view', view });
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
    const text = detailsText(viewOf(taskIn('saved', { videos: [video] }), there).facts);
    for (const line of [
      'Model: sora-2 · 8 s · 1280×720 (landscape)',
      'Video: 1280×720 · 8.04 s · with audio · 4.2 MB',
      'Duration: 1 min 20 s',
      'Gateway: gateway.example',
      'Task ID: task_1',
      'Local ID: own-id',
    ]) {
      assert.ok(text.split('\n').includes(line), `${line} in\n${text}`);
    }
  });

  it('says nothing twice at the end of the timeline', () => {
    const failure = failures.expired('linkExpired');
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
    assert.equal(stage.sentence, "This video couldn't be generated.");
    assert.equal(stage.charge, "You weren't charged.");
    assert.equal(stage.details, 'Gateway message: GPU lost');
  });

  it('puts no words into the gateway’s mouth', () => {
    const unreachable = failures.unreachable({ status: 0, message: 'socket hang up' }, 'gateway.example');
    assert.equal(said(taskIn('rejected', { failure: unreachable })).details, 'Details: socket hang up');
    const cut = failures.outcomeUnknown({ status: 0, message: 'socket hang up' });
    assert.equal(said(taskIn('unknown', { failure: cut })).details, 'Details: socket hang up');
    const { stage } = viewOf(taskIn('ready', { failure: failures.diskFailed(new Error('ENOSPC')) }));
    assert.ok(stage.kind === 'working' && stage.details === 'Details: ENOSPC');
  });

  it('tells what is known of the money at every end', () => {
    assert.equal(
      said(taskIn('lost', { failure: failures.expired('linkExpired') })).charge,
      'You were charged.',
    );
    const unknown = taskIn('unknown', { failure: failures.outcomeUnknown({ status: 502, message: '' }) });
    assert.equal(said(unknown).charge, 'You may have been charged.');
    assert.equal(said(taskIn('stopped')).charge, 'You may have been charged.');
    const unsent = taskIn('stopped');
    Reflect.deleteProperty(unsent, 'gatewayTaskId');
    assert.equal(said(unsent).charge, "You weren't charged.");
    // Stopped when the gateway was done and the file on its way.
    const timeline = (['queued', 'ready', 'saving', 'stopped'] as const).map((phase) => ({ at: NOW, phase }));
    const made = said(taskIn('stopped', { timeline, charged: 'yes' }));
    assert.equal(made.charge, 'You were charged.');
    assert.match(made.sentence, /doesn't cancel the video or refund/);
  });

  it('puts first what helps most', () => {
    const first = (phase: Phase, failure: Task['failure']) =>
      actionsOf(viewOf(taskIn(phase, failure ? { failure } : {})))[0];
    const moderation = { status: 400, message: 'content_policy_violation' };
    assert.equal(first('failed', failures.taskFailed(moderation)), 'editAndGenerate');
    assert.equal(first('failed', failures.taskFailed({ status: 500, message: 'oops' })), 'generateAgain');
    assert.equal(first('rejected', failures.refused({ status: 401, message: 'no' })), 'setApiKey');
    assert.equal(first('unknown', failures.outcomeUnknown(undefined)), 'attachTaskId');
    assert.equal(first('lost', failures.expired('linkExpired')), 'lookAgain');
  });
});

describe('evidenceText', () => {
  it('gives a response as it came, with how it ended', () => {
    const text = evidenceText({
      at: 0,
      step: 'query',
      status: 502,
      headers: { 'retry-after': '7' },
      body: '<h1>Bad Gateway',
      end: 'cut',
    });
    assert.equal(text, '1970-01-01T00:00:00.000Z query: HTTP 502, cut\nretry-after: 7\n<h1>Bad Gateway');
  });
});
