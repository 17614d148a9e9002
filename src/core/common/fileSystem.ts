import { createHash } from 'node:crypto';
import * as files from 'node:fs/promises';

/** The disk did not take or give what it should: full, read-only, vanished. */
export class DiskError extends Error {
  override readonly name = 'DiskError';
}

/** What the library needs of a disk, as Node has it. */
export type Disk = Pick<typeof files, 'mkdir' | 'open' | 'readFile' | 'readdir' | 'rename' | 'rm' | 'stat'>;

/** The disk of this machine. */
export const systemDisk: Disk = files;

/** The SHA-256 of a file, in lower-case hex. */
export async function hashFile(disk: Disk, file: string): Promise<string> {
  const handle = await disk.open(file, 'r');
  try {
    const hash = createHash('sha256');
    const buffer = new Uint8Array(HASHED_AT_ONCE);
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
}

/** In bytes. */
const HASHED_AT_ONCE = 256 * 1024;

/** Makes a rename durable; not every system can sync a folder. */
export async function syncFolder(disk: Disk, folder: string): Promise<void> {
  try {
    const handle = await disk.open(folder, 'r');
    await handle.sync().finally(() => handle.close());
  } catch {
    // Windows: the rename is journalled there.
  }
}

/** Whether it is the system that says no. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'errno' in error && 'syscall' in error;
}

/** Whether something is not there. */
export function isMissing(error: unknown): boolean {
  return isSystemError(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

/** Runs something on the disk; what the system says of it becomes a {@link DiskError}. */
export async function onDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isSystemError(error)) throw new DiskError(error.message, { cause: error });
    throw error;
  }
}
