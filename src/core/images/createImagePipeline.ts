import type { Clock } from '../common/clock';
import type { L10n } from '../common/l10n';
import type { Log } from '../common/log';
import type { UserFileReader } from './imageSource';
import { ImagePipeline } from './imagePipeline';
import { ImageStore } from './imageStore';
import { ImageWorker } from './imageWorker';

export { ImageError, bareBase64, toImageField } from './imagePipeline';
export type { ImagePipeline as Images, SendableImage, SourceInfo } from './imagePipeline';
export { animatedImageMessage } from './imageMessages';
export type { ImageLimits } from './imageLimits';

export interface ImagePipelineOptions {
  /** Absolute path of the worker, a bundle next to the codecs. */
  readonly worker: string;
  /** Absolute path of the image store's folder. */
  readonly folder: string;
  readonly files: UserFileReader;
  readonly clock: Clock;
  readonly l10n: L10n;
  readonly log: Log;
}

/** Creates the image pipeline. */
export function createImagePipeline({
  worker,
  folder,
  files,
  clock,
  l10n,
  log,
}: ImagePipelineOptions): ImagePipeline {
  const processor = new ImageWorker(worker, clock);
  return new ImagePipeline({ processor, store: new ImageStore(folder), files, l10n, log });
}
