import { pageState, type PageState } from './protocol';

/** @returns the stored state if it's valid and belongs to the task, otherwise the defaults. */
export function readState(stored: unknown, taskId: string): PageState {
  const parsed = pageState.safeParse(stored);
  if (parsed.success && parsed.data.taskId === taskId) return parsed.data;
  return { taskId, take: 0, position: 0, volume: 1, muted: false, loop: false, speed: 1 };
}
