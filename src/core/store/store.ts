import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { Emitter, type Event } from '../common/events';
import type { Clock } from '../common/clock';
import { describeError, type Log } from '../common/log';
import type { Database } from './database';
import type { Decide, NewTask, TaskPatch } from './taskPatch';
import { isEnd, type Phase } from '../task/phases';
import type { StoredNote } from '../task/failure';
import type { OriginState, StoredTimelineEntry, StoredVideo, TaskRecord } from './record';
import {
  addToTimeline,
  applyPatch,
  countChange,
  countVideos,
  readOne,
  readOrigin,
  readRecords,
  replaceVideos,
} from './rows';
import type { TextFormat } from '../task/failureMessage';
import { TaskReader } from './taskReader';

/** A task with all that belongs to it. */
export interface WholeTask {
  readonly record: TaskRecord;
  readonly videos: readonly StoredVideo[];
  readonly timeline: readonly StoredTimelineEntry[];
}

/** How many removed tasks are remembered for windows that have not noticed yet. */
const REMOVALS_KEPT = 1000;

/**
 * The tasks, in the database that every window shares. Each method is one transaction; every move goes
 * through the table of legal moves and leaves a row in the timeline.
 */
export class TaskStore extends TaskReader {
  readonly #clock: Clock;
  readonly #written: Emitter<void>;

  constructor(database: Database, clock: Clock, log: Log, libraryFolder: string, format?: TextFormat) {
    super(database, log, libraryFolder, format);
    this.#clock = clock;
    this.#written = new Emitter((error) => log.error(describeError(error)));
    database.onDidReplace(() => this.#written.fire());
  }

  /** Fires after each write of this window, and when all may have changed because the file was made anew. */
  get onDidWrite(): Event<void> {
    return this.#written.event;
  }

  /** Adds a task in phase `draft`. `beforeCommit` runs while no other window can write. */
  async insert(task: NewTask, beforeCommit: () => void): Promise<TaskRecord> {
    const now = this.#clock.now();
    const record = await this.#write((connection) => {
      connection
        .prepare(
          `INSERT INTO tasks (id, change, version, created_at, updated_at, phase, base_url, key_id, request,
             body_sha256, next_due, based_on) VALUES (?, ?, 1, ?, ?, 'draft', ?, ?, ?, ?, ?, ?)`,
        )
        .run(
          task.id,
          countChange(connection),
          now,
          now,
          task.baseUrl,
          task.keyId,
          JSON.stringify(task.request),
          task.bodySha256,
          task.nextDue,
          task.basedOn ?? null,
        );
      addToTimeline(connection, task.id, now, 'draft', undefined);
      beforeCommit();
      return readOne(connection, task.id, this.log);
    });
    if (!record) throw new Error('a new task could not be read back');
    return record;
  }

  /**
   * Takes over a task from elsewhere as it is, unless it is known already. What was unfinished is due at once.
   * @returns whether it was taken over
   */
  async adopt(task: WholeTask): Promise<boolean> {
    return (await this.adoptAll([task])) === 1;
  }

  /** As {@link adopt}, for many in one go. @returns how many were taken over */
  async adoptAll(tasks: readonly WholeTask[]): Promise<number> {
    return this.#write(
      (connection) => tasks.filter((task) => adoptTask(connection, task, this.#clock.now())).length,
    );
  }

  /**
   * Changes a task as decided on its newest state.
   * @returns the new record; undefined when there is no such task or the decision was to leave it
   * @throws when the decision is an illegal move
   */
  async update(id: string, decide: Decide): Promise<TaskRecord | undefined> {
    return this.#write((connection) => {
      const record = readOne(connection, id, this.log);
      const patch = record && decide(record, () => countVideos(connection, id));
      if (!record || !patch) return undefined;
      applyPatch(connection, record, patch, this.#clock.now());
      return readOne(connection, id, this.log);
    });
  }

  /**
   * Takes a due task for this window: of all that try, one succeeds (DESIGN 4.2).
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
      if (isNews)
        connection.prepare('UPDATE tasks SET change = ? WHERE id = ?').run(countChange(connection), id);
      return true;
    });
  }

  /** Removes an ended task, or a draft of which nothing was ever sent. @returns whether it was removed */
  async remove(id: string, may: (record: TaskRecord) => boolean): Promise<boolean> {
    return this.#write((connection) => {
      const record = readOne(connection, id, this.log);
      if (!record || !may(record)) return false;
      const change = countChange(connection);
      connection.prepare('DELETE FROM tasks WHERE id = ?').run(id);
      connection.prepare('INSERT INTO removals VALUES (?, ?)').run(change, id);
      connection
        .prepare('DELETE FROM removals WHERE change <= (SELECT max(change) FROM removals) - ?')
        .run(REMOVALS_KEPT);
      return true;
    });
  }

  /** Takes on telling the user about an ended task: of all windows, one may. */
  async claimNotice(id: string): Promise<boolean> {
    return this.#write(
      (connection) =>
        connection
          .prepare('UPDATE tasks SET announced_at = ? WHERE id = ? AND announced_at IS NULL')
          .run(this.#clock.now(), id).changes === 1,
    );
  }

  /** Remembers that the user has seen a task's video. @returns whether it was new */
  async markSeen(id: string): Promise<boolean> {
    return this.#write((connection) => {
      const marked = connection
        .prepare(`UPDATE tasks SET seen_at = ? WHERE id = ? AND phase = 'saved' AND seen_at IS NULL`)
        .run(this.#clock.now(), id).changes;
      // Other windows count the unseen ones too.
      if (marked === 1) {
        connection.prepare('UPDATE tasks SET change = ? WHERE id = ?').run(countChange(connection), id);
      }
      return marked === 1;
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
    const now = this.#clock.now();
    await this.#write((connection) => {
      const { changes } = connection
        .prepare(
          `UPDATE tasks SET cleaned_at = ?, version = version + 1 WHERE id = ? AND phase = 'saved' AND cleaned_at IS NULL`,
        )
        .run(now, id);
      if (changes === 0) return;
      connection.prepare('UPDATE tasks SET change = ? WHERE id = ?').run(countChange(connection), id);
      addToTimeline(connection, id, now, 'saved', note);
    });
  }

  /** Writes the state of an origin, and when its waiting tasks are due, in one go. */
  async setOrigin(origin: string, decide: (state: OriginState) => OriginState | undefined): Promise<boolean> {
    return this.#write((connection) => {
      const state = decide(readOrigin(connection, origin));
      if (!state) return false;
      connection
        .prepare('INSERT OR REPLACE INTO origins VALUES (?, ?, ?, ?)')
        .run(
          origin,
          state.notBefore,
          state.refusal === undefined ? null : JSON.stringify(state.refusal),
          state.recheckAt ?? null,
        );
      return true;
    });
  }

  async forgetRefusals(): Promise<void> {
    await this.#write((connection) =>
      connection.exec('UPDATE origins SET refusal = NULL, recheck_at = NULL'),
    );
  }

  /**
   * Makes waiting tasks due now, a little apart from each other.
   * @param which those whose work may go on; claims of other windows are left alone by their phase
   */
  async hasten(which: (record: TaskRecord) => boolean, now: number, apartMs: number): Promise<void> {
    await this.#write((connection) => {
      const waiting = readRecords(
        connection,
        'SELECT * FROM tasks WHERE next_due > ? ORDER BY next_due',
        [now],
        this.log,
      );
      let due = now;
      for (const record of waiting) {
        if (
          record.phase === 'draft' ||
          record.phase === 'sending' ||
          record.phase === 'saving' ||
          !which(record)
        ) {
          continue;
        }
        if (record.nextDue === undefined || record.nextDue <= due) continue;
        connection.prepare('UPDATE tasks SET next_due = ? WHERE id = ?').run(due, record.id);
        due += apartMs;
      }
    });
  }

  /** Runs `then` if no task is unfinished, while no other window can add one. */
  async ifIdle(then: () => void): Promise<void> {
    await this.#write((connection) => {
      if (!connection.prepare('SELECT 1 FROM tasks WHERE next_due IS NOT NULL LIMIT 1').get()) then();
    });
  }

  close(): void {
    this.#written.dispose();
    this.database.close();
  }

  async #write<T>(work: (connection: DatabaseSync) => T): Promise<T> {
    const result = await this.database.write(work);
    this.#written.fire();
    return result;
  }
}

