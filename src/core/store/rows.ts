import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { isDeepStrictEqual } from 'node:util';
import type { Evidence } from '../common/evidence';
import { describeError, type Log } from '../common/log';
import type { MoneyFact } from '../common/moneyFact';
import type { VideoRequest } from '../models/request';
import { canMove, isEnd, type Phase } from '../task/phases';
import type { VideoRow } from '../task/videoRow';
import { readRow, toColumns } from './columns';
import {
  EVIDENCE_COLUMNS,
  ORIGIN_COLUMNS,
  TASK_COLUMNS,
  TIMELINE_COLUMNS,
  VIDEO_COLUMNS,
  readTimelineRow,
  readVideoRow,
  type OriginState,
  type StoredTimelineEntry,
  type TaskRecord,
} from './record';
import type { TaskPatch } from './taskPatch';

// What reading and writing is made of, inside somebody's transaction.

/** Unusual responses of a task that are kept, besides those of the submit and of its end. */
const MAX_EVIDENCE = 5;
const MAX_MONEY_FACTS = 100;

/** A task's record. */
export function readOne(connection: DatabaseSync, id: string, log: Log): TaskRecord | undefined {
  return readRecords(connection, 'SELECT * FROM tasks WHERE id = ?', [id], log)[0];
}

/** Rows as records, up to `limit`; one that can't be read is logged and left out, so that it harms no other. */
export function readRecords(
  connection: DatabaseSync,
  sql: string,
  values: readonly SQLInputValue[],
  log: Log | undefined,
  limit = Infinity,
): TaskRecord[] {
  const records: TaskRecord[] = [];
  for (const row of connection.prepare(sql).iterate(...values)) {
    if (records.length >= limit) break;
    try {
      records.push(readRow(TASK_COLUMNS, row));
    } catch (error) {
      log?.error(`the task ${String(row['id'])} can't be read: ${describeError(error)}`);
    }
  }
  return records;
}

/** Adds a task as it is. @returns false if there is one with its id */
export function insertTask(
  connection: DatabaseSync,
  record: TaskRecord,
  videos: readonly VideoRow[],
  timeline: readonly StoredTimelineEntry[],
): boolean {
  const columns = { ...toColumns(TASK_COLUMNS, record), change: nextChangeNumber(connection) };
  const isNew = insertRow(connection, 'OR IGNORE INTO tasks', {
    ...columns,
    fetch_host: fetchHost(record.links, videos),
  });
  if (!isNew) return false;
  replaceVideos(connection, record.id, videos);
  for (const entry of timeline) insertTimelineEntry(connection, record.id, entry);
  addImages(connection, record.id, record.request);
  return true;
}

/**
 * Writes what has changed of a record, and its move into the timeline.
 * @throws if the move is illegal
 */
export function applyPatch(
  connection: DatabaseSync,
  record: TaskRecord,
  patch: TaskPatch,
  now: number,
): void {
  const { videos, evidence, note, money, ...fields } = patch;
  const phase = patch.phase ?? record.phase;
  const moves = phase !== record.phase;
  if (moves && !canMove(record.phase, phase)) {
    throw new Error(`a task in phase ${record.phase} cannot become ${phase}`);
  }
  const columns = toColumns(TASK_COLUMNS, {
    ...fields,
    version: record.version + 1,
    ...(money ? { money: mergeMoney(record.money, money) } : {}),
    // A final task is never due, whatever was planned for it; another attempt begins at nothing.
    ...(moves ? { fetchProgress: null, ...(isEnd(phase) ? { nextDue: null } : {}) } : {}),
    // What becomes of a task that goes on after an end is news again.
    ...(moves && isEnd(record.phase)
      ? { announcedAt: null, seenAt: null, copiedAt: null, cleanedAt: null }
      : {}),
  });
  if (videos) replaceVideos(connection, record.id, videos);
  if (videos || patch.links || (moves && phase === 'ready')) {
    columns['fetch_host'] = fetchHost(
      patch.links ?? record.links,
      videos ?? readVideos(connection, record.id),
    );
  }
  if (isVisible(record, patch)) {
    columns['change'] = nextChangeNumber(connection);
    columns['updated_at'] = now;
  }
  updateRow(connection, record.id, columns);
  if (moves) addToTimeline(connection, record.id, { at: now, phase, ...(note ? { note } : {}) });
  if (evidence?.length)
    addEvidence(connection, record.id, evidence, moves && isFinalMove(record.phase, phase));
}

