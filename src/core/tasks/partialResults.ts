import { DiskError } from '../common/fileSystem';
import { describeError } from '../common/log';
import type { LibraryVideo } from '../library/library';
import { candidateFileNames } from '../store/ownedFiles';
import type { TaskRecord } from '../store/record';
import { toSidecarTask } from '../store/sidecarTask';
import type { TaskPatch } from '../store/taskPatch';
import type { StoredFailure } from '../task/failure';
import type { Phase } from '../task/phases';
import type { VideoRow } from '../task/videoRow';
import { isPending, isReceived, libraryRow, matchVideos } from './videoRows';
import type { TaskServices } from './taskServices';

export const PHASES_WITHOUT_VIDEO: ReadonlySet<Phase> = new Set(['failed', 'lost', 'stopped', 'unknown']);

/** Videos in the library by position. */
export type FoundVideos = ReadonlyMap<number, LibraryVideo>;

export const NOTHING_FOUND: FoundVideos = new Map();

type Dependencies = Pick<TaskServices, 'library' | 'failures' | 'log'>;

/** Makes a task with some of its videos `saved`, with a failure that reports the missing ones (DESIGN 5, Download). */
export class PartialResults {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** As {@link find}, if a patch ends the task without a video. */
  async findFor(record: TaskRecord, patch: TaskPatch): Promise<FoundVideos> {
    return endsWithoutVideo(patch) ? this.find(record) : NOTHING_FOUND;
  }

  /**
   * Finds a task's videos in the library. A window may have closed before it stored their rows. Returns none if the library
   * can't be read.
   */
  async find(record: TaskRecord): Promise<FoundVideos> {
    const { library, log } = this.#deps;
    const found = new Map<number, LibraryVideo>();
    try {
      for (const [position, name] of candidateFileNames(record).entries()) {
        const video = await library.find(name, { task: toSidecarTask(record) });
        if (video) found.set(position, video);
      }
      return found;
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      log.warn(`task ${record.id}: the library couldn't be searched: ${describeError(error)}`);
      return NOTHING_FOUND;
    }
  }

  /** Changes a patch that would end a task without a video if some of its videos were received. */
  keepVideos<Patch extends TaskPatch | undefined>(
    patch: Patch,
    record: TaskRecord,
    rows: readonly VideoRow[],
    found: FoundVideos,
  ): Patch | TaskPatch {
    if (!patch || !endsWithoutVideo(patch)) return patch;
    // Tasks of older versions have links, but no rows.
    const listed = withFound(matchVideos(rows, [], record.links.length), found);
    // An end at the gateway must not discard received videos.
    const continues = patch.phase !== 'stopped' && listed.some(isReceived);
    const videos = listed.map((row) =>
      isPending(row) && !(continues && isReceived(row))
        ? { ...row, state: 'gone' as const, ...(patch.failure ? { reason: patch.failure } : {}) }
        : row,
    );
    if (continues) {
      const failure = videos.find(isReceived)?.reason ?? null;
      return { ...patch, phase: 'ready', videos, failure };
    }
    if (!videos.some(({ state }) => state === 'recorded')) return patch;
    const failure = this.missing(record, videos, patch.failure ?? undefined);
    return { ...patch, phase: 'saved', videos, failure };
  }

  /** Returns the failure of a `saved` task; null if no video is missing. */
  missing({ baseUrl }: TaskRecord, rows: readonly VideoRow[], reason?: StoredFailure): StoredFailure | null {
    const gone = rows.filter(({ state }) => state === 'gone');
    if (gone.length === 0) return null;
    const cause = reason ?? gone.find((row) => row.reason)?.reason;
    return this.#deps.failures(baseUrl).videosMissing(gone.length, rows.length, cause);
  }
}

function endsWithoutVideo({ phase }: TaskPatch): boolean {
  return phase !== undefined && PHASES_WITHOUT_VIDEO.has(phase);
}

/** Marks rows whose videos were found in the library as `recorded`, and adds missing rows. */
export function withFound(rows: readonly VideoRow[], found: FoundVideos): readonly VideoRow[] {
  // Rows of older versions may differ in position from their file's name.
  const listed = new Set(rows.map(({ file }) => file));
  const added = new Map([...found].filter(([, { file }]) => !listed.has(file)));
  const count = Math.max(rows.length, ...[...added.keys()].map((position) => position + 1));
  return Array.from({ length: count }, (_, position): VideoRow => {
    const row = rows[position] ?? { position, state: 'expected' };
    const video = added.get(position);
    return video && row.state !== 'recorded' ? libraryRow(row, video, 'recorded') : row;
  });
}
