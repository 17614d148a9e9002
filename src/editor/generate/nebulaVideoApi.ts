import type { CancellationToken, Event } from 'vscode';
import type { VideoRequest } from '../../core/models/request';
import type { Task, TaskChanges } from '../../core/task/task';

/**
 * What other extensions get from `extensions.getExtension('nebula-video.nebula-video').activate()`.
 * docs/api.md explains it with examples.
 */
export interface NebulaVideoApi {
  readonly apiVersion: 1;
  /**
   * Sends one request, once, and resolves when its outcome is known: accepted, rejected or unknown.
   * Rejects with an error whose `code` is a `RejectionCode` only when there is no task at all.
   * Cancelling the token rejects the promise; after the first byte has left, the task goes on.
   */
  generate(request: VideoRequest, token?: CancellationToken): Promise<Task>;
  /** The newest tasks first. `limit` is 100 unless given. */
  tasks(options?: { limit?: number }): readonly Task[];
  task(id: string): Task | undefined;
  /** Fires for changes made in any window. */
  readonly onDidChangeTasks: Event<TaskChanges>;
  /** Resolves when the task reaches an end phase, in whichever window; at once if it is there already. */
  settled(id: string, token?: CancellationToken): Promise<Task>;
}
