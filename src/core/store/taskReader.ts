import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { Evidence } from '../common/evidence';
import { describeError, type Log } from '../common/log';
import type { TextFormat } from '../task/failureMessage';
import type { Database, ReadOnlyReason } from './database';
import type { OriginState, TaskRecord } from './record';
import { latestChangeNumber, readEvidence, readOne, readOrigin, readRecords } from './rows';
import { SnapshotReader } from './taskSnapshot';
import { isBusy } from './sqliteErrors';
import type { Task, TaskChanges } from '../task/task';

/** A point in the life of the store, after which one wants to know of changes. */
export interface StorePosition {
  readonly dataVersion: number;
  readonly change: number;
}

/** A task, and what its videos are called in the library. */
export interface TaskWithFiles {
  readonly record: TaskRecord;
  readonly files: readonly string[];
}

/** How many pictures of tasks are remembered. */
const MOST_REMEMBERED = 500;

/** What can be read of the tasks, in the database that every window shares. Each look is one consistent snapshot. */
export class TaskReader {
  protected readonly database: Database;
  protected readonly log: Log;
  readonly #reader: SnapshotReader;
  /** What the last complete read gave, for when another window holds the lock. */
  #lastList: readonly Task[] = [];
  #lastUnseen: readonly string[] = [];
  #lastCleaned: readonly string[] = [];
  /** Pictures lately made, for the same; the oldest first. */
  readonly #remembered = new Map<string, Task>();

  constructor(database: Database, log: Log, libraryFolder: string, format?: TextFormat) {
    this.database = database;
    this.log = log;
    this.#reader = new SnapshotReader(libraryFolder, format, log);
  }

  get readOnly(): ReadOnlyReason | undefined {
    return this.database.readOnly;
  }

  dataVersion(): number {
    return this.database.dataVersion();
  }

  /** Changes when the file was made anew under us: what was known of it is old then. */
  get generation(): number {
    return this.database.generation;
  }

  /** Goes over to another file that has taken the place of ours, if one has; it then tells of a write. */
  follow(): void {
    this.database.follow();
  }

  /** Where the store stands now. @throws SQLite's busy error while another window commits */
  position(): StorePosition {
    return { dataVersion: this.database.dataVersion(), change: this.database.read(latestChangeNumber) };
  }

  /** As {@link position}, waiting for other windows. */
  async positionWhenFree(): Promise<StorePosition> {
    const dataVersion = await this.database.whenFree(() => this.database.dataVersion());
    return {
      dataVersion,
      change: await this.database.whenFree(() => this.database.read(latestChangeNumber)),
    };
  }

