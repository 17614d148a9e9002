import type { Log } from '../../../src/core/common/log';

/** A log that nobody reads. */
export const quietLog: Log = {
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
