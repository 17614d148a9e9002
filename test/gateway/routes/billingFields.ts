import type { GatewayState } from '../exchange';
import { seconds, type TaskView } from '../families/family';
import { nebulaPoints, settleMoney } from '../money/billing';
import { nebulaPricePerSecond, seedanceTokens } from '../money/prices';

/** Billing fields that newer builds remove (API reference 5.4). */
const DOCUMENTED = ['model_price', 'requested_seconds', 'billing_pending', 'group_ratio', 'token_name'];

/** Adds billing fields to `metadata`, as the gateway's build does: none, Wan's documented ones, or all. */
export function withBilling(state: GatewayState, task: TaskView, response: unknown): unknown {
  const { billing } = state.shapes;
  if (billing === 'some' || !isObject(response) || !isObject(response['metadata'])) return response;
  const metadata = Object.entries(response['metadata']).filter(([name]) => !DOCUMENTED.includes(name));
  const fields = billing === 'none' ? {} : billingFields(state, task);
  return { ...response, metadata: { ...Object.fromEntries(metadata), ...fields } };
}

/** Before the charge, what it will be calculated from. After it, also the amount (money-and-gateways 1.3). */
function billingFields(state: GatewayState, task: TaskView): Record<string, unknown> {
  const [spec] = task.specs;
  const length = spec?.seconds ?? 0;
  const price =
    spec && nebulaPricePerSecond(task.model, { pixels: spec.width * spec.height, hasSound: spec.audio });
  const isBilled = task.status === 'succeeded';
  const priorFields = {
    model_price: price ?? 0,
    // 12 is allowed too. Everything else becomes 4, also for other families.
    requested_seconds: [4, 6, 8, 12].includes(length) ? length : 4,
    ...{ group_ratio: state.site.groupRatio, user_group_ratio: state.site.groupRatio },
    ...{ token_name: 'my-key', oem_user_discount: 0.9, oem_code: 'pretend' },
    billing_pending: !isBilled,
  };
  if (!isBilled) return priorFields;
  settleMoney(state);
  const points = nebulaPoints(state, task) ?? 0;
  return {
    ...priorFields,
    ...{ billing_processed: true, billing_processed_at: seconds(task.finishedAt ?? task.createdAt) },
    ...{ actual_quota: points, actual_seconds: length, quota_delta: points },
    ...(task.family === 'seedance' && spec !== undefined ? { actual_tokens: seedanceTokens(spec) } : {}),
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
