import type { FailureKind, Task } from '../task/task';

export type SubmitResult =
  { readonly kind: 'task'; readonly task: Task } | { readonly kind: 'notSent'; readonly reason: unknown };

/** Why the remaining requests weren't sent. */
export type StopReason =
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'task'; readonly task: Task }
  | { readonly kind: 'error'; readonly error: unknown };

/** Result of a batch. Requests are identified by index; each is in exactly one of the lists. */
export interface BatchReport {
  readonly tasks: readonly { readonly index: number; readonly task: Task }[];
  readonly notSent: readonly number[];
  /** May have been sent. */
  readonly unclear: readonly number[];
  readonly stop?: StopReason;
}

interface Batch {
  readonly count: number;
  /** Sends one request, once. If it throws, the outcome is unknown. */
  readonly send: (index: number) => Promise<SubmitResult>;
  readonly onNext: (index: number) => void;
  /** Stops the batch. `send` decides whether it also cancels the current request. */
  readonly signal: AbortSignal;
}

/** Any other failure would affect the next request as well. */
const REQUEST_FAILURES: readonly FailureKind[] = ['moderation', 'parameter', 'image'];

/** Sends requests strictly one after another, each at most once. Stops if the next one would fail for the same reason. */
export async function submitSequentially({ count, send, onNext, signal }: Batch): Promise<BatchReport> {
  const tasks: { index: number; task: Task }[] = [];
  const report = (next: number, stop?: StopReason, unclear: readonly number[] = []): BatchReport => ({
    tasks,
    notSent: Array.from({ length: count - next }, (_, offset) => next + offset),
    unclear,
    ...(stop ? { stop } : {}),
  });
  const isCancelled = () => signal.aborted;
  for (let index = 0; index < count; index++) {
    if (isCancelled()) return report(index, { kind: 'cancelled' });
    onNext(index);
    let outcome: SubmitResult;
    try {
      outcome = await send(index);
    } catch (error) {
      return report(index + 1, { kind: 'error', error }, [index]);
    }
    if (outcome.kind === 'notSent') {
      return report(index, isCancelled() ? { kind: 'cancelled' } : { kind: 'error', error: outcome.reason });
    }
    const { task } = outcome;
    tasks.push({ index, task });
    if (stopsOthers(task)) return report(index + 1, { kind: 'task', task });
  }
  return report(count);
}

/** Returns true if a request was certainly not accepted, so that it can be sent again. */
export function canSendAgain({ phase, gatewayTaskId, failure }: Task): boolean {
  if (phase === 'stopped') return gatewayTaskId === undefined;
  return phase === 'rejected' && failure?.charged === 'no';
}

function stopsOthers({ phase, failure }: Task): boolean {
  switch (phase) {
    case 'unknown':
    case 'stopped':
      return true;
    case 'rejected':
      return failure?.charged !== 'no' || !REQUEST_FAILURES.includes(failure.kind);
    default:
      return false;
  }
}
