import { CONTEXT_KEYS } from './ids';

/** Keeps what `when` clauses ask up to date, and tells the editor only what has changed. */
export class ContextKeys {
  readonly #execute: (command: string, key: string, value: unknown) => void;
  readonly #told = new Map<string, boolean>();

  constructor(execute: (command: string, key: string, value: unknown) => void) {
    this.#execute = execute;
  }

  get hasTasks(): boolean {
    return this.#told.get(CONTEXT_KEYS.hasTasks) ?? false;
  }

  setHasKey(value: boolean): void {
    this.#tell(CONTEXT_KEYS.hasKey, value);
    this.#tell(CONTEXT_KEYS.ready, true);
  }

  setKeyRefused(value: boolean): void {
    this.#tell(CONTEXT_KEYS.keyRefused, value);
  }

  setHasTasks(value: boolean): void {
    this.#tell(CONTEXT_KEYS.hasTasks, value);
  }

  setHasLanguageModel(value: boolean): void {
    this.#tell(CONTEXT_KEYS.hasLanguageModel, value);
  }

  #tell(key: string, value: boolean): void {
    if (this.#told.get(key) === value) return;
    this.#told.set(key, value);
    this.#execute('setContext', key, value);
  }
}
