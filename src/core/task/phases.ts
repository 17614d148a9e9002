/**
 * Where a task stands. `saved`, `failed`, `rejected`, `unknown`, `lost` and `stopped` are ends;
 * docs/architecture.md says what each means to the user's money.
 */
export type Phase =
  | 'draft'
  | 'sending'
  | 'queued'
  | 'running'
  | 'ready'
  | 'saving'
  | 'saved'
  | 'failed'
  | 'rejected'
  | 'unknown'
  | 'lost'
  | 'stopped';

/** Every legal move. Anything else is a fault of ours and is refused by the store. */
const MOVES: Readonly<Record<Phase, readonly Phase[]>> = {
  draft: ['sending', 'rejected', 'stopped'],
  // Back to draft: refused for now (429), or the connection ended before a byte left.
  sending: ['draft', 'queued', 'rejected', 'unknown'],
  // Saved again: some of its videos were here before, and the others can't be had.
  // Unknown again: the gateway does not know the id that was attached by hand.
  // Rejected: its ID came with an error, and the gateway then denied it.
  queued: ['running', 'ready', 'saved', 'failed', 'rejected', 'lost', 'unknown', 'stopped'],
  running: ['ready', 'saved', 'failed', 'lost', 'stopped'],
  ready: ['saving', 'saved', 'failed', 'lost', 'stopped'],
  saving: ['ready', 'saved', 'failed', 'lost', 'stopped'],
  // Look Again, when the file has gone missing.
  saved: ['queued'],
  // Saved at once: Rescue has found the video in the library.
  failed: ['queued', 'saved'],
  lost: ['queued', 'saved'],
  stopped: ['queued', 'saved'],
  // A late reply, or a task id attached by hand.
  unknown: ['queued', 'rejected', 'saved'],
  // Look Again, or a task ID attached by hand, where an ID came with the error; or a late reply.
  rejected: ['queued'],
};

const ENDS: ReadonlySet<Phase> = new Set(['saved', 'failed', 'rejected', 'unknown', 'lost', 'stopped']);

export const PHASES: readonly Phase[] = Object.keys(MOVES) as Phase[];

/** Whether nothing more happens to a task in this phase by itself. */
export function isEnd(phase: Phase): boolean {
  return ENDS.has(phase);
}

/** Whether a task may go from one phase to the other. Staying is not a move. */
export function canMove(from: Phase, to: Phase): boolean {
  return MOVES[from].includes(to);
}
