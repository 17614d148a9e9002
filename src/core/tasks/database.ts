import { DatabaseSync } from 'node:sqlite';
import { sleep, type Clock } from '../common/clock';
import { SCHEMA_VERSION, migrate } from './schema';

/** Why the store takes no writes: the folder or file does, or a newer version of the extension owns the file. */
export type ReadOnlyReason = 'folder' | 'newer';

/** The store cannot be written; the reason decides the sentence for the user. */
export class ReadOnlyStoreError extends Error {
  override readonly name = 'ReadOnlyStoreError';
  readonly reason: ReadOnlyReason;

  constructor(reason: ReadOnlyReason, cause?: unknown) {
    super(`the task store is read-only (${reason})`, { cause });
    this.reason = reason;
  }
}

/** SQLite's primary result codes that we tell apart (sqlite.org/rescode.html). */
const SQLITE = {
  busy: 5,
  locked: 6,
  readOnly: 8,
  io: 10,
  corrupt: 11,
  full: 13,
  cantOpen: 14,
  notADatabase: 26,
} as const;

/** The primary code of an error of SQLite's, whose extended codes carry more in the upper bits. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number')
    return undefined;
  return error.errcode & 0xff;
}

export function isBusy(error: unknown): boolean {
  const code = sqliteCode(error);
  return code === SQLITE.busy || code === SQLITE.locked;
}

/** SQLite's own check found the file damaged. */
class DamagedError extends Error {}

/** Whether an error means that the file is no database that can be read. */
export function isDamaged(error: unknown): boolean {
  if (error instanceof DamagedError) return true;
  const code = sqliteCode(error);
  return code === SQLITE.corrupt || code === SQLITE.notADatabase;
}

/** Extended code for a file that was renamed while it was open (SQLITE_READONLY_DBMOVED). */
const MOVED = 1032;

function isMoved(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === MOVED;
}

function isReadOnly(error: unknown): boolean {
  const code = sqliteCode(error);
  return code === SQLITE.readOnly || code === SQLITE.cantOpen;
}

/** Longest that SQLite itself may wait for a lock, in ms: it freezes every extension of the host meanwhile. */
const BUSY_MS = 50;
/** How long a write goes on trying, in ms, before it counts as failed. */
const WRITE_PATIENCE_MS = 15_000;

/**
 * One SQLite file, shared by every window (DESIGN 4.1): rollback journal, full syncs, short immediate
 * transactions, and waiting for other windows without holding up the extension host.
 */
export class Database {
  readonly #file: string;
  readonly #clock: Clock;
  readonly #readOnly: ReadOnlyReason | undefined;
  #connection: DatabaseSync;
  #generation = 0;

  private constructor(
    file: string,
    clock: Clock,
    connection: DatabaseSync,
    readOnly: ReadOnlyReason | undefined,
  ) {
    this.#file = file;
    this.#clock = clock;
    this.#connection = connection;
    this.#readOnly = readOnly;
  }

  /**
   * Opens the file, making and migrating it as needed. Where it can't be written, it is opened for reading; where
   * there is nothing to read either, an empty database in memory stands in for it.
   * @throws SQLite's own error when the file is damaged ({@link isDamaged})
   */
  static async open(file: string, clock: Clock): Promise<Database> {
    const patience = new Patience(clock);
    for (;;) {
      try {
        return Database.openNow(file, clock);
      } catch (error) {
        if (!isBusy(error)) throw error;
        await patience.wait(error);
      }
    }
  }

  /**
   * As {@link open}, without waiting for other windows.
   * @throws SQLite's busy error ({@link isBusy}) as well
   */
  static openNow(file: string, clock: Clock): Database {
    let connection: DatabaseSync;
    try {
      connection = new DatabaseSync(file);
    } catch (error) {
      if (!isReadOnly(error)) throw error;
      return Database.#openReadOnly(file, clock, 'folder');
    }
    try {
      // EXTRA: a power cut must not take back a commit whose request has left.
      connection.exec(`PRAGMA busy_timeout = ${BUSY_MS}; PRAGMA synchronous = EXTRA`);
      checkIfSmall(connection);
      // Tables can be made anew under their references only while nobody enforces them.
      connection.exec('PRAGMA foreign_keys = OFF');
      if (versionOf(connection) < SCHEMA_VERSION) migrate(connection);
      connection.exec('PRAGMA foreign_keys = ON');
      const newer = versionOf(connection) > SCHEMA_VERSION;
      // Whether the file takes writes shows only when one is begun.
      if (!newer) connection.exec('BEGIN IMMEDIATE; ROLLBACK');
      if (!newer) return new Database(file, clock, connection, undefined);
      connection.close();
      return Database.#openReadOnly(file, clock, 'newer');
    } catch (error) {
      if (connection.isOpen) connection.close();
      if (isReadOnly(error)) return Database.#openReadOnly(file, clock, 'folder');
      throw error;
    }
  }

