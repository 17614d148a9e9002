import { strict as assert } from 'node:assert';
import { setTimeout as delay } from 'node:timers/promises';
import * as vscode from 'vscode';
import manifest from '../../package.json';
import { systemClock } from '../../src/core/common/clock';
import { Emitter } from '../../src/core/common/events';
import type { Task, TaskChanges } from '../../src/core/task/task';
import { openVideo } from '../../src/editor/player/openVideo';
import type { EngineAccess } from '../../src/editor/common/engineAccess';
import { PLAYER_VIEW_TYPE } from '../../src/editor/common/ids';
import { PlayerManager } from '../../src/editor/player/playerManager';
import { catalog } from '../support/catalog';
import { commandTitles } from '../support/commandTitles';
import { RecordingNotifications } from '../support/recordingNotifications';
import { ScriptedDialogs } from '../support/scriptedDialogs';

function aTask(id: string, prompt: string): Task {
  const timeline = [{ at: Date.now(), phase: 'queued' as const }];
  const request = { model: 'sora-2', prompt };
  const origin = 'https://gateway.example';
  return {
    id,
    origin,
    request,
    phase: 'queued',
    createdAt: Date.now(),
    updatedAt: Date.now(),
    videos: [],
    timeline,
  };
}

/** Players for tasks that the tests create. */
class OwnPlayers {
  readonly tasks = new Map<string, Task>();
  readonly players: PlayerManager;
  /** Tasks that count as seen, in order. */
  readonly seen: string[] = [];
  readonly #changed = new Emitter<TaskChanges>((error) => console.error(error));

  constructor() {
    const extension = vscode.extensions.getExtension(`${manifest.publisher}.${manifest.name}`);
    if (!extension) throw new Error('VS Code did not find the extension.');
    const engine = {
      task: (id: string) => this.tasks.get(id),
      markSeen: async (id: string) => Promise.resolve(void this.seen.push(id)),
      evidence: async () => Promise.resolve([]),
    };
    const silent = () => undefined;
    this.players = new PlayerManager({
      engine: { open: () => Promise.resolve(engine), onDidChangeTasks: this.#changed.event },
      extensionUri: extension.extensionUri,
      libraryFolder: '/nowhere',
      execute: () => Promise.resolve(),
      copy: () => Promise.resolve(),
      catalog,
      commandTitles,
      l10n: vscode.l10n,
      language: 'en',
      clock: systemClock,
      log: { trace: silent, debug: silent, info: silent, warn: silent, error: silent },
    });
  }

  add(id: string, prompt: string): void {
    this.tasks.set(id, aTask(id, prompt));
  }

  remove(id: string): void {
    this.tasks.delete(id);
    this.#changed.fire({ changed: [], removed: [id] });
  }
}

/** The titles of all open players. */
function titles(): string[] {
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  return tabs.filter(isPlayer).map(({ label }) => label);
}

/** VS Code puts a prefix before the type of a webview. */
function isPlayer({ input }: vscode.Tab): boolean {
  return input instanceof vscode.TabInputWebview && input.viewType.endsWith(PLAYER_VIEW_TYPE);
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    if (tries > 200) throw new Error(`It did not come about; open are: ${titles().join(' | ')}`);
    await delay(25);
  }
}

describe('the players of a window', () => {
  let own: OwnPlayers;

  beforeEach(() => {
    own = new OwnPlayers();
    own.add('a', 'a paper boat');
    own.add('b', '  \n ');
  });

  afterEach(async () => {
    own.players.dispose();
    const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
    await vscode.window.tabGroups.close(tabs.filter(isPlayer));
  });

  it('are one for each task, named by the prompt', async () => {
    assert.equal(await own.players.open('a'), true);
    assert.equal(await own.players.open('b'), true);
    assert.equal(await own.players.open('a'), true);
    await until(() => titles().length === 2);
    assert.deepEqual(titles(), ['a paper boat', 'Video']);
    await until(() => own.players.activeTask === 'a');
    assert.equal(own.players.isShown('a'), true);
    assert.equal(own.players.isShown('b'), false);
  });

  it('are not there for a task that is not there', async () => {
    assert.equal(await own.players.open('none'), false);
    assert.deepEqual(titles(), []);
  });

  it('close with their task, and open anew after having been closed by hand', async () => {
    await own.players.open('a');
    await until(() => titles().length === 1);
    own.remove('a');
    await until(() => titles().length === 0);
    own.add('a', 'a paper boat');
    await own.players.open('a');
    await until(() => titles().length === 1);
    assert.equal(own.players.isShown('none'), false);
  });

  it('revive what the editor has kept, and close what nobody can read', async () => {
    const panel = (title: string) =>
      vscode.window.createWebviewPanel(PLAYER_VIEW_TYPE, title, vscode.ViewColumn.Active, {});
    const kept = panel('kept');
    await own.players.revive(kept, { taskId: 'a', position: 2 });
    assert.equal(kept.webview.options.enableScripts, true);
    assert.equal(kept.webview.options.enableForms, false);
    assert.equal(kept.webview.options.localResourceRoots?.length, 2);
    assert.match(kept.webview.html, /Content-Security-Policy/);
    await own.players.revive(panel('twice'), { taskId: 'a' });
    await own.players.revive(panel('unreadable'), { position: 2 });
    await own.players.revive(panel('nothing'), undefined);
    await until(() => titles().length === 1);
    assert.equal(await own.players.open('a'), true);
    assert.equal(titles().length, 1);
  });

  it('stay when the extension ends: the next start revives them', async () => {
    await own.players.open('a');
    await until(() => titles().length === 1);
    own.players.dispose();
    await delay(200);
    assert.equal(titles().length, 1);
  });
});

describe('the command that opens a player', () => {
  const tasks = [aTask('a', 'a paper boat'), aTask('b', 'a kite')];

  const run = async (args: readonly unknown[], answer?: string) => {
    const opened: string[] = [];
    const host = new RecordingNotifications();
    const dialogs = new ScriptedDialogs();
    dialogs.willAnswer(tasks.find(({ id }) => id === answer));
    await openVideo(
      {
        players: {
          open: (id) => {
            opened.push(id);
            return Promise.resolve(true);
          },
        },
        engine: { open: () => Promise.resolve({ tasks: () => tasks }) } as unknown as EngineAccess,
        ...{
          catalog,
          dialogs,
          commandTitles,
          notifications: host.notifications,
          l10n: vscode.l10n,
          language: 'en',
        },
      },
      args,
    );
    return { opened, said: host.shown.map(({ message }) => message) };
  };

  it('takes a row, several rows, a task or a question', async () => {
    assert.deepEqual((await run(['a'])).opened, ['a']);
    assert.deepEqual((await run(['a', ['a', 'b']])).opened, ['a', 'b']);
    assert.deepEqual((await run([tasks[1]])).opened, ['b']);
    assert.deepEqual((await run([], 'b')).opened, ['b']);
    assert.deepEqual(await run([]), { opened: [], said: [] });
  });

  it('says so when there is nothing to open', async () => {
    assert.deepEqual((await run(['gone'])).said, ['No matching tasks.']);
  });
});
