import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import * as path from 'node:path';
import { checkFreeSpace, DiskError, withDiskErrors, type Disk } from '../common/fileSystem';
import { describeUnverified, probeVideoFile, type VideoFileInfo } from './videoFile';
import { VideoFileError } from './videoFileError';

/** A completely received part. */
export interface CompletePart {
  /** Absolute path. */
  readonly file: string;
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly info: VideoFileInfo;
}

/** A completely received part that isn't a complete video. */
export interface RefusedPart extends Omit<CompletePart, 'info'> {
  readonly error: VideoFileError;
}

/** Interval at which free space is checked. */
const SPACE_CHECK_BYTES = 64 * 1024 * 1024;
/** Written bytes are synced in the background at this interval, so that the final sync is short. */
const BACKGROUND_SYNC_BYTES = 8 * 1024 * 1024;

/** A video being downloaded. Hashes what is written. */
export class PartFile {
  readonly file: string;
  readonly #disk: Disk;
  #handle: FileHandle | undefined;
  #hash = createHash('sha256');
  #bytes = 0;
  #expected: number | undefined;
  #checkSpaceAt = 0;
  #syncAt = BACKGROUND_SYNC_BYTES;
  /** The current or last background sync. Its error counts, because the system reports it only once. */
  #backgroundSync: Promise<void> = Promise.resolve();
  #isSyncing = false;

  constructor(disk: Disk, file: string, handle: FileHandle) {
    this.#disk = disk;
    this.file = file;
    this.#handle = handle;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Progress from 0 to 1; undefined if the size is unknown. */
  get share(): number | undefined {
    return this.#expected === undefined ? undefined : Math.min(1, this.#bytes / this.#expected);
  }

  /** Sets the expected size in bytes. The actual size may differ. */
  expect(bytes: number): void {
    this.#expected = bytes;
  }

  /** @throws {@link DiskError} */
  async write(bytes: Uint8Array): Promise<void> {
    await withDiskErrors(async () => {
      if (this.#bytes >= this.#checkSpaceAt) await this.#checkSpace();
      this.#hash.update(bytes);
      let written = 0;
      while (written < bytes.length) {
        written += (await this.#open().write(bytes, written, bytes.length - written, this.#bytes + written))
          .bytesWritten;
      }
      this.#bytes += bytes.length;
      if (this.#bytes >= this.#syncAt) this.#syncInBackground();
    });
  }

  /** Discards the written bytes and starts over. @throws {@link DiskError} */
  async restart(): Promise<void> {
    await withDiskErrors(() => this.#open().truncate(0));
    this.#hash = createHash('sha256');
    this.#bytes = 0;
    this.#checkSpaceAt = 0;
    this.#syncAt = BACKGROUND_SYNC_BYTES;
    this.#expected = undefined;
  }

  /**
   * Syncs the written bytes and checks that they are a complete video (DESIGN 4.13).
   * @param refusedSha256 hash of an earlier, refused download: the same bytes are accepted as unverified
   * @param doubt reason to refuse it even if it looks complete
   * @throws {@link DiskError}
   */
  async finish(refusedSha256?: string, doubt?: VideoFileError): Promise<CompletePart | RefusedPart> {
    return withDiskErrors(async () => {
      const probe = probeVideoFile(this.#disk, this.file).then(
        (info) => ({ info }),
        (error: unknown) => ({ error }),
      );
      try {
        await this.#backgroundSync;
        await this.#open().sync();
        await this.#close();
      } finally {
        await probe;
      }
      const part = { file: this.file, bytes: this.#bytes, sha256: this.#hash.digest('hex') };
      const isSame = part.sha256 === refusedSha256;
      const probed = await probe;
      if ('error' in probed) {
        const { error } = probed;
        if (!(error instanceof VideoFileError)) throw error;
        if (!isSame || !error.mayBeVideo) return { ...part, error };
        return { ...part, info: await describeUnverified(this.#disk, this.file) };
      }
      const { info } = probed;
      if (!doubt) return { ...part, info };
      return isSame ? { ...part, info: { ...info, isUnverified: true } } : { ...part, error: doubt };
    });
  }

  /** Removes the part. Never throws. */
  async discard(): Promise<void> {
    await this.#close().catch(() => undefined);
    await this.#disk.rm(this.file, { force: true }).catch(() => undefined);
  }

  async #checkSpace(): Promise<void> {
    const missing = this.#expected === undefined ? 0 : Math.max(0, this.#expected - this.#bytes);
    await checkFreeSpace(this.#disk, path.dirname(this.file), missing);
    this.#checkSpaceAt = this.#bytes + SPACE_CHECK_BYTES;
  }

  /** Syncs the written bytes, unless an earlier sync is in progress or failed. */
  #syncInBackground(): void {
    if (this.#isSyncing) return;
    this.#isSyncing = true;
    this.#syncAt = this.#bytes + BACKGROUND_SYNC_BYTES;
    this.#backgroundSync = this.#open()
      .datasync()
      .then(() => void (this.#isSyncing = false));
    // Awaited by `finish`; until then, a rejection must not count as unhandled.
    this.#backgroundSync.catch(() => undefined);
  }

  #open(): FileHandle {
    if (!this.#handle) throw new DiskError('the file is closed');
    return this.#handle;
  }

  async #close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }
}
