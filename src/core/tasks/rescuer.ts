import { createHash } from 'node:crypto';
import type { Clock } from '../common/clock';
import { describeError, type Log } from '../common/log';
import { DiskError } from '../common/fileSystem';
import {
  nameOf,
  nameOfPart,
  type Library,
  type LibraryContents,
  type LibraryFile,
  type LibraryVideo,
} from '../library/library';
import { namesOf, possibleNames, rowsOfFiles, type TaskWithFiles } from '../store/ownedFiles';
import type { StoredNote } from '../task/failure';
import { canMove, isEnd } from '../task/phases';
import type { TaskRecord } from '../store/record';
import { withFound, type PartialResults } from './partialResults';
import type { Reopener } from './reopener';
import { readSidecarTask, recordFromSidecar, type SidecarTask } from '../store/sidecarTask';
import type { TaskStore } from '../store/store';

interface Parts {
  readonly store: TaskStore;
  readonly library: Library;
  readonly reopener: Reopener;
  readonly partialResults: PartialResults;
  readonly clock: Clock;
  readonly log: Log;
}

export interface RescueOptions {
  /** Only these tasks; without it all of them, and what lies in the library besides. */
  readonly ids?: readonly string[];
  /** Ends it early; what is done by then stays done. */
  readonly signal?: AbortSignal;
  /** Told how many of how many tasks have been looked at. */
  readonly onProgress?: (done: number, of: number) => void;
}

/** What came of it. */
export interface RescueReport {
  /** So many tasks are followed again. */
  readonly lookedAgain: number;
  /** So many videos were found in the library and are in the list now. */
  readonly found: number;
  /** Why the library could not be searched, in the system's words. */
  readonly libraryFault?: string;
}

/** A part that nobody has written to for so long, in ms, was left by a window that is gone: leases are far shorter. */
const PART_ABANDONED = 5 * 60_000;

/** Where a video came from of which only the file is left: `host` of it is empty. */
const NO_GATEWAY = 'unknown:';
const NO_MODEL = 'unknown';

/**
 * Gets back what can be got back, by the user's word: asks once more about tasks that ended without their video, and
 * takes over videos that lie in the library unlisted. It sends no paid request and removes nothing.
 */
export class Rescuer {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** @throws ReadOnlyStoreError when nothing can be written down */
  async rescue({ ids, signal, onProgress }: RescueOptions = {}): Promise<RescueReport> {
    const { store, reopener } = this.#parts;
    const all = await store.allWithFiles();
    const byName = namesOf(all);
    const stock = await this.#takeStock();
    const canSee = !(stock instanceof DiskError);
    const there = new Map(canSee ? stock.videos.map(({ file }) => [nameOf(file), file]) : []);
    if (canSee) {
      for (const file of await this.#placeParts(stock, byName, there, ids, signal)) {
        there.set(nameOf(file), file);
      }
    }
    const files = new Set(there.values());
    const ended = all.filter(
      (task) => (!ids || ids.includes(task.record.id)) && hasNoVideo(task, canSee ? files : undefined),
    );
    let lookedAgain = 0;
    let found = 0;
    for (const [index, { record }] of ended.entries()) {
      if (signal?.aborted) break;
      const taken = await this.#takeFromLibrary(record, there);
      found += taken;
      // Who names a task wants it asked about, whatever the gateway said of it.
      if (
        taken === 0 &&
        (ids !== undefined || mayHaveVideo(record)) &&
        (await reopener.lookAgain(record.id))
      ) {
        lookedAgain++;
      }
      onProgress?.(index + 1, ended.length);
    }
    if (!ids && canSee) found += await this.#takeUnlisted(all, byName, there, signal);
    return { lookedAgain, found, ...(canSee ? {} : { libraryFault: stock.message }) };
  }

