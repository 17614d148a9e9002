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
import { commandForAction } from '../labels/actionLabels';
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
  type ViewParts,
} from './playerView';

/** The part of the engine that a player needs. */
export interface PlayerEngine {
  task(id: string): Task | undefined;
  /** Remembers that the user has seen a task's video. */
  markSeen(id: string): Promise<void>;
  /** The responses that are kept of a task. */
  evidence(id: string): Promise<readonly Evidence[]>;
}

export interface PanelDependencies extends Pick<
  AppContext,
  'catalog' | 'extensionUri' | 'l10n' | 'language' | 'clock' | 'log'
> {
  /** The engine; opened when it is first needed. */
  readonly engine: () => Promise<PlayerEngine>;
  /** Absolute path of the library on this machine. */
  readonly libraryFolder: string;
  readonly execute: (command: string, ...args: readonly unknown[]) => PromiseLike<unknown>;
  readonly copy: (text: string) => PromiseLike<void>;
}

/** How a request of the page ended: what went wrong, or what to tell otherwise. */
type Answer = Pick<Extract<ToPage, { type: 'done' }>, 'error' | 'note'>;

const NOTHING_TO_SAY: Answer = { error: null, note: null };

/** Longest title of the tab, in characters. */
const MAX_TAB_TITLE_LENGTH = 32;

/** The page of one task in an editor tab. */
export class PlayerPanel implements Disposable {
  readonly taskId: string;
  readonly #panel: vscode.WebviewPanel;
  readonly #deps: PanelDependencies;
  readonly #owned = new DisposableStore();
  readonly #frames: FrameRequests;
  /** What the page shows; undefined until it has asked. */
  #shown: View | undefined;
  /** Counts the looks at the task, so that a slow one does not undo a later one. */
  #looks = 0;

