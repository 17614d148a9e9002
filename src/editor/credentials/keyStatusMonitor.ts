import type { L10n } from '../../core/common/l10n';
import { DisposableStore, type Disposable } from '../../core/common/disposable';
import type { Task } from '../../core/task/task';
import { blockedBy, type BlockedBy } from '../../core/task/blockedBy';
import type { AppContext } from '../common/appContext';
import type { ConnectionState } from './connection';
import type { EngineAccess } from '../common/engineAccess';
import type { Messages } from '../common/messages';

interface Dependencies extends Pick<AppContext, 'l10n' | 'isFocused'> {
  readonly engine: Pick<EngineAccess, 'onDidOpen' | 'onDidChangeTasks'>;
  readonly messages: Pick<Messages, 'tasksWaitForKey'>;
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
    const { messages, isFocused, setRefused } = this.#deps;
    // A download attempt says nothing about the key until it ends.
    if (task.phase === 'saving') return;
    const what = blockedBy(task);
    if (what) {
      const { id, origin } = task;
      const isFirst = [...this.#waiting.values()].every(
        (other) => other.origin !== origin || other.what !== what,
      );
      this.#waiting.set(id, { origin, what });
      if (isFirst && isFocused() && task.failure) {
        messages.tasksWaitForKey(task.failure.summary, what, id);
      }
      return;
    }
    this.#waiting.delete(task.id);
    if (task.phase === 'rejected' && task.failure?.kind === 'key') setRefused(true);
    // The gateway accepted a query that needs a key.
    else if (task.phase === 'queued' || task.phase === 'running') setRefused(false);
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
        return l10n.t("Videos are in progress at an address that your API key isn't approved for.");
      case 'keyring':
        return l10n.t("Your keyring is locked, so the gateway can't be asked about videos in progress.");
      case 'key':
        return l10n.t('The gateway does not show videos in progress to this key; they wait for a valid one.');
      case 'balance':
        return l10n.t(
          'The key’s quota is used up: the gateway does not show videos in progress until it is topped up.',
        );
    }
  }
}
