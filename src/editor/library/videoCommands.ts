import * as os from 'node:os';
import * as vscode from 'vscode';
import { visibleLine } from '../../core/common/displayText';
import type { Engine } from '../../core/engine';
import { relativeFolderSegments } from '../../core/library/fileNames';
import type { Task, Video } from '../../core/task/task';
import type { AppContext } from '../common/appContext';
import type { Desktop } from '../common/desktop';
import { resolveTasks } from '../common/taskPicker';
import { displayPath, exists, numberedFileName, type ExportError, type VideoExporter } from './videoExporter';
import type { WorkspaceFolderPicker } from './workspaceFolderPicker';

interface Dependencies extends Pick<
  AppContext,
  | 'catalog'
  | 'engine'
  | 'dialogs'
  | 'notifications'
  | 'commandTitles'
  | 'l10n'
  | 'language'
  | 'settings'
  | 'desktop'
> {
  readonly saver: VideoExporter;
  readonly roots: WorkspaceFolderPicker;
  /** Updates the task list after a file was found missing. */
  readonly checkFiles: () => void;
}

/** Maximum length of a placeholder quoted from a setting, in characters. */
const MAX_PLACEHOLDER_LENGTH = 40;

/** Copies videos to the workspace. */
export async function saveToWorkspace(deps: Dependencies, args: readonly unknown[]): Promise<void> {
  const { engine, notifications, roots, saver, l10n } = deps;
  const tasks = await videosFor(deps, args, 'nebulaVideo.saveToWorkspace');
  if (tasks.length === 0) return;
  if (roots.isEmpty) {
    const openFolder = { title: l10n.t('Open Folder…'), command: 'vscode.openFolder' };
    const ids = tasks.map(({ id }) => id);
    notifications.show('info', l10n.t('No folder is open. The video stays in the library.'), [
      notifications.command('nebulaVideo.saveAs', ids[0], ids),
      openFolder,
    ]);
    return;
  }
  const folder = await roots.choose();
  if (!folder) return;
  const saved: vscode.Uri[] = [];
  let firstError: ExportError | undefined;
  const unsaved: string[] = [];
  for (const task of tasks) {
    const result = await saver.saveTo(folder, task);
    saved.push(...result.saved);
    if (!result.error) await markExported(await engine.open(), task.id);
    else {
      firstError ??= result.error;
      unsaved.push(task.id);
    }
  }
  showSaved(deps, saved);
  if (firstError) showExportError(deps, firstError, unsaved);
}

/** Copies videos to a location that the user selects. */
export async function saveAs(deps: Dependencies, args: readonly unknown[]): Promise<void> {
  const { engine, saver, desktop } = deps;
  const tasks = await videosFor(deps, args, 'nebulaVideo.saveAs', true);
  for (const task of tasks) {
    for (const [position, video] of task.videos.entries()) {
      const target = await desktop.askWhereToSave(await defaultTarget(deps, task, position));
      // Canceling one dialog cancels the rest.
      if (!target) return;
      const { saved, error } = await saver.saveAs(video, target);
      if (error) {
        showExportError(deps, error, [task.id]);
        return;
      }
      showSaved(deps, saved);
    }
    await markExported(await engine.open(), task.id);
  }
}

/** Opens videos in the system's player. */
export async function openExternally(deps: Dependencies, args: readonly unknown[]): Promise<void> {
  const { notifications, desktop, l10n } = deps;
  const tasks = await videosFor(deps, args, 'nebulaVideo.openExternally', true);
  if (tasks.length === 0) return;
  if (!desktop.isHere) {
    showLibraryIsRemote(
      deps,
      tasks.map(({ id }) => id),
    );
    return;
  }
  const engine = await deps.engine.open();
  for (const task of tasks) {
    for (const { uri } of await filesOf(deps, engine, task)) {
      if (!(await desktop.openExternally(vscode.Uri.parse(uri)))) {
        notifications.show('warning', l10n.t('No app could open the video.'), [
          notifications.command('nebulaVideo.saveAs', task.id),
        ]);
        return;
      }
      await engine.markSeen(task.id);
    }
  }
}

/** Shows videos in the system's file manager, or in the Explorer if they're in the workspace. */
export async function revealVideo(deps: Dependencies, args: readonly unknown[]): Promise<void> {
  const { desktop } = deps;
  const tasks = await videosFor(deps, args, 'nebulaVideo.revealVideo', true);
  const engine = await deps.engine.open();
  for (const task of tasks) {
    const [video] = await filesOf(deps, engine, task);
    if (!video) continue;
    const uri = vscode.Uri.parse(video.uri);
    if (desktop.isHere) await desktop.showInFileManager(uri);
    else if (vscode.workspace.getWorkspaceFolder(uri)) await desktop.showInExplorer(uri);
    else {
      showLibraryIsRemote(deps, [task.id]);
      return;
    }
    await engine.markSeen(task.id);
  }
}

/** Opens the library folder. */
export async function openLibrary({ engine, notifications, desktop, l10n }: Dependencies): Promise<void> {
  const { folder } = (await engine.open()).library;
  const uri = vscode.Uri.file(folder);
  if (desktop.isHere && (await desktop.openExternally(uri))) return;
  const open = {
    title: l10n.t('Open in New Window'),
    command: 'vscode.openFolder',
    arguments: [uri, { forceNewWindow: true }],
  };
  notifications.show('info', l10n.t("Videos are stored in '{0}'.", folder), [open]);
}

