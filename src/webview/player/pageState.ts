import { pageState, type PageState } from './protocol';

/** What was kept for this task's page, as far as it can be read; else how a page begins. */
export function readState(stored: unknown, taskId: string): PageState {
  const parsed = pageState.safeParse(stored);
  if (parsed.success && parsed.data.taskId === taskId) return parsed.data;
  return { taskId, take: 0, position: 0, volume: 1, muted: false, loop: false, speed: 1 };
}
