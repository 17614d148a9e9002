import { open, rename, rm, stat, utimes } from 'node:fs/promises';
import * as path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sleep, type Clock } from '../../common/clock';
import { describeError, type Log } from '../../common/log';
import { Library } from '../../library/library';
import { Database, check } from './database';
import type { StorePlace } from './openStore';
import { whenFree } from './patience';
import { importSidecars, salvageRows } from './salvage';
import { isDamaged } from './sqliteErrors';
import { TaskStore } from './store';

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
  const lock = `${database}.mending`;
  let waited = false;
  while (!(await take(lock))) {
    waited = true;
    await sleep(clock, MENDING_PAUSE);
  }
  try {
    const damage = await lookForDamage(database, clock);
    if (damage === undefined && (waited || !sure)) return 'sound';
    await makeAnew(place, damage ?? 'it cannot be read', lock, clock, log);
    return 'mended';
  } finally {
    await rm(lock, { force: true });
  }
}

/** @returns what is wrong with the file; undefined when nothing is, or there is none */
async function lookForDamage(file: string, clock: Clock): Promise<unknown> {
  if (!(await exists(file))) return undefined;
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

async function makeAnew(
  { database, libraryFolder }: StorePlace,
  damage: unknown,
  lock: string,
  clock: Clock,
  log: Log,
): Promise<void> {
  const aside = `${database}.damaged-${new Date(clock.now()).toISOString().replace(/[:.]/g, '-')}`;
  log.error(`the task store is damaged and set aside as ${path.basename(aside)}: ${describeError(damage)}`);
  // A rollback journal belongs to the database it lies beside. It goes first: once the database is gone, another
  // window may make a new one, with a journal of its own.
  await rename(`${database}-journal`, `${aside}-journal`).catch(() => undefined);
  await rename(database, aside);
  const store = new TaskStore(await Database.open(database, clock), clock, log, libraryFolder);
  try {
    const now = () => Date.now() / 1000;
    const rows = await salvageRows(aside, store, log, () => utimes(lock, now(), now()));
    const sidecars = await importSidecars(new Library(libraryFolder), store);
    log.warn(`${rows} tasks were salvaged from the damaged store, ${sidecars} from the library`);
  } finally {
    store.close();
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
