import * as os from 'node:os';
import * as vscode from 'vscode';
import type { Engine } from '../../core/engine';
import { relativeFolderSegments } from '../../core/library/fileNames';
import type { Task, Video } from '../../core/task/task';
import type { AppContext } from '../common/appContext';
import type { Desktop } from '../common/desktop';
import type { LibraryMessages } from './libraryMessages';
import type { WorkspaceFolderPicker } from './workspaceFolderPicker';
import { exists, actionLabel, numberedFileName, type ExportError, type VideoExporter } from './videoExporter';
import { resolveTasks } from '../common/taskPicker';

interface Dependencies extends Pick<
  AppContext,
  'engine' | 'dialogs' | 'messages' | 'l10n' | 'settings' | 'desktop'
> {
  readonly libraryMessages: LibraryMessages;
  readonly saver: VideoExporter;
  readonly roots: WorkspaceFolderPicker;
  /** Updates the task list after a file was found missing. */
  readonly checkFiles: () => void;
}

/** Copies videos to the workspace. */
export async function saveToWorkspace(deps: Dependencies, args: readonly unknown[]): Promise<void> {
  const { engine, libraryMessages, roots, saver, desktop, l10n } = deps;
  const tasks = await videosFor(
    deps,
    args,
    l10n.t('Save to Workspace'),
    l10n.t('Which videos should be saved?'),
  );
  if (tasks.length === 0) return;
  const ids = tasks.map(({ id }) => id);
  if (roots.isEmpty) {
    libraryMessages.noWorkspace(ids);
    return;
  }
  const folder = await roots.choose();
  if (!folder) return;
  const saved: vscode.Uri[] = [];
  let fault: ExportError | undefined;
  const faulty: string[] = [];
  for (const task of tasks) {
    const outcome = await saver.saveTo(folder, task);
    saved.push(...outcome.saved);
    if (!outcome.fault) await markExported(await engine.open(), task.id);
    else {
      fault ??= outcome.fault;
      faulty.push(task.id);
    }
  }
  const [first] = saved;
  if (first) libraryMessages.saved(first, actionLabel(first), saved.length, getRevealCommand(first, desktop));
  if (fault) reportExportError(deps, fault, faulty);
}

/** Copies videos to a location that the user selects. */
export async function saveAs(deps: Dependencies, args: readonly unknown[]): Promise<void> {
  const { engine, libraryMessages, saver, desktop, l10n } = deps;
  const tasks = await videosFor(deps, args, l10n.t('Save As'), l10n.t('Which video should be saved?'), true);
  for (const task of tasks) {
    for (const [position, video] of task.videos.entries()) {
      const target = await desktop.askWhereToSave(await suggestion(deps, task, position));
      // Canceling one dialog cancels the rest.
      if (!target) return;
      const { fault } = await saver.saveAs(video, target);
      if (fault) {
        reportExportError(deps, fault, [task.id]);
        return;
      }
      libraryMessages.saved(target, actionLabel(target), 1, getRevealCommand(target, desktop));
    }
    await markExported(await engine.open(), task.id);
  }
}

/** Opens videos in the system's player. */
export async function openExternally(deps: Dependencies, args: readonly unknown[]): Promise<void> {
  const { libraryMessages, desktop, l10n } = deps;
  const title = l10n.t('Open in System Player');
  const tasks = await videosFor(deps, args, title, l10n.t('Which video should be opened?'), true);
  if (tasks.length === 0) return;
  if (!desktop.isHere) {
    libraryMessages.libraryIsElsewhere(tasks.map(({ id }) => id));
    return;
  }
  const engine = await deps.engine.open();
  for (const task of tasks) {
    for (const { uri } of await filesOf(deps, engine, task)) {
      if (!(await desktop.openExternally(vscode.Uri.parse(uri)))) {
        libraryMessages.noSystemPlayer([task.id]);
        return;
      }
      await engine.markSeen(task.id);
    }
  }
}

