import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../common/clock';
import { Emitter, type Event } from '../common/events';
import { isBeingMended } from './repairPaths';
import { Patience, whenFree } from './busyRetry';
import { SCHEMA_VERSION, migrate } from './schema';
import { BeingMendedError, DamagedError, isBusy, isDamaged, isMoved, isReadOnly } from './sqliteErrors';

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

/** The window has closed the store: nothing can be written from it any more. */
export class StoreClosedError extends Error {
  override readonly name = 'StoreClosedError';
}

/** Longest that SQLite itself may wait for a lock, in ms: it freezes every extension of the host meanwhile. */
const BUSY_MS = 50;
/** After a damaged file was made anew, that is not done again within this time, in ms: then it is the disk. */
const MENDED_AT_MOST = 60_000;
/** After mending has failed, it is not tried again within this time, in ms. */
const MENDING_PAUSE = 5_000;

/**
 * Sees to it that the file at our place is a good one, waiting for other windows that do the same.
 * @param sure whether it is damaged although the last look found nothing wrong
 * @returns `mended` when it was made anew; `sound` when nothing was wrong with it, any more
 */
export type Mend = (sure: boolean) => Promise<'mended' | 'sound'>;

/**
 * One SQLite file, shared by every window (DESIGN 4.1): rollback journal, full syncs, short immediate
 * transactions, and waiting for other windows without holding up the extension host.
 */
export class Database {
  readonly #file: string;
  readonly #clock: Clock;
  readonly #readOnly: ReadOnlyReason | undefined;
  readonly #mend: Mend;
  /** Errors of listeners are theirs to tell of. */
  readonly #replaced = new Emitter<void>(() => undefined);
  #connection: DatabaseSync;
  /** Which file it is; undefined when nobody can tell. */
  #identity: string | undefined;
  #generation = 0;
  /** Resolves with whether the file is good now. */
  #mending: Promise<boolean> | undefined;
  /** The last look at a file that seemed damaged found nothing wrong. */
  #foundSound = false;
  #mendNotBefore = 0;
  #isClosed = false;

  private constructor(
    file: string,
    clock: Clock,
    mend: Mend,
    opened: { readonly connection: DatabaseSync; readonly identity?: string | undefined },
    readOnly: ReadOnlyReason | undefined,
  ) {
    this.#file = file;
    this.#clock = clock;
    this.#mend = mend;
    this.#connection = opened.connection;
    this.#identity = opened.identity;
    this.#readOnly = readOnly;
  }

  /**
   * Opens the file, making and migrating it as needed. Where it can't be written, it is opened for reading; where
   * there is nothing to read either, an empty database in memory stands in for it.
   * @param mend what to do when the file turns out to be damaged later, or another one takes its place
   * @throws SQLite's own error when the file is damaged ({@link isDamaged}), BeingMendedError while it is mended
   */
  static async open(file: string, clock: Clock, mend?: Mend): Promise<Database> {
    // While it is mended is not waited here: that may take longer than any commit.
    const database = await whenFree(
      () => (isBeingMended(file) ? undefined : Database.openNow(file, clock, mend)),
      clock,
    );
    if (!database) throw new BeingMendedError('the file is being mended');
    return database;
  }

  /**
   * As {@link open}, without waiting for other windows.
   * @throws SQLite's busy error ({@link isBusy}) as well
   */
  static openNow(file: string, clock: Clock, mend: Mend = async () => Promise.resolve('sound')): Database {
    if (isBeingMended(file)) throw new BeingMendedError('the file is being mended');
    const before = identityOf(file);
    let connection: DatabaseSync;
    try {
      connection = new DatabaseSync(file);
    } catch (error) {
      if (!isReadOnly(error)) throw error;
      return Database.#openReadOnly(file, clock, mend, 'folder');
    }
    try {
      // EXTRA: a power cut must not take back a commit whose request has left.
      connection.exec(`PRAGMA busy_timeout = ${BUSY_MS}; PRAGMA synchronous = EXTRA`);
      checkIfSmall(connection);
      // Tables can be made anew under their references only while nobody enforces them.
      connection.exec('PRAGMA foreign_keys = OFF');
      if (versionOf(connection) < SCHEMA_VERSION) migrate(connection);
      connection.exec('PRAGMA foreign_keys = ON');
      // Set aside while we opened it: what we have may be an empty file that is replaced in a moment.
      if (isBeingMended(file)) throw new BeingMendedError('the file is being mended');
      const newer = versionOf(connection) > SCHEMA_VERSION;
      // Whether the file takes writes shows only when one is begun.
      if (!newer) connection.exec('BEGIN IMMEDIATE; ROLLBACK');
      if (!newer) {
        const after = identityOf(file);
        // Replaced while we opened it: nobody can tell which of the two we have.
        const identity = before === undefined || before === after ? after : undefined;
        return new Database(file, clock, mend, { connection, identity }, undefined);
      }
      connection.close();
      return Database.#openReadOnly(file, clock, mend, 'newer');
    } catch (error) {
      if (connection.isOpen) connection.close();
      if (isReadOnly(error)) return Database.#openReadOnly(file, clock, mend, 'folder');
      throw error;
    }
  }

