import type { PretendTask } from './pretendTask';

/** The tasks of all users, in order of submission. */
export class TaskStore {
  readonly #tasks = new Map<string, PretendTask>();
  #count = 0;

  get all(): readonly PretendTask[] {
    return [...this.#tasks.values()];
  }

  /** Number of tasks ever added. */
  get count(): number {
    return this.#count;
  }

  add(task: PretendTask): void {
    this.#count += 1;
    this.#tasks.set(task.id, task);
  }

  get(id: string): PretendTask | undefined {
    return this.#tasks.get(id);
  }

  /** Keys see only the tasks of their user (API reference 5). */
  visibleTo(user: string, id: string): PretendTask | undefined {
    const task = this.#tasks.get(id);
    return task?.user === user ? task : undefined;
  }

  forget(id: string): void {
    this.#tasks.delete(id);
  }
}
