import { describeError, type Log } from '../common/log';
import { DiskError } from '../common/fileSystem';
import { nameOf, type Library, type LibraryVideo } from '../library/library';
import type { Failures } from './failures';
import type { Phase } from '../task/phases';
import { describeTask } from '../store/sidecarTask';
import { possibleNames } from '../store/ownedFiles';
import type { TaskPatch } from '../store/taskPatch';
import { toVideoRows, type TaskRecord } from '../store/record';

/** Ends at which a task has nothing to show. */
const FRUITLESS: ReadonlySet<Phase> = new Set(['failed', 'lost', 'stopped', 'unknown']);

interface Parts {
  readonly library: Library;
  readonly failures: Failures;
  readonly log: Log;
}

/**
 * A task of which videos are in the library has not come to nothing, however the others end: it is `saved` (again),
 * and its failure says that some are missing (DESIGN 5, Fetch).
 */
export class Endings {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Whether a task would end without anything to show: then {@link videosOf} it count. */
  isFruitless(patch: TaskPatch | undefined): boolean {
    return patch?.phase !== undefined && FRUITLESS.has(patch.phase);
  }

  /**
   * The videos of a task that lie in the library, also those that nobody has written down: their window may have
   * ended in between, or the folder was away for a while. None where the disk does not say.
   */
  async videosOf(record: TaskRecord): Promise<readonly LibraryVideo[]> {
    const { library, log } = this.#parts;
    try {
      const videos: LibraryVideo[] = [];
      for (const name of possibleNames(record)) {
        const video = await library.find(name, { task: describeTask(record) });
        if (video) videos.push(video);
      }
      return videos;
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      log.warn(`task ${record.id}: the library could not be looked through: ${describeError(error)}`);
      return [];
    }
  }

  /**
   * What becomes of a task in place of an end that has nothing to show.
   * @param inLibrary as {@link videosOf} has found them
   * @param writtenDown how many videos of it are written down
   */
  keepVideos<Patch extends TaskPatch | undefined>(
    patch: Patch,
    record: TaskRecord,
    inLibrary: readonly LibraryVideo[],
    writtenDown: number,
  ): Patch | TaskPatch {
    if (!patch || !this.isFruitless(patch) || inLibrary.length + writtenDown === 0) return patch;
    const isWhole = inLibrary.length > 0 && inLibrary.length >= videosMade(record, inLibrary);
    return {
      ...patch,
      phase: 'saved',
      ...(inLibrary.length > 0 ? { videos: toVideoRows(inLibrary) } : {}),
      failure: isWhole ? null : this.#parts.failures.othersMissing(patch.failure ?? undefined),
    };
  }
}

/** How many videos a task has made at least, by what the gateway named and by the names of those that are here. */
export function videosMade(record: TaskRecord, here: readonly { readonly file: string }[]): number {
  const files = new Set(here.map(({ file }) => nameOf(file)));
  const last = possibleNames(record).findLastIndex((name) => files.has(name));
  return Math.max(record.links.length, last + 1);
}
