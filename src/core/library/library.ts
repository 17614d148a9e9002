import { randomUUID } from 'node:crypto';
import * as path from 'node:path';
import * as z from 'zod';
import type { Mp4Info } from '../mp4/probe';
import {
  hashFile,
  isMissing,
  isSystemError,
  onDisk,
  syncFolder,
  systemDisk,
  type Disk,
} from '../common/fileSystem';
import { PartFile, probeFile, type VerifiedPart } from './partFile';

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
  /** Tells videos of one task apart by where they came from; the library does not look inside. */
  readonly source?: string;
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
    source: z.string().exactOptional(),
  }),
  /** The task as its owner describes it; the library does not look inside. */
  task: z.unknown(),
});

export type Sidecar = z.infer<typeof sidecarSchema>;

/** A file of the library. */
export interface LibraryFile {
  /** Its name in the library folder, or among the parts. */
  readonly file: string;
  readonly bytes: number;
  /** ms since 1970. */
  readonly changedAt: number;
}

/** What lies in the library folder. */
export interface Stock {
  readonly videos: readonly LibraryFile[];
  /** What was begun, under way or left behind; `NAME.` and something random. */
  readonly parts: readonly LibraryFile[];
  /** Sidecars without their video. */
  readonly lonelySidecars: readonly LibraryFile[];
}

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
  readonly #disk: Disk;

  constructor(folder: string, disk: Disk = systemDisk) {
    this.folder = folder;
    this.#disk = disk;
  }

  /**
   * Begins to write a video. Any earlier part of the same name is removed: the caller holds the claim on it.
   * @throws {@link DiskError}
   */
  async begin(name: string): Promise<PartFile> {
    return onDisk(async () => {
      const parts = path.join(this.folder, PARTS);
      await this.#disk.mkdir(parts, { recursive: true });
      for (const file of await this.#disk.readdir(parts)) {
        if (file.startsWith(`${name}.`)) await this.#disk.rm(path.join(parts, file), { force: true });
      }
      // A random part, so that a window that lost its claim can't write into another one's file.
      const file = path.join(parts, `${name}.${randomUUID()}.part`);
      return new PartFile(this.#disk, file, await this.#disk.open(file, 'wx'));
    });
  }

  /**
   * Renames a verified part into place and writes its sidecar.
   * @param task what to remember of the task; must not hold anything secret
   * @param source as {@link LibraryVideo.source}; must not hold anything secret either
   * @throws {@link DiskError}
   */
  async place(part: VerifiedPart, name: string, task: unknown, source?: string): Promise<LibraryVideo> {
    return onDisk(async () => {
      const video = {
        ...asLibraryVideo(name, part.bytes, part.sha256, part.info),
        ...(source === undefined ? {} : { source }),
      };
      await this.#disk.rename(part.file, path.join(this.folder, video.file));
      await this.#writeSidecar(name, { sidecarVersion: 1, video, task });
      await syncFolder(this.#disk, this.folder);
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
        bytes = (await this.#disk.stat(file)).size;
        info = await probeFile(this.#disk, file);
      } catch (error) {
        if (isMissing(error) || !isSystemError(error)) return undefined;
        throw error;
      }
      const sidecar = await this.#readSidecar(name);
      if (sidecar?.video.bytes === bytes) return sidecar.video;
      const video = asLibraryVideo(name, bytes, await hashFile(this.#disk, file), info);
      await this.#writeSidecar(name, { sidecarVersion: 1, video, task });
      return video;
    });
  }

  /**
   * Puts the part of a dead window in place, if it is a whole video and its place is free. Its sidecar comes with
   * {@link find}.
   * @param part the name of the part, from {@link takeStock}
   * @returns whether it is in place now
   * @throws {@link DiskError}
   */
  async placePart(part: string, name: string): Promise<boolean> {
    if (!(await this.isWholePart(part)) || (await this.has(name + VIDEO_ENDING))) return false;
    return onDisk(async () => {
      await this.#disk.rename(this.pathOfPart(part), this.pathOf(name + VIDEO_ENDING));
      await syncFolder(this.#disk, this.folder);
      return true;
    });
  }

  /**
   * What lies in the folder.
   * @throws {@link DiskError} when it can't be read
   */
  async takeStock(): Promise<Stock> {
    return onDisk(async () => {
      const files = await this.#filesIn(this.folder);
      const isThere = new Set(files.map(({ file }) => file));
      return {
        videos: files.filter(({ file }) => file.endsWith(VIDEO_ENDING)),
        parts: await this.#filesIn(path.join(this.folder, PARTS)).catch((error: unknown) => {
          if (isMissing(error)) return [];
          throw error;
        }),
        lonelySidecars: files.filter(
          ({ file }) =>
            file.endsWith(SIDECAR_ENDING) &&
            !isThere.has(file.slice(0, -SIDECAR_ENDING.length) + VIDEO_ENDING),
        ),
      };
    });
  }

  /** Whether a part is a whole video. @throws {@link DiskError} */
  async isWholePart(part: string): Promise<boolean> {
    return onDisk(async () => {
      try {
        await probeFile(this.#disk, path.join(this.folder, PARTS, part));
        return true;
      } catch (error) {
        if (isMissing(error) || !isSystemError(error)) return false;
        throw error;
      }
    });
  }

  /** Where a part lies; an absolute path. */
  pathOfPart(part: string): string {
    return path.join(this.folder, PARTS, part);
  }

  /** Where a file of the library lies; an absolute path. */
  pathOf(file: string): string {
    return path.join(this.folder, file);
  }

  /** What the sidecar of a video's file is called. */
  sidecarNameOf(file: string): string {
    return file.slice(0, -VIDEO_ENDING.length) + SIDECAR_ENDING;
  }

  /** Whether the file of a video is there. @throws {@link DiskError} when the disk does not say */
  async has(file: string): Promise<boolean> {
    return onDisk(async () => {
      try {
        return (await this.#disk.stat(path.join(this.folder, file))).isFile();
      } catch (error) {
        if (isMissing(error)) return false;
        throw error;
      }
    });
  }

  /** The sidecar of a video's file, if it can be read. */
  async sidecarOf(file: string): Promise<Sidecar | undefined> {
    return this.#readSidecar(file.slice(0, -VIDEO_ENDING.length));
  }

  /** All sidecars that can be read, to make tasks of them again. */
  async sidecars(): Promise<readonly Sidecar[]> {
    const files = await this.#disk.readdir(this.folder).catch(() => []);
    const names = files
      .filter((file) => file.endsWith(SIDECAR_ENDING))
      .map((file) => file.slice(0, -SIDECAR_ENDING.length));
    const found = await Promise.all(names.map((name) => this.#readSidecar(name)));
    return found.filter((sidecar) => sidecar !== undefined);
  }

  async #filesIn(folder: string): Promise<LibraryFile[]> {
    const found = await Promise.all(
      (await this.#disk.readdir(folder)).map(async (file) => {
        // Gone between the two, for instance a part that was put in place.
        const there = await this.#disk.stat(path.join(folder, file)).catch(() => undefined);
        return there?.isFile() ? [{ file, bytes: there.size, changedAt: there.mtimeMs }] : [];
      }),
    );
    return found.flat();
  }

  async #readSidecar(name: string): Promise<Sidecar | undefined> {
    try {
      const text = await this.#disk.readFile(path.join(this.folder, name + SIDECAR_ENDING), 'utf8');
      const parsed = sidecarSchema.safeParse(JSON.parse(text));
      return parsed.success && parsed.data.video.file === name + VIDEO_ENDING ? parsed.data : undefined;
    } catch {
      return undefined;
    }
  }

  async #writeSidecar(name: string, sidecar: Sidecar): Promise<void> {
    const file = path.join(this.folder, name + SIDECAR_ENDING);
    const temporary = path.join(this.folder, PARTS, `${name}.${randomUUID()}.json.part`);
    await this.#disk.mkdir(path.dirname(temporary), { recursive: true });
    try {
      const handle = await this.#disk.open(temporary, 'wx');
      try {
        await handle.writeFile(`${JSON.stringify(sidecar, null, 2)}\n`);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await this.#disk.rename(temporary, file);
    } catch (error) {
      // Tried again and again while the disk is full: what is left of each attempt would pile up.
      await this.#disk.rm(temporary, { force: true }).catch(() => undefined);
      throw error;
    }
  }
}

function asLibraryVideo(name: string, bytes: number, sha256: string, info: Mp4Info): LibraryVideo {
  const { width, height, durationSeconds, hasAudio } = info;
  return { file: name + VIDEO_ENDING, bytes, sha256, width, height, durationSeconds, hasAudio };
}
