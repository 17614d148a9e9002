import { mkdirSync } from 'node:fs';
import * as path from 'node:path';
import { systemClock, type Clock } from './common/clock';
import type { Event } from './common/events';
import type { Evidence } from './common/evidence';
import type { L10n } from './common/l10n';
import { DisposableStore, type Disposable } from './common/lifetime';
import { describeError, prefixed, type Log } from './common/log';
import type { KeySource } from './gateway/apiKey';
import { GatewayClient } from './gateway/client';
import { createHttp, type OpenHttp } from './gateway/http';
import { recoverTaskId } from './gateway/responseReader';
import type { Access } from './gateway/transport';
import { VideoClient } from './gateway/videoClient';
import type { Disk } from './common/fileSystem';
import { holdsKey } from './gateway/redaction';
import { Library } from './library/library';
import type { PreparedRequest } from './models/family';
import { STORAGE } from './storage';
import type { ReadOnlyReason, StoreState } from './store/storeState';
import { NOTHING_FOUND, PartialResults } from './tasks/partialResults';
import { Failures } from './tasks/failures';
import { rejectKeys } from './tasks/keyGuard';
import { Librarian } from './tasks/librarian';
import { OriginGate } from './tasks/originGate';
import { OriginKinds } from './tasks/originKinds';
import { PendingMarker } from './store/pendingMarker';
import { isEnd } from './task/phases';
import { Poller } from './tasks/poller';
import { Reopener } from './tasks/reopener';
import { Rescuer, type RescueOptions, type RescueReport } from './tasks/rescuer';
import { VideoDownloader } from './tasks/videoDownloader';
import { settled } from './tasks/settled';
import { StatusCheck } from './tasks/statusCheck';
import { TimeoutKeySource } from './tasks/timeoutKeySource';
import { StorageWatcher } from './store/storageWatcher';
import type { TaskRecord } from './store/record';
import { TaskStore } from './store/store';
import { Submitter, hashBody } from './tasks/submitter';
import type { Task, TaskChanges } from './task/task';

