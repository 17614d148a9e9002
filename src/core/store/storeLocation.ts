import { readdirSync } from 'node:fs';
import * as path from 'node:path';
import type { TextFormat } from '../task/failureMessage';

/** Absolute paths of the store. */
export interface StoreLocation {
  /** Folder of the numbered databases. */
  readonly folder: string;
  /** The only database of versions before the numbered ones. */
  readonly legacy: string;
  readonly libraryFolder: string;
  readonly format?: TextFormat;
}

/** The database with this number. The highest number is current; older files are never changed. */
export function databasePath(folder: string, number: number): string {
  return path.join(folder, `tasks-${number}.db`);
}

/** A database that is being built. */
export function buildingPath(folder: string, number: number): string {
  return path.join(folder, `tasks-${number}.building`);
}

/** The database whose lock decides who may build a new one. */
export function lockPath(folder: string): string {
  return path.join(folder, 'lock.db');
}

/** The number of the current database; undefined if there is none. @throws if the folder can't be read */
export function latestNumber(folder: string): number | undefined {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  const numbers = names.map((name) => Number(/^tasks-(\d{1,9})\.db$/.exec(name)?.[1] ?? 0));
  return Math.max(0, ...numbers) || undefined;
}
