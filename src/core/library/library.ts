import { createHash, randomUUID, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import * as path from 'node:path';
import * as z from 'zod';
import { probeMp4, type Mp4Info } from '../mp4/probe';

/** The disk did not take or give what it should: full, read-only, vanished. */
export class DiskError extends Error {
  override readonly name = 'DiskError';
}

/** A verified video in the library. */
export interface LibraryVideo {
  /** Its name within the library folder. */
  readonly file: string;
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly width: number;
  readonly height: number;
  readonly durationSeconds: number;
  readonly hasAudio: boolean;
}

/** Written beside each video, so that a lost database can be made again from the library. */
const sidecarSchema = z.object({
  sidecarVersion: z.literal(1),
  video: z.object({
    file: z.string(),
    bytes: z.number(),
    sha256: z.string(),
    width: z.number(),
    height: z.number(),
    durationSeconds: z.number(),
    hasAudio: z.boolean(),
  }),
  /** The task as its owner describes it; the library does not look inside. */
  task: z.unknown(),
});

export type Sidecar = z.infer<typeof sidecarSchema>;

const VIDEO_ENDING = '.mp4';
const SIDECAR_ENDING = '.json';
/** Half-written files live apart: nothing under a final name is ever incomplete. */
const PARTS = '.parts';

/**
 * The folder of finished videos. A video is written under a temporary name, verified, and only then renamed into
 * place with a sidecar (DESIGN 4.5).
 */
export class Library {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /**
   * Begins to write a video. Any earlier part of the same name is removed: the caller holds the claim on it.
   * @throws {@link DiskError}
   */
  async begin(name: string): Promise<PartFile> {
    return onDisk(async () => {
      const parts = path.join(this.folder, PARTS);
      await mkdir(parts, { recursive: true });
      for (const file of await readdir(parts)) {
        if (file.startsWith(`${name}.`)) await rm(path.join(parts, file), { force: true });
      }
      // A random part, so that a window that lost its claim can't write into another one's file.
      const file = path.join(parts, `${name}.${randomUUID()}.part`);
      return new PartFile(file, await open(file, 'wx'));
    });
  }

  /**
   * Renames a verified part into place and writes its sidecar.
   * @param task what to remember of the task; must not hold anything secret
   * @throws {@link DiskError}
   */
  async place(part: VerifiedPart, name: string, task: unknown): Promise<LibraryVideo> {
    return onDisk(async () => {
      const video = asLibraryVideo(name, part.bytes, part.sha256, part.info);
      await rename(part.file, path.join(this.folder, video.file));
      await this.#writeSidecar(name, { sidecarVersion: 1, video, task });
      await syncFolder(this.folder);
      return video;
    });
  }

  /**
   * A video that is already in place, for instance because the window ended between placing it and writing that
   * down. Its sidecar is made good if that is missing.
   * @throws {@link DiskError}
   */
  async find(name: string, task: unknown): Promise<LibraryVideo | undefined> {
    const file = path.join(this.folder, name + VIDEO_ENDING);
    return onDisk(async () => {
      let info: Mp4Info;
      let bytes: number;
      try {
        bytes = (await stat(file)).size;
        info = await probeFile(file);
      } catch (error) {
        if (isMissing(error) || !isSystemError(error)) return undefined;
        throw error;
      }
      const sidecar = await this.#readSidecar(name);
      if (sidecar?.video.bytes === bytes) return sidecar.video;
      const video = asLibraryVideo(name, bytes, await hashFile(file), info);
      await this.#writeSidecar(name, { sidecarVersion: 1, video, task });
      return video;
    });
  }

  /** Whether the file of a video is there. */
  async has(file: string): Promise<boolean> {
    return stat(path.join(this.folder, file)).then(
      (found) => found.isFile(),
      () => false,
    );
  }

  /** All sidecars that can be read, to make tasks of them again. */
  async sidecars(): Promise<readonly Sidecar[]> {
    const files = await readdir(this.folder).catch(() => []);
    const names = files
      .filter((file) => file.endsWith(SIDECAR_ENDING))
      .map((file) => file.slice(0, -SIDECAR_ENDING.length));
    const found = await Promise.all(names.map((name) => this.#readSidecar(name)));
    return found.filter((sidecar) => sidecar !== undefined);
  }

  async #readSidecar(name: string): Promise<Sidecar | undefined> {
    try {
      const text = await readFile(path.join(this.folder, name + SIDECAR_ENDING), 'utf8');
      const parsed = sidecarSchema.safeParse(JSON.parse(text));
      return parsed.success && parsed.data.video.file === name + VIDEO_ENDING ? parsed.data : undefined;
    } catch {
      return undefined;
    }
  }

  async #writeSidecar(name: string, sidecar: Sidecar): Promise<void> {
    const file = path.join(this.folder, name + SIDECAR_ENDING);
    const temporary = path.join(this.folder, PARTS, `${name}.${randomUUID()}.json.part`);
    await mkdir(path.dirname(temporary), { recursive: true });
    const handle = await open(temporary, 'wx');
    try {
      await handle.writeFile(`${JSON.stringify(sidecar, null, 2)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
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
  readonly #file: string;
  #handle: FileHandle | undefined;
  #hash: Hash = createHash('sha256');
  #bytes = 0;

  constructor(file: string, handle: FileHandle) {
    this.#file = file;
    this.#handle = handle;
  }

  get bytes(): number {
    return this.#bytes;
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
      this.#handle ??= await open(this.#file, 'r+');
      await this.#handle.truncate(0);
    });
    this.#hash = createHash('sha256');
    this.#bytes = 0;
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
    const info = await onDisk(() => probeFile(this.#file));
    return { file: this.#file, bytes: this.#bytes, sha256: this.#hash.digest('hex'), info };
  }

  /** Removes the part; after {@link Library.place} there is nothing left to remove. */
  async discard(): Promise<void> {
    await this.#close().catch(() => undefined);
    await rm(this.#file, { force: true }).catch(() => undefined);
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

function asLibraryVideo(name: string, bytes: number, sha256: string, info: Mp4Info): LibraryVideo {
  const { width, height, durationSeconds, hasAudio } = info;
  return { file: name + VIDEO_ENDING, bytes, sha256, width, height, durationSeconds, hasAudio };
}

async function probeFile(file: string): Promise<Mp4Info> {
  const handle = await open(file, 'r');
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

async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(file)) hash.update(piece as Uint8Array);
  return hash.digest('hex');
}

/** Makes a rename durable; not every system can sync a folder. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    await handle.sync().finally(() => handle.close());
  } catch {
    // Windows: the rename is journalled there.
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'errno' in error && 'syscall' in error;
}

function isMissing(error: unknown): boolean {
  return isSystemError(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

/** Runs something on the disk; what the system says of it becomes a {@link DiskError}. */
async function onDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isSystemError(error)) throw new DiskError(error.message, { cause: error });
    throw error;
  }
}
