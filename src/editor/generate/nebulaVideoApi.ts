import type { CancellationToken, Event } from 'vscode';
import type { VideoRequest } from '../../core/models/request';
import type { Task, TaskChanges } from '../../core/task/task';

/**
 * Returned to other extensions by `extensions.getExtension('nebula-video.nebula-video').activate()`.
 * docs/api.md explains it with examples.
 */
export interface NebulaVideoApi {
  readonly apiVersion: 1;
  /**
   * Sends one request, once, and resolves when its outcome is known: accepted, rejected or unknown.
   * Rejects with an error whose `code` is a `RejectionCode` only when there is no task at all.
   * Canceling the token rejects the promise. After the first byte was sent, the task continues.
   */
  generate(request: VideoRequest, token?: CancellationToken): Promise<Task>;
  /** The newest tasks first. `limit` is 100 unless given. */
  tasks(options?: { limit?: number }): readonly Task[];
  task(id: string): Task | undefined;
  /** Fires for changes made in any window. */
  readonly onDidChangeTasks: Event<TaskChanges>;
  /** Resolves when the task reaches a final phase, in any window, or immediately if it already has. */
  settled(id: string, token?: CancellationToken): Promise<Task>;
}
