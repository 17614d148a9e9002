import { withoutUndefined } from '../common/withoutUndefined';
import { isKey, type ApiKey } from '../gateway/apiKey';
import { originOf } from '../gateway/baseUrl';
import type { ErrorInfo } from '../gateway/errorKinds';
import type { QueryOutcome, TaskState } from '../gateway/outcomes';
import { readEvidence } from '../gateway/responseReader';
import type { TaskRecord } from '../store/record';
import type { TaskPatch } from '../store/taskPatch';
import { confirmed, isUnconfirmed } from '../task/idSource';
import type { Phase } from '../task/phases';
import { factsToKeep } from './freshLinks';
import { Lease } from './lease';
import {
  NOT_FOUND_SPACING_MS,
  NOT_FOUND_THRESHOLD,
  FIRST_POLL_DELAY_MS,
  LEASE_MS,
  LOCKED_RECHECK_MS,
  UNRESPONSIVE_AFTER_MS,
  NOT_FOUND_GRACE_MS,
  KEY_RECHECK_MS,
  errorRetryInterval,
  clockGap,
  withJitter,
  pollInterval,
} from './intervals';
import { minVideoCount, matchVideos } from './videoRows';
import type { TaskServices } from './taskServices';

interface Dependencies extends TaskServices {
  /** Returns 0 to 1. */
  readonly random: () => number;
  /** Base interval in ms, from the setting. */
  readonly baseInterval: () => number;
}

/** The claim lasts for this long plus the next interval. */
const CHECK_TIME_MS = 45_000;

/** Number of incomplete responses in a row after which the next one's status is used. */
const MAX_CUT_RESPONSES = 3;

