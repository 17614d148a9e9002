import type { DatabaseSync } from 'node:sqlite';
import { describeError, type Log } from '../common/log';
import type { Database } from './database';
import type { OriginState } from './record';
import { UNKNOWN_ORIGIN, readOrigin, readOrigins, writeOrigin } from './rows';

type Write = <T>(work: (connection: DatabaseSync) => T) => Promise<T>;

/** State of each origin, in the database that all windows share. */
export class OriginStates {
  readonly #database: Pick<Database, 'read' | 'readWhenFree'>;
  readonly #write: Write;
  readonly #log: Log;
  readonly #known = new Map<string, OriginState>();

  constructor(database: Pick<Database, 'read' | 'readWhenFree'>, write: Write, log: Log) {
    this.#database = database;
    this.#write = write;
    this.#log = log;
  }

  /** Cached state of an origin. Runs no SQL. See {@link read} for the current state. */
  known(origin: string): OriginState {
    return this.#known.get(origin) ?? UNKNOWN_ORIGIN;
  }

  async read(origin: string): Promise<OriginState> {
    return this.#database.readWhenFree((connection) => readOrigin(connection, origin));
  }

  /** Changes an origin's state. @returns false if `decide` returned undefined */
  async update(origin: string, decide: (state: OriginState) => OriginState | undefined): Promise<boolean> {
    const state = await this.#write((connection) => {
      const next = decide(readOrigin(connection, origin));
      if (next) writeOrigin(connection, origin, next);
      return next;
    });
    if (state) this.#known.set(origin, state);
    return state !== undefined;
  }

  /** Clears all refused keys and rate limits. */
  async forgetRefusals(): Promise<void> {
    await this.#write((connection) =>
      connection.exec('UPDATE origins SET refusal = NULL, recheck_at = NULL, not_before = 0'),
    );
  }

  /** Brings {@link known} up to date. */
  refresh(): void {
    try {
      for (const [origin, state] of this.#database.read(readOrigins)) this.#known.set(origin, state);
    } catch (error) {
      this.#log.debug(`the origins can't be read: ${describeError(error)}`);
    }
  }
}
