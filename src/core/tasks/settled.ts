import { isEnd } from '../task/phases';
import type { Task } from '../task/task';
import type { TaskStore } from '../store/store';

/** Resolves when the task reaches a final phase; at once if it is there. Undefined if there is no such task. */
export async function settled(
  store: Pick<TaskStore, 'index' | 'taskWhenFree' | 'onDidChange' | 'onDidLoad'>,
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
    const look = (task: Task | undefined, isGone: boolean) => {
      if (task ? !isEnd(task.phase) : !isGone) return;
      finish();
      resolve(task);
    };
    const lookInIndex = () => look(store.index.task(id), store.index.isGone(id));
    const listeners = [store.onDidChange(lookInIndex), store.onDidLoad(lookInIndex)];
    signal?.addEventListener('abort', abort, { once: true });
    // Another window may have made it a moment ago. A store that can't be opened yet tells when it can.
    store.taskWhenFree(id).then((task) => look(task, true), lookInIndex);
  });
}
