import type { Phase } from './phases';
import type { Failure } from './task';

/** The reason why a task waits for the user. `approval`: the key isn't approved for the gateway's address. */
export type BlockedBy = 'key' | 'approval' | 'keyring' | 'balance';

/** Phases in which the gateway has the task and nothing is being downloaded. */
const TRACKED_PHASES: ReadonlySet<Phase> = new Set(['queued', 'running', 'ready']);

/**
 * Returns what a task waits for from the user (DESIGN 5, Query). Meanwhile, the gateway continues the task, but doesn't
 * report its status. Undefined if the task waits only for the gateway.
 */
export function blockedBy({
  phase,
  failure,
}: {
  readonly phase: Phase;
  readonly failure?: Failure;
}): BlockedBy | undefined {
  if (!TRACKED_PHASES.has(phase)) return undefined;
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
