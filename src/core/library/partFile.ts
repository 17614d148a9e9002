import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { probeMp4, type Mp4Info } from '../mp4/probe';
import { DiskError, onDisk, type Disk } from '../common/fileSystem';

/**
 * Checks that a file is a whole video and says what is in it.
 * @throws Mp4Error when it is none; the system's own error when it can't be read
 */
export async function probeFile(disk: Disk, file: string): Promise<Mp4Info> {
  const handle = await disk.open(file, 'r');
  try {
    const { size } = await handle.stat();
    return await probeMp4({
      size,
      read: async (position, length) => {
        const bytes = new Uint8Array(length);
        const { bytesRead } = await handle.read(bytes, 0, length, position);
        return bytes.subarray(0, bytesRead);
      },
    });
  } finally {
    await handle.close();
  }
}

/** A part that is complete and was found to be a video. */
export interface VerifiedPart {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly info: Mp4Info;
}

/** A video being written; hashed on the way. */
export class PartFile {
  readonly #disk: Disk;
  readonly #file: string;
  #handle: FileHandle | undefined;
  #hash: Hash = createHash('sha256');
  #bytes = 0;
  #expected: number | undefined;

  constructor(disk: Disk, file: string, handle: FileHandle) {
    this.#disk = disk;
    this.#file = file;
    this.#handle = handle;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** How much of it is here, 0 to 1; undefined where nobody said how much there is. */
  get share(): number | undefined {
    return this.#expected === undefined ? undefined : Math.min(1, this.#bytes / this.#expected);
  }

  /** How many bytes it will have. What is written in the end need not be as long. */
  expect(bytes: number): void {
    this.#expected = bytes;
  }

  /** @throws {@link DiskError} */
  async write(bytes: Uint8Array): Promise<void> {
    await onDisk(async () => {
      this.#hash.update(bytes);
      let written = 0;
      while (written < bytes.length) {
        written += (await this.#open().write(bytes, written, bytes.length - written, this.#bytes + written))
          .bytesWritten;
      }
      this.#bytes += bytes.length;
    });
  }

  /** Forgets all that was written so far. @throws {@link DiskError} */
  async restart(): Promise<void> {
    await onDisk(async () => {
      // Closed when it was checked; one that was discarded is gone, and stays so.
      this.#handle ??= await this.#disk.open(this.#file, 'r+');
      await this.#handle.truncate(0);
    });
    this.#hash = createHash('sha256');
    this.#bytes = 0;
    this.#expected = undefined;
  }

  /**
   * Makes what was written durable and checks that it is a whole video (DESIGN 4.5).
   * @throws {@link DiskError}, or Mp4Error when it is none
   */
  async finish(): Promise<VerifiedPart> {
    await onDisk(async () => {
      await this.#open().sync();
      await this.#close();
    });
    const info = await onDisk(() => probeFile(this.#disk, this.#file));
    return { file: this.#file, bytes: this.#bytes, sha256: this.#hash.digest('hex'), info };
  }

  /** Removes the part; after {@link Library.place} there is nothing left to remove. */
  async discard(): Promise<void> {
    await this.#close().catch(() => undefined);
    await this.#disk.rm(this.#file, { force: true }).catch(() => undefined);
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
