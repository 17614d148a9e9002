/** SQLite's primary result codes (sqlite.org/rescode.html). */
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

/** The primary result code of an SQLite error: the low byte of its extended code. */
function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number')
    return undefined;
  return error.errcode & 0xff;
}

/** Thrown while another window holds a lock. */
export class StoreBusyError extends Error {
  override readonly name = 'StoreBusyError';
}

/** Returns true if waiting helps. */
export function isBusy(error: unknown): boolean {
  const code = sqliteCode(error);
  return error instanceof StoreBusyError || code === SQLITE.busy || code === SQLITE.locked;
}

/** SQLite's own check found the file damaged. */
export class DamagedError extends Error {
  override readonly name = 'DamagedError';
}

/** Returns true if the file isn't a readable database. */
export function isDamaged(error: unknown): boolean {
  const code = sqliteCode(error);
  return error instanceof DamagedError || code === SQLITE.corrupt || code === SQLITE.notADatabase;
}

/** Returns true if the file or its folder can't be written, or the file was replaced since it was opened. */
export function isReadOnly(error: unknown): boolean {
  const code = sqliteCode(error);
  return code === SQLITE.readOnly || code === SQLITE.cantOpen;
}

/** Result codes for an unacceptable value, regardless of the file's state. */
const ABOUT_VALUES: ReadonlySet<number> = new Set([
  SQLITE.error,
  SQLITE.tooBig,
  SQLITE.constraint,
  SQLITE.mismatch,
]);

/** Returns true if a write failed because of the file or its disk, not because of the value. */
export function isWriteFailure(error: unknown): boolean {
  const code = sqliteCode(error);
  return code !== undefined && !ABOUT_VALUES.has(code);
}

/** Returns true if a file can't be read because it, its journal or its disk can't be written. */
export function isBlocked(error: unknown): boolean {
  return isBusy(error) || isReadOnly(error) || sqliteCode(error) === SQLITE.full;
}

export type OpenFailure = 'cantOpen' | 'io' | 'full' | 'locked';

/** Classifies an error that keeps a database from being opened, by remedy. */
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

/** Returns true if reopening may help: the file is missing or was replaced, or its drive was disconnected. */
export function isWorthReopening(error: unknown): boolean {
  return isDamaged(error) || isReadOnly(error) || sqliteCode(error) === SQLITE.io;
}
