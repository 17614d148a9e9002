import type { FitWish, FittedPicture } from './fitImage';
import type { ImageLimits } from './imageLimits';
import type { ImageFault } from './imageFileError';

/** One picture to be fitted. */
export interface FitJob {
  readonly bytes: Uint8Array;
  readonly limits: ImageLimits;
  readonly wish: FitWish;
}

/** What the worker answers, once for each job. */
export type FitReply =
  | { readonly fitted: FittedPicture }
  | { readonly fault: ImageFault; readonly message: string; readonly kind?: string | undefined };
