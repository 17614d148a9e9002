// An extension for the player's own ui tests: real players on tasks that a test writes into a file.
import fs from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { systemClock } from '../../src/core/common/clock';
import { Emitter } from '../../src/core/common/events';
import type { Task, TaskChanges } from '../../src/core/task/task';
import type { PlayerEngine } from '../../src/editor/player/playerPanel';
import { PLAYER_VIEW_TYPE } from '../../src/editor/common/ids';
import { PlayerManager } from '../../src/editor/player/playerManager';
import { catalog } from '../support/catalog';
import { commandTitles } from '../support/commandTitles';

/** The commands of the buttons. Calls are recorded. */
const RECORDED = [
  ...['saveToWorkspace', 'saveAs', 'openExternally', 'revealVideo', 'copyPrompt', 'generateAgain'],
  ...['editAndGenerate', 'remix', 'continueFromLastFrame', 'lookAgain', 'attachTaskId'],
  ...['stopSending', 'stopTracking'],
  ...['setApiKey', 'testConnection', 'openLibrary', 'refresh', 'showLog', 'openVideo'],
].map((name) => `nebulaVideo.${name}`);

/** Replaces the engine. Reads the tasks from a file and follows its changes. */
class TaskFile implements PlayerEngine {
  readonly #file: string;
  readonly #changed = new Emitter<TaskChanges>((error) => console.error(error));
  readonly onDidChangeTasks = this.#changed.event;
  #tasks: readonly Task[];

  constructor(file: string) {
    this.#file = file;
    this.#tasks = this.#read();
  }

  task(id: string): Task | undefined {
    return this.#tasks.find((task) => task.id === id);
  }

  async markSeen(): Promise<void> {
    return Promise.resolve();
  }

  async evidence(): Promise<readonly []> {
    return Promise.resolve([]);
  }

  reload(): void {
    const before = this.#tasks;
    this.#tasks = this.#read();
    const changed = this.#tasks.filter(
      (task) => JSON.stringify(task) !== JSON.stringify(before.find(({ id }) => id === task.id)),
    );
    const removed = before.map(({ id }) => id).filter((id) => !this.task(id));
    this.#changed.fire({ changed, removed });
  }

  #read(): readonly Task[] {
    return JSON.parse(fs.readFileSync(this.#file, 'utf8')) as Task[];
  }
}

export function activate(context: vscode.ExtensionContext): void {
  const folder = context.extensionPath;
  const engine = new TaskFile(path.join(folder, 'tasks.json'));
  const record = (entry: unknown) =>
    fs.appendFileSync(path.join(folder, 'calls.jsonl'), `${JSON.stringify(entry)}\n`);
  const players = new PlayerManager({
    engine: { open: () => Promise.resolve(engine), onDidChangeTasks: engine.onDidChangeTasks },
    extensionUri: context.extensionUri,
    libraryFolder: path.join(folder, 'library'),
    execute: (command, ...args) => vscode.commands.executeCommand(command, ...args),
    copy: (text) => vscode.env.clipboard.writeText(text),
    catalog,
    commandTitles,
    l10n: vscode.l10n,
    language: vscode.env.language,
    clock: systemClock,
    log: vscode.window.createOutputChannel('Player Test', { log: true }),
  });
  const stir = fs.watch(path.join(folder, 'stir'), () => {
    engine.reload();
    const theme = fs.readFileSync(path.join(folder, 'theme'), 'utf8');
    void vscode.workspace
      .getConfiguration('workbench')
      .update('colorTheme', theme, vscode.ConfigurationTarget.Global);
  });
  const names = JSON.parse(fs.readFileSync(path.join(folder, 'names.json'), 'utf8')) as string[];
  context.subscriptions.push(
    players,
    { dispose: () => stir.close() },
    vscode.window.registerWebviewPanelSerializer(PLAYER_VIEW_TYPE, {
      deserializeWebviewPanel: async (panel, state) =>
        Promise.resolve().then(() => players.revive(panel, state)),
    }),
    ...names.map((id) => vscode.commands.registerCommand(`playerTest.open.${id}`, () => players.open(id))),
    ...RECORDED.map((id) =>
      vscode.commands.registerCommand(id, (...args: unknown[]) => {
        record({ id, args });
        if (fs.existsSync(path.join(folder, 'fail'))) throw new Error('as the test wants it');
      }),
    ),
  );
}