  /** The newest tasks first. While another window commits, what was seen last. */
  list(limit: number): readonly Task[] {
    try {
      this.#lastList = this.database.read((connection) =>
        this.#snapshots(connection, 'SELECT * FROM tasks ORDER BY created_at DESC, id LIMIT ?', [limit]),
      );
    } catch (error) {
      if (!isBusy(error)) this.log.error(`the tasks cannot be read: ${describeError(error)}`);
    }
    return this.#lastList.slice(0, limit);
  }

  /** A task as it is; while another window commits, as it was seen last. */
  task(id: string): Task | undefined {
    try {
      return this.#readTask(id);
    } catch (error) {
      const remembered = this.#remembered.get(id) ?? this.#lastList.find((task) => task.id === id);
      if (!isBusy(error) || !remembered) throw error;
      return remembered;
    }
  }

  /** As {@link task}, waiting for other windows. */
  async taskWhenFree(id: string): Promise<Task | undefined> {
    return this.database.whenFree(() => this.#readTask(id));
  }

  #readTask(id: string): Task | undefined {
    return this.database.read(
      (connection) => this.#snapshots(connection, 'SELECT * FROM tasks WHERE id = ?', [id])[0],
    );
  }

  record(id: string): TaskRecord | undefined {
    return this.database.read((connection) => readOne(connection, id, this.log));
  }

  /** As {@link record}; waits while another window commits. */
  async recordWhenFree(id: string): Promise<TaskRecord | undefined> {
    return this.database.whenFree(() => this.record(id));
  }

  /** What has changed after the change with this number, up to the newest. */
  changesSince(change: number): TaskChanges & { readonly last: number } {
    return this.database.read((connection) => ({
      changed: this.#snapshots(connection, 'SELECT * FROM tasks WHERE change > ? ORDER BY change', [change]),
      removed: connection
        .prepare('SELECT id FROM removals WHERE change > ? ORDER BY change')
        .all(change)
        .map((row) => String(row['id'])),
      last: latestChangeNumber(connection),
    }));
  }

  /**
   * Records whose time has come. One that is further ahead than anything we ever plan was written before the
   * clock was set back, and counts as due.
   */
  due(now: number, furthest: number, limit: number): readonly TaskRecord[] {
    return this.database.read((connection) =>
      readRecords(
        connection,
        'SELECT * FROM tasks WHERE next_due <= ? OR next_due > ? ORDER BY next_due LIMIT ?',
        [now, furthest, limit],
        this.log,
      ),
    );
  }

  /** The earliest time, later than the given one, at which something is to be done, or nothing. */
  nextDue(after = 0): number | undefined {
    const row = this.database.read((connection) =>
      connection.prepare('SELECT min(next_due) AS due FROM tasks WHERE next_due > ?').get(after),
    );
    return typeof row?.['due'] === 'number' ? row['due'] : undefined;
  }

  /**
   * The newest task with the same body to the same gateway, made at or after `since`, that has cost something or may
   * still do so.
   */
  async twinOf(bodySha256: string, baseUrl: string, since: number): Promise<Task | undefined> {
    return this.database.whenFree(() =>
      this.database.read(
        (connection) =>
          this.#snapshots(
            connection,
            `SELECT * FROM tasks WHERE body_sha256 = ? AND base_url = ? AND created_at >= ? AND phase <> 'rejected'
               AND NOT (phase = 'stopped' AND gateway_task_id IS NULL)
               AND NOT (phase = 'failed' AND iif(json_valid(failure), failure ->> 'charged', '') = 'no')
             ORDER BY created_at DESC LIMIT 1`,
            [bodySha256, baseUrl, since],
          )[0],
      ),
    );
  }

  /** Every task, with the names of its files in the library; waiting for other windows. */
  async allWithFiles(): Promise<readonly TaskWithFiles[]> {
    return this.database.whenFree(() =>
      this.database.read((connection) => {
        const files = Map.groupBy(
          connection
            .prepare('SELECT task_id, file FROM videos WHERE file IS NOT NULL ORDER BY task_id, position')
            .all(),
          (row) => String(row['task_id']),
        );
        const records = readRecords(
          connection,
          'SELECT * FROM tasks ORDER BY created_at DESC, id',
          [],
          this.log,
        );
        return records.map((record) => ({
          record,
          files: (files.get(record.id) ?? []).map((row) => String(row['file'])),
        }));
      }),
    );
  }

  /** The responses that are kept of a task, the oldest first; waiting for other windows. */
  async evidence(id: string): Promise<readonly Evidence[]> {
    return this.database.whenFree(() => this.database.read((connection) => readEvidence(connection, id)));
  }

  originState(origin: string): OriginState {
    return this.database.read((connection) => readOrigin(connection, origin));
  }

  /** Ids of the tasks whose videos the user has not seen, newest first; while they can't be read, as they were. */
  unseen(): readonly string[] {
    this.#lastUnseen = this.#idsOr(
      this.#lastUnseen,
      `SELECT id FROM tasks WHERE phase = 'saved' AND seen_at IS NULL ORDER BY created_at DESC`,
    );
    return this.#lastUnseen;
  }

  /** Ids of the tasks whose videos the user has had removed from the library; as {@link unseen}. */
  cleaned(): readonly string[] {
    this.#lastCleaned = this.#idsOr(
      this.#lastCleaned,
      `SELECT id FROM tasks WHERE phase = 'saved' AND cleaned_at IS NOT NULL`,
    );
    return this.#lastCleaned;
  }

  #idsOr(otherwise: readonly string[], sql: string): readonly string[] {
    try {
      return this.database.read((connection) =>
        connection
          .prepare(sql)
          .all()
          .map((row) => String(row['id'])),
      );
    } catch (error) {
      if (!isBusy(error)) this.log.error(`the tasks cannot be read: ${describeError(error)}`);
      return otherwise;
    }
  }

  /** Frozen pictures of the tasks that a statement selects, in its order; remembered for when they can't be read. */
  #snapshots(connection: DatabaseSync, sql: string, values: readonly SQLInputValue[]): readonly Task[] {
    const snapshots = this.#reader.read(connection, sql, values).snapshots.map(({ task }) => task);
    for (const task of snapshots) this.#remember(task);
    return snapshots;
  }

  /** Ids of the tasks that were seen lately and are not there any more. @throws SQLite's busy error */
  forgetVanished(): readonly string[] {
    const known = [...new Set([...this.#remembered.keys(), ...this.#lastList.map(({ id }) => id)])];
    const there = this.database.read((connection) => {
      const find = connection.prepare('SELECT 1 FROM tasks WHERE id = ?');
      return new Set(known.filter((id) => find.get(id)));
    });
    const vanished = known.filter((id) => !there.has(id));
    for (const id of vanished) this.#remembered.delete(id);
    this.#lastList = this.#lastList.filter(({ id }) => there.has(id));
    return vanished;
  }

  #remember(task: Task): void {
    this.#remembered.delete(task.id);
    this.#remembered.set(task.id, task);
    if (this.#remembered.size <= MOST_REMEMBERED) return;
    const [oldest] = this.#remembered.keys();
    if (oldest !== undefined) this.#remembered.delete(oldest);
  }
}
