import type { Account } from '../accounts';
import type { Exchange } from '../exchange';
import { families } from '../families/families';
import type { Reply } from '../reply';
import { withBilling } from './billingFields';
import { unknownTask } from './unknownTask';
import { settleIfDue, taskReply, viewOf } from './view';

/** `GET /v1/video/generations/{task_id}` (API reference, section 5). */
export async function query(exchange: Exchange, account: Account, taskId: string): Promise<Reply> {
  const { state } = exchange;
  const task = state.tasks.visibleTo(account.user, taskId);
  if (task === undefined) return unknownTask(state.shapes.unknownTask);
  await settleIfDue(state, task);
  const family = families.find(({ name }) => name === task.family)!;
  const view = viewOf(state, task);
  return taskReply(state, task, withBilling(state, view, family.queryReply(view, state.shapes)));
}
