import { rmSync, statSync, writeFileSync } from 'node:fs';

/**
 * A file that is there while work is unfinished, so that a window can tell at start, without opening the database,
 * that there is something to resume (DESIGN 4.12). It is made and removed only while the database is locked for
 * writing, so windows can't disagree about it.
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
      // Who can't tell must not conclude that nothing is to be done.
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