export interface EngineOptions {
  /** Absolute path of the folder that is ours on this machine; every window's engine gets the same. */
  readonly storageFolder: string;
  readonly keys: KeySource;
  readonly log: Log;
  readonly l10n: L10n;
  /** The language of the texts, as a tag, for the times in them; that of the host unless told. */
  readonly language?: string;
  /** The base interval between questions about a task, in ms. */
  readonly pollInterval: () => number;
  readonly clock?: Clock;
  readonly http?: OpenHttp;
  /** Base URL of Nebula's own gateway. Tests point it at a server of theirs. */
  readonly nebulaBaseUrl?: string;
  /** Where the library lies. */
  readonly disk?: Disk;
  /** 0 to 1; spreads the questions of tasks and windows. */
  readonly random?: () => number;
}

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
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #keys: KeySource;
  readonly #l10n: L10n;
  readonly #partialResults: PartialResults;
  readonly #store: TaskStore;
  readonly #gate: OriginGate;
  readonly #submitter: Submitter;
  readonly #downloader: VideoDownloader;
  readonly #reopener: Reopener;
  readonly #rescuer: Rescuer;
  readonly #poller: Poller;
  readonly #marker: PendingMarker;
  readonly #watcher: StorageWatcher;
  readonly #owned = new DisposableStore();
  #closing: Promise<void> | undefined;
  #viewVisible = false;
  #lookPlanned = false;

  /** Nothing is read before {@link open}. */
  constructor(options: EngineOptions) {
    const { storageFolder, keys, l10n, clock = systemClock, random = Math.random } = options;
    this.#clock = clock;
    this.#log = prefixed(options.log, 'tasks');
    this.#keys = new TimeoutKeySource(keys, clock);
    this.#l10n = l10n;
    this.#marker = new PendingMarker(path.join(storageFolder, STORAGE.pending));
    const location = {
      folder: path.join(storageFolder, STORAGE.store),
      legacy: path.join(storageFolder, STORAGE.legacyDatabase),
      libraryFolder: path.join(storageFolder, STORAGE.library),
      format: { l10n, language: options.language },
    };
    const store = new TaskStore(location, clock, prefixed(options.log, 'store'), () => this.#marker.set());
    this.#store = store;
    this.library = new Library(path.join(storageFolder, STORAGE.library), options.disk, clock);
    const gatewayLog = prefixed(options.log, 'gateway');
    const open = options.http ?? createHttp(clock);
    const kinds = this.#owned.add(new OriginKinds(store, open, clock, gatewayLog, options.nebulaBaseUrl));
    const http = kinds.observe(open);
    this.client = new GatewayClient(http, clock, gatewayLog);
    const failures = (baseUrl: string) => new Failures(kinds.kindOf(baseUrl));
    this.#partialResults = new PartialResults({ library: this.library, failures, log: this.#log });
    this.#gate = new OriginGate(store, clock);
    const parts = {
      store,
      client: this.client,
      videoClient: new VideoClient(http, clock, gatewayLog),
      keys: this.#keys,
      gate: this.#gate,
      clock,
      log: this.#log,
      failures,
      partialResults: this.#partialResults,
      l10n,
    };
    this.#submitter = new Submitter({ ...parts, markPending: () => this.#marker.set() });
    this.#downloader = new VideoDownloader({ ...parts, library: this.library });
    this.#reopener = new Reopener({ ...parts, library: this.library, marker: this.#marker });
    this.librarian = new Librarian({ ...parts, library: this.library });
    this.#rescuer = new Rescuer({ ...parts, library: this.library, reopener: this.#reopener });
    this.#poller = new Poller({
      ...parts,
      downloader: this.#downloader,
      submitter: this.#submitter,
      statusCheck: new StatusCheck({ ...parts, random, baseInterval: options.pollInterval }),
      onIdle: () => void this.#onIdle(),
    });
    this.#watcher = new StorageWatcher(location.folder, clock, this.#log, () => this.look());
    for (const part of [this.#submitter, this.#poller, this.#watcher]) this.#owned.add(part);
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
    this.#store.open();
  }

  /** Resolves when the tasks can be read. @throws ReadOnlyStoreError if they still can't be */
  async ready(): Promise<void> {
    return this.#store.ready();
  }

  /** Resolves when all tasks are known. @throws as {@link ready} */
  async loaded(): Promise<void> {
    await this.ready();
    if (this.#store.index.isComplete) return;
    await new Promise<void>((resolve) => {
      const listener = this.onDidLoad(() => {
        listener.dispose();
        resolve();
      });
    });
  }

  get state(): StoreState {
    return this.#store.state;
  }

  get onDidChangeState(): Event<StoreState> {
    return this.#store.onDidChangeState;
  }

  /** Fires when all tasks are known; again after the store had to be repaired. */
  get onDidLoad(): Event<void> {
    return this.#store.onDidLoad;
  }

  /** Resumes unfinished work and goes on with it, whenever the store is open. */
  start(): void {
    this.#poller.start();
    this.#owned.add(this.onDidLoad(() => void this.#recoverTaskIds()));
    if (this.#store.index.isComplete) void this.#recoverTaskIds();
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
    return this.#store.onDidChange;
  }

  /** Whether {@link tasks} has all of them: nothing may be concluded from what it lacks before. */
  get isComplete(): boolean {
    return this.#store.index.isComplete;
  }

  /** The newest tasks first, as far as they are known here. */
  tasks(limit = 100): readonly Task[] {
    return this.#store.index.tasks(limit);
  }

  task(id: string): Task | undefined {
    return this.#store.index.task(id);
  }

  /** Whether there is certainly no such task. */
  isGone(id: string): boolean {
    return this.#store.index.isGone(id);
  }

  /** A task that was made of the same request moments ago, by which a slip of the finger is recognised. */
  async recentTwin(request: PreparedRequest, baseUrl: string): Promise<Task | undefined> {
    return this.#store.twinOf(hashBody(request.body), baseUrl, this.#clock.now() - TWIN_MS);
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
    const isKey = (text: string) => this.#keys.looksLikeKey(text) || holdsKey(text, access.key);
    rejectKeys({ ...request.request, baseUrl: access.baseUrl }, isKey, this.#l10n);
    const id = await this.#submitter.submit(request, access, signal, basedOn);
    const task = await this.#store.taskWhenFree(id);
    if (!task) throw new Error('the task was removed while it was sent');
    return task;
  }

  /** Resolves when the task reaches an end phase; at once if it is there. Undefined when there is no such task. */
  async settled(id: string, signal?: AbortSignal): Promise<Task | undefined> {
    return settled(this.#store, id, signal);
  }

  /** Asks about everything that is unfinished now, also where the key was refused before. */
  async refresh(): Promise<void> {
    this.look();
    if (this.readOnly) return;
    await this.#gate.reopenAll();
    this.#poller.schedule();
  }

  /** Another key is there, or the old one is gone. */
  async keyChanged(): Promise<void> {
    await this.refresh();
  }

  /** Calls off a task that is still `draft`. @returns whether it was one */
  async stopSending(id: string): Promise<boolean> {
    if (this.#submitter.stopSending(id)) return true;
    const note = { code: 'canceledDraft' } as const;
    return !!(await this.#store.update(id, (record) =>
      record.phase === 'draft' ? { phase: 'stopped', note, failure: null } : undefined,
    ));
  }

  /** No longer follows a task that the gateway has. It neither cancels nor refunds. @returns whether it was followed */
  async stopTracking(id: string): Promise<boolean> {
    const note = { code: 'stoppedTracking' } as const;
    const seen = await this.#store.recordWhenFree(id);
    const found = seen && isFollowed(seen) ? await this.#partialResults.find(seen) : NOTHING_FOUND;
    // Who stops it needs no notice of its end.
    const stop = { phase: 'stopped', note, failure: null, announcedAt: this.#clock.now() } as const;
    const stopped = await this.#store.update(id, (record, videos) =>
      isFollowed(record) ? this.#partialResults.keepVideos(stop, record, videos(), found) : undefined,
    );
    this.#downloader.cancel(id);
    return stopped !== undefined;
  }

  /** See {@link Reopener.lookAgain}. */
  async lookAgain(id: string): Promise<boolean> {
    return this.#reopener.lookAgain(id);
  }

  /** See {@link Reopener.attachTaskId}. */
  async attachTaskId(id: string, gatewayTaskId: string): Promise<boolean> {
    return this.#reopener.attachTaskId(id, gatewayTaskId);
  }

  /** See {@link Rescuer.rescue}. */
  async rescue(options: RescueOptions = {}): Promise<RescueReport> {
    return this.#rescuer.rescue(options);
  }

  /** Takes on telling the user how a task ended: of all windows, one may. */
  async claimNotice(id: string): Promise<boolean> {
    return !this.readOnly && this.#store.claimNotice(id);
  }

  /** Remembers that the user has seen a task's video. */
  async markSeen(id: string): Promise<void> {
    if (!this.readOnly) await this.#store.markSeen(id);
  }

  /** Remembers that a task's videos were saved somewhere outside of the library. */
  async markCopied(id: string): Promise<void> {
    if (!this.readOnly) await this.#store.markCopied(id);
  }

  /** Ids of the tasks whose videos the user has had removed from the library. */
  cleaned(): readonly string[] {
    return this.#store.index.cleaned();
  }

  /** Ids of the tasks whose videos the user has not seen yet. */
  unseen(): readonly string[] {
    return this.#store.index.unseen();
  }

  /** The responses that are kept of a task, the oldest first: its submit, its end, and unusual ones. Redacted. */
  async evidence(id: string): Promise<readonly Evidence[]> {
    return this.#store.evidence(id);
  }

  /** Forgets a task that has ended; its video stays in the library. @returns whether it was forgotten */
  async remove(id: string): Promise<boolean> {
    return this.#store.remove(id, (record) => isEnd(record.phase));
  }

  /** Deletes stored images that no task needs. @param remove deletes one, by its hash */
  async removeUnusedImages(hashes: readonly string[], remove: (sha256: string) => void): Promise<void> {
    if (!this.readOnly && hashes.length > 0) await this.#store.removeUnusedImages(hashes, remove);
  }

  /** Looks whether another window has changed something, and tries again to open what could not be opened. */
  look(): void {
    if (this.readOnly && this.readOnly !== 'newer') this.#store.open();
    if (this.#store.checkElsewhere()) this.#poller.schedule();
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
      this.#store.beginClosing();
      this.#owned.dispose();
      await this.#submitter.settled(CLOSE_PATIENCE);
      this.#store.dispose();
    })();
    return this.#closing;
  }

  #onStateChange({ kind }: StoreState): void {
    if (kind === 'open') {
      // Work that came back from a damaged store has no mark yet.
      if (this.#mayHaveWork()) this.#marker.set();
      // The folder may be another one than before.
      this.#watcher.restart();
    }
    this.#poller.schedule();
  }

  /** Tracks what an earlier version took for unknown although an ID had arrived. */
  async #recoverTaskIds(): Promise<void> {
    try {
      const count = await this.#store.recoverTaskIds(recoverTaskId);
      if (count > 0) this.#log.info(`found the IDs of ${count} tasks in their kept responses`);
    } catch (error) {
      this.#log.warn(`the kept responses can't be read again: ${describeError(error)}`);
    }
  }

  #mayHaveWork(): boolean {
    try {
      return this.#store.nextDue() !== undefined;
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
      this.#store.checkForChanges();
      this.#poller.schedule();
      this.#watchAsNeeded();
    });
  }

  #watchAsNeeded(): void {
    this.#watcher.setNeeded(this.#viewVisible || this.#marker.isSet());
  }

  #makeFolders(): void {
    try {
      mkdirSync(this.library.folder, { recursive: true });
    } catch (error) {
      this.#log.warn(`the storage folder can't be made: ${describeError(error)}`);
    }
  }

  async #onIdle(): Promise<void> {
    if (this.readOnly || !this.#marker.isSet()) return;
    try {
      await this.#store.ifIdle(() => this.#marker.clear());
      this.#watchAsNeeded();
    } catch (error) {
      this.#log.debug(`the mark of unfinished work stays: ${describeError(error)}`);
    }
  }
}

/** Whether the gateway has the task, and it is not over. */
function isFollowed({ phase }: TaskRecord): boolean {
  return !isEnd(phase) && phase !== 'draft' && phase !== 'sending';
}
