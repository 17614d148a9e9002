import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { setImmediate as turn } from 'node:timers/promises';
import { describeError, type Log } from '../common/log';
import { INDEX_IMAGES } from './schema';
import { isBlocked, isWriteFailure } from './sqliteErrors';

/** Number of tasks copied per turn of the event loop. */
const BATCH_SIZE = 200;
/** Tables whose rows belong to a task. */
const DETAILS = ['timeline', 'videos', 'evidence'];
/** Tables whose rows belong to no task, or outlive it. */
const OTHERS = ['images', 'removals', 'origins'];

/**
 * Copies all readable tasks of a database with their details. Tasks that the target already has stay unchanged. The source
 * may be damaged, or of an older version.
 * @returns true if everything was readable
 * @throws SQLite's error if the target can't be written: a row that didn't fit on the disk isn't unreadable
 */
export async function copyTasks(source: DatabaseSync, target: DatabaseSync, log: Log): Promise<boolean> {
  let isComplete = true;
  const attempt = <T>(what: string, work: () => T): T | undefined => {
    try {
      return work();
    } catch (error) {
      if (error instanceof TargetError) throw error.cause;
      if (isBlocked(error)) throw error;
      isComplete = false;
      log.warn(`${what} can't be read: ${describeError(error)}`);
      return undefined;
    }
  };
  const copy = new RowCopier(source, target);
  let copied = 0;
  for (const rowid of listRowids(source, attempt)) {
    const id = attempt(`task row ${rowid}`, () => copy.task(rowid));
    if (id === undefined) continue;
    for (const table of DETAILS) attempt(`the ${table} of ${id}`, () => copy.details(table, id));
    if (++copied % BATCH_SIZE === 0) await turn();
  }
  for (const table of OTHERS) attempt(table, () => copy.table(table));
  const counters = attempt('the counters', () =>
    source.prepare(`SELECT max(value) AS last, max(name) AS name FROM counters`).get(),
  );
  // The source was itself incomplete.
  if (counters?.['name'] === 'incomplete') isComplete = false;
  target
    .prepare(
      `UPDATE counters SET value = max(value, ?, (SELECT coalesce(max(change), 0) FROM tasks)) + 1 WHERE name = 'change'`,
    )
    .run(counters?.['last'] ?? 0);
  target.exec(INDEX_IMAGES);
  log.info(`${copied} tasks were copied`);
  return isComplete;
}

/** Row IDs of all reachable tasks: from both ends up to a damaged page. */
function listRowids(source: DatabaseSync, attempt: (what: string, work: () => void) => void): Set<number> {
  const rowids = new Set<number>();
  for (const direction of ['ASC', 'DESC']) {
    attempt('the list of tasks', () => {
      const rows = source
        .prepare(`SELECT rowid FROM tasks NOT INDEXED ORDER BY rowid ${direction}`)
        .iterate();
      for (const row of rows) rowids.add(Number(row['rowid']));
    });
  }
  return rowids;
}

/** The target can't be written; the cause is SQLite's error. */
class TargetError extends Error {
  override readonly name = 'TargetError';
}

/** Copies the columns that both databases have. */
class RowCopier {
  readonly #source: DatabaseSync;
  readonly #target: DatabaseSync;
  readonly #removed: ReadonlySet<unknown>;
  readonly #inserts = new Map<
    string,
    { readonly names: readonly string[]; readonly statement: StatementSync }
  >();

  constructor(source: DatabaseSync, target: DatabaseSync) {
    this.#source = source;
    this.#target = target;
    this.#removed = new Set(
      target
        .prepare('SELECT id FROM removals')
        .all()
        .map(({ id }) => id),
    );
  }

  /** @returns the task's ID; undefined if the target already has it, or the user removed it there */
  task(rowid: number): string | undefined {
    const row = this.#source.prepare('SELECT * FROM tasks WHERE rowid = ?').get(rowid);
    if (!row || this.#removed.has(row['id']) || !this.#insert('tasks', row)) return undefined;
    return String(row['id']);
  }

  details(table: string, id: string): void {
    if (this.#names(table).length === 0) return;
    for (const row of this.#source.prepare(`SELECT * FROM ${table} WHERE task_id = ?`).all(id)) {
      this.#insert(table, row);
    }
  }

  table(table: string): void {
    if (this.#names(table).length === 0) return;
    for (const row of this.#source.prepare(`SELECT * FROM ${table}`).iterate()) this.#insert(table, row);
  }

  #insert(table: string, row: Readonly<Record<string, unknown>>): boolean {
    let insert = this.#inserts.get(table);
    if (!insert) {
      const names = this.#names(table);
      const sql = `INSERT OR IGNORE INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`;
      insert = { names, statement: this.#target.prepare(sql) };
      this.#inserts.set(table, insert);
    }
    const values = insert.names.map((name) => row[name] as SQLInputValue);
    try {
      return insert.statement.run(...values).changes === 1;
    } catch (error) {
      throw isWriteFailure(error) ? new TargetError('the copy cannot be written', { cause: error }) : error;
    }
  }

  /** Columns to copy; none if the source doesn't have the table. */
  #names(table: string): readonly string[] {
    const known = this.#inserts.get(table);
    if (known) return known.names;
    const of = (connection: DatabaseSync) =>
      connection
        .prepare('SELECT name FROM pragma_table_info(?)')
        .all(table)
        .map((column) => String(column['name']));
    const sourceNames = new Set(of(this.#source));
    // Rows of evidence get new IDs.
    return of(this.#target).filter(
      (name) => sourceNames.has(name) && !(table === 'evidence' && name === 'id'),
    );
  }
}
