import type { PageState, Take } from './protocol';
import { frameTime } from './format';
import { detectSound, type SoundState } from './soundDetection';

/** What the browser knows of a video beyond the standard. */
interface CountingVideo extends HTMLVideoElement {
  /** Chromium only. */
  readonly webkitAudioDecodedByteCount?: number;
}

interface Parts {
  readonly take: Take;
  readonly state: PageState;
  /** Whether AAC can be decoded here, once that is known. */
  readonly probe: Promise<boolean | undefined>;
  /** Something that outlasts the page has changed. */
  readonly keep: (change: Partial<PageState>) => void;
  readonly onLoaded: () => void;
  readonly onFailed: (reason: string) => void;
  readonly onHearing: (hearing: SoundState) => void;
}

/** While it plays the position is kept this often, in ms: each time costs a message to the editor. */
const KEEP_INTERVAL = 1000;

/** One video element: it begins where it was left, and what a person sets is kept. */
export class Playback {
  readonly #video: CountingVideo;
  readonly #parts: Parts;
  readonly #end = new AbortController();
  #probe: boolean | undefined;
  #played = 0;
  #lastTime: number | undefined;
  #kept = 0;

  constructor(video: HTMLVideoElement, parts: Parts) {
    this.#video = video;
    this.#parts = parts;
    const { state } = parts;
    video.volume = state.volume;
    video.muted = state.muted;
    video.loop = state.loop;
    video.defaultPlaybackRate = state.speed;
    video.playbackRate = state.speed;
    this.#listen();
    // What is in the element already told nobody.
    if (video.error) this.#fail();
    else if (video.readyState >= video.HAVE_METADATA) this.#begin();
    void parts.probe.then((probe) => {
      this.#probe = probe;
      this.#judge();
    });
  }

  /** Shows the next or the last picture, and stands still there. */
  step(direction: 1 | -1): void {
    const video = this.#video;
    if (!Number.isFinite(video.duration)) return;
    video.pause();
    const { framesPerSecond } = this.#parts.take;
    video.currentTime = frameTime(video.currentTime, direction, video.duration, framesPerSecond);
  }

  /** Goes on, or back, by so many seconds, as far as there is something. */
  seek(seconds: number): void {
    const video = this.#video;
    if (!Number.isFinite(video.duration)) return;
    video.currentTime = Math.min(Math.max(video.currentTime + seconds, 0), video.duration);
  }

  /** Plays or stands still. */
  toggle(): void {
    const video = this.#video;
    if (!video.paused) {
      video.pause();
      return;
    }
    // A refusal shows as a video that stands still; the element's own error event tells the rest.
    video.play().catch(() => undefined);
  }

  /** Stands still. @returns where, in seconds */
  holdStill(): number {
    this.#video.pause();
    return this.#video.currentTime;
  }

  setLoop(loop: boolean): void {
    this.#video.loop = loop;
    this.#parts.keep({ loop });
  }

  setSpeed(speed: number): void {
    this.#video.playbackRate = speed;
  }

  /** Stops listening; the element is on its way out. */
  dispose(): void {
    this.#end.abort();
  }

  #listen(): void {
    const video = this.#video;
    const { keep } = this.#parts;
    const on = (event: keyof HTMLMediaElementEventMap, listener: () => void): void =>
      video.addEventListener(event, listener, { signal: this.#end.signal });
    on('loadedmetadata', () => this.#begin());
    on('loadeddata', () => this.#parts.onLoaded());
    on('canplay', () => this.#judge());
    on('error', () => this.#fail());
    on('volumechange', () => keep({ volume: video.volume, muted: video.muted }));
    on('ratechange', () => keep({ speed: video.playbackRate }));
    on('pause', () => this.#keepPosition());
    on('seeked', () => this.#keepPosition());
    on('ended', () => this.#keepPosition());
    on('seeking', () => (this.#lastTime = undefined));
    on('timeupdate', () => this.#onTime());
    // The last moment before a hidden page is gone.
    window.addEventListener('pagehide', () => this.#keepPosition(), { signal: this.#end.signal });
  }

  #begin(): void {
    const { position } = this.#parts.state;
    // At its very end there is nothing left to see.
    if (position > 0 && position < this.#video.duration) this.#video.currentTime = position;
    if (this.#video.readyState >= this.#video.HAVE_CURRENT_DATA) this.#parts.onLoaded();
  }

  #onTime(): void {
    const now = this.#video.currentTime;
    if (!this.#video.paused && this.#lastTime !== undefined && now > this.#lastTime) {
      this.#played += now - this.#lastTime;
    }
    this.#lastTime = now;
    this.#judge();
    if (performance.now() - this.#kept >= KEEP_INTERVAL) this.#keepPosition();
  }

  #keepPosition(): void {
    this.#kept = performance.now();
    this.#parts.keep({ position: this.#video.currentTime });
  }

  #judge(): void {
    if (this.#end.signal.aborted || this.#video.readyState < this.#video.HAVE_FUTURE_DATA) return;
    const hearing = detectSound({
      hasAudio: this.#parts.take.hasAudio,
      probe: this.#probe,
      decodedBytes: this.#video.webkitAudioDecodedByteCount,
      playedSeconds: this.#played,
    });
    this.#parts.onHearing(hearing);
  }

  #fail(): void {
    const { error } = this.#video;
    this.#parts.onFailed(error ? `${error.code} ${error.message}`.trim() : 'unknown');
  }
}
