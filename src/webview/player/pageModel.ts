import type { Action, PageState, Take, Texts, View } from './protocol';
import type { SoundState } from './soundDetection';

/** Loading state of the video. Also the class name of the body. */
export type Loading = 'loading' | 'playing' | 'failed';

/** Everything that a render depends on. */
export interface Model {
  readonly texts: Texts;
  readonly view: View;
  readonly state: PageState;
  readonly loading: Loading;
  readonly sound: SoundState;
  /** The video fills the page, as a replacement for full screen. */
  readonly isFilled: boolean;
  readonly canFullScreen: boolean;
  /** Actions that the host is running. */
  readonly running: ReadonlySet<Action>;
  /** The action that just copied something. */
  readonly copied: Action | undefined;
  /** Error of the last action, or empty. */
  readonly error: string;
  readonly elapsedMs: number;
}

export interface Handlers {
  run(action: Action): void;
  step(direction: 1 | -1): void;
  toggleLoop(): void;
  setSpeed(speed: number): void;
  setFilled(filled: boolean): void;
  setTake(take: number): void;
  /**
   * Called with the video element when it's added, or undefined when it's removed. The function must stay the
   * same: lit treats a new one as a change.
   */
  readonly onVideo: (element: Element | undefined) => void;
}

/** @returns the video on the page, if it shows one. */
export function currentTake(view: View | undefined, state: PageState): Take | undefined {
  return view?.stage.kind === 'video' ? (view.stage.takes[state.take] ?? view.stage.takes[0]) : undefined;
}
