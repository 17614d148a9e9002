import * as vscode from 'vscode';
import { IMAGE_EXTENSIONS } from '../../core/images/imageLimits';

/** What the editor does outside of itself, or asks in the system's own dialogs. */
export interface Desktop {
  /**
   * Whether we run on the machine where the user sits: only there can files of ours be given to other programs. In a
   * browser, or on a remote machine, the library lies out of their reach.
   */
  readonly isHere: boolean;
  /** Opens a file or folder with the system's program for it. @returns whether it could be opened */
  openExternally(uri: vscode.Uri): Promise<boolean>;
  /** Shows a file in the system's file manager. */
  showInFileManager(uri: vscode.Uri): Promise<void>;
  /** Shows a file of the workspace in the explorer. */
  showInExplorer(uri: vscode.Uri): Promise<void>;
  copyText(text: string): Promise<void>;
  /** Moves a file to the system's trash. @returns false where there is none, or it does not take the file */
  moveToTrash(uri: vscode.Uri): Promise<boolean>;
  /** Removes a file that no trash takes. @throws the editor's error when it can't be removed */
  deleteForGood(uri: vscode.Uri): Promise<void>;
  /** Asks where to save a video; the dialog itself asks before a file is overwritten. */
  askWhereToSave(suggestion: vscode.Uri): Promise<vscode.Uri | undefined>;
  /** Asks for image files. */
  pickImages(): Promise<readonly vscode.Uri[] | undefined>;
}

/** The editor's own ways. */
export class EditorDesktop implements Desktop {
  readonly isHere: boolean;

  constructor(isHere: boolean) {
    this.isHere = isHere;
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
    return vscode.window.showSaveDialog({
      defaultUri: suggestion,
      title: vscode.l10n.t('Save Video As'),
      saveLabel: vscode.l10n.t('Save'),
      filters: { [vscode.l10n.t('Video')]: [suggestion.path.split('.').at(-1) ?? 'mp4'] },
    });
  }

  async pickImages(): Promise<readonly vscode.Uri[] | undefined> {
    return vscode.window.showOpenDialog({
      canSelectMany: true,
      openLabel: vscode.l10n.t('Use as Image'),
      filters: { [vscode.l10n.t('Images')]: [...IMAGE_EXTENSIONS] },
    });
  }
}

function isGone(error: unknown): boolean {
  return error instanceof vscode.FileSystemError && error.code === 'FileNotFound';
}
