import { createHash } from 'node:crypto';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { describeError, withPrefix, type Log } from '../../core/common/log';
import { relativeFolderSegments, exportFileName } from '../../core/library/fileNames';
import type { Task, Video } from '../../core/task/task';
import type { AppContext } from '../common/appContext';
import type { Settings } from '../common/settings';
import type { PartRecords } from './partRecords';

/** Why a video was not saved. */
export type ExportError =
  /** The settings, with what stands in them. */
  | { readonly kind: 'badFolder' | 'badName'; readonly written: string }
  /** The workspace takes no files. */
  | { readonly kind: 'readOnly'; readonly folder: string }
  /** The video's file is no longer in the library. */
  | { readonly kind: 'missing' }
  /** Anything else, in the system's words. */
  | { readonly kind: 'failed'; readonly details: string };

/** What came of saving a task's videos; there may be both. */
export interface ExportResult {
  readonly saved: readonly vscode.Uri[];
  readonly fault?: ExportError;
}

interface Dependencies extends Pick<AppContext, 'settings' | 'log'> {
  readonly parts: PartRecords;
}

/** So many files of one name are thinkable; more are a mistake somewhere. */
const MAX_NUMBERED_COPIES = 1000;

/** Copies finished videos out of the library. Never overwrites what nobody has agreed to lose (DESIGN 4.5). */
export class VideoExporter {
  readonly #settings: Settings;
  readonly #parts: PartRecords;
  readonly #log: Log;

  constructor({ settings, parts, log }: Dependencies) {
    this.#settings = settings;
    this.#parts = parts;
    this.#log = withPrefix(log, 'saving');
  }

  /**
   * Saves all videos of a task below a folder of the workspace, under the next free names.
   * @param once a file that is there already, with the same name and content, counts as saved
   */
  async saveTo(folder: vscode.WorkspaceFolder, task: Task, once = false): Promise<ExportResult> {
    const saved: vscode.Uri[] = [];
    for (const position of task.videos.keys()) {
      const outcome = await this.saveOne(folder, task, position, once);
      saved.push(...outcome.saved);
      if (outcome.fault) return { saved, fault: outcome.fault };
    }
    return { saved };
  }

