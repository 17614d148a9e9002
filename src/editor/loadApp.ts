import type * as app from './app';

/**
 * Loads the app: a bundle of its own, so that a window that never makes a video never pays for reading it.
 * The path is as seen from the built entry, and stays out of its bundle (esbuild.js).
 */
export function loadApp(): typeof app {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the one lazy load; CommonJS has no other synchronous one
  return require('./app.js') as typeof app;
}
