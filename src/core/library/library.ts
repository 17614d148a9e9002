import { randomUUID } from 'node:crypto';
import * as path from 'node:path';
import { systemClock, type Clock } from '../common/clock';
import {
  hashFile,
  isMissing,
  isOutOfFiles,
  withDiskErrors,
  renameWithRetries,
  syncFolder,
  systemDisk,
  type Disk,
} from '../common/fileSystem';
import { VIDEO_EXTENSIONS } from './fileNames';
import type { CompletePart, PartFile } from './partFile';
import { sidecarSchema, type Sidecar, type SidecarFacts } from './sidecar';
import type { VideoFileInfo } from './videoFile';
import { VideoFileError } from './videoFileError';

/** A complete video in the library. */
export interface LibraryVideo {
  /** Name in the library folder. */
  readonly file: string;
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
  /** Pixels; 0 if unknown. */
  readonly width: number;
  readonly height: number;
  readonly durationSeconds: number;
  readonly hasAudio: boolean;
  /** Received completely, but couldn't be checked. */
  readonly unverified?: true;
}

/** A file of the library. */
export interface LibraryFile {
  /** Name in the library folder, or in the folder of parts. */
  readonly file: string;
  readonly bytes: number;
  /** Last change, in ms since 1970. */
  readonly changedAt: number;
}

export interface LibraryContents {
  readonly videos: readonly LibraryFile[];
  /** Active or abandoned downloads: `NAME.UUID.part`. */
  readonly parts: readonly LibraryFile[];
  /** Sidecars without their video. */
  readonly orphanedSidecars: readonly LibraryFile[];
}

const SIDECAR_EXTENSION = '.json';
/** Folder of incomplete files, so that no file with a final name is ever incomplete. */
const PARTS_FOLDER = '.parts';
/** Maximum number of sidecars to read at once: the system limits open files per process. */
const MAX_OPEN_SIDECARS = 16;
/** Extension of a sidecar that is being written. */
const SIDECAR_PART = '.json.part';

/**
 * The folder of finished videos. A video is written to a part file, verified, renamed into place, and given a sidecar
 * (DESIGN 4.13). A verified part is never removed before its video is in place.
 */
export class Library {
  readonly folder: string;
  readonly #disk: Disk;
  readonly #clock: Clock;

  constructor(folder: string, disk: Disk = systemDisk, clock: Clock = systemClock) {
    this.folder = folder;
    this.#disk = disk;
    this.#clock = clock;
  }

