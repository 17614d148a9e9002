import { createHash, randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import * as files from 'node:fs/promises';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { systemClock } from '../common/clock';
import {
  hashFile,
  isMissing,
  withDiskErrors,
  renameWithRetries,
  syncFolder,
  systemDisk,
  type Disk,
} from '../common/fileSystem';
import type { SentFormat } from './imageLimits';

/**
 * Calls `remove` for those of these images, by their hashes, that no task needs. It decides and calls in one go, so that
 * no task can be added in between that needs one.
 */
export type DeleteUnused = (hashes: readonly string[], remove: (sha256: string) => void) => Promise<void>;

/** What is needed of a disk to keep pictures. */
export type ImageStoreDisk = Disk & Pick<typeof files, 'utimes'>;

const ENDINGS: Readonly<Record<SentFormat, string>> = { jpeg: 'jpg', png: 'png', webp: 'webp' };

/** Names that are ours, whole or half-written. */
const OURS = /^[0-9a-f]{64}\.(jpg|png|webp)(\.[0-9a-f-]{36}\.part)?$/;

/**
 * The folder of the pictures that were sent, each under the hash of its bytes: the same picture is there once, however
 * many tasks it went with.
 */
export class ImageStore {
  readonly folder: string;
  readonly #disk: ImageStoreDisk;

  constructor(folder: string, disk: ImageStoreDisk = { ...systemDisk, utimes: files.utimes }) {
    this.folder = folder;
    this.#disk = disk;
  }

  /**
   * Keeps a picture, durably: once this returns, a crash does not lose it.
   * @returns its file URI, which {@link removeUnneeded} knows it by
   * @throws DiskError
   */
  async keep({ bytes, format }: { bytes: Uint8Array; format: SentFormat }): Promise<string> {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const file = path.join(this.folder, `${sha256}.${ENDINGS[format]}`);
    await withDiskErrors(async () => {
      if (await this.#isThere(file, sha256)) {
        // As young as if it had just been written: a cleaning that runs now must not take it for a leftover.
        const now = new Date();
        await this.#disk.utimes(file, now, now);
        return;
      }
      await this.#write(file, bytes);
    });
    return pathToFileURL(file).href;
  }

  /**
   * Deletes images that nobody needs, and half-written ones of windows that ended.
   * @param needed sources of what is no task yet; what is no URI of a stored image doesn't matter
   * @param before ms since 1970: younger files stay, because the task they go with may be about to be stored
   * @returns how many were deleted
   * @throws DiskError
   */
  async removeUnneeded(
    needed: ReadonlySet<string>,
    before: number,
    deleteUnused: DeleteUnused,
  ): Promise<number> {
    return withDiskErrors(async () => {
      const files = new Map<string, string[]>();
      let removed = 0;
      for (const name of await this.#names()) {
        const file = path.join(this.folder, name);
        if (!OURS.test(name) || needed.has(pathToFileURL(file).href)) continue;
        if (!(await this.#isOlder(file, before))) continue;
        const [sha256 = ''] = name.split('.', 1);
        // Nobody needs half a file.
        if (name.endsWith('.part')) {
          await this.#disk.rm(file, { force: true });
          removed += 1;
          continue;
        }
        files.set(sha256, [...(files.get(sha256) ?? []), file]);
      }
      await deleteUnused([...files.keys()], (sha256) => {
        for (const file of files.get(sha256) ?? []) {
          rmSync(file, { force: true });
          removed += 1;
        }
        files.delete(sha256);
      });
      return removed;
    });
  }

  async #write(file: string, bytes: Uint8Array): Promise<void> {
    await this.#disk.mkdir(this.folder, { recursive: true });
    const part = `${file}.${randomUUID()}.part`;
    try {
      const handle = await this.#disk.open(part, 'wx');
      try {
        await handle.writeFile(bytes);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await renameWithRetries(this.#disk, systemClock, part, file);
    } catch (error) {
      await this.#disk.rm(part, { force: true }).catch(() => undefined);
      throw error;
    }
    await syncFolder(this.#disk, this.folder);
  }

  /** Whether the picture is there and whole. */
  async #isThere(file: string, sha256: string): Promise<boolean> {
    try {
      return (await hashFile(this.#disk, file)) === sha256;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }

  async #names(): Promise<string[]> {
    try {
      return await this.#disk.readdir(this.folder);
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }

  async #isOlder(file: string, before: number): Promise<boolean> {
    try {
      return (await this.#disk.stat(file)).mtimeMs < before;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }
}
