import { createHash, randomUUID } from 'node:crypto';
import { sleep, type Clock } from '../common/clock';
import type { L10n } from '../common/l10n';
import { describeError, type Log } from '../common/log';
import { isKey, type KeySource } from '../gateway/apiKey';
import type { GatewayClient, PreparedSubmit } from '../gateway/client';
import { originOf } from '../gateway/baseUrl';
import type { Access } from '../gateway/transport';
import { GatewayError } from '../gateway/errors';
import type { PreparedRequest } from '../models/family';
import { classifyOpenError } from '../store/sqliteErrors';
import { ReadOnlyStoreError, StoreClosedError } from '../store/storeState';
import { toErrorInfo, type Failures } from './failures';
import type { StoredFailure, StoredNote } from '../task/failure';
import { isUnconfirmed } from '../task/idSource';
import { Lease } from './lease';
import type { TaskPatch } from '../store/taskPatch';
import type { TaskRecord } from '../store/record';
import {
  CONNECT_PATIENCE,
  CONNECT_TRIES,
  FIRST_POLL,
  LEASE,
  MOST_SENDS,
  MOST_WAITING,
  resendInterval,
} from './schedule';
import type { TaskStore } from '../store/store';

/** The submit was called off before a byte left: there is no task. */
export class SubmitCancelled extends Error {
  override readonly name = 'SubmitCancelled';
}

/** The key was removed or replaced before a byte left: there is no task. */
export class KeyRemovedError extends Error {
  override readonly name = 'KeyRemovedError';
}

/** The request has left, and what came of it could not be written down. The message is a sentence for the user. */
export class OutcomeNotWritten extends Error {
  override readonly name = 'OutcomeNotWritten';
}

interface Parts {
  readonly store: TaskStore;
  readonly client: GatewayClient;
  readonly keys: KeySource;
  readonly clock: Clock;
  readonly log: Log;
  readonly l10n: L10n;
  readonly failures: Failures;
  /** Marks, before a row is committed, that unfinished work exists (see PendingMarker). */
  readonly markPending: () => void;
}

type SendOutcome = Awaited<ReturnType<PreparedSubmit['send']>>;

interface Draft {
  readonly cancel: AbortController;
  /** Whether it reached the gateway, which asked to wait. */
  wasSent: boolean;
}

/** How often an outcome is tried to be written down, a second longer apart each time. */
const WRITE_TRIES = 10;

/** Hash of a wire body, by which a request is recognised as the same. */
export function hashBody(body: string): string {
  return createHash('sha256').update(body).digest('hex');
}

/**
 * Sends each request once (DESIGN 4.4, 5). The row is `draft` until the connection stands; that it is being sent
 * is committed before the first byte leaves, so after a crash `draft` was certainly never sent and `sending` may
 * have been.
 */
export class Submitter {
  readonly #parts: Parts;
  /** Drafts of this window that can still be canceled. */
  readonly #drafts = new Map<string, Draft>();
  /** Of these, those that are on their way now: nobody can call them back. */
  readonly #onTheirWay = new Set<string>();
  /** All that is not over yet. */
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Sends a request and resolves when its outcome is known.
   * @param signal calls it off as long as no byte has left
   * @param basedOn the earlier task that it was asked for again from
   * @throws {@link SubmitCancelled} if it was canceled before a byte left. Nothing is left of it then. Canceled while
   *   the gateway makes it wait, the task is `stopped`
   * @throws {@link KeyRemovedError} if the key is no longer the one in `access` and no byte has left
   * @throws ReadOnlyStoreError when it cannot be written down, and therefore must not be sent
   * @throws {@link OutcomeNotWritten} when it was sent, and then nothing could be written down any more
   */
  async submit(
    request: PreparedRequest,
    access: Access,
    signal?: AbortSignal,
    basedOn?: string,
  ): Promise<string> {
    const work = this.#submit(request, access, signal, basedOn);
    this.#underWay.add(work);
    try {
      return await work;
    } finally {
      this.#underWay.delete(work);
    }
  }

