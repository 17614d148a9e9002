import type { TaskRecord } from '../store/record';
import type { TaskPatch } from '../store/taskPatch';
import { DENIALS_APART, DENIALS_BELIEVED } from './schedule';

/**
 * Counts a response that says that a task or its video doesn't exist. Enough of them are believed, and responses in
 * quick succession count as one (DESIGN 5).
 * @param apartMs minimum time between responses that count
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
