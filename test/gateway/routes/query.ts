import type { Account } from '../accounts';
import type { Exchange } from '../exchange';
import { families } from '../families/families';
import type { GatewayResponse } from '../gatewayResponse';
import { withBilling } from './billingFields';
import { unknownTask } from './unknownTask';
import { waitIfDue, taskResponse, createTaskView } from './view';

/** `GET /v1/video/generations/{task_id}` (API reference, section 5). */
export async function query(exchange: Exchange, account: Account, taskId: string): Promise<GatewayResponse> {
  const { state } = exchange;
  const task = state.tasks.visibleTo(account.user, taskId);
  if (task === undefined) return unknownTask(state.shapes.unknownTask);
  await waitIfDue(state, task);
  const family = families.find(({ name }) => name === task.family)!;
  const view = createTaskView(state, task);
  return taskResponse(state, task, withBilling(state, view, family.queryResponse(view, state.shapes)));
}
