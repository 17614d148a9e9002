import type { Phase } from '../core/tasks/phases';
import type { Task } from '../core/tasks/task';

/** A codicon and a colour of the theme. */
export interface RowIcon {
  readonly icon: string;
  readonly color?: string;
}

/** Each phase has a shape of its own: nothing is told by colour alone. Only what really moves is shown moving. */
const ICONS: Readonly<Record<Phase, RowIcon>> = {
  draft: { icon: 'debug-pause', color: 'descriptionForeground' },
  sending: { icon: 'sync~spin', color: 'charts.blue' },
  queued: { icon: 'circle-outline', color: 'charts.blue' },
  running: { icon: 'sync~spin', color: 'charts.blue' },
  ready: { icon: 'cloud-download', color: 'charts.blue' },
  saving: { icon: 'sync~spin', color: 'charts.blue' },
  saved: { icon: 'pass', color: 'charts.green' },
  failed: { icon: 'error', color: 'errorForeground' },
  rejected: { icon: 'circle-slash', color: 'errorForeground' },
  unknown: { icon: 'question', color: 'editorWarning.foreground' },
  lost: { icon: 'warning', color: 'editorWarning.foreground' },
  stopped: { icon: 'debug-stop', color: 'descriptionForeground' },
};

/** The icon of a task's row. */
export function rowIcon({ phase, failure }: Pick<Task, 'phase' | 'failure'>): RowIcon {
  const follows = phase === 'queued' || phase === 'running' || phase === 'ready';
  // It waits for the user, not for the gateway.
  if (follows && (failure?.kind === 'key' || failure?.kind === 'permission')) {
    return { icon: 'key', color: 'editorWarning.foreground' };
  }
  return ICONS[phase];
}

/** The words that `when` clauses of a row's menus test. */
export function rowWords(phase: Phase): string {
  switch (phase) {
    case 'draft':
      return 'task unsent';
    case 'sending':
      return 'task sending';
    case 'queued':
    case 'running':
    case 'ready':
    case 'saving':
      return 'task followed';
    default:
      return `task ended removable ${phase}`;
  }
}
