import type { IdQuestion } from '../task/idSource';
import type { Task } from '../task/task';
import type { Snapshot } from './taskSnapshot';

/**
 * All tasks, as this window knows them (DESIGN 4.4). Reading it never runs SQL and never throws. While it fills, it is not
 * complete, and nothing may be concluded from what it doesn't have.
 */
export class TaskIndex {
  readonly #entries = new Map<string, Snapshot>();
  /** The newest first. */
  readonly #order: Task[] = [];
  /** Rows that are there but can't be read. */
  readonly #unreadable = new Set<string>();
  /** Whether it has every task. */
  isComplete = false;

  /** The newest tasks first. */
  tasks(limit = Infinity): readonly Task[] {
    return this.#order.slice(0, limit);
  }

  task(id: string): Task | undefined {
    return this.#entries.get(id)?.task;
  }

  /** Whether there is certainly no such task. */
  isGone(id: string): boolean {
    return this.isComplete && !this.#entries.has(id) && !this.#unreadable.has(id);
  }

  /** IDs of the tasks whose videos the user hasn't seen, the newest first. */
  unseen(): readonly string[] {
    return this.#select(({ isUnseen }) => isUnseen);
  }

  /** IDs of the tasks whose videos the user had removed from the library, the newest first. */
  cleaned(): readonly string[] {
    return this.#select(({ isCleaned }) => isCleaned);
  }

  /** Late task IDs about which the user hasn't decided. */
  idQuestions(): readonly IdQuestion[] {
    return [...this.#entries.values()].flatMap(({ idQuestion }) => idQuestion ?? []);
  }

  /** All that it has, also of what can't be read. */
  ids(): readonly string[] {
    return [...this.#entries.keys(), ...this.#unreadable];
  }

  /** @returns whether a person can see the difference */
  set(snapshot: Snapshot): boolean {
    const { task } = snapshot;
    const before = this.#entries.get(task.id);
    this.#unreadable.delete(task.id);
    this.#entries.set(task.id, snapshot);
    if (before) this.#order.splice(this.#position(before.task), 1);
    this.#order.splice(this.#position(task), 0, task);
    return (
      before?.task.updatedAt !== task.updatedAt ||
      before.task.phase !== task.phase ||
      before.isUnseen !== snapshot.isUnseen ||
      before.isCleaned !== snapshot.isCleaned ||
      (before.idQuestion === undefined) !== (snapshot.idQuestion === undefined)
    );
  }

  setUnreadable(id: string): void {
    // What was known of it is better than nothing.
    if (!this.#entries.has(id)) this.#unreadable.add(id);
  }

  delete(id: string): void {
    const before = this.#entries.get(id);
    if (before) this.#order.splice(this.#position(before.task), 1);
    this.#entries.delete(id);
    this.#unreadable.delete(id);
  }

  #select(which: (snapshot: Snapshot) => boolean): readonly string[] {
    const ids: string[] = [];
    for (const snapshot of this.#entries.values()) if (which(snapshot)) ids.push(snapshot.task.id);
    return ids;
  }

  /** Where a task stands in the order, or would. */
  #position({ createdAt, id }: Task): number {
    let from = 0;
    let to = this.#order.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      const other = this.#order[middle];
      const isBefore =
        other && (other.createdAt > createdAt || (other.createdAt === createdAt && other.id < id));
      if (isBefore) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}
