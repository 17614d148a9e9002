import type { Log } from '../../../src/core/common/log';

/** Discards all messages. */
export const quietLog: Log = {
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
