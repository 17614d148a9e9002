import { createHash } from 'node:crypto';
import * as files from 'node:fs/promises';
import { sleep, type Clock } from './clock';

/** A file operation failed: the disk is full, read-only or missing. */
export class DiskError extends Error {
  override readonly name = 'DiskError';
}

/** The functions of `node:fs/promises` that the library uses. */
export type Disk = Pick<
  typeof files,
  'mkdir' | 'open' | 'readFile' | 'readdir' | 'rename' | 'rm' | 'stat' | 'statfs'
>;

/** The disk of this machine. */
export const systemDisk: Disk = files;

/** Returns the SHA-256 of a file in lower-case hex. */
export async function hashFile(disk: Disk, file: string): Promise<string> {
  const handle = await disk.open(file, 'r');
  try {
    const hash = createHash('sha256');
    const buffer = new Uint8Array(HASH_BUFFER_BYTES);
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
}

const HASH_BUFFER_BYTES = 256 * 1024;

/** Makes a rename durable, where the system can sync a folder. */
export async function syncFolder(disk: Disk, folder: string): Promise<void> {
  try {
    const handle = await disk.open(folder, 'r');
    await handle.sync().finally(() => handle.close());
  } catch {
    // Not possible on Windows, where renames are journaled.
  }
}

/** Space to keep free after a download, for the database and other programs. */
const RESERVED_BYTES = 16 * 1024 * 1024;

/**
 * Checks that a folder's disk has space for this many bytes. Does nothing if the system doesn't report free space.
 * @throws {@link DiskError}
 */
export async function checkFreeSpace(disk: Disk, folder: string, bytes: number): Promise<void> {
  const stats = await disk.statfs(folder).catch(() => undefined);
  // Some network drives report only zeros.
  if (!stats || stats.blocks === 0) return;
  const free = stats.bavail * stats.bsize;
  if (free >= bytes + RESERVED_BYTES) return;
  const megabytes = (value: number) => `${Math.ceil(value / 1024 / 1024)} MB`;
  throw new DiskError(
    `the disk is full: ${megabytes(bytes + RESERVED_BYTES)} needed, ${megabytes(free)} free`,
  );
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'errno' in error && 'syscall' in error;
}

/** Returns true if a file or folder doesn't exist. */
export function isMissing(error: unknown): boolean {
  return isSystemError(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

/** Returns true if too many files are open, which says nothing about the requested file. */
export function isOutOfFiles(error: unknown): boolean {
  return isSystemError(error) && (error.code === 'EMFILE' || error.code === 'ENFILE');
}

/** Runs file operations and converts system errors to {@link DiskError}. */
export async function withDiskErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isSystemError(error)) throw new DiskError(error.message, { cause: error });
    throw error;
  }
}

/** Windows returns these while a virus scanner, an indexer or a player has the file open. */
const HELD_CODES: ReadonlySet<string | undefined> = new Set(['EPERM', 'EACCES', 'EBUSY']);
const RENAME_TIMEOUT_MS = 60_000;
const MAX_RENAME_PAUSE_MS = 5_000;

/**
 * Renames a file, and retries while another program has it open (as graceful-fs does).
 * @param timeoutMs 0 tries once
 * @throws the system's error; nothing has changed then
 */
export async function renameWithRetries(
  disk: Disk,
  clock: Clock,
  from: string,
  to: string,
  timeoutMs = RENAME_TIMEOUT_MS,
): Promise<void> {
  const giveUpAt = clock.now() + timeoutMs;
  for (let pause = 10; ; pause = Math.min(pause * 2, MAX_RENAME_PAUSE_MS)) {
    try {
      await disk.rename(from, to);
      return;
    } catch (error) {
      const isHeld = isSystemError(error) && HELD_CODES.has(error.code);
      if (!isHeld || clock.now() + pause > giveUpAt) throw error;
      await sleep(clock, pause);
    }
  }
}
