import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import type { Log } from '../common/log';
import { readTimelineRow, readVideoRow } from './record';
import { readRecords } from './rows';
import { takesTaskId } from '../task/idSource';
import { formatNote, toFailure, type TextFormat } from '../task/failureMessage';
import type { Task } from '../task/task';

/** Frozen pictures of the tasks that a statement selects, in its order, with their videos and timelines. */
export function readSnapshots(
  connection: DatabaseSync,
  sql: string,
  values: readonly SQLInputValue[],
  libraryFolder: string,
  format: TextFormat,
  log: Log,
): readonly Task[] {
  const records = readRecords(connection, sql, values, log);
  const libraryUri = pathToFileURL(libraryFolder).href;
  const ids = JSON.stringify(records.map((record) => record.id));
  const videos = Map.groupBy(
    connection
      .prepare(
        'SELECT * FROM videos WHERE task_id IN (SELECT value FROM json_each(?)) ORDER BY task_id, position',
      )
      .all(ids)
      .map(readVideoRow),
    (row) => row.taskId,
  );
  const timelines = Map.groupBy(
    connection
      .prepare(
        'SELECT * FROM timeline WHERE task_id IN (SELECT value FROM json_each(?)) ORDER BY task_id, position',
      )
      .all(ids)
      .map(readTimelineRow),
    (row) => row.task_id,
  );
  return records.map((record): Task =>
    deepFreeze({
      id: record.id,
      ...(record.gatewayTaskId === undefined ? {} : { gatewayTaskId: record.gatewayTaskId }),
      origin: record.baseUrl,
      request: record.request,
      ...(record.basedOn === undefined ? {} : { basedOn: record.basedOn }),
      phase: record.phase,
      ...(record.progress === undefined ? {} : { progress: record.progress }),
      ...(record.fetchProgress === undefined ? {} : { fetchProgress: record.fetchProgress }),
      createdAt: record.createdAt,
      updatedAt: record.updatedAt,
      videos: (videos.get(record.id) ?? []).map(({ video: { file, ...video } }) => ({
        // As pathToFileURL would have it, which takes its time for each of many.
        uri: `${libraryUri}/${encodeURIComponent(file.toWellFormed())}`,
        ...video,
      })),
      ...(record.failure === undefined ? {} : { failure: toFailure(record.failure, format) }),
      timeline: (timelines.get(record.id) ?? []).map(({ at, phase, note }) => ({
        at,
        phase,
        ...(note === undefined
          ? {}
          : {
              get note() {
                return formatNote(note, format.l10n);
              },
            }),
      })),
      ...(takesTaskId(record) ? { takesTaskId: true as const } : {}),
    }),
  );
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value);
    for (const key in value) deepFreeze(value[key]);
  }
  return value;
}
