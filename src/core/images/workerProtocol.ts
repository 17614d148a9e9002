import type { FitOptions, FittedImage } from './fitImage';
import type { ImageLimits } from './imageLimits';
import type { ImageErrorReason } from './imageFileError';

/** A request to fit an image. */
export interface FitJob {
  readonly bytes: Uint8Array;
  readonly limits: ImageLimits;
  readonly options: FitOptions;
}

/** The worker's response to a job. */
export type FitResponse =
  | { readonly fitted: FittedImage }
  | { readonly reason: ImageErrorReason; readonly message: string; readonly kind?: string | undefined };
