import type { SendableImage, SourceInfo } from '../../core/images/imagePipeline';
import type { FitOptions } from '../../core/images/fitImage';
import type { Size } from '../../core/images/pixels';
import type { Card, Choice } from '../../webview/imageFit/protocol';

export type ImageInfo = Extract<SourceInfo, { kind: 'image' }>;
export type SentImage = Extract<SendableImage, { kind: 'image' }>;

/** An image for which the user chooses how it's fitted. */
export interface ImageToFit {
  /** The card as shown on the page. */
  readonly card: Omit<Card, 'revision'>;
  /**
   * @returns the exact bytes to send
   * @throws ImageError with a message for the user, or the signal's reason
   */
  fit(options: FitOptions, signal: AbortSignal): Promise<SentImage>;
  /** @returns the whole image for display, upright and scaled down. Throws like `fit`. */
  show(size: Size, options: FitOptions, signal: AbortSignal): Promise<SentImage>;
}

export interface ImageFitRequest {
  /** Title of the tab. */
  readonly title: string;
  readonly images: readonly ImageToFit[];
}

/** The choice for an image when the page was closed. */
export interface ImageChoice {
  readonly choice: Choice;
  /** SHA-256 in hex of the preview, or undefined if none was shown. */
  readonly shown: string | undefined;
}

/** How the page was closed. `away`: the user closed the tab. */
export interface ImageFitResult {
  readonly end: 'use' | 'back' | 'cancel';
  /** In the order of the images. */
  readonly chosen: readonly ImageChoice[];
}

/** Shows the page and waits until it's closed. */
export interface ImageFitDialog {
  show(question: ImageFitRequest): Promise<ImageFitResult>;
}
