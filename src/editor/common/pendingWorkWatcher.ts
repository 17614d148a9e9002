import { mkdirSync, watch, type FSWatcher } from 'node:fs';
import * as path from 'node:path';
import type { Disposable } from '../../core/common/disposable';
import { STORAGE_NAMES } from '../../core/common/storageNames';
import { PendingMarker } from '../../core/store/pendingMarker';

/**
 * Calls back once, when there is unfinished work to go on with: at start, or later, when another window begins
 * some (it may be closed before the work is done). Costs no timer; where the system can't watch a folder, `look`
 * does, which whoever owns it calls now and then.
 */
export class PendingWorkWatcher implements Disposable {
  readonly #folder: string;
  readonly #marker: PendingMarker;
  readonly #onFound: () => void;
  #watcher: FSWatcher | undefined;
  #disposed = false;

  constructor(folder: string, onFound: () => void) {
    this.#folder = folder;
    this.#marker = new PendingMarker(path.join(folder, STORAGE_NAMES.pending));
    this.#onFound = onFound;
  }

  /** Looks now and from now on. */
  start(): void {
    if (this.#disposed) return;
    try {
      // What is not there can't be watched.
      mkdirSync(this.#folder, { recursive: true });
      this.#watcher = watch(this.#folder, { persistent: false }, () => this.look());
      this.#watcher.on('error', () => this.#stopWatching());
    } catch {
      // A folder that can't be made holds no work; one that can't be watched is looked at by hand.
    }
    this.look();
  }

  look(): void {
    if (this.#disposed || !this.#marker.isSet()) return;
    this.dispose();
    this.#onFound();
  }

  dispose(): void {
    this.#disposed = true;
    this.#stopWatching();
  }

  #stopWatching(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }
}
