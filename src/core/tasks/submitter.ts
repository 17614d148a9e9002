import { createHash, randomUUID } from 'node:crypto';
import { sleep } from '../common/clock';
import { describeError } from '../common/log';
import { isKey, type NoKeyReason } from '../gateway/apiKey';
import type { OpenSubmit } from '../gateway/client';
import { originOf } from '../gateway/baseUrl';
import type { GatewayCredentials } from '../gateway/transport';
import { GatewayError } from '../gateway/errors';
import type { PreparedRequest } from '../models/family';
import { classifyOpenError } from '../store/sqliteErrors';
import { ReadOnlyStoreError, StoreClosedError } from '../store/storeState';
import type { StoredFailure } from '../task/failure';
import { Lease } from './lease';
import type { TaskRecord } from '../store/record';
import {
  CONNECT_TIMEOUT_MS,
  MAX_CONNECT_ATTEMPTS,
  LEASE_MS,
  MIN_RESEND_INTERVAL_MS,
  MAX_SENDS,
  MAX_RESEND_WAIT_MS,
  resendInterval,
} from './schedule';
import { notSentFailure, SubmitRecorder, type SendOutcome } from './submitRecorder';
import type { TaskServices } from './taskServices';

/** The submit was canceled before a byte was sent: there is no task. */
export class SubmitCancelledError extends Error {
  override readonly name = 'SubmitCancelled';
}

/** The key can no longer be used, and no byte was sent: there is no task. */
export class KeyUnavailableError extends Error {
  override readonly name = 'KeyUnavailableError';
  /** `other` if another key is in use now. */
  readonly reason: NoKeyReason | 'other';

  constructor(reason: NoKeyReason | 'other') {
    super(`the key is not available: ${reason}`);
    this.reason = reason;
  }
}

/** Time reserved for storing an ID before the window closes. */
const STORE_TIME_MS = 1000;

interface Draft {
  readonly cancel: AbortController;
  /** True once it reached the gateway, which asked to wait. */
  wasSent: boolean;
}

/** Hashes a request body, to recognize duplicates. */
export function hashBody(body: string): string {
  return createHash('sha256').update(body).digest('hex');
}

/**
 * Sends each request once (DESIGN 4.4, 5). The row is `draft` until the connection is established, and `sending` is
 * committed before the first byte is sent. After a crash, a `draft` was certainly never sent; a `sending` may have been.
 */
export class Submitter {
  readonly #deps: TaskServices;
  readonly #recorder: SubmitRecorder;
  /** Drafts of this window that can still be canceled. */
  readonly #drafts = new Map<string, Draft>();
  /** Requests being sent. They can't be canceled. */
  readonly #sending = new Set<string>();
  readonly #leases = new Map<string, Lease>();
  readonly #active = new Set<Promise<unknown>>();
  /** Aborted shortly before the window closes. */
  readonly #closing = new AbortController();
  #isDisposed = false;

  constructor(deps: TaskServices) {
    this.#deps = deps;
    this.#recorder = new SubmitRecorder(deps);
  }

  /**
   * Sends a request and resolves when its outcome is known.
   * @param signal cancels the request until the first byte is sent
   * @param basedOn ID of the earlier task that this request repeats
   * @param onStored awaited once the draft is stored, before anything is sent. Must not reject
   * @returns the task's ID
   * @throws {@link SubmitCancelled} if canceled before a byte was sent. If canceled during a rate limit, the task ends as
   *   `stopped` instead
   * @throws {@link KeyUnavailableError} if the key is no longer the one in `access` and no byte was sent
   * @throws ReadOnlyStoreError if the request can't be stored, and therefore wasn't sent
   * @throws {@link OutcomeNotWritten} if it was sent, but its outcome couldn't be stored
   */
  async submit(
    request: PreparedRequest,
    access: GatewayCredentials,
    signal?: AbortSignal,
    basedOn?: string,
    onStored?: () => Promise<void>,
  ): Promise<string> {
    const work = this.#submit(request, access, signal, basedOn, onStored);
    this.#active.add(work);
    try {
      return await work;
    } finally {
      this.#active.delete(work);
    }
  }