  async #takeStock(): Promise<LibraryContents | DiskError> {
    try {
      return await this.#parts.library.scan();
    } catch (error) {
      if (error instanceof DiskError) return error;
      throw error;
    }
  }

  /** Puts in place what was fetched whole, but not renamed before its window ended. @returns the new files */
  async #placeParts(
    { parts }: LibraryContents,
    byName: ReadonlyMap<string, TaskWithFiles>,
    there: ReadonlyMap<string, string>,
    ids: readonly string[] | undefined,
    signal: AbortSignal | undefined,
  ): Promise<readonly string[]> {
    const placed: string[] = [];
    for (const part of parts) {
      const name = nameOfAbandoned(part);
      if (signal?.aborted || name === undefined || there.has(name)) continue;
      const owner = byName.get(name)?.record;
      // What a task still fetches, or has, is its own business.
      if (owner ? !isEnd(owner.phase) || owner.phase === 'saved' : ids !== undefined) continue;
      if (ids && owner && !ids.includes(owner.id)) continue;
      const video = await this.#orNothing(part.file, this.#placePart(name));
      if (video) placed.push(video.file);
    }
    return placed;
  }

  async #placePart(name: string): Promise<LibraryVideo | undefined> {
    const { library } = this.#parts;
    const part = await library.findPart(name);
    return part && library.place(part, name);
  }

  /** Gives a task without a video what the library has of it. @returns how many videos */
  async #takeFromLibrary(record: TaskRecord, there: ReadonlyMap<string, string>): Promise<number> {
    const { store, partialResults } = this.#parts;
    if (!canMove(record.phase, 'saved')) return 0;
    if (!possibleNames(record).some((name) => there.has(name))) return 0;
    const found = await partialResults.find(record);
    const note = { code: 'foundInLibrary' } as const;
    const saved = await store.update(record.id, (current, videos) => {
      const rows = withFound(videos(), found);
      // With some of its videos missing, the gateway is asked first.
      const isWhole = found.size > 0 && rows.every(({ state }) => state === 'recorded');
      return current.version === record.version && isWhole
        ? { phase: 'saved', note, videos: rows, failure: null }
        : undefined;
    });
    return saved ? found.size : 0;
  }

  /** Makes tasks of the videos that belong to none. @returns how many videos */
  async #takeUnlisted(
    all: readonly TaskWithFiles[],
    byName: ReadonlyMap<string, TaskWithFiles>,
    there: ReadonlyMap<string, string>,
    signal: AbortSignal | undefined,
  ): Promise<number> {
    const { store, library, clock } = this.#parts;
    const listed = new Set(all.flatMap(({ files }) => files));
    const known = new Set(all.map(({ record }) => record.id));
    const byTask = new Map<string, { readonly task: SidecarTask; readonly videos: LibraryVideo[] }>();
    for (const [name, file] of there) {
      if (signal?.aborted) break;
      if (listed.has(file) || byName.has(name)) continue;
      const task = readSidecarTask((await library.sidecarOf(file))?.task) ?? onlyFile(file, clock.now());
      if (known.has(task.id)) continue;
      const video = await this.#orNothing(file, library.find(name, { task }));
      if (!video) continue;
      const entry = byTask.get(task.id) ?? { task, videos: [] };
      entry.videos.push(video);
      byTask.set(task.id, entry);
    }
    let found = 0;
    for (const { task, videos } of byTask.values()) {
      const record = recordFromSidecar(task);
      const note: StoredNote = {
        code: task.origin === NO_GATEWAY ? 'foundWithoutTask' : 'foundInLibrary',
      };
      videos.sort((a, b) => a.file.localeCompare(b.file));
      if (
        await store.adopt({
          record,
          videos: rowsOfFiles(record, videos, videos.length),
          timeline: [{ at: clock.now(), phase: 'saved', note }],
        })
      )
        found += videos.length;
    }
    return found;
  }

  /** One file that the disk does not give is no reason to leave the others. */
  async #orNothing<T>(what: string, work: Promise<T>): Promise<T | undefined> {
    try {
      return await work;
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      this.#parts.log.warn(`${what} could not be rescued: ${describeError(error)}`);
      return undefined;
    }
  }
}

/** @param there the files in the library; without it nothing is said of them */
function hasNoVideo({ record, files }: TaskWithFiles, there: ReadonlySet<string> | undefined): boolean {
  switch (record.phase) {
    case 'failed':
    case 'lost':
    case 'stopped':
    case 'unknown':
      return true;
    case 'saved':
      // What the user has cleared away is not missed. One with a failure lacks some of several videos.
      return (
        record.cleanedAt === undefined &&
        (record.failure !== undefined || (there !== undefined && files.some((file) => !there.has(file))))
      );
    default:
      return false;
  }
}

/** Whether the gateway may have a video all the same. */
function mayHaveVideo({ phase, succeededAt, failure }: TaskRecord): boolean {
  return (
    phase !== 'failed' || succeededAt !== undefined || (failure !== undefined && failure.charged !== 'no')
  );
}

/** The name that an abandoned part was meant to have; undefined for what is under way, or no video. */
function nameOfAbandoned({ file, changedAt }: LibraryFile): string | undefined {
  // The times of files are the system's own, whatever clock we go by.
  if (Date.now() - changedAt < PART_ABANDONED) return undefined;
  return nameOfPart(file);
}

/** A task for a video of which nothing is known but its file. The same for each window that finds it. */
function onlyFile(file: string, now: number): SidecarTask {
  const [a, b, c, d, e] =
    /^(.{8})(.{4})(.{4})(.{4})(.{12})/
      .exec(createHash('sha256').update(nameOf(file)).digest('hex'))
      ?.slice(1) ?? [];
  return {
    id: [a, b, c, d, e].join('-'),
    origin: NO_GATEWAY,
    keyId: '',
    // Not the prompt, which nobody knows: what is shown is plainly the name of a file.
    request: { model: NO_MODEL, prompt: file },
    createdAt: now,
  };
}
