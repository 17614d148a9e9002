import { describeError } from '../common/log';
import { DiskError } from '../common/fileSystem';
import {
  nameOf,
  ownerNameOfPart,
  type LibraryContents,
  type LibraryFile,
  type LibraryVideo,
} from '../library/library';
import { derivedId } from '../store/lateIds';
import { tasksByFileName, candidateFileNames, rowsOfFiles, type TaskWithFiles } from '../store/ownedFiles';
import { canTransition, isFinal } from '../task/phases';
import type { TaskRecord } from '../store/record';
import { PHASES_WITHOUT_VIDEO, withFound } from './partialResults';
import type { TaskReopener } from './taskReopener';
import { parseSidecarTask, recordFromSidecar, type SidecarTask } from '../store/sidecarTask';
import type { TaskServices } from './taskServices';

interface Dependencies extends TaskServices {
  readonly reopener: TaskReopener;
}

export interface RecoveryOptions {
  /** Only these tasks; if undefined, all tasks and unlisted files in the library. */
  readonly ids?: readonly string[];
  /** Stops early and keeps what was done so far. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, of: number) => void;
}

export interface RecoveryReport {
  /** Number of tasks that are tracked again. */
  readonly reopened: number;
  /** Number of videos found in the library and added to tasks. */
  readonly found: number;
  /** The system's error message if the library couldn't be searched. */
  readonly libraryError?: string;
}

/** Leases are much shorter, so no window writes to an older part. */
const ABANDONED_PART_AGE_MS = 5 * 60_000;

/** Parses as a URL with an empty host. */
const NO_GATEWAY = 'unknown:';
const NO_MODEL = 'unknown';

/**
 * Recovers lost videos at the user's request: checks tasks again that ended without their video, and adds unlisted
 * videos in the library. It sends no paid request and removes nothing.
 */
