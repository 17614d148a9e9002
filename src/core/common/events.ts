import type { Disposable } from './lifetime';

/** Subscribes a listener; dispose what it returns to stop listening. */
export type Event<T> = (listener: (event: T) => void) => Disposable;

/** The smallest event source that core needs without the editor's own. */
export class Emitter<T> implements Disposable {
  readonly #listeners = new Set<(event: T) => void>();
  readonly #onError: (error: unknown) => void;

  /** @param onError told when a listener throws: one bad listener must not starve the others. */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  readonly event: Event<T> = (listener) => {
    // A wrapper of its own, so that the same function may listen twice and be removed once.
    const entry = (event: T) => listener(event);
    this.#listeners.add(entry);
    return { dispose: () => this.#listeners.delete(entry) };
  };

  fire(event: T): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(event);
      } catch (error) {
        this.#onError(error);
      }
    }
  }

  dispose(): void {
    this.#listeners.clear();
  }
}