  /** Resolves when nothing is being sent any more, or after so many ms. Never rejects. */
  async settled(patienceMs: number): Promise<void> {
    if (this.#underWay.size === 0) return;
    const stop = new AbortController();
    const limit = sleep(this.#parts.clock, patienceMs, stop.signal).catch(() => undefined);
    await Promise.race([Promise.allSettled([...this.#underWay]), limit]);
    stop.abort();
  }

  async #submit(
    request: PreparedRequest,
    access: Access,
    signal?: AbortSignal,
    basedOn?: string,
  ): Promise<string> {
    const { failures } = this.#parts;
    if (signal?.aborted) throw new SubmitCancelled();
    const draft = await this.#writeDraft(request, access, basedOn);
    const state: Draft = { cancel: new AbortController(), wasSent: false };
    const { cancel } = state;
    const forward = () => cancel.abort();
    signal?.addEventListener('abort', forward, { once: true });
    if (signal?.aborted) cancel.abort();
    this.#drafts.set(draft.id, state);
    try {
      await this.#bringOver(draft, request.body, access, state);
    } catch (error) {
      const isKeyGone = error instanceof KeyRemovedError;
      if (!isKeyGone && !cancel.signal.aborted) throw error;
      // A request that the gateway has seen stays a task: whoever sent it must not take it for unsent.
      const forget = !state.wasSent && (isKeyGone || signal?.aborted === true);
      const settled = await this.#settleDraft(
        draft.id,
        forget,
        isKeyGone ? failures.keyRemoved() : undefined,
      );
      if (!settled) throw error;
      if (forget) throw isKeyGone ? error : new SubmitCancelled();
    } finally {
      signal?.removeEventListener('abort', forward);
      this.#drafts.delete(draft.id);
    }
    return draft.id;
  }

  /** Calls off a draft of this window, by the user's word. @returns whether there was one */
  stopSending(id: string): boolean {
    if (this.#onTheirWay.has(id)) return false;
    const draft = this.#drafts.get(id);
    draft?.cancel.abort();
    return draft !== undefined;
  }

  /** Settles what a window left behind that died while sending (DESIGN 4.2). */
  async settleAbandoned(record: TaskRecord): Promise<void> {
    const { store, failures, log } = this.#parts;
    await store.update(record.id, (current) => {
      if (current.nextDue !== record.nextDue) return undefined;
      if (current.phase === 'draft') return { phase: 'rejected', failure: failures.neverSent() };
      if (current.phase === 'sending')
        return { phase: 'unknown', failure: failures.outcomeUnknown(undefined) };
      return undefined;
    });
    log.warn(`task ${record.id} was left in phase ${record.phase} by a window that ended`);
  }

  dispose(): void {
    for (const { cancel } of this.#drafts.values()) cancel.abort();
  }

  /** Whatever keeps it from being written down, nothing is sent then. @throws ReadOnlyStoreError */
  async #writeDraft(request: PreparedRequest, access: Access, basedOn?: string): Promise<TaskRecord> {
    const { store, clock, markPending } = this.#parts;
    try {
      return await store.insert(
        {
          id: randomUUID(),
          baseUrl: access.baseUrl,
          keyId: access.key.id,
          request: request.request,
          bodySha256: hashBody(request.body),
          basedOn,
          nextDue: clock.now() + LEASE,
        },
        markPending,
      );
    } catch (error) {
      if (error instanceof ReadOnlyStoreError) throw error;
      const reason = error instanceof StoreClosedError ? 'windowCloses' : classifyOpenError(error);
      throw new ReadOnlyStoreError(reason, error);
    }
  }

  /** Connects, sends, and sends again where that is certainly safe, until the outcome is written down. */
  async #bringOver(draft: TaskRecord, body: string, access: Access, state: Draft): Promise<void> {
    const { store, clock, failures } = this.#parts;
    const { signal } = state.cancel;
    let startedConnecting = clock.now();
    let unreachable = 0;
    let sends = 0;
    let waited = 0;
    for (;;) {
      const outcome = await this.#sendOnce(draft, body, access, signal);
      if (outcome.kind === 'notSent') {
        unreachable++;
        const pause = 1000 * unreachable;
        if (unreachable >= CONNECT_TRIES || clock.now() + pause - startedConnecting > CONNECT_PATIENCE) {
          const failure = notSentFailure(failures, outcome.error, access);
          await store.update(draft.id, (record) =>
            record.phase === 'draft' ? { phase: 'rejected', failure } : undefined,
          );
          return;
        }
        await this.#holdDraft(draft.id, () => sleep(clock, pause, signal));
        continue;
      }
      if (outcome.kind !== 'rateLimited') return;
      state.wasSent = true;
      sends++;
      const pause = outcome.retryAfterMs ?? resendInterval(sends);
      waited += pause;
      if (sends >= MOST_SENDS || waited > MOST_WAITING) {
        const failure = failures.refused({ status: 429, ...outcome.error });
        await store.update(draft.id, (record) =>
          record.phase === 'draft' ? { phase: 'rejected', failure } : undefined,
        );
        return;
      }
      await this.#holdDraft(draft.id, () => sleep(clock, pause, signal));
      startedConnecting = clock.now();
      unreachable = 0;
    }
  }

  /** Connects and sends once. What is final is written down here; the rest is the caller's to decide. */
  async #sendOnce(
    draft: TaskRecord,
    body: string,
    access: Access,
    signal: AbortSignal,
  ): Promise<SendOutcome | { readonly kind: 'done' }> {
    const { store, client, clock, keys } = this.#parts;
    const { id } = draft;
    let prepared: PreparedSubmit;
    try {
      const hasImages = (draft.request.images ?? []).length > 0;
      prepared = await this.#holdDraft(id, () => client.prepareSubmit(access, body, signal, hasImages));
    } catch (error) {
      if (error instanceof GatewayError && error.nothingSent) return { kind: 'notSent', error };
      throw error;
    }
    try {
      const due = clock.now() + LEASE;
      // It may have been removed while this request waited, or while others of its batch were sent.
      const key = await keys.keyFor(originOf(access.baseUrl));
      if (!isKey(key, access.key.id)) throw new KeyRemovedError();
      // Before the commit, because that tells everybody at once.
      this.#onTheirWay.add(id);
      const sending = await store.update(id, (record) =>
        // Called off at the last moment, or given up by another window while this one slept.
        record.phase === 'draft' && !signal.aborted
          ? { phase: 'sending', submittedAt: clock.now(), nextDue: due }
          : undefined,
      );
      if (!sending) {
        signal.throwIfAborted();
        return { kind: 'done' };
      }
      const lease = new Lease(this.#parts, id, 'sending', due, () => undefined);
      try {
        // From here on only the reply ends it: nobody can call back what may have arrived.
        const outcome = await prepared.send();
        await this.#writeDown(draft, outcome, access);
        return outcome;
      } finally {
        lease.dispose();
      }
    } finally {
      this.#onTheirWay.delete(id);
      prepared.close();
    }
  }

  /**
   * Writes down what a send led to. An accepted task is paid for: a disk that fails is tried for a while.
   * @throws OutcomeNotWritten
   */
  async #writeDown(draft: TaskRecord, outcome: SendOutcome, access: Access): Promise<void> {
    const { clock, log } = this.#parts;
    for (let tries = 1; ; tries++) {
      try {
        await this.#apply(draft, outcome, access);
        return;
      } catch (error) {
        const what = outcome.kind === 'accepted' ? `accepted as ${outcome.gatewayTaskId}` : outcome.kind;
        const line = `task ${draft.id} is ${what}, which could not be written down: ${describeError(error)}`;
        const isClosed = error instanceof StoreClosedError;
        // The next window finds it unknown, as it does after a crash. Only an id is worth more than that.
        if (isClosed && outcome.kind !== 'accepted') log.warn(line);
        else log.error(line);
        if (tries >= WRITE_TRIES || isClosed) {
          // Retried until it works, also by the next window.
          if (outcome.kind === 'accepted') this.#parts.store.keepLateId(draft, outcome.gatewayTaskId);
          throw this.#notWritten(outcome, error);
        }
        await sleep(clock, 1000 * tries);
      }
    }
  }

  /** Nobody may take it for a request that was not sent, and send it again. */
  #notWritten(outcome: SendOutcome, cause: unknown): OutcomeNotWritten {
    const { l10n } = this.#parts;
    const sentence =
      outcome.kind === 'accepted'
        ? l10n.t(
            'The gateway has taken the request as the task “{0}”, but that could not be written down here. Keep this id: Attach Task ID follows it, once the tasks can be written down again.',
            outcome.gatewayTaskId,
          )
        : l10n.t(
            'The request was sent, but what came of it could not be written down here. Look at Nebula’s usage page before you send it again.',
          );
    return new OutcomeNotWritten(sentence, { cause });
  }

  /** What a send led to, as a change of the task; also when another window has meanwhile called it unknown. */
  async #apply(draft: TaskRecord, outcome: SendOutcome, access: Access): Promise<void> {
    const { id } = draft;
    const { store, clock, failures, markPending } = this.#parts;
    const backToDraft = (note: StoredNote): TaskPatch => ({
      phase: 'draft',
      note,
      nextDue: clock.now() + LEASE,
    });
    const kept = outcome.kind === 'notSent' ? {} : factsToKeep(outcome);
    const written = await store.update(id, (record) => {
      const late = record.phase === 'unknown';
      // What the gateway itself says is better than a guess that is followed meanwhile.
      const isGuess = record.phase === 'queued' && isUnconfirmed(record.idSource);
      if (record.phase !== 'sending' && !late && !(isGuess && outcome.kind === 'accepted')) return undefined;
      switch (outcome.kind) {
        case 'accepted':
          // A late one is unfinished again.
          markPending();
          return {
            phase: 'queued',
            gatewayTaskId: outcome.gatewayTaskId,
            ...acceptedNote(outcome, record),
            idSource: outcome.isUnsure ? 'unsure' : null,
            denials: 0,
            deniedAt: null,
            failure: null,
            nextDue: clock.now() + FIRST_POLL,
            ...kept,
          };
        case 'refused': {
          const failure = failures.refused({ status: outcome.status, ...outcome.error }, outcome.noChannel);
          return { phase: 'rejected', failure, ...kept };
        }
        case 'rateLimited': {
          const error = { status: 429, ...outcome.error };
          return late
            ? { phase: 'rejected', failure: failures.refused(error), ...kept }
            : { ...backToDraft({ code: 'rateLimited' }), failure: failures.askedToWait(error), ...kept };
        }
        case 'notSent':
          return late
            ? {
                phase: 'rejected',
                failure: notSentFailure(failures, outcome.error, access),
              }
            : backToDraft({ code: 'notSent' });
        case 'unknown':
          return late
            ? undefined
            : {
                phase: 'unknown',
                failure: failures.outcomeUnknown({ status: outcome.status, ...outcome.error }),
                ...kept,
              };
      }
    });
    if (written || outcome.kind !== 'accepted') return;
    await this.#keepSecondId(draft, outcome.gatewayTaskId);
  }

  /**
   * Keeps an ID that the task itself can't take: its row is gone because the store was repaired meanwhile, or the user
   * has attached another ID that the gateway knows. Both are paid for, so both are tracked.
   */
  async #keepSecondId(draft: TaskRecord, gatewayTaskId: string): Promise<void> {
    const { store, clock, log, markPending } = this.#parts;
    const current = await store.recordWhenFree(draft.id);
    if (current?.gatewayTaskId === gatewayTaskId) return;
    log.warn(
      `task ${draft.id}: the ID ${gatewayTaskId} came late, after ${current?.gatewayTaskId ?? 'a repair'}`,
    );
    markPending();
    const now = clock.now();
    const record = {
      ...draft,
      phase: 'queued' as const,
      gatewayTaskId,
      submittedAt: now,
      nextDue: now + FIRST_POLL,
    };
    await store.adopt({
      record: current ? { ...record, id: randomUUID(), basedOn: draft.id } : record,
      videos: [],
      timeline: [
        current
          ? { at: now, phase: 'queued', note: { code: 'anotherId', params: { id: gatewayTaskId } } }
          : { at: now, phase: 'queued' },
      ],
    });
  }

