import type { Failures } from './failures';
import type { Phase } from './phases';
import type { TaskPatch } from './store/patch';

/** Ends at which a task has nothing to show. */
const FRUITLESS: ReadonlySet<Phase> = new Set(['failed', 'lost', 'stopped', 'unknown']);

/**
 * A task of which videos are in the library has not come to nothing, however the others end: it is `saved` (again),
 * and its failure says that some are missing (DESIGN 5, Fetch).
 * @param videosHere how many of its videos are in the library
 */
export function keepVideos<Patch extends TaskPatch | undefined>(
  patch: Patch,
  videosHere: number,
  failures: Failures,
): Patch | TaskPatch {
  if (videosHere === 0 || patch?.phase === undefined || !FRUITLESS.has(patch.phase)) return patch;
  return { ...patch, phase: 'saved', failure: failures.othersMissing(patch.failure ?? undefined) };
}
