import { mkdirSync } from 'node:fs';
import type { Event } from './common/events';
import type { Evidence } from './common/evidence';
import { DisposableStore, type Disposable } from './common/disposable';
import { describeError } from './common/log';
import { createEngineServices, type EngineOptions, type EngineServices } from './engineServices';
import type { GatewayClient } from './gateway/client';
import { containsKey } from './gateway/redaction';
import { recoverTaskId } from './gateway/taskIds';
import type { GatewayCredentials } from './gateway/transport';
import type { Library } from './library/library';
import type { PreparedRequest } from './models/family';
import type { TaskRecord } from './store/record';
import type { ReadOnlyReason, StoreState } from './store/storeState';
import type { IdQuestion } from './task/idSource';
import { isFinal } from './task/phases';
import type { Task, TaskChanges } from './task/task';
import { rejectKeys } from './tasks/keyGuard';
import type { LibraryUsage } from './tasks/libraryUsage';
import { NOTHING_FOUND } from './tasks/partialResults';
import type { RecoveryOptions, RecoveryReport } from './tasks/taskRecovery';
import { waitForTask } from './tasks/waitForTask';
import { hashBody } from './tasks/submitter';
import { createOutcomeNotStoredError } from './tasks/submitRecorder';

export type { EngineOptions } from './engineServices';

/** The same body sent to the same gateway within this time counts as a duplicate. */
const DUPLICATE_WINDOW_MS = 10_000;
/** How long a closing window waits for responses to submits. The editor ends the extension host after 5 s. */
const CLOSE_TIMEOUT_MS = 4_000;

/**
 * The task engine: generates and tracks videos for one window. Runs in plain Node; the editor provides the folder, the
 * key source, the log and localization.
 */
export class Engine implements Disposable {
  readonly client: GatewayClient;
  readonly library: Library;
  readonly libraryUsage: LibraryUsage;
  readonly #services: EngineServices;
  readonly #owned = new DisposableStore();
  #closing: Promise<void> | undefined;
  #viewVisible = false;
  #lookPlanned = false;

  /** Nothing is read before {@link open}. */
  constructor(options: EngineOptions) {
    const services = createEngineServices(options, {
      onIdle: () => void this.#onIdle(),
      onStorageChange: () => this.checkForChanges(),
    });
    this.#services = services;
    ({ client: this.client, library: this.library, libraryUsage: this.libraryUsage } = services);
    const { store, kinds, submitter, poller, watcher } = services;
    for (const service of [kinds, submitter, poller, watcher]) this.#owned.add(service);
    this.#owned.add(store.onDidWrite(() => this.#planLook()));
    this.#owned.add(store.onDidChangeState((state) => this.#onStateChange(state)));
  }

  /** Creates an engine and waits until its store is open. @throws ReadOnlyStoreError */
  static async open(options: EngineOptions): Promise<Engine> {
    const engine = new Engine(options);
    engine.open();
    await engine.ready();
    return engine;
  }

  /** Starts to open the store. Small stores open synchronously. Failures are shown in {@link state} and retried. */
  open(): void {
    this.#makeFolders();
    this.#services.store.open();
  }

  /** Resolves when the tasks can be read. @throws ReadOnlyStoreError if the store can't be opened */
  async ready(): Promise<void> {
    return this.#services.store.ready();
  }

