import type { Account } from '../accounts';
import type { GatewayState } from '../exchange';
import type { PretendTask, TaskSnapshot } from '../pretendTask';
import { nebulaPricePerSecond, seedanceTokens, stockPrice } from './prices';

/** Code of a failure that stock new-api doesn't refund: the channel was removed (money-and-gateways 2.2). */
export const CHANNEL_GONE = 'channel_gone';

/** Applies the charges, refunds and timeouts that the service's background loop would have applied by now. */
export function settleMoney(state: GatewayState): void {
  const now = state.clock.now();
  for (const task of state.tasks.all) {
    if (state.dialect === 'newapi') settleStock(state, task, now);
    else settleNebula(state, task, now);
  }
}

/** Points for a task by its price per second. Undefined for models without a price, which are free here. */
export function nebulaPoints(state: GatewayState, task: TaskSnapshot): number | undefined {
  const [spec] = task.specs;
  if (spec === undefined) return undefined;
  const price = nebulaPricePerSecond(task.model, { pixels: spec.width * spec.height, hasSound: spec.audio });
  if (price === undefined) return undefined;
  return Math.round(
    price * spec.seconds * task.specs.length * state.site.groupRatio * state.site.quotaPerUnit,
  );
}

/**
 * Nebula charges on success. Sora and Veo lower only the account, not the key (money-and-gateways 1.3, 2.1).
 */
function settleNebula(state: GatewayState, task: PretendTask, now: number): void {
  if (state.ledger.taskMoney(task.id)?.isFinal === true || task.account === undefined) return;
  const snapshot = task.at(now);
  if (snapshot.status !== 'succeeded') return;
  const points = nebulaPoints(state, snapshot) ?? 0;
  const includesKey = task.family !== 'sora' && task.family !== 'veo';
  state.ledger.book(now, task, task.account, points, { includesKey, isFinal: true });
}

/** Points that stock new-api reserves with a submit. Undefined if the site has no price for the model. */
export function stockReserve(
  { site }: GatewayState,
  model: string,
  ratios: Readonly<Record<string, number>>,
): number | undefined {
  const price = stockPrice(model);
  if (price === undefined) return undefined;
  // A model priced by tokens reserves half of its ratio, whatever the length.
  if (price.kind === 'ratio') return Math.round((price.modelRatio / 2) * site.quotaPerUnit * site.groupRatio);
  const factor = Object.values(ratios).reduce((product, ratio) => product * ratio, 1);
  return Math.round(price.modelPrice * site.quotaPerUnit * site.groupRatio * factor);
}

export function reserve(state: GatewayState, task: PretendTask, account: Account, points: number): void {
  const other = { is_task: true, group_ratio: state.site.groupRatio, ...task.stock?.ratios };
  state.ledger.book(state.clock.now(), task, account, points, { includesKey: true, isFinal: false, other });
}

/** Timeout, refund and settlement of stock new-api (money-and-gateways 2.2). */
function settleStock(state: GatewayState, task: PretendTask, now: number): void {
  const { ledger, site } = state;
  let snapshot = task.at(now);
  const isOver = snapshot.status === 'succeeded' || snapshot.status === 'failed';
  if (!isOver && now - task.createdAt >= site.timeoutMinutes * 60_000) {
    const message =
      site.language === 'zh'
        ? `任务超时（${site.timeoutMinutes}分钟）`
        : `task timeout (${site.timeoutMinutes} minutes)`;
    task.hold(false);
    task.fail({ message, code: 'timeout' }, 'now', now);
    snapshot = task.at(now);
  }
  const money = ledger.taskMoney(task.id);
  if (money === undefined || money.isFinal) return;
  if (snapshot.failure !== null) {
    if (snapshot.failure.code === CHANNEL_GONE) ledger.makeFinal(task.id);
    else ledger.refund(now, task.id, { task_id: task.id, reason: snapshot.failure.message });
  } else if (snapshot.status === 'succeeded') {
    const price = stockPrice(task.model);
    const [spec] = task.specs;
    if (price?.kind !== 'ratio' || spec === undefined) {
      ledger.makeFinal(task.id);
      return;
    }
    const points = Math.round(seedanceTokens(spec) * price.modelRatio * site.groupRatio);
    ledger.book(now, task, money.account, points, {
      includesKey: true,
      isFinal: true,
      other: { task_id: task.id },
    });
  }
}
