import type { DatabaseSync } from 'node:sqlite';
import { Emitter, type Event } from '../common/events';
import type { Clock } from '../common/clock';
import { describeError, type Log } from '../common/log';
import type { Database } from './database';
import type { Decide, NewTask, TaskPatch } from './taskPatch';
import { isEnd, type Phase } from '../task/phases';
import type { StoredNote } from '../task/failure';
import type { VideoRow } from '../task/videoRow';
import type { OriginState, StoredTimelineEntry, TaskRecord } from './record';
import { newRecord } from './sidecarTask';
import {
  addToTimeline,
  applyPatch,
  insertTask,
  nextChangeNumber,
  readOne,
  readOrigin,
  readRecords,
  readVideos,
  writeOrigin,
} from './rows';
import type { TextFormat } from '../task/failureMessage';
import { TaskReader } from './taskReader';

/** A task with all that belongs to it. */
export interface WholeTask {
  readonly record: TaskRecord;
  readonly videos: readonly VideoRow[];
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
    const record = newRecord({ ...task, basedOn: task.basedOn }, now);
    await this.#write((connection) => {
      insertTask(connection, record, [], [{ at: now, phase: 'draft' }]);
      beforeCommit();
    });
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
      (connection) =>
        tasks.filter(({ record, videos, timeline }) =>
          insertTask(connection, takenOver(record, this.#clock.now()), videos, timeline),
        ).length,
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
      const patch = record && decide(record, () => readVideos(connection, id));
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
        connection.prepare('UPDATE tasks SET change = ? WHERE id = ?').run(nextChangeNumber(connection), id);
      return true;
    });
  }

  /** Removes an ended task, or a draft of which nothing was ever sent. @returns whether it was removed */
  async remove(id: string, may: (record: TaskRecord) => boolean): Promise<boolean> {
    return this.#write((connection) => {
      const record = readOne(connection, id, this.log);
      if (!record || !may(record)) return false;
      const change = nextChangeNumber(connection);
      connection.prepare('DELETE FROM tasks WHERE id = ?').run(id);
      connection.prepare('DELETE FROM images WHERE task_id = ?').run(id);
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
        connection.prepare('UPDATE tasks SET change = ? WHERE id = ?').run(nextChangeNumber(connection), id);
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
      connection.prepare('UPDATE tasks SET change = ? WHERE id = ?').run(nextChangeNumber(connection), id);
      addToTimeline(connection, id, { at: now, phase: 'saved', note });
    });
  }

  /** Writes the state of an origin, and when its waiting tasks are due, in one go. */
  async setOrigin(origin: string, decide: (state: OriginState) => OriginState | undefined): Promise<boolean> {
    return this.#write((connection) => {
      const state = decide(readOrigin(connection, origin));
      if (!state) return false;
      writeOrigin(connection, origin, state);
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

/** What was unfinished is due at once, and nobody holds it. */
function takenOver(record: TaskRecord, now: number): TaskRecord {
  const nextDue = isEnd(record.phase) ? undefined : now;
  return { ...record, nextDue, troubles: 0, denials: 0, deniedAt: undefined, fetchProgress: undefined };
}
