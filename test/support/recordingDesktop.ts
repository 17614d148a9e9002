import { rmSync } from 'node:fs';
import type * as vscode from 'vscode';
import type { Desktop } from '../../src/editor/common/desktop';

/** Records everything that would leave the editor. */
export class RecordingDesktop implements Desktop {
  isHere = true;
  /** The system's result for opening something. */
  opens = true;
  /** Whether the system has a trash. */
  hasTrash = true;
  readonly trash: string[] = [];
  /** A file that can't be removed. */
  keeps: string | undefined;
  /** Where the user saves the next files. Undefined is Escape. */
  readonly targets: (vscode.Uri | undefined)[] = [];
  /** The images that the user picks next. Undefined is Escape. */
  picked: readonly vscode.Uri[] | undefined;
  /** The suggested locations. */
  readonly suggestions: vscode.Uri[] = [];
  /** The actions in order, each with its target. */
  readonly done: (readonly [string, string])[] = [];

  openExternally(uri: vscode.Uri): Promise<boolean> {
    this.done.push(['open', uri.toString()]);
    return Promise.resolve(this.opens);
  }

  showInFileManager(uri: vscode.Uri): Promise<void> {
    this.done.push(['fileManager', uri.toString()]);
    return Promise.resolve();
  }

  showInExplorer(uri: vscode.Uri): Promise<void> {
    this.done.push(['explorer', uri.toString()]);
    return Promise.resolve();
  }

  copyText(text: string): Promise<void> {
    this.done.push(['copy', text]);
    return Promise.resolve();
  }

  moveToTrash(uri: vscode.Uri): Promise<boolean> {
    if (!this.hasTrash) return Promise.resolve(false);
    this.trash.push(uri.fsPath);
    rmSync(uri.fsPath, { force: true });
    return Promise.resolve(true);
  }

  deleteForGood(uri: vscode.Uri): Promise<void> {
    if (this.keeps === uri.fsPath) return Promise.reject(new Error('It is in use.'));
    rmSync(uri.fsPath, { force: true });
    return Promise.resolve();
  }

  askWhereToSave(suggestion: vscode.Uri): Promise<vscode.Uri | undefined> {
    this.suggestions.push(suggestion);
    return Promise.resolve(this.targets.shift());
  }

  pickImages(): Promise<readonly vscode.Uri[] | undefined> {
    return Promise.resolve(this.picked);
  }
}
