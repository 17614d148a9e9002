import * as vscode from 'vscode';
import type { NebulaVideoApi } from './api';
import type { App } from './editor/app';
import { COMMANDS, VIEWS } from './editor/ids';
import { loadApp } from './editor/loadApp';
import { UnfinishedWorkWatch } from './editor/unfinishedWorkWatch';

/**
 * The composition root of what is there from the start. It registers and returns; the app, with the database and
 * all the rest, comes with the first command, visible list, API call or unfinished work.
 */
export function activate(context: vscode.ExtensionContext): NebulaVideoApi {
  let app: App | undefined;
  const rowsChanged = new vscode.EventEmitter<string[] | undefined>();
  const storageFolder = context.globalStorageUri.fsPath;
  const view = vscode.window.createTreeView<string>(VIEWS.tasks, {
    canSelectMany: true,
    treeDataProvider: {
      onDidChangeTreeData: rowsChanged.event,
      getChildren: (id) => open().rows.getChildren(id),
      getTreeItem: (id) => open().rows.getTreeItem(id),
      getParent: () => undefined,
      resolveTreeItem: (item, id) => open().rows.resolveTreeItem(item, id),
    },
  });
  const unfinished = new UnfinishedWorkWatch(storageFolder, () => void open());

  function open(): App {
    if (app) return app;
    // From here on the app notices by itself what other windows do.
    unfinished.dispose();
    app = loadApp().createApp({
      storageFolder,
      logName: 'Nebula Video',
      secrets: context.secrets,
      view,
      fireRows: (ids) => rowsChanged.fire(ids),
    });
    return app;
  }

  const later = setImmediate(() => unfinished.start());
  context.subscriptions.push(
    { dispose: () => clearImmediate(later) },
    unfinished,
    // Where a folder can't be watched, a window that is looked at again looks itself.
    vscode.window.onDidChangeWindowState(({ focused }) => {
      if (focused) unfinished.look();
    }),
    ...Object.values(COMMANDS).map((id) =>
      vscode.commands.registerCommand(id, (...args: unknown[]) => open().commands.run(id, args)),
    ),
    { dispose: () => app?.dispose() },
    view,
    rowsChanged,
  );

  return Object.freeze<NebulaVideoApi>({
    apiVersion: 1,
    generate: (request, token) => open().api.generate(request, token),
    tasks: (options) => open().api.tasks(options),
    task: (id) => open().api.task(id),
    onDidChangeTasks: (listener, thisArgs, disposables) =>
      open().api.onDidChangeTasks(listener, thisArgs, disposables),
    settled: (id, token) => open().api.settled(id, token),
  });
}
