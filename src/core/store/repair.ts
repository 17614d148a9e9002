import { closeSync, existsSync, fsyncSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs';
import * as path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describeError, type Log } from '../common/log';
import {
  IMPORTED_VERSION,
  check,
  fileVersion,
  needsLegacyImport,
  markImported,
  openExisting,
} from './connection';
import { copyTasks } from './copyTasks';
import { importSidecars } from './importSidecars';
import { SCHEMA_VERSION, migrate } from './schema';
import { DamagedError, StoreBusyError, isDamaged } from './sqliteErrors';
import { buildingPath, databasePath, latestNumber, type StoreLocation } from './storeLocation';

/** Maximum lease of an older version's window. A later due time was stored before the clock was set back. */
const MAX_LEASE_MS = 5 * 60_000;

/** Why the store must be repaired or created. */
export interface RepairOrder {
  /** True if the current file can't be read. */
  readonly isDamaged: boolean;
  /** Number of the file that was open last; 0 if none. */
  readonly seen: number;
  /** True if it can't be read although its check found no damage. */
  readonly isCertain: boolean;
  /** Deadline for waiting for a window of an older version that is sending, in ms since 1970. */
  readonly waitUntil: number;
  /** Current time, in ms since 1970. */
  readonly now: number;
}

/**
 * Ensures that there is a readable database. A file is never repaired in place: its readable rows are copied into the next
 * number, which becomes current when it's renamed into place (DESIGN 4.2). The caller must own the store's lock.
 * @returns `sound` if nothing was damaged, or another window has already repaired it
 */
export async function repairStore(
  location: StoreLocation,
  log: Log,
  order: RepairOrder,
): Promise<'sound' | 'repaired'> {
  const { folder, legacy } = location;
  const number = latestNumber(folder);
  if (number === undefined) {
    const source = legacySource(legacy);
    await build(1, location, order.now, log, async (target) =>
      source ? importLegacy(source, target, log, order) : true,
    );
  } else if (order.isDamaged) {
    const file = databasePath(folder, number);
    if (order.seen > 0 && number > order.seen) return 'sound';
    if (!order.isCertain && isSound(file)) return 'sound';
    // Only the newer version knows all of its tables.
    if ((fileVersion(file) ?? 0) > SCHEMA_VERSION)
      throw new DamagedError(
        `${path.basename(file)} is damaged, and a newer version of the extension has made it`,
      );
    log.error(`${path.basename(file)} is damaged; what can be read of it is copied to the next one`);
    await build(number + 1, location, order.now, log, async (target) =>
      using(file, (source) => copyTasks(source, target, log)),
    );
    return 'repaired';
  } else if (needsLegacyImport(legacy)) {
    await using(databasePath(folder, number), async (target) => {
      target.exec('PRAGMA synchronous = EXTRA; BEGIN IMMEDIATE');
      await importLegacy(legacy, target, log, order, () => target.exec('COMMIT'));
    });
  }
  return 'sound';
}

/**
 * Builds a database and puts it in place.
 * @param fill copies the rows; returns true if that was all
 */
async function build(
  number: number,
  { folder, libraryFolder }: StoreLocation,
  now: number,
  log: Log,
  fill: (target: DatabaseSync) => Promise<boolean>,
): Promise<void> {
  const file = buildingPath(folder, number);
  // Left by a window that crashed during a repair.
  removeBuildings(folder);
  const place = databasePath(folder, number);
  try {
    await buildFile(file, libraryFolder, now, log, fill);
    if (existsSync(place)) throw new Error(`${place} is there already`);
    renameSync(file, place);
  } catch (error) {
    // The disk may need the space.
    removeBuildings(folder);
    throw error;
  }
  syncFile(folder, 'r');
  log.info(`${path.basename(place)} is the database of the tasks now`);
}

function removeBuildings(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (/^tasks-\d+\.building/.test(name)) rmSync(path.join(folder, name), { force: true });
  }
}