export class TaskRecovery {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** @throws ReadOnlyStoreError if the store can't be written */
  async run({ ids, signal, onProgress }: RecoveryOptions = {}): Promise<RecoveryReport> {
    const { store, reopener } = this.#deps;
    const all = await store.allWithFiles();
    const byName = tasksByFileName(all);
    const contents = await this.#deps.library.scan().catch((error: unknown) => {
      if (error instanceof DiskError) return error;
      throw error;
    });
    const canRead = !(contents instanceof DiskError);
    const filesByName = new Map(canRead ? contents.videos.map(({ file }) => [nameOf(file), file]) : []);
    if (canRead) {
      for (const file of await this.#placeParts(contents, byName, filesByName, ids, signal)) {
        filesByName.set(nameOf(file), file);
      }
    }
    const files = canRead ? new Set(filesByName.values()) : undefined;
    const ended = all.filter((task) => (!ids || ids.includes(task.record.id)) && lacksVideo(task, files));
    let reopened = 0;
    let found = 0;
    for (const [index, { record }] of ended.entries()) {
      if (signal?.aborted) break;
      const added = await this.#addFromLibrary(record, filesByName);
      found += added;
      // Check a task that the user selected even if it failed.
      const mayHaveMore = added === 0 && (ids !== undefined || mayHaveVideo(record));
      if (mayHaveMore && (await reopener.checkAgain(record.id))) reopened++;
      onProgress?.(index + 1, ended.length);
    }
    if (!ids && canRead) found += await this.#importUnlisted(all, byName, filesByName, signal);
    return { reopened, found, ...(canRead ? {} : { libraryError: contents.message }) };
  }

  /** Places complete parts that a window didn't rename before it closed. @returns names of the new files */
  async #placeParts(
    { parts }: LibraryContents,
    byName: ReadonlyMap<string, TaskWithFiles>,
    filesByName: ReadonlyMap<string, string>,
    ids: readonly string[] | undefined,
    signal: AbortSignal | undefined,
  ): Promise<readonly string[]> {
    const { library } = this.#deps;
    const commitPart = async (name: string) => {
      const part = await library.findPart(name);
      return part && library.commitPart(part, name);
    };
    const placed: string[] = [];
    for (const part of parts) {
      const name = abandonedName(part);
      if (signal?.aborted || name === undefined || filesByName.has(name)) continue;
      const owner = byName.get(name)?.record;
      // Skip parts of tasks that are still downloading or already have their videos.
      if (owner ? !isFinal(owner.phase) || owner.phase === 'saved' : ids !== undefined) continue;
      if (ids && owner && !ids.includes(owner.id)) continue;
      const video = await this.#logDiskError(part.file, commitPart(name));
      if (video) placed.push(video.file);
    }
    return placed;
  }

  /** Adds videos in the library to their task. @returns the number of videos */
  async #addFromLibrary(record: TaskRecord, filesByName: ReadonlyMap<string, string>): Promise<number> {
    const { store, partialResults } = this.#deps;
    if (!canTransition(record.phase, 'saved')) return 0;
    if (!candidateFileNames(record).some((name) => filesByName.has(name))) return 0;
    const found = await partialResults.find(record);
    const note = { code: 'foundInLibrary' } as const;
    const saved = await store.update(record.id, (current, videos) => {
      const rows = withFound(videos(), found);
      // If some of its videos are missing, ask the gateway first.
      const isWhole = found.size > 0 && rows.every(({ state }) => state === 'recorded');
      return current.version === record.version && isWhole
        ? { phase: 'saved', note, videos: rows, failure: null }
        : undefined;
    });
    return saved ? found.size : 0;
  }

  /** Creates tasks for videos without one. @returns the number of videos */
  async #importUnlisted(
    all: readonly TaskWithFiles[],
    byName: ReadonlyMap<string, TaskWithFiles>,
    filesByName: ReadonlyMap<string, string>,
    signal: AbortSignal | undefined,
  ): Promise<number> {
    const { store, library, clock } = this.#deps;
    const listed = new Set(all.flatMap(({ files }) => files));
    const known = new Set(all.map(({ record }) => record.id));
    const byTask = new Map<string, { readonly task: SidecarTask; readonly videos: LibraryVideo[] }>();
    for (const [name, file] of filesByName) {
      if (signal?.aborted) break;
      if (listed.has(file) || byName.has(name)) continue;
      const task = parseSidecarTask((await library.sidecarOf(file))?.task) ?? taskForFile(file, clock.now());
      if (known.has(task.id)) continue;
      const video = await this.#logDiskError(file, library.find(name, { task }));
      if (!video) continue;
      const entry = byTask.get(task.id) ?? { task, videos: [] };
      entry.videos.push(video);
      byTask.set(task.id, entry);
    }
    let found = 0;
    for (const { task, videos } of byTask.values()) {
      const record = recordFromSidecar(task);
      const code = task.origin === NO_GATEWAY ? 'foundWithoutTask' : 'foundInLibrary';
      videos.sort((a, b) => a.file.localeCompare(b.file));
      const isNew = await store.import({
        record,
        videos: rowsOfFiles(record, videos, videos.length),
        timeline: [{ at: clock.now(), phase: 'saved', note: { code } }],
      });
      if (isNew) found += videos.length;
    }
    return found;
  }

  /** Logs disk errors, so that one unreadable file doesn't stop the others. */
  async #logDiskError<T>(what: string, work: Promise<T>): Promise<T | undefined> {
    try {
      return await work;
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      this.#deps.log.warn(`${what} could not be recovered: ${describeError(error)}`);
      return undefined;
    }
  }
}

function lacksVideo(
  { record, files }: TaskWithFiles,
  libraryFiles: ReadonlySet<string> | undefined,
): boolean {
  const { phase, deletedAt, failure } = record;
  if (PHASES_WITHOUT_VIDEO.has(phase)) return true;
  // Videos that the user removed aren't missing. A saved task with a failure lacks some of its videos.
  const lacksSome =
    failure !== undefined || (libraryFiles !== undefined && files.some((file) => !libraryFiles.has(file)));
  return phase === 'saved' && deletedAt === undefined && lacksSome;
}

function mayHaveVideo({ phase, succeededAt, failure }: TaskRecord): boolean {
  return (
    phase !== 'failed' || succeededAt !== undefined || (failure !== undefined && failure.charged !== 'no')
  );
}

/** Returns the final name of an abandoned part; undefined if it may still be written, or isn't a video's. */
function abandonedName({ file, changedAt }: LibraryFile): string | undefined {
  // File times come from the system clock, not from the injected one.
  if (Date.now() - changedAt < ABANDONED_PART_AGE_MS) return undefined;
  return ownerNameOfPart(file);
}

/** Describes a task for a video without one. Its ID is derived from the file, so every window creates the same task. */
function taskForFile(file: string, now: number): SidecarTask {
  return {
    id: derivedId(nameOf(file)),
    origin: NO_GATEWAY,
    keyId: '',
    // The prompt is unknown, so the file name is shown.
    request: { model: NO_MODEL, prompt: file },
    createdAt: now,
  };
}