/** Queries a task's status and applies the response (DESIGN 5, Query). */
export class StatusCheck {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Checks one task, unless its origin is paused or another window has claimed the check. */
  async run(record: TaskRecord, signal: AbortSignal): Promise<void> {
    const { store, client, keys, circuitBreaker, clock, partialResults, log } = this.#deps;
    const failures = this.#deps.failures(record.baseUrl);
    if (record.nextDue === undefined || record.gatewayTaskId === undefined) {
      const failure = failures.taskGone('idDenied', { status: 0, message: '' });
      await store.update(record.id, () => ({ phase: 'lost', failure }));
      return;
    }
    const origin = originOf(record.baseUrl);
    const started = clock.now();
    const moved = shiftTimes(record, clockGap(record.nextDue, started));
    const answer = await keys.keyFor(origin);
    if (answer.kind !== 'key') {
      await store.claim(record.id, record.nextDue, {
        ...moved,
        nextDue: clock.now() + (answer.kind === 'locked' ? LOCKED_RECHECK_MS : KEY_RECHECK_MS),
        failure: failures.noKey(answer.kind, new URL(origin).host),
      });
      return;
    }
    const { key } = answer;
    const admission = await circuitBreaker.admit(origin);
    if (!admission.open) {
      const { until, refusal } = admission;
      const isLong = until - clock.now() > UNRESPONSIVE_AFTER_MS;
      const failure = refusal ?? (isLong ? failures.temporaryError({ status: 429, message: '' }) : undefined);
      await store.claim(record.id, record.nextDue, {
        ...moved,
        nextDue: until + Math.round(this.#deps.random() * 1000),
        ...withoutUndefined({ failure }),
      });
      return;
    }
    const length = CHECK_TIME_MS + this.#interval(record);
    const due = clock.now() + length;
    const lease = { nextDue: due, leasedUntil: clock.now() + LEASE_MS };
    const claimed = await store.claim(record.id, record.nextDue, { ...moved, ...lease });
    if (!claimed) return;
    log.trace(`asking about ${record.id}`);
    // Renew the claim, so that no other window queries during a slow response.
    const renewal = new Lease(this.#deps, { id: record.id, phase: record.phase, due, length });
    let outcome: QueryOutcome;
    try {
      outcome = await client.query({ baseUrl: record.baseUrl, key }, record.gatewayTaskId, signal);
    } finally {
      renewal.dispose();
    }
    // The refusal of a replaced key must not pause the origin.
    const isCurrentKey = isKey(await keys.keyFor(origin), key.id);
    if (outcome.kind === 'keyRefused' && isCurrentKey)
      await circuitBreaker.keyRefused(origin, failures.keyRefused(toErrorInfo(outcome)));
    if (outcome.kind === 'temporary' && outcome.retryAfterMs !== undefined) {
      await circuitBreaker.rateLimited(origin, outcome.retryAfterMs);
    }
    const submitError = await this.#submitError(claimed, outcome, key);
    // The clock may have been set during the exchange.
    const meanwhile = shiftTimes(claimed, clockGap(started, clock.now()));
    const decided =
      outcome.kind === 'keyRefused' && !isCurrentKey
        ? { nextDue: clock.now() }
        : this.#decide({ ...claimed, ...meanwhile }, outcome, key.id, submitError);
    const { phase = claimed.phase } = decided;
    const isUnusual = outcome.kind !== 'task' || (phase !== claimed.phase && phase !== 'running');
    const facts = factsToKeep(isUnusual ? outcome : { money: outcome.money });
    const patch = { ...meanwhile, ...decided, ...facts };
    // Call before storing the result, so that this task isn't made due with the others.
    if (outcome.kind === 'task') await circuitBreaker.keyAccepted(origin);
    const found = await partialResults.findFor(claimed, patch);
    const state = outcome.kind === 'task' && outcome.state.kind === 'succeeded' ? outcome.state : undefined;
    await store.update(record.id, (current, videos) => {
      // If another window changed the task, this response is outdated.
      if (current.version !== claimed.version) return undefined;
      const rows = videos();
      if (!state) return partialResults.keepVideos(patch, current, rows, found);
      const minCount = minVideoCount(this.#deps.catalog, record.request, state);
      const expected = matchVideos(rows, state.links, minCount);
      return partialResults.keepVideos({ ...patch, videos: expected }, current, rows, found);
    });
  }

  /** Reads the error that came with the ID, if the gateway never confirmed that ID. */
  async #submitError(record: TaskRecord, outcome: QueryOutcome, key: ApiKey): Promise<ErrorInfo | undefined> {
    if (outcome.kind !== 'missing' || record.idSource !== 'unsure') return undefined;
    const submit = (await this.#deps.store.evidence(record.id)).findLast(({ step }) => step === 'submit');
    if (!submit) return undefined;
    const context = { step: 'submit', baseUrl: record.baseUrl, key, now: submit.at } as const;
    const { error } = await readEvidence(submit, context);
    return error && { status: submit.status, ...error };
  }

  #decide(record: TaskRecord, outcome: QueryOutcome, keyId: string, submitError?: ErrorInfo): TaskPatch {
    const failures = this.#deps.failures(record.baseUrl);
    const now = this.#deps.clock.now();
    switch (outcome.kind) {
      case 'task':
        return this.#decideState(record, outcome.state, outcome.status);
      case 'missing':
        if (record.keyId !== keyId) return { failure: failures.otherKey(), nextDue: now + KEY_RECHECK_MS };
        return this.#decideMissing(record, toErrorInfo(outcome), submitError);
      case 'keyRefused':
      case 'forbidden':
        return { failure: failures.keyRefused(toErrorInfo(outcome)), nextDue: now + KEY_RECHECK_MS };
      case 'temporary': {
        if (outcome.state && record.consecutiveErrors >= MAX_CUT_RESPONSES)
          return this.#decideState(record, outcome.state, outcome.status);
        const errorCount = record.consecutiveErrors + 1;
        const wait = Math.max(
          errorRetryInterval(errorCount, this.#interval(record)),
          outcome.retryAfterMs ?? 0,
        );
        const since = record.failure?.since ?? now;
        const failure = failures.temporaryError(toErrorInfo(outcome), { since, now });
        return { consecutiveErrors: errorCount, failure, nextDue: now + wait };
      }
    }
  }

  #decideState(record: TaskRecord, state: TaskState, status: number): TaskPatch {
    const failures = this.#deps.failures(record.baseUrl);
    const now = this.#deps.clock.now();
    const idSource = confirmed(record.idSource);
    const base: TaskPatch = {
      consecutiveErrors: 0,
      notFoundCount: 0,
      lastNotFoundAt: null,
      failure: null,
      idSource,
    };
    switch (state.kind) {
      case 'queued':
      case 'running': {
        const phase: Phase = record.phase === 'running' ? 'running' : state.kind;
        // Progress never decreases, and only a finished video has 100.
        const progress =
          state.progress === undefined
            ? undefined
            : Math.min(99, Math.max(state.progress, record.progress ?? 0));
        return {
          ...base,
          phase,
          ...withoutUndefined({ progress }),
          nextDue: now + this.#interval(record),
        };
      }
      case 'succeeded': {
        const { links, filteredCount, expiresAt } = state;
        const [refused] = state.refusedLinks;
        return {
          ...base,
          phase: 'ready',
          // Keep the reason while the download tries other sources.
          ...(links.length === 0 && refused ? { failure: failures.linkRefused(refused) } : {}),
          ...(filteredCount > 0 ? { note: { code: 'someFiltered', params: { count: filteredCount } } } : {}),
          ...{ links, succeededAt: now, diskBlockedMs: 0, nextDue: now },
          ...withoutUndefined({ expiresAt }),
        };
      }
      case 'failed': {
        const hadSucceeded = record.succeededAt !== undefined;
        const failure = failures.taskFailed({ status, ...state.error }, state.filteredCount, hadSucceeded);
        return { phase: 'failed', failure, idSource };
      }
      case 'expired': {
        const outcome = state.wasReady || record.succeededAt !== undefined ? 'linkExpired' : 'idDenied';
        return { phase: 'lost', failure: failures.expired(outcome, { status, ...state.error }), idSource };
      }
    }
  }

  #decideMissing(record: TaskRecord, error: ErrorInfo, submitError: ErrorInfo | undefined): TaskPatch {
    const failures = this.#deps.failures(record.baseUrl);
    const now = this.#deps.clock.now();
    // Exclude sleep: the gateway may have received the request only after it.
    const age = now - (record.submittedAt ?? record.createdAt) - record.diskBlockedMs;
    // Right after the submit, the gateway may not know the task yet.
    if (age < NOT_FOUND_GRACE_MS) return { nextDue: now + this.#interval(record) };
    const { isBelieved, patch } = countNotFound(record, now);
    if (!isBelieved)
      return { ...patch, nextDue: now + Math.max(NOT_FOUND_SPACING_MS, this.#interval(record)) };
    if (submitError) return { phase: 'rejected', failure: failures.idNotFound(submitError) };
    if (isUnconfirmed(record.idSource)) return { phase: 'unknown', failure: failures.taskIdNotFound(error) };
    const outcome = record.succeededAt === undefined ? 'idDenied' : 'linkExpired';
    return { phase: 'lost', failure: failures.taskGone(outcome, error) };
  }

  #interval(record: TaskRecord): number {
    const age = this.#deps.clock.now() - (record.submittedAt ?? record.createdAt);
    return withJitter(
      pollInterval(Math.max(age, 0), Math.max(this.#deps.baseInterval(), FIRST_POLL_DELAY_MS)),
      this.#deps.random,
    );
  }
}

/** Excludes a gap in which nothing could run. */
function shiftTimes({ diskBlockedMs, lastNotFoundAt: since }: TaskRecord, gap: number) {
  if (gap === 0) return undefined;
  const lastNotFoundAt = since === undefined ? undefined : since + gap;
  return { diskBlockedMs: diskBlockedMs + gap, ...withoutUndefined({ lastNotFoundAt }) };
}

/** Counts a "not found" response. Responses in quick succession count as one (DESIGN 5). */
export function countNotFound(
  { notFoundCount, lastNotFoundAt }: Pick<TaskRecord, 'notFoundCount' | 'lastNotFoundAt'>,
  now: number,
): { readonly isBelieved: boolean; readonly patch: TaskPatch } {
  const counts =
    lastNotFoundAt === undefined || now - lastNotFoundAt >= NOT_FOUND_SPACING_MS || now < lastNotFoundAt;
  return {
    isBelieved: notFoundCount + (counts ? 1 : 0) >= NOT_FOUND_THRESHOLD,
    patch: counts ? { notFoundCount: notFoundCount + 1, lastNotFoundAt: now } : {},
  };
}

function toErrorInfo({ status, error }: Exclude<QueryOutcome, { kind: 'task' }>): ErrorInfo {
  return { status, ...error };
}
