import fs from 'node:fs';
import sqlite from 'node:sqlite';

/** File system calls of the store that change something, list a folder, or check rights. */
const FILE_CALLS = [
  'mkdirSync',
  'openSync',
  'writeSync',
  'writeFileSync',
  'fsyncSync',
  'renameSync',
  'readdirSync',
  'accessSync',
] as const;
/** Matches statements that configure a connection, only read, or roll back. */
const CHANGES_NOTHING = /^\s*(PRAGMA (?!user_version =)|BEGIN|ROLLBACK|SELECT|$)/;

/** Returns true if none of the statements changes a file. */
function changesNothing(sql: string): boolean {
  return sql.split(';').every((statement) => CHANGES_NOTHING.test(statement));
}

/** A call about to be made: its name, and its file or statement. */
export interface StoreCall {
  readonly name: string;
  readonly about: string;
  /** For a statement: the database, if it's known. */
  readonly database?: string;
}

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Creates SQLite's own error, as node:sqlite throws it. */
export function sqliteError(errcode: number, errstr: string): Error {
  return Object.assign(new Error(errstr), { code: 'ERR_SQLITE_ERROR', errcode, errstr });
}

/** Creates the system's error, as node:fs throws it. */
export function systemError(code: string, call: StoreCall): Error {
  return Object.assign(new Error(`${code}: as told, ${call.name} '${call.about}'`), {
    code,
    errno: -1,
    syscall: call.name,
  });
}

/**
 * Intercepts every call of this process that changes a file or a database, lists a folder, or checks rights,
 * and can make it fail: a full disk, or files that can't be written. Reading a file isn't intercepted.
 */
export class StoreFaults {
  readonly #restore: (() => void)[] = [];
  /** Throws the error that the call should fail with. */
  onCall: (call: StoreCall) => void = () => undefined;

  constructor() {
    for (const name of FILE_CALLS) {
      this.#wrap(fs, name, (args) => {
        const isRead = name === 'openSync' && (args[1] ?? 'r') === 'r';
        if (!isRead) this.onCall({ name, about: String(args[0]) });
      });
    }
    const { DatabaseSync, StatementSync } = sqlite;
    // A transaction that only reads commits nothing.
    const readers = new WeakSet();
    this.#wrap(DatabaseSync.prototype, 'exec', ([sql], self) => {
      const connection = self as sqlite.DatabaseSync;
      if (sql === 'BEGIN' && connection.location()?.endsWith('.db') === true) readers.add(connection);
      else if (sql !== 'COMMIT' && sql !== 'ROLLBACK') readers.delete(connection);
      if (!changesNothing(String(sql)) && !readers.has(connection))
        this.onCall({ name: 'exec', about: String(sql), database: connection.location() ?? '' });
    });
    this.#wrap(StatementSync.prototype, 'run', (_, self) => {
      const { sourceSQL } = self as sqlite.StatementSync;
      if (!changesNothing(sourceSQL)) this.onCall({ name: 'run', about: sourceSQL });
    });
    const onOpen = (file: unknown) => this.onCall({ name: 'open', about: String(file) });
    const faulty = class extends DatabaseSync {
      constructor(...args: ConstructorParameters<typeof DatabaseSync>) {
        onOpen(args[0]);
        super(...args);
      }
    };
    sqlite.DatabaseSync = faulty;
    this.#restore.push(() => (sqlite.DatabaseSync = DatabaseSync));
  }

  /** Restores the original functions. */
  dispose(): void {
    for (const restore of this.#restore.splice(0)) restore();
  }

  #wrap(target: object, name: string, before: (args: readonly unknown[], self: unknown) => void): void {
    const original = Reflect.get(target, name) as Method;
    Reflect.set(target, name, function (this: unknown, ...args: unknown[]): unknown {
      before(args, this);
      return original.apply(this, args);
    });
    this.#restore.push(() => Reflect.set(target, name, original));
  }
}
