import type { SecretStorage, SecretStorageChangeEvent } from 'vscode';
import { Emitter } from '../../src/core/common/events';

/** A secret storage in memory. It can be made to fail like one without a keyring. */
export class FakeSecrets implements SecretStorage {
  readonly entries = new Map<string, string>();
  broken = false;
  readonly #changed = new Emitter<SecretStorageChangeEvent>((error) => {
    throw error;
  });
  readonly onDidChange = this.#changed.event;

  keys(): Promise<string[]> {
    return this.#work(() => [...this.entries.keys()]);
  }

  get(key: string): Promise<string | undefined> {
    return this.#work(() => this.entries.get(key));
  }

  store(key: string, value: string): Promise<void> {
    return this.#work(() => {
      this.entries.set(key, value);
      this.#changed.fire({ key });
    });
  }

  delete(key: string): Promise<void> {
    return this.#work(() => {
      this.entries.delete(key);
      this.#changed.fire({ key });
    });
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- errors must become rejections
  async #work<T>(work: () => T): Promise<T> {
    if (this.broken) throw new Error('there is no keyring');
    return work();
  }
}
