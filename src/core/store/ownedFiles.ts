import { nameOf } from '../library/library';
import type { Sidecar } from '../library/sidecar';
import { libraryNames } from '../library/fileNames';
import type { VideoRow } from '../task/videoRow';
import type { TaskRecord } from './record';

/** A task with the names of its videos in the library. */
export interface TaskWithFiles {
  readonly record: TaskRecord;
  readonly files: readonly string[];
}

/** Number of possible names per task. */
const MAX_VIDEOS = 8;

/**
 * Names of a task's videos in the library, in order, without extension.
 * @param more number of additional names
 */
export function candidateFileNames({ id, createdAt, request }: TaskRecord, more = 0): string[] {
  return libraryNames({ id, createdAt, prompt: request.prompt }, MAX_VIDEOS + more);
}

/** Tasks by the names of their files, without extension. */
export function tasksByFileName(all: readonly TaskWithFiles[]): ReadonlyMap<string, TaskWithFiles> {
  return new Map(all.flatMap((task) => candidateFileNames(task.record).map((name) => [name, task] as const)));
}

/**
 * Creates video rows from a task's files. Their names give their positions.
 * @param count number of videos that the task has
 */
export function rowsOfFiles(
  record: TaskRecord,
  videos: readonly Sidecar['video'][],
  count: number,
): readonly VideoRow[] {
  const names = candidateFileNames(record);
  const positions = videos.map(({ file }) => names.indexOf(nameOf(file)));
  // Renamed files come after the others.
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
