import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { Clock } from '../common/clock';
import { Emitter, type Event } from '../common/events';
import type { Evidence } from '../common/evidence';
import type { Disposable } from '../common/disposable';
import { describeError, type Log } from '../common/log';
import type { StoredNote } from '../task/failure';
import { isFinal, type Phase } from '../task/phases';
import type { Task, TaskChanges } from '../task/task';
import type { VideoRow } from '../task/videoRow';
import { TaskChangeFeed } from './changeFeed';
import { Database } from './database';
import { findDue, findDueHosts, findLatestUpdate, findNextDue, makeDueNow, type Lane } from './dueTasks';
import { LateIds, storeIdAnswer, storeLateId, type LateId } from './lateIds';
import { OriginStates } from './originStates';
import type { TaskWithFiles } from './ownedFiles';
import type { StoredTimelineEntry, TaskRecord } from './record';
import { recoverTaskIds } from './recoverTaskIds';
import {
  addToTimeline,
  applyPatch,
  findUnusedImages,
  insertTask,
  nextChangeNumber,
  readEvidence,
  readOne,
  readRecords,
  readVideos,
} from './rows';
import { newRecord } from './sidecarTask';
import type { StoreLocation } from './storeLocation';
import { ReadOnlyStoreError, type StoreState } from './storeState';
import { TaskIndex } from './taskIndex';
import type { TaskUpdate, NewTask, TaskPatch } from './taskPatch';
import { SnapshotReader } from './taskSnapshot';

/** A task with its videos and timeline. */
export interface TaskWithDetails {
  readonly record: TaskRecord;
  readonly videos: readonly VideoRow[];
  readonly timeline: readonly StoredTimelineEntry[];
}

/**
 * The tasks in the database that all windows share. Each method is one transaction. Every change of phase must be legal
 * and is added to the timeline. {@link index} is this window's copy in memory.
 */
export class TaskStore implements Disposable {
  readonly index = new TaskIndex();
  readonly origins: OriginStates;
  readonly #database: Database;
  readonly #feed: TaskChangeFeed;
  readonly #reader: SnapshotReader;
  readonly #late: LateIds;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #markPending: () => void;
  readonly #written: Emitter<void>;

