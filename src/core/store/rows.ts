import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { isDeepStrictEqual } from 'node:util';
import type { Evidence } from '../common/evidence';
import { describeError, type Log } from '../common/log';
import type { MoneyFact } from '../common/moneyFact';
import type { VideoRequest } from '../models/request';
import { canTransition, isFinal, type Phase } from '../task/phases';
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

// Reads and writes within the caller's transaction.

/** Maximum number of unusual responses per task, besides those of the submit and of its end. */
const MAX_EVIDENCE = 5;
const MAX_MONEY_FACTS = 100;

export function readOne(connection: DatabaseSync, id: string, log: Log): TaskRecord | undefined {
  return readRecords(connection, 'SELECT * FROM tasks WHERE id = ?', [id], log)[0];
}

/** Reads up to `limit` records. Unreadable rows are logged and left out. */
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

/** Inserts a task. @returns false if there is one with its ID */
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

/** Applies a patch to a record, and adds a change of phase to the timeline. @throws if the transition is illegal */
export function applyPatch(
  connection: DatabaseSync,
  record: TaskRecord,
  patch: TaskPatch,
  now: number,
): void {
  const { videos, evidence, note, money, leasedUntil, ...fields } = patch;
  const phase = patch.phase ?? record.phase;
  const moves = phase !== record.phase;
  if (moves && !canTransition(record.phase, phase)) {
    throw new Error(`a task in phase ${record.phase} cannot become ${phase}`);
  }
  const columns = toColumns(TASK_COLUMNS, {
    ...fields,
    version: record.version + 1,
    ...(money ? { money: mergeMoney(record.money, money) } : {}),
    // A final task is never due, and each download starts without progress.
    ...(moves ? { fetchProgress: null, ...(isFinal(phase) ? { nextDue: null } : {}) } : {}),
    // The end of a reopened task is news again.
    ...(moves && isFinal(record.phase)
      ? { notifiedAt: null, seenAt: null, exportedAt: null, deletedAt: null }
      : {}),
  });
  if (columns['next_due'] !== undefined) columns['leased_until'] = leasedUntil ?? null;
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

/** Returns true if a response that causes this transition is the gateway's final status of the task. */
function isFinalMove(from: Phase, to: Phase): boolean {
  return isFinal(to) || (to === 'ready' && from !== 'saving');
}

/** Returns true if users can see the change. */
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

/** Returns the origin of the next missing video; null for the gateway itself. */
function fetchHost(links: readonly string[], videos: readonly VideoRow[]): string | null {
  const missing = videos.find(({ state, link }) => state === 'expected' && link !== undefined);
  const link = missing?.link ?? links[0];
  const url = link !== undefined && URL.canParse(link) ? new URL(link) : undefined;
  return url && /^https?:$/.test(url.protocol) ? url.origin : null;
}

export function readOrigin(connection: DatabaseSync, origin: string): OriginState {
  return readRow(
    ORIGIN_COLUMNS,
    connection.prepare('SELECT * FROM origins WHERE origin = ?').get(origin) ?? {},
  );
}

export function readOrigins(connection: DatabaseSync): ReadonlyMap<string, OriginState> {
  const rows = connection.prepare('SELECT * FROM origins').all();
  return new Map(rows.map((row) => [String(row['origin']), readRow(ORIGIN_COLUMNS, row)]));
}

export const UNKNOWN_ORIGIN: OriginState = readRow(ORIGIN_COLUMNS, {});

export function writeOrigin(connection: DatabaseSync, origin: string, state: OriginState): void {
  insertRow(connection, 'OR REPLACE INTO origins', { origin, ...toColumns(ORIGIN_COLUMNS, state) });
}

/** Number of the last visible change. */
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

/** Adds an entry to a task's timeline. Repeated download attempts share one entry, which moves to the end. */
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

/** Reads the rows of a task's videos, in order. */
export function readVideos(connection: DatabaseSync, id: string): VideoRow[] {
  return connection
    .prepare('SELECT * FROM videos WHERE task_id = ? ORDER BY position')
    .all(id)
    .map(readVideoRow);
}

export function replaceVideos(connection: DatabaseSync, id: string, videos: readonly VideoRow[]): void {
  connection.prepare('DELETE FROM videos WHERE task_id = ?').run(id);
  for (const video of videos) {
    insertRow(connection, 'INTO videos', { task_id: id, ...toColumns(VIDEO_COLUMNS, video) });
  }
}

/** Stores responses. A repeated response replaces the earlier one, so that it doesn't push out others. */
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

/** Stored responses of a task, oldest first. */
export function readEvidence(connection: DatabaseSync, id: string): Evidence[] {
  return connection
    .prepare('SELECT * FROM evidence WHERE task_id = ? ORDER BY id')
    .all(id)
    .map((row) => readRow(EVIDENCE_COLUMNS, row));
}

/** Stores which image files a task needs. They are named by their hashes. */
function addImages(connection: DatabaseSync, id: string, { images = [] }: VideoRequest): void {
  for (const { source } of images) {
    const sha256 = /([0-9a-f]{64})\.(?:jpg|png|webp)$/.exec(source)?.[1];
    if (sha256 !== undefined) insertRow(connection, 'OR IGNORE INTO images', { sha256, task_id: id });
  }
}

/** Hashes of images that no task needs. None if a repair lost tasks, because their images are unknown. */
export function findUnusedImages(connection: DatabaseSync, hashes: readonly string[]): readonly string[] {
  if (connection.prepare(`SELECT 1 FROM counters WHERE name = 'incomplete'`).get()) return [];
  const isUsed = connection.prepare('SELECT 1 FROM images WHERE sha256 = ? LIMIT 1');
  return hashes.filter((sha256) => !isUsed.get(sha256));
}

/** @param into `INTO table`, after an optional conflict clause. @returns true if a row was inserted */
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
