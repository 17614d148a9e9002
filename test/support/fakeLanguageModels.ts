import { Emitter } from '../../src/core/common/events';
import type { LanguageModel, LanguageModels } from '../../src/editor/generate/promptEditor/languageModels';

/** Language models with scripted responses. */
export class FakeLanguageModels implements LanguageModels {
  readonly asked: { readonly model: string; readonly text: string }[] = [];
  answer: (text: string, signal: AbortSignal) => Promise<string> = () => Promise.resolve('');
  readonly #changed = new Emitter<void>((error) => {
    throw error;
  });
  #names: readonly string[] = [];

  set names(names: readonly string[]) {
    this.#names = names;
    this.#changed.fire();
  }

  list(): Promise<readonly LanguageModel[]> {
    return Promise.resolve(
      this.#names.map((name) => ({
        id: `id of ${name}`,
        name,
        ask: (text: string, _longest: number, signal: AbortSignal) => {
          this.asked.push({ model: name, text });
          return this.answer(text, signal);
        },
      })),
    );
  }

  onDidChange(listener: () => void) {
    return this.#changed.event(listener);
  }
}