  /** Resolves when all tasks are in the index. @throws as {@link ready} */
  async loaded(): Promise<void> {
    await this.ready();
    if (this.#services.store.index.isComplete) return;
    await new Promise<void>((resolve) => {
      const listener = this.onDidLoad(() => {
        listener.dispose();
        resolve();
      });
    });
  }

  get state(): StoreState {
    return this.#services.store.state;
  }

  get onDidChangeState(): Event<StoreState> {
    return this.#services.store.onDidChangeState;
  }

  /** Fires when all tasks are in the index, and again after the store was repaired. */
  get onDidLoad(): Event<void> {
    return this.#services.store.onDidLoad;
  }

  /** Starts unfinished work, whenever the store is open. */
  start(): void {
    this.#services.poller.start();
    this.#owned.add(this.onDidLoad(() => void this.#recoverTaskIds()));
    if (this.#services.store.index.isComplete) void this.#recoverTaskIds();
    this.#onStateChange(this.state);
  }

  /** Why nothing can be stored or sent; undefined if the store is writable. */
  get readOnly(): ReadOnlyReason | undefined {
    const { state } = this;
    if (state.kind === 'readOnly' || state.kind === 'failed') return state.reason;
    return state.kind === 'closing' ? 'windowCloses' : undefined;
  }

  /** Fires once for each change made in any window. */
  get onDidChangeTasks(): Event<TaskChanges> {
    return this.#services.store.onDidChange;
  }

  /** True if {@link tasks} has all tasks. Until then, a missing task may exist. */
  get isComplete(): boolean {
    return this.#services.store.index.isComplete;
  }

  /** Known tasks, newest first. */
  tasks(limit = 100): readonly Task[] {
    return this.#services.store.index.tasks(limit);
  }

  task(id: string): Task | undefined {
    return this.#services.store.index.task(id);
  }

  /** Returns true if there is certainly no such task. */
  isGone(id: string): boolean {
    return this.#services.store.index.isGone(id);
  }

  /** A task created from the same request in the last 10 s, so that the user can be asked whether it's a mistake. */
  async recentDuplicate(request: PreparedRequest, baseUrl: string): Promise<Task | undefined> {
    return this.#services.store.findDuplicate(
      hashBody(request.body),
      baseUrl,
      this.#services.clock.now() - DUPLICATE_WINDOW_MS,
    );
  }

  /**
   * Sends a request, once, and resolves when its outcome is known and stored.
   * @param signal cancels the request until the first byte is sent
   * @param basedOn the extension's ID of the earlier task that this request repeats
   * @param onStored awaited once the request is stored as a task, before anything is sent. Must not reject
   * @throws RequestError, SubmitCancelledError, KeyUnavailableError or ReadOnlyStoreError if there is no task;
   *   OutcomeNotStoredError if the request was sent, but its outcome couldn't be stored
   */
  async submit(
    request: PreparedRequest,
    access: GatewayCredentials,
    signal?: AbortSignal,
    basedOn?: string,
    onStored?: () => Promise<void>,
  ): Promise<Task> {
    const { keys, l10n, submitter, store } = this.#services;
    const isKey = (text: string) => keys.looksLikeKey(text) || containsKey(text, access.key);
    rejectKeys({ ...request.request, baseUrl: access.baseUrl }, isKey, l10n);
    const id = await submitter.submit(request, access, { signal, basedOn, onStored });
    const task = await store.readTask(id).catch((cause: unknown) => {
      const known = store.index.task(id);
      // The caller must not take it for a request that wasn't sent.
      if (!known || known.phase === 'draft' || known.phase === 'sending')
        throw createOutcomeNotStoredError(l10n, cause);
      return known;
    });
    if (!task) throw new Error('the task was removed while it was sent');
    return task;
  }

  /** Resolves when the task reaches a final phase, or with undefined if there is no such task. */
  async waitForTask(id: string, signal?: AbortSignal): Promise<Task | undefined> {
    return waitForTask(this.#services.store, id, signal);
  }

  /** Checks all unfinished tasks now, also where the key was refused before. */
  async refresh(): Promise<void> {
    this.checkForChanges();
    if (this.readOnly) return;
    await this.#services.circuitBreaker.resetAll();
    this.#services.poller.schedule();
  }

  /** Call when the key was set, replaced or removed. */
  async keyChanged(): Promise<void> {
    await this.refresh();
  }

  /** Cancels a draft. @returns true if the task was a draft and is now canceled */
  async stopSending(id: string): Promise<boolean> {
    if (this.#services.submitter.stopSending(id)) return true;
    const note = { code: 'canceledDraft' } as const;
    return !!(await this.#services.store.update(id, (record) =>
      record.phase === 'draft' ? { phase: 'stopped', note, failure: null } : undefined,
    ));
  }

  /** Stops tracking a task. Neither cancels nor refunds it. @returns true if it was tracked */
  async stopTracking(id: string): Promise<boolean> {
    const seen = await this.#services.store.readRecord(id);
    const found = seen && isTracked(seen) ? await this.#services.partialResults.find(seen) : NOTHING_FOUND;
    // No notification for a task that the user stopped.
    const stop = { phase: 'stopped', failure: null, notifiedAt: this.#services.clock.now() } as const;
    const stopped = await this.#services.store.update(id, (record, videos) => {
      if (!isTracked(record)) return undefined;
      const charged = this.#services.failures(record.baseUrl).chargeWhenStopped(record);
      const patch = { ...stop, note: { code: 'stoppedTracking', params: { charged } } } as const;
      return this.#services.partialResults.keepVideos(patch, record, videos(), found);
    });
    this.#services.downloader.cancel(id);
    return stopped !== undefined;
  }

  /** See {@link TaskReopener.checkAgain}. */
  async checkAgain(id: string): Promise<boolean> {
    return this.#services.reopener.checkAgain(id);
  }

  /** See {@link TaskReopener.attachTaskId}. */
  async attachTaskId(id: string, gatewayTaskId: string): Promise<boolean> {
    return this.#services.reopener.attachTaskId(id, gatewayTaskId);
  }

  /** Tasks with both a late and an attached ID, about which the user hasn't decided. */
  idQuestions(): readonly IdQuestion[] {
    return this.#services.store.index.idQuestions();
  }

  /** Settles a question of {@link idQuestions}. Sends nothing. @param keepsBoth false stops tracking the attached ID */
  async answerIdQuestion({ taskId, attachedId }: IdQuestion, keepsBoth: boolean): Promise<void> {
    if (this.readOnly) return;
    const earlier = this.task(this.task(taskId)?.basedOn ?? '');
    if (!keepsBoth && earlier?.gatewayTaskId === attachedId) await this.stopTracking(earlier.id);
    await this.#services.store.answerIdQuestion(taskId);
  }

  /** See {@link TaskRecovery.run}. */
  async recoverVideos(options: RecoveryOptions = {}): Promise<RecoveryReport> {
    const { TaskRecovery } = await import('./tasks/taskRecovery');
    return new TaskRecovery(this.#services).run(options);
  }

  /** Claims the notification about a task's end. @returns true in only one window */
  async claimNotification(id: string): Promise<boolean> {
    return !this.readOnly && this.#services.store.claimNotification(id);
  }

  /** Records that the user has seen a task's video. */
  async markSeen(id: string): Promise<void> {
    if (!this.readOnly) await this.#services.store.markSeen(id);
  }

  /** Records that a task's videos were saved outside the library. */
  async markExported(id: string): Promise<void> {
    if (!this.readOnly) await this.#services.store.markExported(id);
  }

  /** IDs of tasks whose videos the user removed from the library. */
  deletedFromLibrary(): readonly string[] {
    return this.#services.store.index.deletedFromLibrary();
  }

  /** IDs of tasks whose videos the user hasn't seen yet. */
  unseen(): readonly string[] {
    return this.#services.store.index.unseen();
  }

  /** Stored responses of a task, oldest first: its submit, its end, and unusual ones. Redacted. */
  async evidence(id: string): Promise<readonly Evidence[]> {
    return this.#services.store.evidence(id);
  }

  /** Removes a task that has ended; its video stays in the library. @returns true if it was removed */
  async remove(id: string): Promise<boolean> {
    return this.#services.store.remove(id, (record) => isFinal(record.phase));
  }

  /** Deletes stored images that no task needs. @param remove deletes one, by its hash */
  async removeUnusedImages(hashes: readonly string[], remove: (sha256: string) => void): Promise<void> {
    if (!this.readOnly && hashes.length > 0) await this.#services.store.removeUnusedImages(hashes, remove);
  }

  /** Checks for changes by other windows, and retries opening the store if that failed. */
  checkForChanges(): void {
    if (this.readOnly && this.readOnly !== 'newer') this.#services.store.open();
    if (this.#services.store.checkElsewhere()) this.#services.poller.schedule();
  }

  /** Set while the tasks are visible, so that other windows' changes show up in time. */
  setViewVisible(visible: boolean): void {
    this.#viewVisible = visible;
    this.#watchAsNeeded();
    if (visible) this.checkForChanges();
  }

  /** Starts closing, see {@link close}. */
  dispose(): void {
    void this.close();
  }

  /**
   * Closes the engine. Waits up to 4 s for responses to submits, because they may contain the IDs of paid tasks. Never
   * rejects.
   */
  async close(): Promise<void> {
    if (this.#closing) return this.#closing;
    this.#closing = (async () => {
      this.#services.store.beginClosing();
      this.#owned.dispose();
      await this.#services.submitter.waitUntilIdle(CLOSE_TIMEOUT_MS);
      this.#services.store.dispose();
    })();
    return this.#closing;
  }

  #onStateChange({ kind }: StoreState): void {
    if (kind === 'open') {
      // Work recovered from a damaged store isn't marked yet.
      if (this.#mayHaveWork()) this.#services.marker.set();
      // The folder may have been replaced.
      this.#services.watcher.restart();
    }
    this.#services.poller.schedule();
  }

  /** Tracks tasks that an earlier version marked as unknown although an ID had arrived. */
  async #recoverTaskIds(): Promise<void> {
    try {
      const count = await this.#services.store.recoverTaskIds(recoverTaskId);
      if (count > 0) this.#services.log.info(`found the IDs of ${count} tasks in their kept responses`);
    } catch (error) {
      this.#services.log.warn(`the kept responses can't be read again: ${describeError(error)}`);
    }
  }

  #mayHaveWork(): boolean {
    try {
      return this.#services.store.nextDue() !== undefined;
    } catch {
      // Assume unfinished work if the store can't be read.
      return true;
    }
  }

