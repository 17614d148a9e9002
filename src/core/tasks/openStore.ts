import { rename } from 'node:fs/promises';
import * as path from 'node:path';
import type { Clock } from '../common/clock';
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

/** A rollback journal lies beside its database and belongs to it. */
const FILES = ['', '-journal'] as const;

/**
 * Opens the task store. One that can't be read is set aside, never deleted, and made again: from its own rows as far
 * as they can be read, and from the sidecars of the library (DESIGN 4.1).
 */
export async function openStore(place: StorePlace, clock: Clock, log: Log): Promise<TaskStore> {
  const { database, libraryFolder } = place;
  try {
    return new TaskStore(await Database.open(database, clock), clock, log, libraryFolder);
  } catch (error) {
    if (!isDamaged(error)) throw error;
    const aside = `${database}.damaged-${new Date(clock.now()).toISOString().replace(/[:.]/g, '-')}`;
    log.error(`the task store is damaged and set aside as ${path.basename(aside)}: ${describeError(error)}`);
    for (const ending of FILES) await rename(database + ending, aside + ending).catch(() => undefined);
    const store = new TaskStore(await Database.open(database, clock), clock, log, libraryFolder);
    const rows = await salvageRows(aside, store, log);
    const sidecars = await importSidecars(new Library(libraryFolder), store);
    log.warn(`${rows} tasks were salvaged from the damaged store, ${sidecars} from the library`);
    return store;
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
