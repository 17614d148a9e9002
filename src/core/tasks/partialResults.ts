import { DiskError } from '../common/fileSystem';
import { describeError, type Log } from '../common/log';
import type { Library, LibraryVideo } from '../library/library';
import { possibleNames } from '../store/ownedFiles';
import type { TaskRecord } from '../store/record';
import { describeTask } from '../store/sidecarTask';
import type { TaskPatch } from '../store/taskPatch';
import type { StoredFailure } from '../task/failure';
import type { Phase } from '../task/phases';
import type { VideoRow } from '../task/videoRow';
import type { FailuresAt } from './failures';
import { isPending, isReceived, matchVideos, recordedRow } from './videoRows';

/** Phases in which a task ends with nothing to show. */
const PHASES_WITHOUT_VIDEO: ReadonlySet<Phase> = new Set(['failed', 'lost', 'stopped', 'unknown']);

/** The videos of a task that are in the library, by their positions. */
export type FoundVideos = ReadonlyMap<number, LibraryVideo>;

export const NOTHING_FOUND: FoundVideos = new Map();

interface Dependencies {
  readonly library: Library;
  readonly failures: FailuresAt;
  readonly log: Log;
}

/**
 * A task with some of its videos in the library is `saved`, however the others end; its failure says that some are
 * missing (DESIGN 5, Download).
 */
export class PartialResults {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Whether a task would end with nothing to show. Then {@link find} what it has. */
  endsWithoutVideo(patch: TaskPatch | undefined): boolean {
    return patch?.phase !== undefined && PHASES_WITHOUT_VIDEO.has(patch.phase);
  }

  /**
   * Finds the videos of a task in the library, also those that no row names: their window may have ended before it
   * could store them. None if the disk doesn't say.
   */
  async find(record: TaskRecord): Promise<FoundVideos> {
    const { library, log } = this.#deps;
    const found = new Map<number, LibraryVideo>();
    try {
      for (const [position, name] of possibleNames(record).entries()) {
        const video = await library.find(name, { task: describeTask(record) });
        if (video) found.set(position, video);
      }
      return found;
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      log.warn(`task ${record.id}: the library couldn't be searched: ${describeError(error)}`);
      return NOTHING_FOUND;
    }
  }

  /** What becomes of a task in place of an end with nothing to show. */
  keepVideos<Patch extends TaskPatch | undefined>(
    patch: Patch,
    record: TaskRecord,
    rows: readonly VideoRow[],
    found: FoundVideos,
  ): Patch | TaskPatch {
    if (!patch || !this.endsWithoutVideo(patch)) return patch;
    // A task of an older version has links, but no rows.
    const all = matchVideos(rows, [], record.links.length);
    const listed = withFound(all, found);
    // The user's decision ends everything. The gateway's end is no reason to give up what was received.
    const goesOn = patch.phase !== 'stopped' && listed.some(isReceived);
    const videos = listed.map((row) =>
      isPending(row) && !(goesOn && isReceived(row))
        ? { ...row, state: 'gone' as const, ...(patch.failure ? { reason: patch.failure } : {}) }
        : row,
    );
    if (goesOn) {
      const failure = videos.find(isReceived)?.reason ?? null;
      return { ...patch, phase: 'ready', videos, failure };
    }
    if (!videos.some(({ state }) => state === 'recorded')) return patch;
    return {
      ...patch,
      phase: 'saved',
      videos,
      failure: this.missing(record, videos, patch.failure ?? undefined),
    };
  }

  /** What a task that is `saved` says of the videos that are missing; null if none is. */
  missing({ baseUrl }: TaskRecord, rows: readonly VideoRow[], reason?: StoredFailure): StoredFailure | null {
    const gone = rows.filter(({ state }) => state === 'gone');
    if (gone.length === 0) return null;
    const why = reason ?? gone.find((row) => row.reason)?.reason;
    return this.#deps.failures(baseUrl).videosMissing(gone.length, rows.length, why);
  }
}

/** Rows with what was found in the library; those of which nothing is known are added. */
export function withFound(rows: readonly VideoRow[], found: FoundVideos): readonly VideoRow[] {
  // Rows of an older version may have another position than their file's name says.
  const listed = new Set(rows.map(({ file }) => file));
  const added = new Map([...found].filter(([, { file }]) => !listed.has(file)));
  const count = Math.max(rows.length, ...[...added.keys()].map((position) => position + 1));
  return Array.from({ length: count }, (_, position): VideoRow => {
    const row = rows[position] ?? { position, state: 'expected' };
    const video = added.get(position);
    return video && row.state !== 'recorded' ? recordedRow(row, video) : row;
  });
}
