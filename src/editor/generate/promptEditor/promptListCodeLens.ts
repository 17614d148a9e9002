import * as vscode from 'vscode';
import { SEPARATOR, splitPrompts } from './promptList';

/** A line above a list of prompts, which says how it works, and one above each prompt. */
export class PromptListCodeLensProvider implements vscode.CodeLensProvider {
  /** In which numbers are written. */
  readonly #language: string;

  constructor(language: string) {
    this.#language = language;
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const { l10n } = vscode;
    const prompts = splitPrompts(document.getText());
    const lens = (line: number, title: string, command = '', args: readonly unknown[] = []) =>
      new vscode.CodeLens(new vscode.Range(line, 0, line, 0), { title, command, arguments: [...args] });
    const send =
      prompts.length === 1
        ? l10n.t('Send Prompt…')
        : l10n.t('Send {0} Prompts…', this.#number(prompts.length));
    return [
      lens(0, `$(send) ${send}`, 'nebulaVideo.sendPrompt', [document.uri]),
      // Without a command they are only read.
      lens(0, l10n.t('A line with only {0} begins the next prompt', SEPARATOR)),
      ...prompts.map(({ text, line }, index) =>
        lens(
          Math.min(line, document.lineCount - 1),
          text.trim() === ''
            ? l10n.t('Prompt {0} is empty', index + 1)
            : l10n.t('Prompt {0}: {1} characters', index + 1, this.#number(text.length)),
        ),
      ),
    ];
  }

  #number(value: number): string {
    return value.toLocaleString(this.#language);
  }
}