  /** Keeps the draft ours while something takes its time. */
  async #holdDraft<T>(id: string, work: () => Promise<T>): Promise<T> {
    const { store, clock } = this.#parts;
    const due = clock.now() + LEASE;
    await store.update(id, (record) => (record.phase === 'draft' ? { nextDue: due } : undefined));
    const lease = new Lease(this.#parts, id, 'draft', due, () => undefined);
    try {
      return await work();
    } finally {
      lease.dispose();
    }
  }

  /**
   * Removes a draft that isn't sent any more, or ends it.
   * @param failure why it ends as `rejected`; without one it's `stopped`
   */
  async #settleDraft(id: string, forget: boolean, failure: StoredFailure | undefined): Promise<boolean> {
    const { store, log } = this.#parts;
    try {
      if (forget) return await store.remove(id, (record) => record.phase === 'draft');
      const stopped = await store.update(id, (record) => {
        if (record.phase !== 'draft') return undefined;
        if (failure) return { phase: 'rejected', failure };
        return { phase: 'stopped', note: { code: 'canceledDraft' }, failure: null };
      });
      return stopped !== undefined || (await store.recordWhenFree(id))?.phase === 'stopped';
    } catch (error) {
      // The window has closed: the next one settles it.
      if (!(error instanceof StoreClosedError)) {
        log.error(`a draft could not be cleared away: ${describeError(error)}`);
      }
      return false;
    }
  }
}

/** What is kept of every response to a submit: the response itself, and what it says about money. */
function factsToKeep({ money, evidence }: Exclude<SendOutcome, { kind: 'notSent' }>): TaskPatch {
  return { money, ...(evidence ? { evidence: evidence() } : {}) };
}

/** What the user should know about an accepted request. */
function acceptedNote(
  { error, noRemix }: Extract<SendOutcome, { kind: 'accepted' }>,
  { request }: TaskRecord,
): TaskPatch {
  if (error !== undefined) return { note: { code: 'acceptedWithError', detail: error.message } };
  return noRemix && request.remixOf !== undefined ? { note: { code: 'notRemixed' } } : {};
}

/** Nothing reached the gateway: it couldn't be reached, or a proxy on the way refused. */
function notSentFailure(failures: Failures, error: GatewayError, access: Access): StoredFailure {
  const { host } = new URL(access.baseUrl);
  const info = toErrorInfo(error);
  return error.kind === 'proxy' ? failures.proxyRefused(info, host) : failures.unreachable(info, host);
}
