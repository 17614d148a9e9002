import { sleep } from '../common/clock';
import type { L10n } from '../common/l10n';
import { describeError } from '../common/log';
import type { OpenSubmit } from '../gateway/client';
import type { GatewayError } from '../gateway/errors';
import type { GatewayCredentials } from '../gateway/transport';
import type { LateId } from '../store/lateIds';
import type { TaskRecord } from '../store/record';
import { toSidecarTask } from '../store/sidecarTask';
import { StoreClosedError } from '../store/storeState';
import type { TaskPatch } from '../store/taskPatch';
import type { StoredFailure, StoredNote } from '../task/failure';
import { toErrorInfo, type Failures } from './failures';
import { factsToKeep } from './freshLinks';
import { FIRST_POLL_DELAY_MS, LEASE_MS, clockGap } from './intervals';
import type { TaskServices } from './taskServices';

/** The request was sent, but its outcome couldn't be stored. The message is for the user. */
export class OutcomeNotStoredError extends Error {
  override readonly name = 'OutcomeNotStoredError';
}

export type SendOutcome = Awaited<ReturnType<OpenSubmit['send']>>;
type Accepted = Extract<SendOutcome, { kind: 'accepted' }>;

/** Creates the error that tells callers not to send the request again. */
export function createOutcomeNotStoredError(
  l10n: L10n,
  cause: unknown,
  outcome?: SendOutcome,
): OutcomeNotStoredError {
  const message =
    outcome?.kind === 'accepted'
      ? l10n.t(
          "Task '{0}' was accepted but couldn't be stored yet. Retrying automatically. Don't send it again.",
          outcome.gatewayTaskId,
        )
      : l10n.t(
          "Sent, but the outcome couldn't be stored. You may have been charged. Check the usage page before sending again.",
        );
  return new OutcomeNotStoredError(message, { cause });
}

const MAX_WRITE_ATTEMPTS = 10;

/** Stores the outcome of a submit (DESIGN 5, Submit). */
export class SubmitRecorder {
  readonly #deps: TaskServices;

  constructor(deps: TaskServices) {
    this.#deps = deps;
  }

