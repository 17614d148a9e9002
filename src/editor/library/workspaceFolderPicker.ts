import type * as vscode from 'vscode';
import type { AppContext } from '../common/appContext';

/** Key in the workspace's memento. */
const REMEMBERED = 'saveRoot';

interface Dependencies extends Pick<AppContext, 'folders' | 'dialogs' | 'commandTitles' | 'l10n'> {
  readonly memory: vscode.Memento;
}

/** Selects the workspace folder for saved videos: the only one, or the one the user chose. */
export class WorkspaceFolderPicker {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  get isEmpty(): boolean {
    return this.#deps.folders().length === 0;
  }

  /** The folder, without prompting. Defaults to the first. */
  get quiet(): vscode.WorkspaceFolder | undefined {
    return this.#known() ?? this.#deps.folders()[0];
  }

  /**
   * Prompts once if there are several folders.
   * @returns undefined if the user canceled or no folder is open
   */
  async choose(): Promise<vscode.WorkspaceFolder | undefined> {
    const { folders, memory, dialogs, commandTitles, l10n } = this.#deps;
    const known = this.#known();
    if (known || this.isEmpty) return known;
    const chosen = await dialogs.choose({
      title: commandTitles.plain('nebulaVideo.saveToWorkspace'),
      placeholder: l10n.t('Select a folder'),
      choices: folders().map((folder) => ({
        value: folder,
        label: folder.name,
        description: folder.uri.scheme === 'file' ? folder.uri.fsPath : folder.uri.toString(true),
      })),
    });
    if (chosen) await memory.update(REMEMBERED, chosen.uri.toString());
    return chosen;
  }

  #known(): vscode.WorkspaceFolder | undefined {
    const { folders, memory } = this.#deps;
    const all = folders();
    if (all.length === 1) return all[0];
    const remembered = memory.get<unknown>(REMEMBERED);
    return all.find(({ uri }) => uri.toString() === remembered);
  }
}
