import { readErrorValue, type ErrorReply } from './errorReply';
import { readTaskReply, type TaskState } from './taskReply';

/** What the answer to a query means (DESIGN 5). */
export type QueryOutcome =
  | { readonly kind: 'task'; readonly state: TaskState }
  /** The gateway does not know the task, at least not now or not under this key. */
  | { readonly kind: 'missing'; readonly error: ErrorReply }
  /** The key itself was refused: every task of the origin waits. */
  | { readonly kind: 'keyRefused'; readonly status: number; readonly error: ErrorReply }
  /** This task's model is closed to the key: only this task waits. */
  | { readonly kind: 'forbidden'; readonly error: ErrorReply }
  /** Nothing is learned; asked again later. */
  | {
      readonly kind: 'blip';
      readonly status: number;
      readonly error: ErrorReply;
      readonly retryAfterMs?: number;
    };

/** A 403 about one model, as the gateway words it (API reference 10.4), says nothing of the key's other tasks. */
export const ABOUT_A_MODEL =
  /无权访问模型|access to (this )?model|model .*(not allowed|no permission|not permitted)/i;

/** Whether a 404 is about the base URL: then it says nothing of the task (API reference 10.4). */
export function isWrongAddress(error: ErrorReply): boolean {
  return /invalid url/i.test(error.message);
}

/**
 * Reads the answer to a query by status and content.
 * @param value the parsed body; undefined when it was empty or not JSON
 */
export function readQueryReply(status: number, value: unknown, retryAfterMs?: number): QueryOutcome {
  const success = status >= 200 && status < 300;
  const state = success ? readTaskReply(value) : undefined;
  if (state) return { kind: 'task', state };
  const error = readErrorValue(value);
  if (error.code?.toLowerCase() === 'task_not_exist') return { kind: 'missing', error };
  if (status === 404 && value !== undefined && !isWrongAddress(error)) return { kind: 'missing', error };
  if (status === 401 || (status === 403 && value !== undefined && !ABOUT_A_MODEL.test(error.message))) {
    return { kind: 'keyRefused', status, error };
  }
  if (status === 403 && value !== undefined) return { kind: 'forbidden', error };
  return { kind: 'blip', status, error, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}
