import { rmSync, statSync, writeFileSync } from 'node:fs';

/**
 * A file that exists while work is unfinished, so that a starting window knows without opening the database whether there
 * is work to resume (DESIGN 4.12). It's created and removed only while the database is locked for writing, so that windows
 * can't disagree about it.
 */
export class PendingMarker {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  isSet(): boolean {
    try {
      return statSync(this.#file, { throwIfNoEntry: false }) !== undefined;
    } catch {
      // Assume unfinished work if the file system doesn't say.
      return true;
    }
  }

  set(): void {
    if (!this.isSet()) writeFileSync(this.#file, '');
  }

  clear(): void {
    rmSync(this.#file, { force: true });
  }
}
