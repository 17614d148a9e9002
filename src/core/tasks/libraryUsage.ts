import { nameOf, ownerNameOfPart, type LibraryContents, type LibraryFile } from '../library/library';
import { tasksByFileName, type TaskWithFiles } from '../store/ownedFiles';
import { isFinal } from '../task/phases';
import { parseSidecarTask } from '../store/sidecarTask';
import type { TaskServices } from './taskServices';

export interface DiskUsage {
  readonly videos: number;
  /** Size of everything in the library folder. */
  readonly bytes: number;
}

export interface RemovableItem {
  /** Absolute paths, videos before their sidecars. */
  readonly files: readonly string[];
  readonly bytes: number;
}

export interface RemovableVideo extends RemovableItem {
  readonly taskId: string | undefined;
  readonly prompt: string;
  readonly model: string | undefined;
  /** Time of the request, or of the file's last change, in ms since 1970. */
  readonly createdAt: number;
  readonly isSeen: boolean;
  readonly isExported: boolean;
}

export interface LibraryReport {
  readonly diskUsage: DiskUsage;
  /** Oldest first. */
  readonly videos: readonly RemovableVideo[];
  /** Files of interrupted downloads that are no longer needed. */
  readonly leftovers: RemovableItem;
}

const LEFTOVER_AGE_MS = 24 * 60 * 60_000;

/** Reports the library's disk usage and what can be removed. Doesn't remove anything itself. */
export class LibraryUsage {
  readonly #deps: Pick<TaskServices, 'store' | 'library'>;

  constructor(deps: Pick<TaskServices, 'store' | 'library'>) {
    this.#deps = deps;
  }

  /** @throws DiskError */
  async report(): Promise<LibraryReport> {
    const { store, library } = this.#deps;
    const all = await store.allWithFiles();
    // Scan after reading the tasks, so that no file of a task is missing from the scan.
    const contents = await library.scan();
    const byFile = new Map(contents.videos.map((file) => [file.file, file]));
    const byName = tasksByFileName(all);
    const videos: RemovableVideo[] = [];
    for (const { record, files } of all) {
      const found = files.map((file) => byFile.get(file)).filter((file) => file !== undefined);
      for (const file of files) byFile.delete(file);
      if (record.phase !== 'saved' || found.length === 0) continue;
      const { id: taskId, request, createdAt, seenAt, exportedAt } = record;
      videos.push({
        ...this.#item(found),
        ...{ taskId, prompt: request.prompt, model: request.model, createdAt },
        ...{ isSeen: seenAt !== undefined, isExported: exportedAt !== undefined },
      });
    }
    for (const file of byFile.values()) {
      // Just placed, or found later by Recover Lost Videos.
      if (byName.has(nameOf(file.file))) continue;
      videos.push({
        ...this.#item([file]),
        ...{ taskId: undefined, prompt: file.file, model: undefined, createdAt: file.changedAt },
        ...{ isSeen: false, isExported: false },
      });
    }
    videos.sort((a, b) => a.createdAt - b.createdAt);
    return {
      diskUsage: toDiskUsage(contents),
      videos,
      leftovers: await this.#leftovers(contents, all, byName),
    };
  }

  /** Records that the user removed a task's videos. @throws ReadOnlyStoreError */
  async recordDeletion(taskId: string): Promise<void> {
    await this.#deps.store.markDeleted(taskId, { code: 'removedByUser' });
  }

  #item(files: readonly LibraryFile[]): RemovableItem {
    const { library } = this.#deps;
    return {
      files: files.flatMap(({ file }) => [library.pathOf(file), library.pathOf(library.sidecarNameOf(file))]),
      bytes: totalBytes(files),
    };
  }

  async #leftovers(
    { parts, orphanedSidecars }: LibraryContents,
    all: readonly TaskWithFiles[],
    byName: ReadonlyMap<string, TaskWithFiles>,
  ): Promise<RemovableItem> {
    const { library } = this.#deps;
    // File times come from the system clock, not from the injected one.
    const isOld = ({ changedAt }: LibraryFile) => Date.now() - changedAt > LEFTOVER_AGE_MS;
    const old: LibraryFile[] = [];
    const files: string[] = [];
    for (const part of parts.filter(isOld)) {
      const name = ownerNameOfPart(part.file);
      const owner = name === undefined ? undefined : byName.get(name)?.record;
      if (owner && !isFinal(owner.phase)) continue;
      // Keep a complete video that exists nowhere else. Recover Lost Videos places it.
      if (owner?.phase !== 'saved' && (await library.isCompletePart(part.file))) continue;
      old.push(part);
      files.push(library.pathOfPart(part.file));
    }
    const known = new Set(all.map(({ record }) => record.id));
    for (const sidecar of orphanedSidecars.filter(isOld)) {
      const task = parseSidecarTask((await library.readSidecar(sidecar.file))?.task);
      if (!task || known.has(task.id)) continue;
      old.push(sidecar);
      files.push(library.pathOf(sidecar.file));
    }
    return { files, bytes: totalBytes(old) };
  }
}

function toDiskUsage({ videos, parts, orphanedSidecars }: LibraryContents): DiskUsage {
  return {
    videos: videos.length,
    bytes: totalBytes(videos) + totalBytes(parts) + totalBytes(orphanedSidecars),
  };
}

function totalBytes(files: readonly LibraryFile[]): number {
  return files.reduce((all, { bytes }) => all + bytes, 0);
}
