import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { BrowserContext } from 'playwright-core';
import { launchBrowser } from '../vscode/browser';
import { createProfile, type Profile } from '../vscode/profile';
import { projectRoot } from '../vscode/projectRoot';
import { Workbench } from '../vscode/workbench';
import { playFor } from './waiting';

/** From the running demo, whose key is set, to a video that plays; the letters of the prompt don't count. */
const MOST_PRESSES = 6;

/** `npm start` after the build, used by someone who has never seen the extension. */
describe('the first run of npm start', function () {
  let demo: ChildProcess;
  let profile: Profile;
  let browser: BrowserContext;
  let window: Workbench;
  let presses = 0;

  before(async () => {
    // With CI set, no browser but ours is opened.
    demo = spawn(process.execPath, [path.join(projectRoot, 'out', 'test', 'start', 'main.js')], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, CI: 'true' },
    });
    const address = await addressOf(demo);
    profile = createProfile('first-run');
    browser = await launchBrowser({ profile });
    const page = await browser.newPage();
    await page.goto(address);
    window = new Workbench(page, new Promise(() => undefined));
    await window.ready();
  });
  after(async () => {
    await browser.close();
    profile.remove();
    if (demo.exitCode === null) {
      demo.kill('SIGTERM');
      await once(demo, 'exit');
    }
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await window.screenshot('first-run-failed');
  });

  it('runs Generate Video by its name, and offers no command that needs a task', async () => {
    await window.press('F1');
    await window.type('generate video');
    await window.quickPickRow('Nebula Video: Generate Video…').waitFor();
    const labels = await window.page
      .locator('.quick-input-widget:visible .quick-input-list .monaco-list-row .label-name')
      .allInnerTexts();
    await window.screenshot('palette-generate-video');
    assert.equal(labels[0], 'Nebula Video: Generate Video…', labels.join(', '));
    assert.ok(!labels.some((label) => label.includes('Generate Again')), labels.join(', '));
    await window.press('Enter');
    await window.page
      .locator('.quick-input-widget:visible input[placeholder="A paper boat on a rainy street, close-up"]')
      .waitFor();
    await window.press('Escape');
  });

  it('reaches a playing video with few clicks and keys', async () => {
    const { page } = window;
    const click = async (name: string, locator = page.getByRole('button', { name, exact: true })) => {
      presses++;
      await locator.first().click({ timeout: 60_000 });
    };
    const enter = async () => {
      presses++;
      await window.press('Enter');
    };
    const placeholder = (text: string) =>
      page.locator(`.quick-input-widget:visible input[placeholder="${text}"]`);

    await click('Nebula Video', page.locator('.activitybar').getByRole('tab', { name: 'Nebula Video' }));
    await click('Generate Video');
    await placeholder('A paper boat on a rainy street, close-up').waitFor();
    await window.type('A lighthouse on a cliff, slow aerial shot, golden hour, waves below.');
    await enter();
    await placeholder('Review the request, then generate the video').waitFor();
    // An Enter that pays is ignored if it comes too soon after the last one.
    await page.waitForTimeout(600);
    await enter();
    await click('Open', window.toast('is ready').getByRole('button', { name: 'Open', exact: true }));
    const player = await window.webview(async (frame) => (await frame.locator('video').count()) > 0);
    await player.locator('body.playing').waitFor({ timeout: 30_000 });
    await click('Play', player.locator('video'));
    await playFor(player, 0.8);
    assert.ok(presses <= MOST_PRESSES, `${presses} key presses and clicks`);
    console.log(`      ${presses} key presses and clicks`);
  });
});

/** The address of the editor, as the demo prints it. */
async function addressOf(demo: ChildProcess): Promise<string> {
  let said = '';
  for await (const chunk of demo.stdout ?? []) {
    said += String(chunk);
    const address = /VS Code with Nebula Video:\s+(\S+)/.exec(said)?.[1];
    if (address !== undefined) return address;
  }
  throw new Error(`The demo ended without an address:\n${said}`);
}
