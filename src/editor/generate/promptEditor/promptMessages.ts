import type { L10n } from '../../../core/common/l10n';
import { keyInFieldMessage } from '../../../core/tasks/keyGuard';
import type { AppContext } from '../../common/appContext';
import type { MessagePresenter } from '../../common/messagePresenter';

type Dependencies = Pick<AppContext, 'box' | 'l10n'>;

/** What the extension says about the writing of prompts. */
export class PromptMessages {
  readonly #box: MessagePresenter;
  readonly #l10n: L10n;

  constructor({ box, l10n }: Dependencies) {
    this.#box = box;
    this.#l10n = l10n;
  }

  /** There is none to improve a prompt with. */
  noLanguageModel(): void {
    const sentence = this.#l10n.t(
      'There is no language model to improve the prompt with. Extensions such as GitHub Copilot Chat bring them.',
    );
    this.#box.show('info', sentence, []);
  }

  /** It would be sent to a language model. */
  keyInPrompt(): void {
    this.#box.show('warning', keyInFieldMessage('prompt', this.#l10n), []);
  }

  /** @param reason the model's, or the editor's, own words */
  languageModelRefused(model: string, reason: string): void {
    this.#box.show('warning', this.#l10n.t('{0} did not improve the prompt: {1}', model, reason), []);
  }

  /** It answered with nothing, or with the same. */
  nothingToImprove(model: string): void {
    this.#box.show('info', this.#l10n.t('{0} has nothing to improve about this prompt.', model), []);
  }

  /** The suggestion stands beside the prompt. */
  improved(model: string, deeds: { readonly use: () => void; readonly keep: () => void }): void {
    const sentence = this.#l10n.t(
      'The prompt as {0} would write it is shown beside yours. Nothing is changed yet.',
      model,
    );
    this.#box.show('info', sentence, [
      { title: this.#l10n.t('Use This Prompt'), run: deeds.use },
      { title: this.#l10n.t('Keep Mine'), run: deeds.keep },
    ]);
  }

  /** The suggestion is for another text than the one that stands there now. */
  promptChangedMeanwhile(): void {
    const sentence = this.#l10n.t(
      'The prompt was changed or closed meanwhile, so it was left as it is. Improve it again if you like.',
    );
    this.#box.show('info', sentence, []);
  }
}
