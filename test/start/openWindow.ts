import { spawn } from 'node:child_process';
import { launchBrowser } from '../vscode/browser';
import type { Cleanup } from '../vscode/cleanup';
import type { Profile } from '../vscode/profile';

/**
 * Opens an address for the user, if there is a screen: in the Chromium named by CHROMIUM, else in the default
 * browser.
 * @returns a message that says what happened
 */
export async function openWindow(address: string, profile: Profile, cleanup: Cleanup): Promise<string> {
  if (!hasScreen()) return 'There is no screen here: open the first address in a browser on this machine.';
  if (process.env['CHROMIUM']) {
    const browser = await launchBrowser({ profile, headed: true });
    cleanup.add(() => browser.close());
    const page = browser.pages()[0] ?? (await browser.newPage());
    await page.goto(address);
    return 'A browser window is open.';
  }
  return (await openWithSystem(address))
    ? 'It opens in your browser.'
    : 'No browser could be opened: open the first address in one.';
}

function hasScreen(): boolean {
  if (process.env['CI'] || process.env['SSH_CONNECTION']) return false;
  if (process.platform === 'win32' || process.platform === 'darwin') return true;
  return Boolean(process.env['DISPLAY'] ?? process.env['WAYLAND_DISPLAY']);
}

/** Opens it through the desktop. The helper exits at once, and the browser belongs to the user. */
function openWithSystem(address: string): Promise<boolean> {
  const { command, args } = opener();
  return new Promise((resolve) => {
    const child = spawn(command, [...args, address], { stdio: 'ignore' });
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
}

function opener(): { command: string; args: readonly string[] } {
  if (process.platform === 'darwin') return { command: 'open', args: [] };
  if (process.platform === 'win32') return { command: 'rundll32', args: ['url.dll,FileProtocolHandler'] };
  return { command: 'xdg-open', args: [] };
}