  static #openReadOnly(file: string, clock: Clock, reason: ReadOnlyReason): Database {
    let connection: DatabaseSync;
    try {
      connection = new DatabaseSync(file, { readOnly: true });
      connection.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
      versionOf(connection);
    } catch (error) {
      if (!isReadOnly(error)) throw error;
      connection = new DatabaseSync(':memory:');
      migrate(connection);
    }
    return new Database(file, clock, connection, reason);
  }

  /** Why writes are refused, if they are. */
  get readOnly(): ReadOnlyReason | undefined {
    return this.#readOnly;
  }

  /** Counts how often the file was replaced under us, because another window found it damaged and made it anew. */
  get generation(): number {
    return this.#generation;
  }

  /** Changes when another connection, in this or another window, has committed. */
  dataVersion(): number {
    return Number(this.#connection.prepare('PRAGMA data_version').get()?.['data_version']);
  }

  /**
   * Reads in one consistent snapshot.
   * @throws SQLite's busy error ({@link isBusy}) when another window is committing for too long
   */
  read<T>(work: (connection: DatabaseSync) => T): T {
    this.#connection.exec('BEGIN');
    try {
      const result = work(this.#connection);
      this.#connection.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#connection.isTransaction) this.#connection.exec('ROLLBACK');
      throw error;
    }
  }

  /** Does something again and again while another window holds the lock, without holding up the host. */
  async whenFree<T>(work: () => T): Promise<T> {
    const patience = new Patience(this.#clock);
    for (;;) {
      try {
        return work();
      } catch (error) {
        if (!isBusy(error)) throw error;
        await patience.wait(error);
      }
    }
  }

  /**
   * Runs the work in one immediate transaction and commits it durably. The work may run more than once, so it
   * must have no effect outside the database; when it throws, nothing is changed.
   * @throws {@link ReadOnlyStoreError}, or SQLite's error when the disk fails or the wait was too long
   */
  async write<T>(work: (connection: DatabaseSync) => T): Promise<T> {
    if (this.#readOnly) throw new ReadOnlyStoreError(this.#readOnly);
    const patience = new Patience(this.#clock);
    let reconnected = false;
    for (;;) {
      try {
        return this.#transaction(work);
      } catch (error) {
        // Another window may have put a good file in the place of ours, moved away or damaged as it is.
        if (!reconnected && (isMoved(error) || isDamaged(error)) && this.#reconnect()) {
          reconnected = true;
          continue;
        }
        if (isReadOnly(error)) throw new ReadOnlyStoreError('folder', error);
        if (!isBusy(error)) throw error;
        await patience.wait(error);
      }
    }
  }

  /** Goes over to the file that took the place of ours. @returns whether there is one that can be written */
  #reconnect(): boolean {
    const next = Database.openNow(this.#file, this.#clock);
    if (next.#readOnly) {
      next.close();
      return false;
    }
    this.#connection.close();
    this.#connection = next.#connection;
    this.#generation++;
    return true;
  }

  #transaction<T>(work: (connection: DatabaseSync) => T): T {
    this.#connection.exec('BEGIN IMMEDIATE');
    try {
      // Another window may have brought a newer version of us while this one stayed open.
      if (versionOf(this.#connection) > SCHEMA_VERSION) throw new ReadOnlyStoreError('newer');
      const result = work(this.#connection);
      this.#connection.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#connection.isTransaction) this.#connection.exec('ROLLBACK');
      throw error;
    }
  }

  close(): void {
    if (this.#connection.isOpen) this.#connection.close();
  }
}

/** Waits a little longer each time, and gives up in the end with the error that made it wait. */
class Patience {
  readonly #clock: Clock;
  readonly #until: number;
  #pause = 5;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#until = clock.now() + WRITE_PATIENCE_MS;
  }

  async wait(error: unknown): Promise<void> {
    if (this.#clock.now() >= this.#until) throw error;
    await sleep(this.#clock, this.#pause);
    this.#pause = Math.min(this.#pause * 2, 100);
  }
}

/** A database up to this size, in bytes, is checked each time it is opened: that takes a few milliseconds. */
const CHECKED_UP_TO = 4 * 1024 * 1024;

/** @throws an error that {@link isDamaged} when a page is broken */
function checkIfSmall(connection: DatabaseSync): void {
  const size = connection.prepare(
    'SELECT page_count * page_size AS size FROM pragma_page_count, pragma_page_size',
  );
  if (Number(size.get()?.['size']) > CHECKED_UP_TO) return;
  const verdict = connection.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
  if (verdict !== 'ok') throw new DamagedError(String(verdict));
}

function versionOf(connection: DatabaseSync): number {
  return Number(connection.prepare('PRAGMA user_version').get()?.['user_version']);
}