/** @returns false when it is known already */
function adoptTask(connection: DatabaseSync, { record, videos, timeline }: WholeTask, now: number): boolean {
  if (connection.prepare('SELECT 1 FROM tasks WHERE id = ?').get(record.id)) return false;
  const columns: Record<string, SQLInputValue> = {
    id: record.id,
    change: countChange(connection),
    version: record.version,
    created_at: record.createdAt,
    updated_at: record.updatedAt,
    phase: record.phase,
    base_url: record.baseUrl,
    key_id: record.keyId,
    request: JSON.stringify(record.request),
    body_sha256: record.bodySha256,
    gateway_task_id: record.gatewayTaskId ?? null,
    progress: record.progress ?? null,
    failure: record.failure ? JSON.stringify(record.failure) : null,
    submitted_at: record.submittedAt ?? null,
    succeeded_at: record.succeededAt ?? null,
    expires_at: record.expiresAt ?? null,
    next_due: isEnd(record.phase) ? null : now,
    links: JSON.stringify(record.links),
    held_up_ms: record.heldUpMs,
    disk_failed_at: record.diskFailedAt ?? null,
    announced_at: record.announcedAt ?? null,
    seen_at: record.seenAt ?? null,
    copied_at: record.copiedAt ?? null,
    cleaned_at: record.cleanedAt ?? null,
    id_source: record.idSource ?? null,
    based_on: record.basedOn ?? null,
  };
  const names = Object.keys(columns);
  connection
    .prepare(`INSERT INTO tasks (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`)
    .run(...Object.values(columns));
  replaceVideos(connection, record.id, videos);
  for (const { at, phase, note } of timeline) addToTimeline(connection, record.id, at, phase, note);
  return true;
}
