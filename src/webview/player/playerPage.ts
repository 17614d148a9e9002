import { html, render } from 'lit';
import type { Action, FramePosition, PageState, Texts, ToPage, View } from './protocol';
import type { SoundState } from './soundDetection';
import type { HostConnection } from './hostConnection';
import { currentTake, type Handlers, type Loading } from './pageModel';
import { readState } from './pageState';
import { Playback } from './playback';
import { captureFrame } from './captureFrame';
import { page } from './templates';

interface Parts {
  readonly root: HTMLElement;
  readonly host: HostConnection;
  readonly taskId: string;
  readonly texts: Texts;
  /** Whether AAC can be decoded here, once that is known. */
  readonly probe: Promise<boolean | undefined>;
}

/** How long something that was copied is marked as such, in ms. */
const COPIED_TIME = 2000;

/** How far an arrow key seeks, in seconds: these clips last for seconds, and the browser would go by hundredths of them. */
const SEEK_STEP = 1;

const LOADINGS: readonly Loading[] = ['loading', 'playing', 'failed'];

/** The page of one task: draws what the host tells, and keeps what a person sets. It lives as long as its document. */
export class PlayerPage {
  readonly #parts: Parts;
  #state: PageState;
  #view: View | undefined;
  /** When the task began, on the page's own clock. */
  #began = 0;
  #playback: Playback | undefined;
  #loading: Loading = 'loading';
  #hearing: SoundState = 'notKnown';
  #isFilled = false;
  #copied: Action | undefined;
  #copiedTimer: number | undefined;
  #tickTimer: number | undefined;
  #trouble = '';
  #announcement = '';
  readonly #running = new Set<Action>();
  /** Pictures that were asked for; a request may arrive twice. */
  readonly #frames = new Set<number>();

  readonly #handlers: Handlers = {
    run: (action) => void this.#run(action),
    step: (direction) => this.#playback?.step(direction),
    toggleLoop: () => {
      this.#playback?.setLoop(!this.#state.loop);
      this.#draw();
    },
    setSpeed: (speed) => this.#playback?.setSpeed(speed),
    setFilled: (filled) => {
      this.#isFilled = filled;
      this.#draw();
    },
    setTake: (take) => {
      if (take === this.#state.take) return;
      this.#loading = 'loading';
      this.#hearing = 'notKnown';
      this.#keep({ take, position: 0 });
      this.#draw();
    },
    onVideo: (element) => this.#onVideo(element),
  };

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#state = readState(parts.host.state, parts.taskId);
    // From now on a reload of the window finds its way back here.
    parts.host.keepState(this.#state);
  }

