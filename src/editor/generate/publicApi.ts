import * as vscode from 'vscode';
import * as z from 'zod/mini';
import { DisposableStore, type Disposable } from '../../core/common/disposable';
import type { VideoRequest } from '../../core/models/request';
import type { Task, TaskChanges } from '../../core/task/task';
import type { AppContext } from '../common/appContext';
import { untilCanceled, withSignal } from '../common/cancellation';
import type { EngineAccess } from '../common/engineAccess';
import type { NebulaVideoApi } from './nebulaVideoApi';
import { cancelledRejection, type RequestSender } from './submit/requestSender';

interface Dependencies extends Pick<AppContext, 'engine'> {
  readonly sender: RequestSender;
}

const listOptions = z._default(z.object({ limit: z._default(z.int().check(z.nonnegative()), 100) }), {
  limit: 100,
});

/** The API for other extensions (docs/api.md). */
export class PublicApi implements NebulaVideoApi, Disposable {
  readonly apiVersion = 1;
  readonly onDidChangeTasks: vscode.Event<TaskChanges>;
  readonly #engine: EngineAccess;
  readonly #sender: RequestSender;
  readonly #owned = new DisposableStore();

  constructor({ engine, sender }: Dependencies) {
    this.#engine = engine;
    this.#sender = sender;
    const changes = this.#owned.add(new vscode.EventEmitter<TaskChanges>());
    this.onDidChangeTasks = changes.event;
    this.#owned.add(engine.current.onDidChangeTasks((change) => changes.fire(Object.freeze(change))));
  }

  async generate(request: VideoRequest, token?: vscode.CancellationToken): Promise<Task> {
    // Wait for the outcome even if canceled: a caller that sends again would pay twice.
    return withSignal(token, async (signal) => this.#sender.send(request, 'api', signal));
  }

  tasks(options?: { limit?: number }): readonly Task[] {
    const { limit } = listOptions.parse(options);
    return Object.freeze(this.#engine.current.tasks(limit));
  }

  task(id: string): Task | undefined {
    const known = z.string().parse(id);
    return this.#engine.current.task(known);
  }

  async settled(id: string, token?: vscode.CancellationToken): Promise<Task> {
    const known = z.string().parse(id);
    const cancelled = () => cancelledRejection();
    return untilCanceled(token, cancelled, async (signal) => {
      const task = await this.#engine.current.waitForTask(known, signal);
      if (!task) throw new Error(`There is no task with the ID ${known}.`);
      return task;
    });
  }

  dispose(): void {
    this.#owned.dispose();
  }
}
