import { nameOf, nameOfPart, type Library, type LibraryContents, type LibraryFile } from '../library/library';
import { namesOf, type TaskWithFiles } from '../store/ownedFiles';
import { isEnd } from '../task/phases';
import { readSidecarTask } from '../store/sidecarTask';
import type { TaskStore } from '../store/store';

interface Parts {
  readonly store: TaskStore;
  readonly library: Library;
}

/** What the library takes up. */
export interface LibraryUse {
  readonly videos: number;
  /** Everything in its folder. */
  readonly bytes: number;
}

/** Something that can be cleared away as a whole. */
export interface ShelfItem {
  /** Absolute paths; what matters most comes first. */
  readonly files: readonly string[];
  readonly bytes: number;
}

/** The videos of one task, or a video of none. */
export interface ShelvedVideo extends ShelfItem {
  /** The task; undefined for a file that is in no list. */
  readonly taskId: string | undefined;
  readonly prompt: string;
  readonly model: string | undefined;
  /** When it was asked for, or the file was made; ms since 1970. */
  readonly createdAt: number;
  readonly isSeen: boolean;
  /** Whether it was saved outside of the library. */
  readonly isCopied: boolean;
}

/** What lies in the library, for somebody who wants to make room. */
export interface Shelf {
  readonly use: LibraryUse;
  /** The oldest first. */
  readonly videos: readonly ShelvedVideo[];
  /** What interrupted fetches have left, and can be of no use any more. */
  readonly leftovers: ShelfItem;
}

/** What nobody has touched for so long, in ms, was left behind. */
const LEFT_BEHIND = 24 * 60 * 60_000;

/** Knows what the library holds, and what of it can go. It removes nothing by itself. */
export class Librarian {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** What the library takes up on the disk now. @throws DiskError */
  async use(): Promise<LibraryUse> {
    return useOf(await this.#parts.library.scan());
  }

  /** @throws DiskError */
  async shelf(): Promise<Shelf> {
    const { store, library } = this.#parts;
    const all = await store.allWithFiles();
    // After the tasks: each of their files was there by then.
    const stock = await library.scan();
    const byFile = new Map(stock.videos.map((file) => [file.file, file]));
    const byName = namesOf(all);
    const videos: ShelvedVideo[] = [];
    for (const { record, files } of all) {
      const there = files.map((file) => byFile.get(file)).filter((file) => file !== undefined);
      for (const file of files) byFile.delete(file);
      if (record.phase !== 'saved' || there.length === 0) continue;
      videos.push({
        ...this.#item(there),
        taskId: record.id,
        prompt: record.request.prompt,
        model: record.request.model,
        createdAt: record.createdAt,
        isSeen: record.seenAt !== undefined,
        isCopied: record.copiedAt !== undefined,
      });
    }
    for (const file of byFile.values()) {
      // Just placed, or to be found by Rescue: its task knows best.
      if (byName.has(nameOf(file.file))) continue;
      videos.push({
        ...this.#item([file]),
        taskId: undefined,
        prompt: file.file,
        model: undefined,
        createdAt: file.changedAt,
        isSeen: false,
        isCopied: false,
      });
    }
    videos.sort((a, b) => a.createdAt - b.createdAt);
    return { use: useOf(stock), videos, leftovers: await this.#leftovers(stock, all, byName) };
  }

  /**
   * Writes down that the user has had a task's videos removed.
   * @throws ReadOnlyStoreError
   */
  async removed(taskId: string): Promise<void> {
    await this.#parts.store.markCleaned(taskId, { code: 'removedByUser' });
  }

  #item(files: readonly LibraryFile[]): ShelfItem {
    const { library } = this.#parts;
    return {
      files: files.flatMap(({ file }) => [library.pathOf(file), library.pathOf(library.sidecarNameOf(file))]),
      bytes: sum(files),
    };
  }

  async #leftovers(
    { parts, orphanedSidecars }: LibraryContents,
    all: readonly TaskWithFiles[],
    byName: ReadonlyMap<string, TaskWithFiles>,
  ): Promise<ShelfItem> {
    const { library } = this.#parts;
    // The times of files are the system's own, whatever clock we go by.
    const isOld = ({ changedAt }: LibraryFile) => Date.now() - changedAt > LEFT_BEHIND;
    const old: LibraryFile[] = [];
    const files: string[] = [];
    for (const part of parts.filter(isOld)) {
      const name = nameOfPart(part.file);
      const owner = name === undefined ? undefined : byName.get(name)?.record;
      if (owner && !isEnd(owner.phase)) continue;
      // A whole video that is nowhere else is not left over: Rescue puts it in place.
      if (owner?.phase !== 'saved' && (await library.isCompletePart(part.file))) continue;
      old.push(part);
      files.push(library.pathOfPart(part.file));
    }
    const known = new Set(all.map(({ record }) => record.id));
    for (const sidecar of orphanedSidecars.filter(isOld)) {
      const task = readSidecarTask((await library.readSidecar(sidecar.file))?.task);
      if (!task || known.has(task.id)) continue;
      old.push(sidecar);
      files.push(library.pathOf(sidecar.file));
    }
    return { files, bytes: sum(old) };
  }
}

function useOf({ videos, parts, orphanedSidecars }: LibraryContents): LibraryUse {
  return { videos: videos.length, bytes: sum(videos) + sum(parts) + sum(orphanedSidecars) };
}

function sum(files: readonly LibraryFile[]): number {
  return files.reduce((all, { bytes }) => all + bytes, 0);
}
