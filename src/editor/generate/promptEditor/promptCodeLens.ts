import * as vscode from 'vscode';
import type { Disposable } from '../../../core/common/disposable';
import type { AppContext } from '../../common/appContext';
import { formatPromptLength } from '../wizard/promptStep';
import { validatePrompt } from '../wizard/validatePrompt';
import { SEPARATOR, splitPrompts } from './promptList';

interface Dependencies extends Pick<AppContext, 'commandTitles' | 'language'> {
  /** @returns the maximum prompt length of the document's model in characters, if known */
  readonly maxLengthOf: (document: vscode.TextDocument) => number | undefined;
  /** Called when a prompt is visible. */
  readonly onSeen: () => void;
}

/** CodeLens above a prompt: commands and the length of the prompt. */
export class PromptCodeLensProvider implements vscode.CodeLensProvider, Disposable {
  readonly #deps: Dependencies;
  readonly #changed = new vscode.EventEmitter<void>();
  #canImprove = false;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  get onDidChangeCodeLenses(): vscode.Event<void> {
    return this.#changed.event;
  }

  /** @param canImprove whether a language model is available */
  setCanImprove(canImprove: boolean): void {
    if (this.#canImprove === canImprove) return;
    this.#canImprove = canImprove;
    this.#changed.fire();
  }

  dispose(): void {
    this.#changed.dispose();
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const { commandTitles, onSeen } = this.#deps;
    onSeen();
    const text = document.getText();
    const commandLens = (icon: string, command: string) =>
      lens(0, `$(${icon}) ${commandTitles.button(command)}`, command, [document.uri]);
    const lenses = [commandLens('send', 'nebulaVideo.sendPrompt')];
    if (this.#canImprove && text.trim() !== '') {
      lenses.push(commandLens('sparkle', 'nebulaVideo.improvePrompt'));
    }
    return [...lenses, lens(0, this.#note(document, text))];
  }

  /** Help for an empty prompt, or else a warning or the length. */
  #note(document: vscode.TextDocument, text: string): string {
    const { l10n } = vscode;
    const { language, maxLengthOf } = this.#deps;
    if (text.trim() === '') return l10n.t('Describe the video: subject, motion, camera, and sound');
    const validation = validatePrompt(text, maxLengthOf(document), undefined, { l10n, language });
    if (validation?.severity === 'warning') return validation.message;
    return formatPromptLength({ prompt: text, language, l10n });
  }
}

/** CodeLens above a list of prompts, with help, and above each prompt. */
export class PromptListCodeLensProvider implements vscode.CodeLensProvider {
  readonly #deps: Pick<AppContext, 'commandTitles' | 'language'>;

  constructor(deps: Pick<AppContext, 'commandTitles' | 'language'>) {
    this.#deps = deps;
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const { l10n } = vscode;
    const { commandTitles, language } = this.#deps;
    const prompts = splitPrompts(document.getText());
    const generate =
      prompts.length === 1
        ? commandTitles.button('nebulaVideo.sendPrompt')
        : l10n.t('Generate from {0} Prompts…', prompts.length.toLocaleString(language));
    return [
      lens(0, `$(send) ${generate}`, 'nebulaVideo.sendPrompt', [document.uri]),
      lens(0, l10n.t('Separate prompts with {0}', SEPARATOR)),
      ...prompts.map(({ text, line }, index) =>
        lens(
          Math.min(line, document.lineCount - 1),
          text.trim() === ''
            ? l10n.t('Enter a prompt.')
            : `${index + 1} · ${formatPromptLength({ prompt: text, language, l10n })}`,
        ),
      ),
    ];
  }
}

/** @param command if empty, the CodeLens is plain text */
function lens(line: number, title: string, command = '', args: readonly unknown[] = []): vscode.CodeLens {
  return new vscode.CodeLens(new vscode.Range(line, 0, line, 0), { title, command, arguments: [...args] });
}