  private constructor(panel: vscode.WebviewPanel, taskId: string, deps: PanelDependencies) {
    this.#panel = panel;
    this.taskId = taskId;
    this.#deps = deps;
    this.#frames = this.#owned.add(
      new FrameRequests({ clock: deps.clock, tell: (message) => this.#tell(message) }),
    );
    const media = vscode.Uri.joinPath(deps.extensionUri, 'dist', 'webview');
    const { webview } = panel;
    panel.iconPath = new vscode.ThemeIcon('device-camera-video');
    // A revived panel still has the folders of the version that made it.
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
      data: { taskId, texts: playerText(deps.l10n) },
    });
  }

  /** Opens a new tab for a task. @param preserveFocus leaves the keyboard where it is */
  static create(task: Task, deps: PanelDependencies, preserveFocus: boolean): PlayerPanel {
    const title = taskTitle(task, MAX_TAB_TITLE_LENGTH, deps.l10n);
    const place = { viewColumn: vscode.ViewColumn.Active, preserveFocus };
    return new PlayerPanel(
      vscode.window.createWebviewPanel(PLAYER_VIEW_TYPE, title, place, { enableFindWidget: true }),
      task.id,
      deps,
    );
  }

  /** Fills a tab that the editor has kept over a reload. */
  static revive(panel: vscode.WebviewPanel, taskId: string, deps: PanelDependencies): PlayerPanel {
    return new PlayerPanel(panel, taskId, deps);
  }

  get isActive(): boolean {
    return !this.#owned.isDisposed && this.#panel.active;
  }

  get isVisible(): boolean {
    return !this.#owned.isDisposed && this.#panel.visible;
  }

  /** Calls back when the tab is closed, however that happens. */
  onDidDispose(listener: () => void): void {
    this.#owned.add({ dispose: listener });
  }

  /** Brings the tab to the front. @param preserveFocus leaves the keyboard where it is */
  reveal(preserveFocus: boolean): void {
    this.#panel.reveal(undefined, preserveFocus);
  }

  /**
   * Has the page take a picture of one of the task's videos, which must be in sight for that.
   * @returns what the page says is a PNG; nobody has looked at it yet
   * @throws {@link FrameError}
   */
  async captureFrame({ video, seconds }: FramePosition): Promise<Uint8Array> {
    const { stage } = await this.#look();
    const take = stage.kind === 'video' ? stage.takes.find((one) => one.video === video) : undefined;
    if (!take && !this.#owned.isDisposed) throw new FrameError('missing', 'the file is not there');
    return this.#frames.ask({ url: take?.url ?? '', seconds });
  }

  /** Shows what has become of the task. A page that has not asked yet will ask. */
  async update(): Promise<void> {
    const look = ++this.#looks;
    const view = await this.#look();
    if (this.#owned.isDisposed || look !== this.#looks || !this.#shown) return;
    const change = diffView(this.#shown, view);
    if (Object.keys(change).length === 0) return;
    this.#shown = view;
    this.#tell({ type: 'change', change });
  }

  /** Lets go of the tab, which stays: the editor revives it after a reload. */
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
      this.#deps.log.warn('a page sent something that is no message');
      return;
    }
    this.#answer(parsed.data).catch((error: unknown) => this.#deps.log.error(describeError(error)));
  }

  async #answer(message: ToHost): Promise<void> {
    switch (message.type) {
      case 'ready':
        await this.#sendAll();
        this.#frames.askAgain();
        return;
      case 'videoFailed':
        this.#deps.log.warn(`the video of task ${this.taskId} can't be played: ${message.reason}`);
        // Perhaps because it is no longer there.
        return this.update();
      case 'run':
        return this.#run(message.request, message.action, message.moment);
      case 'frame':
        this.#frames.taken(message.request, message.png);
        return;
      case 'noFrame':
        this.#deps.log.warn(`no picture could be taken of task ${this.taskId}: ${message.reason}`);
        this.#frames.refused(message.request, message.reason);
        return;
    }
  }

  /** Tells a page that knows nothing everything. */
  async #sendAll(): Promise<void> {
    const look = ++this.#looks;
    const view = await this.#look();
    if (this.#owned.isDisposed || look !== this.#looks) return;
    this.#shown = view;
    this.#tell({ type: 'view', view });
  }

  async #run(request: number, action: Action, moment: FramePosition | undefined): Promise<void> {
    let answer: Answer;
    try {
      answer = await this.#do(action, moment);
    } catch (reason) {
      this.#deps.log.error(`${action} failed: ${describeError(reason)}`);
      const { l10n } = this.#deps;
      answer = {
        error: l10n.t('That did not work, for an unexpected reason. The log says more.'),
        note: null,
      };
    }
    if (!this.#owned.isDisposed) this.#tell({ type: 'done', request, ...answer });
  }

  /** Copies what the page lists, and the responses behind it for whoever helps. */
  async #copyDetails(): Promise<void> {
    const engine = await this.#deps.engine();
    const evidence = await engine.evidence(this.taskId);
    const texts = [detailsText(this.#shown?.facts ?? []), ...evidence.map(evidenceText)];
    await this.#deps.copy(texts.join('\n\n'));
  }

  async #do(action: Action, moment: FramePosition | undefined): Promise<Answer> {
    switch (action) {
      case 'copyDetails':
        await this.#copyDetails();
        return this.#copied();
      case 'copyPrompt':
        await this.#execute('copyPrompt');
        return this.#copied();
      case 'openEarlier':
        await this.#openEarlier();
        return NOTHING_TO_SAY;
      case 'retry':
        await this.update();
        return NOTHING_TO_SAY;
      case 'lookForFile':
        return this.#lookForFile();
      default:
        await this.#execute(action, moment);
        return NOTHING_TO_SAY;
    }
  }

  /** Runs the command behind a button. */
  async #execute(action: Action, moment?: FramePosition): Promise<void> {
    const deed = commandForAction(action, this.taskId, moment);
    if (deed) await this.#deps.execute(deed.command, ...deed.args);
  }

  async #openEarlier(): Promise<void> {
    const earlier = (await this.#deps.engine()).task(this.taskId)?.basedOn;
    if (earlier !== undefined) await this.#deps.execute('nebulaVideo.openVideo', earlier);
  }

  #copied(): Answer {
    return { error: null, note: this.#deps.l10n.t('Copied') };
  }

  /** The file may be back; if not, the gateway may still have the video. */
  async #lookForFile(): Promise<Answer> {
    await this.update();
    const stage = this.#shown?.stage;
    const isAway = stage?.kind === 'message' || (stage?.kind === 'video' && stage.note !== null);
    if (isAway) await this.#execute('lookAgain');
    return NOTHING_TO_SAY;
  }

  /** The page as it should be now. */
  async #look(): Promise<View> {
    const { catalog, l10n, language, clock, log } = this.#deps;
    const deps: ViewParts = { catalog, l10n, language, now: clock.now() };
    let task: Task | undefined;
    let earlier: Task | undefined;
    try {
      const engine = await this.#deps.engine();
      task = engine.task(this.taskId);
      earlier = task?.basedOn === undefined ? undefined : engine.task(task.basedOn);
    } catch (error) {
      log.error(`task ${this.taskId} can't be read: ${describeError(error)}`);
      const title = l10n.t('The tasks cannot be read');
      const sentence = l10n.t('Something keeps the extension from its own files. The log says more.');
      return messageView({ title, sentence, tone: 'error', actions: ['retry', 'showLog'] }, deps);
    }
    if (!task) {
      const title = l10n.t('This task is no longer in the list');
      const sentence = l10n.t('It was removed. Its video, if there was one, is still in the library.');
      return messageView({ title, sentence, tone: 'warning', actions: ['openLibrary'] }, deps);
    }
    if (!this.#owned.isDisposed) this.#panel.title = taskTitle(task, MAX_TAB_TITLE_LENGTH, l10n);
    return playerView(task, await this.#media(task), { ...deps, earlier });
  }

  async #media({ phase, videos }: Task): Promise<Media> {
    if (phase !== 'saved' || videos.length === 0) return { kind: 'missing' };
    const takes: Take[] = [];
    for (const [index, video] of videos.entries()) {
      const file = await inspectVideoFile(video.uri);
      if (!file || this.#owned.isDisposed) continue;
      const { width, height, hasAudio } = video;
      const address = this.#panel.webview.asWebviewUri(vscode.Uri.parse(video.uri, true));
      takes.push({
        video: index,
        url: address.with({ query: `version=${file.version}` }).toString(),
        name: this.#deps.l10n.t('Video {0}', index + 1),
        width,
        height,
        hasAudio,
        framesPerSecond: file.framesPerSecond,
      });
    }
    return takes.length > 0 ? { kind: 'there', takes } : { kind: 'missing' };
  }

  #tell(message: ToPage): void {
    // A hidden page hears nothing; shown again, it asks for everything.
    this.#panel.webview.postMessage(message).then(undefined, (error: unknown) => {
      if (!this.#owned.isDisposed) this.#deps.log.warn(`a page could not be told: ${describeError(error)}`);
    });
  }
}
