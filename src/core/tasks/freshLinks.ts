import { withoutUndefined } from '../common/withoutUndefined';
import type { GatewayClient } from '../gateway/client';
import type { RefusedLink } from '../gateway/responseLinks';
import type { Access } from '../gateway/transport';
import type { TaskRecord } from '../store/record';
import type { TaskPatch } from '../store/taskPatch';
import type { StoredFailure } from '../task/failure';
import type { FailuresAt } from './failures';
import { RECHECK } from './schedule';

/** The gateway's response when a finished task is queried for links again, and the patch to store. */
export type FreshLinks = { readonly patch: TaskPatch } & (
  | {
      readonly kind: 'links';
      readonly links: readonly string[];
      readonly refusedLinks: readonly RefusedLink[];
      readonly filteredCount: number;
      readonly expectedCount?: number;
    }
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

interface FreshLinksDependencies {
  readonly client: GatewayClient;
  readonly failures: FailuresAt;
}

/** Queries a finished task for its current links. @throws GatewayError `aborted` */
export async function queryForLinks(
  { client, failures: failuresAt }: FreshLinksDependencies,
  record: TaskRecord,
  access: Access,
  signal: AbortSignal,
): Promise<FreshLinks> {
  const outcome = await client.query(access, record.gatewayTaskId ?? '', signal);
  const { status } = outcome;
  const failures = failuresAt(record.baseUrl);
  const evidence = outcome.evidence?.();
  const money = outcome.money.length > 0 ? { money: outcome.money } : {};
  const patch = { ...money, ...(evidence ? { evidence: [evidence] } : {}) };
  switch (outcome.kind) {
    case 'missing':
      return record.keyId === access.key.id
        ? { kind: 'denied', patch, failure: failures.taskGone('linkExpired', { status, ...outcome.error }) }
        : { kind: 'waits', patch, failure: failures.otherKey(), waitMs: RECHECK, isKeyRefused: false };
    case 'keyRefused':
    case 'forbidden':
      return {
        ...{ kind: 'waits', patch },
        failure: failures.keyRefused({ status, ...outcome.error }),
        waitMs: RECHECK,
        isKeyRefused: outcome.kind === 'keyRefused',
      };
    case 'temporary': {
      const { retryAfterMs } = outcome;
      const failure = failures.blip({ status, ...outcome.error });
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
          const { links, refusedLinks, filteredCount, expectedCount, expiresAt } = state;
          return {
            ...{ kind: 'links', links, refusedLinks, filteredCount },
            ...withoutUndefined({ expectedCount }),
            // Evidence is kept only of responses without usable links.
            patch: {
              ...withoutUndefined({ expiresAt }),
              ...(links.length === 0 || refusedLinks.length > 0 ? patch : {}),
            },
          };
        }
        default:
          // Finished before and running now: query again later.
          return { kind: 'silent', patch, failure: failures.noVideo() };
      }
    }
  }
}
