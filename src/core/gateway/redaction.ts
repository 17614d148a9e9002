import { redact, redactCut, type ApiKey } from './apiKey';
import type { ErrorReply } from './errorReply';
import { GatewayError } from './errors';
import type { QueryOutcome } from './queryReply';

/** Longest text of the other side's that is kept, in characters. */
const LONGEST_MESSAGE = 500;

/** Takes the key out of all that the other side says, in whatever place it echoes it. */
export function redactReply({ message, code, requestId }: ErrorReply, key: ApiKey): ErrorReply {
  return {
    message: redactWords(message, key),
    ...(code === undefined ? {} : { code: redactWords(code, key) }),
    ...(requestId === undefined ? {} : { requestId: redactWords(requestId, key) }),
  };
}

/** As {@link redactReply}, for what was caught; other errors than ours go through. */
export function redactError(error: unknown, key: ApiKey): unknown {
  if (!(error instanceof GatewayError)) return error;
  const { kind, message, status, code, requestId, retryAfterMs, elsewhere, cause } = error;
  return new GatewayError(kind, redactWords(message, key), {
    code: code && redactWords(code, key),
    requestId: requestId && redactWords(requestId, key),
    ...{ status, retryAfterMs, elsewhere, cause },
  });
}

/** Takes the key out of what the gateway said of a task, in case it echoed it. */
export function redactOutcome(outcome: QueryOutcome, key: ApiKey): QueryOutcome {
  const clean = (error: ErrorReply) => redactReply(error, key);
  if (outcome.kind !== 'task') return { ...outcome, error: clean(outcome.error) };
  const { state } = outcome;
  if (state.kind === 'succeeded') {
    // Links are stored, so one that holds the key is none.
    const links = state.links.filter((link) => !holdsKey(link, key));
    return { kind: 'task', state: { ...state, links } };
  }
  if (state.kind !== 'failed' && state.kind !== 'expired') return outcome;
  return { kind: 'task', state: { ...state, error: clean(state.error) } };
}

export function holdsKey(text: string, key: ApiKey): boolean {
  return redact(text, key.value) !== redact(text);
}

/**
 * The words without the key, and only then cut to a message's length: a cut through the key would leave a piece of it
 * that nobody recognises. What a broken reply or an earlier cut has left of it stands at the end.
 */
export function redactWords(text: string, key: ApiKey): string {
  const words = redactCut(text, key.value);
  return words.length > LONGEST_MESSAGE ? `${words.slice(0, LONGEST_MESSAGE)}…` : words;
}
