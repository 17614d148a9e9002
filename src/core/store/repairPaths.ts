import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import * as path from 'node:path';

// What the files are called that lie beside the store's while it is mended; all paths are absolute.

/** There while a window mends the store, and left behind when that window dies. */
export function lockOf(database: string): string {
  return `${database}.mending`;
}

/** Where the damaged file goes. @param stamp tells this time from others */
export function asideOf(database: string, stamp: string): string {
  return `${database}.damaged-${stamp}`;
}

/** The sign that what was set aside is to be made anew, until the new file is in place. */
export function signOf(database: string, stamp: string): string {
  return `${database}.new-${stamp}`;
}

/**
 * Where a window makes the new file: under a name that nobody else has. Under the final one a window that still has the
 * damaged file open would take the new one's journal for its own, and clear it away.
 */
export function newOf(database: string, stamp: string): string {
  return `${signOf(database, stamp)}.${randomUUID()}`;
}

/** The stamps of all that was begun to be made anew, and is not in place yet; the newest last. */
export function begun(database: string): readonly string[] {
  const prefix = path.basename(signOf(database, ''));
  return readdirSync(path.dirname(database))
    .filter((file) => file.startsWith(prefix))
    .map((file) => file.slice(prefix.length))
    .filter((stamp) => !stamp.includes('.'))
    .sort();
}

/** All files that windows are making anew, or were when they ended, with their journals. */
export function unfinished(database: string): readonly string[] {
  const prefix = path.basename(signOf(database, ''));
  const folder = path.dirname(database);
  return readdirSync(folder)
    .filter((file) => file.startsWith(prefix) && file.includes('.', prefix.length))
    .map((file) => path.join(folder, file));
}

/** Whether the store is being mended: then nobody else may open it, who would make an empty one. */
export function isBeingMended(database: string): boolean {
  if (database === ':memory:') return false;
  if (existsSync(lockOf(database))) return true;
  try {
    return !existsSync(database) && begun(database).length > 0;
  } catch {
    // A folder that can't be read is found out by whoever opens the file.
    return false;
  }
}