  /** Creates a part file for a video. Earlier parts of the same name stay. @throws {@link DiskError} */
  async createPart(name: string): Promise<PartFile> {
    const { PartFile } = await import('./partFile');
    return withDiskErrors(async () => {
      await this.#disk.mkdir(path.join(this.folder, PARTS_FOLDER), { recursive: true });
      // A random name, so that a window that lost its claim can't write to another window's file.
      const file = this.pathOfPart(`${name}.${randomUUID()}.part`);
      return new PartFile(this.#disk, file, await this.#disk.open(file, 'wx'));
    });
  }

  /**
   * Finds a complete part that an interrupted download has left.
   * @param row stored part of the video. With a hash, the part may be unverified; without one, the part was refused
   * @throws {@link DiskError}
   */
  async findPart(
    name: string,
    row: { readonly part?: string; readonly sha256?: string } = {},
  ): Promise<CompletePart | undefined> {
    for (const { file } of await this.#partsOf(name)) {
      const isStored = file === row.part;
      if (isStored && row.sha256 === undefined) continue;
      const part = await this.#openPart(file, isStored);
      if (part && (!isStored || part.sha256 === row.sha256)) return part;
    }
    return undefined;
  }

  /** Returns a refused part as unverified; undefined if it's missing. @throws {@link DiskError} */
  async keepUnverified(part: string): Promise<CompletePart | undefined> {
    const kept = await this.#openPart(part, true);
    return kept && { ...kept, info: { ...kept.info, isUnverified: true } };
  }

  /**
   * Renames a complete part into place.
   * @param retryMs how long to retry while another program has the file open; a minute by default
   * @throws {@link DiskError}; the part is kept then
   */
  async commitPart(part: CompletePart, name: string, retryMs?: number): Promise<LibraryVideo> {
    return withDiskErrors(async () => {
      const video = describe(name, part, part.info);
      await renameWithRetries(this.#disk, this.#clock, part.file, this.pathOf(video.file), retryMs);
      await syncFolder(this.#disk, this.folder);
      return video;
    });
  }

  /** Writes the sidecar of a video that is in place. @throws {@link DiskError} */
  async writeSidecar(video: LibraryVideo, { task, source }: SidecarFacts): Promise<void> {
    const sidecar: Sidecar = {
      sidecarVersion: 1,
      video: { ...video, ...(source === undefined ? {} : { source }) },
      task,
    };
    const file = this.pathOf(this.sidecarNameOf(video.file));
    const temporary = this.pathOfPart(
      `${path.basename(file, SIDECAR_EXTENSION)}.${randomUUID()}${SIDECAR_PART}`,
    );
    await withDiskErrors(async () => {
      await this.#disk.mkdir(path.dirname(temporary), { recursive: true });
      try {
        const handle = await this.#disk.open(temporary, 'wx');
        try {
          await handle.writeFile(`${JSON.stringify(sidecar, null, 2)}\n`);
          await handle.sync();
        } finally {
          await handle.close();
        }
        await renameWithRetries(this.#disk, this.#clock, temporary, file);
        await syncFolder(this.#disk, this.folder);
      } catch (error) {
        // Clean up: retries on a full disk would leave more and more files.
        await this.#disk.rm(temporary, { force: true }).catch(() => undefined);
        throw error;
      }
    });
  }

  /** Removes leftover parts of a placed video. Never throws. */
  async removeParts(name: string): Promise<void> {
    const isOf = (file: string) =>
      ownerNameOfPart(file) === name || (file.startsWith(`${name}.`) && file.endsWith(SIDECAR_PART));
    for (const file of await this.#disk.readdir(path.join(this.folder, PARTS_FOLDER)).catch(() => [])) {
      if (isOf(file)) await this.removePart(file);
    }
  }

  /** Removes one part by its name. Never throws. */
  async removePart(part: string): Promise<void> {
    await this.#disk.rm(this.pathOfPart(part), { force: true }).catch(() => undefined);
  }

  /**
   * Finds a placed video, for example because a window closed before it stored the result. Writes a missing
   * sidecar.
   * @param known stored facts of the video; without them, a file that can't be verified doesn't count
   * @throws {@link DiskError}
   */
  async find(
    name: string,
    facts: SidecarFacts,
    known?: Pick<LibraryVideo, 'bytes' | 'sha256'>,
  ): Promise<LibraryVideo | undefined> {
    for (const extension of VIDEO_EXTENSIONS) {
      const file = `${name}.${extension}`;
      const bytes = await this.#sizeOf(this.pathOf(file));
      if (bytes === undefined) continue;
      const sidecar = await this.sidecarOf(file);
      if (sidecar?.video.bytes === bytes && !(await this.#isBroken(file, sidecar.video))) {
        const video: LibraryVideo & { source?: string } = { ...sidecar.video };
        delete video.source;
        return video;
      }
      const info = await this.#probe(this.pathOf(file));
      if (!info && known?.bytes !== bytes) continue;
      const sha256 =
        known?.bytes === bytes
          ? known.sha256
          : await withDiskErrors(() => hashFile(this.#disk, this.pathOf(file)));
      const video = describe(name, { bytes, sha256 }, info ?? { ...UNKNOWN_INFO, extension });
      await this.writeSidecar(video, facts);
      return video;
    }
    return undefined;
  }

  /** Lists the files in the library. @throws {@link DiskError} */
  async scan(): Promise<LibraryContents> {
    return withDiskErrors(async () => {
      const files = await this.#filesIn(this.folder);
      const videos = files.filter(({ file }) => isVideoName(file));
      const sidecars = new Set(videos.map(({ file }) => this.sidecarNameOf(file)));
      return {
        videos,
        parts: await this.#filesIn(path.join(this.folder, PARTS_FOLDER)).catch((error: unknown) => {
          if (isMissing(error)) return [];
          throw error;
        }),
        orphanedSidecars: files.filter(({ file }) => file.endsWith(SIDECAR_EXTENSION) && !sidecars.has(file)),
      };
    });
  }

  /** Returns true if a part is a complete video. @throws {@link DiskError} */
  async isCompletePart(part: string): Promise<boolean> {
    return (await this.#probe(this.pathOfPart(part))) !== undefined;
  }

  pathOfPart(part: string): string {
    return path.join(this.folder, PARTS_FOLDER, part);
  }

  /** Absolute path of a file in the library. */
  pathOf(file: string): string {
    return path.join(this.folder, file);
  }

  sidecarNameOf(file: string): string {
    return nameOf(file) + SIDECAR_EXTENSION;
  }

  /** Returns true if a file exists. @throws {@link DiskError} if that can't be read */
  async has(file: string): Promise<boolean> {
    return (await this.#sizeOf(this.pathOf(file))) !== undefined;
  }

  /** The sidecar of a video's file, if it can be read. */
  async sidecarOf(file: string): Promise<Sidecar | undefined> {
    const sidecar = await this.readSidecar(this.sidecarNameOf(file));
    return sidecar?.video.file === file ? sidecar : undefined;
  }

  /** Reads all readable sidecars. @throws the system's error if too many files are open */
  async sidecars(): Promise<readonly Sidecar[]> {
    const files = await this.#disk.readdir(this.folder).catch((error: unknown) => {
      if (isOutOfFiles(error)) throw error;
      return [];
    });
    const names = files.filter((file) => file.endsWith(SIDECAR_EXTENSION));
    const found: Sidecar[] = [];
    for (let from = 0; from < names.length; from += MAX_OPEN_SIDECARS) {
      const batch = names.slice(from, from + MAX_OPEN_SIDECARS).map((file) => this.#parseSidecar(file));
      for (const sidecar of await Promise.all(batch)) if (sidecar) found.push(sidecar);
    }
    return found;
  }

  /** Returns true if a verified video is no longer readable, for example because it was damaged since. */
  async #isBroken(file: string, video: Pick<LibraryVideo, 'unverified'>): Promise<boolean> {
    return video.unverified === undefined && !(await this.#probe(this.pathOf(file)));
  }

  async #openPart(part: string, mayBeUnverified: boolean): Promise<CompletePart | undefined> {
    const file = this.pathOfPart(part);
    const bytes = await this.#sizeOf(file);
    if (bytes === undefined) return undefined;
    const { describeUnverified } = await import('./videoFile');
    const probed = await this.#probe(file);
    return withDiskErrors(async () => {
      const info = probed ?? (mayBeUnverified ? await describeUnverified(this.#disk, file) : undefined);
      return info && { file, bytes, sha256: await hashFile(this.#disk, file), info };
    });
  }

  async #partsOf(name: string): Promise<readonly LibraryFile[]> {
    return withDiskErrors(async () => {
      const parts = await this.#filesIn(path.join(this.folder, PARTS_FOLDER)).catch((error: unknown) => {
        if (isMissing(error)) return [];
        throw error;
      });
      return parts.filter(({ file }) => ownerNameOfPart(file) === name);
    });
  }

  /** Probes a file; undefined if it's missing or not a complete video. @throws {@link DiskError} */
  async #probe(file: string): Promise<VideoFileInfo | undefined> {
    const { probeVideoFile } = await import('./videoFile');
    return withDiskErrors(async () => {
      try {
        return await probeVideoFile(this.#disk, file);
      } catch (error) {
        if (isMissing(error) || error instanceof VideoFileError) return undefined;
        throw error;
      }
    });
  }

  async #sizeOf(file: string): Promise<number | undefined> {
    return withDiskErrors(async () => {
      try {
        const found = await this.#disk.stat(file);
        return found.isFile() ? found.size : undefined;
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    });
  }

  async #filesIn(folder: string): Promise<LibraryFile[]> {
    const found = await Promise.all(
      (await this.#disk.readdir(folder)).map(async (file) => {
        // It may be gone, for example a part that was placed.
        const stats = await this.#disk.stat(path.join(folder, file)).catch(() => undefined);
        return stats?.isFile() ? [{ file, bytes: stats.size, changedAt: stats.mtimeMs }] : [];
      }),
    );
    return found.flat();
  }

  /** Reads a sidecar by its own name; undefined if it can't be read. */
  async readSidecar(file: string): Promise<Sidecar | undefined> {
    return this.#parseSidecar(file).catch(() => undefined);
  }

  async #parseSidecar(file: string): Promise<Sidecar | undefined> {
    try {
      const parsed = sidecarSchema.safeParse(
        JSON.parse(await this.#disk.readFile(this.pathOf(file), 'utf8')),
      );
      return parsed.success && this.sidecarNameOf(parsed.data.video.file) === file ? parsed.data : undefined;
    } catch (error) {
      if (isOutOfFiles(error)) throw error;
      return undefined;
    }
  }
}

/** Facts of a file that can't be verified. */
const UNKNOWN_INFO = {
  ...{ width: 0, height: 0, durationSeconds: 0, hasAudio: false },
  isUnverified: true,
} as const;

/** A file's name without its extension. */
export function nameOf(file: string): string {
  return path.parse(file).name;
}

/** Name of the video that a part belongs to, without extension; undefined for parts of something else. */
export function ownerNameOfPart(part: string): string | undefined {
  return /^(.+)\.[0-9a-f-]{36}\.part$/.exec(part)?.[1];
}

function isVideoName(file: string): boolean {
  return VIDEO_EXTENSIONS.some((extension) => file.endsWith(`.${extension}`));
}

function describe(
  name: string,
  { bytes, sha256 }: Pick<CompletePart, 'bytes' | 'sha256'>,
  { extension, width, height, durationSeconds, hasAudio, isUnverified }: VideoFileInfo,
): LibraryVideo {
  return {
    ...{ file: `${name}.${extension}`, bytes, sha256, width, height, durationSeconds, hasAudio },
    ...(isUnverified ? { unverified: true } : {}),
  };
}
