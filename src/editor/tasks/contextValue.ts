import type { Catalog } from '../../core/models/catalog';
import type { Task } from '../../core/task/task';
import { isRemixable } from '../common/taskPicker';

/**
 * Builds the context value that the `when` clauses of the row's menus test: `video` has a file, `again` can be checked
 * again, `attachable` accepts a task ID, `remixable` can be remixed. Removing a `clearable` task loses only its row.
 * @param missing how many of its files are missing from the library
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
      // Some of its videos are missing.
      return `task ended removable saved video${failure || missing === 'some' ? again : ''}${remixable}`;
    case 'failed':
    case 'lost':
    case 'stopped':
    case 'rejected':
      // A rejected task can be checked again if the gateway returned an ID with its error.
      return `task ended removable clearable ${phase}${again}${attachable}`;
    case 'unknown':
      return `task ended removable clearable ${phase}${attachable}`;
  }
}
