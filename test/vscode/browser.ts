import { chromium, type BrowserContext } from 'playwright-core';
import type { Profile } from './profile';

export interface BrowserOptions {
  readonly profile: Profile;
  /** Shows the browser window. The default is false. */
  readonly headed?: boolean;
  /** More flags for Chromium. */
  readonly args?: readonly string[];
}

const quietFlags = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
];

/**
 * Starts the Chromium that the setup found (environment variable CHROMIUM). Its profile is on disk, so VS
 * Code's secrets survive a reload of the page, as they do for a user.
 */
export async function launchBrowser(options: BrowserOptions): Promise<BrowserContext> {
  const executablePath = process.env['CHROMIUM'];
  if (!executablePath) throw new Error('Name a Chromium in the environment variable CHROMIUM.');
  const headed = options.headed ?? false;
  return chromium.launchPersistentContext(options.profile.browserData, {
    executablePath,
    headless: !headed,
    // It opens only local pages, and many containers lack what the sandbox needs.
    chromiumSandbox: false,
    args: [...quietFlags, ...(options.args ?? [])],
    env: withUtf8(process.env),
    locale: 'en-US',
    viewport: headed ? null : { width: 1280, height: 800 },
    permissions: ['clipboard-read', 'clipboard-write'],
    // The caller closes it properly.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
}

/** Without a UTF-8 locale, Chromium can't write its files below a folder with a non-ASCII name. */
function withUtf8(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return (env['LC_ALL'] ?? env['LC_CTYPE'] ?? env['LANG']) ? env : { ...env, LANG: 'C.UTF-8' };
}
