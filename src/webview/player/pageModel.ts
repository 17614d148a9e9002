import type { Action, PageState, Take, Texts, View } from './protocol';
import type { SoundState } from './soundDetection';

/** Where in life the video is. Each is a class of the body. */
export type Loading = 'loading' | 'playing' | 'failed';

/** All that a drawing of the page depends on. */
export interface Model {
  readonly texts: Texts;
  readonly view: View;
  readonly state: PageState;
  readonly loading: Loading;
  readonly hearing: SoundState;
  /** The video fills the page, for want of a full screen. */
  readonly isFilled: boolean;
  readonly mayFullScreen: boolean;
  /** What the host is busy with for us. */
  readonly running: ReadonlySet<Action>;
  /** What was copied a moment ago. */
  readonly copied: Action | undefined;
  /** What the host could not do, in a sentence; empty when all is well. */
  readonly trouble: string;
  readonly elapsedMs: number;
}

/** What a person does on the page. */
export interface Handlers {
  run(action: Action): void;
  step(direction: 1 | -1): void;
  toggleLoop(): void;
  setSpeed(speed: number): void;
  setFilled(filled: boolean): void;
  setTake(take: number): void;
  /** The video element has come or gone. Always the same function, or each drawing would count as a change. */
  readonly onVideo: (element: Element | undefined) => void;
}

/** The video on the page, if it shows one. */
export function currentTake(view: View | undefined, state: PageState): Take | undefined {
  return view?.stage.kind === 'video' ? (view.stage.takes[state.take] ?? view.stage.takes[0]) : undefined;
}
