// @ts-check
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { SetupError } from './project.mjs';

/** @typedef {import('./commands.mjs').Toolbox} Toolbox */

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const usualPlaces = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  path.join(process.env['PROGRAMFILES'] ?? '', 'Google', 'Chrome', 'Application', 'chrome.exe'),
];

/**
 * Finds a Chromium or installs one: Debian's if permitted, else the one for playwright.
 * @param {Toolbox} tools
 * @returns {Promise<string>} its path
 */
export async function ensureChromium(tools) {
  const named = process.env['CHROMIUM'];
  if (named) {
    if (isBrowser(named)) return named;
    throw new SetupError(`CHROMIUM names ${named}, but that is no Chromium that starts.`);
  }
  const present = findChromium() ?? (await playwrightsOwn());
  if (present !== undefined) return present;

  console.log('Installing Chromium for the tests.');
  if (process.getuid?.() === 0 && onPath('apt-get') !== undefined) {
    await installDebianPackage(tools);
    const debians = findChromium();
    if (debians !== undefined) return debians;
  }
  await tools.node(['node_modules/playwright-core/cli.js', 'install', 'chromium']);
  const fetched = await playwrightsOwn();
  if (fetched !== undefined) return fetched;
  throw new SetupError(
    'No Chromium was found and none could be installed; install Chromium or Chrome, or name one in CHROMIUM.',
  );
}

/** @returns {string | undefined} an installed Chromium */
function findChromium() {
  const candidates = [...names.map(onPath), ...usualPlaces];
  return candidates.find((file) => file !== undefined && isBrowser(file));
}

/** Returns playwright's browser from its cache, and downloads it if needed. */
async function playwrightsOwn() {
  const { chromium } = await import('playwright-core');
  const file = chromium.executablePath();
  return isBrowser(file) ? file : undefined;
}

/** @param {Toolbox} tools */
async function installDebianPackage({ owner, env }) {
  const quiet = { env: { ...env, DEBIAN_FRONTEND: 'noninteractive' } };
  // Outdated package lists name files that no longer exist.
  await owner.run('apt-get', ['update', '-q'], quiet);
  await owner.run('apt-get', ['install', '-y', '-q', '--no-install-recommends', 'chromium'], quiet);
}

/** @param {string} name */
function onPath(name) {
  const program = process.platform === 'win32' ? `${name}.exe` : name;
  return (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .map((folder) => path.join(folder, program))
    .find((file) => fs.existsSync(file));
}

/** @param {string} file */
function isBrowser(file) {
  if (!fs.existsSync(file)) return false;
  // On Windows, it would open a window instead of printing its version.
  if (process.platform === 'win32') return true;
  // Some systems have a script with that name which only says where to get the real one.
  return spawnSync(file, ['--version'], { stdio: 'ignore', timeout: 30_000 }).status === 0;
}
