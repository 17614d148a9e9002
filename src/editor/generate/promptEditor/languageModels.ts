import * as vscode from 'vscode';
import type { Disposable } from '../../../core/common/disposable';
import type { AppContext } from '../../common/appContext';

/** A language model of the user's own, from another extension. */
export interface LanguageModel {
  readonly id: string;
  /** As its extension calls it. */
  readonly name: string;
  /**
   * Asks it once, and waits for the whole answer. The editor asks the user for a yes the first time.
   * @param longest most characters of an answer
   * @throws {@link LanguageModelError} with the model's reason; the signal's own error when that ends it
   */
  ask(text: string, longest: number, signal: AbortSignal): Promise<string>;
}

/** The language models that are there now. */
export interface LanguageModels {
  list(): Promise<readonly LanguageModel[]>;
  onDidChange(listener: () => void): Disposable;
}

/** The model, or the user, said no. The message is the editor's own, for the user. */
export class LanguageModelError extends Error {
  override readonly name = 'LanguageModelError';
}

/** Those of the editor (`vscode.lm`). */
export const editorLanguageModels: LanguageModels = {
  async list() {
    return (await vscode.lm.selectChatModels()).map((model) => ({
      id: model.id,
      name: model.name,
      ask: async (text, longest, signal) => ask(model, text, longest, signal),
    }));
  },
  onDidChange: (listener) => vscode.lm.onDidChangeChatModels(listener),
};

interface AvailabilityDependencies extends Pick<AppContext, 'runInBackground'> {
  readonly models: LanguageModels;
  readonly tell: (isThere: boolean) => void;
}

/** Tells whether there is any language model. Looking may start extensions that bring them, so it waits to be asked. */
export class LanguageModelAvailability implements Disposable {
  readonly #deps: AvailabilityDependencies;
  #listener: Disposable | undefined;

  constructor(deps: AvailabilityDependencies) {
    this.#deps = deps;
  }

  /** Looks now, and whenever it may have changed; more calls do nothing. */
  begin(): void {
    if (this.#listener) return;
    this.#listener = this.#deps.models.onDidChange(() => this.#look());
    this.#look();
  }

  #look(): void {
    const { models, tell, runInBackground } = this.#deps;
    runInBackground(models.list().then(({ length }) => tell(length > 0)));
  }

  dispose(): void {
    this.#listener?.dispose();
  }
}

async function ask(
  model: vscode.LanguageModelChat,
  text: string,
  longest: number,
  signal: AbortSignal,
): Promise<string> {
  const stop = new vscode.CancellationTokenSource();
  const cancel = () => stop.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    signal.throwIfAborted();
    const reply = await model.sendRequest([vscode.LanguageModelChatMessage.User(text)], {}, stop.token);
    let answer = '';
    for await (const piece of reply.text) {
      answer += piece;
      if (answer.length > longest) throw new LanguageModelError(vscode.l10n.t('The answer was too long.'));
    }
    signal.throwIfAborted();
    return answer;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof vscode.LanguageModelError) throw new LanguageModelError(error.message);
    throw error;
  } finally {
    signal.removeEventListener('abort', cancel);
    stop.dispose();
  }
}
