import { html, render } from 'lit';
import type { Action, FramePosition, PageState, Texts, ToPage, View } from './protocol';
import type { SoundState } from './soundDetection';
import type { HostConnection } from './hostConnection';
import { currentTake, type Handlers, type Loading } from './pageModel';
import { readState } from './pageState';
import { Playback } from './playback';
import { captureFrame } from './captureFrame';
import { renderPage } from './templates';

interface Dependencies {
  readonly root: HTMLElement;
  readonly host: HostConnection;
  readonly taskId: string;
  readonly texts: Texts;
  /** Whether this browser can decode AAC, or undefined if unknown. */
  readonly probe: Promise<boolean | undefined>;
}

/** How long a copy button shows a check mark. */
const COPIED_MARK_MS = 2000;

/** How far an arrow key seeks. The clips are a few seconds long, and the browser's own step is too small. */
const SEEK_STEP_SECONDS = 1;

const LOADING_STATES: readonly Loading[] = ['loading', 'playing', 'failed'];

/** The page of one task. Renders what the host sends and stores the user's playback settings. */
export class PlayerPage {
  readonly #deps: Dependencies;
  #state: PageState;
  #view: View | undefined;
  /** Start of the task on the page's clock (`performance.now()`). */
  #startedAt = 0;
  #playback: Playback | undefined;
  #loading: Loading = 'loading';
  #sound: SoundState = 'unknown';
  #isFilled = false;
  #copied: Action | undefined;
  #copiedTimer: number | undefined;
  #tickTimer: number | undefined;
  #error = '';
  #announcement = '';
  readonly #running = new Set<Action>();
  /** Handled frame requests. The host may send a request twice. */
  readonly #frameRequests = new Set<number>();

  readonly #handlers: Handlers = {
    run: (action) => void this.#run(action),
    step: (direction) => this.#playback?.step(direction),
    toggleLoop: () => {
      this.#playback?.setLoop(!this.#state.loop);
      this.#render();
    },
    setSpeed: (speed) => this.#playback?.setSpeed(speed),
    setFilled: (filled) => {
      this.#isFilled = filled;
      this.#render();
    },
    setTake: (take) => {
      if (take === this.#state.take) return;
      this.#loading = 'loading';
      this.#sound = 'unknown';
      this.#saveState({ take, position: 0 });
      this.#render();
    },
    onVideo: (element) => this.#onVideo(element),
  };

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#state = readState(deps.host.state, deps.taskId);
    // Lets the editor restore the page after the window is reloaded.
    deps.host.setState(this.#state);
  }

