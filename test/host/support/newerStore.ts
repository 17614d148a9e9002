import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { systemClock } from '../../../src/core/common/clock';
import { STORAGE } from '../../../src/core/storage';
import { Database } from '../../../src/core/store/database';

/** Makes a store as a later version of the extension may leave it. */
export function makeNewerStore(folder: string): void {
  const file = path.join(folder, STORAGE.database);
  Database.openNow(file, systemClock).close();
  const database = new DatabaseSync(file);
  database.exec('PRAGMA user_version = 1000');
  database.close();
}
