import type * as vscode from 'vscode';
import * as z from 'zod';

const KEPT = 'sentTasks';

/** More such tasks of one workspace are forgotten, the oldest first. */
const MOST_KEPT = 500;

const ids = z.array(z.string()).catch([]);

/**
 * The tasks that were sent from this workspace and may still lead to a video: their videos are the ones that are saved to it by
 * themselves. Kept with the workspace, so that a reload, or a video that takes a night, changes nothing.
 */
export class SentTasks {
  readonly #memory: vscode.Memento;

  constructor(memory: vscode.Memento) {
    this.#memory = memory;
  }

  has(id: string): boolean {
    return this.all().includes(id);
  }

  all(): readonly string[] {
    return ids.parse(this.#memory.get(KEPT));
  }

  async add(id: string): Promise<void> {
    if (!this.has(id)) await this.#memory.update(KEPT, [...this.all(), id].slice(-MOST_KEPT));
  }

  /** @returns whether it was there, and so is the caller's to deal with */
  async take(id: string): Promise<boolean> {
    if (!this.has(id)) return false;
    await this.#memory.update(
      KEPT,
      this.all().filter((other) => other !== id),
    );
    return true;
  }
}
