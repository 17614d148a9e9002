import type { Phase } from './phases';

/**
 * Where a gateway's task id comes from that no whole reply gave: the user, or a reply that was cut after it. It may be
 * wrong until the gateway has said something of that task.
 */
export const ID_SOURCES = ['byHand', 'byHandConfirmed', 'cutReply'] as const;

export type IdSource = (typeof ID_SOURCES)[number];

/** Whether the gateway has never said that it knows the task by its id. */
export function isUnconfirmed(source: IdSource | undefined): source is 'byHand' | 'cutReply' {
  return source === 'byHand' || source === 'cutReply';
}

/** What an id is once the gateway knows it. One of the user's may still be that of another video. */
export function confirmed(source: IdSource | undefined): IdSource | null {
  return source === 'byHand' || source === 'byHandConfirmed' ? 'byHandConfirmed' : null;
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
    case 'lost':
    case 'stopped':
      return idSource !== undefined;
    default:
      return false;
  }
}
