import type { PageState, Take } from './protocol';
import { frameTime } from './format';
import { detectSound, type SoundState } from './soundDetection';

interface VideoWithAudioStats extends HTMLVideoElement {
  /** Nonstandard, Chromium only. */
  readonly webkitAudioDecodedByteCount?: number;
}

interface PlaybackOptions {
  readonly take: Take;
  readonly state: PageState;
  /** Whether this browser can decode AAC, or undefined if unknown. */
  readonly probe: Promise<boolean | undefined>;
  /** Stores a change of the page state. */
  readonly saveState: (change: Partial<PageState>) => void;
  readonly onLoaded: () => void;
  readonly onFailed: (reason: string) => void;
  readonly onSoundState: (sound: SoundState) => void;
}

/** How often the position is stored during playback. Each time sends a message to the editor. */
const SAVE_INTERVAL_MS = 1000;

/** Controls one video element: restores its position and stores the user's settings. */
export class Playback {
  readonly #video: VideoWithAudioStats;
  readonly #options: PlaybackOptions;
  readonly #listeners = new AbortController();
  #probe: boolean | undefined;
  #playedSeconds = 0;
  #lastTime: number | undefined;
  #savedAt = 0;

  constructor(video: HTMLVideoElement, options: PlaybackOptions) {
    this.#video = video;
    this.#options = options;
    const { state } = options;
    video.volume = state.volume;
    video.muted = state.muted;
    video.loop = state.loop;
    video.defaultPlaybackRate = state.speed;
    video.playbackRate = state.speed;
    this.#listen();
    // The element may have loaded or failed before the listeners were added.
    if (video.error) this.#reportError();
    else if (video.readyState >= video.HAVE_METADATA) this.#restorePosition();
    void options.probe.then((probe) => {
      this.#probe = probe;
      this.#updateSound();
    });
  }

  /** Pauses on the next or previous frame. */
  step(direction: 1 | -1): void {
    const video = this.#video;
    if (!Number.isFinite(video.duration)) return;
    video.pause();
    const { framesPerSecond } = this.#options.take;
    video.currentTime = frameTime(video.currentTime, direction, video.duration, framesPerSecond);
  }

  /** Seeks by a number of seconds, clamped to the video. */
  seek(seconds: number): void {
    const video = this.#video;
    if (!Number.isFinite(video.duration)) return;
    video.currentTime = Math.min(Math.max(video.currentTime + seconds, 0), video.duration);
  }

  togglePlay(): void {
    const video = this.#video;
    if (!video.paused) {
      video.pause();
      return;
    }
    // Ignore: the video stays paused, and the `error` event reports the reason.
    video.play().catch(() => undefined);
  }

  /**
   * Pauses the video.
   * @returns the current position in seconds
   */
  pause(): number {
    this.#video.pause();
    return this.#video.currentTime;
  }

  setLoop(loop: boolean): void {
    this.#video.loop = loop;
    this.#options.saveState({ loop });
  }

  setSpeed(speed: number): void {
    this.#video.playbackRate = speed;
  }

  /** Removes all listeners. */
  dispose(): void {
    this.#listeners.abort();
  }

  #listen(): void {
    const video = this.#video;
    const { saveState } = this.#options;
    const on = (event: keyof HTMLMediaElementEventMap, listener: () => void): void =>
      video.addEventListener(event, listener, { signal: this.#listeners.signal });
    on('loadedmetadata', () => this.#restorePosition());
    on('loadeddata', () => this.#options.onLoaded());
    on('canplay', () => this.#updateSound());
    on('error', () => this.#reportError());
    on('volumechange', () => saveState({ volume: video.volume, muted: video.muted }));
    on('ratechange', () => saveState({ speed: video.playbackRate }));
    on('pause', () => this.#savePosition());
    on('seeked', () => this.#savePosition());
    on('ended', () => this.#savePosition());
    on('seeking', () => (this.#lastTime = undefined));
    on('timeupdate', () => this.#onTime());
    // The last chance before the editor destroys a hidden page.
    window.addEventListener('pagehide', () => this.#savePosition(), { signal: this.#listeners.signal });
  }

  #restorePosition(): void {
    const { position } = this.#options.state;
    // If it was at the end, start from the beginning.
    if (position > 0 && position < this.#video.duration) this.#video.currentTime = position;
    if (this.#video.readyState >= this.#video.HAVE_CURRENT_DATA) this.#options.onLoaded();
  }

  #onTime(): void {
    const now = this.#video.currentTime;
    if (!this.#video.paused && this.#lastTime !== undefined && now > this.#lastTime) {
      this.#playedSeconds += now - this.#lastTime;
    }
    this.#lastTime = now;
    this.#updateSound();
    if (performance.now() - this.#savedAt >= SAVE_INTERVAL_MS) this.#savePosition();
  }

  #savePosition(): void {
    this.#savedAt = performance.now();
    this.#options.saveState({ position: this.#video.currentTime });
  }

  #updateSound(): void {
    if (this.#listeners.signal.aborted || this.#video.readyState < this.#video.HAVE_FUTURE_DATA) return;
    const hearing = detectSound({
      hasAudio: this.#options.take.hasAudio,
      probe: this.#probe,
      decodedBytes: this.#video.webkitAudioDecodedByteCount,
      playedSeconds: this.#playedSeconds,
    });
    this.#options.onSoundState(hearing);
  }

  #reportError(): void {
    const { error } = this.#video;
    this.#options.onFailed(error ? `${error.code} ${error.message}`.trim() : 'unknown');
  }
}