  static #openReadOnly(file: string, clock: Clock, mend: Mend, reason: ReadOnlyReason): Database {
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
    return new Database(file, clock, mend, { connection }, reason);
  }

  /** Why writes are refused, if they are. */
  get readOnly(): ReadOnlyReason | undefined {
    return this.#readOnly;
  }

  /** Counts how often we went over to another file in the place of ours, because it was found damaged. */
  get generation(): number {
    return this.#generation;
  }

  /** Fires when we went over to another file. */
  get onDidReplace(): Event<void> {
    return this.#replaced.event;
  }

  /** Changes when another connection, in this or another window, has committed. */
  dataVersion(): number {
    return Number(this.#usable().prepare('PRAGMA data_version').get()?.['data_version']);
  }

  /**
   * Reads in one consistent snapshot. A file that turns out to be damaged is mended meanwhile.
   * @throws SQLite's busy error ({@link isBusy}) when another window is committing for too long, and one that counts
   * as such while the file is mended
   */
  read<T>(work: (connection: DatabaseSync) => T): T {
    const connection = this.#usable();
    try {
      connection.exec('BEGIN');
      const result = work(connection);
      connection.exec('COMMIT');
      return result;
    } catch (error) {
      if (connection.isTransaction) connection.exec('ROLLBACK');
      if (!isDamaged(error) || !this.#beginMending(true)) throw error;
      throw new BeingMendedError('the file is damaged', { cause: error });
    }
  }

  /** Does something again and again while another window holds the lock, without holding up the host. */
  async whenFree<T>(work: () => T): Promise<T> {
    return whenFree(work, this.#clock);
  }

  /**
   * Runs the work in one immediate transaction and commits it durably. The work may run more than once, so it
   * must have no effect outside the database; when it throws, nothing is changed.
   * @throws {@link ReadOnlyStoreError}, {@link StoreClosedError}, or SQLite's error when the disk fails or the wait was too long
   */
  async write<T>(work: (connection: DatabaseSync) => T): Promise<T> {
    if (this.#readOnly) throw new ReadOnlyStoreError(this.#readOnly);
    const patience = new Patience(this.#clock);
    for (let attempts = 1; ;) {
      await this.#mending;
      if (this.#isClosed) throw new StoreClosedError('the task store is closed');
      try {
        return this.#transaction(work);
      } catch (error) {
        // Another window may have put a good file in the place of ours, moved away or damaged as it is.
        const mending = isMoved(error) || isDamaged(error) ? this.#beginMending(isDamaged(error)) : undefined;
        if (mending && attempts++ < MOST_ATTEMPTS && (await mending)) continue;
        if (isReadOnly(error)) throw new ReadOnlyStoreError('folder', error);
        if (!isBusy(error)) throw error;
        await patience.wait(error);
      }
    }
  }

  /** Goes over to another file that has taken the place of ours, if one has; {@link onDidReplace} tells. */
  follow(): void {
    if (this.#readOnly) return;
    const identity = identityOf(this.#file);
    if (identity !== undefined && identity !== this.#identity) void this.#beginMending(false);
  }

  /** @returns the end of it; undefined when it is not to be tried now */
  #beginMending(isDamaged: boolean): Promise<boolean> | undefined {
    if (this.#mending) return this.#mending;
    const tooSoon = isDamaged && this.#clock.now() < this.#mendNotBefore;
    if (this.#readOnly || this.#isClosed || tooSoon) return undefined;
    this.#mending = this.#mendAndFollow(isDamaged).finally(() => (this.#mending = undefined));
    return this.#mending;
  }

  /** Never rejects. @returns whether we have a good file now */
  async #mendAndFollow(isDamaged: boolean): Promise<boolean> {
    try {
      // There a file can't be moved away while it is open.
      if (process.platform === 'win32') this.#connection.close();
      const next = await this.#openGood(isDamaged);
      if (next.#readOnly || this.#isClosed) {
        next.close();
        return false;
      }
      if (this.#connection.isOpen) this.#connection.close();
      this.#connection = next.#connection;
      this.#identity = next.#identity;
      this.#generation++;
    } catch {
      // Whoever mends tells of it in the log.
      this.#mendNotBefore = this.#clock.now() + MENDING_PAUSE;
      return false;
    }
    // When all that waits for us has seen that it is over.
    queueMicrotask(() => this.#replaced.fire());
    return true;
  }

  /** Opens the file at our place, mended as needed. */
  async #openGood(isKnownDamaged: boolean): Promise<Database> {
    let mustMend = isKnownDamaged;
    for (let attempts = 1; ; attempts++) {
      if (mustMend || isBeingMended(this.#file)) {
        const outcome = await this.#mend(mustMend && this.#foundSound);
        this.#foundSound = mustMend && outcome === 'sound';
        if (outcome === 'mended') this.#mendNotBefore = this.#clock.now() + MENDED_AT_MOST;
      }
      try {
        return await Database.open(this.#file, this.#clock);
      } catch (error) {
        mustMend = isDamaged(error);
        if (!(mustMend || error instanceof BeingMendedError) || attempts === MOST_ATTEMPTS) throw error;
      }
    }
  }

  /** @throws an error that {@link isBusy} while the file is mended */
  #usable(): DatabaseSync {
    if (this.#isClosed) return this.#connection;
    if (!this.#connection.isOpen) void this.#beginMending(true);
    // Before SQLite looks for a journal: that of another file in the place of ours is none of ours.
    this.follow();
    if (this.#mending) throw new BeingMendedError('the file is being mended');
    return this.#connection;
  }

  #transaction<T>(work: (connection: DatabaseSync) => T): T {
    const connection = this.#usable();
    connection.exec('BEGIN IMMEDIATE');
    try {
      // Another window may have brought a newer version of us while this one stayed open.
      if (versionOf(connection) > SCHEMA_VERSION) throw new ReadOnlyStoreError('newer');
      const result = work(connection);
      connection.exec('COMMIT');
      return result;
    } catch (error) {
      if (connection.isTransaction) connection.exec('ROLLBACK');
      throw error;
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#replaced.dispose();
    if (this.#connection.isOpen) this.#connection.close();
  }
}

/** Tells files apart, also of the same name; undefined when there is none. */
function identityOf(file: string): string | undefined {
  try {
    const { dev, ino } = statSync(file, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

/** So often a write is tried on files that turn out to be damaged or gone. */
const MOST_ATTEMPTS = 3;

/** A database up to this size, in bytes, is checked each time it is opened: that takes a few milliseconds. */
const CHECKED_UP_TO = 4 * 1024 * 1024;

/** @throws an error that {@link isDamaged} when a page is broken */
function checkIfSmall(connection: DatabaseSync): void {
  const size = connection.prepare(
    'SELECT page_count * page_size AS size FROM pragma_page_count, pragma_page_size',
  );
  if (Number(size.get()?.['size']) <= CHECKED_UP_TO) check(connection);
}

/**
 * Looks at every page. It takes some milliseconds for each megabyte.
 * @throws an error that {@link isDamaged} when one is broken
 */
export function check(connection: DatabaseSync): void {
  const verdict = connection.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
  if (verdict !== 'ok') throw new DamagedError(String(verdict));
}

function versionOf(connection: DatabaseSync): number {
  return Number(connection.prepare('PRAGMA user_version').get()?.['user_version']);
}
