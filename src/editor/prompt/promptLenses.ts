import * as vscode from 'vscode';
import { COMMANDS } from '../ids';
import { VERY_LONG, countLines } from './promptText';

/** A line above a prompt: where to go from here, and how long it is. */
export class PromptLenses implements vscode.CodeLensProvider {
  readonly #language: string;

  /** @param language in which numbers are written */
  constructor(language: string) {
    this.#language = language;
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const { l10n } = vscode;
    const text = document.getText();
    const range = new vscode.Range(0, 0, 0, 0);
    const characters = text.length.toLocaleString(this.#language);
    const extent = l10n.t(
      '{0} lines, {1} characters',
      countLines(text).toLocaleString(this.#language),
      characters,
    );
    const words =
      text.trim() === ''
        ? l10n.t('Describe the video: what is seen, how it moves, how it is filmed, what is heard.')
        : text.length > VERY_LONG
          ? l10n.t('The prompt has {0} characters. The gateway may refuse or cut one that long.', characters)
          : extent;
    return [
      new vscode.CodeLens(range, {
        title: `$(send) ${l10n.t('Send Prompt…')}`,
        command: COMMANDS.sendPrompt,
        arguments: [document.uri],
      }),
      // Without a command it is only read.
      new vscode.CodeLens(range, { title: words, command: '' }),
    ];
  }
}
