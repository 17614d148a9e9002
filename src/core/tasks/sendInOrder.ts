import type { FailureKind, Task } from '../task/task';

/** What came of one request: a task, or the reason why there is none and nothing has left. */
export type Outcome =
  { readonly kind: 'task'; readonly task: Task } | { readonly kind: 'notSent'; readonly reason: unknown };

/** What kept the rest from being sent. */
export type Stop =
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'task'; readonly task: Task }
  | { readonly kind: 'error'; readonly error: unknown };

/** What came of all. Requests are named by their index; each is in just one of the lists. */
export interface BatchReport {
  readonly tasks: readonly { readonly index: number; readonly task: Task }[];
  /** Nothing of them has left. */
  readonly notSent: readonly number[];
  /** Whether they have left is not known. */
  readonly unclear: readonly number[];
  readonly stop?: Stop;
}

interface Order {
  readonly count: number;
  /** Sends one, once. That it throws means that nobody knows what came of it. */
  readonly send: (index: number) => Promise<Outcome>;
  /** Called before each. */
  readonly onNext: (index: number) => void;
  /** Sends no more; what is under way is the sender's to call off or to finish. */
  readonly signal: AbortSignal;
}

/** What is about one request alone: the next one may fare better. Everything else would meet it as well. */
const OF_ITS_OWN: readonly FailureKind[] = ['moderation', 'parameter', 'image'];

/** Sends requests strictly one after another, each at most once, and stops where the next would fare no better. */
export async function sendInOrder({ count, send, onNext, signal }: Order): Promise<BatchReport> {
  const tasks: { index: number; task: Task }[] = [];
  const report = (next: number, stop?: Stop, unclear: readonly number[] = []): BatchReport => ({
    tasks,
    notSent: Array.from({ length: count - next }, (_, offset) => next + offset),
    unclear,
    ...(stop ? { stop } : {}),
  });
  const isCancelled = () => signal.aborted;
  for (let index = 0; index < count; index++) {
    if (isCancelled()) return report(index, { kind: 'cancelled' });
    onNext(index);
    let outcome: Outcome;
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

/** Whether the gateway has certainly not taken a request, so that it can be sent once more. */
export function isOpenEnd({ phase, failure }: Task): boolean {
  return phase === 'stopped' || (phase === 'rejected' && failure?.charged === 'no');
}

/** Whether what came of a request speaks against sending others of the same kind. */
function stopsOthers({ phase, failure }: Task): boolean {
  switch (phase) {
    case 'unknown':
      return true;
    // The user's word.
    case 'stopped':
      return true;
    case 'rejected':
      return failure?.charged !== 'no' || !OF_ITS_OWN.includes(failure.kind);
    default:
      return false;
  }
}
