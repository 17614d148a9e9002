import { existsSync, mkdirSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../common/clock';
import { Emitter, type Event } from '../common/events';
import { MutableDisposable, type Disposable } from '../common/disposable';
import { describeError, type Log } from '../common/log';
import { BusyRetry } from './busyRetry';
import { NoDatabaseError, StoreGoneError, connect, versionOf, type Opened } from './connection';
import { repairStore } from './repair';
import { SCHEMA_VERSION } from './schema';
import {
  StoreBusyError,
  classifyOpenError,
  isBusy,
  isDamaged,
  isReadOnly,
  isWorthReopening,
} from './sqliteErrors';
import { databasePath, type StoreLocation } from './storeLocation';
import { StoreLock } from './storeLock';
import { ReadOnlyStoreError, StoreClosedError, type StoreState } from './storeState';

/** First and longest pause before a failed store is opened again. */
const FIRST_RETRY_MS = 1000;
const MAX_RETRY_MS = 60_000;
/** Maximum number of repairs per attempt to open the store. */
const MAX_REPAIRS = 2;
/** Maximum wait for a window of an older version that is sending. */
const MAX_WAIT_MS = 60_000;
/** A file that is damaged again within this time isn't repaired: the disk is likely at fault. */
const MIN_REPAIR_INTERVAL_MS = 60_000;
/** Maximum attempts for a write if files are damaged or missing. */
const MAX_ATTEMPTS = 3;

/**
 * Opens the store's current database and runs transactions on it (DESIGN 4.2, 4.3): rollback journal, full syncs, short
 * immediate transactions, and waiting for other windows without blocking the extension host.
 */
export class Database implements Disposable {
  readonly #location: StoreLocation;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #lock: StoreLock;
  readonly #stateChanged: Emitter<StoreState>;
  readonly #opened: Emitter<void>;
  readonly #timer = new MutableDisposable();
  #state: StoreState = { kind: 'closed' };
  #connection: DatabaseSync | undefined;
  /** Number of the file that was open last; 0 before the first. */
  #number = 0;
  #pause = FIRST_RETRY_MS;
  /** Why the file must be reopened. */
  #reopenCause: unknown;
  /** The attempt to open the store in the background, if any. */
  #attempt: Promise<void> | undefined;
  /** Number of the file that couldn't be read although its check found no damage. */
  #soundNumber = -1;
  /** Time of this window's last repair, in ms since 1970. */
  #repairedAt = -Infinity;
  /** True if the last write failed for lack of permission. */
  #wasRefused = false;
  /** Deadline for waiting for a window of an older version that is sending, in ms since 1970. */
  readonly #waitUntil: number;
  #isClosed = false;

  constructor(location: StoreLocation, clock: Clock, log: Log) {
    this.#location = location;
    this.#clock = clock;
    this.#log = log;
    this.#lock = new StoreLock(location.folder);
    this.#waitUntil = clock.now() + MAX_WAIT_MS;
    const onError = (error: unknown) => log.error(describeError(error));
    this.#stateChanged = new Emitter(onError);
    this.#opened = new Emitter(onError);
  }

  get state(): StoreState {
    return this.#state;
  }

  get onDidChangeState(): Event<StoreState> {
    return this.#stateChanged.event;
  }

  /** Fires when a file was opened or replaced. Everything read from the previous one may be outdated. */
  get onDidOpen(): Event<void> {
    return this.#opened.event;
  }

  /** Opens the store, synchronously if possible. Failures are retried. */
  open(): void {
    const { kind } = this.#state;
    if (kind !== 'open' && kind !== 'closing') this.#start();
  }

  /** Resolves when the store can be read. @throws ReadOnlyStoreError if it still can't be opened, StoreClosedError */
  async ready(): Promise<void> {
    if (this.#state.kind === 'closed' || this.#state.kind === 'failed') this.open();
    while (this.#attempt) await this.#attempt;
    if (this.#isClosed) throw new StoreClosedError('the task store is closed');
    if (this.#state.kind === 'failed') throw new ReadOnlyStoreError(this.#state.reason, this.#state.detail);
  }

  /** A number that changes when another connection commits. */
  dataVersion(): number {
    return Number(this.#usable().prepare('PRAGMA data_version').get()?.['data_version']);
  }

  /**
   * Runs `work` on one consistent snapshot. A damaged file is repaired in the background.
   * @throws an error that {@link isBusy} if another window commits for too long, or the store isn't open
   */
  read<T>(work: (connection: DatabaseSync) => T): T {
    const connection = this.#usable();
    try {
      connection.exec('BEGIN');
      const result = work(connection);
      connection.exec('COMMIT');
      return result;
    } catch (error) {
      if (connection.isTransaction) connection.exec('ROLLBACK');
      if (!isDamaged(error)) throw error;
      this.#reopen(error);
      throw new StoreBusyError('the database is damaged', { cause: error });
    }
  }

  /** As {@link read}, but waits for other windows and until the store is open. @throws also as {@link ready} */
  async readWhenFree<T>(work: (connection: DatabaseSync) => T): Promise<T> {
    const retry = new BusyRetry(this.#clock);
    for (;;) {
      await this.ready();
      try {
        return this.read(work);
      } catch (error) {
        if (!isBusy(error)) throw error;
        if (!this.#attempt) await retry.wait(error);
      }
    }
  }

  /**
   * Runs `work` in one immediate transaction and commits it durably. `work` may run more than once, so it must have no
   * side effects outside the database. If it throws, nothing is changed.
   * @throws {@link ReadOnlyStoreError}, {@link StoreClosedError}, or SQLite's error if the disk fails or a wait times out
   */
  async write<T>(work: (connection: DatabaseSync) => T): Promise<T> {
    const retry = new BusyRetry(this.#clock);
    for (let attempts = 1; ;) {
      await this.ready();
      if (this.#state.kind === 'readOnly') throw new ReadOnlyStoreError(this.#state.reason);
      try {
        const done = this.#lock.share(() =>
          this.#isOutdated() ? undefined : { result: this.#transaction(work) },
        );
        if (done) return done.result;
        this.#start();
      } catch (error) {
        if (isBusy(error)) {
          if (!this.#attempt) await retry.wait(error);
        } else if (error instanceof NewerVersionError) {
          throw this.#refuseWrites('newer', error);
        } else if (isWorthReopening(error) && attempts++ < MAX_ATTEMPTS) {
          this.#reopen(error);
        } else {
          throw isReadOnly(error) ? this.#refuseWrites('noRights', error) : error;
        }
      }
    }
  }

  /** Switches to a newer file if another window made one. Reopens the store if the current file is missing. */
  follow(): void {
    if (!this.#connection || this.#attempt) return;
    const { folder } = this.#location;
    if (this.#isOutdated()) this.#start();
    else if (!existsSync(databasePath(folder, this.#number))) this.#reopen(new StoreGoneError(folder));
  }

  /** Refuses new work; work in progress can still be stored. */
  beginClosing(): void {
    this.#timer.set(undefined);
    this.#setState({ kind: 'closing' });
  }

  dispose(): void {
    this.#isClosed = true;
    this.#timer.dispose();
    this.#setState({ kind: 'closed' });
    this.#stateChanged.dispose();
    this.#opened.dispose();
    this.#disconnect();
    this.#lock.close();
  }

  #transaction<T>(work: (connection: DatabaseSync) => T): T {
    const connection = this.#usable();
    connection.exec('BEGIN IMMEDIATE');
    try {
      // Another window may run a newer version of the extension that migrated the database.
      if (versionOf(connection) > SCHEMA_VERSION) throw new NewerVersionError();
      const result = work(connection);
      connection.exec('COMMIT');
      return result;
    } catch (error) {
      if (connection.isTransaction) connection.exec('ROLLBACK');
      throw error;
    }
  }

  #isOutdated(): boolean {
    return existsSync(databasePath(this.#location.folder, this.#number + 1));
  }

  /** @throws an error that {@link isBusy} while nothing is open */
  #usable(): DatabaseSync {
    if (!this.#connection) throw new StoreBusyError(`the store is ${this.#state.kind}`);
    return this.#connection;
  }

  #refuseWrites(reason: 'newer' | 'noRights', cause: unknown): ReadOnlyStoreError {
    this.#wasRefused = reason === 'noRights';
    this.#setReadOnly(reason, cause);
    return new ReadOnlyStoreError(reason, cause);
  }

  #reopen(cause: unknown): void {
    this.#disconnect();
    this.#reopenCause = cause;
    this.#start(cause);
  }

  /** @param cause error of the open file, if it must be reopened */
  #start(cause?: unknown): void {
    if (this.#attempt || this.#isClosed) return;
    this.#timer.set(undefined);
    // Don't reopen a file known to be damaged: opening alone may not notice.
    const error = isDamaged(cause) ? cause : this.#tryToConnect();
    if (error === undefined) return;
    if (this.#isSlow(error)) {
      this.#setState({ kind: 'opening', since: this.#clock.now() });
      this.#attempt = this.#openSlowly(error).finally(() => (this.#attempt = undefined));
    } else this.#fail(error);
  }

  /** @returns the error, if any */
  #tryToConnect(): unknown {
    try {
      this.#adopt(this.#connect());
      return undefined;
    } catch (error) {
      return error;
    }
  }

  /** Waits for other windows, repairs or creates the database, and opens it. Never rejects. */
  async #openSlowly(cause: unknown): Promise<void> {
    const retry = new BusyRetry(this.#clock);
    const isClosed = () => this.#isClosed;
    let error: unknown = cause;
    try {
      for (let repairs = 0; error !== undefined && !isClosed();) {
        if (!this.#isSlow(error) || repairs > MAX_REPAIRS) throw asError(error);
        if (isBusy(error)) await retry.wait(error);
        else {
          repairs++;
          await this.#repair(error);
        }
        // Reopen a database that failed right after it was opened.
        error = isClosed() ? undefined : (this.#tryToConnect() ?? this.#reopenCause);
      }
    } catch (last) {
      if (!this.#isClosed) this.#fail(last);
    }
  }

  /** Returns true if waiting or a repair can help. */
  #isSlow(error: unknown): boolean {
    return isBusy(error) || isDamaged(error) || error instanceof NoDatabaseError;
  }

  #connect(): Opened {
    // The folder may have been replaced since.
    this.#lock.close();
    return connect(this.#location, this.#number > 0);
  }

  async #repair(cause: unknown): Promise<void> {
    const now = this.#clock.now();
    if (isDamaged(cause) && now < this.#repairedAt + MIN_REPAIR_INTERVAL_MS && now >= this.#repairedAt)
      throw cause;
    // Don't recreate a folder that existed before: it may come back.
    if (this.#number === 0) mkdirSync(this.#location.folder, { recursive: true });
    const outcome = await this.#lock.own(this.#clock, () =>
      repairStore(this.#location, this.#log, {
        isDamaged: isDamaged(cause),
        seen: this.#number,
        isCertain: this.#soundNumber === this.#number,
        waitUntil: this.#waitUntil,
        now: this.#clock.now(),
      }),
    );
    this.#soundNumber = outcome === 'sound' ? this.#number : 0;
    if (outcome === 'repaired') this.#repairedAt = this.#clock.now();
  }

  #adopt({ connection, number, readOnly }: Opened): void {
    this.#disconnect();
    this.#reopenCause = undefined;
    this.#connection = connection;
    this.#number = number;
    // Some missing permissions show only in a write.
    const lacksRights = readOnly === undefined && this.#wasRefused && !this.#canWrite();
    if (readOnly ?? lacksRights) this.#setReadOnly(readOnly ?? 'noRights');
    else {
      this.#pause = FIRST_RETRY_MS;
      this.#setState({ kind: 'open' });
    }
    this.#opened.fire();
  }

  /** Tries a write after one was refused. */
  #canWrite(): boolean {
    try {
      this.#lock.share(() =>
        this.#transaction((connection) =>
          connection.exec(`UPDATE counters SET value = value WHERE name = 'change'`),
        ),
      );
      this.#wasRefused = false;
    } catch {
      // Retried later. The reason was already logged.
    }
    return !this.#wasRefused;
  }

  #setReadOnly(reason: 'newer' | 'noRights', cause?: unknown): void {
    if (this.#state.kind !== 'readOnly' || this.#state.reason !== reason) {
      const why = cause === undefined ? '' : `: ${describeError(cause)}`;
      this.#log.warn(
        reason === 'newer'
          ? 'a newer version keeps the tasks now; this window only shows them'
          : `the tasks in ${this.#location.folder} can't be written${why}`,
      );
    }
    // Permissions may come back; a newer version stays.
    const retryAt = reason === 'newer' ? {} : { retryAt: this.#retryLater() };
    this.#setState({ kind: 'readOnly', reason, ...retryAt });
  }

  #fail(error: unknown): void {
    this.#disconnect();
    const detail = error instanceof Error ? error.message : String(error);
    if (this.#state.kind !== 'failed' || this.#state.detail !== detail) {
      this.#log.error(`the tasks in ${this.#location.folder} can't be opened: ${describeError(error)}`);
    }
    this.#setState({ kind: 'failed', reason: classifyOpenError(error), detail, retryAt: this.#retryLater() });
  }

  /** @returns time of the retry, in ms since 1970 */
  #retryLater(): number {
    const pause = this.#pause;
    this.#pause = Math.min(pause * 2, MAX_RETRY_MS);
    this.#timer.set(this.#clock.setTimeout(() => this.#start(), pause));
    return this.#clock.now() + pause;
  }

  #disconnect(): void {
    if (this.#connection?.isOpen) this.#connection.close();
    this.#connection = undefined;
  }

  /** Ignores changes while closing, except to `closed`. */
  #setState(state: StoreState): void {
    if (this.#state.kind === 'closing' && state.kind !== 'closed') return;
    this.#state = state;
    this.#stateChanged.fire(state);
  }
}

/** Another window runs a newer version of the extension, which migrated the database. */
class NewerVersionError extends Error {
  override readonly name = 'NewerVersionError';
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
