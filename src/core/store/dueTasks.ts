import type { DatabaseSync } from 'node:sqlite';
import type { TaskRecord } from './record';
import { readRecords } from './rows';

// What is to be done when, chosen by lane and host, so that nobody waits for somebody else's turn.

/** What is done for a task next: asking the gateway, downloading, or seeing to what a window left behind. */
export type Lane = 'poll' | 'fetch' | 'settle';

/** Where something is due in a lane, for longest first. @param furthest see {@link findDue} */
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
  /** What is due later was stored before the clock was set back, and counts as due. */
  readonly furthest: number;
  readonly limit: number;
}

/** Records whose time has come, of one lane and host. What can't be read is left out; the index has reported it. */
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

/** The earliest time, later than the given one, at which something is to be done. */
export function findNextDue(connection: DatabaseSync, after: number): number | undefined {
  const row = connection.prepare('SELECT min(next_due) AS due FROM tasks WHERE next_due > ?').get(after);
  return typeof row?.['due'] === 'number' ? row['due'] : undefined;
}

/** When a task that is unfinished was changed last, in ms since 1970. */
export function findLatestUpdate(connection: DatabaseSync): number | undefined {
  const row = connection.prepare('SELECT max(updated_at) AS at FROM tasks WHERE next_due IS NOT NULL').get();
  return typeof row?.['at'] === 'number' ? row['at'] : undefined;
}

/** Makes waiting tasks due now, a little apart from each other. What a window holds is left alone. */
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
         WHERE next_due > ?1 AND phase IN ('queued', 'running', 'ready') AND (?3 IS NULL OR origin = ?3))
       WHERE id = waiting`,
    )
    .run(now, apartMs, origin ?? null);
}
