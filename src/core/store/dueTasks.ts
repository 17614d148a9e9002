import type { DatabaseSync } from 'node:sqlite';
import type { TaskRecord } from './record';
import { readRecords } from './rows';

/** Kind of work: status checks, downloads, or cleanup after a crashed window. */
export type Lane = 'poll' | 'fetch' | 'settle';

/** Returns hosts with due work in a lane, the longest overdue first. @param furthest see {@link findDue} */
export function findDueHosts(connection: DatabaseSync, lane: Lane, now: number, furthest: number): string[] {
  return connection
    .prepare(
      `SELECT host FROM tasks
       WHERE lane = ? AND next_due IS NOT NULL AND (next_due <= ? OR next_due > ?)
       GROUP BY host ORDER BY min(next_due)`,
    )
    .all(lane, now, furthest)
    .map((row) => String(row['host']));
}

interface DueQuery {
  readonly lane: Lane;
  readonly host: string;
  readonly now: number;
  /** A later due time was stored before the clock was set back, and counts as due. */
  readonly furthest: number;
  readonly limit: number;
}

/** Returns due records of one lane and host. Skips unreadable ones, which the index has already reported. */
export function findDue(
  connection: DatabaseSync,
  { lane, host, now, furthest, limit }: DueQuery,
): readonly TaskRecord[] {
  return readRecords(
    connection,
    `SELECT * FROM tasks WHERE lane = ? AND host = ? AND next_due IS NOT NULL
       AND (next_due <= ? OR next_due > ?) ORDER BY next_due`,
    [lane, host, now, furthest],
    undefined,
    limit,
  );
}

/** Returns the earliest due time after the given one, in ms since 1970. */
export function findNextDue(connection: DatabaseSync, after: number): number | undefined {
  const row = connection.prepare('SELECT min(next_due) AS due FROM tasks WHERE next_due > ?').get(after);
  return typeof row?.['due'] === 'number' ? row['due'] : undefined;
}

/** Returns the time of the last change to an unfinished task, in ms since 1970. */
export function findLatestUpdate(connection: DatabaseSync): number | undefined {
  const row = connection.prepare('SELECT max(updated_at) AS at FROM tasks WHERE next_due IS NOT NULL').get();
  return typeof row?.['at'] === 'number' ? row['at'] : undefined;
}

/**
 * Makes waiting tasks due now, `apartMs` apart. Skips tasks that a window is working on, because their query would be
 * sent twice.
 */
export function makeDueNow(
  connection: DatabaseSync,
  now: number,
  apartMs: number,
  origin: string | undefined,
): void {
  connection
    .prepare(
      `UPDATE tasks SET next_due = min(next_due, ?1 + ?2 * place) FROM (
         SELECT id AS waiting, row_number() OVER (ORDER BY next_due) - 1 AS place FROM tasks
         WHERE next_due > ?1 AND phase IN ('queued', 'running', 'ready') AND (?3 IS NULL OR origin = ?3)
           -- A lease further ahead was taken before the clock was set back.
           AND NOT (leased_until IS NOT NULL AND leased_until BETWEEN ?1 AND ?1 + 60000))
       WHERE id = waiting`,
    )
    .run(now, apartMs, origin ?? null);
}
