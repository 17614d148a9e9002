import type { Phase } from './phases';
import type { Failure } from './task';

/** What the user has to provide before a task continues: a key, approval of an address, an open keyring, or balance. */
export type WaitsFor = 'key' | 'approval' | 'keyring' | 'balance';

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
      if (failure.noKey === 'notApproved') return 'approval';
      return failure.noKey === 'locked' ? 'keyring' : 'key';
    case 'quota':
      return 'balance';
    default:
      return undefined;
  }
}
