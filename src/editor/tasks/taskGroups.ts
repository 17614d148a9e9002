import type { L10n } from '../../core/common/l10n';
import { isFinal } from '../../core/task/phases';
import type { Task } from '../../core/task/task';

/** The groups of the task list, in their order. A task changes its group only when it ends or is reopened. */
export const GROUPS = ['inProgress', 'videos', 'withoutVideo'] as const;

export type Group = (typeof GROUPS)[number];

/** The group that a task belongs to. */
export function groupOf({ phase }: Pick<Task, 'phase'>): Group {
  if (!isFinal(phase)) return 'inProgress';
  return phase === 'saved' ? 'videos' : 'withoutVideo';
}

export function groupLabel(group: Group, l10n: L10n): string {
  switch (group) {
    case 'inProgress':
      return l10n.t('In Progress');
    case 'videos':
      return l10n.t('Videos');
    case 'withoutVideo':
      return l10n.t('Without Video');
  }
}

const PREFIX = 'group:';

/** A group as an element of the list; task ids are UUIDs and never look like it. */
export function groupElement(group: Group): string {
  return PREFIX + group;
}

/** The group that an element of the list is, if it is one. */
export function groupOfElement(element: string): Group | undefined {
  return GROUPS.find((group) => groupElement(group) === element);
}

/**
 * The tree as it hangs together. One kind of task needs no groups; once there were several kinds, the groups stay,
 * so that the list does not turn over each time the last video gets ready.
 */
export class TaskTree {
  #tasks: ReadonlyMap<string, Task> = new Map();
  #grouped = false;

  /** Takes up the tasks, newest first. */
  fill(tasks: readonly Task[]): void {
    this.#tasks = new Map(tasks.map((task) => [task.id, task]));
    if (tasks.length === 0) this.#grouped = false;
    else this.#grouped ||= new Set(tasks.map(groupOf)).size > 1;
  }

  get isGrouped(): boolean {
    return this.#grouped;
  }

  get tasks(): readonly Task[] {
    return [...this.#tasks.values()];
  }

  task(id: string): Task | undefined {
    return this.#tasks.get(id);
  }

  /** What hangs below an element, or at the top. */
  children(parent?: string): string[] {
    if (parent === undefined && this.#grouped) {
      const there = new Set(this.tasks.map(groupOf));
      return GROUPS.filter((group) => there.has(group)).map(groupElement);
    }
    const group = parent === undefined ? undefined : groupOfElement(parent);
    // Below a task there is nothing.
    if (parent !== undefined && group === undefined) return [];
    return this.tasks.filter((task) => group === undefined || groupOf(task) === group).map(({ id }) => id);
  }

  parent(element: string): string | undefined {
    const task = this.#tasks.get(element);
    return task && this.#grouped ? groupElement(groupOf(task)) : undefined;
  }

  /**
   * Takes up changed tasks.
   * @returns the elements to draw anew; undefined when rows come, go or move, and so everything has to be asked for
   */
  change(changed: readonly Task[], removed: readonly string[]): string[] | undefined {
    if (removed.some((id) => this.#tasks.has(id)) || changed.some(({ id }) => !this.#tasks.has(id))) {
      return undefined;
    }
    const tasks = new Map(this.#tasks);
    for (const task of changed) tasks.set(task.id, task);
    // In a list without groups a task that ends stays where it is.
    const needsGroups = this.#grouped || new Set([...tasks.values()].map(groupOf)).size > 1;
    if (needsGroups && changed.some((task) => this.#groupBefore(task) !== groupOf(task))) return undefined;
    this.#tasks = tasks;
    return changed.map(({ id }) => id);
  }

  #groupBefore({ id }: Task): Group | undefined {
    const before = this.#tasks.get(id);
    return before && groupOf(before);
  }
}
