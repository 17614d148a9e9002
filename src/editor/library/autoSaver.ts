import type { Uri } from 'vscode';
import { DisposableStore, type Disposable } from '../../core/common/disposable';
import type { Engine } from '../../core/engine';
import type { Task } from '../../core/task/task';
import type { AppContext } from '../common/appContext';
import type { EngineAccess } from '../common/engineAccess';
import type { Settings } from '../common/settings';
import type { WorkspaceFolderPicker } from './workspaceFolderPicker';
import type { WorkspaceTasks } from './workspaceTasks';
import type { ExportError, VideoExporter } from './videoExporter';

interface Dependencies extends Pick<AppContext, 'runInBackground'> {
  readonly engine: Pick<EngineAccess, 'current' | 'onDidOpen' | 'onDidChangeTasks'>;
  readonly settings: Pick<Settings, 'autoSave'>;
  readonly sent: WorkspaceTasks;
  readonly roots: Pick<WorkspaceFolderPicker, 'quiet'>;
  readonly saver: Pick<VideoExporter, 'saveOne'>;
  readonly onSaved: (saved: readonly [Uri, ...Uri[]]) => void;
  readonly onError: (error: ExportError, id: string) => void;
}

/**
 * Saves videos to the workspace that requested them, if the setting is on. A video that couldn't be saved, or
 * arrived while the workspace was closed, is saved later. Never prompts the user.
 */
export class AutoSaver implements Disposable {
  readonly #deps: Dependencies;
  readonly #owned = new DisposableStore();
  /** Tasks whose problem was already reported in this window. */
  readonly #reported = new Set<string>();
  /** One after the other, so that two videos don't race for a name. */
  #queue: Promise<void> = Promise.resolve();

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#owned.add(deps.engine.onDidOpen((engine) => this.#catchUp(engine)));
    this.#owned.add(
      deps.engine.onDidChangeTasks(({ changed }) => {
        for (const task of changed) this.#onChange(task);
      }),
    );
  }

  /** Whether a task's video will be saved automatically in this window. */
  willSave(task: Task): boolean {
    return this.#deps.sent.has(task.id) && this.#isOn();
  }

  /** Retries failed videos. The user may have freed disk space or fixed a setting. */
  retry(): void {
    const { current } = this.#deps.engine;
    if (this.#reported.size > 0) this.#catchUp(current);
  }

  dispose(): void {
    this.#owned.dispose();
  }

  /** Keep tasks that aren't found: the list may be incomplete. */
  #catchUp(engine: Engine): void {
    for (const id of this.#deps.sent.all()) {
      const task = engine.task(id);
      if (task) this.#onChange(task);
    }
  }

  #onChange(task: Task): void {
    const { sent, runInBackground } = this.#deps;
    if (!sent.has(task.id)) return;
    if (task.phase === 'rejected') runInBackground(sent.remove(task.id));
    if (task.phase !== 'saved') return;
    // Read the setting now, not when the queue gets to this video.
    const isOn = this.#isOn();
    this.#queue = this.#queue.then(async () => {
      if (isOn) await this.#save(task);
      else for (const { sha256 } of task.videos) await sent.markDone(task.id, sha256);
    });
    runInBackground(this.#queue);
    // A failed video must not block the next one.
    this.#queue = this.#queue.catch(() => undefined);
  }

  async #save(task: Task): Promise<void> {
    const { engine, roots, saver, sent, onSaved } = this.#deps;
    const folder = roots.quiet;
    if (!folder || this.#owned.isDisposed) return;
    const saved: Uri[] = [];
    let firstError: ExportError | undefined;
    for (const [position, video] of task.videos.entries()) {
      if (sent.isDone(task.id, video.sha256)) continue;
      const result = await saver.saveOne(folder, task, position, true);
      saved.push(...result.saved);
      // A file missing from the library can't be saved later either. The task list shows that it's missing.
      const isMissing = result.error?.kind === 'missing';
      if (!isMissing) firstError ??= result.error;
      // Mark it last: if the window closes before, the existing file is recognized at the next attempt.
      if (!result.error || isMissing) await sent.markDone(task.id, video.sha256);
    }
    const [first, ...others] = saved;
    if (first) onSaved([first, ...others]);
    if (firstError) this.#report(firstError, task.id);
    else this.#reported.delete(task.id);
    if (!firstError && first) await engine.current.markExported(task.id);
  }

  #report(error: ExportError, id: string): void {
    if (this.#reported.has(id)) return;
    this.#reported.add(id);
    this.#deps.onError(error, id);
  }

  #isOn(): boolean {
    const folder = this.#deps.roots.quiet;
    return folder !== undefined && this.#deps.settings.autoSave(folder.uri);
  }
}
