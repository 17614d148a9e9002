import * as vscode from 'vscode';
import * as z from 'zod/mini';
import type { Disposable } from '../../../core/common/disposable';
import type { WizardInput } from '../wizard/wizardTypes';
import type { PromptChoices } from './promptChoices';

/**
 * Language ID of prompts, contributed in package.json. It identifies prompt editors: it survives a reload of the window,
 * and its default settings keep prompts as typed.
 */
export const PROMPT_LANGUAGE = 'nebula-video-prompt';

/** Language ID of lists of prompts. In a single prompt, a separator line is ordinary text, also after a reload. */
export const PROMPT_LIST_LANGUAGE = 'nebula-video-prompts';

/** Argument from the editor title menu. */
const resource = z.custom<vscode.Uri>((value) => value instanceof vscode.Uri);

/** Untitled editors for prompts with several lines, or for lists of prompts. */
export class PromptEditors implements Disposable {
  readonly #language: string;
  readonly #choices: PromptChoices;
  readonly #closing = vscode.workspace.onDidCloseTextDocument(({ uri }) =>
    this.#choices.delete(uri.toString()),
  );

  constructor(choices: PromptChoices, language = PROMPT_LANGUAGE) {
    this.#choices = choices;
    this.#language = language;
  }

  dispose(): void {
    this.#closing.dispose();
  }

  /**
   * Opens an editor with the text, or shows the one that already contains it.
   * @param input the user's other choices, if any
   */
  async open(text: string, input: WizardInput = {}): Promise<void> {
    const open = this.#documents().find((document) => document.getText() === text && text !== '');
    const document = open ?? (await newDocument(text, this.#language));
    this.setInput(document, input);
    const editor = await vscode.window.showTextDocument(document, { preview: false });
    const end = document.lineAt(document.lineCount - 1).range.end;
    if (!open) editor.selection = new vscode.Selection(end, end);
  }

  /** @returns the user's other choices for the prompt of a document */
  inputOf({ uri }: vscode.TextDocument): WizardInput {
    return this.#choices.get(uri.toString());
  }

  setInput({ uri }: vscode.TextDocument, input: WizardInput): void {
    this.#choices.set(uri.toString(), input);
  }

  /** @returns the document of the given editor, or of the active one */
  find(args: readonly unknown[]): vscode.TextDocument | undefined {
    const given = resource.safeParse(args[0]).data;
    const active = vscode.window.activeTextEditor?.document;
    if (!given) return active?.languageId === this.#language ? active : undefined;
    return this.#documents().find(({ uri }) => uri.toString() === given.toString());
  }

  /**
   * Closes an untitled editor whose text now belongs to a task, without asking whether to save it. Keeps it if the user
   * changed the text. A background tab can't be closed without asking, so it's emptied: the prompt must not be offered
   * again after it was paid for.
   */
  async close(document: vscode.TextDocument, text: string): Promise<void> {
    if (!document.isUntitled || document.isClosed || document.getText() !== text) return;
    // Check the tab, not the text editor, which stays "active" while a player next to it has focus.
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

/** Maximum attempts to open a new document. */
const MAX_ATTEMPTS = 3;

/**
 * Opens an untitled document with this text. VS Code may reuse the name of one that was just closed and restore its
 * unsaved text instead. Then that name is taken, and the next attempt gets a free one.
 */
async function newDocument(text: string, language: string): Promise<vscode.TextDocument> {
  for (let tries = 1; ; tries++) {
    const document = await vscode.workspace.openTextDocument({ language, content: text });
    if (document.getText() === text || tries === MAX_ATTEMPTS) return document;
  }
}

/** Replaces the whole text in one step that can be undone. @returns false if the text has changed */
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