/** Whether the response that caused a move is the gateway's last word on the task; downloads follow. */
function isFinalMove(from: Phase, to: Phase): boolean {
  return isEnd(to) || (to === 'ready' && from !== 'saving');
}

/** Whether a person can see the change. */
function isVisible(record: TaskRecord, patch: TaskPatch): boolean {
  return (
    (patch.phase !== undefined && patch.phase !== record.phase) ||
    patch.videos !== undefined ||
    (['progress', 'gatewayTaskId', 'idSource', 'fetchProgress', 'failure', 'money'] as const).some(
      (field) => patch[field] !== undefined && !isDeepStrictEqual(patch[field] ?? undefined, record[field]),
    )
  );
}

function mergeMoney(known: readonly MoneyFact[], news: readonly MoneyFact[]): readonly MoneyFact[] {
  const merged = new Map([...known, ...news].map((fact) => [`${fact.step} ${fact.name}`, fact]));
  return [...merged.values()].slice(-MAX_MONEY_FACTS);
}

/** Where the next missing video is to be downloaded from, if not from the gateway itself. */
function fetchHost(links: readonly string[], videos: readonly VideoRow[]): string | null {
  const missing = videos.find(({ state, link }) => state === 'expected' && link !== undefined);
  const link = missing?.link ?? links[0];
  const url = link !== undefined && URL.canParse(link) ? new URL(link) : undefined;
  return url && /^https?:$/.test(url.protocol) ? url.origin : null;
}

/** What is known of an origin; one without a row is a good one. */
export function readOrigin(connection: DatabaseSync, origin: string): OriginState {
  return readRow(
    ORIGIN_COLUMNS,
    connection.prepare('SELECT * FROM origins WHERE origin = ?').get(origin) ?? {},
  );
}

/** What is known of all origins. */
export function readOrigins(connection: DatabaseSync): ReadonlyMap<string, OriginState> {
  const rows = connection.prepare('SELECT * FROM origins').all();
  return new Map(rows.map((row) => [String(row['origin']), readRow(ORIGIN_COLUMNS, row)]));
}

/** An origin that nothing is known of. */
export const UNKNOWN_ORIGIN: OriginState = readRow(ORIGIN_COLUMNS, {});

export function writeOrigin(connection: DatabaseSync, origin: string, state: OriginState): void {
  insertRow(connection, 'OR REPLACE INTO origins', { origin, ...toColumns(ORIGIN_COLUMNS, state) });
}

/** The number of the last visible change. */
export function latestChangeNumber(connection: DatabaseSync): number {
  return Number(connection.prepare(`SELECT value FROM counters WHERE name = 'change'`).get()?.['value']);
}

/** Takes the next number for a visible change. */
export function nextChangeNumber(connection: DatabaseSync): number {
  const row = connection
    .prepare(`UPDATE counters SET value = value + 1 WHERE name = 'change' RETURNING value`)
    .get();
  return Number(row?.['value']);
}

/** Adds a move to a task's timeline. Downloads that fail again and again are counted, and move to the end. */
export function addToTimeline(connection: DatabaseSync, id: string, entry: StoredTimelineEntry): void {
  const last = connection
    .prepare('SELECT * FROM timeline WHERE task_id = ? ORDER BY position DESC LIMIT 2')
    .all(id)
    .map((row) => ({ ...readTimelineRow(row), position: Number(row['position']) }));
  const isDownload = entry.phase === 'ready' || entry.phase === 'saving';
  const isSame = ({ phase, note }: StoredTimelineEntry) =>
    phase === entry.phase && note?.code === entry.note?.code;
  const same = isDownload ? last.find(isSame) : undefined;
  if (same)
    connection.prepare('DELETE FROM timeline WHERE task_id = ? AND position = ?').run(id, same.position);
  const merged = same && { at: same.at, count: (same.count ?? 1) + 1, lastAt: entry.at };
  insertTimelineEntry(connection, id, { ...entry, ...merged });
}

function insertTimelineEntry(connection: DatabaseSync, id: string, entry: StoredTimelineEntry): void {
  const { at, phase, note, count, lastAt } = entry;
  const row = connection
    .prepare('SELECT coalesce(max(position) + 1, 0) AS position FROM timeline WHERE task_id = ?')
    .get(id);
  const columns = toColumns(TIMELINE_COLUMNS, { at, phase, note, count, lastAt });
  insertRow(connection, 'INTO timeline', { task_id: id, position: Number(row?.['position']), ...columns });
}

