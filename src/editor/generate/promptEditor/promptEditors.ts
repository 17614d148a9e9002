import * as vscode from 'vscode';
import * as z from 'zod/mini';
import type { Disposable } from '../../../core/common/disposable';
import type { Begun } from '../wizard/wizard';

/**
 * The language of prompt editors, as package.json contributes it. It is what marks an editor as ours: it survives a
 * reload of the window, and the editor's settings for it keep prompts as they were typed.
 */
export const PROMPT_LANGUAGE = 'nebula-video-prompt';

/**
 * The language of lists of prompts. One of its own, so that a line that separates prompts here can stand in any other
 * prompt, also after a reload.
 */
export const PROMPT_LIST_LANGUAGE = 'nebula-video-prompts';

/** An editor's title menu hands over what the editor shows. */
const resource = z.custom<vscode.Uri>((value) => value instanceof vscode.Uri);

/** The editors in which prompts of several lines, or lists of prompts, are written. */
export class PromptEditors implements Disposable {
  readonly #language: string;
  /** What the prompts belong to, by the URIs of their documents; after a reload of the window it is not known. */
  readonly #begun = new Map<string, Begun>();
  readonly #closing = vscode.workspace.onDidCloseTextDocument(({ uri }) =>
    this.#begun.delete(uri.toString()),
  );

  constructor(language = PROMPT_LANGUAGE) {
    this.#language = language;
  }

  dispose(): void {
    this.#closing.dispose();
  }

  /**
   * Opens an editor with the text, or shows the one that has it already.
   * @param begun what else has been answered for the prompt; nothing where it is to be asked
   */
  async open(text: string, begun: Begun = {}): Promise<void> {
    const open = this.#documents().find((document) => document.getText() === text && text !== '');
    const document = open ?? (await newDocument(text, this.#language));
    this.#begun.set(document.uri.toString(), begun);
    const editor = await vscode.window.showTextDocument(document, { preview: false });
    const end = document.lineAt(document.lineCount - 1).range.end;
    if (!open) editor.selection = new vscode.Selection(end, end);
  }

  /** What has been answered for the prompt of a document, beside the prompt. */
  begunOf({ uri }: vscode.TextDocument): Begun {
    return this.#begun.get(uri.toString()) ?? {};
  }

  /** The prompt that a command is about: that of the given editor, or of the active one. */
  find(args: readonly unknown[]): vscode.TextDocument | undefined {
    const given = resource.safeParse(args[0]).data;
    const active = vscode.window.activeTextEditor?.document;
    if (!given) return active?.languageId === this.#language ? active : undefined;
    return this.#documents().find(({ uri }) => uri.toString() === given.toString());
  }

  /**
   * Closes an untitled editor whose text is a task's from now on, so that nobody is asked whether to save it. Only if
   * it still has that text: everything else is somebody's work. Behind another tab, from where it can't be closed
   * unasked, it is emptied: it would be offered to be paid for again.
   */
  async close(document: vscode.TextDocument, text: string): Promise<void> {
    if (!document.isUntitled || document.isClosed || document.getText() !== text) return;
    // The tab, not the text editor: a text stays "active" while a player beside it has the focus.
    const front = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
    const isInFront =
      front instanceof vscode.TabInputText && front.uri.toString() === document.uri.toString();
    if (isInFront) await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    else if (text !== '') await replaceText(document, text, '');
  }

  #documents(): readonly vscode.TextDocument[] {
    return vscode.workspace.textDocuments.filter(
      ({ languageId, isClosed }) => languageId === this.#language && !isClosed,
    );
  }
}

/** So often a new document is asked for; one time is enough but for a rare moment. */
const MAX_ATTEMPTS = 3;

/**
 * A new untitled document with this text. The editor gives it the name of one that was closed just now, and may bring
 * that one's unsaved text back instead of ours: then the name is taken, and the next one is free.
 */
async function newDocument(text: string, language: string): Promise<vscode.TextDocument> {
  for (let tries = 1; ; tries++) {
    const document = await vscode.workspace.openTextDocument({ language, content: text });
    if (document.getText() === text || tries === MAX_ATTEMPTS) return document;
  }
}

/** Puts another text in the place of the whole one, in one step that can be undone. @returns false when it is not as it was */
export async function replaceText(
  document: vscode.TextDocument,
  before: string,
  after: string,
): Promise<boolean> {
  if (document.isClosed || document.getText() !== before) return false;
  const edit = new vscode.WorkspaceEdit();
  const { end } = document.lineAt(document.lineCount - 1).range;
  edit.replace(document.uri, new vscode.Range(new vscode.Position(0, 0), end), after);
  return vscode.workspace.applyEdit(edit);
}