  /**
   * Resolves when no submit is in progress, or after the timeout. In the last second, a response that already has an ID
   * is no longer read, so that the ID can be stored. Never rejects.
   */
  async settled(timeoutMs: number): Promise<void> {
    if (this.#active.size === 0) return;
    const stop = new AbortController();
    const { clock } = this.#deps;
    const limit = sleep(clock, timeoutMs, stop.signal).catch(() => undefined);
    const closeTimer = clock.setTimeout(() => this.#closing.abort(), timeoutMs - STORE_TIME_MS);
    await Promise.race([Promise.allSettled([...this.#active]), limit]);
    closeTimer.dispose();
    stop.abort();
  }

  async #submit(
    request: PreparedRequest,
    access: GatewayCredentials,
    signal?: AbortSignal,
    basedOn?: string,
    onStored?: () => Promise<void>,
  ): Promise<string> {
    const failures = this.#deps.failures(access.baseUrl);
    if (signal?.aborted) throw new SubmitCancelledError();
    const draft = await this.#writeDraft(request, access, basedOn);
    const state: Draft = { cancel: new AbortController(), wasSent: false };
    const { cancel } = state;
    const forward = () => cancel.abort();
    signal?.addEventListener('abort', forward, { once: true });
    if (signal?.aborted) cancel.abort();
    this.#drafts.set(draft.id, state);
    try {
      if (onStored) await this.#holdDraft(draft.id, onStored);
      await this.#send(draft, request.body, access, state);
    } catch (error) {
      const isKeyGone = error instanceof KeyUnavailableError;
      if (!isKeyGone && !cancel.signal.aborted) throw error;
      // A request that the gateway has seen stays a task, so that it isn't taken for unsent.
      const forget = !state.wasSent && (isKeyGone || signal?.aborted === true);
      const closes = this.#isDisposed && signal?.aborted !== true;
      const failure = isKeyGone
        ? failures.keyUnavailable(error.reason === 'locked')
        : closes
          ? failures.notSent()
          : undefined;
      const settled = await this.#settleDraft(draft.id, forget, failure);
      if (!settled) throw error;
      if (forget) throw isKeyGone ? error : new SubmitCancelledError();
    } finally {
      signal?.removeEventListener('abort', forward);
      this.#drafts.delete(draft.id);
    }
    return draft.id;
  }

  /** Cancels a draft of this window. @returns true if there was one */
  stopSending(id: string): boolean {
    if (this.#sending.has(id)) return false;
    const draft = this.#drafts.get(id);
    draft?.cancel.abort();
    return draft !== undefined;
  }

  /** Ends a task whose window crashed while sending it (DESIGN 4.2). */
  async settleAbandoned(record: TaskRecord): Promise<void> {
    const { store, clock, log } = this.#deps;
    if (this.#drafts.has(record.id)) {
      // This window's own draft: the machine slept for longer than the lease.
      await this.#leases.get(record.id)?.renew();
      await store.update(record.id, ({ nextDue }) =>
        nextDue === record.nextDue ? { nextDue: clock.now() + LEASE_MS } : undefined,
      );
      return;
    }
    const failures = this.#deps.failures(record.baseUrl);
    await store.update(record.id, (current) => {
      if (current.nextDue !== record.nextDue) return undefined;
      if (current.phase === 'draft') return { phase: 'rejected', failure: failures.notSent() };
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

  /** @throws ReadOnlyStoreError whatever keeps the draft from being stored */
  async #writeDraft(
    request: PreparedRequest,
    access: GatewayCredentials,
    basedOn?: string,
  ): Promise<TaskRecord> {
    const { store, clock, marker } = this.#deps;
    try {
      return await store.insert(
        {
          id: randomUUID(),
          baseUrl: access.baseUrl,
          keyId: access.key.id,
          request: request.request,
          bodySha256: hashBody(request.body),
          basedOn,
          nextDue: clock.now() + LEASE_MS,
        },
        () => marker.set(),
      );
    } catch (error) {
      if (error instanceof ReadOnlyStoreError) throw error;
      const reason = error instanceof StoreClosedError ? 'windowCloses' : classifyOpenError(error);
      throw new ReadOnlyStoreError(reason, error);
    }
  }

  /** Connects and sends, again where that is certainly safe, until the outcome is stored. */
  async #send(draft: TaskRecord, body: string, access: GatewayCredentials, state: Draft): Promise<void> {
    const { clock } = this.#deps;
    const failures = this.#deps.failures(access.baseUrl);
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
        if (
          unreachable >= MAX_CONNECT_ATTEMPTS ||
          clock.now() + pause - startedConnecting > CONNECT_TIMEOUT_MS
        ) {
          return this.#rejectDraft(draft.id, notSentFailure(failures, outcome.error, access));
        }
        await this.#holdDraft(draft.id, () => sleep(clock, pause, signal));
        continue;
      }
      if (outcome.kind !== 'rateLimited') return;
      state.wasSent = true;
      sends++;
      const pause = Math.max(outcome.retryAfterMs ?? resendInterval(sends), MIN_RESEND_INTERVAL_MS);
      waited += pause;
      if (sends >= MAX_SENDS || waited > MAX_RESEND_WAIT_MS) {
        return this.#rejectDraft(draft.id, failures.refused({ status: 429, ...outcome.error }));
      }
      await this.#holdDraft(draft.id, () => sleep(clock, pause, signal));
      startedConnecting = clock.now();
      unreachable = 0;
    }
  }

  /** Connects and sends once. Stores a final outcome; the caller decides about the others. */
  async #sendOnce(
    draft: TaskRecord,
    body: string,
    access: GatewayCredentials,
    signal: AbortSignal,
  ): Promise<SendOutcome | { readonly kind: 'done' }> {
    const { store, client, clock, keys } = this.#deps;
    const { id } = draft;
    let prepared: OpenSubmit;
    try {
      const hasImages = (draft.request.images ?? []).length > 0;
      prepared = await this.#holdDraft(id, () => client.prepareSubmit(access, body, signal, hasImages));
    } catch (error) {
      if (error instanceof GatewayError && error.nothingSent) return { kind: 'notSent', error };
      throw error;
    }
    try {
      const due = clock.now() + LEASE_MS;
      let sending: TaskRecord | undefined;
      let keyVersion: number;
      do {
        keyVersion = keys.version;
        // The key may have been removed while this request waited, or while others of its batch were sent.
        const key = await keys.keyFor(originOf(access.baseUrl));
        if (!isKey(key, access.key.id))
          throw new KeyUnavailableError(key.kind === 'key' ? 'other' : key.kind);
        // Mark first: committing notifies the other windows.
        this.#sending.add(id);
        sending = await store.update(id, (record) =>
          // Canceled at the last moment, or ended by another window while this one slept.
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
        // From here on, only the response ends it: a request that may have arrived can't be canceled.
        const outcome = await prepared.send({
          remixOf: draft.request.remixOf,
          closing: this.#closing.signal,
        });
        await this.#recorder.record(draft, outcome, access);
        return outcome;
      });
    } finally {
      this.#sending.delete(id);
      prepared.close();
    }
  }

  async #rejectDraft(id: string, failure: StoredFailure): Promise<void> {
    await this.#deps.store.update(id, (record) =>
      record.phase === 'draft' ? { phase: 'rejected', failure } : undefined,
    );
  }

  /** Renews this window's lease on the draft during slow steps. */
  async #holdDraft<T>(id: string, work: () => Promise<T>): Promise<T> {
    const { store, clock } = this.#deps;
    const due = clock.now() + LEASE_MS;
    await store.update(id, (record) => (record.phase === 'draft' ? { nextDue: due } : undefined));
    return this.#hold(id, 'draft', due, work);
  }

  async #hold<T>(id: string, phase: 'draft' | 'sending', due: number, work: () => Promise<T>): Promise<T> {
    const lease = new Lease(this.#deps, { id, phase, due });
    this.#leases.set(id, lease);
    try {
      return await work();
    } finally {
      this.#leases.delete(id);
      lease.dispose();
    }
  }

  /**
   * Removes or ends a draft that won't be sent.
   * @param failure ends it as `rejected`; without one, as `stopped`
   */
  async #settleDraft(id: string, forget: boolean, failure: StoredFailure | undefined): Promise<boolean> {
    const { store, log } = this.#deps;
    try {
      if (forget) return await store.remove(id, (record) => record.phase === 'draft');
      const stopped = await store.update(id, (record) => {
        if (record.phase !== 'draft') return undefined;
        if (failure) return { phase: 'rejected', failure };
        return { phase: 'stopped', note: { code: 'canceledDraft' }, failure: null };
      });
      return stopped !== undefined || (await store.readRecord(id))?.phase === 'stopped';
    } catch (error) {
      // If the window has closed, the next one ends the draft.
      if (!(error instanceof StoreClosedError)) {
        log.error(`a draft could not be cleared away: ${describeError(error)}`);
      }
      return false;
    }
  }
}
