import type { Phase } from './phases';

/**
 * Where a task ID comes from that may be wrong until the gateway has said something about that task: from the user, or
 * from a response in which it may be that of the request, or that also reports an error (`unsure`).
 */
export const ID_SOURCES = ['byHand', 'byHandConfirmed', 'unsure'] as const;

export type IdSource = (typeof ID_SOURCES)[number];

/** A task ID that arrived after the user had attached another one: both are tracked until the user decides. */
export interface IdQuestion {
  /** The task that tracks the late ID. */
  readonly taskId: string;
  readonly lateId: string;
  readonly attachedId: string;
}

/** Whether the gateway has never said that it knows the task by its id. */
export function isUnconfirmed(source: IdSource | undefined): boolean {
  return source === 'byHand' || source === 'unsure';
}

/** What an id is once the gateway knows it. One of the user's may still be that of another video. */
export function confirmed(source: IdSource | undefined): IdSource | null {
  return source === undefined || source === 'unsure' ? null : 'byHandConfirmed';
}

/** Whether the user may attach a task id: where there is none, or one that is no more than a guess. */
export function takesTaskId({
  phase,
  idSource,
}: {
  readonly phase: Phase;
  readonly idSource: IdSource | undefined;
}): boolean {
  switch (phase) {
    case 'unknown':
      return true;
    case 'queued':
      return isUnconfirmed(idSource);
    case 'failed':
    case 'rejected':
    case 'lost':
    case 'stopped':
      return idSource !== undefined;
    default:
      return false;
  }
}
