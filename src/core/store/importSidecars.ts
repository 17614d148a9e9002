import type { DatabaseSync } from 'node:sqlite';
import { describeError, type Log } from '../common/log';
import { Library } from '../library/library';
import type { Sidecar } from '../library/sidecar';
import { rowsOfFiles } from './ownedFiles';
import { insertTask, readVideos, replaceVideos } from './rows';
import { isWriteFailure } from './sqliteErrors';
import { parseSidecarTask, recordFromSidecar, type SidecarTask } from './sidecarTask';

/**
 * Creates tasks for videos in the library that are missing in a database being built. Tasks that the user removed stay
 * removed, and unusable sidecars are skipped.
 */
export async function importSidecars(
  libraryFolder: string,
  target: DatabaseSync,
  now: number,
  log: Log,
): Promise<void> {
  const removed = new Set(
    target
      .prepare('SELECT id FROM removals')
      .all()
      .map(({ id }) => id),
  );
  const byTask = new Map<string, { readonly task: SidecarTask; readonly sidecars: Sidecar[] }>();
  for (const sidecar of await new Library(libraryFolder).sidecars()) {
    const task = parseSidecarTask(sidecar.task);
    if (!task || removed.has(task.id)) continue;
    const known = byTask.get(task.id);
    if (known) known.sidecars.push(sidecar);
    else byTask.set(task.id, { task, sidecars: [sidecar] });
  }
  for (const { task, sidecars } of byTask.values()) {
    try {
      importTask(target, task, sidecars, now);
    } catch (error) {
      if (isWriteFailure(error)) throw error;
      log.warn(`the sidecars of ${task.id} can't be used: ${describeError(error)}`);
    }
  }
}

function importTask(
  target: DatabaseSync,
  task: SidecarTask,
  sidecars: readonly Sidecar[],
  now: number,
): void {
  const saved = recordFromSidecar(task);
  const found = sidecars.map(({ video }) => video);
  // Missing videos may still be available at the gateway.
  const isWhole = found.length >= (task.videos ?? 1) || task.gatewayTaskId === undefined;
  const videos = rowsOfFiles(saved, found, isWhole ? found.length : (task.videos ?? 1));
  const record = isWhole ? saved : { ...saved, phase: 'queued' as const, nextDue: now };
  const timeline = [{ at: record.updatedAt, phase: record.phase }];
  if (insertTask(target, record, videos, timeline)) return;
  // The task's row was readable, but not its videos.
  const row = target.prepare('SELECT phase FROM tasks WHERE id = ?').get(task.id);
  if (row?.['phase'] === 'saved' && readVideos(target, task.id).length === 0) {
    replaceVideos(target, task.id, videos);
  }
}
