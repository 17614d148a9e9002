import type * as vscode from 'vscode';
import type { Event } from '../../core/common/events';
import { DisposableStore, type Disposable } from '../../core/common/disposable';
import { describeError, withPrefix } from '../../core/common/log';
import type { TaskChanges } from '../../core/task/task';
import { pageState, type FramePosition } from '../../webview/player/protocol';
import { FrameError } from './frameRequests';
import { PlayerPanel, type PanelDependencies, type PlayerEngine } from './playerPanel';

export interface PlayerDependencies extends Omit<PanelDependencies, 'engine'> {
  /** The engine, and the changes of its tasks once it is open. */
  readonly engines: { open(): Promise<PlayerEngine>; readonly onDidChangeTasks: Event<TaskChanges> };
}

/** All players of a window: at most one for each task. */
export class PlayerManager implements Disposable {
  readonly #deps: PanelDependencies;
  readonly #panels = new Map<string, PlayerPanel>();
  readonly #owned = new DisposableStore();

  constructor({ engines, ...deps }: PlayerDependencies) {
    this.#deps = { ...deps, log: withPrefix(deps.log, 'player'), engine: () => engines.open() };
    this.#owned.add(engines.onDidChangeTasks((changes) => this.#onChange(changes)));
  }

  /** The task whose player the user is looking at, if any. */
  get activeTask(): string | undefined {
    return [...this.#panels.values()].find(({ isActive }) => isActive)?.taskId;
  }

  /** Whether the user has a task's player before them: what it shows needs no notice. */
  isShown(taskId: string): boolean {
    return this.#panels.get(taskId)?.isVisible ?? false;
  }

  /**
   * Opens the player of a task, or brings it to the front.
   * @param preserveFocus leaves the keyboard where it is
   * @returns whether there is such a task
   */
  async open(taskId: string, preserveFocus = false): Promise<boolean> {
    const engine = await this.#deps.engine();
    if (this.#owned.isDisposed) return false;
    const open = this.#panels.get(taskId);
    const task = engine.task(taskId);
    if (open) open.reveal(preserveFocus);
    else if (!task) return false;
    else this.#add(PlayerPanel.create(task, this.#deps, preserveFocus));
    if (task?.phase === 'saved') await engine.markSeen(taskId);
    return true;
  }

  /**
   * Takes a picture of one of a task's videos: only a page can decode it, so its player is opened where it is not.
   * @returns what the page says is a PNG; nobody has looked at it yet
   * @throws FrameError
   */
  async captureFrame(taskId: string, moment: FramePosition): Promise<Uint8Array> {
    const isThere = await this.open(taskId, true);
    const panel = this.#panels.get(taskId);
    if (!panel) throw new FrameError(isThere ? 'closed' : 'missing', 'there is no page of this task');
    return panel.captureFrame(moment);
  }

  /** Fills a tab that the editor has kept over a reload. @param state what the page had it keep; anything */
  revive(panel: vscode.WebviewPanel, state: unknown): void {
    const parsed = pageState.safeParse(state);
    if (!parsed.success || this.#panels.has(parsed.data.taskId)) {
      this.#deps.log.warn('a player of unknown or doubled origin is closed');
      panel.dispose();
      return;
    }
    this.#add(PlayerPanel.revive(panel, parsed.data.taskId, this.#deps));
  }

  /** Ends our part; the tabs stay for the next start to revive. */
  dispose(): void {
    this.#owned.dispose();
    for (const panel of this.#panels.values()) panel.release();
  }

  #add(panel: PlayerPanel): void {
    this.#panels.set(panel.taskId, panel);
    panel.onDidDispose(() => this.#panels.delete(panel.taskId));
  }

  /** A video that gets ready before the user's eyes has been seen. */
  #markSeen(taskId: string): void {
    this.#deps
      .engine()
      .then((engine) => engine.markSeen(taskId))
      .catch((error: unknown) => this.#deps.log.error(describeError(error)));
  }

  #onChange({ changed, removed }: TaskChanges): void {
    for (const { id, phase } of changed) {
      if (phase === 'saved' && this.isShown(id)) this.#markSeen(id);
      this.#panels
        .get(id)
        ?.update()
        .catch((error: unknown) => this.#deps.log.error(describeError(error)));
    }
    // What somebody took off the list, here or in another window, leaves no page behind.
    for (const id of removed) this.#panels.get(id)?.dispose();
  }
}
