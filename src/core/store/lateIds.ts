import { closeSync, fsyncSync, openSync, readFileSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { createHash } from 'node:crypto';
import * as path from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod/mini';
import type { Clock } from '../common/clock';
import { MutableDisposable, type Disposable } from '../common/disposable';
import { describeError, type Log } from '../common/log';
import type { IdQuestion } from '../task/idSource';
import { canTransition } from '../task/phases';
import type { StoredTimelineEntry } from './record';
import { applyPatch, insertTask, readOne } from './rows';
import { parseSidecarTask, recordFromSidecar, type SidecarTask } from './sidecarTask';
import { ReadOnlyStoreError } from './storeState';

/** A task ID that arrived while it couldn't be stored. */
export interface LateId {
  readonly task: SidecarTask;
  readonly gatewayTaskId: string;
  /** True if it may not be the task's ID. */
  readonly isUnsure?: boolean | undefined;
  /** When it arrived, in ms since 1970. */
  readonly at: number;
}

/** Retry interval for storing IDs. */
const RETRY_MS = 10_000;

const lateId = z.object({
  task: z.unknown(),
  gatewayTaskId: z.string().check(z.minLength(1)),
  isUnsure: z.optional(z.boolean()),
  at: z.number(),
});

/** Keeps IDs of paid tasks in files next to the database until they can be stored. */
export class LateIds implements Disposable {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #write: (late: readonly LateId[]) => Promise<void>;
  readonly #timer = new MutableDisposable();
  /** IDs of this window by task ID. Also kept in memory, because the folder may be replaced. */
  readonly #kept = new Map<string, LateId>();

  /** @param write stores IDs in the database */
  constructor(folder: string, clock: Clock, log: Log, write: (late: readonly LateId[]) => Promise<void>) {
    this.#folder = folder;
    this.#clock = clock;
    this.#log = log;
    this.#write = write;
  }

  keep(late: LateId): void {
    this.#kept.set(late.task.id, late);
    this.#flush();
    this.#retryLater();
  }

  /** Stores the IDs of this and earlier windows. Failures are retried. Never rejects. */
  async store(): Promise<void> {
    const late = this.#list();
    if (late.length === 0) return;
    try {
      await this.#write(late);
      this.#remove(late);
    } catch (error) {
      this.#log.error(`${late.length} task IDs can't be stored yet: ${describeError(error)}`);
      // Windows with write access store them.
      if (!(error instanceof ReadOnlyStoreError)) this.#retryLater();
    }
  }

  /** Leaves IDs that aren't stored yet to the next window. */
  dispose(): void {
    this.#flush();
    this.#timer.dispose();
  }

  #retryLater(): void {
    this.#timer.set(this.#clock.setTimeout(() => void this.store(), RETRY_MS));
  }

  /** Writes IDs that aren't stored yet to files. */
  #flush(): void {
    for (const [id, late] of this.#kept) {
      try {
        const file = openSync(path.join(this.#folder, `late-${id}.json`), 'w');
        try {
          writeSync(file, JSON.stringify(late));
          fsyncSync(file);
        } finally {
          closeSync(file);
        }
      } catch (error) {
        this.#log.error(
          `the ID ${late.gatewayTaskId} of task ${id} is stored nowhere yet: ${describeError(error)}`,
        );
      }
    }
  }

  #list(): readonly LateId[] {
    const found = this.#files().flatMap((file) => this.#read(file));
    return [...this.#kept.values(), ...found.filter(({ task }) => !this.#kept.has(task.id))];
  }

  #remove(stored: readonly LateId[]): void {
    for (const { task } of stored) {
      this.#kept.delete(task.id);
      rmSync(path.join(this.#folder, `late-${task.id}.json`), { force: true });
    }
  }

  #files(): readonly string[] {
    try {
      return readdirSync(this.#folder).filter((name) => /^late-.+\.json$/.test(name));
    } catch {
      return [];
    }
  }

  #read(file: string): readonly LateId[] {
    try {
      const { task, ...late } = lateId.parse(JSON.parse(readFileSync(path.join(this.#folder, file), 'utf8')));
      const read = parseSidecarTask(task);
      return read && file === `late-${read.id}.json` ? [{ ...late, task: read }] : [];
    } catch (error) {
      this.#log.error(`${file} can't be read: ${describeError(error)}`);
      return [];
    }
  }
}

/** Stores an ID with its task, which may have been lost in a repair meanwhile. */
export function storeLateId(connection: DatabaseSync, late: LateId, now: number, log: Log): void {
  const { task, gatewayTaskId, isUnsure = false, at } = late;
  const queued = { phase: 'queued', gatewayTaskId, nextDue: now } as const;
  const whole = {
    ...recordFromSidecar(task),
    ...queued,
    idSource: isUnsure ? ('unsure' as const) : undefined,
  };
  const isRemoved = (id: string) => connection.prepare('SELECT 1 FROM removals WHERE id = ?').get(id);
  const record = readOne(connection, task.id, log);
  if (!record) {
    if (!isRemoved(task.id)) insertTask(connection, whole, [], [{ at, phase: 'queued' }]);
    return;
  }
  const { gatewayTaskId: other, idSource } = record;
  if (other === gatewayTaskId) return;
  // Replace an ID that the gateway didn't know.
  if (canTransition(record.phase, 'queued') && (other === undefined || record.phase === 'unknown')) {
    applyPatch(connection, record, { ...queued, idSource: whole.idSource ?? null, failure: null }, now);
    return;
  }
  // Both may be paid for, so the late one gets its own task. Its derived ID makes storing it twice harmless.
  log.warn(`task ${task.id}: the ID ${gatewayTaskId} came late, after ${String(other)}`);
  const id = derivedId(`${task.id} ${gatewayTaskId}`);
  if (isRemoved(id)) return;
  const isAttached = other !== undefined && idSource !== undefined && idSource !== 'unsure';
  const params = { id: gatewayTaskId, ...(isAttached ? { attached: other } : {}) };
  const note = { code: 'anotherId', params } as const;
  insertTask(
    connection,
    { ...whole, id, basedOn: task.id, submittedAt: at },
    [],
    [{ at, phase: 'queued', note }],
  );
}

/** Derives the same task ID in every window. */
export function derivedId(text: string): string {
  const hash = createHash('sha256').update(text).digest('hex');
  return hash.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
}

/** Returns the question about a late ID in a task's timeline, if it isn't answered yet. */
export function readIdQuestion(
  taskId: string,
  timeline: readonly StoredTimelineEntry[],
): IdQuestion | undefined {
  const params = timeline.find(({ note }) => note?.code === 'anotherId')?.note?.params ?? {};
  const { id: lateId, attached: attachedId, answered } = params;
  return typeof lateId === 'string' && typeof attachedId === 'string' && answered === undefined
    ? { taskId, lateId, attachedId }
    : undefined;
}

export function storeIdAnswer(connection: DatabaseSync, taskId: string): void {
  connection
    .prepare(
      `UPDATE timeline SET note = json_set(note, '$.params.answered', 1)
       WHERE task_id = ? AND iif(json_valid(note), note ->> 'code', '') = 'anotherId'`,
    )
    .run(taskId);
}
