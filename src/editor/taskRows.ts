import * as vscode from 'vscode';
import type { Clock } from '../core/common/clock';
import type { L10n } from '../core/common/l10n';
import { DisposableSlot, DisposableStore, type Disposable } from '../core/common/lifetime';
import { isEnd } from '../core/tasks/phases';
import type { Task, TaskChanges } from '../core/tasks/task';
import type { EngineHolder } from './engineHolder';
import { rowIcon, rowWords } from './rowIcon';
import { taskTooltip } from './taskTooltip';
import { LONGEST_MENTION, ageWord, momentWord, phaseWord, shortPrompt } from './taskWords';

interface Parts {
  readonly engines: EngineHolder;
  readonly l10n: L10n;
  readonly clock: Clock;
  readonly language: string;
  /** Tells the view that rows have changed, or with undefined that there are others. */
  readonly fireRows: (ids: string[] | undefined) => void;
  /** What has to be true before the view may say that it is empty. */
  readonly prepared: () => Promise<void>;
}

/** So many tasks are listed, the newest ones: a list that nobody can oversee helps nobody. */
const MOST_ROWS = 1000;

/** How often the ages of unfinished tasks are written anew, in ms. */
const AGE_INTERVAL = 30_000;

/**
 * The rows of the task list: a projection of the store. An element is a task's id, so it means the same task however
 * often the row changes.
 */
export class TaskRows implements Disposable {
  readonly #parts: Parts;
  readonly #owned = new DisposableStore();
  readonly #ageTimer = this.#owned.add(new DisposableSlot());
  /** What the view shows, newest first; undefined until it asks. */
  #tasks: Map<string, Task> | undefined;
  #visible = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#owned.add(
      parts.engines.onDidOpen((engine) => {
        this.#owned.add(engine.onDidChangeTasks((changes) => this.#onChange(changes)));
      }),
    );
  }

  /** Ages are kept up to date only while somebody can see them. */
  setVisible(visible: boolean): void {
    if (visible && !this.#visible) this.#fireUnfinished();
    this.#visible = visible;
    this.#planAges();
  }

  /** Reads everything anew. */
  refresh(): void {
    this.#tasks = undefined;
    this.#parts.fireRows(undefined);
  }

  /** The ids of the rows. @param parent rows have none below them */
  async getChildren(parent?: string): Promise<string[]> {
    if (parent !== undefined) return [];
    await this.#parts.prepared();
    const engine = await this.#parts.engines.open();
    this.#tasks = new Map(engine.tasks(MOST_ROWS).map((task) => [task.id, task]));
    this.#planAges();
    return [...this.#tasks.keys()];
  }

  /** A row, without its tooltip, which comes when somebody points at it. */
  getTreeItem(id: string): vscode.TreeItem {
    const task = this.#tasks?.get(id);
    const item = new vscode.TreeItem(task ? shortPrompt(task.request.prompt) : '');
    item.id = id;
    if (!task) return item;
    const { l10n } = this.#parts;
    const { icon, color } = rowIcon(task);
    item.iconPath = new vscode.ThemeIcon(
      icon,
      color === undefined ? undefined : new vscode.ThemeColor(color),
    );
    item.description = this.#description(task);
    item.contextValue = rowWords(task.phase);
    item.accessibilityInformation = {
      label: [
        shortPrompt(task.request.prompt, LONGEST_MENTION),
        phaseWord(task.phase, l10n),
        item.description,
      ].join(', '),
    };
    return item;
  }

  /** Adds what is shown on hover. */
  resolveTreeItem(item: vscode.TreeItem, id: string): vscode.TreeItem {
    const task = this.#tasks?.get(id);
    const { clock, language, l10n } = this.#parts;
    if (task) item.tooltip = taskTooltip(task, clock.now(), language, l10n);
    return item;
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #description(task: Task): string {
    const { clock, language, l10n } = this.#parts;
    const now = clock.now();
    const { model } = task.request;
    if (isEnd(task.phase)) return `${momentWord(task.createdAt, now, language)} · ${model}`;
    const age = ageWord(now - task.createdAt, l10n);
    const progress = task.phase === 'running' && task.progress !== undefined ? [`${task.progress} %`] : [];
    return [...progress, age, model].join(' · ');
  }

  #onChange({ changed, removed }: TaskChanges): void {
    const tasks = this.#tasks;
    // Nobody has asked for rows yet.
    if (!tasks) return;
    if (removed.some((id) => tasks.has(id)) || changed.some(({ id }) => !tasks.has(id))) {
      this.#parts.fireRows(undefined);
      return;
    }
    for (const task of changed) tasks.set(task.id, task);
    this.#parts.fireRows(changed.map(({ id }) => id));
    this.#planAges();
  }

  #unfinished(): string[] {
    return [...(this.#tasks?.values() ?? [])].filter(({ phase }) => !isEnd(phase)).map(({ id }) => id);
  }

  #fireUnfinished(): void {
    const ids = this.#unfinished();
    if (ids.length > 0) this.#parts.fireRows(ids);
  }

  /** A timer lives only while an age can be seen that grows. */
  #planAges(): void {
    if (!this.#visible || this.#unfinished().length === 0 || this.#owned.isDisposed) {
      this.#ageTimer.set(undefined);
      this.#ageTimerRuns = false;
      return;
    }
    // Not pushed on by each change: ages would stand still while much happens.
    if (this.#ageTimerRuns) return;
    this.#ageTimerRuns = true;
    this.#ageTimer.set(
      this.#parts.clock.setTimeout(() => {
        this.#ageTimerRuns = false;
        this.#fireUnfinished();
        this.#planAges();
      }, AGE_INTERVAL),
    );
  }

  #ageTimerRuns = false;
}
