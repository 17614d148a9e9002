import { mkdirSync } from 'node:fs';
import type { Event } from './common/events';
import type { Evidence } from './common/evidence';
import { DisposableStore, type Disposable } from './common/lifetime';
import { describeError } from './common/log';
import { createEngineServices, type EngineOptions, type EngineServices } from './engineServices';
import type { GatewayClient } from './gateway/client';
import { holdsKey } from './gateway/redaction';
import { recoverTaskId } from './gateway/taskIds';
import type { Access } from './gateway/transport';
import type { Library } from './library/library';
import type { PreparedRequest } from './models/family';
import type { TaskRecord } from './store/record';
import type { ReadOnlyReason, StoreState } from './store/storeState';
import type { IdQuestion } from './task/idSource';
import { isEnd } from './task/phases';
import type { Task, TaskChanges } from './task/task';
import { rejectKeys } from './tasks/keyGuard';
import type { Librarian } from './tasks/librarian';
import { NOTHING_FOUND } from './tasks/partialResults';
import type { RescueOptions, RescueReport } from './tasks/rescuer';
import { settled } from './tasks/settled';
import { hashBody } from './tasks/submitter';
import { outcomeNotWritten } from './tasks/submitRecorder';

export type { EngineOptions } from './engineServices';

/** The same body to the same gateway within this time, in ms, is asked about when a person sent it. */
const TWIN_MS = 10_000;
/** How long a closing window waits for the reply to what it sends, in ms: the editor waits five seconds for us. */
const CLOSE_PATIENCE = 4_000;

/**
 * The task engine, put together: what a window needs to ask for videos and to follow them. It runs in plain Node;
 * the editor gives it a folder, a key source, a log and texts.
 */
export class Engine implements Disposable {
  readonly client: GatewayClient;
  readonly library: Library;
  readonly librarian: Librarian;
  readonly #services: EngineServices;
  readonly #owned = new DisposableStore();
  #closing: Promise<void> | undefined;
  #viewVisible = false;
  #lookPlanned = false;

  /** Nothing is read before {@link open}. */
  constructor(options: EngineOptions) {
    const services = createEngineServices(options, {
      onIdle: () => void this.#onIdle(),
      onStorageChange: () => this.look(),
    });
    this.#services = services;
    ({ client: this.client, library: this.library, librarian: this.librarian } = services);
    const { store, kinds, submitter, poller, watcher } = services;
    for (const service of [kinds, submitter, poller, watcher]) this.#owned.add(service);
    this.#owned.add(store.onDidWrite(() => this.#planLook()));
    this.#owned.add(store.onDidChangeState((state) => this.#onStateChange(state)));
  }

  /** An engine whose store is open, for programs that do nothing without. @throws ReadOnlyStoreError */
  static async open(options: EngineOptions): Promise<Engine> {
    const engine = new Engine(options);
    engine.open();
    await engine.ready();
    return engine;
  }

  /** Begins to open the store, which small ones are at once. What fails is shown by {@link state} and tried again. */
  open(): void {
    this.#makeFolders();
    this.#services.store.open();
  }

  /** Resolves when the tasks can be read. @throws ReadOnlyStoreError if they still can't be */
  async ready(): Promise<void> {
    return this.#services.store.ready();
  }

  /** Resolves when all tasks are known. @throws as {@link ready} */
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

  /** Fires when all tasks are known; again after the store had to be repaired. */
  get onDidLoad(): Event<void> {
    return this.#services.store.onDidLoad;
  }