  /**
   * Stores the outcome. Retries for a while, because an accepted task is paid for.
   * @throws {@link OutcomeNotStoredError}
   */
  async record(draft: TaskRecord, outcome: SendOutcome, access: GatewayCredentials): Promise<void> {
    const { clock, log } = this.#deps;
    for (let tries = 1; ; tries++) {
      try {
        await this.#apply(draft, outcome, access);
        return;
      } catch (error) {
        const what = outcome.kind === 'accepted' ? `accepted as ${outcome.gatewayTaskId}` : outcome.kind;
        const line = `task ${draft.id} is ${what}, which could not be stored: ${describeError(error)}`;
        const isClosed = error instanceof StoreClosedError;
        // Without an ID, the next window marks the task as unknown.
        if (isClosed && outcome.kind !== 'accepted') log.warn(line);
        else log.error(line);
        // Keep the ID outside the database. This or the next window stores it.
        if (tries === 1 && outcome.kind === 'accepted') {
          this.#deps.store.keepLateId(toLateId(draft, outcome, clock.now()));
        }
        if (tries >= MAX_WRITE_ATTEMPTS || isClosed)
          throw createOutcomeNotStoredError(this.#deps.l10n, error, outcome);
        await sleep(clock, 1000 * tries);
      }
    }
  }

  /** Applies the outcome, even if another window has marked the task as unknown. */
  async #apply(draft: TaskRecord, outcome: SendOutcome, access: GatewayCredentials): Promise<void> {
    const { id } = draft;
    const { store, clock, marker } = this.#deps;
    const failures = this.#deps.failures(draft.baseUrl);
    const backToDraft = (note: StoredNote): TaskPatch => ({
      phase: 'draft',
      note,
      nextDue: clock.now() + LEASE_MS,
    });
    const kept = outcome.kind === 'notSent' ? {} : factsToKeep(outcome);
    const written = await store.update(id, (record) => {
      const late = record.phase === 'unknown';
      const isSame =
        record.phase === 'queued' &&
        outcome.kind === 'accepted' &&
        record.gatewayTaskId === outcome.gatewayTaskId;
      if (record.phase !== 'sending' && !late && !isSame) return undefined;
      switch (outcome.kind) {
        case 'accepted':
          marker.set();
          return {
            phase: 'queued',
            gatewayTaskId: outcome.gatewayTaskId,
            ...acceptedNote(outcome, record),
            idSource: isUnsure(outcome) ? 'unsure' : null,
            notFoundCount: 0,
            lastNotFoundAt: null,
            failure: null,
            nextDue: clock.now() + FIRST_POLL_DELAY_MS,
            diskBlockedMs: clockGap(record.submittedAt ?? clock.now(), clock.now()),
            ...kept,
          };
        case 'refused': {
          const error = { status: outcome.status, ...outcome.error };
          const failure =
            error.byProxy === true
              ? failures.proxyRefused(error, gatewayHost(access))
              : failures.refused(error, outcome.noChannel);
          return { phase: 'rejected', failure, ...kept };
        }
        case 'rateLimited': {
          const error = { status: 429, ...outcome.error };
          return late
            ? { phase: 'rejected', failure: failures.refused(error), ...kept }
            : { ...backToDraft({ code: 'rateLimited' }), failure: failures.rateLimited(error), ...kept };
        }
        case 'notSent':
          return late
            ? { phase: 'rejected', failure: notSentFailure(failures, outcome.error, access) }
            : backToDraft({ code: 'notSent' });
        case 'unknown': {
          const failure = failures.outcomeUnknown({ status: outcome.status, ...outcome.error });
          return late ? kept : { phase: 'unknown', failure, ...kept };
        }
      }
    });
    if (written || outcome.kind !== 'accepted') return;
    await this.#keepSecondId(draft, outcome);
  }

  /**
   * Keeps an ID that can't be stored in its task: the row was lost in a repair, or the user attached another ID. Both IDs
   * may be paid for, so both are tracked.
   */
  async #keepSecondId(draft: TaskRecord, outcome: Accepted): Promise<void> {
    const { gatewayTaskId } = outcome;
    const { store, clock, log, marker } = this.#deps;
    if (await store.readRecord(draft.id)) {
      await store.storeLateIds([toLateId(draft, outcome, clock.now())]);
      return;
    }
    log.warn(`task ${draft.id}: the ID ${gatewayTaskId} came late, after a repair`);
    marker.set();
    const at = clock.now();
    const nextDue = at + FIRST_POLL_DELAY_MS;
    await store.import({
      record: {
        ...draft,
        ...{ phase: 'queued', gatewayTaskId, submittedAt: at, nextDue },
        idSource: isUnsure(outcome) ? 'unsure' : undefined,
      },
      videos: [],
      timeline: [{ at, phase: 'queued' }],
    });
  }
}

function toLateId(draft: TaskRecord, outcome: Accepted, at: number): LateId {
  const { gatewayTaskId } = outcome;
  return { task: toSidecarTask(draft), gatewayTaskId, isUnsure: isUnsure(outcome), at };
}

function isUnsure({ isUnsure, error }: Accepted): boolean {
  return isUnsure || error !== undefined;
}

function acceptedNote({ error, noRemix }: Accepted, { request }: TaskRecord): TaskPatch {
  if (error !== undefined) return { note: { code: 'acceptedWithError', detail: error.message } };
  return noRemix && request.remixOf !== undefined ? { note: { code: 'notRemixed' } } : {};
}

export function notSentFailure(
  failures: Failures,
  error: GatewayError,
  access: GatewayCredentials,
): StoredFailure {
  const info = toErrorInfo(error);
  const host = gatewayHost(access);
  return error.kind === 'proxy' ? failures.proxyRefused(info, host) : failures.unreachable(info, host);
}

function gatewayHost({ baseUrl }: GatewayCredentials): string {
  return new URL(baseUrl).host;
}
