import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { migrate } from '../../../src/core/store/schema';
import { storeFile } from '../../support/storeFile';

/** Creates a store as a later version of the extension might. */
export function makeNewerStore(folder: string): void {
  const file = storeFile(folder);
  mkdirSync(path.dirname(file), { recursive: true });
  const database = new DatabaseSync(file);
  migrate(database);
  database.exec('PRAGMA user_version = 1000');
  database.close();
}
