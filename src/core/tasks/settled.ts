import type { Event } from '../common/events';
import { isEnd } from '../task/phases';
import type { Task, TaskChanges } from '../task/task';
import type { TaskReader } from '../store/taskReader';

/** Resolves when the task reaches an end phase; at once if it is there. Undefined when there is no such task. */
export async function settled(
  store: Pick<TaskReader, 'taskWhenFree'>,
  onDidChange: Event<TaskChanges>,
  id: string,
  signal?: AbortSignal,
): Promise<Task | undefined> {
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const finish = () => {
      listener.dispose();
      signal?.removeEventListener('abort', abort);
    };
    const abort = () => {
      finish();
      reject(signal?.reason as Error);
    };
    const listener = onDidChange(({ changed, removed }) => {
      const now = changed.find((other) => other.id === id);
      if (!(now && isEnd(now.phase)) && !removed.includes(id)) return;
      finish();
      resolve(now);
    });
    signal?.addEventListener('abort', abort, { once: true });
    // Read after listening, so that no end falls between the two.
    store.taskWhenFree(id).then(
      (task) => {
        if (task && !isEnd(task.phase)) return;
        finish();
        resolve(task);
      },
      (error: unknown) => {
        finish();
        reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
  });
}
