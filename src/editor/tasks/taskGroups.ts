import type { L10n } from '../../core/common/l10n';
import { isFinal } from '../../core/task/phases';
import type { Task } from '../../core/task/task';

/** The groups of the task list, in order. A task changes its group only when it ends or is reopened. */
export const GROUPS = ['inProgress', 'videos', 'withoutVideo'] as const;

export type Group = (typeof GROUPS)[number];

export function groupOf({ phase }: Pick<Task, 'phase'>): Group {
  if (!isFinal(phase)) return 'inProgress';
  return phase === 'saved' ? 'videos' : 'withoutVideo';
}

export function groupLabel(group: Group, l10n: L10n): string {
  switch (group) {
    case 'inProgress':
      return l10n.t('In Progress');
    case 'videos':
      return l10n.t('Completed');
    case 'withoutVideo':
      return l10n.t('Not Completed');
  }
}

const PREFIX = 'group:';

/** The tree element of a group. Task IDs are UUIDs and can't be equal. */
export function groupElement(group: Group): string {
  return PREFIX + group;
}

/** The group of a tree element, if it is one. */
export function groupOfElement(element: string): Group | undefined {
  return GROUPS.find((group) => groupElement(group) === element);
}

/**
 * The structure of the tree. Tasks of one kind need no groups. Once there were several kinds, the groups stay, so that the
 * rows don't jump each time the last video is done.
 */
export class TaskTree {
  #tasks: ReadonlyMap<string, Task> = new Map();
  #grouped = false;

  /** Sets the tasks, newest first. */
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

  /** The children of an element, or the top level. */
  children(parent?: string): string[] {
    if (parent === undefined && this.#grouped) {
      const nonEmpty = new Set(this.tasks.map(groupOf));
      return GROUPS.filter((group) => nonEmpty.has(group)).map(groupElement);
    }
    const group = parent === undefined ? undefined : groupOfElement(parent);
    // Tasks have no children.
    if (parent !== undefined && group === undefined) return [];
    return this.tasks.filter((task) => group === undefined || groupOf(task) === group).map(({ id }) => id);
  }

  parent(element: string): string | undefined {
    const task = this.#tasks.get(element);
    return task && this.#grouped ? groupElement(groupOf(task)) : undefined;
  }

  /**
   * Applies changes.
   * @returns the elements to refresh, or undefined if rows were added, removed or moved, so that all must be refreshed
   */
  change(changed: readonly Task[], removed: readonly string[]): string[] | undefined {
    if (removed.some((id) => this.#tasks.has(id)) || changed.some(({ id }) => !this.#tasks.has(id))) {
      return undefined;
    }
    const tasks = new Map(this.#tasks);
    for (const task of changed) tasks.set(task.id, task);
    // Without groups, a task that ends keeps its place.
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
