/** Log of core, compatible with VS Code's LogOutputChannel. Never contains keys; prompts only at trace level. */
export interface Log {
  trace(message: string): void;
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** Puts a component's name before each line. */
export function withPrefix(log: Log, component: string): Log {
  return {
    trace: (message) => log.trace(`[${component}] ${message}`),
    debug: (message) => log.debug(`[${component}] ${message}`),
    info: (message) => log.info(`[${component}] ${message}`),
    warn: (message) => log.warn(`[${component}] ${message}`),
    error: (message) => log.error(`[${component}] ${message}`),
  };
}

/** Formats a caught error for the log: the stack if there is one, else the message. */
export function describeError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
