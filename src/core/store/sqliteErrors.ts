/** SQLite's primary result codes that we tell apart (sqlite.org/rescode.html). */
const SQLITE = {
  busy: 5,
  locked: 6,
  readOnly: 8,
  corrupt: 11,
  full: 13,
  cantOpen: 14,
  notADatabase: 26,
} as const;

/** The primary code of an error of SQLite's, whose extended codes carry more in the upper bits. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number')
    return undefined;
  return error.errcode & 0xff;
}

/** The file is being mended; in a moment it can be read and written again. */
export class BeingMendedError extends Error {
  override readonly name = 'BeingMendedError';
}

/** Whether waiting helps. */
export function isBusy(error: unknown): boolean {
  if (error instanceof BeingMendedError) return true;
  const code = sqliteCode(error);
  return code === SQLITE.busy || code === SQLITE.locked;
}

/** SQLite's own check found the file damaged. */
export class DamagedError extends Error {}

/** Whether an error means that the file is no database that can be read. */
export function isDamaged(error: unknown): boolean {
  if (error instanceof DamagedError) return true;
  const code = sqliteCode(error);
  return code === SQLITE.corrupt || code === SQLITE.notADatabase;
}

/** Extended code for a file that was renamed while it was open (SQLITE_READONLY_DBMOVED). */
const MOVED = 1032;

/** Whether the file was renamed, or another one took its place, while it was open. */
export function isMoved(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === MOVED;
}

/** Whether the file or its folder takes no writes. */
export function isReadOnly(error: unknown): boolean {
  const code = sqliteCode(error);
  return code === SQLITE.readOnly || code === SQLITE.cantOpen;
}
