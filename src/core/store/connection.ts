import { accessSync, closeSync, constants, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { SCHEMA_VERSION, migrate } from './schema';
import { DamagedError, StoreBusyError } from './sqliteErrors';
import { databasePath, latestNumber, type StoreLocation } from './storeLocation';

/** SQLite's busy timeout. Keep it short: it blocks the extension host. */
const BUSY_TIMEOUT_MS = 50;
/** Databases up to this size are checked each time they're opened, which takes a few milliseconds. */
const MAX_CHECKED_BYTES = 4 * 1024 * 1024;
/** `user_version` of an older version's database after its tasks were imported. */
export const IMPORTED_VERSION = 1000;
/** Offset of `user_version` in the file (sqlite.org/fileformat.html). */
const VERSION_OFFSET = 60;

/** There is no database yet, or an older version's tasks must be imported. */
export class NoDatabaseError extends Error {
  override readonly name = 'NoDatabaseError';
}

/** The folder or its databases are missing, maybe temporarily. */
export class StoreGoneError extends Error {
  override readonly name = 'StoreGoneError';

  constructor(folder: string) {
    super(`the tasks are gone from ${folder}`);
  }
}

export interface Opened {
  readonly connection: DatabaseSync;
  readonly number: number;
  readonly readOnly: 'newer' | 'noRights' | undefined;
}

/**
 * Opens the current database, migrating it as needed.
 * @param wasOpen true if this window had a database open: a missing one is then an error, not a reason to create one
 * @throws {@link NoDatabaseError}, or SQLite's own error
 */
export function connect({ folder, legacy }: StoreLocation, wasOpen: boolean): Opened {
  const number = latestNumber(folder);
  if (number === undefined) {
    if (wasOpen) throw new StoreGoneError(folder);
    throw new NoDatabaseError('there is no database');
  }
  if (needsLegacyImport(legacy)) throw new NoDatabaseError('there are tasks of an older version');
  const file = databasePath(folder, number);
  const connection = openExisting(file);
  try {
    checkIfSmall(connection);
    if (versionOf(connection) > SCHEMA_VERSION) return { connection, number, readOnly: 'newer' };
    if (!isWritable(folder) || !isWritable(file)) return { connection, number, readOnly: 'noRights' };
    useRollbackJournal(connection);
    // EXTRA: a power cut must not undo a commit whose request was sent.
    connection.exec('PRAGMA synchronous = EXTRA');
    // Migrations replace referenced tables, so references aren't enforced.
    connection.exec('PRAGMA foreign_keys = OFF');
    if (versionOf(connection) < SCHEMA_VERSION) migrate(connection);
    connection.exec('PRAGMA foreign_keys = ON');
    return { connection, number, readOnly: undefined };
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** Opens an existing database. Never creates one: an empty database would look like a store without tasks. */
export function openExisting(file: string): DatabaseSync {
  const url = pathToFileURL(file);
  url.searchParams.set('mode', 'rw');
  const connection = new DatabaseSync(url);
  connection.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
  return connection;
}

/** Resets a journal mode that a tool has set: WAL is unsafe on network drives. @throws StoreBusyError if it's in use */
function useRollbackJournal(connection: DatabaseSync): void {
  const mode = connection.prepare('PRAGMA journal_mode = DELETE').get()?.['journal_mode'];
  if (mode !== 'delete') throw new StoreBusyError(`the journal mode stays ${String(mode)}`);
}

/** @throws an error that {@link isDamaged} if a page is broken */
function checkIfSmall(connection: DatabaseSync): void {
  const size = connection.prepare(
    'SELECT page_count * page_size AS size FROM pragma_page_count, pragma_page_size',
  );
  if (Number(size.get()?.['size']) <= MAX_CHECKED_BYTES) check(connection);
}

/**
 * Checks every page. Takes some milliseconds per megabyte.
 * @throws an error that {@link isDamaged} if a page is broken
 */
export function check(connection: DatabaseSync): void {
  const verdict = connection.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
  if (verdict !== 'ok') throw new DamagedError(String(verdict));
}

export function versionOf(connection: DatabaseSync): number {
  return Number(connection.prepare('PRAGMA user_version').get()?.['user_version']);
}

/** Returns true if an older version's tasks haven't been imported yet. */
export function needsLegacyImport(legacy: string): boolean {
  const version = fileVersion(legacy);
  return version !== undefined && version < IMPORTED_VERSION;
}

/** Reads `user_version` directly from a file, which may be damaged. Undefined if it's no database or can't be read. */
export function fileVersion(file: string): number | undefined {
  try {
    const handle = openSync(file, 'r');
    try {
      const header = Buffer.alloc(64);
      const isDatabase =
        readSync(handle, header) === header.length && header.toString('latin1', 0, 15) === 'SQLite format 3';
      return isDatabase ? header.readUInt32BE(VERSION_OFFSET) : undefined;
    } finally {
      closeSync(handle);
    }
  } catch {
    return undefined;
  }
}

/** Marks an older version's database as imported, even if SQLite can't write to it. @throws the system's error */
export function markImported(legacy: string): void {
  const file = openSync(legacy, 'r+');
  try {
    const version = Buffer.alloc(4);
    version.writeUInt32BE(IMPORTED_VERSION);
    writeSync(file, version, 0, version.length, VERSION_OFFSET);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function isWritable(file: string): boolean {
  try {
    accessSync(file, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
