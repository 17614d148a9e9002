import type { IdQuestion } from '../task/idSource';
import type { Task } from '../task/task';
import type { Snapshot } from './taskSnapshot';

/**
 * All tasks known to this window (DESIGN 4.4). Reading never runs SQL and never throws. Until it's complete, a missing
 * task may exist.
 */
export class TaskIndex {
  readonly #entries = new Map<string, Snapshot>();
  /** The newest first. */
  readonly #order: Task[] = [];
  /** IDs of rows that can't be read. */
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

  /** Returns true if there is certainly no such task. */
  isGone(id: string): boolean {
    return this.isComplete && !this.#entries.has(id) && !this.#unreadable.has(id);
  }

  /** IDs of the tasks whose videos the user hasn't seen, the newest first. */
  unseen(): readonly string[] {
    return this.#select(({ isUnseen }) => isUnseen);
  }

  /** IDs of the tasks whose videos the user had removed from the library, the newest first. */
  deletedFromLibrary(): readonly string[] {
    return this.#select(({ isCleaned }) => isCleaned);
  }

  /** Late task IDs about which the user hasn't decided. */
  idQuestions(): readonly IdQuestion[] {
    return [...this.#entries.values()].flatMap(({ idQuestion }) => idQuestion ?? []);
  }

  /** IDs of all known tasks, including unreadable ones. */
  ids(): readonly string[] {
    return [...this.#entries.keys(), ...this.#unreadable];
  }

  /** Adds or replaces a task. @returns true if it differs visibly */
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
    // Keep an earlier snapshot if there is one.
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

  /** Position of a task in the order, or where it would be inserted. */
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
