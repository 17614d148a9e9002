import type { StatusBarItem } from 'vscode';
import type { L10n } from '../../core/common/l10n';
import { DisposableStore, type Disposable } from '../../core/common/disposable';
import { isFinal } from '../../core/task/phases';
import type { Task } from '../../core/task/task';
import type { AppContext } from '../common/appContext';
import type { EngineAccess } from '../common/engineAccess';
import { PRODUCT_NAME } from '../common/ids';
import {
  MAX_QUOTED_PROMPT_LENGTH,
  progressOf,
  rowIcon,
  taskStateLabel,
  truncatePrompt,
} from '../labels/taskLabels';

/** The status bar item while tasks are in progress. */
export interface StatusBarText {
  readonly text: string;
  /** One line for each task. */
  readonly tooltip: string;
  /** Accessible name, without icons. */
  readonly label: string;
}

/** Maximum number of lines in the tooltip. The list has all tasks. */
const MAX_TOOLTIP_LINES = 8;

/** @returns undefined if no task is in progress */
export function statusBarText(running: readonly Task[], l10n: L10n): StatusBarText | undefined {
  const [first] = running;
  if (!first) return undefined;
  const lines = running.slice(0, MAX_TOOLTIP_LINES).map((task) => lineOf(task, l10n));
  const rest = running.length - lines.length;
  if (rest > 0) lines.push(`+${rest}`);
  const state = running.length === 1 ? stateOf(first, l10n) : l10n.t('{0} videos', running.length);
  return {
    text: `$(${iconOf(running)}) ${state}`,
    tooltip: lines.join('\n'),
    label: [PRODUCT_NAME, running.length === 1 ? lineOf(first, l10n) : state].join(', '),
  };
}

function stateOf(task: Task, l10n: L10n): string {
  const word = taskStateLabel(task, l10n);
  const progress = progressOf(task);
  return progress === undefined ? word : `${word} ${progress}%`;
}

function lineOf(task: Task, l10n: L10n): string {
  return `${truncatePrompt(task.request.prompt, MAX_QUOTED_PROMPT_LENGTH)}: ${stateOf(task, l10n)}`;
}

/** A task that is blocked by the user comes first, then one that is working. */
function iconOf(running: readonly Task[]): string {
  const icons = running.map((task) => rowIcon(task).icon);
  return (
    icons.find((icon) => icon === 'key') ?? icons.find((icon) => icon.endsWith('~spin')) ?? icons[0] ?? ''
  );
}

interface Dependencies extends Pick<AppContext, 'l10n'> {
  readonly engine: Pick<EngineAccess, 'onDidOpen' | 'onDidChangeTasks'>;
  /** Creates the item. It exists only while tasks are in progress. */
  readonly create: () => StatusBarItem;
}

/** The status bar item while tasks are in progress. */
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
    // Setting a property sends a message to the window, even if it's equal.
    if (item.text !== words.text) item.text = words.text;
    if (item.tooltip !== words.tooltip) item.tooltip = words.tooltip;
    if (item.accessibilityInformation?.label !== words.label) {
      item.accessibilityInformation = { label: words.label, role: 'button' };
    }
    item.show();
  }
}