  /** As {@link saveTo}, for one of the task's videos. */
  async saveOne(
    folder: vscode.WorkspaceFolder,
    task: Task,
    position: number,
    once: boolean,
  ): Promise<ExportResult> {
    const saved: vscode.Uri[] = [];
    const video = task.videos[position];
    if (!video) return { saved };
    const written = this.#settings.saveFolder(folder.uri);
    const steps = relativeFolderSegments(written);
    if (!steps) return { saved, fault: { kind: 'badFolder', written } };
    if (vscode.workspace.fs.isWritableFileSystem(folder.uri.scheme) === false) {
      return { saved, fault: { kind: 'readOnly', folder: folder.name } };
    }
    const name = this.nameOf(task, position, folder.uri);
    if ('fault' in name) return { saved, fault: name.fault };
    try {
      if (!(await exists(vscode.Uri.parse(video.uri)))) return { saved, fault: { kind: 'missing' } };
      const target = vscode.Uri.joinPath(folder.uri, ...steps);
      return { saved: [await this.#copyToFreeName(video, target, name.name, once)] };
    } catch (error) {
      return { saved, fault: this.#asFault(error, folder.name) };
    }
  }

  /** Saves one video to a place that the user has chosen, and has agreed to overwrite if it was there. */
  async saveAs(video: Video, target: vscode.Uri): Promise<ExportResult> {
    const source = vscode.Uri.parse(video.uri);
    try {
      if (!(await exists(source))) return { saved: [], fault: { kind: 'missing' } };
      await this.#place(source, target, true);
      return { saved: [target] };
    } catch (error) {
      return { saved: [], fault: this.#asFault(error, actionLabel(vscode.Uri.joinPath(target, '..'))) };
    }
  }

  /** What a video is called where it is saved, without its ending. */
  nameOf(
    task: Task,
    position: number,
    scope?: vscode.Uri,
  ): { readonly name: string } | { readonly fault: ExportError } {
    const video = task.videos[position];
    const name = exportFileName(this.#settings.fileName(scope), {
      id: task.id,
      createdAt: task.createdAt,
      model: task.request.model,
      prompt: task.request.prompt,
      seconds: video?.durationSeconds ?? 0,
      width: video?.width ?? 0,
      height: video?.height ?? 0,
      position,
    });
    return 'name' in name ? name : { fault: { kind: 'badName', written: name.unknown } };
  }

  async #copyToFreeName(video: Video, folder: vscode.Uri, name: string, once: boolean): Promise<vscode.Uri> {
    const source = vscode.Uri.parse(video.uri);
    for (let number = 1; number < MAX_NUMBERED_COPIES; number++) {
      const target = vscode.Uri.joinPath(folder, numberedFileName(name, number, source));
      if (await exists(target)) {
        if (once && (await isCopyOf(video, target))) return target;
        continue;
      }
      try {
        await this.#place(source, target, false);
        return target;
      } catch (error) {
        if (!(error instanceof vscode.FileSystemError) || error.code !== 'FileExists') throw error;
        // Somebody was faster; another window of ours, with the same video, is as good.
        if (once && (await isCopyOf(video, target))) return target;
      }
    }
    throw new Error(vscode.l10n.t('There are too many files called {0}.', name));
  }

  /**
   * Copies a file to a place, all at once: beside it first, then renamed. Nobody sees half of it; and copying over a
   * file directly removes that before it writes, so that one which is the library's own, reached by another path,
   * would be lost, and a full disk would cost the user theirs.
   */
  async #place(source: vscode.Uri, target: vscode.Uri, overwrite: boolean): Promise<void> {
    const { fs } = vscode.workspace;
    if (target.scheme !== 'file') {
      // A browser hands out single files, which have nothing beside them; other places may not rename.
      await fs.writeFile(target, await fs.readFile(source));
      return;
    }
    const folder = vscode.Uri.joinPath(target, '..');
    await this.#parts.withPart(folder.fsPath, async (part) => {
      const beside = vscode.Uri.file(part);
      await fs.copy(source, beside);
      await fs.rename(beside, target, { overwrite });
    });
  }

  #asFault(error: unknown, folder: string): ExportError {
    this.#log.error(`a video could not be saved: ${describeError(error)}`);
    if (error instanceof vscode.FileSystemError && error.code === 'NoPermissions') {
      return { kind: 'readOnly', folder };
    }
    return { kind: 'failed', details: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * The file name of the first, second ... video of a name.
 * @param video its file in the library, whose extension it keeps
 */
export function numberedFileName(name: string, number: number, video: vscode.Uri): string {
  return `${name}${number === 1 ? '' : `-${number}`}${path.posix.extname(video.path) || '.mp4'}`;
}

/** A place as people name it: within the workspace, or the whole path. */
export function actionLabel(uri: vscode.Uri): string {
  return vscode.workspace.asRelativePath(uri);
}

/** Whether there is something at a place. */
export async function exists(uri: vscode.Uri): Promise<boolean> {
  try {
    await vscode.workspace.fs.stat(uri);
    return true;
  } catch (error) {
    if (error instanceof vscode.FileSystemError && error.code === 'FileNotFound') return false;
    throw error;
  }
}

/** Whether a file holds just this video. Sizes first: reading a file costs something. */
async function isCopyOf(video: Video, file: vscode.Uri): Promise<boolean> {
  if ((await vscode.workspace.fs.stat(file)).size !== video.bytes) return false;
  const bytes = await vscode.workspace.fs.readFile(file);
  return createHash('sha256').update(bytes).digest('hex') === video.sha256;
}
