import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { Clock } from '../common/clock';
import { Emitter, type Event } from '../common/events';
import type { Evidence } from '../common/evidence';
import type { Disposable } from '../common/lifetime';
import { describeError, type Log } from '../common/log';
import type { StoredNote } from '../task/failure';
import { isEnd, type Phase } from '../task/phases';
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
import { describeTask, newRecord } from './sidecarTask';
import type { StoreLocation } from './storeLocation';
import { ReadOnlyStoreError, type StoreState } from './storeState';
import { TaskIndex } from './taskIndex';
import type { Decide, NewTask, TaskPatch } from './taskPatch';
import { SnapshotReader } from './taskSnapshot';

/** A task with all that belongs to it. */
export interface WholeTask {
  readonly record: TaskRecord;
  readonly videos: readonly VideoRow[];
  readonly timeline: readonly StoredTimelineEntry[];
}

/**
 * The tasks, in the database that every window shares. Each method is one transaction; every move goes through the table
 * of legal moves and leaves a row in the timeline. What this window knows of them is in {@link index}.
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
    this.#late = new LateIds(location.folder, clock, log, async (late) => this.#storeLateIds(late));
    this.#written = new Emitter((error) => log.error(describeError(error)));
    this.#database.onDidOpen(() => {
      this.origins.refresh();
      void this.#late.store();
    });
  }

  /** Begins to open; what fails is tried again. */
  open(): void {
    this.#database.open();
  }

  /** Resolves when it can be read. @throws ReadOnlyStoreError, StoreClosedError */
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

  /** Fires for changes made in any window; each once. */
  get onDidChange(): Event<TaskChanges> {
    return this.#feed.onDidChange;
  }

  /** Fires when the index has every task. */
  get onDidLoad(): Event<void> {
    return this.#feed.onDidLoad;
  }

  /** Brings the index up to date after a write of this window. */
  checkForChanges(): void {
    this.#feed.checkForChanges();
  }

  /** The same after something stirred in the store's folder. @returns whether another window had written */
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

  /** Takes over a task from elsewhere as it is, unless it is known already. @returns whether it was taken over */
  async adopt({ record, videos, timeline }: WholeTask): Promise<boolean> {
    // Nobody is at it here.
    const nextDue = isEnd(record.phase) ? undefined : this.#clock.now();
    return this.#write((connection) => insertTask(connection, { ...record, nextDue }, videos, timeline));
  }

  /**
   * Changes a task as decided on its newest state.
   * @returns the new record; undefined if there is no such task or the decision was to leave it
   * @throws if the decision is an illegal move, or to send something while the window closes
   */
  async update(id: string, decide: Decide): Promise<TaskRecord | undefined> {
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
   * Takes a due task for this window: of all that try, one succeeds (DESIGN 4.6).
   * @param seenDue the due time that the caller acts on
   * @param patch the new due time at least; after it the claim has run out
   */
  async claim(id: string, seenDue: number, patch: TaskPatch): Promise<TaskRecord | undefined> {
    return this.update(id, (record) => (record.nextDue === seenDue ? patch : undefined));
  }

  /**
   * Moves the due time of a claim that is still held.
   * @param fetchProgress how far its holder has come since, in percent, where that can be told
   * @returns false when it was lost
   */
  async renew(
    id: string,
    phase: Phase,
    seenDue: number,
    nextDue: number,
    fetchProgress?: number,
  ): Promise<boolean> {
    return this.#write((connection) => {
      const renewed = connection
        .prepare('UPDATE tasks SET next_due = ? WHERE id = ? AND phase = ? AND next_due = ?')
        .run(nextDue, id, phase, seenDue).changes;
      if (renewed === 0) return false;
      // The holder's version stays what it is: it is his own write.
      const isNews =
        connection
          .prepare('UPDATE tasks SET fetch_progress = ?1 WHERE id = ?2 AND fetch_progress IS NOT ?1')
          .run(fetchProgress ?? null, id).changes === 1;
      if (isNews) this.#touch(connection, id);
      return true;
    });
  }

  /** Removes a final task, or a draft of which nothing was ever sent. @returns whether it was removed */
  async remove(id: string, may: (record: TaskRecord) => boolean): Promise<boolean> {
    return this.#write((connection) => {
      const record = readOne(connection, id, this.#log);
      if (!record || !may(record)) return false;
      // Never forgotten: the sidecars of its videos must not bring it back after a repair.
      connection.prepare('INSERT INTO removals VALUES (?, ?)').run(nextChangeNumber(connection), id);
      connection.prepare('DELETE FROM tasks WHERE id = ?').run(id);
      connection.prepare('DELETE FROM images WHERE task_id = ?').run(id);
      return true;
    });
  }

  /** Takes on telling the user about a final task: of all windows, one may. */
  async claimNotice(id: string): Promise<boolean> {
    return this.#write((connection) => this.#mark(connection, 'announced_at', id));
  }

  /** Remembers that the user has seen a task's video. @returns whether it was new */
  async markSeen(id: string): Promise<boolean> {
    return this.#write((connection) => {
      const isNew = this.#mark(connection, 'seen_at', id, `AND phase = 'saved'`);
      if (isNew) this.#touch(connection, id);
      return isNew;
    });
  }

  /** Remembers that a task's videos were saved somewhere outside of the library. */
  async markCopied(id: string): Promise<void> {
    await this.#write((connection) =>
      connection.prepare('UPDATE tasks SET copied_at = ? WHERE id = ?').run(this.#clock.now(), id),
    );
  }

  /** Remembers that the user has had a task's videos removed from the library. @param note says so, in its timeline */
  async markCleaned(id: string, note: StoredNote): Promise<void> {
    await this.#write((connection) => {
      if (!this.#mark(connection, 'cleaned_at', id, `AND phase = 'saved'`)) return;
      connection.prepare('UPDATE tasks SET version = version + 1 WHERE id = ?').run(id);
      this.#touch(connection, id);
      addToTimeline(connection, id, { at: this.#clock.now(), phase: 'saved', note });
    });
  }

  /**
   * Makes waiting tasks due now, a little apart from each other. What a window holds is left alone.
   * @param origin only those of this origin
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
   * Deletes stored images that no task needs, while no other window can add one that does. Where tasks were lost to
   * damage, nobody knows which images they had, and all stay.
   */
  async removeUnusedImages(hashes: readonly string[], remove: (sha256: string) => void): Promise<void> {
    if (!this.index.isComplete) return;
    await this.#write((connection) => findUnusedImages(connection, hashes).forEach(remove));
  }

  /** A task as it is now, also if another window has changed it a moment ago. */
  async taskWhenFree(id: string): Promise<Task | undefined> {
    return this.#readTask('WHERE id = ?', [id]);
  }

  /**
   * The newest task with the same body to the same gateway, made at or after `since`, that has cost something or may
   * still do so.
   */
  async twinOf(bodySha256: string, baseUrl: string, since: number): Promise<Task | undefined> {
    return this.#readTask(
      `WHERE body_sha256 = ? AND base_url = ? AND created_at >= ?
         AND NOT (phase = 'stopped' AND gateway_task_id IS NULL)
         AND NOT (phase IN ('rejected', 'failed') AND iif(json_valid(failure), failure ->> 'charged', '') = 'no')
       ORDER BY created_at DESC LIMIT 1`,
      [bodySha256, baseUrl, since],
    );
  }

  async recordWhenFree(id: string): Promise<TaskRecord | undefined> {
    return this.#database.readWhenFree((connection) => readOne(connection, id, this.#log));
  }

  /** Every task, with the names of its files in the library; the newest first. */
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

  /** The responses that are kept of a task, the oldest first. */
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

  /** When a task that is unfinished was changed last, in ms since 1970. @throws SQLite's busy error */
  latestUpdate(): number | undefined {
    return this.#database.read(findLatestUpdate);
  }

  /** See {@link findNextDue}. @throws SQLite's busy error */
  nextDue(after = 0): number | undefined {
    return this.#database.read((connection) => findNextDue(connection, after));
  }

  /** Stores a task ID that arrived after the task's row got another one. */
  async storeLateId(record: TaskRecord, gatewayTaskId: string): Promise<void> {
    await this.#storeLateIds([{ task: describeTask(record), gatewayTaskId, at: this.#clock.now() }]);
  }

  /** Remembers that the user has decided about a late task ID. */
  async answerIdQuestion(taskId: string): Promise<void> {
    await this.#write((connection) => {
      storeIdAnswer(connection, taskId);
      this.#touch(connection, taskId);
    });
  }

  /** Keeps the ID of a paid task that can't be stored now, beyond the end of this window if need be. */
  keepLateId(record: TaskRecord, gatewayTaskId: string): void {
    this.#late.keep(record, gatewayTaskId);
  }

  /**
   * Follows tasks of unknown outcome whose task ID stands in what was kept of their responses.
   * @param find reads a task ID from a text
   * @returns how many
   */
  async recoverTaskIds(find: (text: string, remixOf?: string) => string | undefined): Promise<number> {
    return recoverTaskIds(this, find, this.#clock, this.#markPending);
  }

  /** From now on nothing new is sent; what is under way can still be stored. */
  beginClosing(): void {
    this.#database.beginClosing();
  }

  dispose(): void {
    this.#late.dispose();
    this.#written.dispose();
    this.#feed.dispose();
    this.#database.dispose();
  }

  async #storeLateIds(late: readonly LateId[]): Promise<void> {
    await this.#write((connection) => {
      for (const one of late) storeLateId(connection, one, this.#clock.now(), this.#log);
      this.#markPending();
    });
  }

  #refuseWhenClosing(): void {
    if (this.state.kind === 'closing') throw new ReadOnlyStoreError('windowCloses');
  }

  /** Notes a time, once. @returns whether it was the first */
  #mark(connection: DatabaseSync, column: string, id: string, and = ''): boolean {
    const sql = `UPDATE tasks SET ${column} = ? WHERE id = ? AND ${column} IS NULL ${and}`;
    return connection.prepare(sql).run(this.#clock.now(), id).changes === 1;
  }

  /** Tells other windows of a change. */
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
