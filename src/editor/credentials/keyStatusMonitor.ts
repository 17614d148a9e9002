import { DisposableStore, type Disposable } from '../../core/common/disposable';
import type { Task } from '../../core/task/task';
import { keyLockedMessage, noKeyForTasksMessage, notApprovedMessage } from '../../core/task/failureMessage';
import { quotaMessage } from '../../core/task/knownErrors';
import { blockedBy, type BlockedBy } from '../../core/task/blockedBy';
import type { AppContext } from '../common/appContext';
import { gatewayHost } from '../labels/taskLabels';
import type { ConnectionState } from './connection';
import type { EngineAccess } from '../common/engineAccess';
import type { MessageButton, Notifications } from '../common/notifications';

interface Dependencies extends Pick<AppContext, 'isFocused' | 'l10n'> {
  readonly engine: Pick<EngineAccess, 'onDidOpen' | 'onDidChangeTasks'>;
  readonly notifications: Pick<Notifications, 'show' | 'command'>;
  /** Sets the message above the task list. */
  readonly showLine: (line: string | undefined) => void;
  /** Sets whether the gateway rejected the key when it was last used. */
  readonly setRefused: (refused: boolean) => void;
}

interface Waiting {
  readonly task: Task;
  readonly what: BlockedBy;
}

/**
 * Tracks whether the gateway accepts the key. While tasks are blocked by the key or the balance, shows a message
 * above the task list. Shows one notification per gateway when it starts (DESIGN 5).
 */
export class KeyStatusMonitor implements Disposable {
  readonly #deps: Dependencies;
  readonly #owned = new DisposableStore();
  /** Blocked tasks by ID, with their gateway and the reason. */
  readonly #waiting = new Map<string, Waiting>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#owned.add(
      deps.engine.onDidOpen((engine) => {
        for (const task of engine.tasks(Infinity)) {
          const what = blockedBy(task);
          if (what) this.#waiting.set(task.id, { task, what });
        }
        this.#showLine();
      }),
    );
    this.#owned.add(
      deps.engine.onDidChangeTasks(({ changed, removed }) => {
        for (const task of changed) this.#onChange(task);
        for (const id of removed) this.#waiting.delete(id);
        this.#showLine();
      }),
    );
  }

  connectionChecked({ kind }: ConnectionState): void {
    if (kind === 'works') this.#deps.setRefused(false);
    if (kind === 'keyRefused') this.#deps.setRefused(true);
  }

  /** Resets the state: nothing is known about the new key. */
  keyChanged(): void {
    this.#deps.setRefused(false);
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #onChange(task: Task): void {
    const { isFocused, setRefused } = this.#deps;
    // A download attempt says nothing about the key until it ends.
    if (task.phase === 'saving') return;
    const what = blockedBy(task);
    if (what) {
      const { id, origin } = task;
      const isFirst = [...this.#waiting.values()].every(
        (other) => other.task.origin !== origin || other.what !== what,
      );
      this.#waiting.set(id, { task, what });
      if (isFirst && isFocused()) this.#notify(this.#message({ task, what }), what, id);
      return;
    }
    this.#waiting.delete(task.id);
    if (task.phase === 'rejected' && task.failure?.kind === 'key') setRefused(true);
    // The gateway accepted a query that needs a key.
    else if (task.phase === 'queued' || task.phase === 'running') setRefused(false);
  }

  #notify(message: string, what: BlockedBy, taskId: string): void {
    const { notifications } = this.#deps;
    const help: Readonly<Record<BlockedBy, MessageButton>> = {
      key: notifications.command('nebulaVideo.setApiKey'),
      balance: notifications.command('nebulaVideo.setApiKey'),
      approval: notifications.command('nebulaVideo.approveAddress', taskId),
      keyring: notifications.command('nebulaVideo.refresh'),
    };
    notifications.show('warning', message, [help[what], notifications.command('nebulaVideo.showLog')]);
  }

  #showLine(): void {
    // Reasons that the user can fix with a click come first.
    const order = ['approval', 'keyring', 'key', 'balance'] as const;
    const all = [...this.#waiting.values()];
    const first = order.flatMap((what) => all.filter((one) => one.what === what))[0];
    this.#deps.showLine(first && this.#message(first));
  }

  /** The message for all tasks with the same reason. A task's own summary may be about that task only. */
  #message({ task: { origin, failure }, what }: Waiting): string {
    const { l10n } = this.#deps;
    switch (what) {
      case 'key':
        // The gateway's message about the key concerns every task.
        return failure?.detail === undefined ? noKeyForTasksMessage(l10n) : failure.summary;
      case 'approval':
        return notApprovedMessage(gatewayHost(origin), l10n);
      case 'keyring':
        return keyLockedMessage(l10n);
      case 'balance':
        return quotaMessage(l10n);
    }
  }
}
