import assert from 'node:assert/strict';
import type { Uri, WorkspaceFolder } from 'vscode';
import { Emitter } from '../../../../src/core/common/events';
import type { Engine } from '../../../../src/core/engine';
import type { Task, TaskChanges, Video } from '../../../../src/core/task/task';
import { AutoSaver } from '../../../../src/editor/library/autoSaver';
import { WorkspaceTasks } from '../../../../src/editor/library/workspaceTasks';
import type { ExportError } from '../../../../src/editor/library/videoExporter';
import { FakeMemento } from '../../../support/fakeMemento';

const ignore = () => undefined;
const video = (sha256: string) => ({ sha256, uri: `file:///library/${sha256}.mp4` }) as Video;
const aTask = (id: string, ...videos: string[]) =>
  ({
    id,
    phase: 'saved',
    videos: videos.map(video),
    request: { model: 'sora-2', prompt: '' },
  }) as unknown as Task;

/** A workspace whose windows come and go. */
class Workspace {
  readonly memento = new FakeMemento();
  readonly tasks = new Map<string, Task>();
  readonly saved: string[] = [];
  readonly errors: ExportError[] = [];
  isOn = true;
  error: ExportError | undefined;

  /** Opens a window. @returns functions to change a task and the window's focus */
  async open() {
    const changes = new Emitter<TaskChanges>((error) => assert.fail(String(error)));
    const engine = {
      task: (id: string) => this.tasks.get(id),
      markExported: () => Promise.resolve(),
    } as unknown as Engine;
    const folder = { uri: 'file:///workspace' } as unknown as WorkspaceFolder;
    const running: Promise<unknown>[] = [];
    const autoSaver = new AutoSaver({
      engine: {
        current: engine,
        onDidOpen: (listener) => (listener(engine), { dispose: ignore }),
        onDidChangeTasks: changes.event,
      },
      settings: { autoSave: () => this.isOn },
      sent: new WorkspaceTasks(this.memento),
      roots: { quiet: folder },
      saver: {
        saveOne: (_folder, task, position) => {
          if (this.error) return Promise.resolve({ saved: [], error: this.error });
          this.saved.push(task.videos[position]!.sha256);
          return Promise.resolve({ saved: [`file:///workspace/${this.saved.length}.mp4` as unknown as Uri] });
        },
      },
      onSaved: ignore,
      onError: (error) => this.errors.push(error),
      runInBackground: (work) => running.push(work),
    });
    const settled = async () => {
      for (let seen = -1; seen < running.length;) {
        seen = running.length;
        await Promise.all(running);
      }
    };
    await settled();
    return {
      willSave: (task: Task) => autoSaver.willSave(task),
      change: async (task: Task) => {
        this.tasks.set(task.id, task);
        changes.fire({ changed: [task], removed: [] });
        await settled();
      },
      remove: async (id: string) => {
        this.tasks.delete(id);
        changes.fire({ changed: [], removed: [id] });
        await settled();
      },
      focus: async () => {
        autoSaver.retry();
        await settled();
      },
    };
  }
}

describe('auto-save', () => {
  let workspace: Workspace;

  beforeEach(async () => {
    workspace = new Workspace();
    await new WorkspaceTasks(workspace.memento).add('1');
  });

  it('saves each video of a task once, also one that arrives a day later in another window', async () => {
    const first = await workspace.open();
    await first.change(aTask('1', 'a'));
    await first.change(aTask('1', 'a'));
    const later = await workspace.open();
    await later.change(aTask('1', 'a', 'b'));
    await (await workspace.open()).change(aTask('1', 'b', 'a'));
    assert.deepEqual(workspace.saved, ['a', 'b']);
  });

  it('does not try again, or report, what is no longer in the library', async () => {
    workspace.error = { kind: 'missing' };
    await (await workspace.open()).change(aTask('1', 'a'));
    await workspace.open();
    workspace.error = undefined;
    await workspace.open();
    assert.deepEqual([workspace.saved, workspace.errors], [[], []]);
  });

  it('saves later what could not be saved, and reports it once', async () => {
    workspace.error = { kind: 'failed' };
    const window = await workspace.open();
    await window.change(aTask('1', 'a'));
    await window.change(aTask('1', 'a'));
    await window.focus();
    assert.deepEqual([workspace.saved, workspace.errors.length], [[], 1]);
    workspace.error = undefined;
    await window.focus();
    assert.deepEqual(workspace.saved, ['a']);
    await window.focus();
    assert.deepEqual(workspace.saved, ['a']);
  });

  it('saves after a restart what could not be saved before', async () => {
    workspace.error = { kind: 'readOnly', folder: 'workspace' };
    await (await workspace.open()).change(aTask('1', 'a', 'b'));
    workspace.error = undefined;
    await workspace.open();
    assert.deepEqual(workspace.saved, ['a', 'b']);
  });

  it('saves nothing that arrived while the setting was off', async () => {
    workspace.isOn = false;
    await (await workspace.open()).change(aTask('1', 'a'));
    workspace.isOn = true;
    const window = await workspace.open();
    assert.deepEqual(workspace.saved, []);
    await window.change(aTask('1', 'a', 'b'));
    assert.deepEqual(workspace.saved, ['b']);
  });

  it('forgets no task because the list lacks it for a while', async () => {
    const window = await workspace.open();
    await window.remove('1');
    await workspace.open();
    await window.change(aTask('1', 'a'));
    assert.deepEqual(workspace.saved, ['a']);
  });

  it('saves only what was sent from this workspace, and forgets a rejected request', async () => {
    const window = await workspace.open();
    await window.change(aTask('2', 'x'));
    await window.change({ ...aTask('1'), phase: 'rejected' });
    assert.deepEqual(workspace.saved, []);
    assert.equal(window.willSave(aTask('1')), false);
  });

  it('reads what earlier versions stored, and passes over anything else', async () => {
    await workspace.memento.update('sentTasks', ['3', 5, null, { id: 'x' }, { id: '4', done: ['d'] }]);
    const sent = new WorkspaceTasks(workspace.memento);
    assert.deepEqual(sent.all(), ['3', '4']);
    const window = await workspace.open();
    await window.change(aTask('3', 'c'));
    await window.change(aTask('4', 'd', 'e'));
    assert.deepEqual(workspace.saved, ['c', 'e']);
  });
});
