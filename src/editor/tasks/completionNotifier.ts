import { DisposableStore, type Disposable } from '../../core/common/disposable';
import type { Engine } from '../../core/engine';
import { isFinal } from '../../core/task/phases';
import type { Task } from '../../core/task/task';
import type { AppContext } from '../common/appContext';
import type { EngineAccess } from '../common/engineAccess';
import type { Notifications } from '../common/notifications';
import { explainFailure } from '../labels/failureLabels';
import { truncatePrompt } from '../labels/taskLabels';
import type { Requester } from '../credentials/originApproval';
import type { Settings } from '../common/settings';

interface Dependencies extends Pick<AppContext, 'l10n' | 'clock' | 'isFocused' | 'runInBackground'> {
  readonly engine: Pick<EngineAccess, 'onDidOpen' | 'onDidChangeTasks' | 'current'>;
  readonly settings: Pick<Settings, 'notify'>;
  readonly notifications: Pick<Notifications, 'show' | 'showFailure' | 'command' | 'open' | 'dontShowAgain'>;
  /** Returns true if the task was sent from this window's workspace. */
  readonly isFromHere: (id: string) => boolean;
  /** Returns true if the task's page is visible. */
  readonly isWatched: (id: string) => boolean;
  /** Returns true if auto-save will save the task's video. */
  readonly savesItself: (task: Task) => boolean;
}

/** Delay before a window claims a notification: the focused window first, then the one that sent the task, then any. */
const CLAIM_DELAY_MS = { focused: 0, fromHere: 400, other: 1500 } as const;

/**
 * Shows a notification when a task ends, in one window. Only for tasks that this window has seen in progress: the badge
 * and the list show those that ended while no window was open.
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
   * Handles the outcome of a task that this window has just sent. The user and the API's callers already know it, so only
   * a command with a request, for example a key binding, gets a notification.
   */
  async sent(task: Task, requester: Requester): Promise<void> {
    const { engine, settings } = this.#deps;
    if (task.phase !== 'rejected' && task.phase !== 'unknown') return;
    if (!(await engine.current.claimNotification(task.id)) || requester !== 'command') return;
    if (settings.notify() !== 'never') this.#showFailure(task);
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
    // The user stopped it.
    if (task.phase === 'stopped' || this.#deps.settings.notify() === 'never') return;
    // Ask now: auto-save forgets the task once its video is saved.
    const offersSave = !this.#deps.savesItself(task);
    const timer = this.#deps.clock.setTimeout(() => {
      this.#timers.delete(timer);
      this.#deps.runInBackground(this.#notify(engine, task, offersSave));
    }, this.#claimDelay(task));
    this.#timers.add(timer);
  }

  #claimDelay({ id, phase }: Task): number {
    // The window that sent it shows it, if it's still open.
    if (phase === 'rejected' || phase === 'unknown') return CLAIM_DELAY_MS.other;
    if (this.#deps.isFocused()) return CLAIM_DELAY_MS.focused;
    return this.#deps.isFromHere(id) ? CLAIM_DELAY_MS.fromHere : CLAIM_DELAY_MS.other;
  }

  async #notify(engine: Engine, { id, phase }: Task, offersSave: boolean): Promise<void> {
    const task = engine.task(id);
    // It was reopened or removed.
    if (this.#owned.isDisposed || task?.phase !== phase) return;
    if (!(await engine.claimNotification(id))) return;
    if (this.#deps.isWatched(id)) return;
    if (phase === 'saved') this.#showReady(task, offersSave);
    else this.#showFailure(task);
  }

  #showReady(task: Task, offersSave: boolean): void {
    const { notifications, l10n } = this.#deps;
    const ready = l10n.t("'{0}' is ready.", truncatePrompt(task.request.prompt));
    const missing = explainFailure(task, l10n)?.sentence;
    notifications.show('info', missing === undefined ? ready : `${ready} ${missing}`, [
      notifications.open(task.id),
      ...(offersSave ? [notifications.command('nebulaVideo.saveToWorkspace', task.id)] : []),
      notifications.dontShowAgain(),
    ]);
  }

  #showFailure(task: Task): void {
    const { notifications, l10n } = this.#deps;
    const explanation = explainFailure(task, l10n);
    if (explanation) notifications.showFailure(task, explanation, { isExpected: false });
  }
}
