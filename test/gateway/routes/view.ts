import type { GatewayState } from '../exchange';
import type { TaskView } from '../families/family';
import type { PretendTask } from '../pretendTask';
import { resultLink } from './results';

/** A task at this moment with the links to its videos, for its family to word. */
export function viewOf(state: GatewayState, task: PretendTask): TaskView {
  const snapshot = task.at(state.clock.now());
  const links =
    snapshot.status === 'succeeded' ? task.specs.map((_, index) => resultLink(state, snapshot, index)) : [];
  return { ...snapshot, details: task.details, links };
}
