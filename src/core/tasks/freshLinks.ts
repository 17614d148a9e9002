import { withoutUndefined } from '../common/withoutUndefined';
import type { QueryOutcome, TaskState } from '../gateway/outcomes';
import type { GatewayCredentials } from '../gateway/transport';
import type { TaskRecord } from '../store/record';
import type { TaskPatch } from '../store/taskPatch';
import type { StoredFailure } from '../task/failure';
import { KEY_RECHECK_MS } from './schedule';
import type { TaskServices } from './taskServices';

/** The gateway's response when a finished task is queried for links again, and the patch to store. */
export type FreshLinks = { readonly patch: TaskPatch } & (
  | { readonly kind: 'links'; readonly state: Extract<TaskState, { kind: 'succeeded' }> }
  | { readonly kind: 'ended' }
  /** The key or the model is refused. */
  | {
      readonly kind: 'waits';
      readonly failure: StoredFailure;
      readonly waitMs: number;
      readonly isKeyRefused: boolean;
    }
  /** The gateway doesn't know the task. */
  | { readonly kind: 'denied'; readonly failure: StoredFailure }
  /** No information. */
  | { readonly kind: 'silent'; readonly failure: StoredFailure; readonly retryAfterMs?: number }
);

/** Queries a finished task for its current links. @throws GatewayError `aborted` */
export async function queryForLinks(
  { client, failures: failuresAt }: Pick<TaskServices, 'client' | 'failures'>,
  record: TaskRecord,
  access: GatewayCredentials,
  signal: AbortSignal,
): Promise<FreshLinks> {
  const outcome = await client.query(access, record.gatewayTaskId ?? '', signal);
  const { status } = outcome;
  const failures = failuresAt(record.baseUrl);
  const patch = factsToKeep(outcome);
  switch (outcome.kind) {
    case 'missing':
      return record.keyId === access.key.id
        ? { kind: 'denied', patch, failure: failures.taskGone('linkExpired', { status, ...outcome.error }) }
        : { kind: 'waits', patch, failure: failures.otherKey(), waitMs: KEY_RECHECK_MS, isKeyRefused: false };
    case 'keyRefused':
    case 'forbidden':
      return {
        ...{ kind: 'waits', patch },
        failure: failures.keyRefused({ status, ...outcome.error }),
        waitMs: KEY_RECHECK_MS,
        isKeyRefused: outcome.kind === 'keyRefused',
      };
    case 'temporary': {
      const { retryAfterMs } = outcome;
      const failure = failures.temporaryError({ status, ...outcome.error });
      return { kind: 'silent', patch, failure, ...withoutUndefined({ retryAfterMs }) };
    }
    case 'task': {
      const { state } = outcome;
      switch (state.kind) {
        case 'failed': {
          const failure = failures.taskFailed({ status, ...state.error }, state.filteredCount, true);
          return { kind: 'ended', patch: { phase: 'failed', failure, ...patch } };
        }
        case 'expired': {
          const failure = failures.expired('linkExpired', { status, ...state.error });
          return { kind: 'ended', patch: { phase: 'lost', failure, ...patch } };
        }
        case 'succeeded': {
          const { links, refusedLinks, expiresAt } = state;
          // Evidence is kept only of responses without usable links.
          const kept = links.length === 0 || refusedLinks.length > 0 ? patch : {};
          return { kind: 'links', state, patch: { ...withoutUndefined({ expiresAt }), ...kept } };
        }
        default:
          // Finished before and running now: query again later.
          return { kind: 'silent', patch, failure: failures.noVideo() };
      }
    }
  }
}

/** What a response says about money, and the response itself if there is one. */
export function factsToKeep({ money, evidence }: Pick<QueryOutcome, 'money' | 'evidence'>): TaskPatch {
  return { ...(money.length > 0 ? { money } : {}), ...(evidence ? { evidence: [evidence()] } : {}) };
}