  /** @param markPending marks, inside a transaction, that unfinished work exists (see PendingMarker) */
  constructor(location: StoreLocation, clock: Clock, log: Log, markPending: () => void = () => undefined) {
    this.#clock = clock;
    this.#log = log;
    this.#markPending = markPending;
    this.#database = new Database(location, clock, log);
    this.#reader = new SnapshotReader(location.libraryFolder, location.format, log);
    this.origins = new OriginStates(this.#database, async (work) => this.#write(work), log);
    this.#feed = new TaskChangeFeed(this.#database, this.index, this.#reader, clock, log);
    this.#late = new LateIds(location.folder, clock, log, async (late) => this.storeLateIds(late));
    this.#written = new Emitter((error) => log.error(describeError(error)));
    this.#database.onDidOpen(() => {
      this.origins.refresh();
      void this.#late.store();
    });
  }

  /** Starts to open the store. Failures are retried. */
  open(): void {
    this.#database.open();
  }

  /** Resolves when the store can be read. @throws ReadOnlyStoreError, StoreClosedError */
  async ready(): Promise<void> {
    return this.#database.ready();
  }

  get state(): StoreState {
    return this.#database.state;
  }

  get onDidChangeState(): Event<StoreState> {
    return this.#database.onDidChangeState;
  }

  /** Fires after each write of this window. */
  get onDidWrite(): Event<void> {
    return this.#written.event;
  }

  /** Fires once for each change made in any window. */
  get onDidChange(): Event<TaskChanges> {
    return this.#feed.onDidChange;
  }

  /** Fires when the index has every task. */
  get onDidLoad(): Event<void> {
    return this.#feed.onDidLoad;
  }

  /** Updates the index after a write of this window. */
  checkForChanges(): void {
    this.#feed.checkForChanges();
  }

  /** Updates the index after activity in the store's folder. @returns true if another window may have written */
  checkElsewhere(): boolean {
    const hasChanged = this.#feed.checkElsewhere();
    if (hasChanged) this.origins.refresh();
    return hasChanged;
  }

  /** Adds a task in phase `draft`. `beforeCommit` runs while no other window can write. @throws ReadOnlyStoreError */
  async insert(task: NewTask, beforeCommit: () => void): Promise<TaskRecord> {
    const now = this.#clock.now();
    const record = newRecord({ ...task, basedOn: task.basedOn }, now);
    await this.#write((connection) => {
      this.#refuseWhenClosing();
      insertTask(connection, record, [], [{ at: now, phase: 'draft' }]);
      beforeCommit();
    });
    return record;
  }

  /** Inserts a task that this window didn't create. @returns false if it exists already, or the user removed it */
  async import({ record, videos, timeline }: TaskWithDetails): Promise<boolean> {
    // No window has claimed it.
    const nextDue = isFinal(record.phase) ? undefined : this.#clock.now();
    return this.#write((connection) => insertTask(connection, { ...record, nextDue }, videos, timeline));
  }

  /**
   * Changes a task with a patch that is decided on its current state, inside the transaction.
   * @returns the new record; undefined if there is no such task, or the decision was to leave it
   * @throws if the transition is illegal, or would send something while the window closes
   */
  async update(id: string, decide: TaskUpdate): Promise<TaskRecord | undefined> {
    return this.#write((connection) => {
      const record = readOne(connection, id, this.#log);
      const patch = record && decide(record, () => readVideos(connection, id));
      if (!record || !patch) return undefined;
      if (patch.phase === 'sending') this.#refuseWhenClosing();
      applyPatch(connection, record, patch, this.#clock.now());
      return readOne(connection, id, this.#log);
    });
  }

  /**
   * Claims a due task for this window. Only one window succeeds (DESIGN 4.6).
   * @param seenDue due time that the caller read
   * @param patch must contain the new due time, at which the claim expires
   */
  async claim(id: string, seenDue: number, patch: TaskPatch): Promise<TaskRecord | undefined> {
    return this.update(id, (record) => (record.nextDue === seenDue ? patch : undefined));
  }

  /**
   * Extends a claim.
   * @param leasedUntil time after which another window may take over
   * @param fetchProgress download progress in percent, if known
   * @returns false if the claim was lost
   */
  async renew(
    id: string,
    phase: Phase,
    seenDue: number,
    nextDue: number,
    leasedUntil: number,
    fetchProgress?: number,
  ): Promise<boolean> {
    return this.#write((connection) => {
      const sql =
        'UPDATE tasks SET next_due = ?, leased_until = ? WHERE id = ? AND phase = ? AND next_due = ?';
      if (connection.prepare(sql).run(nextDue, leasedUntil, id, phase, seenDue).changes === 0) return false;
      // A renewal doesn't change the version, so the holder's next write isn't outdated.
      const isNews =
        connection
          .prepare('UPDATE tasks SET fetch_progress = ?1 WHERE id = ?2 AND fetch_progress IS NOT ?1')
          .run(fetchProgress ?? null, id).changes === 1;
      if (isNews) this.#touch(connection, id);
      return true;
    });
  }

  /** Removes a final task, or a draft that was never sent. @returns true if it was removed */
  async remove(id: string, may: (record: TaskRecord) => boolean): Promise<boolean> {
    return this.#write((connection) => {
      const record = readOne(connection, id, this.#log);
      if (!record || !may(record)) return false;
      // Kept permanently, so that the task's sidecars don't restore it after a repair.
      connection.prepare('INSERT INTO removals VALUES (?, ?)').run(nextChangeNumber(connection), id);
      connection.prepare('DELETE FROM tasks WHERE id = ?').run(id);
      connection.prepare('DELETE FROM images WHERE task_id = ?').run(id);
      return true;
    });
  }

  /** Claims the notification about a task's end. @returns true in only one window */
  async claimNotification(id: string): Promise<boolean> {
    return this.#write((connection) => this.#mark(connection, 'announced_at', id));
  }

  /** Records that the user has seen a task's video. @returns true the first time */
  async markSeen(id: string): Promise<boolean> {
    return this.#write((connection) => {
      const isNew = this.#mark(connection, 'seen_at', id, `AND phase = 'saved'`);
      if (isNew) this.#touch(connection, id);
      return isNew;
    });
  }

  /** Records that a task's videos were saved outside the library. */
  async markExported(id: string): Promise<void> {
    await this.#write((connection) =>
      connection.prepare('UPDATE tasks SET copied_at = ? WHERE id = ?').run(this.#clock.now(), id),
    );
  }

  /** Records that the user removed a task's videos from the library. @param note for the timeline */
  async markDeleted(id: string, note: StoredNote): Promise<void> {
    await this.#write((connection) => {
      if (!this.#mark(connection, 'cleaned_at', id, `AND phase = 'saved'`)) return;
      connection.prepare('UPDATE tasks SET version = version + 1 WHERE id = ?').run(id);
      this.#touch(connection, id);
      addToTimeline(connection, id, { at: this.#clock.now(), phase: 'saved', note });
    });
  }

  /**
   * Makes waiting tasks due now, `apartMs` apart. Tasks that a window is working on are left alone.
   * @param origin only tasks of this origin
   */
  async makeDueNow(apartMs: number, origin?: string): Promise<void> {
    const now = this.#clock.now();
    await this.#write((connection) => makeDueNow(connection, now, apartMs, origin));
  }

  /** Runs `then` if no task is unfinished, while no other window can add one. */
  async ifIdle(then: () => void): Promise<void> {
    await this.#write((connection) => {
      if (!connection.prepare('SELECT 1 FROM tasks WHERE next_due IS NOT NULL LIMIT 1').get()) then();
    });
  }

  /**
   * Deletes stored images that no task needs, while no other window can add a task. Keeps all images if a repair lost
   * tasks, because their images are unknown.
   */
  async removeUnusedImages(hashes: readonly string[], remove: (sha256: string) => void): Promise<void> {
    if (!this.index.isComplete) return;
    await this.#write((connection) => findUnusedImages(connection, hashes).forEach(remove));
  }

  /** The current task from the database, including other windows' latest changes. */
  async readTask(id: string): Promise<Task | undefined> {
    return this.#readTask('WHERE id = ?', [id]);
  }

  /** The newest task with the same body and gateway, created at or after `since`, that was or may still be charged. */
  async findDuplicate(bodySha256: string, baseUrl: string, since: number): Promise<Task | undefined> {
    return this.#readTask(
      `WHERE body_sha256 = ? AND base_url = ? AND created_at >= ?
         AND NOT (phase = 'stopped' AND gateway_task_id IS NULL)
         AND NOT (phase IN ('rejected', 'failed') AND iif(json_valid(failure), failure ->> 'charged', '') = 'no')
       ORDER BY created_at DESC LIMIT 1`,
      [bodySha256, baseUrl, since],
    );
  }

  async readRecord(id: string): Promise<TaskRecord | undefined> {
    return this.#database.readWhenFree((connection) => readOne(connection, id, this.#log));
  }

  /** The rows of a task's videos. */
  async videos(id: string): Promise<readonly VideoRow[]> {
    return this.#database.readWhenFree((connection) => readVideos(connection, id));
  }

  /** All tasks with the names of their files in the library, newest first. */
  async allWithFiles(): Promise<readonly TaskWithFiles[]> {
    return this.#database.readWhenFree((connection) => {
      const files = Map.groupBy(
        connection
          .prepare('SELECT task_id, file FROM videos WHERE file IS NOT NULL ORDER BY task_id, position')
          .all(),
        (row) => row['task_id'],
      );
      const sql = 'SELECT * FROM tasks ORDER BY created_at DESC, id';
      return readRecords(connection, sql, [], this.#log).map((record) => ({
        record,
        files: (files.get(record.id) ?? []).map((row) => String(row['file'])),
      }));
    });
  }

  /** Stored responses of a task, oldest first. */
  async evidence(id: string): Promise<readonly Evidence[]> {
    return this.#database.readWhenFree((connection) => readEvidence(connection, id));
  }

  /** See {@link findDueHosts}. @throws SQLite's busy error */
  dueHosts(lane: Lane, now: number, furthest: number): readonly string[] {
    return this.#database.read((connection) => findDueHosts(connection, lane, now, furthest));
  }

  /** See {@link findDue}. @throws SQLite's busy error */
  due(lane: Lane, host: string, now: number, furthest: number, limit: number): readonly TaskRecord[] {
    return this.#database.read((connection) => findDue(connection, { lane, host, now, furthest, limit }));
  }

  /** See {@link findLatestUpdate}. @throws SQLite's busy error */
  latestUpdate(): number | undefined {
    return this.#database.read(findLatestUpdate);
  }

  /** See {@link findNextDue}. @throws SQLite's busy error */
  nextDue(after = 0): number | undefined {
    return this.#database.read((connection) => findNextDue(connection, after));
  }

  /** Stores task IDs that arrived after their tasks got other ones, or while they couldn't be stored. */
  async storeLateIds(late: readonly LateId[]): Promise<void> {
    await this.#write((connection) => {
      for (const one of late) storeLateId(connection, one, this.#clock.now(), this.#log);
      this.#markPending();
    });
  }

  /** Records that the user decided about a late task ID. */
  async answerIdQuestion(taskId: string): Promise<void> {
    await this.#write((connection) => {
      storeIdAnswer(connection, taskId);
      this.#touch(connection, taskId);
    });
  }

  /** Keeps the ID of a paid task until it can be stored, even by a later window. */
  keepLateId(late: LateId): void {
    this.#late.keep(late);
  }

  /**
   * Tracks `unknown` tasks whose ID is in a stored response.
   * @param find finds a task ID in a text
   * @returns the number of tasks
   */
  async recoverTaskIds(find: (text: string, remixOf?: string) => string | undefined): Promise<number> {
    return recoverTaskIds(this, find, this.#clock, this.#markPending);
  }

  /** Refuses new submits; outcomes of current ones can still be stored. */
  beginClosing(): void {
    this.#database.beginClosing();
  }

  dispose(): void {
    this.#late.dispose();
    this.#written.dispose();
    this.#feed.dispose();
    this.#database.dispose();
  }

  #refuseWhenClosing(): void {
    if (this.state.kind === 'closing') throw new ReadOnlyStoreError('windowCloses');
  }

  /** Stores a time, once. @returns true the first time */
  #mark(connection: DatabaseSync, column: string, id: string, and = ''): boolean {
    const sql = `UPDATE tasks SET ${column} = ? WHERE id = ? AND ${column} IS NULL ${and}`;
    return connection.prepare(sql).run(this.#clock.now(), id).changes === 1;
  }

  /** Makes other windows read a task again. */
  #touch(connection: DatabaseSync, id: string): void {
    connection.prepare('UPDATE tasks SET change = ? WHERE id = ?').run(nextChangeNumber(connection), id);
  }

  async #readTask(which: string, values: readonly SQLInputValue[]): Promise<Task | undefined> {
    return this.#database.readWhenFree(
      (connection) =>
        this.#reader.read(connection, `SELECT * FROM tasks ${which}`, values).snapshots[0]?.task,
    );
  }

  async #write<T>(work: (connection: DatabaseSync) => T): Promise<T> {
    const result = await this.#database.write(work);
    this.#written.fire();
    return result;
  }
}
