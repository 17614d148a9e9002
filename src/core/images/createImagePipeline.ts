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
export { limitsFor } from './imageLimits';
export { animatedImageMessage } from './imageMessages';
export type { ImageLimits } from './imageLimits';

export interface ImagePipelineOptions {
  /** Absolute path of the folder of the kept pictures. */
  readonly folder: string;
  readonly files: UserFileReader;
  readonly clock: Clock;
  readonly l10n: L10n;
  readonly log: Log;
}

/**
 * Puts this room together. It is a bundle of its own, loaded with the first picture (esbuild.js), and its worker lies
 * beside it.
 */
export function createImagePipeline({
  folder,
  files,
  clock,
  l10n,
  log,
}: ImagePipelineOptions): ImagePipeline {
  const workshop = new ImageWorker(path.join(__dirname, 'imageWorker.js'), clock);
  return new ImagePipeline({ workshop, kept: new ImageStore(folder), files, l10n, log });
}
