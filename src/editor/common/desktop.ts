import * as vscode from 'vscode';
import { IMAGE_EXTENSIONS } from '../../core/images/imageLimits';
import type { CommandTitles } from '../labels/commandTitles';

/** The desktop outside VS Code, and the system's dialogs. */
export interface Desktop {
  /**
   * True if the extension runs on the user's machine. Otherwise, in a browser or on a remote machine, the user's apps
   * can't open files of the library.
   */
  readonly isHere: boolean;
  /** Opens a file or folder with its default app. @returns false if there is none */
  openExternally(uri: vscode.Uri): Promise<boolean>;
  /** Shows a file in the system's file manager. */
  showInFileManager(uri: vscode.Uri): Promise<void>;
  /** Shows a file of the workspace in the explorer. */
  showInExplorer(uri: vscode.Uri): Promise<void>;
  copyText(text: string): Promise<void>;
  /** Moves a file to the system's trash. @returns false if there is none, or it can't take the file */
  moveToTrash(uri: vscode.Uri): Promise<boolean>;
  /** Deletes a file permanently. @throws if it can't be deleted */
  deleteForGood(uri: vscode.Uri): Promise<void>;
  /** Asks where to save a video. The dialog confirms before a file is overwritten. */
  askWhereToSave(suggestion: vscode.Uri): Promise<vscode.Uri | undefined>;
  /** Asks for image files. */
  pickImages(): Promise<readonly vscode.Uri[] | undefined>;
}

export class EditorDesktop implements Desktop {
  readonly isHere: boolean;
  readonly #commandTitles: CommandTitles;

  constructor(isHere: boolean, commandTitles: CommandTitles) {
    this.isHere = isHere;
    this.#commandTitles = commandTitles;
  }

  async openExternally(uri: vscode.Uri): Promise<boolean> {
    return vscode.env.openExternal(uri);
  }

  async showInFileManager(uri: vscode.Uri): Promise<void> {
    await vscode.commands.executeCommand('revealFileInOS', uri);
  }

  async showInExplorer(uri: vscode.Uri): Promise<void> {
    await vscode.commands.executeCommand('revealInExplorer', uri);
  }

  async copyText(text: string): Promise<void> {
    await vscode.env.clipboard.writeText(text);
  }

  async moveToTrash(uri: vscode.Uri): Promise<boolean> {
    try {
      await vscode.workspace.fs.delete(uri, { useTrash: true });
      return true;
    } catch (error) {
      return isGone(error);
    }
  }

  async deleteForGood(uri: vscode.Uri): Promise<void> {
    try {
      await vscode.workspace.fs.delete(uri);
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }

  async askWhereToSave(suggestion: vscode.Uri): Promise<vscode.Uri | undefined> {
    const extension = suggestion.path.split('.').at(-1) ?? 'mp4';
    return vscode.window.showSaveDialog({
      defaultUri: suggestion,
      title: this.#commandTitles.plain('nebulaVideo.saveAs'),
      filters: { [extension.toUpperCase()]: [extension] },
    });
  }

  async pickImages(): Promise<readonly vscode.Uri[] | undefined> {
    return vscode.window.showOpenDialog({
      canSelectMany: true,
      filters: { [vscode.l10n.t('Images')]: [...IMAGE_EXTENSIONS] },
    });
  }
}

function isGone(error: unknown): boolean {
  return error instanceof vscode.FileSystemError && error.code === 'FileNotFound';
}
