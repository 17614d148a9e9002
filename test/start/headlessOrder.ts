import type { VideoRequest } from '../../src/api';

/** The environment variable that passes the order to the driver in the extension host, as JSON. */
export const orderVariable = 'NEBULA_HEADLESS_ORDER';

export interface HeadlessOrder {
  readonly request: VideoRequest;
  /** Absolute path of the output file. */
  readonly out: string;
  readonly overwrite: boolean;
}
