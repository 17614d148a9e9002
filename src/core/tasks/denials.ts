import type { TaskRecord } from '../store/record';
import { DENIALS_BELIEVED } from './schedule';
import type { TaskPatch } from '../store/taskPatch';

/**
 * Counts an answer that a task or its video is not there. It is believed when it came often enough, spread over
 * some time (DESIGN 5): answers in quick succession count as one.
 * @param apart ms between answers that count
 */
export function countDenial(
  record: Pick<TaskRecord, 'denials' | 'deniedAt'>,
  now: number,
  apart: number,
): { readonly believed: boolean; readonly patch: TaskPatch } {
  const counts = record.deniedAt === undefined || now - record.deniedAt >= apart || now < record.deniedAt;
  const denials = record.denials + (counts ? 1 : 0);
  return { believed: denials >= DENIALS_BELIEVED, patch: counts ? { denials, deniedAt: now } : {} };
}
