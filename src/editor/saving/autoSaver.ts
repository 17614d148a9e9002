import { DisposableStore, type Disposable } from '../../core/common/lifetime';
import type { Engine } from '../../core/engine';
import type { Task } from '../../core/task/task';
import type { EngineHolder } from '../engineHolder';
import type { Messages } from '../telling/messages';
import type { Settings } from '../settings';
import type { SaveRoots } from './saveRoots';
import type { SentTasks } from './sentTasks';
import { labelOf, type VideoSaver } from './videoSaver';

interface Parts {
  readonly engines: EngineHolder;
  readonly settings: Settings;
  readonly sent: SentTasks;
  readonly roots: SaveRoots;
  readonly saver: VideoSaver;
  readonly messages: Messages;
  readonly inBackground: (work: Promise<unknown>) => void;
}

/**
 * Saves videos to the workspace that asked for them, as soon as they are ready, where the setting says so. A video
 * that got ready while the workspace was closed is saved when it is opened next. Never asks anything.
 */
export class AutoSaver implements Disposable {
  readonly #parts: Parts;
  readonly #owned = new DisposableStore();
  /** One after the other, so that two videos do not race for a name. */
  #queue: Promise<void> = Promise.resolve();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#owned.add(
      parts.engines.onDidOpen((engine) => {
        this.#catchUp(engine);
        this.#owned.add(
          engine.onDidChangeTasks(({ changed, removed }) => {
            for (const task of changed) this.#onChange(task);
            for (const id of removed) if (parts.sent.has(id)) parts.inBackground(parts.sent.take(id));
          }),
        );
      }),
    );
  }

  /** Whether a task's video will be saved by itself, in this window. */
  willSave(task: Task): boolean {
    return this.#parts.sent.has(task.id) && this.#isOn();
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #catchUp(engine: Engine): void {
    for (const id of this.#parts.sent.all()) {
      const task = engine.task(id);
      if (!task) this.#parts.inBackground(this.#parts.sent.take(id));
      else this.#onChange(task);
    }
  }

  #onChange(task: Task): void {
    // Other ends can be reopened, and then lead to a video after all.
    if (task.phase !== 'saved' && task.phase !== 'rejected') return;
    if (!this.#parts.sent.has(task.id)) return;
    // Asked at once: on how things stand now, not when its turn has come.
    const saves = task.phase === 'saved' && this.#isOn();
    this.#queue = this.#queue.then(async () => {
      if (saves) await this.#save(task);
      // Only now: whoever closes the window in between finds the file there, and it counts as saved.
      await this.#parts.sent.take(task.id);
    });
    this.#parts.inBackground(this.#queue);
    // A video that can't be saved must not keep the next one from it.
    this.#queue = this.#queue.catch(() => undefined);
  }

  async #save(task: Task): Promise<void> {
    const { engines, roots, saver, messages, sent } = this.#parts;
    const folder = roots.quiet;
    if (!folder || this.#owned.isDisposed || !sent.has(task.id)) return;
    const { saved, fault } = await saver.saveTo(folder, task, true);
    const [first] = saved;
    if (first) messages.savedByItself(labelOf(first), saved.length);
    if (fault) messages.notSaved(fault, [task.id]);
    else await engines.current?.markCopied(task.id);
  }

  #isOn(): boolean {
    const folder = this.#parts.roots.quiet;
    return folder !== undefined && this.#parts.settings.autoSave(folder.uri);
  }
}