/** Shows why videos couldn't be exported, with a way to fix it. The log has the details. */
export function showExportError(
  deps: Pick<Dependencies, 'notifications' | 'l10n' | 'checkFiles'>,
  error: ExportError,
  ids: readonly string[],
): void {
  const { notifications, l10n, checkFiles } = deps;
  const saveAsButton = notifications.command('nebulaVideo.saveAs', ids[0], ids);
  switch (error.kind) {
    case 'badFolder':
      notifications.show('error', l10n.t("'nebulaVideo.saveFolder' must be a folder inside the workspace."), [
        notifications.openSettings('saveFolder'),
        saveAsButton,
      ]);
      return;
    case 'badName': {
      const placeholder = visibleLine(error.value, MAX_PLACEHOLDER_LENGTH);
      notifications.show(
        'error',
        l10n.t("'nebulaVideo.fileName' contains an unknown placeholder: {0}.", placeholder),
        [notifications.openSettings('fileName'), saveAsButton],
      );
      return;
    }
    case 'readOnly':
      notifications.show(
        'error',
        l10n.t("Can't write to '{0}'. The video stays in the library.", error.folder),
        [saveAsButton],
      );
      return;
    case 'missing':
      checkFiles();
      notifications.show('warning', l10n.t("The video isn't in the library anymore."), [
        notifications.command('nebulaVideo.lookAgain', ids[0], ids),
      ]);
      return;
    case 'failed':
      notifications.show('error', l10n.t("Couldn't save the video."), [
        saveAsButton,
        notifications.command('nebulaVideo.showLog'),
      ]);
  }
}

/** Formats the message for videos that were saved: the file, or the folder of several. */
export function savedMessage(
  saved: readonly [vscode.Uri, ...vscode.Uri[]],
  l10n: AppContext['l10n'],
): string {
  const [first, ...others] = saved;
  return l10n.t(
    "Saved to '{0}'.",
    displayPath(others.length === 0 ? first : vscode.Uri.joinPath(first, '..')),
  );
}

function showSaved(
  { notifications, commandTitles, desktop, l10n }: Dependencies,
  saved: readonly vscode.Uri[],
): void {
  const [first, ...others] = saved;
  if (!first) return;
  const revealCommand = getRevealCommand(first, desktop);
  notifications.show('info', savedMessage([first, ...others], l10n), [
    ...(revealCommand
      ? [
          {
            title: commandTitles.plain('nebulaVideo.revealVideo'),
            command: revealCommand,
            arguments: [first],
          },
        ]
      : []),
    ...(others.length === 0 ? [{ title: l10n.t('Open'), command: 'vscode.open', arguments: [first] }] : []),
  ]);
}

/** The library is on a remote machine, where the user's programs can't open it. */
function showLibraryIsRemote(deps: Dependencies, ids: readonly string[]): void {
  const { notifications, l10n } = deps;
  const message = l10n.t('The library is on the remote machine. Save the video to open it locally.');
  notifications.show('info', message, [notifications.command('nebulaVideo.saveAs', ids[0], ids)]);
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
  command: `nebulaVideo.${string}`,
  asksForOne?: true,
): Promise<readonly Task[]> {
  const { engine, notifications, commandTitles, l10n } = deps;
  const suits = ({ phase, videos }: Task) => phase === 'saved' && videos.length > 0;
  const all = (await engine.open()).tasks(Infinity);
  const question = asksForOne ? l10n.t('Select a video') : l10n.t('Select videos');
  const title = commandTitles.plain(command);
  const tasks = await resolveTasks(
    args,
    all,
    { title, question, suits, ...(asksForOne && { asksForOne }) },
    deps,
  );
  if (!tasks) notifications.status(l10n.t('No matching tasks.'));
  return tasks ?? [];
}

/** @returns the files of a task's videos. If one is missing, shows a message and returns none. */
async function filesOf(deps: Dependencies, engine: Engine, task: Task): Promise<readonly Video[]> {
  for (const { uri } of task.videos) {
    if (await engine.library.has(vscode.Uri.parse(uri).path.split('/').at(-1) ?? '')) continue;
    showExportError(deps, { kind: 'missing' }, [task.id]);
    return [];
  }
  return task.videos;
}

/** @returns the VS Code command that reveals a file, in the Explorer or in the local file manager. */
function getRevealCommand(file: vscode.Uri, { isHere }: Desktop): string | undefined {
  if (vscode.workspace.getWorkspaceFolder(file)) return 'revealInExplorer';
  return isHere && file.scheme === 'file' ? 'revealFileInOS' : undefined;
}

/** @returns the default location for Save As: where Save to Workspace would save, or the home folder. */
async function defaultTarget(
  { roots, saver, settings }: Dependencies,
  task: Task,
  position: number,
): Promise<vscode.Uri> {
  const folder = roots.quiet;
  const named = saver.nameOf(task, position, folder?.uri);
  const name = 'name' in named ? named.name : task.id;
  const video = vscode.Uri.parse(task.videos[position]?.uri ?? '');
  if (!folder) return vscode.Uri.joinPath(vscode.Uri.file(os.homedir()), numberedFileName(name, 1, video));
  const saveFolder = vscode.Uri.joinPath(
    folder.uri,
    ...(relativeFolderSegments(settings.saveFolder(folder.uri)) ?? []),
  );
  // A dialog can't start in a folder that doesn't exist.
  return freeName((await canRead(saveFolder)) ? saveFolder : folder.uri, name, video);
}

/** @returns the first unused name, so that accepting the default never overwrites a file. */
async function freeName(folder: vscode.Uri, name: string, video: vscode.Uri): Promise<vscode.Uri> {
  for (let number = 1; ; number++) {
    const file = vscode.Uri.joinPath(folder, numberedFileName(name, number, video));
    if (!(await canRead(file))) return file;
  }
}

async function canRead(uri: vscode.Uri): Promise<boolean> {
  // If the location can't be read, let the dialog decide.
  return exists(uri).catch(() => false);
}
