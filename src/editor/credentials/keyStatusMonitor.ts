import type { L10n } from '../../core/common/l10n';
import { DisposableStore, type Disposable } from '../../core/common/disposable';
import type { Task } from '../../core/task/task';
import { blockedBy, type BlockedBy } from '../../core/task/blockedBy';
import type { AppContext } from '../common/appContext';
import type { ConnectionState } from './connection';
import type { EngineAccess } from '../common/engineAccess';
import type { MessageButton, Notifications } from '../common/notifications';

interface Dependencies extends Pick<AppContext, 'l10n' | 'isFocused'> {
  readonly engine: Pick<EngineAccess, 'onDidOpen' | 'onDidChangeTasks'>;
  readonly notifications: Pick<Notifications, 'show' | 'command'>;
  /** Sets the message above the task list. */
  readonly showLine: (line: string | undefined) => void;
  /** Sets whether the gateway rejected the key when it was last used. */
  readonly setRefused: (refused: boolean) => void;
}

interface Waiting {
  readonly origin: string;
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
          if (what) this.#waiting.set(task.id, { origin: task.origin, what });
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

  heard({ kind }: ConnectionState): void {
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
        (other) => other.origin !== origin || other.what !== what,
      );
      this.#waiting.set(id, { origin, what });
      if (isFirst && isFocused() && task.failure) this.#notify(task.failure.summary, what, id);
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
    const { l10n, showLine } = this.#deps;
    // Reasons that the user can fix with a click come first.
    const order = ['approval', 'keyring', 'key', 'balance'] as const;
    const all = new Set([...this.#waiting.values()].map(({ what }) => what));
    const first = order.find((what) => all.has(what));
    showLine(first && this.#line(first, l10n));
  }

  #line(what: BlockedBy, l10n: L10n): string {
    switch (what) {
      case 'approval':
        return l10n.t("Address not approved for your API key. Tasks in progress can't be checked.");
      case 'keyring':
        return l10n.t("Keyring locked. Tasks in progress can't be checked.");
      case 'key':
        return l10n.t("API key rejected. Tasks in progress can't be checked.");
      case 'balance':
        return l10n.t("Quota used up. Tasks in progress can't be checked.");
    }
  }
}
