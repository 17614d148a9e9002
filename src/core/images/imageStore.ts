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
 * Calls `remove` for each of these hashes that no task refers to. Must decide and call in one transaction, so that no
 * task that needs an image is added in between.
 */
export type DeleteUnused = (hashes: readonly string[], remove: (sha256: string) => void) => Promise<void>;

/** File system calls of the image store. */
export type ImageStoreDisk = Disk & Pick<typeof files, 'utimes'>;

const EXTENSIONS: Readonly<Record<SentFormat, string>> = { jpeg: 'jpg', png: 'png', webp: 'webp' };

/** Names of stored images and of partly written ones. */
const STORED_NAME = /^[0-9a-f]{64}\.(jpg|png|webp)(\.[0-9a-f-]{36}\.part)?$/;

/**
 * Stores the images that were sent, named by the hash of their bytes. An image of several tasks is stored once.
 */
export class ImageStore {
  readonly folder: string;
  readonly #disk: ImageStoreDisk;

  constructor(folder: string, disk: ImageStoreDisk = { ...systemDisk, utimes: files.utimes }) {
    this.folder = folder;
    this.#disk = disk;
  }

  /**
   * Stores an image durably: once this returns, a crash doesn't lose it.
   * @returns its file URI, as {@link removeUnneeded} expects it
   * @throws DiskError
   */
  async keep({ bytes, format }: { bytes: Uint8Array; format: SentFormat }): Promise<string> {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const file = path.join(this.folder, `${sha256}.${EXTENSIONS[format]}`);
    await withDiskErrors(async () => {
      if (await this.#isStored(file, sha256)) {
        // Update the age: a concurrent cleanup must not delete it.
        const now = new Date();
        await this.#disk.utimes(file, now, now);
        return;
      }
      await this.#write(file, bytes);
    });
    return pathToFileURL(file).href;
  }

  /**
   * Deletes unneeded images, and partly written files of windows that have closed.
   * @param needed sources that aren't in a task yet; those that aren't stored images are ignored
   * @param before ms since 1970; younger files stay, because their task may be about to be stored
   * @returns number of deleted files
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
        if (!STORED_NAME.test(name) || needed.has(pathToFileURL(file).href)) continue;
        if (!(await this.#isOlder(file, before))) continue;
        const [sha256 = ''] = name.split('.', 1);
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

  /** Returns true if the image is stored and its bytes match the hash. */
  async #isStored(file: string, sha256: string): Promise<boolean> {
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
