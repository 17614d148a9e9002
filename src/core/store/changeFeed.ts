import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../common/clock';
import { Emitter, type Event } from '../common/events';
import { MutableDisposable, type Disposable } from '../common/disposable';
import { describeError, type Log } from '../common/log';
import type { TaskChanges, Task } from '../task/task';
import type { Database } from './database';
import { latestChangeNumber } from './rows';
import { isBusy } from './sqliteErrors';
import type { TaskIndex } from './taskIndex';
import type { SnapshotReader, Snapshots } from './taskSnapshot';

/** Number of tasks that are read into the index per turn of the event loop. */
const BATCH_SIZE = 200;
/** First and longest pause before a failed read is retried. */
const BUSY_PAUSE_MS = 50;
const MAX_PAUSE_MS = 5_000;

/**
 * Fills the index when a database opens, and keeps it up to date with changes of all windows. Reports each change once
 * and in order.
 */
export class TaskChangeFeed implements Disposable {
  readonly #database: Database;
  readonly #index: TaskIndex;
  readonly #reader: SnapshotReader;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #changed: Emitter<TaskChanges>;
  readonly #loaded: Emitter<void>;
  readonly #again = new MutableDisposable();
  readonly #fillAgain = new MutableDisposable();
  /** Number of the last change in the index. */
  #last = 0;
  #dataVersion = 0;
  #pause = BUSY_PAUSE_MS;
  #lastError = '';
  /** IDs seen by the current fill. Replaced when a newer fill starts. */
  #seen: Set<string> | undefined;
  /** True if the index was complete before, so that differences are changes to report. */
  #wasComplete = false;

  constructor(database: Database, index: TaskIndex, reader: SnapshotReader, clock: Clock, log: Log) {
    this.#database = database;
    this.#index = index;
    this.#reader = reader;
    this.#clock = clock;
    this.#log = log;
    const onError = (error: unknown) => log.error(describeError(error));
    this.#changed = new Emitter(onError);
    this.#loaded = new Emitter(onError);
    database.onDidOpen(() => void this.#fill());
  }

  get onDidChange(): Event<TaskChanges> {
    return this.#changed.event;
  }

  /** Fires when the index is complete. */
  get onDidLoad(): Event<void> {
    return this.#loaded.event;
  }

  /** Reads changes after a write of this window. */
  checkForChanges(): void {
    this.#again.set(undefined);
    try {
      const { changes, removed, last } = this.#database.read((connection) => ({
        changes: this.#select(connection, 'WHERE change > ? ORDER BY change', [this.#last]),
        removed: connection
          .prepare('SELECT id FROM removals WHERE change > ? ORDER BY change')
          .all(this.#last)
          .map((row) => String(row['id'])),
        last: latestChangeNumber(connection),
      }));
      this.#last = last;
      this.#pause = BUSY_PAUSE_MS;
      this.#lastError = '';
      this.#take(changes);
      for (const id of removed) this.#index.delete(id);
      this.#tell(
        changes.snapshots.map(({ task }) => task),
        removed,
      );
    } catch (error) {
      this.#complain(error);
      this.#again.set(this.#clock.setTimeout(() => this.checkForChanges(), this.#pause));
      this.#pause = Math.min(this.#pause * 2, MAX_PAUSE_MS);
    }
  }

  /** Reads changes after activity in the store's folder. @returns true if another window may have written */
  checkElsewhere(): boolean {
    this.#database.follow();
    try {
      const dataVersion = this.#database.dataVersion();
      if (dataVersion === this.#dataVersion) return false;
      this.#dataVersion = dataVersion;
    } catch (error) {
      this.#log.debug(`the database is busy: ${describeError(error)}`);
    }
    this.checkForChanges();
    return true;
  }

  dispose(): void {
    this.#seen = undefined;
    this.#again.dispose();
    this.#fillAgain.dispose();
    this.#changed.dispose();
    this.#loaded.dispose();
  }

  /** Reads all tasks, newest first; small stores synchronously. Never rejects. */
  async #fill(): Promise<void> {
    const seen = new Set<string>();
    this.#seen = seen;
    this.#index.isComplete = false;
    let page: Snapshots | undefined;
    let pause = BUSY_PAUSE_MS;
    while (this.#seen === seen) {
      try {
        page = this.#readPage(page);
      } catch (error) {
        // A damaged file is repaired and reopened, which starts a new fill.
        this.#complain(error);
        const wait = pause;
        await new Promise<void>((resolve) => this.#fillAgain.set(this.#clock.setTimeout(resolve, wait)));
        // Slow down: tables of a newer version may stay unreadable.
        if (!isBusy(error)) pause = Math.min(pause * 2, MAX_PAUSE_MS);
        continue;
      }
      const changed = this.#take(page);
      if (this.#wasComplete) this.#tell(changed, []);
      const { snapshots, unreadable } = page;
      if (snapshots.length + unreadable.length < BATCH_SIZE) {
        this.#finish(seen);
        return;
      }
      await turn();
    }
  }

  /** Logs why the tasks can't be read, once per reason. */
  #complain(error: unknown): void {
    if (isBusy(error)) return;
    const message = error instanceof Error ? error.message : String(error);
    if (message !== this.#lastError) this.#log.error(`the tasks can't be read: ${describeError(error)}`);
    this.#lastError = message;
  }

  #readPage(before: Snapshots | undefined): Snapshots {
    return this.#database.read((connection) => {
      if (!before) {
        this.#dataVersion = this.#database.dataVersion();
        this.#last = latestChangeNumber(connection);
      }
      const { created_at = null, id = null } = before?.last ?? {};
      const after = before ? 'WHERE created_at <= ?1 AND (created_at < ?1 OR id > ?2)' : '';
      const values = before ? [created_at, id] : [];
      return this.#select(connection, `${after} ORDER BY created_at DESC, id LIMIT ${BATCH_SIZE}`, values);
    });
  }

  #finish(seen: ReadonlySet<string>): void {
    this.#seen = undefined;
    // Tasks lost in a repair have no row in `removals`.
    const removed = this.#index.ids().filter((id) => !seen.has(id));
    for (const id of removed) this.#index.delete(id);
    this.#index.isComplete = true;
    this.#wasComplete = true;
    this.#tell([], removed);
    this.#loaded.fire();
  }

  #select(connection: DatabaseSync, which: string, values: readonly SQLInputValue[]): Snapshots {
    return this.#reader.read(connection, `SELECT * FROM tasks ${which}`, values);
  }

  /** Adds tasks to the index. @returns those that differ from before */
  #take({ snapshots, unreadable }: Snapshots): readonly Task[] {
    for (const id of unreadable) {
      this.#index.setUnreadable(id);
      this.#seen?.add(id);
    }
    return snapshots
      .filter((snapshot) => {
        this.#seen?.add(snapshot.task.id);
        return this.#index.set(snapshot);
      })
      .map(({ task }) => task);
  }

  #tell(changed: readonly Task[], removed: readonly string[]): void {
    if (changed.length > 0 || removed.length > 0) this.#changed.fire({ changed, removed });
  }
}
