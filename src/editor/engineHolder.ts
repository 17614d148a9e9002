import { Emitter, type Event } from '../core/common/events';
import { DisposableStore, type Disposable } from '../core/common/lifetime';
import { describeError, prefixed, type Log } from '../core/common/log';
import { Engine, type EngineOptions } from '../core/engine';

/** Opens the engine once, when it is first needed, and ends it. */
export class EngineHolder implements Disposable {
  readonly #options: EngineOptions;
  readonly #log: Log;
  readonly #owned = new DisposableStore();
  readonly #opened: Emitter<Engine>;
  #engine: Engine | undefined;
  #opening: Promise<Engine> | undefined;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#log = prefixed(options.log, 'engine');
    this.#opened = this.#owned.add(new Emitter((error) => this.#log.error(describeError(error))));
  }

  /** The engine, if it is open. */
  get current(): Engine | undefined {
    return this.#engine;
  }

  /** Fires when the engine is open, before anything has happened in it. */
  get onDidOpen(): Event<Engine> {
    return this.#opened.event;
  }

  /** The running engine; all callers share one. After a failure the next caller tries again. */
  async open(): Promise<Engine> {
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = undefined;
      this.#log.error(
        `the tasks in ${this.#options.storageFolder} cannot be opened: ${describeError(error)}`,
      );
      throw error;
    });
    return this.#opening;
  }

  /** The running engine for callers who can't wait; undefined when it can't be had at this moment. */
  openNow(): Engine | undefined {
    if (this.#engine || this.#owned.isDisposed) return this.#engine;
    const engine = Engine.openNow(this.#options);
    return engine && this.#run(engine);
  }

  dispose(): void {
    this.#owned.dispose();
    this.#engine?.dispose();
  }

  /** As {@link dispose}; resolves when the engine is closed, what was being sent included. */
  async close(): Promise<void> {
    this.dispose();
    await this.#engine?.close();
  }

  async #open(): Promise<Engine> {
    const engine = this.openNow() ?? (await Engine.open(this.#options));
    if (engine === this.#engine) return engine;
    if (!this.#engine && !this.#owned.isDisposed) return this.#run(engine);
    // Somebody who could not wait was faster, or the window closes.
    engine.dispose();
    if (this.#engine && !this.#owned.isDisposed) return this.#engine;
    throw new Error('the window closes');
  }

  #run(engine: Engine): Engine {
    this.#engine = engine;
    this.#opened.fire(engine);
    engine.start();
    return engine;
  }
}
