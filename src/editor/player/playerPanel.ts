import * as vscode from 'vscode';
import { DisposableStore, type Disposable } from '../../core/common/disposable';
import type { Evidence } from '../../core/common/evidence';
import { describeError } from '../../core/common/log';
import type { Task } from '../../core/task/task';
import {
  toHost,
  type Action,
  type FramePosition,
  type Take,
  type ToHost,
  type ToPage,
  type View,
} from '../../webview/player/protocol';
import type { AppContext } from '../common/appContext';
import { FrameError, FrameRequests } from './frameRequests';
import { inspectVideoFile } from './videoFile';
import { tasksUnreadableMessage } from '../common/rejection';
import { actionLabel, commandForAction } from '../labels/actionLabels';
import { playerHtml } from './playerHtml';
import { PLAYER_VIEW_TYPE } from '../common/ids';
import { playerText } from './playerText';
import {
  diffView,
  evidenceText,
  detailsText,
  messageView,
  playerView,
  taskTitle,
  type Media,
  type ViewContext,
} from './playerView';

export { pageState } from '../../webview/player/protocol';

export interface PlayerEngine {
  task(id: string): Task | undefined;
  /** Stores that the user has seen the video. */
  markSeen(id: string): Promise<void>;
  /** Stored gateway responses of a task. */
  evidence(id: string): Promise<readonly Evidence[]>;
}

export interface PanelDependencies extends Pick<
  AppContext,
  'catalog' | 'extensionUri' | 'commandTitles' | 'l10n' | 'language' | 'clock' | 'log'
> {
  /** Opens the engine on first use. */
  readonly engine: () => Promise<PlayerEngine>;
  /** Absolute path of the library on this machine. */
  readonly libraryFolder: string;
  readonly execute: (command: string, ...args: readonly unknown[]) => PromiseLike<unknown>;
  readonly copy: (text: string) => PromiseLike<void>;
}

/** Result of an action: an error message, or a note for screen readers. */
type RunResult = Pick<Extract<ToPage, { type: 'done' }>, 'error' | 'note'>;

const NO_NOTE: RunResult = { error: null, note: null };

const MAX_TAB_TITLE_LENGTH = 32;

/** The page of one task in an editor tab. */
export class PlayerPanel implements Disposable {
  readonly taskId: string;
  readonly #panel: vscode.WebviewPanel;
  readonly #deps: PanelDependencies;
  readonly #owned = new DisposableStore();
  readonly #frames: FrameRequests;
  /** The view that the page shows, or undefined until it's ready. */
  #shown: View | undefined;
  /** Counts updates, so that a slow one doesn't overwrite a newer one. */
  #updates = 0;

