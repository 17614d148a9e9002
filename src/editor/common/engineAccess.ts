import { Emitter, type Event } from '../../core/common/events';
import { DisposableStore, type Disposable } from '../../core/common/disposable';
import { describeError, withPrefix } from '../../core/common/log';
import { Engine, type EngineOptions } from '../../core/engine';
import type { TaskChanges } from '../../core/task/task';

/** The engine of a window. It is always there; whether its store is open, its state says. */
export class EngineAccess implements Disposable {
  readonly current: Engine;
  readonly #owned = new DisposableStore();
  readonly #opened: Emitter<Engine>;
  readonly #changed: Emitter<TaskChanges>;

  constructor(options: EngineOptions) {
    const log = withPrefix(options.log, 'engine');
    this.current = new Engine(options);
    const onError = (error: unknown) => log.error(describeError(error));
    this.#opened = this.#owned.add(new Emitter(onError));
    this.#changed = this.#owned.add(new Emitter(onError));
  }

  /** Fires once, when all tasks are known and before anything has happened to them. */
  get onDidOpen(): Event<Engine> {
    return this.#opened.event;
  }

  /** Fires for changes made in any window, once all tasks are known. */
  get onDidChangeTasks(): Event<TaskChanges> {
    return this.#changed.event;
  }

  /** Begins to open the store, and to go on with unfinished work once it is open. */
  start(): void {
    const first = this.#owned.add(
      this.current.onDidLoad(() => {
        first.dispose();
        this.#opened.fire(this.current);
        this.#owned.add(this.current.onDidChangeTasks((changes) => this.#changed.fire(changes)));
        this.current.start();
      }),
    );
    this.current.open();
  }

  /** The engine, once all tasks are known. @throws ReadOnlyStoreError if the store still can't be opened */
  async open(): Promise<Engine> {
    await this.current.loaded();
    return this.current;
  }

  dispose(): void {
    this.#owned.dispose();
    this.current.dispose();
  }

  /** As {@link dispose}; resolves when the engine is closed, what was being sent included. */
  async close(): Promise<void> {
    this.dispose();
    await this.current.close();
  }
}