  /** Draws the page and asks the host for what is on it. */
  start(): void {
    this.#draw();
    window.addEventListener('keydown', (event) => this.#onKey(event));
    // Before it reaches the video, whose own step would be added.
    window.addEventListener('keydown', (event) => this.#onArrow(event), { capture: true });
    this.#parts.host.listen((told) => {
      if (told.type === 'view') this.#show(told.view);
      else if (told.type === 'captureFrame') void this.#captureFrame(told);
      else if (this.#view) this.#show({ ...this.#view, ...definedParts(told.change) });
    });
  }

  #show(view: View): void {
    const before = this.#view;
    this.#view = view;
    if (view.stage.kind === 'working' && view.stage !== before?.stage) {
      this.#began = performance.now() - view.stage.elapsedMs;
    }
    if (before && standing(before) !== standing(view)) this.#announcement = standing(view);
    const urlBefore = currentTake(before, this.#state)?.url;
    if (currentTake(view, this.#state)?.url !== urlBefore) {
      this.#loading = 'loading';
      this.#hearing = 'notKnown';
    }
    if (view.stage.kind !== 'video') this.#isFilled = false;
    this.#draw();
    this.#planTick();
  }

  /** Counts the seconds, only while there is something to wait for. */
  #planTick(): void {
    window.clearTimeout(this.#tickTimer);
    if (this.#view?.stage.kind !== 'working') return;
    const untilNextSecond = 1000 - ((performance.now() - this.#began) % 1000);
    this.#tickTimer = window.setTimeout(() => {
      this.#draw();
      this.#planTick();
    }, untilNextSecond);
  }

  #keep(change: Partial<PageState>): void {
    this.#state = { ...this.#state, ...change };
    this.#parts.host.keepState(this.#state);
  }

  async #run(action: Action): Promise<void> {
    // A second press while the first is at work asks for nothing new.
    if (this.#running.has(action)) return;
    this.#running.add(action);
    this.#trouble = '';
    this.#announcement = '';
    this.#draw();
    const { error, note } = await this.#parts.host.run(action, this.#momentOf(action));
    this.#running.delete(action);
    this.#trouble = error ?? '';
    this.#announcement = error ?? note ?? '';
    if (error === null && (action === 'copyPrompt' || action === 'copyDetails')) this.#markExported(action);
    this.#draw();
  }

  /** What a person means by an action. A video that plays on would show another picture than the one they chose. */
  #momentOf(action: Action): FramePosition | undefined {
    const take = currentTake(this.#view, this.#state);
    if (!take || (action !== 'continueFromLastFrame' && action !== 'useThisFrame')) return undefined;
    return {
      video: take.video,
      seconds: action === 'useThisFrame' ? (this.#playback?.holdStill() ?? null) : null,
    };
  }

  async #captureFrame({ request, url, seconds }: Extract<ToPage, { type: 'captureFrame' }>): Promise<void> {
    if (this.#frames.has(request)) return;
    this.#frames.add(request);
    const { host } = this.#parts;
    try {
      host.giveFrame(request, await captureFrame(url, seconds));
    } catch (error) {
      host.refuseFrame(request, error instanceof Error ? error.message : String(error));
    }
  }

  #markExported(action: Action): void {
    window.clearTimeout(this.#copiedTimer);
    this.#copied = action;
    this.#copiedTimer = window.setTimeout(() => {
      this.#copied = undefined;
      this.#draw();
    }, COPIED_TIME);
  }

  #onVideo(element: Element | undefined): void {
    this.#playback?.dispose();
    this.#playback = undefined;
    const take = currentTake(this.#view, this.#state);
    if (!take || !(element instanceof HTMLVideoElement)) return;
    this.#playback = new Playback(element, {
      take,
      state: this.#state,
      probe: this.#parts.probe,
      keep: (change) => {
        const isShown = change.speed !== undefined && change.speed !== this.#state.speed;
        this.#keep(change);
        if (isShown) this.#draw();
      },
      onLoaded: () => this.#setLoading('playing'),
      onFailed: (reason) => {
        this.#parts.host.tellFailed(reason);
        this.#announcement = this.#parts.texts.failedTitle;
        this.#setLoading('failed');
      },
      onHearing: (hearing) => this.#setHearing(hearing),
    });
  }

  #setLoading(loading: Loading): void {
    if (this.#loading === loading) return;
    this.#loading = loading;
    // The element may tell this in the middle of a drawing; that is finished first.
    queueMicrotask(() => this.#draw());
  }

  #setHearing(hearing: SoundState): void {
    if (this.#hearing === hearing) return;
    this.#hearing = hearing;
    if (hearing === 'notHeard') this.#announcement = this.#parts.texts.noSound;
    queueMicrotask(() => this.#draw());
  }

  #onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || this.#loading !== 'playing') return;
    const path = event.composedPath();
    // In a list, typing chooses an entry and Escape closes it.
    if (path.some((node) => node instanceof Element && node.localName === 'vscode-single-select')) return;
    if (event.key === ',' || event.key === '.') this.#playback?.step(event.key === '.' ? 1 : -1);
    else if (event.key === ' ' && path[0] === this.#parts.root) this.#playback?.toggle();
    else if (event.key === 'Escape' && this.#isFilled) this.#handlers.setFilled(false);
    else return;
    event.preventDefault();
  }

  /** Seeks, where the key is for the video as a whole and not for the slider of its volume or anything else. */
  #onArrow(event: KeyboardEvent): void {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || this.#loading !== 'playing')
      return;
    const [target] = event.composedPath();
    const isOnVideo = target instanceof HTMLVideoElement && target.matches(':focus');
    if (!isOnVideo && target !== this.#parts.root) return;
    this.#playback?.seek(event.key === 'ArrowRight' ? SEEK_STEP : -SEEK_STEP);
    event.preventDefault();
    event.stopPropagation();
  }

  #draw(): void {
    const { root, texts } = this.#parts;
    const view = this.#view;
    const take = currentTake(view, this.#state);
    for (const loading of LOADINGS) {
      root.classList.toggle(loading, this.#loading === loading && (!view || take !== undefined));
    }
    root.classList.toggle('filled', this.#isFilled);
    root.classList.toggle('portrait', take !== undefined && take.height > take.width);
    render(
      html`${view ? this.#page(view) : html`<main class="empty" aria-label=${texts.loading} aria-busy="true"></main>`}
        <div class="visually-hidden" role="status">${this.#announcement}</div>`,
      root,
    );
  }

  #page(view: View): ReturnType<typeof page> {
    return page(
      {
        texts: this.#parts.texts,
        view,
        state: this.#state,
        loading: this.#loading,
        hearing: this.#hearing,
        isFilled: this.#isFilled,
        mayFullScreen: document.fullscreenEnabled,
        running: this.#running,
        copied: this.#copied,
        trouble: this.#trouble,
        elapsedMs: performance.now() - this.#began,
      },
      this.#handlers,
    );
  }
}

/** How things stand, in a few words. */
function standing({ state, stage }: View): string {
  return stage.kind === 'working' && stage.isHeld ? stage.title : state;
}

/** The parts that are there: what is left out of a message has not changed. */
function definedParts(change: { [K in keyof View]?: View[K] | undefined }): Partial<View> {
  return Object.fromEntries(Object.entries(change).filter(([, part]) => part !== undefined));
}
