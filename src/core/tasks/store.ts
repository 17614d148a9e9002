import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import type { VideoRequest } from '../models/request';
import { Emitter, type Event } from '../common/events';
import type { Clock } from '../common/clock';
import { describeError, type Log } from '../common/log';
import { isBusy, type Database, type ReadOnlyReason } from './database';
import { canMove, isEnd, type Phase } from './phases';
import {
  readOriginRow,
  readRecord,
  readTimelineRow,
  readVideoRow,
  type OriginState,
  type StoredVideo,
  type TaskRecord,
} from './record';
import type { Failure, Task, TaskChanges, TimelineEntry } from './task';

export interface NewTask {
  readonly id: string;
  readonly baseUrl: string;
  readonly keyId: string;
  readonly request: VideoRequest;
  readonly bodySha256: string;
  readonly nextDue: number;
  readonly note?: string;
}

/** What to write; a field left out stays, null empties it. */
export interface TaskPatch {
  readonly phase?: Phase;
  /** Why, for the timeline; a sentence for the user. */
  readonly note?: string;
  readonly gatewayTaskId?: string;
  readonly progress?: number | null;
  readonly failure?: Failure | null;
  readonly submittedAt?: number;
  readonly succeededAt?: number | null;
  readonly expiresAt?: number | null;
  readonly nextDue?: number | null;
  readonly troubles?: number;
  readonly denials?: number;
  readonly deniedAt?: number | null;
  readonly links?: readonly string[];
  readonly videos?: readonly StoredVideo[];
}

/** Decides, inside the transaction, what becomes of a record; undefined leaves it as it is. */
export type Decide = (record: TaskRecord) => TaskPatch | undefined;

/** A point in the life of the store, after which one wants to know of changes. */
export interface StorePosition {
  readonly dataVersion: number;
  readonly change: number;
}

/** How many pictures of tasks are remembered. */
const MOST_REMEMBERED = 500;

/** How many removed tasks are remembered for windows that have not noticed yet. */
const REMOVALS_KEPT = 1000;

/**
 * The tasks, in the database that every window shares. Each method is one transaction; every move goes
 * through the table of legal moves and leaves a row in the timeline.
 */
export class TaskStore {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #libraryUri: string;
  readonly #written: Emitter<void>;
  /** What the last complete read gave, for when another window holds the lock. */
  #lastList: readonly Task[] = [];
  /** Pictures lately made, for the same; the oldest first. */
  readonly #remembered = new Map<string, Task>();

  constructor(database: Database, clock: Clock, log: Log, libraryFolder: string) {
    this.#database = database;
    this.#clock = clock;
    this.#log = log;
    this.#libraryUri = pathToFileURL(libraryFolder).href;
    this.#written = new Emitter((error) => log.error(describeError(error)));
  }

  /** Fires after each write of this window. */
  get onDidWrite(): Event<void> {
    return this.#written.event;
  }

  get readOnly(): ReadOnlyReason | undefined {
    return this.#database.readOnly;
  }

  dataVersion(): number {
    return this.#database.dataVersion();
  }

  /** Changes when the file was made anew under us: what was known of it is old then. */
  get generation(): number {
    return this.#database.generation;
  }

