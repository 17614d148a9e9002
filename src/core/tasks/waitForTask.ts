import { isFinal } from '../task/phases';
import type { Task } from '../task/task';
import type { TaskStore } from '../store/store';

/** Resolves when the task reaches a final phase, or with undefined if there is no such task. */
export async function waitForTask(
  store: Pick<TaskStore, 'index' | 'readTask' | 'onDidChange' | 'onDidLoad'>,
  id: string,
  signal?: AbortSignal,
): Promise<Task | undefined> {
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const finish = () => {
      for (const listener of listeners) listener.dispose();
      signal?.removeEventListener('abort', abort);
    };
    const abort = () => {
      finish();
      reject(signal?.reason as Error);
    };
    const settle = (task: Task | undefined, isGone: boolean) => {
      if (task ? !isFinal(task.phase) : !isGone) return;
      finish();
      resolve(task);
    };
    const checkIndex = () => settle(store.index.task(id), store.index.isGone(id));
    const listeners = [store.onDidChange(checkIndex), store.onDidLoad(checkIndex)];
    signal?.addEventListener('abort', abort, { once: true });
    // The index may not have another window's new task yet. If the store can't be opened, wait for its events.
    store.readTask(id).then((task) => settle(task, true), checkIndex);
  });
}
