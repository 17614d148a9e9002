import { strict as assert } from 'node:assert';
import { Emitter } from '../../../../src/core/common/events';
import { untranslatedL10n } from '../../../../src/core/common/l10n';
import type { Engine } from '../../../../src/core/engine';
import type { Phase } from '../../../../src/core/task/phases';
import type { Failure, Task, TaskChanges } from '../../../../src/core/task/task';
import { CompletionNotifier } from '../../../../src/editor/tasks/completionNotifier';
import { commandTitles } from '../../../support/commandTitles';
import { FakeClock } from '../../support/fakeClock';

const fail = (error: unknown): never => {
  throw error;
};

/** Windows before one store, each with an engine that knows the same tasks. */
class Windows {
  readonly clock = new FakeClock(0);
  readonly told: string[] = [];
  notify: 'always' | 'never' = 'always';
  readonly #tasks = new Map<string, Task>();
  readonly #claimed = new Set<string>();
  readonly #changed = new Emitter<TaskChanges>(fail);

  open(
    name: string,
    { focused = false, sentIt = false, watched = false, autoSave = false } = {},
  ): CompletionNotifier {
    const engine = {
      tasks: () => [...this.#tasks.values()],
      task: (id: string) => this.#tasks.get(id),
      claimNotification: (id: string) => {
        const isFree = !this.#claimed.has(id);
        this.#claimed.add(id);
        return Promise.resolve(isFree);
      },
    } as unknown as Engine;
    const opened = new Emitter<Engine>(fail);
    const notices = new CompletionNotifier({
      engine: { onDidOpen: opened.event, onDidChangeTasks: this.#changed.event, current: engine },
      settings: { notify: () => this.notify },
      notifications: {
        show: (_severity, message, buttons) =>
          this.told.push(`${name}: ${[message, ...(buttons ?? []).map(({ title }) => title)].join(' | ')}`),
        showFailure: ({ id, phase }, { sentence }) => this.told.push(`${name}: ${id} ${phase}, ${sentence}`),
        open: () => ({ title: 'Open', run: () => undefined }),
        command: (command) => ({ title: commandTitles.button(command), command }),
        dontShowAgain: () => ({ title: 'No More', run: () => undefined }),
      },
      l10n: untranslatedL10n,
      clock: this.clock,
      isFocused: () => focused,
      isFromHere: () => sentIt,
      isWatched: () => watched,
      savesItself: () => autoSave,
      runInBackground: (work) => void work.catch(fail),
    });
    opened.fire(engine);
    return notices;
  }

  move(id: string, phase: Phase, failure?: Failure): Task {
    const task: Task = {
      id,
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
    this.#tasks.set(id, task);
    this.#changed.fire({ changed: [task], removed: [] });
    return task;
  }

  /** Lets all timers run and their work be done. */
  async settle(): Promise<string[]> {
    for (let turn = 0; turn < 20; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      const next = this.clock.nextTimer;
      if (next !== undefined) this.clock.moveTo(next);
    }
    return this.told;
  }
}

const READY = "'a boat' is ready. | Open | Save to Workspace | No More";

describe('the notices of ended tasks', () => {
  let windows: Windows;

  beforeEach(() => {
    windows = new Windows();
  });

  it('come once, in the window that the user is in', async () => {
    windows.open('one');
    windows.open('sender', { sentIt: true });
    windows.open('focused', { focused: true });
    windows.move('a', 'running');
    windows.move('a', 'saved');
    assert.deepEqual(await windows.settle(), [`focused: ${READY}`]);
  });

  it('come in the window that sent the request when the user is in none', async () => {
    windows.open('one');
    windows.open('sender', { sentIt: true });
    windows.move('a', 'running');
    windows.move('a', 'saved');
    assert.deepEqual(await windows.settle(), [`sender: ${READY}`]);
  });

  it('never come for what had ended before the window opened', async () => {
    windows.move('a', 'saved');
    windows.open('one', { focused: true });
    // Marking it as seen in another window changes it, too.
    windows.move('a', 'saved');
    assert.deepEqual(await windows.settle(), []);
  });

  it('come for what a restarted window saw running', async () => {
    windows.move('a', 'running');
    windows.open('one', { focused: true });
    windows.move('a', 'saved');
    assert.deepEqual(await windows.settle(), [`one: ${READY}`]);
  });

  it('say why there is no video', async () => {
    windows.open('one', { focused: true });
    windows.move('a', 'running');
    windows.move('a', 'failed', {
      kind: 'moderation',
      charged: 'no',
      message: 'A filter stopped it.',
      summary: 'A filter stopped it.',
    });
    windows.move('b', 'ready');
    windows.move('b', 'lost', {
      kind: 'expired',
      charged: 'yes',
      message: 'It is gone.',
      summary: 'It is gone.',
    });
    assert.deepEqual(await windows.settle(), [
      'one: a failed, A filter stopped it.',
      'one: b lost, It is gone.',
    ]);
  });

  it('say so when not every video of the task is here', async () => {
    windows.open('one', { focused: true });
    windows.move('a', 'saving');
    windows.move('a', 'saved', {
      kind: 'expired',
      charged: 'yes',
      message: 'Others are not here.',
      summary: 'Others are not here.',
    });
    assert.deepEqual(await windows.settle(), [
      "one: 'a boat' is ready. Others are not here. | Open | Save to Workspace | No More",
    ]);
  });

  it('leave a bad outcome of the send to whoever sent it', async () => {
    const sender = windows.open('sender', { focused: true, sentIt: true });
    windows.open('other');
    windows.move('a', 'sending');
    await sender.sent(windows.move('a', 'unknown'), 'person');
    windows.move('b', 'sending');
    await sender.sent(windows.move('b', 'rejected'), 'api');
    assert.deepEqual(await windows.settle(), []);
  });

  it('tell at once of a request that was given to the command: a key binding hears nothing', async () => {
    const sender = windows.open('sender', { focused: true, sentIt: true });
    windows.open('other');
    windows.move('a', 'sending');
    await sender.sent(windows.move('a', 'unknown'), 'command');
    windows.notify = 'never';
    windows.move('b', 'sending');
    await sender.sent(windows.move('b', 'rejected'), 'command');
    assert.deepEqual(await windows.settle(), [
      "sender: a unknown, The gateway didn't confirm the request. It won't be sent again automatically.",
    ]);
  });

  it('tell a bad outcome when the window that sent it is gone', async () => {
    windows.open('other');
    windows.move('a', 'sending');
    windows.move('a', 'unknown');
    assert.deepEqual(await windows.settle(), [
      "other: a unknown, The gateway didn't confirm the request. It won't be sent again automatically.",
    ]);
  });

  it('do not come for what the user stopped, is watching, or wants no notices of', async () => {
    const one = windows.open('one', { focused: true });
    windows.move('a', 'running');
    windows.move('a', 'stopped');
    windows.notify = 'never';
    windows.move('b', 'running');
    windows.move('b', 'saved');
    assert.deepEqual(await windows.settle(), []);
    one.dispose();
    windows.notify = 'always';
    windows.open('watching', { focused: true, watched: true });
    windows.open('other');
    windows.move('c', 'running');
    windows.move('c', 'saved');
    assert.deepEqual(await windows.settle(), []);
  });

  it('do not come when the task has moved on meanwhile, or the window closes', async () => {
    const one = windows.open('one');
    windows.move('a', 'running');
    windows.move('a', 'failed');
    windows.move('a', 'queued');
    windows.move('b', 'running');
    windows.move('b', 'saved');
    one.dispose();
    assert.deepEqual(await windows.settle(), []);
    assert.equal(windows.clock.nextTimer, undefined);
  });

  it('do not offer to save what saves itself', async () => {
    windows.open('one', { focused: true, autoSave: true });
    windows.move('a', 'running');
    windows.move('a', 'saved');
    assert.deepEqual(await windows.settle(), ["one: 'a boat' is ready. | Open | No More"]);
  });
});