  /** Resumes unfinished work and goes on with it, whenever the store is open. */
  start(): void {
    this.#services.poller.start();
    this.#owned.add(this.onDidLoad(() => void this.#recoverTaskIds()));
    if (this.#services.store.index.isComplete) void this.#recoverTaskIds();
    this.#onStateChange(this.state);
  }

  /** Why nothing can be sent, if so. */
  get readOnly(): ReadOnlyReason | undefined {
    const { state } = this;
    if (state.kind === 'readOnly' || state.kind === 'failed') return state.reason;
    return state.kind === 'closing' ? 'windowCloses' : undefined;
  }

  /** Fires for changes made in any window; each once. */
  get onDidChangeTasks(): Event<TaskChanges> {
    return this.#services.store.onDidChange;
  }

  /** Whether {@link tasks} has all of them: nothing may be concluded from what it lacks before. */
  get isComplete(): boolean {
    return this.#services.store.index.isComplete;
  }

  /** The newest tasks first, as far as they are known here. */
  tasks(limit = 100): readonly Task[] {
    return this.#services.store.index.tasks(limit);
  }

  task(id: string): Task | undefined {
    return this.#services.store.index.task(id);
  }

  /** Whether there is certainly no such task. */
  isGone(id: string): boolean {
    return this.#services.store.index.isGone(id);
  }

  /** A task that was made of the same request moments ago, by which a slip of the finger is recognised. */
  async recentTwin(request: PreparedRequest, baseUrl: string): Promise<Task | undefined> {
    return this.#services.store.twinOf(hashBody(request.body), baseUrl, this.#services.clock.now() - TWIN_MS);
  }

  /**
   * Sends a request, once, and resolves when its outcome is known and written down.
   * @param signal calls it off as long as no byte has left
   * @param basedOn the earlier task that it was asked for again from, by our id
   * @throws RequestError, SubmitCancelled, ReadOnlyStoreError: then there is no task; OutcomeNotWritten when it was sent all the same
   */
  async submit(
    request: PreparedRequest,
    access: Access,
    signal?: AbortSignal,
    basedOn?: string,
  ): Promise<Task> {
    const { keys, l10n, submitter, store } = this.#services;
    const isKey = (text: string) => keys.looksLikeKey(text) || holdsKey(text, access.key);
    rejectKeys({ ...request.request, baseUrl: access.baseUrl }, isKey, l10n);
    const id = await submitter.submit(request, access, signal, basedOn);
    const task = await store.taskWhenFree(id).catch((cause: unknown) => {
      const known = store.index.task(id);
      // Whoever asked must not take it for a request that wasn't sent.
      if (!known || known.phase === 'draft' || known.phase === 'sending')
        throw outcomeNotWritten(l10n, cause);
      return known;
    });
    if (!task) throw new Error('the task was removed while it was sent');
    return task;
  }

  /** Resolves when the task reaches an end phase; at once if it is there. Undefined when there is no such task. */
  async settled(id: string, signal?: AbortSignal): Promise<Task | undefined> {
    return settled(this.#services.store, id, signal);
  }

  /** Asks about everything that is unfinished now, also where the key was refused before. */
  async refresh(): Promise<void> {
    this.look();
    if (this.readOnly) return;
    await this.#services.gate.reopenAll();
    this.#services.poller.schedule();
  }

  /** Another key is there, or the old one is gone. */
  async keyChanged(): Promise<void> {
    await this.refresh();
  }

  /** Calls off a task that is still `draft`. @returns whether it was one */
  async stopSending(id: string): Promise<boolean> {
    if (this.#services.submitter.stopSending(id)) return true;
    const note = { code: 'canceledDraft' } as const;
    return !!(await this.#services.store.update(id, (record) =>
      record.phase === 'draft' ? { phase: 'stopped', note, failure: null } : undefined,
    ));
  }

  /** No longer follows a task that the gateway has. It neither cancels nor refunds. @returns whether it was followed */
  async stopTracking(id: string): Promise<boolean> {
    const note = { code: 'stoppedTracking' } as const;
    const seen = await this.#services.store.recordWhenFree(id);
    const found = seen && isFollowed(seen) ? await this.#services.partialResults.find(seen) : NOTHING_FOUND;
    // Who stops it needs no notice of its end.
    const stop = { phase: 'stopped', note, failure: null, announcedAt: this.#services.clock.now() } as const;
    const stopped = await this.#services.store.update(id, (record, videos) =>
      isFollowed(record)
        ? this.#services.partialResults.keepVideos(stop, record, videos(), found)
        : undefined,
    );
    this.#services.downloader.cancel(id);
    return stopped !== undefined;
  }

  /** See {@link Reopener.lookAgain}. */
  async lookAgain(id: string): Promise<boolean> {
    return this.#services.reopener.lookAgain(id);
  }

  /** See {@link Reopener.attachTaskId}. */
  async attachTaskId(id: string, gatewayTaskId: string): Promise<boolean> {
    return this.#services.reopener.attachTaskId(id, gatewayTaskId);
  }

  /** Late task IDs beside attached ones, about which the user hasn't decided. */
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

  /** See {@link Rescuer.rescue}. */
  async rescue(options: RescueOptions = {}): Promise<RescueReport> {
    return this.#services.rescuer.rescue(options);
  }

  /** Takes on telling the user how a task ended: of all windows, one may. */
  async claimNotice(id: string): Promise<boolean> {
    return !this.readOnly && this.#services.store.claimNotice(id);
  }

  /** Remembers that the user has seen a task's video. */
  async markSeen(id: string): Promise<void> {
    if (!this.readOnly) await this.#services.store.markSeen(id);
  }

  /** Remembers that a task's videos were saved somewhere outside of the library. */
  async markCopied(id: string): Promise<void> {
    if (!this.readOnly) await this.#services.store.markCopied(id);
  }

  /** Ids of the tasks whose videos the user has had removed from the library. */
  cleaned(): readonly string[] {
    return this.#services.store.index.cleaned();
  }

  /** Ids of the tasks whose videos the user has not seen yet. */
  unseen(): readonly string[] {
    return this.#services.store.index.unseen();
  }

  /** The responses that are kept of a task, the oldest first: its submit, its end, and unusual ones. Redacted. */
  async evidence(id: string): Promise<readonly Evidence[]> {
    return this.#services.store.evidence(id);
  }

  /** Forgets a task that has ended; its video stays in the library. @returns whether it was forgotten */
  async remove(id: string): Promise<boolean> {
    return this.#services.store.remove(id, (record) => isEnd(record.phase));
  }

  /** Deletes stored images that no task needs. @param remove deletes one, by its hash */
  async removeUnusedImages(hashes: readonly string[], remove: (sha256: string) => void): Promise<void> {
    if (!this.readOnly && hashes.length > 0) await this.#services.store.removeUnusedImages(hashes, remove);
  }

  /** Looks whether another window has changed something, and tries again to open what could not be opened. */
  look(): void {
    if (this.readOnly && this.readOnly !== 'newer') this.#services.store.open();
    if (this.#services.store.checkElsewhere()) this.#services.poller.schedule();
  }

  /** Says whether the user sees the tasks, so that changes of other windows are noticed in time. */
  setViewVisible(visible: boolean): void {
    this.#viewVisible = visible;
    this.#watchAsNeeded();
    if (visible) this.look();
  }

  /** Begins to close: at once, but for requests that are being sent, see {@link close}. */
  dispose(): void {
    void this.close();
  }

  /**
   * Closes. What is being sent is paid for, so its reply is waited for a few seconds: the id in it would be lost.
   * Resolves when nothing is open any more; never rejects.
   */
  async close(): Promise<void> {
    if (this.#closing) return this.#closing;
    this.#closing = (async () => {
      this.#services.store.beginClosing();
      this.#owned.dispose();
      await this.#services.submitter.settled(CLOSE_PATIENCE);
      this.#services.store.dispose();
    })();
    return this.#closing;
  }

  #onStateChange({ kind }: StoreState): void {
    if (kind === 'open') {
      // Work that came back from a damaged store has no mark yet.
      if (this.#mayHaveWork()) this.#services.marker.set();
      // The folder may be another one than before.
      this.#services.watcher.restart();
    }
    this.#services.poller.schedule();
  }

  /** Tracks what an earlier version took for unknown although an ID had arrived. */
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
      // Who can't tell must not conclude that nothing is to be done.
      return true;
    }
  }

  /** One look for all that is written in one go. */
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

/** Whether the gateway has the task, and it is not over. */
function isFollowed({ phase }: TaskRecord): boolean {
  return !isEnd(phase) && phase !== 'draft' && phase !== 'sending';
}
