import { closeSync, fsyncSync, openSync, readFileSync, readdirSync, rmSync, writeSync } from 'node:fs';
import * as path from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import type { Clock } from '../common/clock';
import { DisposableSlot, type Disposable } from '../common/lifetime';
import { describeError, type Log } from '../common/log';
import { canMove } from '../task/phases';
import type { TaskRecord } from './record';
import { applyPatch, insertTask, readOne } from './rows';
import { describeTask, readSidecarTask, recordFromSidecar, type SidecarTask } from './sidecarTask';
import { ReadOnlyStoreError } from './storeState';

/** A task ID that arrived when it could not be stored. */
export interface LateId {
  readonly task: SidecarTask;
  readonly gatewayTaskId: string;
  /** When it arrived, in ms since 1970. */
  readonly at: number;
}

/** How often an ID that could not be stored is tried again, in ms. */
const RETRY_MS = 10_000;

const lateId = z.object({ task: z.unknown(), gatewayTaskId: z.string().min(1), at: z.number() });

/** IDs of paid tasks that could not be stored, in files beside the database until one takes them. */
export class LateIds implements Disposable {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #write: (late: readonly LateId[]) => Promise<void>;
  readonly #timer = new DisposableSlot();
  /** Those of this window, by our own ID. A file that has them may be in a folder that is about to be replaced. */
  readonly #kept = new Map<string, LateId>();

  /** @param write stores them in the database */
  constructor(folder: string, clock: Clock, log: Log, write: (late: readonly LateId[]) => Promise<void>) {
    this.#folder = folder;
    this.#clock = clock;
    this.#log = log;
    this.#write = write;
  }

  /** Keeps an ID until it is stored. */
  keep(record: TaskRecord, gatewayTaskId: string): void {
    this.#kept.set(record.id, { task: describeTask(record), gatewayTaskId, at: this.#clock.now() });
    this.#flush();
    this.#retryLater();
  }

  /** Stores those of this window and of earlier ones; what fails is tried again. Never rejects. */
  async store(): Promise<void> {
    const late = this.#list();
    if (late.length === 0) return;
    try {
      await this.#write(late);
      this.#remove(late);
    } catch (error) {
      this.#log.error(`${late.length} task IDs can't be stored yet: ${describeError(error)}`);
      // Who may not write leaves them to those who may.
      if (!(error instanceof ReadOnlyStoreError)) this.#retryLater();
    }
  }

  /** What isn't stored yet is left to the next window. */
  dispose(): void {
    this.#flush();
    this.#timer.dispose();
  }

  #retryLater(): void {
    this.#timer.set(this.#clock.setTimeout(() => void this.store(), RETRY_MS));
  }

  /** Tries to write what isn't stored yet into files. */
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

  /** All that wait to be stored, of this window and of earlier ones. */
  #list(): readonly LateId[] {
    const found = this.#files().flatMap((file) => this.#read(file));
    return [...this.#kept.values(), ...found.filter(({ task }) => !this.#kept.has(task.id))];
  }

  /** Forgets those that are stored now. */
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
      const read = readSidecarTask(task);
      return read && file === `late-${read.id}.json` ? [{ ...late, task: read }] : [];
    } catch (error) {
      this.#log.error(`${file} can't be read: ${describeError(error)}`);
      return [];
    }
  }
}

/** Stores an ID with its task, which may be gone from a store that was damaged meanwhile. */
export function storeLateId(connection: DatabaseSync, late: LateId, now: number, log: Log): void {
  const { task, gatewayTaskId, at } = late;
  const queued = { phase: 'queued', gatewayTaskId, nextDue: now } as const;
  const record = readOne(connection, task.id, log);
  if (!record) {
    const isRemoved = connection.prepare('SELECT 1 FROM removals WHERE id = ?').get(task.id);
    const whole = { ...recordFromSidecar(task), ...queued };
    if (!isRemoved) insertTask(connection, whole, [], [{ at, phase: 'queued' }]);
  } else if (record.gatewayTaskId === undefined && canMove(record.phase, 'queued')) {
    applyPatch(connection, record, { ...queued, failure: null }, now);
  } else if (record.gatewayTaskId !== gatewayTaskId) {
    log.warn(`task ${task.id} is followed as ${String(record.gatewayTaskId)}, not ${gatewayTaskId}`);
  }
}
