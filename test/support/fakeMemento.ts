import type { Memento } from 'vscode';

/** A memento in memory. Like the editor's, it stores values as JSON. */
export class FakeMemento implements Memento {
  readonly entries = new Map<string, string>();

  keys(): readonly string[] {
    return [...this.entries.keys()];
  }

  get<T>(key: string, otherwise?: T): T | undefined {
    const text = this.entries.get(key);
    return text === undefined ? otherwise : (JSON.parse(text) as T);
  }

  update(key: string, value: unknown): Promise<void> {
    if (value === undefined) this.entries.delete(key);
    else this.entries.set(key, JSON.stringify(value));
    return Promise.resolve();
  }
}
