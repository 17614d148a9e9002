import { strict as assert } from 'node:assert';
import type { StatusBarItem } from 'vscode';
import { Emitter } from '../../../../src/core/common/events';
import { untranslatedL10n } from '../../../../src/core/common/l10n';
import type { Engine } from '../../../../src/core/engine';
import type { Phase } from '../../../../src/core/task/phases';
import type { Task, TaskChanges } from '../../../../src/core/task/task';
import { StatusBar, statusBarText } from '../../../../src/editor/tasks/statusBar';

function aTask(phase: Phase, parts: Partial<Task> = {}): Task {
  return {
    id: parts.id ?? 'a',
    origin: 'https://llm.ai-nebula.com',
    request: { model: 'sora-2', prompt: 'a boat' },
    phase,
    createdAt: 0,
    updatedAt: 0,
    videos: [],
    timeline: [],
    ...parts,
  };
}

describe('the words in the status bar', () => {
  it('say how the only task is doing, with progress where there is any', () => {
    assert.equal(statusBarText([], untranslatedL10n), undefined);
    assert.deepEqual(statusBarText([aTask('running', { progress: 42 })], untranslatedL10n), {
      text: '$(sync~spin) Generating 42%',
      tooltip: 'a boat: Generating 42%',
      label: 'Nebula Video, a boat: Generating 42%',
    });
    assert.equal(statusBarText([aTask('queued')], untranslatedL10n)?.text, '$(circle-outline) Queued');
    // The generation progress says nothing about the download.
    const saving = { progress: 99, fetchProgress: 7 };
    assert.equal(
      statusBarText([aTask('saving', saving)], untranslatedL10n)?.text,
      '$(sync~spin) Downloading 7%',
    );
    assert.equal(
      statusBarText([aTask('saving', { progress: 99 })], untranslatedL10n)?.text,
      '$(sync~spin) Downloading',
    );
    const failure = { kind: 'quota', charged: 'unknown', message: '', summary: '' } as const;
    assert.deepEqual(statusBarText([aTask('running', { progress: 42, failure })], untranslatedL10n), {
      text: '$(key) Needs balance',
      tooltip: 'a boat: Needs balance',
      label: 'Nebula Video, a boat: Needs balance',
    });
  });

  it('count several, moving when one of them moves, and show when one waits for a key', () => {
    const queued = aTask('queued');
    assert.equal(statusBarText([queued, queued], untranslatedL10n)?.text, '$(circle-outline) 2 videos');
    assert.equal(statusBarText([queued, aTask('running')], untranslatedL10n)?.text, '$(sync~spin) 2 videos');
    const blind = aTask('running', {
      failure: { kind: 'key', charged: 'unknown', message: '', summary: '' },
    });
    assert.equal(statusBarText([aTask('running'), blind], untranslatedL10n)?.text, '$(key) 2 videos');
    const many = statusBarText(Array<Task>(20).fill(queued), untranslatedL10n);
    assert.equal(many?.tooltip.split('\n').length, 9);
    assert.match(many.tooltip, /\n\+12$/);
    assert.equal(many.label, 'Nebula Video, 20 videos');
  });

  it('are there only while something runs', () => {
    const fail = (error: unknown) => {
      throw error;
    };
    const opened = new Emitter<Engine>(fail);
    const changes = new Emitter<TaskChanges>(fail);
    const items: { text: string; disposed: boolean }[] = [];
    const status = new StatusBar({
      engine: { onDidOpen: opened.event, onDidChangeTasks: changes.event },
      l10n: untranslatedL10n,
      create: () => {
        const item = {
          text: '',
          disposed: false,
          show: () => undefined,
          dispose: () => (item.disposed = true),
        };
        items.push(item);
        return item as unknown as StatusBarItem;
      },
    });
    opened.fire({ tasks: () => [aTask('saved')] } as unknown as Engine);
    assert.equal(items.length, 0);
    changes.fire({ changed: [aTask('running', { id: 'b' })], removed: [] });
    changes.fire({ changed: [aTask('queued', { id: 'c' })], removed: [] });
    assert.deepEqual(
      items.map(({ text }) => text),
      ['$(sync~spin) 2 videos'],
    );
    changes.fire({ changed: [aTask('failed', { id: 'b' })], removed: ['c'] });
    assert.ok(items[0]?.disposed);
    changes.fire({ changed: [aTask('draft', { id: 'd' })], removed: [] });
    assert.equal(items.length, 2);
    status.dispose();
    assert.ok(items[1]?.disposed);
  });
});
