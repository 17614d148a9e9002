/**
 * Where core writes its log. No key ever reaches it; prompts only at trace.
 * The shape fits the editor's log channel.
 */
export interface Log {
  trace(message: string): void;
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** Puts a component's name before each line. */
export function prefixed(log: Log, component: string): Log {
  return {
    trace: (message) => log.trace(`[${component}] ${message}`),
    debug: (message) => log.debug(`[${component}] ${message}`),
    info: (message) => log.info(`[${component}] ${message}`),
    warn: (message) => log.warn(`[${component}] ${message}`),
    error: (message) => log.error(`[${component}] ${message}`),
  };
}

/** What to write of something caught: its message, and for a fault of ours where it came from. */
export function describeError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
