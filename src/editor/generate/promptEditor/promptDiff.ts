import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from '../../../core/common/disposable';

/** Read-only texts that are compared with a prompt. */
const SCHEME = 'nebula-video-suggestion';

/** A diff editor that shows a suggestion. */
export interface OpenPromptDiff {
  /** Closes its tab, if it's still open. */
  close(): Promise<void>;
}

/** Shows a suggested prompt in a diff editor. */
export class PromptDiff implements Disposable, vscode.TextDocumentContentProvider {
  readonly #owned = new DisposableStore();
  readonly #texts = new Map<string, string>();
  #count = 0;

  constructor() {
    this.#owned.add(vscode.workspace.registerTextDocumentContentProvider(SCHEME, this));
    this.#owned.add(vscode.workspace.onDidCloseTextDocument(({ uri }) => this.#texts.delete(uri.toString())));
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.#texts.get(uri.toString()) ?? '';
  }

  async show(document: vscode.TextDocument, text: string, title: string): Promise<OpenPromptDiff> {
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${++this.#count}.txt` });
    this.#texts.set(uri.toString(), text);
    await vscode.commands.executeCommand('vscode.diff', document.uri, uri, title, { preview: false });
    return { close: async () => closeDiff(uri) };
  }

  dispose(): void {
    this.#owned.dispose();
  }
}

async function closeDiff(uri: vscode.Uri): Promise<void> {
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  const shown = tabs.filter(
    ({ input }) => input instanceof vscode.TabInputTextDiff && input.modified.toString() === uri.toString(),
  );
  if (shown.length > 0) await vscode.window.tabGroups.close(shown);
}
