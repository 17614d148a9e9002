import type { SendableImage, SourceInfo } from '../../core/images/imagePipeline';
import type { FitOptions } from '../../core/images/fitImage';
import type { Size } from '../../core/images/pixels';
import type { Card, Choice } from '../../webview/imageFit/protocol';
import type { StepPosition } from '../common/multiStep';

export type ImageInfo = Extract<SourceInfo, { kind: 'image' }>;
export type SentImage = Extract<SendableImage, { kind: 'image' }>;

/** An image that a person decides about. */
export interface ImageToFit {
  /** As the page shows it, but for the count of its choices. */
  readonly card: Omit<Card, 'revision'>;
  /**
   * The very bytes that are sent.
   * @throws ImageError with a sentence for the user; the signal's reason
   */
  fit(wish: FitOptions, signal: AbortSignal): Promise<SentImage>;
  /** The whole image, upright and small enough to be shown; throws as `fit` does. */
  show(size: Size, wish: FitOptions, signal: AbortSignal): Promise<SentImage>;
}

/** What a person is asked on the page. */
export interface ImageFitRequest {
  /** Of the tab. */
  readonly title: string;
  /** Undefined where it is no step, but a look in between. */
  readonly place: StepPosition | undefined;
  readonly pictures: readonly ImageToFit[];
}

/** What was chosen for an image when the page ended. */
export interface Chosen {
  readonly choice: Choice;
  /** SHA-256 of the bytes that were shown for it, in hex; undefined while there were none. */
  readonly shown: string | undefined;
}

/** How the page ended. `away`: the tab was closed. */
export interface ImageFitResult {
  readonly end: 'use' | 'back' | 'away';
  /** For each picture, in their order. */
  readonly chosen: readonly Chosen[];
}

/** Shows the page and waits for its end. */
export interface ImageFitDialog {
  ask(question: ImageFitRequest): Promise<ImageFitResult>;
}
