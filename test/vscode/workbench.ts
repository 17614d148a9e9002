import fs from 'node:fs/promises';
import path from 'node:path';
import type { BrowserContext, Frame, Locator, Page } from 'playwright-core';
import { projectRoot, testFolder } from './projectRoot';
import type { VscodeServer } from './vscodeServer';

const readyMs = 90_000;

/** Evaluated in the workbench. */
const PALETTE_IS_OPEN = `(() => {
  const input = document.querySelector('.quick-input-widget input.input');
  return input !== null && input.offsetParent !== null && input.value.startsWith('>');
})()`;

export interface WindowOptions {
  readonly server: VscodeServer;
  /** The opened folder. The default is the profile's workspace. */
  readonly folder?: string;
  /** The extension under development. `true` is this project. Omit it to test an installed package. */
  readonly development?: string | true;
  /** A compiled script whose `run()` VS Code calls in the extension host. */
  readonly suite?: string;
  /** Called with the output of the extension host and the window while a suite runs. */
  readonly onConsole?: (text: string) => void;
}

/** Returns the URL of a window, which any browser can open. */
export function windowAddress({ server, folder, development, suite }: WindowOptions): string {
  const remote = (file: string): string =>
    `vscode-remote://${new URL(server.origin).host}${uriPath(file).split('/').map(encodeURIComponent).join('/')}`;
  const payload: [string, string][] = [];
  if (development !== undefined) {
    payload.push(['extensionDevelopmentPath', remote(development === true ? projectRoot : development)]);
  }
  if (suite !== undefined) payload.push(['extensionTestsPath', remote(suite)]);
  const query = new URLSearchParams({ folder: uriPath(folder ?? server.profile.workspace) });
  if (payload.length > 0) query.set('payload', JSON.stringify([...payload, ['skipWelcome', 'true']]));
  return `${server.origin}/?${query.toString()}`;
}

/** Opens a window of VS Code in the browser. Resolves when the page has started to load. */
export async function openWorkbench(browser: BrowserContext, options: WindowOptions): Promise<Workbench> {
  const page = await browser.newPage();
  let suiteEnd = new Promise<number>(() => undefined);
  if (options.suite !== undefined) {
    const { onConsole } = options;
    await page.exposeFunction('codeAutomationLog', (_type: string, args: unknown[]) => {
      onConsole?.(args.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))).join(' '));
    });
    let report: (code: number) => void = () => undefined;
    suiteEnd = new Promise((resolve) => (report = resolve));
    await page.exposeFunction('codeAutomationExit', (code: number) => report(code));
  }
  await page.goto(windowAddress(options));
  return new Workbench(page, suiteEnd);
}

/** One window of VS Code, and the actions of a user in it. */
export class Workbench {
  readonly page: Page;
  /** The exit code of the suite that runs in this window. Never settles if there is none. */
  readonly suiteEnd: Promise<number>;

  constructor(page: Page, suiteEnd: Promise<number>) {
    this.page = page;
    this.suiteEnd = suiteEnd;
  }

  /** Waits until the workbench is drawn and its extension host has the list of extensions. */
  async ready(): Promise<void> {
    await this.page.locator('.monaco-workbench .part.statusbar').waitFor({ timeout: readyMs });
    for (const mark of ['code/didLoadExtensions', 'code/LifecyclePhase/Eventually']) {
      await this.page.waitForFunction(`performance.getEntriesByName('${mark}').length > 0`, undefined, {
        timeout: readyMs,
      });
    }
  }

  /** Reloads the window as a user would. */
  async reload(): Promise<void> {
    await this.page.reload();
    await this.ready();
  }

  /** Runs a command from the palette by its full title, such as "Nebula Video: Refresh". */
  async runCommand(title: string): Promise<void> {
    await this.#openPalette();
    await this.quickInput().fill(`>${title}`);
    // Commands of an extension appear once it has been scanned.
    const row = this.quickPickRow(title);
    await row.waitFor({ timeout: 30_000 });
    await row.click();
  }

  /** A key press is lost if the focus is moving into or out of a frame, so retry it. */
  async #openPalette(): Promise<void> {
    for (let tries = 0; tries < 10; tries++) {
      await this.page.keyboard.press('F1');
      const opened = await this.page
        .waitForFunction(PALETTE_IS_OPEN, undefined, { timeout: 3000 })
        .then(() => true)
        .catch(() => false);
      if (opened) return;
    }
    throw new Error('The command palette did not open.');
  }

  /** The text field of the open quick input. */
  quickInput(): Locator {
    return this.page.locator('.quick-input-widget:visible input.input').first();
  }

  /** A row of the open quick pick, by the full text of its label. */
  quickPickRow(label: string): Locator {
    return this.page
      .locator('.quick-input-widget:visible .quick-input-list .monaco-list-row')
      .filter({ has: this.page.locator('.label-name').getByText(label, { exact: true }) })
      .first();
  }

  /** Presses keys one after another, with playwright's names: "Control+Shift+P", "Escape". */
  async press(...keys: string[]): Promise<void> {
    for (const key of keys) await this.page.keyboard.press(key);
  }

  /** Types text into the focused element. */
  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text);
  }

  /**
   * Returns the texts of all notifications that aren't closed, newest first. It opens and closes the
   * notification center, so no quick pick should be open.
   */
  async notifications(): Promise<string[]> {
    await this.runCommand('Notifications: Show Notifications');
    const centre = this.page.locator('.notifications-center.visible');
    await centre.waitFor();
    const texts = await centre.locator('.notification-list-item-message').allInnerTexts();
    await this.runCommand('Notifications: Hide Notifications');
    return texts;
  }

  /** A notification toast that contains this text. There are none for an extension under development. */
  toast(text: string): Locator {
    return this.page.locator('.notification-toast').filter({ hasText: text });
  }

  /** Returns the page inside the visible webview. `accept` selects among several by their content. */
  async webview(accept: (frame: Frame) => Promise<boolean> = isDrawn): Promise<Frame> {
    const deadline = Date.now() + 30_000;
    while (Date.now() < deadline) {
      for (const frame of this.page.frames()) {
        if (frame.name() === 'active-frame' || (await isActiveFrame(frame))) {
          if (await accept(frame).catch(() => false)) return frame;
        }
      }
      await this.page.waitForTimeout(100);
    }
    throw new Error('No such webview appeared within 30 s.');
  }

  /** Takes a screenshot of the window and returns its path below .vscode-test/screenshots. */
  async screenshot(name: string): Promise<string> {
    const file = path.join(testFolder, 'screenshots', `${name}.png`);
    await fs.mkdir(path.dirname(file), { recursive: true });
    // Skip fade-in animations.
    await this.page.screenshot({ path: file, animations: 'disabled' });
    return file;
  }

  async close(): Promise<void> {
    await this.page.close();
  }
}

/** A webview is a frame of VS Code, with the extension's page in an inner frame of a fixed ID. */
async function isActiveFrame(frame: Frame): Promise<boolean> {
  try {
    const element = await frame.frameElement();
    return (await element.getAttribute('id')) === 'active-frame';
  } catch {
    // The main frame has no element, and frames come and go during the search.
    return false;
  }
}

async function isDrawn(frame: Frame): Promise<boolean> {
  const element = await frame.frameElement();
  return (await element.isVisible()) && (await frame.locator('body > *').count()) > 0;
}

/** On Windows, a path begins with its drive. In a URL, a slash comes first. */
function uriPath(file: string): string {
  const slashed = file.replaceAll('\\', '/');
  return slashed.startsWith('/') ? slashed : `/${slashed}`;
}
