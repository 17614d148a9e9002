import { open, rename, rm, stat, utimes } from 'node:fs/promises';
import * as path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sleep, type Clock } from '../common/clock';
import { describeError, type Log } from '../common/log';
import { Library } from '../library/library';
import { Database, check } from './database';
import { asideOf, begun, lockOf, newOf, signOf, unfinished } from './repairPaths';
import { whenFree } from './busyRetry';
import { importSidecars, salvageRows } from './salvage';
import { isDamaged } from './sqliteErrors';
import { TaskStore } from './store';
import type { StorePlace } from './storeLocation';

/** How long the window that mends the store may show no sign of life before it counts as dead, in ms. */
const MENDING_LIMIT = 30_000;
/** How often is looked whether it is done, in ms. */
const MENDING_PAUSE = 200;

/**
 * Sees to it that the store's file is a good one. A damaged one is set aside, never deleted, and made again: from its
 * own rows as far as they can be read, and from the sidecars of the library (DESIGN 4.1). Of several windows that
 * find it damaged one does it, and the others wait.
 * @param sure whether it is damaged although the last look found nothing wrong
 * @returns `sound` when nothing was wrong with the file, or another window has just mended it
 * @throws when the file can be neither read nor set aside
 */
export async function mendStore(
  place: StorePlace,
  sure: boolean,
  clock: Clock,
  log: Log,
): Promise<'mended' | 'sound'> {
  const { database } = place;
  const lock = lockOf(database);
  let waited = false;
  while (!(await take(lock))) {
    waited = true;
    await sleep(clock, MENDING_PAUSE);
  }
  try {
    const there = await exists(database);
    const [left] = there ? [] : begun(database).slice(-1);
    if (left !== undefined) {
      log.warn('the task store was being mended by a window that ended; it is begun again');
      await makeAnew(place, left, clock, log);
      return 'mended';
    }
    const damage = there ? await lookForDamage(database, clock) : undefined;
    if (damage === undefined && (waited || !sure || !there)) return 'sound';
    const stamp = new Date(clock.now()).toISOString().replace(/[:.]/g, '-');
    const aside = asideOf(database, stamp);
    log.error(
      `the task store is damaged and set aside as ${path.basename(aside)}: ${describeError(damage ?? 'it cannot be read')}`,
    );
    // First of all a sign that it is to be made anew, should this window end in between.
    await (await open(signOf(database, stamp), 'w')).close();
    // A rollback journal belongs to the database it lies beside.
    await rename(`${database}-journal`, `${aside}-journal`).catch(() => undefined);
    // Before its rows are read: what other windows write from now on, they write to the new one.
    await rename(database, aside);
    await makeAnew(place, stamp, clock, log);
    return 'mended';
  } finally {
    await rm(lock, { force: true });
  }
}

/** @returns what is wrong with the file; undefined when nothing is */
async function lookForDamage(file: string, clock: Clock): Promise<unknown> {
  let connection: DatabaseSync | undefined;
  try {
    const opened = new DatabaseSync(file);
    connection = opened;
    await whenFree(() => check(opened), clock);
    return undefined;
  } catch (error) {
    if (isDamaged(error)) return error;
    throw error;
  } finally {
    connection?.close();
  }
}

/** Makes the new file of what can be had from the one that was set aside, and puts it in place when it is whole. */
async function makeAnew(
  { database, libraryFolder }: StorePlace,
  stamp: string,
  clock: Clock,
  log: Log,
): Promise<void> {
  const file = newOf(database, stamp);
  const store = new TaskStore(await Database.open(file, clock), clock, log, libraryFolder);
  try {
    const now = () => Date.now() / 1000;
    const keep = () => utimes(lockOf(database), now(), now());
    const rows = await salvageRows(asideOf(database, stamp), store, log, keep);
    const sidecars = await importSidecars(new Library(libraryFolder), store);
    log.warn(`${rows} tasks were salvaged from the damaged store, ${sidecars} from the library`);
  } finally {
    store.close();
  }
  // Another window may have been faster, when it took this one for dead: then its file is in use already. Any other is
  // an empty one, of a window that looked just before it could see that the store is mended, and gives it up.
  if (await exists(signOf(database, stamp))) await rename(file, database);
  else await rm(file, { force: true });
  for (const done of begun(database)) await rm(signOf(database, done), { force: true });
  // What windows left that ended in the middle; one that was only slow finds out that it is late, and gives it up.
  for (const left of unfinished(database)) {
    const { mtimeMs } = await stat(left).catch(() => ({ mtimeMs: Infinity }));
    if (Date.now() - mtimeMs > MENDING_LIMIT) await rm(left, { force: true }).catch(() => undefined);
  }
}

/** Takes a lock that is a file, also from a window that died with it. @returns whether it is ours */
async function take(lock: string): Promise<boolean> {
  try {
    await (await open(lock, 'wx')).close();
    return true;
  } catch (error) {
    // Where no file can be made, nothing can be mended either.
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    const since = await stat(lock).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    if (since > MENDING_LIMIT) await rm(lock, { force: true });
    return false;
  }
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
