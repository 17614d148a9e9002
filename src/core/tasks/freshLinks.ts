import { withoutUndefined } from '../common/withoutUndefined';
import type { QueryOutcome, TaskState } from '../gateway/outcomes';
import type { GatewayCredentials } from '../gateway/transport';
import type { TaskRecord } from '../store/record';
import type { TaskPatch } from '../store/taskPatch';
import type { StoredFailure } from '../task/failure';
import { KEY_RECHECK_MS } from './intervals';
import type { TaskServices } from './taskServices';

/** Response of the gateway to a query for a finished task's links, and the patch to store. */
export type LinkQueryResult = { readonly patch: TaskPatch } & (
  | { readonly kind: 'links'; readonly state: Extract<TaskState, { kind: 'succeeded' }> }
  | { readonly kind: 'ended' }
  /** The key or the model is refused. */
  | {
      readonly kind: 'blocked';
      readonly failure: StoredFailure;
      readonly waitMs: number;
      readonly isKeyRefused: boolean;
    }
  | { readonly kind: 'notFound'; readonly failure: StoredFailure }
  | { readonly kind: 'noInfo'; readonly failure: StoredFailure; readonly retryAfterMs?: number }
);

/** Queries a finished task for its current links. @throws GatewayError `aborted` */
export async function queryForLinks(
  { client, failures: failuresAt }: Pick<TaskServices, 'client' | 'failures'>,
  record: TaskRecord,
  access: GatewayCredentials,
  signal: AbortSignal,
): Promise<LinkQueryResult> {
  const outcome = await client.query(access, record.gatewayTaskId ?? '', signal);
  const { status } = outcome;
  const failures = failuresAt(record.baseUrl);
  const patch = factsToKeep(outcome);
  switch (outcome.kind) {
    case 'missing':
      return record.keyId === access.key.id
        ? { kind: 'notFound', patch, failure: failures.taskGone('linkExpired', { status, ...outcome.error }) }
        : {
            kind: 'blocked',
            patch,
            failure: failures.otherKey(),
            waitMs: KEY_RECHECK_MS,
            isKeyRefused: false,
          };
    case 'keyRefused':
    case 'forbidden':
      return {
        ...{ kind: 'blocked', patch },
        failure: failures.keyRefused({ status, ...outcome.error }),
        waitMs: KEY_RECHECK_MS,
        isKeyRefused: outcome.kind === 'keyRefused',
      };
    case 'temporary': {
      const { retryAfterMs } = outcome;
      const failure = failures.temporaryError({ status, ...outcome.error });
      return { kind: 'noInfo', patch, failure, ...withoutUndefined({ retryAfterMs }) };
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
          // It succeeded before, so query again later.
          return { kind: 'noInfo', patch, failure: failures.noVideo() };
      }
    }
  }
}

/** Returns a patch with the facts about money and the evidence of a response. */
export function factsToKeep({ money, evidence }: Pick<QueryOutcome, 'money' | 'evidence'>): TaskPatch {
  return { ...(money.length > 0 ? { money } : {}), ...(evidence ? { evidence: [evidence()] } : {}) };
}
