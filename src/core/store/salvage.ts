import { DatabaseSync } from 'node:sqlite';
import { describeError, type Log } from '../common/log';
import type { Library } from '../library/library';
import type { VideoRow } from '../task/videoRow';
import { readRow, type SqlRow } from './columns';
import { TASK_COLUMNS, readTimelineRow, readVideoRow, toVideoRows, type StoredTimelineEntry } from './record';
import { readSidecarTask, recordFromSidecar } from './sidecarTask';
import type { TaskStore, WholeTask } from './store';

/** So many tasks are written in one go: each commit waits for the disk, and holds up the host meanwhile. */
const AT_ONCE = 100;

/**
 * Takes over every task that can still be read from a damaged database, one by one.
 * @param onProgress called now and then; that it fails is no reason to leave the rest
 * @returns how many
 */
export async function salvageRows(
  damaged: string,
  store: TaskStore,
  log: Log,
  onProgress: () => Promise<void>,
): Promise<number> {
  let salvaged = 0;
  let batch: WholeTask[] = [];
  const adopt = async () => {
    salvaged += await store.adoptAll(batch);
    batch = [];
    await onProgress().catch((error: unknown) => log.debug(describeError(error)));
  };
  let connection: DatabaseSync | undefined;
  try {
    connection = new DatabaseSync(damaged, { readOnly: true });
    for (const rowid of rowidsOf(connection, log)) {
      try {
        const row = connection.prepare('SELECT * FROM tasks WHERE rowid = ?').get(rowid) ?? {};
        const record = readRow(TASK_COLUMNS, row);
        batch.push({ record, ...partsOf(connection, record.id) });
      } catch (error) {
        log.warn(`row ${rowid} of the damaged store is lost: ${describeError(error)}`);
      }
      if (batch.length >= AT_ONCE) await adopt();
    }
    await adopt();
  } catch (error) {
    log.warn(`the damaged store gives nothing away: ${describeError(error)}`);
  } finally {
    connection?.close();
  }
  return salvaged;
}

/** Row numbers, as many as the damage lets us see: from both ends up to where it is. */
function rowidsOf(connection: DatabaseSync, log: Log): Set<number> {
  const rowids = new Set<number>();
  for (const direction of ['ASC', 'DESC']) {
    try {
      const rows = connection
        .prepare(`SELECT rowid FROM tasks NOT INDEXED ORDER BY rowid ${direction}`)
        .iterate();
      for (const row of rows) rowids.add(Number(row['rowid']));
    } catch (error) {
      log.warn(`the list of tasks breaks off: ${describeError(error)}`);
    }
  }
  return rowids;
}

/** Videos and timeline of a task; without them it is still worth having. */
function partsOf(
  connection: DatabaseSync,
  id: string,
): { videos: VideoRow[]; timeline: StoredTimelineEntry[] } {
  const all = <T>(table: string, read: (row: SqlRow) => T): T[] => {
    try {
      return connection
        .prepare(`SELECT * FROM ${table} WHERE task_id = ? ORDER BY position`)
        .all(id)
        .map(read);
    } catch {
      return [];
    }
  };
  return {
    // In files of older versions every video is in the library.
    videos: all('videos', (row) => readVideoRow({ state: 'recorded', ...row })),
    timeline: all('timeline', readTimelineRow),
  };
}

/**
 * Makes tasks of the videos in the library that the store knows nothing of.
 * @returns how many
 */
export async function importSidecars(library: Library, store: TaskStore): Promise<number> {
  let imported = 0;
  const byTask = Map.groupBy(await library.sidecars(), (sidecar) => readSidecarTask(sidecar.task)?.id);
  for (const [id, sidecars] of byTask) {
    const task = readSidecarTask(sidecars[0]?.task);
    if (id === undefined || !task) continue;
    const found = sidecars.map((sidecar) => sidecar.video).sort((a, b) => a.file.localeCompare(b.file));
    const videos = toVideoRows(found);
    const record = recordFromSidecar(task);
    const timeline = [{ at: record.updatedAt, phase: record.phase }];
    if (await store.adopt({ record, videos, timeline })) imported++;
    // The row was salvaged, its videos were not.
    else if ((await store.taskWhenFree(record.id))?.videos.length === 0) {
      await store.update(record.id, ({ phase }) => (phase === 'saved' ? { videos } : undefined));
    }
  }
  return imported;
}
