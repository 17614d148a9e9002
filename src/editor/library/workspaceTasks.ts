import type * as vscode from 'vscode';
import * as z from 'zod/mini';

const KEPT = 'sentTasks';

/** Maximum number of tasks to remember per workspace. The oldest are forgotten. */
const MAX_REMEMBERED_TASKS = 500;

/** Earlier versions stored only the ID. */
const entry = z.union([
  z.pipe(
    z.string(),
    z.transform((id: string) => ({ id, done: [] as string[] })),
  ),
  z.object({ id: z.string(), done: z.array(z.string()) }),
]);
const entries = z.catch(z.array(z.unknown()), []);

type Entry = z.infer<typeof entry>;

/**
 * The tasks that were sent from this workspace, whose videos are saved to it automatically, and the videos that
 * are done. Stored with the workspace, so that it survives a reload and handles videos that arrive days apart.
 */
export class WorkspaceTasks {
  readonly #memory: vscode.Memento;
  /** The last parsed value, as a cache. */
  #parsed: { readonly of: unknown; readonly entries: readonly Entry[] } | undefined;

  constructor(memory: vscode.Memento) {
    this.#memory = memory;
  }

  has(id: string): boolean {
    return this.#entries().some((one) => one.id === id);
  }

  all(): readonly string[] {
    return this.#entries().map(({ id }) => id);
  }

  /** True if a video was saved, or the setting was off when it arrived. */
  isDone(id: string, sha256: string): boolean {
    return this.#entries().some((one) => one.id === id && one.done.includes(sha256));
  }

  async add(id: string): Promise<void> {
    if (!this.has(id)) await this.#update([...this.#entries(), { id, done: [] }]);
  }

  async markDone(id: string, sha256: string): Promise<void> {
    await this.#update(
      this.#entries().map((one) =>
        one.id === id && !one.done.includes(sha256) ? { id, done: [...one.done, sha256] } : one,
      ),
    );
  }

  async remove(id: string): Promise<void> {
    if (this.has(id)) await this.#update(this.#entries().filter((one) => one.id !== id));
  }

  #entries(): readonly Entry[] {
    const stored = this.#memory.get(KEPT);
    if (this.#parsed?.of !== stored || !this.#parsed) {
      const all = entries.parse(stored).flatMap((value) => {
        const parsed = entry.safeParse(value);
        return parsed.success ? [parsed.data] : [];
      });
      this.#parsed = { of: stored, entries: all };
    }
    return this.#parsed.entries;
  }

  async #update(all: readonly Entry[]): Promise<void> {
    await this.#memory.update(KEPT, all.slice(-MAX_REMEMBERED_TASKS));
  }
}
