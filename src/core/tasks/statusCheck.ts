import { isKey, type ApiKey } from '../gateway/apiKey';
import { originOf } from '../gateway/baseUrl';
import type { ErrorInfo } from '../gateway/errorKinds';
import type { QueryOutcome, TaskState } from '../gateway/outcomes';
import { readEvidence } from '../gateway/responseReader';
import type { TaskRecord } from '../store/record';
import type { TaskPatch } from '../store/taskPatch';
import type { StoredNote } from '../task/failure';
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
} from './schedule';
import { leastCount, matchVideos } from './videoRows';
import type { TaskServices } from './taskServices';

interface Dependencies extends TaskServices {
  /** Returns 0 to 1. */
  readonly random: () => number;
  /** Base interval in ms, from the setting. */
  readonly baseInterval: () => number;
}

/** Time reserved for the request. The claim lasts for this long plus the next interval. */
const CHECK_TIME_MS = 45_000;

/** Number of incomplete responses in a row after which their status is believed. */
const CUT_RESPONSES_BELIEVED = 3;

/** Queries a task's status and applies the response (DESIGN 5, Query). */
export class StatusCheck {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Checks one task, unless its origin is paused or another window has claimed the check. */
  async run(record: TaskRecord, signal: AbortSignal): Promise<void> {
    const { store, client, keys, gate, clock, partialResults, log } = this.#deps;
    const failures = this.#deps.failures(record.baseUrl);
    if (record.nextDue === undefined || record.gatewayTaskId === undefined) {
      await store.update(record.id, () => ({
        phase: 'lost',
        failure: failures.taskGone('idDenied', NO_ERROR),
      }));
      return;
    }
    const origin = originOf(record.baseUrl);
    const started = clock.now();
    const moved = moveTimes(record, clockGap(record.nextDue, started));
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
    const passage = await gate.admit(origin);
    if (!passage.open) {
      const { until, refusal } = passage;
      const isLong = until - clock.now() > UNRESPONSIVE_AFTER_MS;
      const failure = refusal ?? (isLong ? failures.temporaryError({ status: 429, message: '' }) : undefined);
      await store.claim(record.id, record.nextDue, {
        ...moved,
        nextDue: until + Math.round(this.#deps.random() * 1000),
        ...(failure === undefined ? {} : { failure }),
      });
      return;
    }
    const length = CHECK_TIME_MS + this.#interval(record);
    const due = clock.now() + length;
    const lease = { nextDue: due, leasedUntil: clock.now() + LEASE_MS };
    const claimed = await store.claim(record.id, record.nextDue, { ...moved, ...lease });
    if (!claimed) return;
    log.trace(`asking about ${record.id}`);
    // A response can take long. Renew the claim, so that no other window queries meanwhile.
    const renewal = new Lease(this.#deps, { id: record.id, phase: record.phase, due, length });
    let outcome: QueryOutcome;
    try {
      outcome = await client.query({ baseUrl: record.baseUrl, key }, record.gatewayTaskId, signal);
    } finally {
      renewal.dispose();
    }
    // A refusal of a key that was replaced meanwhile doesn't pause the origin.
    const isCurrentKey = isKey(await keys.keyFor(origin), key.id);
    if (outcome.kind === 'keyRefused' && isCurrentKey)
      await gate.keyRefused(origin, failures.keyRefused(toErrorInfo(outcome)));
    if (outcome.kind === 'temporary' && outcome.retryAfterMs !== undefined) {
      await gate.rateLimited(origin, outcome.retryAfterMs);
    }
    const submitError = await this.#submitError(claimed, outcome, key);
    // The clock may have been set during the exchange.
    const meanwhile = moveTimes(claimed, clockGap(started, clock.now()));
    const decided =
      outcome.kind === 'keyRefused' && !isCurrentKey
        ? { nextDue: clock.now() }
        : this.#decide({ ...claimed, ...meanwhile }, outcome, key.id, submitError);
    const { phase = claimed.phase } = decided;
    const isUnusual = outcome.kind !== 'task' || (phase !== claimed.phase && phase !== 'running');
    const facts = factsToKeep(isUnusual ? outcome : { money: outcome.money });
    const patch = { ...meanwhile, ...decided, ...facts };
    // Before the result is stored: until then this task isn't made due with the others.
    if (outcome.kind === 'task') await gate.keyAccepted(origin);
    const found = await partialResults.findFor(claimed, patch);
    const state = outcome.kind === 'task' && outcome.state.kind === 'succeeded' ? outcome.state : undefined;
    await store.update(record.id, (current, videos) => {
      // Another window wrote meanwhile, so this response is outdated.
      if (current.version !== claimed.version) return undefined;
      const rows = videos();
      const expected =
        state && matchVideos(rows, state.links, leastCount(this.#deps.catalog, record.request, state));
      return partialResults.keepVideos(
        expected ? { ...patch, videos: expected } : patch,
        current,
        rows,
        found,
      );
    });
  }

  /** The error that came with the ID, if the gateway never confirmed that ID. */
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
        if (outcome.state && record.consecutiveErrors >= CUT_RESPONSES_BELIEVED)
          return this.#decideState(record, outcome.state, outcome.status);
        const troubles = record.consecutiveErrors + 1;
        const wait = Math.max(
          errorRetryInterval(troubles, this.#interval(record)),
          outcome.retryAfterMs ?? 0,
        );
        const since = record.failure?.since ?? now;
        const failure = failures.temporaryError(toErrorInfo(outcome), { since, now });
        return { consecutiveErrors: troubles, failure, nextDue: now + wait };
      }
    }
  }

  #decideState(record: TaskRecord, state: TaskState, status: number): TaskPatch {
    const failures = this.#deps.failures(record.baseUrl);
    const now = this.#deps.clock.now();
    const idSource = confirmed(record.idSource);
    const good: TaskPatch = {
      consecutiveErrors: 0,
      notFoundCount: 0,
      notFoundSince: null,
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
          ...good,
          phase,
          ...(progress === undefined ? {} : { progress }),
          nextDue: now + this.#interval(record),
        };
      }
      case 'succeeded': {
        const [refused] = state.refusedLinks;
        return {
          ...good,
          phase: 'ready',
          // Keep the reason while the download tries other sources.
          ...(state.links.length === 0 && refused ? { failure: failures.linkRefused(refused.link) } : {}),
          ...(state.filteredCount > 0 ? { note: someFiltered(state.filteredCount) } : {}),
          links: state.links,
          succeededAt: now,
          diskBlockedMs: 0,
          ...(state.expiresAt === undefined ? {} : { expiresAt: state.expiresAt }),
          nextDue: now,
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
    // Excludes time in which nothing could run, such as sleep: the gateway may have got the request only after it.
    const age = now - (record.submittedAt ?? record.createdAt) - record.diskBlockedMs;
    // Right after the submit, the gateway may not know the task yet.
    if (age < NOT_FOUND_GRACE_MS) return { nextDue: now + this.#interval(record) };
    const { isBelieved, patch } = countNotFound(record, now);
    if (!isBelieved)
      return { ...patch, nextDue: now + Math.max(NOT_FOUND_SPACING_MS, this.#interval(record)) };
    if (submitError) return { phase: 'rejected', failure: failures.denied(submitError) };
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

/** Timeline note for a task of which a filter removed some videos (API reference 9.2). */
function someFiltered(count: number): StoredNote {
  return { code: 'someFiltered', params: { count } };
}

function moveTimes(
  { diskBlockedMs, notFoundSince }: TaskRecord,
  gap: number,
): { readonly diskBlockedMs: number; readonly notFoundSince?: number } | undefined {
  if (gap === 0) return undefined;
  return {
    diskBlockedMs: diskBlockedMs + gap,
    ...(notFoundSince === undefined ? {} : { notFoundSince: notFoundSince + gap }),
  };
}

/** Counts a "not found" response. Enough of them are believed; responses in quick succession count as one (DESIGN 5). */
export function countNotFound(
  { notFoundCount, notFoundSince }: Pick<TaskRecord, 'notFoundCount' | 'notFoundSince'>,
  now: number,
): { readonly isBelieved: boolean; readonly patch: TaskPatch } {
  const counts =
    notFoundSince === undefined || now - notFoundSince >= NOT_FOUND_SPACING_MS || now < notFoundSince;
  return {
    isBelieved: notFoundCount + (counts ? 1 : 0) >= NOT_FOUND_THRESHOLD,
    patch: counts ? { notFoundCount: notFoundCount + 1, notFoundSince: now } : {},
  };
}

const NO_ERROR: ErrorInfo = { status: 0, message: '' };

function toErrorInfo({ status, error }: Exclude<QueryOutcome, { kind: 'task' }>): ErrorInfo {
  return { status, ...error };
}
