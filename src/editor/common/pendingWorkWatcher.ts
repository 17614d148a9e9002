import { existsSync, mkdirSync, watch, type FSWatcher } from 'node:fs';
import * as path from 'node:path';
import type { Disposable } from '../../core/common/disposable';
import { STORAGE_NAMES } from '../../core/common/storageNames';
import { PendingMarker } from '../../core/store/pendingMarker';

/**
 * Calls back once there is unfinished work: at start, or later if another window leaves some. Uses no timer. If the
 * folder can't be watched, the owner calls `look` now and then.
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

  /** True if an earlier window has stored tasks. They may have been removed since. */
  get hasStore(): boolean {
    const { store, legacyDatabase } = STORAGE_NAMES;
    return [store, legacyDatabase].some((name) => existsSync(path.join(this.#folder, name)));
  }

  /** Checks now, and whenever the folder changes. */
  start(): void {
    if (this.#disposed) return;
    try {
      // A folder must exist to be watched.
      mkdirSync(this.#folder, { recursive: true });
      this.#watcher = watch(this.#folder, { persistent: false }, () => this.look());
      this.#watcher.on('error', () => this.#stopWatching());
    } catch {
      // If the folder can't be created, there is no work. If it can't be watched, `look` checks it.
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