  /** Where the store stands now. @throws SQLite's busy error while another window commits */
  position(): StorePosition {
    return { dataVersion: this.#database.dataVersion(), change: this.#database.read(lastChange) };
  }

  /** As {@link position}, waiting for other windows. */
  async positionWhenFree(): Promise<StorePosition> {
    const dataVersion = await this.#database.whenFree(() => this.#database.dataVersion());
    return { dataVersion, change: await this.#database.whenFree(() => this.#database.read(lastChange)) };
  }

  // ── reading ─────────────────────────────────────────────────────────────────────────────────────

  /** The newest tasks first. While another window commits, what was seen last. */
  list(limit: number): readonly Task[] {
    try {
      this.#lastList = this.#database.read((connection) =>
        this.#snapshots(connection, 'SELECT * FROM tasks ORDER BY created_at DESC, id LIMIT ?', [limit]),
      );
    } catch (error) {
      if (!isBusy(error)) this.#log.error(`the tasks cannot be read: ${describeError(error)}`);
    }
    return this.#lastList.slice(0, limit);
  }

  /** A task as it is; while another window commits, as it was seen last. */
  task(id: string): Task | undefined {
    try {
      return this.#readTask(id);
    } catch (error) {
      const remembered = this.#remembered.get(id);
      if (!isBusy(error) || !remembered) throw error;
      return remembered;
    }
  }

  /** As {@link task}, waiting for other windows. */
  async taskWhenFree(id: string): Promise<Task | undefined> {
    return this.#database.whenFree(() => this.#readTask(id));
  }

  #readTask(id: string): Task | undefined {
    return this.#database.read(
      (connection) => this.#snapshots(connection, 'SELECT * FROM tasks WHERE id = ?', [id])[0],
    );
  }

  record(id: string): TaskRecord | undefined {
    return this.#database.read((connection) => this.#record(connection, id));
  }

  /** What has changed after the change with this number, up to the newest. */
  changesSince(change: number): TaskChanges & { readonly last: number } {
    return this.#database.read((connection) => ({
      changed: this.#snapshots(connection, 'SELECT * FROM tasks WHERE change > ? ORDER BY change', [change]),
      removed: connection
        .prepare('SELECT id FROM removals WHERE change > ? ORDER BY change')
        .all(change)
        .map((row) => String(row['id'])),
      last: lastChange(connection),
    }));
  }

  /**
   * Records whose time has come. One that is further ahead than anything we ever plan was written before the
   * clock was set back, and counts as due.
   */
  due(now: number, furthest: number, limit: number): readonly TaskRecord[] {
    return this.#database.read((connection) =>
      this.#records(
        connection,
        'SELECT * FROM tasks WHERE next_due <= ? OR next_due > ? ORDER BY next_due LIMIT ?',
        [now, furthest, limit],
      ),
    );
  }

  /** The earliest time, later than the given one, at which something is to be done, or nothing. */
  nextDue(after = 0): number | undefined {
    const row = this.#database.read((connection) =>
      connection.prepare('SELECT min(next_due) AS due FROM tasks WHERE next_due > ?').get(after),
    );
    return typeof row?.['due'] === 'number' ? row['due'] : undefined;
  }

  /** A task with the same body to the same gateway, made at or after `since`. */
  twinOf(bodySha256: string, baseUrl: string, since: number): TaskRecord | undefined {
    return this.#database.read(
      (connection) =>
        this.#records(
          connection,
          'SELECT * FROM tasks WHERE body_sha256 = ? AND base_url = ? AND created_at >= ? ORDER BY created_at DESC LIMIT 1',
          [bodySha256, baseUrl, since],
        )[0],
    );
  }

  originState(origin: string): OriginState {
    return this.#database.read((connection) => readOrigin(connection, origin));
  }

  // ── writing ─────────────────────────────────────────────────────────────────────────────────────

  /** Adds a task in phase `draft`. `beforeCommit` runs while no other window can write. */
  async insert(task: NewTask, beforeCommit: () => void): Promise<TaskRecord> {
    const now = this.#clock.now();
    const record = await this.#write((connection) => {
      connection
        .prepare(
          `INSERT INTO tasks (id, change, version, created_at, updated_at, phase, base_url, key_id, request,
             body_sha256, next_due) VALUES (?, ?, 1, ?, ?, 'draft', ?, ?, ?, ?, ?)`,
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
        );
      addToTimeline(connection, task.id, now, 'draft', task.note);
      beforeCommit();
      return this.#record(connection, task.id);
    });
    if (!record) throw new Error('a new task could not be read back');
    return record;
  }

  /**
   * Takes over a task from elsewhere as it is, unless it is known already. What was unfinished is due at once.
   * @returns whether it was taken over
   */
  async adopt(
    record: TaskRecord,
    videos: readonly StoredVideo[],
    timeline: readonly TimelineEntry[],
  ): Promise<boolean> {
    return this.#write((connection) => {
      if (this.#record(connection, record.id)) return false;
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
        next_due: isEnd(record.phase) ? null : this.#clock.now(),
        links: JSON.stringify(record.links),
      };
      const names = Object.keys(columns);
      connection
        .prepare(`INSERT INTO tasks (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`)
        .run(...Object.values(columns));
      replaceVideos(connection, record.id, videos);
      for (const { at, phase, note } of timeline) addToTimeline(connection, record.id, at, phase, note);
      return true;
    });
  }

  /**
   * Changes a task as decided on its newest state.
   * @returns the new record; undefined when there is no such task or the decision was to leave it
   * @throws when the decision is an illegal move
   */
  async update(id: string, decide: Decide): Promise<TaskRecord | undefined> {
    return this.#write((connection) => {
      const record = this.#record(connection, id);
      const patch = record && decide(record);
      if (!record || !patch) return undefined;
      this.#apply(connection, record, patch);
      return this.#record(connection, id);
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

  /** Moves the due time of a claim that is still held; false when it was lost. */
  async renew(id: string, phase: Phase, seenDue: number, nextDue: number): Promise<boolean> {
    return this.#write(
      (connection) =>
        connection
          .prepare('UPDATE tasks SET next_due = ? WHERE id = ? AND phase = ? AND next_due = ?')
          .run(nextDue, id, phase, seenDue).changes === 1,
    );
  }

  /** Removes an ended task, or a draft of which nothing was ever sent. @returns whether it was removed */
  async remove(id: string, may: (record: TaskRecord) => boolean): Promise<boolean> {
    return this.#write((connection) => {
      const record = this.#record(connection, id);
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

  /** Ids of the tasks whose videos the user has not seen, newest first. */
  unseen(): readonly string[] {
    return this.#database.read((connection) =>
      connection
        .prepare(`SELECT id FROM tasks WHERE phase = 'saved' AND seen_at IS NULL ORDER BY created_at DESC`)
        .all()
        .map((row) => String(row['id'])),
    );
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
      const waiting = this.#records(connection, 'SELECT * FROM tasks WHERE next_due > ? ORDER BY next_due', [
        now,
      ]);
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
    this.#database.close();
  }

  // ── inside a transaction ────────────────────────────────────────────────────────────────────────

  async #write<T>(work: (connection: DatabaseSync) => T): Promise<T> {
    const result = await this.#database.write(work);
    this.#written.fire();
    return result;
  }

  #record(connection: DatabaseSync, id: string): TaskRecord | undefined {
    return this.#records(connection, 'SELECT * FROM tasks WHERE id = ?', [id])[0];
  }

  /** Rows as records; one that cannot be read is logged and passed over, so that it harms no other. */
  #records(connection: DatabaseSync, sql: string, values: readonly SQLInputValue[]): TaskRecord[] {
    const records: TaskRecord[] = [];
    for (const row of connection.prepare(sql).all(...values)) {
      try {
        records.push(readRecord(row));
      } catch (error) {
        this.#log.error(`the task ${String(row['id'])} cannot be read: ${describeError(error)}`);
      }
    }
    return records;
  }

  #apply(connection: DatabaseSync, record: TaskRecord, patch: TaskPatch): void {
    const phase = patch.phase ?? record.phase;
    const moves = phase !== record.phase;
    if (moves && !canMove(record.phase, phase)) {
      throw new Error(`a task in phase ${record.phase} cannot become ${phase}`);
    }
    const now = this.#clock.now();
    const visible =
      moves ||
      patch.videos !== undefined ||
      differs(patch.progress, record.progress) ||
      differs(patch.gatewayTaskId, record.gatewayTaskId) ||
      (patch.failure !== undefined &&
        JSON.stringify(patch.failure) !== JSON.stringify(record.failure ?? null));
    const columns: Record<string, SQLInputValue | undefined> = {
      phase,
      gateway_task_id: patch.gatewayTaskId,
      progress: patch.progress,
      failure: patch.failure === undefined ? undefined : patch.failure && JSON.stringify(patch.failure),
      submitted_at: patch.submittedAt,
      succeeded_at: patch.succeededAt,
      expires_at: patch.expiresAt,
      // An ended task is never due, whatever was planned for it.
      next_due: moves && isEnd(phase) ? null : patch.nextDue,
      troubles: patch.troubles,
      denials: patch.denials,
      denied_at: patch.deniedAt,
      links: patch.links && JSON.stringify(patch.links),
      // What comes of a task that goes on after an end is news again.
      ...(moves && isEnd(record.phase) ? { announced_at: null, seen_at: null } : {}),
      version: record.version + 1,
      ...(visible ? { change: countChange(connection), updated_at: now } : {}),
    };
    const set = Object.entries(columns).filter(
      (entry): entry is [string, SQLInputValue] => entry[1] !== undefined,
    );
    connection
      .prepare(`UPDATE tasks SET ${set.map(([name]) => `${name} = ?`).join(', ')} WHERE id = ?`)
      .run(...set.map(([, value]) => value), record.id);
    if (moves) addToTimeline(connection, record.id, now, phase, patch.note);
    if (patch.videos) replaceVideos(connection, record.id, patch.videos);
  }

  /** Frozen pictures of the tasks that a statement selects, in its order, with their videos and timelines. */
  #snapshots(connection: DatabaseSync, sql: string, values: readonly SQLInputValue[]): readonly Task[] {
    const records = this.#records(connection, sql, values);
    const ids = JSON.stringify(records.map((record) => record.id));
    const videos = Map.groupBy(
      connection
        .prepare(
          'SELECT * FROM videos WHERE task_id IN (SELECT value FROM json_each(?)) ORDER BY task_id, position',
        )
        .all(ids)
        .map(readVideoRow),
      (row) => row.taskId,
    );
    const timelines = Map.groupBy(
      connection
        .prepare(
          'SELECT * FROM timeline WHERE task_id IN (SELECT value FROM json_each(?)) ORDER BY task_id, position',
        )
        .all(ids)
        .map(readTimelineRow),
      (row) => row.task_id,
    );
    const snapshots = records.map((record): Task =>
      deepFreeze({
        id: record.id,
        ...(record.gatewayTaskId === undefined ? {} : { gatewayTaskId: record.gatewayTaskId }),
        origin: record.baseUrl,
        request: record.request,
        phase: record.phase,
        ...(record.progress === undefined ? {} : { progress: record.progress }),
        createdAt: record.createdAt,
        updatedAt: record.updatedAt,
        videos: (videos.get(record.id) ?? []).map(({ video: { file, ...video } }) => ({
          // As pathToFileURL would have it, which takes its time for each of many.
          uri: `${this.#libraryUri}/${encodeURIComponent(file.toWellFormed())}`,
          ...video,
        })),
        ...(record.failure === undefined ? {} : { failure: record.failure }),
        timeline: (timelines.get(record.id) ?? []).map(({ at, phase, note }) => ({
          at,
          phase,
          ...(note === undefined ? {} : { note }),
        })),
      }),
    );
    for (const task of snapshots) this.#remember(task);
    return snapshots;
  }

  #remember(task: Task): void {
    this.#remembered.delete(task.id);
    this.#remembered.set(task.id, task);
    if (this.#remembered.size <= MOST_REMEMBERED) return;
    const [oldest] = this.#remembered.keys();
    if (oldest !== undefined) this.#remembered.delete(oldest);
  }
}