async function buildFile(
  file: string,
  libraryFolder: string,
  now: number,
  log: Log,
  fill: (target: DatabaseSync) => Promise<boolean>,
): Promise<void> {
  const target = new DatabaseSync(file);
  try {
    // Fast settings: it's read only when it's complete and synced.
    target.exec('PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF');
    migrate(target);
    target.exec('BEGIN');
    const isComplete = await fill(target);
    if (!isComplete) {
      // Their images must not be deleted, so remember that tasks are missing.
      target.exec(`INSERT OR REPLACE INTO counters VALUES ('incomplete', 1)`);
      await importSidecars(libraryFolder, target, now, log);
    }
    target.exec('COMMIT');
    check(target);
  } finally {
    target.close();
  }
  syncFile(file, 'r+');
}

/**
 * Imports the tasks of an older version. Its windows can no longer write to its database afterward.
 * @param commit called before the database is marked as imported: a crash in between repeats the import, which is safe
 */
async function importLegacy(
  file: string,
  target: DatabaseSync,
  log: Log,
  order: RepairOrder,
  commit: () => void = () => undefined,
): Promise<boolean> {
  const isComplete = await using(file, async (source) => {
    lockLegacy(source, log, order);
    const isWhole = await copyTasks(source, target, log);
    commit();
    try {
      if (source.isTransaction) source.exec(`PRAGMA user_version = ${IMPORTED_VERSION}; COMMIT`);
    } catch (error) {
      if (!isDamaged(error)) throw error;
      log.warn(`the database of the older version is damaged: ${describeError(error)}`);
    }
    return isWhole;
  });
  // Otherwise, it would be imported again each time.
  if (needsLegacyImport(file)) markImported(file);
  return isComplete;
}

/** Locks out windows of the older version. @throws an error that {@link isBusy} while one is sending */
function lockLegacy(source: DatabaseSync, log: Log, { now, waitUntil }: RepairOrder): void {
  try {
    source.exec('BEGIN IMMEDIATE');
    // Only that window can store the task ID when it arrives.
    const sending = source
      .prepare(`SELECT 1 FROM tasks WHERE phase = 'sending' AND next_due > ? AND next_due < ?`)
      .get(now, now + MAX_LEASE_MS);
    if (sending && now < waitUntil) throw new StoreBusyError('a window of an older version is sending');
  } catch (error) {
    if (!isDamaged(error)) throw error;
    log.warn(`the database of the older version is damaged: ${describeError(error)}`);
  }
}

/** The database of an older version, or its damaged copy if a window crashed during a repair. */
function legacySource(legacy: string): string | undefined {
  if (existsSync(legacy)) return legacy;
  const folder = path.dirname(legacy);
  const sign = `${path.basename(legacy)}.new-`;
  const stamp = readdirSync(folder)
    .filter((name) => name.startsWith(sign) && !name.includes('.', sign.length))
    .map((name) => name.slice(sign.length))
    .sort()
    .pop();
  const aside = stamp === undefined ? undefined : `${legacy}.damaged-${stamp}`;
  return aside !== undefined && existsSync(aside) ? aside : undefined;
}

function isSound(file: string): boolean {
  let connection: DatabaseSync | undefined;
  try {
    connection = openExisting(file);
    check(connection);
    return true;
  } catch (error) {
    if (isDamaged(error)) return false;
    throw error;
  } finally {
    connection?.close();
  }
}

async function using<T>(file: string, work: (connection: DatabaseSync) => Promise<T>): Promise<T> {
  const connection = openExisting(file);
  try {
    return await work(connection);
  } finally {
    connection.close();
  }
}

/** Makes a file, or a rename in a folder, durable. */
function syncFile(file: string, flags: 'r' | 'r+'): void {
  try {
    const handle = openSync(file, flags);
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    // Not every system can sync a folder.
    if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EIO') throw error;
  }
}
