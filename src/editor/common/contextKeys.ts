import { CONTEXT_KEYS } from './ids';

/** Keeps what `when` clauses ask up to date, and tells the editor only what has changed. */
export class ContextKeys {
  readonly #execute: (command: string, key: string, value: unknown) => void;
  readonly #values = new Map<string, boolean>();

  constructor(execute: (command: string, key: string, value: unknown) => void) {
    this.#execute = execute;
  }

  get hasTasks(): boolean {
    return this.#values.get(CONTEXT_KEYS.hasTasks) ?? false;
  }

  setHasKey(value: boolean): void {
    this.#set(CONTEXT_KEYS.hasKey, value);
    this.#set(CONTEXT_KEYS.ready, true);
  }

  setKeyRefused(value: boolean): void {
    this.#set(CONTEXT_KEYS.keyRefused, value);
  }

  setHasTasks(value: boolean): void {
    this.#set(CONTEXT_KEYS.hasTasks, value);
  }

  setHasLanguageModel(value: boolean): void {
    this.#set(CONTEXT_KEYS.hasLanguageModel, value);
  }

  #set(key: string, value: boolean): void {
    if (this.#values.get(key) === value) return;
    this.#values.set(key, value);
    this.#execute('setContext', key, value);
  }
}
