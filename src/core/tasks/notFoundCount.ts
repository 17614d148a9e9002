import type { TaskRecord } from '../store/record';
import type { TaskPatch } from '../store/taskPatch';
import { DENIALS_APART, DENIALS_BELIEVED } from './schedule';

/**
 * Counts a response that a task, or its video, isn't there. It's believed if it came often enough, spread over some
 * time (DESIGN 5): responses in quick succession count as one.
 * @param apartMs time between responses that count
 */
export function countNotFound(
  record: Pick<TaskRecord, 'denials' | 'deniedAt'>,
  now: number,
  apartMs = DENIALS_APART,
): { readonly isBelieved: boolean; readonly patch: TaskPatch } {
  const counts = record.deniedAt === undefined || now - record.deniedAt >= apartMs || now < record.deniedAt;
  const denials = record.denials + (counts ? 1 : 0);
  return { isBelieved: denials >= DENIALS_BELIEVED, patch: counts ? { denials, deniedAt: now } : {} };
}
