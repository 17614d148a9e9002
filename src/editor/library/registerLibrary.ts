import * as path from 'node:path';
import * as vscode from 'vscode';
import { Emitter, type Event } from '../../core/common/events';
import { describeError } from '../../core/common/log';
import { STORAGE_NAMES } from '../../core/common/storageNames';
import type { Task } from '../../core/task/task';
import type { AppContext, Feature } from '../common/appContext';
import type { SubmittedTask } from '../generate/registerGenerate';
import { AutoSaver } from './autoSaver';
import { PartRecords } from './partRecords';
import { WorkspaceFolderPicker } from './workspaceFolderPicker';
import { WorkspaceTasks } from './workspaceTasks';

export interface LibraryFeature extends Feature {
  /** Whether a task's video will be saved automatically in this window. */
  readonly willSave: (task: Task) => boolean;
  /** Whether a task was sent from this window's workspace. */
  readonly isFromHere: (id: string) => boolean;
  /** Fires when files of the library may be gone. */
  readonly onDidFindFileMissing: Event<void>;
}

/** Sets up saving videos to the workspace, and the library's own commands. */
export function registerLibrary(
  context: AppContext,
  { generate }: { readonly generate: { readonly onDidSubmit: Event<SubmittedTask> } },
): LibraryFeature {
  const { storageFolder, subscriptions, runInBackground, notifications, l10n, log } = context;
  const parts = new PartRecords({ ...context, folder: path.join(storageFolder, STORAGE_NAMES.exports) });
  runInBackground(parts.cleanUp());
  const roots = new WorkspaceFolderPicker({ ...context, memory: context.mementos.workspace });
  const sent = new WorkspaceTasks(context.mementos.workspace);
  const missing = subscriptions.add(new Emitter<void>((error) => log.error(describeError(error))));
  const load = async () => {
    const { VideoExporter, ...commands } = await import('./libraryCommands');
    const saver = new VideoExporter({ ...context, parts });
    return { ...commands, saver, deps: { ...context, saver, roots, checkFiles: () => missing.fire() } };
  };
  const autoSaver = subscriptions.add(
    new AutoSaver({
      ...{ ...context, sent, roots },
      saver: { saveOne: async (...args) => (await load()).saver.saveOne(...args) },
      onSaved: (saved) =>
        runInBackground(load().then(({ savedMessage }) => notifications.status(savedMessage(saved, l10n)))),
      onError: (error, id) =>
        runInBackground(load().then(({ showExportError, deps }) => showExportError(deps, error, [id]))),
    }),
  );
  const command = (
    run: (loaded: Awaited<ReturnType<typeof load>>, args: readonly unknown[]) => Promise<void>,
  ) => ({
    run: async (args: readonly unknown[]) => run(await load(), args),
  });
  subscriptions.add(generate.onDidSubmit(({ task }) => runInBackground(sent.add(task.id))));
  subscriptions.add(
    vscode.window.onDidChangeWindowState(({ focused }) => {
      if (focused) autoSaver.retry();
    }),
  );
  return {
    willSave: (task) => autoSaver.willSave(task),
    isFromHere: (id) => sent.has(id),
    onDidFindFileMissing: missing.event,
    commands: {
      'nebulaVideo.saveToWorkspace': command(({ saveToWorkspace, deps }, args) =>
        saveToWorkspace(deps, args),
      ),
      'nebulaVideo.saveAs': command(({ saveAs, deps }, args) => saveAs(deps, args)),
      'nebulaVideo.openExternally': command(({ openExternally, deps }, args) => openExternally(deps, args)),
      'nebulaVideo.revealVideo': command(({ revealVideo, deps }, args) => revealVideo(deps, args)),
      'nebulaVideo.openLibrary': command(({ openLibrary, deps }) => openLibrary(deps)),
      'nebulaVideo.cleanLibrary': command(({ cleanUpLibrary, deps }) => cleanUpLibrary(deps)),
      'nebulaVideo.rescue': command(({ recoverVideos, deps }, args) => recoverVideos(deps, args)),
    },
  };
}
