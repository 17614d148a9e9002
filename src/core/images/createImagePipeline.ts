import * as path from 'node:path';
import type { Clock } from '../common/clock';
import type { L10n } from '../common/l10n';
import type { Log } from '../common/log';
import type { UserFiles } from './imageSource';
import { Images } from './imagePipeline';
import { KeptImages } from './imageStore';
import { WorkerWorkshop } from './imageWorker';

export { ImageError, bareBase64, wireText } from './imagePipeline';
export type { Images, SendableImage, SourceInfo } from './imagePipeline';
export { limitsFor } from './imageLimits';
export { animatedSentence } from './imageMessages';
export type { ImageLimits } from './imageLimits';

export interface ImageRoomOptions {
  /** Absolute path of the folder of the kept pictures. */
  readonly folder: string;
  readonly files: UserFiles;
  readonly clock: Clock;
  readonly l10n: L10n;
  readonly log: Log;
}

/**
 * Puts this room together. It is a bundle of its own, loaded with the first picture (esbuild.js), and its worker lies
 * beside it.
 */
export function openImages({ folder, files, clock, l10n, log }: ImageRoomOptions): Images {
  const workshop = new WorkerWorkshop(path.join(__dirname, 'imageWorker.js'), clock);
  return new Images({ workshop, kept: new KeptImages(folder), files, l10n, log });
}
