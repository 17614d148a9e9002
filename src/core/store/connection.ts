import { accessSync, closeSync, constants, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { SCHEMA_VERSION, migrate } from './schema';
import { DamagedError, StoreBusyError } from './sqliteErrors';
import { databasePath, latestNumber, type StoreLocation } from './storeLocation';

/** Longest that SQLite itself may wait for a lock, in ms: it freezes every extension of the host meanwhile. */
const BUSY_TIMEOUT_MS = 50;
/** A database up to this size, in bytes, is checked each time it is opened: that takes a few milliseconds. */
const MAX_CHECKED_BYTES = 4 * 1024 * 1024;
/** What the only database of an older version is marked with once its tasks are ours. */
export const TAKEN_OVER = 1000;
/** Where the file format keeps `user_version` (sqlite.org/fileformat.html). */
const VERSION_OFFSET = 60;

/** There is no database yet, or tasks of an older version are to be imported. */
export class NoDatabaseError extends Error {
  override readonly name = 'NoDatabaseError';
}

/** The folder or its databases are gone; they may come back. */
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
 * @param wasOpen whether this window has had one open: then one that is missing is no reason to make an empty one
 * @throws {@link NoDatabaseError}, or SQLite's own error
 */
export function connect({ folder, legacy }: StoreLocation, wasOpen: boolean): Opened {
  const number = latestNumber(folder);
  if (number === undefined) {
    if (wasOpen) throw new StoreGoneError(folder);
    throw new NoDatabaseError('there is no database');
  }
  if (isToBeImported(legacy)) throw new NoDatabaseError('there are tasks of an older version');
  const file = databasePath(folder, number);
  const connection = openExisting(file);
  try {
    checkIfSmall(connection);
    if (versionOf(connection) > SCHEMA_VERSION) return { connection, number, readOnly: 'newer' };
    if (!isWritable(folder) || !isWritable(file)) return { connection, number, readOnly: 'noRights' };
    useRollbackJournal(connection);
    // EXTRA: a power cut must not take back a commit whose request has left.
    connection.exec('PRAGMA synchronous = EXTRA');
    // Tables can be replaced under their references only while nobody enforces them.
    connection.exec('PRAGMA foreign_keys = OFF');
    if (versionOf(connection) < SCHEMA_VERSION) migrate(connection);
    connection.exec('PRAGMA foreign_keys = ON');
    return { connection, number, readOnly: undefined };
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** Opens a database that must be there: an empty one in its place would look like a store without tasks. */
export function openExisting(file: string): DatabaseSync {
  const url = pathToFileURL(file);
  url.searchParams.set('mode', 'rw');
  const connection = new DatabaseSync(url);
  connection.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
  return connection;
}

/** Some tool may have set another one, which is unsafe on network drives. @throws an error that passes with its holder */
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
 * Looks at every page. It takes some milliseconds for each megabyte.
 * @throws an error that {@link isDamaged} if one is broken
 */
export function check(connection: DatabaseSync): void {
  const verdict = connection.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
  if (verdict !== 'ok') throw new DamagedError(String(verdict));
}

export function versionOf(connection: DatabaseSync): number {
  return Number(connection.prepare('PRAGMA user_version').get()?.['user_version']);
}

/** Whether an older version has tasks that aren't ours yet. */
export function isToBeImported(legacy: string): boolean {
  const version = fileVersion(legacy);
  return version !== undefined && version < TAKEN_OVER;
}

/** `user_version` as the file has it, however damaged the rest is; undefined if it's no database, or can't be read. */
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

/** Marks the database of an older version that is too damaged for SQLite to write to. @throws the system's error */
export function markTakenOver(legacy: string): void {
  const file = openSync(legacy, 'r+');
  try {
    const version = Buffer.alloc(4);
    version.writeUInt32BE(TAKEN_OVER);
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
