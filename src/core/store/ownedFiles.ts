import { nameOf } from '../library/library';
import type { Sidecar } from '../library/sidecar';
import { libraryNames } from '../library/names';
import type { VideoRow } from '../task/videoRow';
import type { TaskRecord } from './record';

/** A task, and what its videos are called in the library. */
export interface TaskWithFiles {
  readonly record: TaskRecord;
  readonly files: readonly string[];
}

/** So many videos a task may have, and some more. */
const MOST_VIDEOS = 8;

/**
 * What the videos of a task are called in the library, without their ending, in order.
 * @param more so many more than a task may have
 */
export function possibleNames({ id, createdAt, request }: TaskRecord, more = 0): string[] {
  return libraryNames({ id, createdAt, prompt: request.prompt }, MOST_VIDEOS + more);
}

/** Whose a file is, by its name without its ending. */
export function namesOf(all: readonly TaskWithFiles[]): ReadonlyMap<string, TaskWithFiles> {
  return new Map(all.flatMap((task) => possibleNames(task.record).map((name) => [name, task] as const)));
}

/**
 * The rows of a task of which only files are left. Their names tell their positions.
 * @param count how many videos it has made
 */
export function rowsOfFiles(
  record: TaskRecord,
  videos: readonly Sidecar['video'][],
  count: number,
): readonly VideoRow[] {
  const names = possibleNames(record);
  const positions = videos.map(({ file }) => names.indexOf(nameOf(file)));
  // A file that was renamed comes after the others.
  let next = Math.max(count, ...positions.map((position) => position + 1));
  const rows = videos.map(({ source, ...video }, index): VideoRow => {
    const at = positions[index] ?? -1;
    const position = at < 0 ? next++ : at;
    return { position, state: 'recorded', ...(source === undefined ? {} : { mark: source }), ...video };
  });
  const byPosition = new Map(rows.map((row) => [row.position, row]));
  const state = videos.length < count ? 'expected' : 'gone';
  return Array.from({ length: next }, (_, position) => byPosition.get(position) ?? { position, state });
}
