import * as vscode from 'vscode';
import type { Disposable } from '../../../core/common/disposable';
import type { AppContext } from '../../common/appContext';

/** A language model of another extension. */
export interface LanguageModel {
  readonly id: string;
  readonly name: string;
  /**
   * Sends a text and waits for the whole answer. VS Code asks the user for consent the first time.
   * @param maxLength maximum length of the answer, in characters
   * @throws {@link LanguageModelError} with the model's reason, or the signal's reason
   */
  ask(text: string, maxLength: number, signal: AbortSignal): Promise<string>;
}

/** The available language models. */
export interface LanguageModels {
  list(): Promise<readonly LanguageModel[]>;
  onDidChange(listener: () => void): Disposable;
}

/** The model or the user refused. The message is VS Code's, for the log. */
export class LanguageModelError extends Error {
  override readonly name = 'LanguageModelError';
}

/** The models that VS Code provides (`vscode.lm`). */
export const editorLanguageModels: LanguageModels = {
  async list() {
    return (await vscode.lm.selectChatModels()).map((model) => ({
      id: model.id,
      name: model.name,
      ask: async (text, maxLength, signal) => ask(model, text, maxLength, signal),
    }));
  },
  onDidChange: (listener) => vscode.lm.onDidChangeChatModels(listener),
};

interface AvailabilityDependencies extends Pick<AppContext, 'runInBackground'> {
  readonly models: LanguageModels;
  readonly onChange: (isAvailable: boolean) => void;
}

/** Reports whether a language model is available. Starts on request: listing models may activate other extensions. */
export class LanguageModelAvailability implements Disposable {
  readonly #deps: AvailabilityDependencies;
  #listener: Disposable | undefined;

  constructor(deps: AvailabilityDependencies) {
    this.#deps = deps;
  }

  /** Checks now and after each change. Further calls do nothing. */
  start(): void {
    if (this.#listener) return;
    this.#listener = this.#deps.models.onDidChange(() => this.#check());
    this.#check();
  }

  #check(): void {
    const { models, onChange, runInBackground } = this.#deps;
    runInBackground(models.list().then(({ length }) => onChange(length > 0)));
  }

  dispose(): void {
    this.#listener?.dispose();
  }
}

async function ask(
  model: vscode.LanguageModelChat,
  text: string,
  maxLength: number,
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
      if (answer.length > maxLength) throw new LanguageModelError('The answer was too long.');
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
