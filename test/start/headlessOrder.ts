import type { VideoRequest } from '../../src/api';

/** The environment variable by which the order reaches the driver in the extension host, as JSON. */
export const orderVariable = 'NEBULA_HEADLESS_ORDER';

/** What the driver has to do. */
export interface HeadlessOrder {
  readonly request: VideoRequest;
  /** Absolute path of the file to write. */
  readonly out: string;
  readonly overwrite: boolean;
}