/** Shows videos in the system's file manager, or in the Explorer if they're in the workspace. */
export async function revealVideo(deps: Dependencies, args: readonly unknown[]): Promise<void> {
  const { libraryMessages, desktop, l10n } = deps;
  const tasks = await videosFor(
    deps,
    args,
    l10n.t('Reveal File'),
    l10n.t('Which video should be revealed?'),
    true,
  );
  const engine = await deps.engine.open();
  for (const task of tasks) {
    const [video] = await filesOf(deps, engine, task);
    if (!video) continue;
    const uri = vscode.Uri.parse(video.uri);
    if (desktop.isHere) await desktop.showInFileManager(uri);
    else if (vscode.workspace.getWorkspaceFolder(uri)) await desktop.showInExplorer(uri);
    else {
      libraryMessages.libraryIsElsewhere([task.id]);
      return;
    }
    await engine.markSeen(task.id);
  }
}

/** Opens the library folder. */
export async function openLibrary({ engine, libraryMessages, desktop }: Dependencies): Promise<void> {
  const { folder } = (await engine.open()).library;
  const uri = vscode.Uri.file(folder);
  if (desktop.isHere && (await desktop.openExternally(uri))) return;
  libraryMessages.libraryFolder(folder, uri);
}

/** A video that was saved manually counts as seen. */
async function markExported(engine: Engine, id: string): Promise<void> {
  await engine.markExported(id);
  await engine.markSeen(id);
}

/** @returns the finished videos that a command applies to. Shows a message if there are none. */
async function videosFor(
  deps: Dependencies,
  args: readonly unknown[],
  title: string,
  question: string,
  asksForOne?: true,
): Promise<readonly Task[]> {
  const { engine, messages, l10n } = deps;
  const suits = ({ phase, videos }: Task) => phase === 'saved' && videos.length > 0;
  const all = (await engine.open()).tasks(Infinity);
  const tasks = await resolveTasks(
    args,
    all,
    { title, question, suits, ...(asksForOne && { asksForOne }) },
    deps,
  );
  if (!tasks) messages.nothingSuitable(l10n.t('There is no finished video yet.'));
  return tasks ?? [];
}

/** @returns the files of a task's videos. If one is missing, shows a message and returns none. */
async function filesOf(deps: Dependencies, engine: Engine, task: Task): Promise<readonly Video[]> {
  for (const { uri } of task.videos) {
    if (await engine.library.has(vscode.Uri.parse(uri).path.split('/').at(-1) ?? '')) continue;
    reportExportError(deps, { kind: 'missing' }, [task.id]);
    return [];
  }
  return task.videos;
}

/** @returns the VS Code command that reveals a file, in the Explorer or in the local file manager. */
function getRevealCommand(file: vscode.Uri, { isHere }: Desktop): string | undefined {
  if (vscode.workspace.getWorkspaceFolder(file)) return 'revealInExplorer';
  return isHere && file.scheme === 'file' ? 'revealFileInOS' : undefined;
}

function reportExportError(
  { libraryMessages, checkFiles }: Dependencies,
  fault: ExportError,
  ids: readonly string[],
): void {
  if (fault.kind === 'missing') checkFiles();
  libraryMessages.notSaved(fault, ids);
}

/** @returns the default location for Save As: where Save to Workspace would save, or the home folder. */
async function suggestion(
  { roots, saver, settings }: Dependencies,
  task: Task,
  position: number,
): Promise<vscode.Uri> {
  const folder = roots.quiet;
  const named = saver.nameOf(task, position, folder?.uri);
  const name = 'name' in named ? named.name : task.id;
  const video = vscode.Uri.parse(task.videos[position]?.uri ?? '');
  if (!folder) return vscode.Uri.joinPath(vscode.Uri.file(os.homedir()), numberedFileName(name, 1, video));
  const usual = vscode.Uri.joinPath(
    folder.uri,
    ...(relativeFolderSegments(settings.saveFolder(folder.uri)) ?? []),
  );
  // A dialog can't start in a folder that doesn't exist.
  const place = (await isThere(usual)) ? usual : folder.uri;
  return freeName(place, name, video);
}

/** @returns the first unused name, so that accepting the default never overwrites a file. */
async function freeName(folder: vscode.Uri, name: string, video: vscode.Uri): Promise<vscode.Uri> {
  for (let number = 1; ; number++) {
    const file = vscode.Uri.joinPath(folder, numberedFileName(name, number, video));
    if (!(await isThere(file))) return file;
  }
}

async function isThere(uri: vscode.Uri): Promise<boolean> {
  // If the location can't be read, let the dialog decide.
  return exists(uri).catch(() => false);
}
