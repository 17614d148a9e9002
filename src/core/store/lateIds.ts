import { closeSync, fsyncSync, openSync, readFileSync, readdirSync, rmSync, writeSync } from 'node:fs';
import * as path from 'node:path';
import * as z from 'zod';
import { describeError, type Log } from '../common/log';
import type { TaskRecord } from './record';
import { describeTask, readSidecarTask, type SidecarTask } from './sidecarTask';

/** A task ID that arrived when it could not be stored. */
export interface LateId {
  readonly task: SidecarTask;
  readonly gatewayTaskId: string;
  /** When it arrived, in ms since 1970. */
  readonly at: number;
}

const lateId = z.object({ task: z.unknown(), gatewayTaskId: z.string().min(1), at: z.number() });

/** IDs of paid tasks that could not be stored, in files beside the database until one takes them. */
export class LateIds {
  readonly #folder: string;
  readonly #log: Log;
  /** Those that no file has taken either, by our own ID. */
  readonly #kept = new Map<string, LateId>();

  constructor(folder: string, log: Log) {
    this.#folder = folder;
    this.#log = log;
  }

  /** Keeps an ID until it is stored. */
  add(record: TaskRecord, gatewayTaskId: string, at: number): void {
    this.#kept.set(record.id, { task: describeTask(record), gatewayTaskId, at });
    this.flush();
  }

  /** Tries to write what only this window knows into files. */
  flush(): void {
    for (const [id, late] of this.#kept) {
      try {
        const file = openSync(path.join(this.#folder, `late-${id}.json`), 'w');
        try {
          writeSync(file, JSON.stringify(late));
          fsyncSync(file);
        } finally {
          closeSync(file);
        }
        this.#kept.delete(id);
      } catch (error) {
        this.#log.error(
          `the ID ${late.gatewayTaskId} of task ${id} is stored nowhere yet: ${describeError(error)}`,
        );
      }
    }
  }

  /** All that wait to be stored, of this window and of earlier ones. */
  list(): readonly LateId[] {
    return [...this.#kept.values(), ...this.#files().flatMap((file) => this.#read(file))];
  }

  /** Forgets those that are stored now. */
  remove(stored: readonly LateId[]): void {
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