function differs<T>(next: T | null | undefined, current: T | undefined): boolean {
  return next !== undefined && (next ?? undefined) !== current;
}

function readOrigin(connection: DatabaseSync, origin: string): OriginState {
  return readOriginRow(connection.prepare('SELECT * FROM origins WHERE origin = ?').get(origin));
}

function lastChange(connection: DatabaseSync): number {
  return Number(connection.prepare(`SELECT value FROM counters WHERE name = 'change'`).get()?.['value']);
}

function countChange(connection: DatabaseSync): number {
  const row = connection
    .prepare(`UPDATE counters SET value = value + 1 WHERE name = 'change' RETURNING value`)
    .get();
  return Number(row?.['value']);
}

function addToTimeline(
  connection: DatabaseSync,
  id: string,
  at: number,
  phase: Phase,
  note: string | undefined,
): void {
  connection
    .prepare(
      `INSERT INTO timeline SELECT ?1, coalesce(max(position) + 1, 0), ?2, ?3, ?4 FROM timeline WHERE task_id = ?1`,
    )
    .run(id, at, phase, note ?? null);
}

function replaceVideos(connection: DatabaseSync, id: string, videos: readonly StoredVideo[]): void {
  connection.prepare('DELETE FROM videos WHERE task_id = ?').run(id);
  const insert = connection.prepare('INSERT INTO videos VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)');
  videos.forEach((video, position) =>
    insert.run(
      id,
      position,
      video.file,
      video.bytes,
      video.width,
      video.height,
      video.durationSeconds,
      video.hasAudio ? 1 : 0,
      video.sha256,
    ),
  );
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value);
    for (const key in value) deepFreeze(value[key]);
  }
  return value;
}
