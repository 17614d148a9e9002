import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { untranslatedL10n } from '../common/l10n';
import { describeError, type Log } from '../common/log';
import { isCharged } from '../task/failure';
import { formatNote, hasMessage, toFailure, type TextFormat } from '../task/failureMessage';
import { canAttachTaskId, type IdQuestion } from '../task/idSource';
import type { Charged, Task, TimelineEntry, Video } from '../task/task';
import type { VideoRow } from '../task/videoRow';
import { readRow, type SqlRow } from './columns';
import { readIdQuestion } from './lateIds';
import {
  TASK_COLUMNS,
  readTimelineRow,
  readVideoRow,
  type StoredTimelineEntry,
  type TaskRecord,
} from './record';

/** A task in the index. */
export interface Snapshot {
  readonly task: Task;
  /** True if its video is in the library and the user hasn't seen it. */
  readonly isUnseen: boolean;
  /** True if the user removed its videos from the library. */
  readonly isCleaned: boolean;
  readonly idQuestion: IdQuestion | undefined;
}

export interface Snapshots {
  /** In the order of the statement. */
  readonly snapshots: readonly Snapshot[];
  /** IDs of rows that can't be read. */
  readonly unreadable: readonly string[];
  /** The last row, from which the next page continues. */
  readonly last: SqlRow | undefined;
}

/** Reads tasks as frozen snapshots. */
export class SnapshotReader {
  readonly #libraryUri: string;
  readonly #format: TextFormat;
  readonly #log: Log;

  constructor(libraryFolder: string, format: TextFormat = { l10n: untranslatedL10n }, log: Log) {
    this.#libraryUri = pathToFileURL(libraryFolder).href;
    this.#format = format;
    this.#log = log;
  }

  /** Reads the tasks that a statement selects, with their videos and timelines. */
  read(connection: DatabaseSync, sql: string, values: readonly SQLInputValue[]): Snapshots {
    const rows = connection.prepare(sql).all(...values);
    const ids = JSON.stringify(rows.map(({ id }) => id));
    const details = (table: string) =>
      Map.groupBy(
        connection
          .prepare(
            `SELECT * FROM ${table} WHERE task_id IN (SELECT value FROM json_each(?)) ORDER BY task_id, position`,
          )
          .all(ids),
        (row) => row['task_id'],
      );
    const videos = details('videos');
    const timelines = details('timeline');
    const snapshots: Snapshot[] = [];
    const unreadable: string[] = [];
    for (const row of rows) {
      const id = row['id'];
      try {
        snapshots.push(
          this.#snapshot(
            readRow(TASK_COLUMNS, row),
            (videos.get(id ?? null) ?? []).map(readVideoRow),
            (timelines.get(id ?? null) ?? []).map(readTimelineRow),
          ),
        );
      } catch (error) {
        unreadable.push(String(id));
        this.#log.error(`the task ${String(id)} can't be read: ${describeError(error)}`);
      }
    }
    return { snapshots, unreadable, last: rows.at(-1) };
  }

  #snapshot(
    record: TaskRecord,
    videos: readonly VideoRow[],
    timeline: readonly StoredTimelineEntry[],
  ): Snapshot {
    const { id, gatewayTaskId, basedOn, phase, progress, fetchProgress, createdAt, updatedAt, failure } =
      record;
    const charged = phase === 'stopped' ? readStopCharge(timeline) : undefined;
    const task: Task = Object.freeze({
      id,
      ...(gatewayTaskId === undefined ? {} : { gatewayTaskId }),
      origin: record.baseUrl,
      request: deepFreeze(record.request),
      ...(basedOn === undefined ? {} : { basedOn }),
      phase,
      ...(progress === undefined ? {} : { progress }),
      ...(fetchProgress === undefined ? {} : { fetchProgress }),
      createdAt,
      updatedAt,
      videos: Object.freeze(videos.flatMap((video) => this.#video(video))),
      ...(failure === undefined ? {} : { failure: Object.freeze(toFailure(failure, this.#format)) }),
      timeline: Object.freeze(timeline.map((entry) => this.#timelineEntry(entry))),
      ...(charged === undefined ? {} : { charged }),
      ...(canAttachTaskId(record) ? { takesTaskId: true as const } : {}),
    });
    const isSaved = phase === 'saved';
    return {
      task,
      isUnseen: isSaved && record.seenAt === undefined,
      isCleaned: isSaved && record.deletedAt !== undefined,
      idQuestion: readIdQuestion(id, timeline),
    };
  }

  /** @returns nothing for a video that isn't in the library */
  #video(row: VideoRow): readonly Video[] {
    const {
      state,
      file,
      bytes = 0,
      width = 0,
      height = 0,
      durationSeconds = 0,
      hasAudio = false,
      sha256 = '',
      unverified,
    } = row;
    if (file === undefined || state === 'expected' || state === 'gone') return [];
    // Same result as pathToFileURL, which is slow for many files.
    const uri = `${this.#libraryUri}/${encodeURIComponent(file.toWellFormed())}`;
    return [
      Object.freeze({
        uri,
        bytes,
        width,
        height,
        durationSeconds,
        hasAudio,
        sha256,
        ...(unverified ? { unverified } : {}),
      }),
    ];
  }

  #timelineEntry({ note, ...entry }: StoredTimelineEntry): TimelineEntry {
    if (!note || !hasMessage(note)) return Object.freeze(entry);
    const { l10n } = this.#format;
    return Object.freeze({
      ...entry,
      get note() {
        return formatNote(note, l10n);
      },
    });
  }
}

/** Returns the charge at the time the user stopped the task; undefined for tasks stopped by older versions. */
function readStopCharge(timeline: readonly StoredTimelineEntry[]): Charged | undefined {
  const charged = timeline.at(-1)?.note?.params?.['charged'];
  return isCharged(charged) ? charged : undefined;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value);
    for (const key in value) deepFreeze(value[key]);
  }
  return value;
}
