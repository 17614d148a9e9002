import type { Clock } from '../common/clock';
import { describeError, type Log } from '../common/log';
import { Database } from './database';
import { mendStore } from './repairStore';
import { BeingMendedError, isBusy, isDamaged } from './sqliteErrors';
import { TaskStore } from './store';
import type { StorePlace } from './storeLocation';

/** So often a store is opened that turns out to be damaged each time. */
const MOST_ATTEMPTS = 3;

/**
 * Opens the task store. One that can't be read is set aside, never deleted, and made again: from its own rows as far
 * as they can be read, and from the sidecars of the library (DESIGN 4.1). Of several windows one does it.
 */
export async function openStore(place: StorePlace, clock: Clock, log: Log): Promise<TaskStore> {
  for (let attempt = 1; ;) {
    try {
      return storeOn(
        await Database.open(place.database, clock, mender(place, clock, log)),
        place,
        clock,
        log,
      );
    } catch (error) {
      const isMended = error instanceof BeingMendedError;
      if (!isMended && (!isDamaged(error) || attempt === MOST_ATTEMPTS)) throw error;
      await mendStore(place, isDamaged(error) && attempt > 1, clock, log);
      if (!isMended) attempt++;
    }
  }
}

/** As {@link openStore} where no waiting and no salvage is needed; otherwise undefined. */
export function openStoreNow(place: StorePlace, clock: Clock, log: Log): TaskStore | undefined {
  try {
    return storeOn(Database.openNow(place.database, clock, mender(place, clock, log)), place, clock, log);
  } catch (error) {
    if (isBusy(error) || isDamaged(error)) return undefined;
    throw error;
  }
}

function storeOn(database: Database, place: StorePlace, clock: Clock, log: Log): TaskStore {
  return new TaskStore(database, clock, log, place.libraryFolder, place.format);
}

/** What a window does when the file turns out to be damaged while it is open. */
function mender(place: StorePlace, clock: Clock, log: Log): (sure: boolean) => Promise<'mended' | 'sound'> {
  return async (sure) => {
    try {
      return await mendStore(place, sure, clock, log);
    } catch (error) {
      log.error(`the task store is damaged or was moved, and could not be mended: ${describeError(error)}`);
      throw error;
    }
  };
}
