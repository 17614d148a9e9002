import type * as vscode from 'vscode';
import type { Event } from '../../core/common/events';
import { DisposableStore, type Disposable } from '../../core/common/disposable';
import { describeError, withPrefix } from '../../core/common/log';
import type { TaskChanges } from '../../core/task/task';
import type { FramePosition } from '../../webview/player/protocol';
import { FrameError } from './frameRequests';
import type { PanelDependencies, PlayerEngine, PlayerPanel } from './playerPanel';

export interface PlayerDependencies extends Omit<PanelDependencies, 'engine'> {
  /** The engine, and the changes of its tasks once it is open. */
  readonly engine: { open(): Promise<PlayerEngine>; readonly onDidChangeTasks: Event<TaskChanges> };
}

/** Loads the page's code, on first use. */
const load = async () => import('./playerPanel');

/** The player tabs of a window, at most one per task. */
export class PlayerManager implements Disposable {
  readonly #deps: PanelDependencies;
  readonly #panels = new Map<string, PlayerPanel>();
  readonly #owned = new DisposableStore();

  constructor({ engine, ...deps }: PlayerDependencies) {
    this.#deps = { ...deps, log: withPrefix(deps.log, 'player'), engine: () => engine.open() };
    this.#owned.add(engine.onDidChangeTasks((changes) => this.#onChange(changes)));
  }

  /** The task in the active player, if any. */
  get activeTask(): string | undefined {
    return [...this.#panels.values()].find(({ isActive }) => isActive)?.taskId;
  }

  /** True if the task's player is visible. It then needs no notification. */
  isShown(taskId: string): boolean {
    return this.#panels.get(taskId)?.isVisible ?? false;
  }

  /**
   * Opens the player of a task, or brings it to the front.
   * @param preserveFocus doesn't move the focus to the tab
   * @returns false if the task doesn't exist
   */
  async open(taskId: string, preserveFocus = false): Promise<boolean> {
    const { PlayerPanel } = await load();
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
   * Captures a frame of a task's video. Opens the player if necessary, because only a page can decode video.
   * @returns the PNG from the page, not validated
   * @throws FrameError
   */
  async captureFrame(taskId: string, position: FramePosition): Promise<Uint8Array> {
    const exists = await this.open(taskId, true);
    const panel = this.#panels.get(taskId);
    if (!panel) throw new FrameError(exists ? 'closed' : 'missing', 'this task has no page');
    return panel.captureFrame(position);
  }

  /**
   * Takes over a tab that VS Code restored after a reload.
   * @param state the stored webview state, not validated
   */
  async revive(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const { PlayerPanel, pageState } = await load();
    if (this.#owned.isDisposed) return;
    const parsed = pageState.safeParse(state);
    if (!parsed.success || this.#panels.has(parsed.data.taskId)) {
      this.#deps.log.warn('closed a player with invalid state or a duplicate of one');
      panel.dispose();
      return;
    }
    this.#add(PlayerPanel.revive(panel, parsed.data.taskId, this.#deps));
  }

  /** Releases all tabs without closing them, so that VS Code restores them at the next start. */
  dispose(): void {
    this.#owned.dispose();
    for (const panel of this.#panels.values()) panel.release();
  }

  #add(panel: PlayerPanel): void {
    this.#panels.set(panel.taskId, panel);
    panel.onDidDispose(() => this.#panels.delete(panel.taskId));
  }

  /** Marks a video as seen that was saved while its player is visible. */
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
    // Close the player of a task that was removed in any window.
    for (const id of removed) this.#panels.get(id)?.dispose();
  }
}