  /** Checks once for all writes in the same turn. */
  #planLook(): void {
    if (this.#lookPlanned) return;
    this.#lookPlanned = true;
    queueMicrotask(() => {
      this.#lookPlanned = false;
      if (this.#owned.isDisposed) return;
      this.#services.store.checkForChanges();
      this.#services.poller.schedule();
      this.#watchAsNeeded();
    });
  }

  #watchAsNeeded(): void {
    this.#services.watcher.setNeeded(this.#viewVisible || this.#services.marker.isSet());
  }

  #makeFolders(): void {
    try {
      mkdirSync(this.library.folder, { recursive: true });
    } catch (error) {
      this.#services.log.warn(`the storage folder can't be made: ${describeError(error)}`);
    }
  }

  async #onIdle(): Promise<void> {
    if (this.readOnly || !this.#services.marker.isSet()) return;
    try {
      await this.#services.store.ifIdle(() => this.#services.marker.clear());
      this.#watchAsNeeded();
    } catch (error) {
      this.#services.log.debug(`the mark of unfinished work stays: ${describeError(error)}`);
    }
  }
}

/** Returns true if the gateway has the task and it hasn't ended. */
function isTracked({ phase }: TaskRecord): boolean {
  return !isFinal(phase) && phase !== 'draft' && phase !== 'sending';
}