/** The rows of a task's videos, in order. */
export function readVideos(connection: DatabaseSync, id: string): VideoRow[] {
  return connection
    .prepare('SELECT * FROM videos WHERE task_id = ? ORDER BY position')
    .all(id)
    .map(readVideoRow);
}

/** Writes the videos of a task in place of those it had. */
export function replaceVideos(connection: DatabaseSync, id: string, videos: readonly VideoRow[]): void {
  connection.prepare('DELETE FROM videos WHERE task_id = ?').run(id);
  for (const video of videos) {
    insertRow(connection, 'INTO videos', { task_id: id, ...toColumns(VIDEO_COLUMNS, video) });
  }
}

/** Keeps responses. The same ones once more count as later: a gateway that is down must not push out what came before. */
function addEvidence(
  connection: DatabaseSync,
  id: string,
  evidence: readonly Evidence[],
  isFinal: boolean,
): void {
  const latest = connection
    .prepare('SELECT * FROM evidence WHERE task_id = ? ORDER BY id DESC LIMIT ?')
    .all(id, evidence.length);
  for (const one of evidence) {
    const columns: Record<string, SQLInputValue> = {
      ...toColumns(EVIDENCE_COLUMNS, one),
      ...{ task_id: id, is_final: isFinal ? 1 : 0 },
    };
    const same = latest.find((row) =>
      (['step', 'status', 'body', 'end', 'is_final'] as const).every((name) => row[name] === columns[name]),
    );
    insertRow(
      connection,
      'OR REPLACE INTO evidence',
      same ? { ...columns, id: Number(same['id']) } : columns,
    );
  }
  const special = `SELECT ifnull(max(id), 0) FROM evidence WHERE task_id = ?1 AND step = 'submit'
    UNION SELECT ifnull(max(id), 0) FROM evidence WHERE task_id = ?1 AND is_final = 1`;
  connection
    .prepare(
      `DELETE FROM evidence WHERE id IN (
         SELECT id FROM evidence WHERE task_id = ?1 AND id NOT IN (${special})
         ORDER BY id DESC LIMIT -1 OFFSET ?2)`,
    )
    .run(id, MAX_EVIDENCE);
}

/** The responses kept of a task, the oldest first. */
export function readEvidence(connection: DatabaseSync, id: string): Evidence[] {
  return connection
    .prepare('SELECT * FROM evidence WHERE task_id = ? ORDER BY id')
    .all(id)
    .map((row) => readRow(EVIDENCE_COLUMNS, row));
}

/** Notes which stored images a task needs; their files are named by their hashes. */
function addImages(connection: DatabaseSync, id: string, { images = [] }: VideoRequest): void {
  for (const { source } of images) {
    const sha256 = /([0-9a-f]{64})\.(?:jpg|png|webp)$/.exec(source)?.[1];
    if (sha256 !== undefined) insertRow(connection, 'OR IGNORE INTO images', { sha256, task_id: id });
  }
}

/** Of these images, by their hashes, those that no task needs. None where tasks were lost to damage, with their images. */
export function findUnusedImages(connection: DatabaseSync, hashes: readonly string[]): readonly string[] {
  if (connection.prepare(`SELECT 1 FROM counters WHERE name = 'incomplete'`).get()) return [];
  const isUsed = connection.prepare('SELECT 1 FROM images WHERE sha256 = ? LIMIT 1');
  return hashes.filter((sha256) => !isUsed.get(sha256));
}

/** @param into `INTO table`, with what to do on a conflict before it. @returns whether a row was inserted */
function insertRow(
  connection: DatabaseSync,
  into: string,
  row: Readonly<Record<string, SQLInputValue>>,
): boolean {
  const names = Object.keys(row);
  const { changes } = connection
    .prepare(`INSERT ${into} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`)
    .run(...Object.values(row));
  return changes === 1;
}

function updateRow(connection: DatabaseSync, id: string, row: Readonly<Record<string, SQLInputValue>>): void {
  const set = Object.keys(row).map((name) => `${name} = ?`);
  connection.prepare(`UPDATE tasks SET ${set.join(', ')} WHERE id = ?`).run(...Object.values(row), id);
}
