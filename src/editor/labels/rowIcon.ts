import type { Catalog } from '../../core/models/catalog';
import type { Phase } from '../../core/task/phases';
import type { Task } from '../../core/task/task';
import { blockedBy } from '../../core/task/blockedBy';

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
export function rowIcon(task: Pick<Task, 'phase' | 'failure'>): RowIcon {
  // It waits for the user, not for the gateway.
  return blockedBy(task) ? { icon: 'key', color: 'editorWarning.foreground' } : ICONS[task.phase];
}

/** How a row shows a video whose file is gone from the library. */
export const MISSING_ICON: RowIcon = { icon: 'file-media', color: 'editorWarning.foreground' };

/** A video that couldn't be verified. */
export const UNVERIFIED_ICON: RowIcon = { icon: 'warning', color: 'editorWarning.foreground' };

/** How a row shows a video that the user has had removed: nothing is wrong with that. */
export const DELETED_ICON: RowIcon = { icon: 'file-media', color: 'descriptionForeground' };

/** Whether a video can be remixed: it is finished, and of a family that does. */
export function isRemixable(
  {
    phase,
    gatewayTaskId,
  }: {
    readonly phase: Phase;
    readonly gatewayTaskId?: string | undefined;
  },
  catalog: Catalog,
): boolean {
  return phase === 'saved' && gatewayTaskId !== undefined && catalog.canRemix(gatewayTaskId);
}

/**
 * The words that `when` clauses of a row's menus test. `video` has a file, `again` can be looked for again, and
 * `clearable` loses nothing but its row when it is removed; `attachable` takes a task id by hand; `remixable` is a
 * finished video that can be remixed.
 * @param missing how many of its files are gone from the library
 */
export function contextValue(
  {
    phase,
    gatewayTaskId,
    takesTaskId,
    failure,
  }: Pick<Task, 'phase' | 'gatewayTaskId' | 'takesTaskId' | 'failure'>,
  catalog: Catalog,
  missing: 'none' | 'some' | 'all' = 'none',
): string {
  const again = gatewayTaskId === undefined ? '' : ' again';
  const attachable = takesTaskId === true ? ' attachable' : '';
  const remixable = isRemixable({ phase, gatewayTaskId }, catalog) ? ' remixable' : '';
  switch (phase) {
    case 'draft':
      return 'task unsent';
    case 'sending':
      return 'task sending';
    case 'queued':
    case 'running':
    case 'ready':
    case 'saving':
      return `task followed${attachable}`;
    case 'saved':
      if (missing === 'all') return `task ended removable missing${again}`;
      // Some of several videos are not here.
      return `task ended removable saved video${failure || missing === 'some' ? again : ''}${remixable}`;
    case 'failed':
    case 'lost':
    case 'stopped':
      return `task ended removable clearable ${phase}${again}${attachable}`;
    case 'rejected':
      // The gateway returned an ID with its error.
      return `task ended removable clearable ${phase}${again}${attachable}`;
    case 'unknown':
      return `task ended removable clearable ${phase}${attachable}`;
  }
}
