import type { FitOptions, FittedImage } from './fitImage';
import type { ImageLimits } from './imageLimits';
import type { ImageErrorReason } from './imageFileError';

/** One picture to be fitted. */
export interface FitJob {
  readonly bytes: Uint8Array;
  readonly limits: ImageLimits;
  readonly wish: FitOptions;
}

/** What the worker answers, once for each job. */
export type FitResponse =
  | { readonly fitted: FittedImage }
  | { readonly fault: ImageErrorReason; readonly message: string; readonly kind?: string | undefined };
