import { truncateSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../common/clock';
import { retryWhileBusy } from './busyRetry';
import { isDamaged } from './sqliteErrors';
import { lockPath } from './storeLocation';

/** How long a repair of another window is waited for, in ms. */
const REPAIR_TIMEOUT_MS = 60_000;

/**
 * The only ownership there is in the store: SQLite's lock on an empty database. Whoever writes shares it, whoever builds
 * a new database has it alone. The operating system releases it when its process dies.
 */
export class StoreLock {
  readonly #folder: string;
  #connection: DatabaseSync | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Runs something that no repair may overlap. @throws SQLite's busy error during a repair */
  share<T>(work: () => T): T {
    // Only reading takes the lock.
    return this.#hold('BEGIN; SELECT count(*) FROM sqlite_schema', work);
  }

  /** Runs something while nobody else writes or repairs. @throws SQLite's busy error if others take too long */
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
      // There is nothing in it. It stays the same file, whose locks other windows may hold.
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
