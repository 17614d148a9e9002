import type { BrowserContext } from 'playwright-core';
import { launchBrowser, type BrowserOptions } from './browser';
import { Cleanup } from './cleanup';
import { createProfile, type Profile } from './profile';
import { startVscodeServer, type VscodeServer, type VscodeServerOptions } from './vscodeServer';
import { openWorkbench, type WindowOptions, type Workbench } from './workbench';

/** How a session starts: the server's options and the browser's, on one fresh profile. */
export interface SessionOptions
  extends Omit<VscodeServerOptions, 'profile'>, Pick<BrowserOptions, 'headed' | 'args'> {
  /** Names its folder, for whoever finds it there. */
  readonly name: string;
}

/** A real VS Code with a browser before it, on a profile that goes when it stops. */
export interface Session {
  readonly profile: Profile;
  readonly server: VscodeServer;
  readonly browser: BrowserContext;
  open(options: Omit<WindowOptions, 'server'>): Promise<Workbench>;
  /** @param last looks at the profile when everything has ended, before it goes */
  stop(last?: () => void): Promise<void>;
}

/** Starts a session. Whoever starts it stops it. */
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
