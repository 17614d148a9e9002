import type { Account } from '../accounts';
import type { Exchange, GatewayState } from '../exchange';
import { families } from '../families/families';
import type { PretendTask } from '../pretendTask';
import { errorE1, errorE2, type Reply } from '../reply';
import { taskReply, viewOf } from './view';

/** `GET /v1/video/generations/{task_id}` (API reference, section 5). */
export async function query(exchange: Exchange, account: Account, taskId: string): Promise<Reply> {
  const { state } = exchange;
  const task = state.tasks.visibleTo(account.user, taskId);
  if (task === undefined) return unknownTask(state.shapes.unknownTask);
  await settleIfDue(state, task);
  const family = families.find(({ name }) => name === task.family)!;
  return taskReply(state, task, family.queryReply(viewOf(state, task), state.shapes));
}

/** The code says 400 `task_not_exist`, the documentation 404 `not_found` (API reference, section 13, row 16). */
export const unknownTask = (status: 400 | 404): Reply =>
  status === 400
    ? errorE2(400, 'task_not_exist', 'task_not_exist')
    : errorE1(404, { message: 'the task does not exist', type: 'not_found', code: 'task_not_exist' });

/**
 * Where gateway time stands still, waiting for the encoder takes none of it: a due task has ended, however slow the
 * machine is. Where it runs alone the task simply goes on a little longer.
 */
export async function settleIfDue(state: GatewayState, task: PretendTask): Promise<void> {
  if (!state.clock.runsAlone && state.clock.now() >= task.dueAt) await task.whenEncoded();
}
