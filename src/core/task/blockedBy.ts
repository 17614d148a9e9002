import type { Phase } from './phases';
import type { Failure } from './task';

/** What the user has to see to before a task goes on. */
export type WaitsFor = 'key' | 'balance';

/** The phases in which the gateway has the task and nothing of it is being fetched. */
const FOLLOWED: ReadonlySet<Phase> = new Set(['queued', 'running', 'ready']);

/**
 * What a task is paused for (DESIGN 5, Query): another key, or money on it. The gateway goes on with the task, but
 * does not tell us how it is doing. Undefined while it waits for nobody but the gateway.
 */
export function waitsFor({
  phase,
  failure,
}: {
  readonly phase: Phase;
  readonly failure?: Failure;
}): WaitsFor | undefined {
  if (!FOLLOWED.has(phase)) return undefined;
  switch (failure?.kind) {
    case 'key':
    case 'permission':
      return 'key';
    case 'quota':
      return 'balance';
    default:
      return undefined;
  }
}
