import * as path from 'node:path';
import * as vscode from 'vscode';
import { Emitter, type Event } from '../../core/common/events';
import { describeError } from '../../core/common/log';
import { STORAGE_NAMES } from '../../core/common/storageNames';
import type { Task } from '../../core/task/task';
import type { AppContext, Feature } from '../common/appContext';
import type { SubmittedTask } from '../generate/registerGenerate';
import { AutoSaver } from './autoSaver';
import { cleanUpLibrary } from './cleanUpLibrary';
import { PartRecords } from './partRecords';
import { recoverVideos } from './recoverVideos';
import {
  openExternally,
  openLibrary,
  revealVideo,
  saveAs,
  saveToWorkspace,
  savedMessage,
  showExportError,
} from './videoCommands';
import { VideoExporter } from './videoExporter';
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
  const saver = new VideoExporter({ ...context, parts });
  const roots = new WorkspaceFolderPicker({ ...context, memory: context.mementos.workspace });
  const sent = new WorkspaceTasks(context.mementos.workspace);
  const missing = subscriptions.add(new Emitter<void>((error) => log.error(describeError(error))));
  const deps = { ...context, saver, roots, checkFiles: () => missing.fire() };
  const autoSaver = subscriptions.add(
    new AutoSaver({
      ...{ ...context, sent, roots, saver },
      onSaved: (saved) => notifications.status(savedMessage(saved, l10n)),
      onError: (error, id) => showExportError(deps, error, [id]),
    }),
  );
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
      'nebulaVideo.saveToWorkspace': { run: async (args) => saveToWorkspace(deps, args) },
      'nebulaVideo.saveAs': { run: async (args) => saveAs(deps, args) },
      'nebulaVideo.openExternally': { run: async (args) => openExternally(deps, args) },
      'nebulaVideo.revealVideo': { run: async (args) => revealVideo(deps, args) },
      'nebulaVideo.openLibrary': { run: async () => openLibrary(deps) },
      'nebulaVideo.cleanLibrary': { run: async () => cleanUpLibrary(deps) },
      'nebulaVideo.rescue': { run: async (args) => recoverVideos(deps, args) },
    },
  };
}
