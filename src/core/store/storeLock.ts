import { truncateSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../common/clock';
import { retryWhileBusy } from './busyRetry';
import { isDamaged } from './sqliteErrors';
import { lockPath } from './storeLocation';

/** Timeout for other windows' writes and repairs. */
const REPAIR_TIMEOUT_MS = 60_000;

/**
 * The store's lock: SQLite's lock on an empty database. Writers share it. A window that builds a new database holds it
 * exclusively. The operating system releases it when a process dies.
 */
export class StoreLock {
  readonly #folder: string;
  #connection: DatabaseSync | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Runs `work` with the shared lock. @throws SQLite's busy error during a repair */
  share<T>(work: () => T): T {
    // BEGIN alone doesn't take the lock; reading does.
    return this.#hold('BEGIN; SELECT count(*) FROM sqlite_schema', work);
  }

  /** Runs `work` with the exclusive lock. @throws SQLite's busy error if others hold it too long */
  async own<T>(clock: Clock, work: () => Promise<T>): Promise<T> {
    await retryWhileBusy(() => this.#take('BEGIN EXCLUSIVE'), clock, REPAIR_TIMEOUT_MS);
    try {
      return await work();
    } finally {
      this.#release();
    }
  }

  close(): void {
    if (this.#connection?.isOpen) this.#connection.close();
    this.#connection = undefined;
  }

  #hold<T>(sql: string, work: () => T): T {
    this.#take(sql);
    try {
      return work();
    } finally {
      this.#release();
    }
  }

  #take(sql: string): void {
    try {
      this.#begin(sql);
    } catch (error) {
      if (!isDamaged(error)) throw error;
      // The content doesn't matter. Don't replace the file: other windows may hold locks on it.
      this.close();
      truncateSync(lockPath(this.#folder));
      this.#begin(sql);
    }
  }

  #begin(sql: string): void {
    this.#connection ??= new DatabaseSync(lockPath(this.#folder));
    try {
      this.#connection.exec(sql);
    } catch (error) {
      this.#release();
      throw error;
    }
  }

  #release(): void {
    if (this.#connection?.isTransaction) this.#connection.exec('ROLLBACK');
  }
}
