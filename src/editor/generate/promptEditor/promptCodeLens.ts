import * as vscode from 'vscode';
import type { Disposable } from '../../../core/common/disposable';
import { validatePrompt } from '../wizard/validatePrompt';
import { countLines } from '../../../core/models/promptText';
import type { AppContext } from '../../common/appContext';

interface Dependencies extends Pick<AppContext, 'language'> {
  /** How much of a prompt its model is known to read, in characters, where that model is known. */
  readonly longestOf: (document: vscode.TextDocument) => number | undefined;
  /** Called when a prompt is in sight. */
  readonly onSeen: () => void;
}

/** A line above a prompt: where to go from here, and how long it is. */
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

  /** Whether there is a language model that can write prompts anew. */
  setCanImprove(canImprove: boolean): void {
    if (this.#canImprove === canImprove) return;
    this.#canImprove = canImprove;
    this.#changed.fire();
  }

  dispose(): void {
    this.#changed.dispose();
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const { l10n } = vscode;
    this.#deps.onSeen();
    const { language, longestOf } = this.#deps;
    const text = document.getText();
    const range = new vscode.Range(0, 0, 0, 0);
    const characters = text.length.toLocaleString(language);
    const extent = l10n.t('{0} lines, {1} characters', countLines(text).toLocaleString(language), characters);
    const verdict = validatePrompt(text, longestOf(document), undefined, { l10n, language });
    const words =
      text.trim() === ''
        ? l10n.t('Describe the video: what is seen, how it moves, how it is filmed, what is heard.')
        : verdict?.weight === 'warning'
          ? verdict.message
          : extent;
    return [
      new vscode.CodeLens(range, {
        title: `$(send) ${l10n.t('Send Prompt…')}`,
        command: 'nebulaVideo.sendPrompt',
        arguments: [document.uri],
      }),
      ...(this.#canImprove && text.trim() !== ''
        ? [
            new vscode.CodeLens(range, {
              title: `$(sparkle) ${l10n.t('Improve Prompt…')}`,
              command: 'nebulaVideo.improvePrompt',
              arguments: [document.uri],
            }),
          ]
        : []),
      // Without a command it is only read.
      new vscode.CodeLens(range, { title: words, command: '' }),
    ];
  }
}
