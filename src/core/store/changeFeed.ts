import type { Clock } from '../common/clock';
import { Emitter, type Event } from '../common/events';
import { DisposableSlot, type Disposable } from '../common/lifetime';
import { describeError, type Log } from '../common/log';
import { isBusy } from './sqliteErrors';
import type { TaskStore } from './store';
import type { TaskChanges } from '../task/task';
import type { StorePosition } from './taskReader';

/** While another window commits, the next look is taken after this long, in ms; ever longer when that goes on. */
const BUSY_PAUSE = 50;
const LONGEST_PAUSE = 5_000;

/** Tells what has changed in the store, whichever window changed it; each change once and in order. */
export class TaskFeed implements Disposable {
  readonly #store: TaskStore;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #changed: Emitter<TaskChanges>;
  readonly #again = new DisposableSlot();
  #last: number;
  #dataVersion: number;
  #pause = BUSY_PAUSE;
  #generation: number;

  /** @param position where to begin: what came before it is known already */
  constructor(store: TaskStore, position: StorePosition, clock: Clock, log: Log) {
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
    this.#changed = new Emitter((error) => log.error(describeError(error)));
    this.#dataVersion = position.dataVersion;
    this.#last = position.change;
    this.#generation = store.generation;
  }

  get onDidChange(): Event<TaskChanges> {
    return this.#changed.event;
  }

  /** Looks after a write of this window. */
  look(): void {
    try {
      const isAnother = this.#store.generation !== this.#generation;
      const { changed, removed: told, last } = this.#store.changesSince(isAnother ? 0 : this.#last);
      // What could not be saved from the old file is gone, and nobody has written that down.
      const removed = isAnother ? [...told, ...this.#store.forgetVanished()] : told;
      this.#generation = this.#store.generation;
      this.#last = last;
      this.#pause = BUSY_PAUSE;
      if (changed.length > 0 || removed.length > 0) this.#changed.fire({ changed, removed });
    } catch (error) {
      if (!isBusy(error)) this.#log.error(`changes cannot be read: ${describeError(error)}`);
      this.#again.set(this.#clock.setTimeout(() => this.look(), this.#pause));
      this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
    }
  }

  /** Looks after something stirred in the storage folder. @returns whether another window had written */
  lookElsewhere(): boolean {
    this.#store.follow();
    try {
      const dataVersion = this.#store.dataVersion();
      if (dataVersion === this.#dataVersion) return false;
      this.#dataVersion = dataVersion;
    } catch (error) {
      this.#log.debug(`the database is busy: ${describeError(error)}`);
    }
    this.look();
    return true;
  }

  dispose(): void {
    this.#again.dispose();
    this.#changed.dispose();
  }
}
