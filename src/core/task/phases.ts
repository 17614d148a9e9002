/**
 * Phase of a task. `saved`, `failed`, `rejected`, `unknown`, `lost` and `stopped` are final. docs/architecture.md lists
 * what each means for the charge.
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

/** All legal transitions. The store refuses any other. */
const TRANSITIONS: Readonly<Record<Phase, readonly Phase[]>> = {
  draft: ['sending', 'rejected', 'stopped'],
  // Back to draft: rate-limited (429), or the connection ended before a byte was sent.
  sending: ['draft', 'queued', 'rejected', 'unknown'],
  // saved: some of its videos were in the library before, and the others aren't available.
  // unknown: the gateway doesn't know the attached ID.
  // rejected: its ID came with an error, and the gateway then didn't know it.
  queued: ['running', 'ready', 'saved', 'failed', 'rejected', 'lost', 'unknown', 'stopped'],
  running: ['ready', 'saved', 'failed', 'lost', 'stopped'],
  ready: ['saving', 'saved', 'failed', 'lost', 'stopped'],
  saving: ['ready', 'saved', 'failed', 'lost', 'stopped'],
  // Look Again, if a file is missing.
  saved: ['queued'],
  // saved: Rescue Lost Videos found the video in the library.
  failed: ['queued', 'saved'],
  lost: ['queued', 'saved'],
  stopped: ['queued', 'saved'],
  // A late response, or an attached task ID.
  unknown: ['queued', 'rejected', 'saved'],
  // Look Again or an attached task ID, if an ID came with the error; or a late response.
  rejected: ['queued'],
};

const FINAL_PHASES: ReadonlySet<Phase> = new Set([
  'saved',
  'failed',
  'rejected',
  'unknown',
  'lost',
  'stopped',
]);

export const PHASES: readonly Phase[] = Object.keys(TRANSITIONS) as Phase[];

/** Returns true for final phases: nothing more happens without the user. */
export function isFinal(phase: Phase): boolean {
  return FINAL_PHASES.has(phase);
}

/** Returns true if a transition is legal. Staying in a phase isn't a transition. */
export function canTransition(from: Phase, to: Phase): boolean {
  return TRANSITIONS[from].includes(to);
}
