import { libraryNames } from '../library/names';
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
