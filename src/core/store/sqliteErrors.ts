/** SQLite's primary result codes that we tell apart (sqlite.org/rescode.html). */
const SQLITE = {
  error: 1,
  busy: 5,
  locked: 6,
  readOnly: 8,
  io: 10,
  corrupt: 11,
  full: 13,
  cantOpen: 14,
  tooBig: 18,
  constraint: 19,
  mismatch: 20,
  notADatabase: 26,
} as const;

/** The primary code of an error of SQLite's, whose extended codes carry more in the upper bits. */
function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number')
    return undefined;
  return error.errcode & 0xff;
}

/** Something of another window is in the way that passes by itself. */
export class StoreBusyError extends Error {
  override readonly name = 'StoreBusyError';
}

/** Whether waiting helps. */
export function isBusy(error: unknown): boolean {
  const code = sqliteCode(error);
  return error instanceof StoreBusyError || code === SQLITE.busy || code === SQLITE.locked;
}

/** SQLite's own check found the file damaged. */
export class DamagedError extends Error {
  override readonly name = 'DamagedError';
}

/** Whether the file is no database that can be read. */
export function isDamaged(error: unknown): boolean {
  const code = sqliteCode(error);
  return error instanceof DamagedError || code === SQLITE.corrupt || code === SQLITE.notADatabase;
}

/** Whether the file or its folder takes no writes, or is another one than when it was opened. */
export function isReadOnly(error: unknown): boolean {
  const code = sqliteCode(error);
  return code === SQLITE.readOnly || code === SQLITE.cantOpen;
}

/** What SQLite says of a value that doesn't fit, whatever the state of the file. */
const ABOUT_VALUES: ReadonlySet<number> = new Set([
  SQLITE.error,
  SQLITE.tooBig,
  SQLITE.constraint,
  SQLITE.mismatch,
]);

/** Whether a write failed because of the file or its disk, and not because of what was to be written. */
export function isWriteFailure(error: unknown): boolean {
  const code = sqliteCode(error);
  return code !== undefined && !ABOUT_VALUES.has(code);
}

/** Whether a file can't be read as long as it, its journal or its disk can't be written. */
export function isBlocked(error: unknown): boolean {
  return isBusy(error) || isReadOnly(error) || sqliteCode(error) === SQLITE.full;
}

export type OpenFailure = 'cantOpen' | 'io' | 'full' | 'locked';

/** Sorts what keeps a database from being opened, by what helps. */
export function classifyOpenError(error: unknown): OpenFailure {
  if (isBusy(error)) return 'locked';
  const code = sqliteCode(error) ?? (error instanceof Error && 'code' in error ? error.code : undefined);
  switch (code) {
    case SQLITE.full:
    case 'ENOSPC':
    case 'EDQUOT':
      return 'full';
    case SQLITE.io:
    case SQLITE.corrupt:
    case SQLITE.notADatabase:
    case 'EIO':
      return 'io';
    default:
      return 'cantOpen';
  }
}

/** Whether opening the file again may help: it is gone, another one, or on a drive that was away. */
export function isWorthReopening(error: unknown): boolean {
  return isDamaged(error) || isReadOnly(error) || sqliteCode(error) === SQLITE.io;
}
