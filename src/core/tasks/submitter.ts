import { createHash, randomUUID } from 'node:crypto';
import { sleep, type Clock } from '../common/clock';
import type { L10n } from '../common/l10n';
import { describeError, type Log } from '../common/log';
import { isKey, type KeySource, type NoKeyReason } from '../gateway/apiKey';
import type { GatewayClient, PreparedSubmit } from '../gateway/client';
import { originOf } from '../gateway/baseUrl';
import type { Access } from '../gateway/transport';
import { GatewayError } from '../gateway/errors';
import type { PreparedRequest } from '../models/family';
import { classifyOpenError } from '../store/sqliteErrors';
import { ReadOnlyStoreError, StoreClosedError } from '../store/storeState';
import type { StoredFailure } from '../task/failure';
import type { FailuresAt } from './failures';
import { Lease } from './lease';
import type { TaskRecord } from '../store/record';
import {
  CONNECT_PATIENCE,
  CONNECT_TRIES,
  LEASE,
  MIN_RESEND_INTERVAL_MS,
  MOST_SENDS,
  MOST_WAITING,
  resendInterval,
} from './schedule';
import type { TaskStore } from '../store/store';
import { notSentFailure, SubmitRecorder, type SendOutcome } from './submitRecorder';

/** The submit was called off before a byte left: there is no task. */
export class SubmitCancelled extends Error {
  override readonly name = 'SubmitCancelled';
}

/** The key can't be used anymore, and no byte has left: there is no task. */
export class KeyUnavailableError extends Error {
  override readonly name = 'KeyUnavailableError';
  /** Why; `other` if another key is in use now. */
  readonly reason: NoKeyReason | 'other';

  constructor(reason: NoKeyReason | 'other') {
    super(`the key is not available: ${reason}`);
    this.reason = reason;
  }
}

interface Parts {
  readonly store: TaskStore;
  readonly client: GatewayClient;
  readonly keys: KeySource;
  readonly clock: Clock;
  readonly log: Log;
  readonly l10n: L10n;
  readonly failures: FailuresAt;
  /** Marks, before a row is committed, that unfinished work exists (see PendingMarker). */
  readonly markPending: () => void;
}

/** Left for storing an ID before the window closes. */
const STORE_TIME_MS = 1000;

interface Draft {
  readonly cancel: AbortController;
  /** Whether it reached the gateway, which asked to wait. */
  wasSent: boolean;
}

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
  readonly #recorder: SubmitRecorder;
  /** Drafts of this window that can still be canceled. */
  readonly #drafts = new Map<string, Draft>();
  /** Of these, those that are on their way now: nobody can call them back. */
  readonly #onTheirWay = new Set<string>();
  /** This window's claims on them. */
  readonly #leases = new Map<string, Lease>();
  /** All that is not over yet. */
  readonly #underWay = new Set<Promise<unknown>>();
  /** Aborted shortly before the window closes. */
  readonly #closing = new AbortController();
  #isDisposed = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#recorder = new SubmitRecorder(parts);
  }

  /**
   * Sends a request and resolves when its outcome is known.
   * @param signal calls it off as long as no byte has left
   * @param basedOn the earlier task that it was asked for again from
   * @throws {@link SubmitCancelled} if it was canceled before a byte left. Nothing is left of it then. Canceled while
   *   the gateway makes it wait, the task is `stopped`
   * @throws {@link KeyUnavailableError} if the key is no longer the one in `access` and no byte has left
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

  /**
   * Resolves when nothing is being sent any more, or after so many ms. A response that has brought an ID is no longer
   * read in the last second, so that the ID can be stored. Never rejects.
   */
  async settled(patienceMs: number): Promise<void> {
    if (this.#underWay.size === 0) return;
    const stop = new AbortController();
    const { clock } = this.#parts;
    const limit = sleep(clock, patienceMs, stop.signal).catch(() => undefined);
    const hurry = clock.setTimeout(() => this.#closing.abort(), patienceMs - STORE_TIME_MS);
    await Promise.race([Promise.allSettled([...this.#underWay]), limit]);
    hurry.dispose();
    stop.abort();
  }

  async #submit(
    request: PreparedRequest,
    access: Access,
    signal?: AbortSignal,
    basedOn?: string,
  ): Promise<string> {
    const failures = this.#parts.failures(access.baseUrl);
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
      const isKeyGone = error instanceof KeyUnavailableError;
      if (!isKeyGone && !cancel.signal.aborted) throw error;
      // A request that the gateway has seen stays a task: whoever sent it must not take it for unsent.
      const forget = !state.wasSent && (isKeyGone || signal?.aborted === true);
      const closes = this.#isDisposed && signal?.aborted !== true;
      const failure = isKeyGone
        ? failures.keyUnavailable(error.reason === 'locked')
        : closes
          ? failures.neverSent()
          : undefined;
      const settled = await this.#settleDraft(draft.id, forget, failure);
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
    const { store, clock, log } = this.#parts;
    if (this.#drafts.has(record.id)) {
      // It is this window's own: the machine slept for longer than a claim lasts.
      await this.#leases.get(record.id)?.renew();
      await store.update(record.id, ({ nextDue }) =>
        nextDue === record.nextDue ? { nextDue: clock.now() + LEASE } : undefined,
      );
      return;
    }
    const failures = this.#parts.failures(record.baseUrl);
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
    this.#isDisposed = true;
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
    const { store, clock } = this.#parts;
    const failures = this.#parts.failures(access.baseUrl);
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
      const pause = Math.max(outcome.retryAfterMs ?? resendInterval(sends), MIN_RESEND_INTERVAL_MS);
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
      let sending: TaskRecord | undefined;
      let keyVersion: number;
      do {
        keyVersion = keys.version;
        // It may have been removed while this request waited, or while others of its batch were sent.
        const key = await keys.keyFor(originOf(access.baseUrl));
        if (!isKey(key, access.key.id))
          throw new KeyUnavailableError(key.kind === 'key' ? 'other' : key.kind);
        // Before the commit, because that tells everybody at once.
        this.#onTheirWay.add(id);
        sending = await store.update(id, (record) =>
          // Called off at the last moment, or given up by another window while this one slept.
          record.phase === 'draft' && !signal.aborted && keys.version === keyVersion
            ? { phase: 'sending', submittedAt: clock.now(), nextDue: due }
            : undefined,
        );
      } while (!sending && keys.version !== keyVersion);
      if (!sending) {
        signal.throwIfAborted();
        return { kind: 'done' };
      }
      return await this.#hold(id, 'sending', due, async () => {
        // From here on only the reply ends it: nobody can call back what may have arrived.
        const outcome = await prepared.send({
          remixOf: draft.request.remixOf,
          closing: this.#closing.signal,
        });
        await this.#recorder.record(draft, outcome, access);
        return outcome;
      });
    } finally {
      this.#onTheirWay.delete(id);
      prepared.close();
    }
  }

  /** Keeps the draft ours while something takes its time. */
  async #holdDraft<T>(id: string, work: () => Promise<T>): Promise<T> {
    const { store, clock } = this.#parts;
    const due = clock.now() + LEASE;
    await store.update(id, (record) => (record.phase === 'draft' ? { nextDue: due } : undefined));
    return this.#hold(id, 'draft', due, work);
  }

  async #hold<T>(id: string, phase: 'draft' | 'sending', due: number, work: () => Promise<T>): Promise<T> {
    const lease = new Lease(this.#parts, id, phase, due, () => undefined);
    this.#leases.set(id, lease);
    try {
      return await work();
    } finally {
      this.#leases.delete(id);
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
