import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { describeError, type Log } from '../common/log';
import type { TaskPatch } from './taskPatch';
import { serializeNote, type StoredNote } from '../task/failure';
import { canMove, isEnd, type Phase } from '../task/phases';
import { readOriginRow, readRecord, type OriginState, type StoredVideo, type TaskRecord } from './record';

// What reading and writing is made of, inside somebody's transaction.

/** A task's record. */
export function readOne(connection: DatabaseSync, id: string, log: Log): TaskRecord | undefined {
  return readRecords(connection, 'SELECT * FROM tasks WHERE id = ?', [id], log)[0];
}

/** Rows as records; one that cannot be read is logged and passed over, so that it harms no other. */
export function readRecords(
  connection: DatabaseSync,
  sql: string,
  values: readonly SQLInputValue[],
  log: Log,
): TaskRecord[] {
  const records: TaskRecord[] = [];
  for (const row of connection.prepare(sql).all(...values)) {
    try {
      records.push(readRecord(row));
    } catch (error) {
      log.error(`the task ${String(row['id'])} cannot be read: ${describeError(error)}`);
    }
  }
  return records;
}

/**
 * Writes what has changed of a record, and its move into the timeline.
 * @throws when the move is illegal
 */
export function applyPatch(
  connection: DatabaseSync,
  record: TaskRecord,
  patch: TaskPatch,
  now: number,
): void {
  const phase = patch.phase ?? record.phase;
  const moves = phase !== record.phase;
  if (moves && !canMove(record.phase, phase)) {
    throw new Error(`a task in phase ${record.phase} cannot become ${phase}`);
  }
  const visible =
    moves ||
    patch.videos !== undefined ||
    differs(patch.progress, record.progress) ||
    differs(patch.gatewayTaskId, record.gatewayTaskId) ||
    differs(patch.idSource, record.idSource) ||
    differs(patch.fetchProgress, record.fetchProgress) ||
    (patch.failure !== undefined && JSON.stringify(patch.failure) !== JSON.stringify(record.failure ?? null));
  const columns: Record<string, SQLInputValue | undefined> = {
    phase,
    gateway_task_id: patch.gatewayTaskId,
    id_source: patch.idSource,
    progress: patch.progress,
    failure: patch.failure === undefined ? undefined : patch.failure && JSON.stringify(patch.failure),
    submitted_at: patch.submittedAt,
    succeeded_at: patch.succeededAt,
    expires_at: patch.expiresAt,
    // An ended task is never due, whatever was planned for it.
    next_due: moves && isEnd(phase) ? null : patch.nextDue,
    troubles: patch.troubles,
    denials: patch.denials,
    denied_at: patch.deniedAt,
    links: patch.links && JSON.stringify(patch.links),
    held_up_ms: patch.heldUpMs,
    disk_failed_at: patch.diskFailedAt,
    announced_at: patch.announcedAt,
    // Another attempt begins at nothing.
    fetch_progress: moves ? null : patch.fetchProgress,
    // What comes of a task that goes on after an end is news again.
    ...(moves && isEnd(record.phase)
      ? { announced_at: null, seen_at: null, copied_at: null, cleaned_at: null }
      : {}),
    version: record.version + 1,
    ...(visible ? { change: countChange(connection), updated_at: now } : {}),
  };
  const set = Object.entries(columns).filter(
    (entry): entry is [string, SQLInputValue] => entry[1] !== undefined,
  );
  connection
    .prepare(`UPDATE tasks SET ${set.map(([name]) => `${name} = ?`).join(', ')} WHERE id = ?`)
    .run(...set.map(([, value]) => value), record.id);
  if (moves) addToTimeline(connection, record.id, now, phase, patch.note);
  if (patch.videos) replaceVideos(connection, record.id, patch.videos);
}

function differs<T>(next: T | null | undefined, current: T | undefined): boolean {
  return next !== undefined && (next ?? undefined) !== current;
}

/** What is known of an origin. */
export function readOrigin(connection: DatabaseSync, origin: string): OriginState {
  return readOriginRow(connection.prepare('SELECT * FROM origins WHERE origin = ?').get(origin));
}

/** The number of the last visible change. */
export function lastChange(connection: DatabaseSync): number {
  return Number(connection.prepare(`SELECT value FROM counters WHERE name = 'change'`).get()?.['value']);
}

/** Takes the next number for a visible change. */
export function countChange(connection: DatabaseSync): number {
  const row = connection
    .prepare(`UPDATE counters SET value = value + 1 WHERE name = 'change' RETURNING value`)
    .get();
  return Number(row?.['value']);
}

/** Adds a move to a task’s timeline. */
export function addToTimeline(
  connection: DatabaseSync,
  id: string,
  at: number,
  phase: Phase,
  note: StoredNote | undefined,
): void {
  connection
    .prepare(
      `INSERT INTO timeline SELECT ?1, coalesce(max(position) + 1, 0), ?2, ?3, ?4 FROM timeline WHERE task_id = ?1`,
    )
    .run(id, at, phase, note ? serializeNote(note) : null);
}

/** How many videos a task has. */
export function countVideos(connection: DatabaseSync, id: string): number {
  return Number(connection.prepare('SELECT count(*) AS n FROM videos WHERE task_id = ?').get(id)?.['n']);
}

/** Writes the videos of a task in place of those it had. */
export function replaceVideos(connection: DatabaseSync, id: string, videos: readonly StoredVideo[]): void {
  connection.prepare('DELETE FROM videos WHERE task_id = ?').run(id);
  const insert = connection.prepare('INSERT INTO videos VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)');
  videos.forEach((video, position) =>
    insert.run(
      id,
      position,
      video.file,
      video.bytes,
      video.width,
      video.height,
      video.durationSeconds,
      video.hasAudio ? 1 : 0,
      video.sha256,
    ),
  );
}
