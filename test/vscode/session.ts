import type { BrowserContext } from 'playwright-core';
import { launchBrowser, type BrowserOptions } from './browser';
import { Cleanup } from './cleanup';
import { createProfile, type Profile } from './profile';
import { startVscodeServer, type VscodeServer, type VscodeServerOptions } from './vscodeServer';
import { openWorkbench, type WindowOptions, type Workbench } from './workbench';

/** Options of the server and the browser, which share one fresh profile. */
export interface SessionOptions
  extends Omit<VscodeServerOptions, 'profile'>, Pick<BrowserOptions, 'headed' | 'args'> {
  /** Part of the name of its folder, to identify it. */
  readonly name: string;
}

/** A real VS Code with a browser, on a profile that is removed when it stops. */
export interface Session {
  readonly profile: Profile;
  readonly server: VscodeServer;
  readonly browser: BrowserContext;
  open(options: Omit<WindowOptions, 'server'>): Promise<Workbench>;
  /** @param last called with the profile after everything has ended, before it's removed */
  stop(last?: () => void): Promise<void>;
}

/** Starts a session. The caller stops it. */
export async function startSession(options: SessionOptions): Promise<Session> {
  const cleanup = new Cleanup();
  const profile = createProfile(options.name);
  cleanup.add(() => profile.remove());
  const stop = (last?: () => void): Promise<void> => {
    if (last) atLast = last;
    return cleanup.run();
  };
  let atLast = (): void => undefined;
  cleanup.add(() => atLast());
  try {
    const server = await startVscodeServer({ ...options, profile });
    cleanup.add(() => server.stop());
    const browser = await launchBrowser({ ...options, profile });
    cleanup.add(() => browser.close());
    return {
      profile,
      server,
      browser,
      open: (window) => openWorkbench(browser, { ...window, server }),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
