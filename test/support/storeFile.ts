import path from 'node:path';
import { STORAGE_NAMES } from '../../src/core/common/storageNames';
import { databasePath, latestNumber } from '../../src/core/store/storeLocation';

/** Returns the current database of a storage folder, or the first one if there is none yet. */
export function storeFile(storageFolder: string): string {
  const folder = path.join(storageFolder, STORAGE_NAMES.store);
  return databasePath(folder, latestNumber(folder) ?? 1);
}
