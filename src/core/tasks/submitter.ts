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
} from './intervals';
import { notSentFailure, SubmitRecorder, type SendOutcome } from './submitRecorder';
import type { TaskServices } from './taskServices';

/** The submit was canceled before a byte was sent: there is no task. */
export class SubmitCancelledError extends Error {
  override readonly name = 'SubmitCancelledError';
}

/** The key can no longer be used, and no byte was sent: there is no task. */
export class KeyUnavailableError extends Error {
  override readonly name = 'KeyUnavailableError';
  /** `other` if the key was replaced. */
  readonly reason: NoKeyReason | 'other';

  constructor(reason: NoKeyReason | 'other') {
    super(`the key is not available: ${reason}`);
    this.reason = reason;
  }
}

/** Reserved for storing an ID before the window closes. */
const STORE_TIME_MS = 1000;

interface SubmitOptions {
  /** Cancels the request until the first byte is sent. */
  readonly signal?: AbortSignal | undefined;
  /** ID of the earlier task that this request repeats. */
  readonly basedOn?: string | undefined;
  /** Awaited once the draft is stored, before anything is sent. Must not reject. */
  readonly onStored?: (() => Promise<void>) | undefined;
}

interface Draft {
  readonly cancel: AbortController;
  /** Aborted by `cancel` or the caller. */
  readonly signal: AbortSignal;
  /** True once the gateway has received it and responded with a rate limit. */
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
   * @returns the task's ID
   * @throws {@link SubmitCancelledError} if canceled before a byte was sent. If canceled during a rate limit, the task ends
   *   as `stopped` instead
   * @throws {@link KeyUnavailableError} if the key is no longer the one in `access` and no byte was sent
   * @throws ReadOnlyStoreError if the request can't be stored, and therefore wasn't sent
   * @throws OutcomeNotStoredError if it was sent, but its outcome couldn't be stored
   */
  async submit(
    request: PreparedRequest,
    access: GatewayCredentials,
    options: SubmitOptions = {},
  ): Promise<string> {
    const work = this.#submit(request, access, options);
    this.#active.add(work);
    // Not `finally()`: its extra turns would let a closing engine dispose the store before the caller reads the task.
    try {
      return await work;
    } finally {
      this.#active.delete(work);
    }
  }

  /**
   * Resolves when no submit is in progress, or after the timeout. In the last second, a response that already has an ID is
   * cut off, so that the ID can be stored. Never rejects.
   */
  async waitUntilIdle(timeoutMs: number): Promise<void> {
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
    { signal, basedOn, onStored }: SubmitOptions,
  ): Promise<string> {
    const failures = this.#deps.failures(access.baseUrl);
    if (signal?.aborted) throw new SubmitCancelledError();
    const draft = await this.#writeDraft(request, access, basedOn);
    const cancel = new AbortController();
    const anySignal = signal ? AbortSignal.any([signal, cancel.signal]) : cancel.signal;
    const state: Draft = { cancel, signal: anySignal, wasSent: false };
    this.#drafts.set(draft.id, state);
    try {
      if (onStored) await this.#withDraftLease(draft.id, onStored);
      await this.#send(draft, request.body, access, state);
    } catch (error) {
      const isKeyGone = error instanceof KeyUnavailableError;
      if (!isKeyGone && !state.signal.aborted) throw error;
      // A request that the gateway has received stays a task.
      const forget = !state.wasSent && (isKeyGone || signal?.aborted === true);
      const closes = this.#isDisposed && signal?.aborted !== true;
      const failure = isKeyGone
        ? failures.keyUnavailable(error.reason === 'locked')
        : closes
          ? failures.notSent()
          : undefined;
      if (!(await this.#endDraft(draft.id, forget, failure))) throw error;
      if (forget) throw isKeyGone ? error : new SubmitCancelledError();
    } finally {
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
  async endAbandoned(record: TaskRecord): Promise<void> {
    const { store, clock, log } = this.#deps;
    if (this.#drafts.has(record.id)) {
      // The machine slept for longer than the lease of this window's draft.
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

  /** @throws ReadOnlyStoreError if the draft can't be stored, for any reason */
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

  /** Connects and sends until the outcome is stored. Sends again only if that's certainly safe. */
  async #send(draft: TaskRecord, body: string, access: GatewayCredentials, state: Draft): Promise<void> {
    const { clock } = this.#deps;
    const failures = this.#deps.failures(access.baseUrl);
    const { signal } = state;
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
        await this.#withDraftLease(draft.id, () => sleep(clock, pause, signal));
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
      await this.#withDraftLease(draft.id, () => sleep(clock, pause, signal));
      startedConnecting = clock.now();
      unreachable = 0;
    }
  }

  /** Connects and sends once. Stores final outcomes; the caller handles the others. */
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
      prepared = await this.#withDraftLease(id, () => client.prepareSubmit(access, body, signal, hasImages));
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
        // The key may have been removed while this request waited.
        const key = await keys.keyFor(originOf(access.baseUrl));
        if (!isKey(key, access.key.id))
          throw new KeyUnavailableError(key.kind === 'key' ? 'other' : key.kind);
        // Mark first: committing notifies the other windows.
        this.#sending.add(id);
        sending = await store.update(id, (record) =>
          // The user may have canceled it, or another window may have ended it while this machine slept.
          record.phase === 'draft' && !signal.aborted && keys.version === keyVersion
            ? { phase: 'sending', submittedAt: clock.now(), nextDue: due }
            : undefined,
        );
      } while (!sending && keys.version !== keyVersion);
      if (!sending) {
        signal.throwIfAborted();
        return { kind: 'done' };
      }
      return await this.#withLease(id, 'sending', due, async () => {
        // A request that may have arrived can't be canceled.
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
  async #withDraftLease<T>(id: string, work: () => Promise<T>): Promise<T> {
    const { store, clock } = this.#deps;
    const due = clock.now() + LEASE_MS;
    await store.update(id, (record) => (record.phase === 'draft' ? { nextDue: due } : undefined));
    return this.#withLease(id, 'draft', due, work);
  }

  async #withLease<T>(
    id: string,
    phase: 'draft' | 'sending',
    due: number,
    work: () => Promise<T>,
  ): Promise<T> {
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
  async #endDraft(id: string, forget: boolean, failure: StoredFailure | undefined): Promise<boolean> {
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
      // If this window has closed, the next one ends the draft.
      if (!(error instanceof StoreClosedError)) {
        log.error(`a draft could not be removed: ${describeError(error)}`);
      }
      return false;
    }
  }
}
