import type { StatusBarItem } from 'vscode';
import type { L10n } from '../../core/common/l10n';
import { DisposableStore, type Disposable } from '../../core/common/disposable';
import { isFinal } from '../../core/task/phases';
import type { Task } from '../../core/task/task';
import type { AppContext } from '../common/appContext';
import type { EngineAccess } from '../common/engineAccess';
import { rowIcon } from '../labels/rowIcon';
import { MAX_QUOTED_PROMPT_LENGTH, progressOf, truncatePrompt, taskStateLabel } from '../labels/taskLabels';

/** What the status bar says while something runs. */
export interface StatusBarText {
  readonly text: string;
  /** One line for each task. */
  readonly tooltip: string;
  /** For screen readers, which read no icons. */
  readonly label: string;
}

/** Longest list in the tooltip; the view has them all. */
const MAX_TOOLTIP_LINES = 8;

/** @returns undefined when nothing runs */
export function statusBarText(running: readonly Task[], l10n: L10n): StatusBarText | undefined {
  const [first] = running;
  if (!first) return undefined;
  const lines = running.slice(0, MAX_TOOLTIP_LINES).map((task) => lineOf(task, l10n));
  const rest = running.length - lines.length;
  if (rest > 0) lines.push(l10n.t('and {0} more', rest));
  const words =
    running.length === 1 ? l10n.t('Video: {0}', stateOf(first, l10n)) : l10n.t('{0} videos', running.length);
  return {
    text: `$(${iconOf(running)}) ${words}`,
    tooltip: lines.join('\n'),
    label:
      running.length === 1
        ? l10n.t('Nebula Video, in progress: {0}', lineOf(first, l10n))
        : l10n.t('Nebula Video, {0} videos in progress', running.length),
  };
}

function stateOf(task: Task, l10n: L10n): string {
  const word = taskStateLabel(task, l10n);
  const progress = progressOf(task);
  return progress === undefined ? word : `${word} ${progress} %`;
}

function lineOf(task: Task, l10n: L10n): string {
  return `${truncatePrompt(task.request.prompt, MAX_QUOTED_PROMPT_LENGTH)}: ${stateOf(task, l10n)}`;
}

/** As moving as the most moving of them; a task that waits for the user comes first. */
function iconOf(running: readonly Task[]): string {
  const icons = running.map((task) => rowIcon(task).icon);
  return (
    icons.find((icon) => icon === 'key') ?? icons.find((icon) => icon.endsWith('~spin')) ?? icons[0] ?? ''
  );
}

interface Dependencies extends Pick<AppContext, 'l10n'> {
  readonly engine: Pick<EngineAccess, 'onDidOpen' | 'onDidChangeTasks'>;
  /** Makes the item; it is shown, and gone again, with the work. */
  readonly create: () => StatusBarItem;
}

/** The item in the status bar, while something runs. */
export class StatusBar implements Disposable {
  readonly #deps: Dependencies;
  readonly #owned = new DisposableStore();
  /** Newest first. */
  #running: readonly Task[] = [];
  #item: StatusBarItem | undefined;

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#owned.add(deps.engine.onDidOpen((engine) => this.#set(engine.tasks(Infinity))));
    this.#owned.add(
      deps.engine.onDidChangeTasks(({ changed, removed }) => {
        const others = this.#running.filter(
          ({ id }) => !removed.includes(id) && changed.every((task) => task.id !== id),
        );
        this.#set([...changed, ...others]);
      }),
    );
  }

  dispose(): void {
    this.#owned.dispose();
    this.#item?.dispose();
    this.#item = undefined;
  }

  #set(tasks: readonly Task[]): void {
    if (this.#owned.isDisposed) return;
    this.#running = tasks
      .filter(({ phase }) => !isFinal(phase))
      .sort((one, other) => other.createdAt - one.createdAt);
    const words = statusBarText(this.#running, this.#deps.l10n);
    if (!words) {
      this.#item?.dispose();
      this.#item = undefined;
      return;
    }
    const item = (this.#item ??= this.#deps.create());
    // Each setting of a value is a message to the window.
    if (item.text !== words.text) item.text = words.text;
    if (item.tooltip !== words.tooltip) item.tooltip = words.tooltip;
    if (item.accessibilityInformation?.label !== words.label) {
      item.accessibilityInformation = { label: words.label, role: 'button' };
    }
    item.show();
  }
}
