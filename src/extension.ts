import * as vscode from 'vscode';
import type * as appModule from './editor/app';
import { CONTEXT_KEYS, PLAYER_VIEW_TYPE, PRODUCT_NAME, VIEWS } from './editor/common/ids';
import type { NebulaVideoApi } from './editor/generate/nebulaVideoApi';
import { PendingWorkWatcher } from './editor/common/pendingWorkWatcher';

type App = appModule.App;

/** The part of package.json that lists the commands. */
interface Manifest {
  readonly contributes: { readonly commands: readonly { readonly command: string }[] };
}

/**
 * What `deactivate` has to wait for. The one state of this module, because the editor hands `deactivate` nothing.
 */
const running = new Set<App>();

/** Waits for the reply to a request that is being sent: it is paid for, and its id would be lost. */
export async function deactivate(): Promise<void> {
  await Promise.all([...running].map((app) => app.close()));
  running.clear();
}

/**
 * Registers everything that must exist from the start. The app, with its database, is loaded by the first command,
 * visible list, API call, or unfinished work.
 */
export function activate(context: vscode.ExtensionContext): NebulaVideoApi {
  let app: App | undefined;
  const rowsChanged = new vscode.EventEmitter<string[] | undefined>();
  const manifest = context.extension.packageJSON as Manifest;
  const storageFolder = context.globalStorageUri.fsPath;
  const view = vscode.window.createTreeView<string>(VIEWS.tasks, {
    canSelectMany: true,
    // A finished video can be dragged into an editor; nothing can be dropped here.
    dragAndDropController: {
      dragMimeTypes: ['text/uri-list'],
      dropMimeTypes: [],
      handleDrag: (ids, data) => {
        const files = open().rows.dragged(ids);
        if (files !== '') data.set('text/uri-list', new vscode.DataTransferItem(files));
      },
    },
    treeDataProvider: {
      onDidChangeTreeData: rowsChanged.event,
      getChildren: (id) => open().rows.getChildren(id),
      getTreeItem: (id) => open().rows.getTreeItem(id),
      getParent: (id) => open().rows.getParent(id),
      resolveTreeItem: (item, id) => open().rows.resolveTreeItem(item, id),
    },
  });
  const unfinished = new PendingWorkWatcher(storageFolder, () => void open());

  function open(): App {
    if (app) return app;
    // The app watches for changes of other windows from now on.
    unfinished.dispose();
    app = loadApp().createApp({
      extensionUri: context.extensionUri,
      packageJson: manifest,
      storageFolder,
      logName: PRODUCT_NAME,
      secrets: context.secrets,
      mementos: { workspace: context.workspaceState, global: context.globalState },
      isHere: context.extension.extensionKind === vscode.ExtensionKind.UI,
      view,
      fireRows: (ids) => rowsChanged.fire(ids),
    });
    running.add(app);
    return app;
  }

  const later = setImmediate(() => {
    unfinished.start();
    // The palette offers commands that need a task only if there may be one. The app corrects this.
    if (unfinished.hasStore) {
      vscode.commands
        .executeCommand('setContext', CONTEXT_KEYS.hasTasks, true)
        .then(undefined, () => undefined);
    }
  });
  context.subscriptions.push(
    { dispose: () => clearImmediate(later) },
    unfinished,
    // If the folder can't be watched, check it when the window gets the focus.
    vscode.window.onDidChangeWindowState(({ focused }) => {
      if (focused) unfinished.look();
    }),
    ...manifest.contributes.commands.map(({ command: id }) =>
      vscode.commands.registerCommand(id, (...args: unknown[]) => open().commands.run(id, args)),
    ),
    vscode.window.registerWebviewPanelSerializer(PLAYER_VIEW_TYPE, {
      deserializeWebviewPanel: async (panel, state: unknown) =>
        Promise.resolve().then(() => open().players.revive(panel, state)),
    }),
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

/** Loads the app. It has its own bundle, so that windows that don't use it don't load it. */
function loadApp(): typeof appModule {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the one lazy load; CommonJS has no other synchronous one
  return require('./app.js') as typeof appModule;
}