  /** Renders the page and requests its content from the host. */
  start(): void {
    this.#render();
    window.addEventListener('keydown', (event) => this.#onKey(event));
    // Capture the event before the video sees it. Otherwise the browser seeks too.
    window.addEventListener('keydown', (event) => this.#onArrow(event), { capture: true });
    this.#deps.host.listen((message) => {
      if (message.type === 'view') this.#show(message.view);
      else if (message.type === 'captureFrame') void this.#captureFrame(message);
      else if (this.#view) this.#show({ ...this.#view, ...definedFields(message.change) });
    });
  }

  #show(view: View): void {
    const previous = this.#view;
    this.#view = view;
    if (view.stage.kind === 'working' && view.stage !== previous?.stage) {
      this.#startedAt = performance.now() - view.stage.elapsedMs;
    }
    if (previous && getStatusText(previous) !== getStatusText(view)) this.#announcement = getStatusText(view);
    const previousUrl = currentTake(previous, this.#state)?.url;
    if (currentTake(view, this.#state)?.url !== previousUrl) {
      this.#loading = 'loading';
      this.#sound = 'unknown';
    }
    if (view.stage.kind !== 'video') this.#isFilled = false;
    this.#render();
    this.#scheduleTick();
  }

  /** Updates the elapsed time once per second while the task is running. */
  #scheduleTick(): void {
    window.clearTimeout(this.#tickTimer);
    if (this.#view?.stage.kind !== 'working') return;
    const untilNextSecond = 1000 - ((performance.now() - this.#startedAt) % 1000);
    this.#tickTimer = window.setTimeout(() => {
      this.#render();
      this.#scheduleTick();
    }, untilNextSecond);
  }

  #saveState(change: Partial<PageState>): void {
    this.#state = { ...this.#state, ...change };
    this.#deps.host.setState(this.#state);
  }

  async #run(action: Action): Promise<void> {
    // Ignore clicks while the action is running.
    if (this.#running.has(action)) return;
    this.#running.add(action);
    this.#error = '';
    this.#announcement = '';
    this.#render();
    const { error, note } = await this.#deps.host.run(action, this.#getFramePosition(action));
    this.#running.delete(action);
    this.#error = error ?? '';
    this.#announcement = error ?? note ?? '';
    if (error === null && (action === 'copyPrompt' || action === 'copyDetails')) this.#markCopied(action);
    this.#render();
  }

  /**
   * @returns the frame an action is about. Pauses the video, which would otherwise play past the frame the user
   * chose.
   */
  #getFramePosition(action: Action): FramePosition | undefined {
    const take = currentTake(this.#view, this.#state);
    if (!take || (action !== 'continueFromLastFrame' && action !== 'useThisFrame')) return undefined;
    return {
      video: take.video,
      seconds: action === 'useThisFrame' ? (this.#playback?.pause() ?? null) : null,
    };
  }

  async #captureFrame({ request, url, seconds }: Extract<ToPage, { type: 'captureFrame' }>): Promise<void> {
    if (this.#frameRequests.has(request)) return;
    this.#frameRequests.add(request);
    const { host } = this.#deps;
    try {
      host.sendFrame(request, await captureFrame(url, seconds));
    } catch (error) {
      host.sendFrameError(request, error instanceof Error ? error.message : String(error));
    }
  }

  #markCopied(action: Action): void {
    window.clearTimeout(this.#copiedTimer);
    this.#copied = action;
    this.#copiedTimer = window.setTimeout(() => {
      this.#copied = undefined;
      this.#render();
    }, COPIED_MARK_MS);
  }

  #onVideo(element: Element | undefined): void {
    this.#playback?.dispose();
    this.#playback = undefined;
    const take = currentTake(this.#view, this.#state);
    if (!take || !(element instanceof HTMLVideoElement)) return;
    this.#playback = new Playback(element, {
      take,
      state: this.#state,
      probe: this.#deps.probe,
      saveState: (change) => {
        const hasNewSpeed = change.speed !== undefined && change.speed !== this.#state.speed;
        this.#saveState(change);
        if (hasNewSpeed) this.#render();
      },
      onLoaded: () => this.#setLoading('playing'),
      onFailed: (reason) => {
        this.#deps.host.reportVideoFailed(reason);
        this.#announcement = this.#deps.texts.failed;
        this.#setLoading('failed');
      },
      onSoundState: (sound) => this.#setSound(sound),
    });
  }

  #setLoading(loading: Loading): void {
    if (this.#loading === loading) return;
    this.#loading = loading;
    // The element may fire this during a render. Let that one finish first.
    queueMicrotask(() => this.#render());
  }

  #setSound(sound: SoundState): void {
    if (this.#sound === sound) return;
    this.#sound = sound;
    if (sound === 'inaudible') this.#announcement = this.#deps.texts.noSound;
    queueMicrotask(() => this.#render());
  }

  #onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || this.#loading !== 'playing') return;
    const path = event.composedPath();
    // In a dropdown, typing selects an option and Escape closes it.
    if (path.some((node) => node instanceof Element && node.localName === 'vscode-single-select')) return;
    if (event.key === ',' || event.key === '.') this.#playback?.step(event.key === '.' ? 1 : -1);
    else if (event.key === ' ' && path[0] === this.#deps.root) this.#playback?.togglePlay();
    else if (event.key === 'Escape' && this.#isFilled) this.#handlers.setFilled(false);
    else return;
    event.preventDefault();
  }

  /** Seeks if the focus is on the video or the page, not on the volume slider or another control. */
  #onArrow(event: KeyboardEvent): void {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || this.#loading !== 'playing')
      return;
    const [target] = event.composedPath();
    const isVideoFocused = target instanceof HTMLVideoElement && target.matches(':focus');
    if (!isVideoFocused && target !== this.#deps.root) return;
    this.#playback?.seek(event.key === 'ArrowRight' ? SEEK_STEP_SECONDS : -SEEK_STEP_SECONDS);
    event.preventDefault();
    event.stopPropagation();
  }

  #render(): void {
    const { root, texts } = this.#deps;
    const view = this.#view;
    const take = currentTake(view, this.#state);
    for (const loading of LOADING_STATES) {
      root.classList.toggle(loading, this.#loading === loading && (!view || take !== undefined));
    }
    root.classList.toggle('filled', this.#isFilled);
    root.classList.toggle('portrait', take !== undefined && take.height > take.width);
    render(
      html`${view ? this.#renderView(view) : html`<main class="empty" aria-label=${texts.video} aria-busy="true"></main>`}
        <div class="visually-hidden" role="status">${this.#announcement}</div>`,
      root,
    );
  }

  #renderView(view: View): ReturnType<typeof renderPage> {
    return renderPage(
      {
        texts: this.#deps.texts,
        view,
        state: this.#state,
        loading: this.#loading,
        sound: this.#sound,
        isFilled: this.#isFilled,
        canFullScreen: document.fullscreenEnabled,
        running: this.#running,
        copied: this.#copied,
        error: this.#error,
        elapsedMs: performance.now() - this.#startedAt,
      },
      this.#handlers,
    );
  }
}

/** @returns the status for screen readers. */
function getStatusText({ state, stage }: View): string {
  if (stage.kind === 'working' && stage.isHeld) return stage.title;
  return state === '' && stage.kind === 'message' ? stage.title : state;
}

/** Removes undefined fields: a field missing from a message hasn't changed. */
function definedFields(change: { [K in keyof View]?: View[K] | undefined }): Partial<View> {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
}
