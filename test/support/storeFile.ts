import path from 'node:path';
import { STORAGE } from '../../src/core/common/storageNames';
import { databasePath, latestNumber } from '../../src/core/store/storeLocation';

/** The current database of a storage folder; the first one if there is none yet. */
export function storeFile(storageFolder: string): string {
  const folder = path.join(storageFolder, STORAGE.store);
  return databasePath(folder, latestNumber(folder) ?? 1);
}
