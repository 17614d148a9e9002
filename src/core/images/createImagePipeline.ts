import * as path from 'node:path';
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
  /** Absolute path of the image store's folder. */
  readonly folder: string;
  readonly files: UserFileReader;
  readonly clock: Clock;
  readonly l10n: L10n;
  readonly log: Log;
}

/**
 * Creates the image pipeline. It's a separate bundle, loaded for the first image, with its worker next to it
 * (esbuild.js).
 */
export function createImagePipeline({
  folder,
  files,
  clock,
  l10n,
  log,
}: ImagePipelineOptions): ImagePipeline {
  const processor = new ImageWorker(path.join(__dirname, 'imageWorker.js'), clock);
  return new ImagePipeline({ processor, store: new ImageStore(folder), files, l10n, log });
}
