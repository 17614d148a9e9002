import { DisposableStore, type Disposable } from '../../core/common/disposable';
import type { Engine } from '../../core/engine';
import { isFinal } from '../../core/task/phases';
import type { Task } from '../../core/task/task';
import type { AppContext } from '../common/appContext';
import type { EngineAccess } from '../common/engineAccess';
import { explainFailure } from '../labels/failureLabels';
import type { Messages } from '../common/messages';
import type { Requester } from '../credentials/originApproval';
import type { Settings } from '../common/settings';

interface Dependencies extends Pick<AppContext, 'l10n' | 'clock' | 'isFocused' | 'runInBackground'> {
  readonly engine: Pick<EngineAccess, 'onDidOpen' | 'onDidChangeTasks' | 'current'>;
  readonly settings: Pick<Settings, 'notify'>;
  readonly messages: Pick<Messages, 'videoReady' | 'taskEnded'>;
  /** Whether the task was sent from this window's workspace. */
  readonly isFromHere: (id: string) => boolean;
  /** Whether the user is looking at the task already. */
  readonly isWatched: (id: string) => boolean;
  /** Whether the task's video is saved to the workspace by itself. */
  readonly savesItself: (task: Task) => boolean;
}

/**
 * How long a window waits before it takes on a notice, in ms: the window that the user is in comes first, then the
 * one that the task was sent from, then any.
 */
const CLAIM_DELAY_MS = { focused: 0, fromHere: 400, other: 1500 } as const;

/**
 * Says once, in one of all windows, how a task ended. Only for tasks that were seen running: what ended while no
 * window was open is told by the badge and the list, without a toast at start.
 */
export class CompletionNotifier implements Disposable {
  readonly #deps: Dependencies;
  readonly #owned = new DisposableStore();
  readonly #running = new Set<string>();
  readonly #timers = new Set<Disposable>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#owned.add(
      deps.engine.onDidOpen((engine) => {
        for (const { id, phase } of engine.tasks(Infinity)) if (!isFinal(phase)) this.#running.add(id);
      }),
    );
    this.#owned.add(
      deps.engine.onDidChangeTasks(({ changed, removed }) => {
        for (const task of changed) this.#onChange(deps.engine.current, task);
        for (const id of removed) this.#running.delete(id);
      }),
    );
  }

  /**
   * The outcome of a task that this window has just sent. A person and the API's callers hear of a bad one without a
   * notice; a key binding with a request in it listens to nothing.
   */
  async sent(task: Task, requester: Requester): Promise<void> {
    const { engine, settings } = this.#deps;
    if (task.phase !== 'rejected' && task.phase !== 'unknown') return;
    if (!(await engine.current.claimNotification(task.id)) || requester !== 'command') return;
    if (settings.notify() !== 'never') this.#say(task);
  }

  dispose(): void {
    this.#owned.dispose();
    for (const timer of this.#timers) timer.dispose();
  }

  #onChange(engine: Engine, task: Task): void {
    if (!isFinal(task.phase)) {
      this.#running.add(task.id);
      return;
    }
    if (!this.#running.delete(task.id)) return;
    // Stopped: that was the user.
    if (task.phase === 'stopped' || this.#deps.settings.notify() === 'never') return;
    // Asked now: it is forgotten once the video is saved.
    const offersSave = !this.#deps.savesItself(task);
    const timer = this.#deps.clock.setTimeout(() => {
      this.#timers.delete(timer);
      this.#deps.runInBackground(this.#tell(engine, task, offersSave));
    }, this.#patience(task));
    this.#timers.add(timer);
  }

  #patience({ id, phase }: Task): number {
    // Told by whoever sent it, if that window still lives.
    if (phase === 'rejected' || phase === 'unknown') return CLAIM_DELAY_MS.other;
    if (this.#deps.isFocused()) return CLAIM_DELAY_MS.focused;
    return this.#deps.isFromHere(id) ? CLAIM_DELAY_MS.fromHere : CLAIM_DELAY_MS.other;
  }

  async #tell(engine: Engine, { id, phase }: Task, offersSave: boolean): Promise<void> {
    const { messages, isWatched, l10n } = this.#deps;
    const task = engine.task(id);
    // It has moved on, or was removed.
    if (this.#owned.isDisposed || task?.phase !== phase) return;
    if (!(await engine.claimNotification(id))) return;
    if (isWatched(id)) return;
    if (phase === 'saved') messages.videoReady(task, offersSave, explainFailure(task, l10n)?.sentence);
    else this.#say(task);
  }

  #say(task: Task): void {
    const explanation = explainFailure(task, this.#deps.l10n);
    if (explanation) this.#deps.messages.taskEnded(task, explanation);
  }
}
