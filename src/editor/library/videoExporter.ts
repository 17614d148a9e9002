import { createHash } from 'node:crypto';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { describeError, withPrefix, type Log } from '../../core/common/log';
import { relativeFolderSegments, exportFileName } from '../../core/library/fileNames';
import type { Task, Video } from '../../core/task/task';
import type { AppContext } from '../common/appContext';
import type { Settings } from '../common/settings';
import type { PartRecords } from './partRecords';

/** Why a video couldn't be exported. */
export type ExportError =
  /** An invalid setting, with its value. */
  | { readonly kind: 'badFolder' | 'badName'; readonly value: string }
  /** The folder is read-only. */
  | { readonly kind: 'readOnly'; readonly folder: string }
  /** The file is missing from the library. */
  | { readonly kind: 'missing' }
  /** Another error, which is logged. */
  | { readonly kind: 'failed' };

/** Result of exporting a task's videos. It can be partly successful. */
export interface ExportResult {
  readonly saved: readonly vscode.Uri[];
  readonly error?: ExportError;
}

interface Dependencies extends Pick<AppContext, 'settings' | 'log'> {
  readonly parts: PartRecords;
}

/** Maximum number of files with one name. More indicate a bug. */
const MAX_NUMBERED_COPIES = 1000;

/** Copies finished videos out of the library. Never overwrites a file without the user's consent (DESIGN 4.5). */
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
   * Saves all videos of a task in a workspace folder, under the next unused names.
   * @param once an existing file with the same name and content counts as saved
   */
  async saveTo(folder: vscode.WorkspaceFolder, task: Task, once = false): Promise<ExportResult> {
    const saved: vscode.Uri[] = [];
    for (const position of task.videos.keys()) {
      const result = await this.saveOne(folder, task, position, once);
      saved.push(...result.saved);
      if (result.error) return { saved, error: result.error };
    }
    return { saved };
  }

  /** Like {@link saveTo}, for one video of the task. */
  async saveOne(
    folder: vscode.WorkspaceFolder,
    task: Task,
    position: number,
    once: boolean,
  ): Promise<ExportResult> {
    const saved: vscode.Uri[] = [];
    const video = task.videos[position];
    if (!video) return { saved };
    const value = this.#settings.saveFolder(folder.uri);
    const segments = relativeFolderSegments(value);
    if (!segments) return { saved, error: { kind: 'badFolder', value } };
    if (vscode.workspace.fs.isWritableFileSystem(folder.uri.scheme) === false) {
      return { saved, error: { kind: 'readOnly', folder: folder.name } };
    }
    const name = this.nameOf(task, position, folder.uri);
    if ('error' in name) return { saved, error: name.error };
    try {
      if (!(await exists(vscode.Uri.parse(video.uri)))) return { saved, error: { kind: 'missing' } };
      const target = vscode.Uri.joinPath(folder.uri, ...segments);
      return { saved: [await this.#copyToFreeName(video, target, name.name, once)] };
    } catch (error) {
      return { saved, error: this.#toExportError(error, folder.name) };
    }
  }

  /** Saves one video to a file that the user selected. Overwrites it: the dialog has asked. */
  async saveAs(video: Video, target: vscode.Uri): Promise<ExportResult> {
    const source = vscode.Uri.parse(video.uri);
    try {
      if (!(await exists(source))) return { saved: [], error: { kind: 'missing' } };
      await this.#place(source, target, true);
      return { saved: [target] };
    } catch (error) {
      return { saved: [], error: this.#toExportError(error, displayPath(vscode.Uri.joinPath(target, '..'))) };
    }
  }

  /** @returns the file name without its extension */
  nameOf(
    task: Task,
    position: number,
    scope?: vscode.Uri,
  ): { readonly name: string } | { readonly error: ExportError } {
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
    return 'name' in name ? name : { error: { kind: 'badName', value: name.unknown } };
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
        // Another window may have saved the same video meanwhile.
        if (once && (await isCopyOf(video, target))) return target;
      }
    }
    throw new Error(`There are ${MAX_NUMBERED_COPIES} files named ${name}.`);
  }

  /**
   * Copies a file atomically: writes a part file next to the target, then renames it. A direct copy deletes the
   * target first. If the target is the library's own file under another path, or the disk is full, that would lose
   * it.
   */
  async #place(source: vscode.Uri, target: vscode.Uri, overwrite: boolean): Promise<void> {
    const { fs } = vscode.workspace;
    if (target.scheme !== 'file') {
      // In a browser, the target is a single file without a folder, and other file systems may not support
      // renaming.
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

  #toExportError(error: unknown, folder: string): ExportError {
    this.#log.error(`a video could not be saved: ${describeError(error)}`);
    if (error instanceof vscode.FileSystemError && error.code === 'NoPermissions') {
      return { kind: 'readOnly', folder };
    }
    return { kind: 'failed' };
  }
}

/**
 * @returns the file name of the nth video with the same name.
 * @param video file in the library, whose extension is kept
 */
export function numberedFileName(name: string, number: number, video: vscode.Uri): string {
  return `${name}${number === 1 ? '' : `-${number}`}${path.posix.extname(video.path) || '.mp4'}`;
}

/** Formats a location: relative to the workspace, or the full path. */
export function displayPath(uri: vscode.Uri): string {
  return vscode.workspace.asRelativePath(uri);
}

export async function exists(uri: vscode.Uri): Promise<boolean> {
  try {
    await vscode.workspace.fs.stat(uri);
    return true;
  } catch (error) {
    if (error instanceof vscode.FileSystemError && error.code === 'FileNotFound') return false;
    throw error;
  }
}

/** @returns true if the file has the video's content. Compares sizes first to avoid reading the file. */
async function isCopyOf(video: Video, file: vscode.Uri): Promise<boolean> {
  if ((await vscode.workspace.fs.stat(file)).size !== video.bytes) return false;
  const bytes = await vscode.workspace.fs.readFile(file);
  return createHash('sha256').update(bytes).digest('hex') === video.sha256;
}
