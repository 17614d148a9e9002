import { chromium, type BrowserContext } from 'playwright-core';
import type { Profile } from './profile';

/** How Chromium is started. */
export interface BrowserOptions {
  readonly profile: Profile;
  /** With a window for a person to see; default without. */
  readonly headed?: boolean;
  /** Chromium's own flags beside ours. */
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
 * Starts the Chromium that the set-up found (environment variable CHROMIUM). Its profile is on disk, so
 * VS Code's secrets survive a reload of the page as they do for a user.
 */
export async function launchBrowser(options: BrowserOptions): Promise<BrowserContext> {
  const executablePath = process.env['CHROMIUM'];
  if (!executablePath) throw new Error('Name a Chromium in the environment variable CHROMIUM.');
  const headed = options.headed ?? false;
  return chromium.launchPersistentContext(options.profile.browserData, {
    executablePath,
    headless: !headed,
    // It only ever opens our own pages, and many containers lack what the sandbox needs.
    chromiumSandbox: false,
    args: [...quietFlags, ...(options.args ?? [])],
    env: withUtf8(process.env),
    locale: 'en-US',
    viewport: headed ? null : { width: 1280, height: 800 },
    permissions: ['clipboard-read', 'clipboard-write'],
    // Whoever started us closes it in good order.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
}

/** Without a locale Chromium cannot keep its files below a folder whose name goes beyond ASCII. */
function withUtf8(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return (env['LC_ALL'] ?? env['LC_CTYPE'] ?? env['LANG']) ? env : { ...env, LANG: 'C.UTF-8' };
}