  private constructor(panel: vscode.WebviewPanel, taskId: string, deps: PanelDependencies) {
    this.#panel = panel;
    this.taskId = taskId;
    this.#deps = deps;
    this.#frames = this.#owned.add(
      new FrameRequests({ clock: deps.clock, postMessage: (message) => this.#post(message) }),
    );
    const media = vscode.Uri.joinPath(deps.extensionUri, 'dist', 'webview');
    const { webview } = panel;
    panel.iconPath = new vscode.ThemeIcon('device-camera-video');
    // A restored panel still has the resource roots of the version that created it.
    webview.options = {
      enableScripts: true,
      enableForms: false,
      localResourceRoots: [media, vscode.Uri.file(deps.libraryFolder)],
    };
    this.#owned.add(panel.onDidDispose(() => this.#owned.dispose()));
    this.#owned.add(webview.onDidReceiveMessage((message: unknown) => this.#onMessage(message)));
    webview.html = playerHtml({
      cspSource: webview.cspSource,
      script: webview.asWebviewUri(vscode.Uri.joinPath(media, 'player.js')).toString(),
      style: webview.asWebviewUri(vscode.Uri.joinPath(media, 'player.css')).toString(),
      language: deps.language,
      data: { taskId, texts: playerText(deps) },
    });
  }

  /**
   * Opens a new tab for a task.
   * @param preserveFocus doesn't move the focus to the tab
   */
  static create(task: Task, deps: PanelDependencies, preserveFocus: boolean): PlayerPanel {
    const title = taskTitle(task, MAX_TAB_TITLE_LENGTH, deps.l10n);
    const place = { viewColumn: vscode.ViewColumn.Active, preserveFocus };
    return new PlayerPanel(
      vscode.window.createWebviewPanel(PLAYER_VIEW_TYPE, title, place, { enableFindWidget: true }),
      task.id,
      deps,
    );
  }

  /** Takes over a tab that VS Code restored after a reload. */
  static revive(panel: vscode.WebviewPanel, taskId: string, deps: PanelDependencies): PlayerPanel {
    return new PlayerPanel(panel, taskId, deps);
  }

  get isActive(): boolean {
    return !this.#owned.isDisposed && this.#panel.active;
  }

  get isVisible(): boolean {
    return !this.#owned.isDisposed && this.#panel.visible;
  }

  /** Calls the listener when the tab is closed or released. */
  onDidDispose(listener: () => void): void {
    this.#owned.add({ dispose: listener });
  }

  /**
   * Brings the tab to the front.
   * @param preserveFocus doesn't move the focus to the tab
   */
  reveal(preserveFocus: boolean): void {
    this.#panel.reveal(undefined, preserveFocus);
  }

  /**
   * Captures a frame in the page. The tab must be visible.
   * @returns the PNG from the page, not validated
   * @throws {@link FrameError}
   */
  async captureFrame({ video, seconds }: FramePosition): Promise<Uint8Array> {
    const { stage } = await this.#buildView();
    const take = stage.kind === 'video' ? stage.takes.find((one) => one.video === video) : undefined;
    if (!take && !this.#owned.isDisposed) throw new FrameError('missing', 'the file is missing');
    return this.#frames.request({ url: take?.url ?? '', seconds });
  }

  /** Sends the page what changed. A page that isn't ready requests the full view itself. */
  async update(): Promise<void> {
    const update = ++this.#updates;
    const view = await this.#buildView();
    if (this.#owned.isDisposed || update !== this.#updates || !this.#shown) return;
    const change = diffView(this.#shown, view);
    if (Object.keys(change).length === 0) return;
    this.#shown = view;
    this.#post({ type: 'change', change });
  }

  /** Stops updating the tab without closing it. VS Code restores it after a reload. */
  release(): void {
    this.#owned.dispose();
  }

  /** Closes the tab. */
  dispose(): void {
    if (!this.#owned.isDisposed) this.#panel.dispose();
  }

  #onMessage(message: unknown): void {
    const parsed = toHost.safeParse(message);
    if (!parsed.success) {
      this.#deps.log.warn('received an invalid message from a page');
      return;
    }
    this.#handle(parsed.data).catch((error: unknown) => this.#deps.log.error(describeError(error)));
  }

  async #handle(message: ToHost): Promise<void> {
    switch (message.type) {
      case 'ready':
        await this.#sendAll();
        this.#frames.resend();
        return;
      case 'videoFailed':
        this.#deps.log.warn(`the video of task ${this.taskId} can't be played: ${message.reason}`);
        // The file may have been removed.
        return this.update();
      case 'run':
        return this.#run(message.request, message.action, message.position);
      case 'frame':
        this.#frames.resolve(message.request, message.png);
        return;
      case 'frameError':
        this.#deps.log.warn(`couldn't capture a frame of task ${this.taskId}: ${message.reason}`);
        this.#frames.reject(message.request, message.reason);
        return;
    }
  }

  /** Sends the full view. */
  async #sendAll(): Promise<void> {
    const update = ++this.#updates;
    const view = await this.#buildView();
    if (this.#owned.isDisposed || update !== this.#updates) return;
    this.#shown = view;
    this.#post({ type: 'view', view });
  }

  async #run(request: number, action: Action, position: FramePosition | undefined): Promise<void> {
    let result: RunResult;
    try {
      result = await this.#dispatch(action, position);
    } catch (reason) {
      this.#deps.log.error(`${action} failed: ${describeError(reason)}`);
      const { l10n } = this.#deps;
      const label = actionLabel(action, this.#deps).replace(/…$/, '');
      result = { error: l10n.t('{0} failed unexpectedly. See the log for details.', label), note: null };
    }
    if (!this.#owned.isDisposed) this.#post({ type: 'done', request, ...result });
  }

  /** Copies the details and the gateway responses, for bug reports. */
  async #copyDetails(): Promise<void> {
    const engine = await this.#deps.engine();
    const evidence = await engine.evidence(this.taskId);
    const texts = [detailsText(this.#shown?.facts ?? []), ...evidence.map(evidenceText)];
    await this.#deps.copy(texts.join('\n\n'));
  }

  async #dispatch(action: Action, position: FramePosition | undefined): Promise<RunResult> {
    switch (action) {
      case 'copyDetails':
        await this.#copyDetails();
        return this.#copied();
      case 'copyPrompt':
        await this.#execute('copyPrompt');
        return this.#copied();
      case 'openEarlier':
        await this.#openEarlier();
        return NO_NOTE;
      case 'retry':
        await this.update();
        return NO_NOTE;
      case 'lookForFile':
        return this.#lookForFile();
      default:
        await this.#execute(action, position);
        return NO_NOTE;
    }
  }

  async #execute(action: Action, position?: FramePosition): Promise<void> {
    const target = commandForAction(action, this.taskId, position);
    if (target) await this.#deps.execute(target.command, ...target.args);
  }

  async #openEarlier(): Promise<void> {
    const earlier = (await this.#deps.engine()).task(this.taskId)?.basedOn;
    if (earlier !== undefined) await this.#deps.execute('nebulaVideo.openVideo', earlier);
  }

  #copied(): RunResult {
    return { error: null, note: this.#deps.l10n.t('Copied.') };
  }

  /** Checks for the file first, then whether the gateway still has the video. */
  async #lookForFile(): Promise<RunResult> {
    await this.update();
    const stage = this.#shown?.stage;
    const isMissing = stage?.kind === 'message' || (stage?.kind === 'video' && stage.note !== null);
    if (isMissing) await this.#execute('lookAgain');
    return NO_NOTE;
  }

  /** Builds the current view. */
  async #buildView(): Promise<View> {
    const { catalog, commandTitles, l10n, language, clock, log } = this.#deps;
    const viewContext: ViewContext = { catalog, commandTitles, l10n, language, now: clock.now() };
    let task: Task | undefined;
    let earlier: Task | undefined;
    try {
      const engine = await this.#deps.engine();
      task = engine.task(this.taskId);
      earlier = task?.basedOn === undefined ? undefined : engine.task(task.basedOn);
    } catch (error) {
      log.error(`task ${this.taskId} can't be read: ${describeError(error)}`);
      const message = tasksUnreadableMessage(l10n);
      return messageView({ ...message, tone: 'error', actions: ['retry', 'showLog'] }, viewContext);
    }
    if (!task) {
      const message = {
        title: l10n.t('This task was removed.'),
        sentence: l10n.t('Any videos of it are still in the library.'),
      };
      return messageView({ ...message, tone: 'warning', actions: ['openLibrary'] }, viewContext);
    }
    if (!this.#owned.isDisposed) this.#panel.title = taskTitle(task, MAX_TAB_TITLE_LENGTH, l10n);
    return playerView(task, await this.#media(task), { ...viewContext, earlier });
  }

  async #media({ phase, videos }: Task): Promise<Media> {
    if (phase !== 'saved' || videos.length === 0) return { kind: 'missing' };
    const takes: Take[] = [];
    for (const [index, video] of videos.entries()) {
      const file = await inspectVideoFile(video.uri);
      if (!file || this.#owned.isDisposed) continue;
      const { width, height, hasAudio } = video;
      const url = this.#panel.webview.asWebviewUri(vscode.Uri.parse(video.uri, true));
      takes.push({
        video: index,
        url: url.with({ query: `version=${file.version}` }).toString(),
        name: this.#deps.l10n.t('Video {0}', index + 1),
        width,
        height,
        hasAudio,
        framesPerSecond: file.framesPerSecond,
      });
    }
    return takes.length > 0 ? { kind: 'available', takes } : { kind: 'missing' };
  }

  #post(message: ToPage): void {
    // Hidden webviews don't receive messages. The page requests the full view when it's shown again.
    this.#panel.webview.postMessage(message).then(undefined, (error: unknown) => {
      if (!this.#owned.isDisposed)
        this.#deps.log.warn(`couldn't send a message to a page: ${describeError(error)}`);
    });
  }
}
