import type { Phase } from './phases';

/**
 * Source of a task ID that may be wrong until the gateway has confirmed it: the user (`byHand`), or a response in which it
 * may be another kind of ID or that also reports an error (`unsure`).
 */
export const ID_SOURCES = ['byHand', 'byHandConfirmed', 'unsure'] as const;

export type IdSource = (typeof ID_SOURCES)[number];

/** A task ID that arrived after the user attached another one. Both are tracked until the user decides. */
export interface IdQuestion {
  /** The task that tracks the late ID. */
  readonly taskId: string;
  readonly lateId: string;
  readonly attachedId: string;
}

/** Returns true if the gateway hasn't confirmed the task's ID. */
export function isUnconfirmed(source: IdSource | undefined): boolean {
  return source === 'byHand' || source === 'unsure';
}

/** The source to store once the gateway knows the ID. An attached ID may still be another video's. */
export function confirmed(source: IdSource | undefined): IdSource | null {
  return source === undefined || source === 'unsure' ? null : 'byHandConfirmed';
}

/** Returns true if the user may attach a task ID: there is none, or only an uncertain one. */
export function canAttachTaskId({
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
