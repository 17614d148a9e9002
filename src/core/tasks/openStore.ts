import { open, rename, rm, stat } from 'node:fs/promises';
import * as path from 'node:path';
import { sleep, type Clock } from '../common/clock';
import { describeError, type Log } from '../common/log';
import { Library } from '../library/library';
import { Database, isBusy, isDamaged } from './database';
import { importSidecars, salvageRows } from './salvage';
import { TaskStore } from './store';

/** Where the store lies; absolute paths. */
export interface StorePlace {
  /** The database's file. */
  readonly database: string;
  readonly libraryFolder: string;
}

/** How long another window may take to mend the store before it counts as dead, in ms. */
const MENDING_LIMIT = 30_000;
/** How often is looked whether it is done, in ms. */
const MENDING_PAUSE = 200;

/**
 * Opens the task store. One that can't be read is set aside, never deleted, and made again: from its own rows as far
 * as they can be read, and from the sidecars of the library (DESIGN 4.1). Of several windows one does it.
 */
export async function openStore(place: StorePlace, clock: Clock, log: Log): Promise<TaskStore> {
  const { database, libraryFolder } = place;
  const opened = async () => new TaskStore(await Database.open(database, clock), clock, log, libraryFolder);
  for (;;) {
    try {
      return await opened();
    } catch (error) {
      if (!isDamaged(error)) throw error;
    }
    const lock = `${database}.mending`;
    if (!(await take(lock))) {
      await sleep(clock, MENDING_PAUSE);
      continue;
    }
    try {
      // Another window may have mended it between our look and our lock.
      return await opened().catch(async (error: unknown) => {
        if (!isDamaged(error)) throw error;
        return mend(place, error, clock, log);
      });
    } finally {
      await rm(lock, { force: true });
    }
  }
}

/** As {@link openStore} where no waiting and no salvage is needed; otherwise undefined. */
export function openStoreNow(place: StorePlace, clock: Clock, log: Log): TaskStore | undefined {
  try {
    return new TaskStore(Database.openNow(place.database, clock), clock, log, place.libraryFolder);
  } catch (error) {
    if (isBusy(error) || isDamaged(error)) return undefined;
    throw error;
  }
}

async function mend(place: StorePlace, cause: unknown, clock: Clock, log: Log): Promise<TaskStore> {
  const { database, libraryFolder } = place;
  const aside = `${database}.damaged-${new Date(clock.now()).toISOString().replace(/[:.]/g, '-')}`;
  log.error(`the task store is damaged and set aside as ${path.basename(aside)}: ${describeError(cause)}`);
  // A rollback journal belongs to the database it lies beside. It goes first: once the database is gone, another
  // window may make a new one, with a journal of its own.
  await rename(`${database}-journal`, `${aside}-journal`).catch(() => undefined);
  await rename(database, aside);
  const store = new TaskStore(await Database.open(database, clock), clock, log, libraryFolder);
  const rows = await salvageRows(aside, store, log);
  const sidecars = await importSidecars(new Library(libraryFolder), store);
  log.warn(`${rows} tasks were salvaged from the damaged store, ${sidecars} from the library`);
  return store;
}

/** Takes a lock that is a file, also from a window that died with it. @returns whether it is ours */
async function take(lock: string): Promise<boolean> {
  try {
    await (await open(lock, 'wx')).close();
    return true;
  } catch {
    const since = await stat(lock).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    if (since > MENDING_LIMIT) await rm(lock, { force: true });
    return false;
  }
}
