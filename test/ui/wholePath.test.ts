import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { Frame } from 'playwright-core';
import { startPretendGateway, type PretendGateway } from '../gateway/pretendGateway';
import { startSession, type Session } from '../vscode/session';
import type { Workbench } from '../vscode/workbench';

const prompt = 'A paper boat drifts down a rainy street at dusk';
/** From the palette to a video that plays; the letters of command and prompt don't count. */
const MOST_PRESSES = 8;

/** What a newcomer does first, through the real extension in the real workbench. */
describe('from an idea to a clip in the workspace', function () {
  let gateway: PretendGateway;
  let session: Session;
  let window: Workbench;
  let player: Frame;
  let presses = 0;

  before(async () => {
    gateway = await startPretendGateway({ render: { unknownMs: 200, queuedMs: 1500, runningMs: 9000 } });
    session = await startSession({
      name: 'whole-path',
      extension: 'linked',
      settings: {
        'nebulaVideo.baseUrl': gateway.baseUrl,
        'nebulaVideo.pollSeconds': 3,
        'workbench.colorTheme': 'Dark Modern',
      },
      env: { NEBULA_API_KEY: gateway.key },
    });
    window = await session.open({});
    await window.ready();
  });
  after(async () => {
    await session.stop();
    await gateway.stop();
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await window.screenshot('whole-path-failed');
  });

  async function press(key: string): Promise<void> {
    presses++;
    await window.press(key);
  }

  const row = (state: string) =>
    window.page.locator(`.monaco-list-row[aria-label*="A paper boat"][aria-label*="${state}"]`).first();

  it('asks, waits and plays with few keys', async () => {
    await press('F1');
    await window.type('Nebula Video: Generate Video…');
    await window.quickPickRow('Nebula Video: Generate Video…').waitFor();
    await press('Enter');
    const title = window.page.locator('.quick-input-widget:visible .quick-input-title');
    await title.getByText('(1/4)').waitFor();
    await window.type(prompt);
    for (const step of ['(2/4)', '(3/4)', '(4/4)']) {
      await press('Enter');
      await title.getByText(step).waitFor();
    }
    await window.screenshot('readme-ask');
    // The step that pays takes no key that comes too soon after the last one.
    await window.page.waitForTimeout(600);
    await press('Enter');
    await row('Running').waitFor({ timeout: 60_000 });
    await window.screenshot('readme-wait');

    const open = window.toast('is ready').getByRole('button', { name: 'Open', exact: true });
    await open.waitFor({ timeout: 60_000 });
    presses++;
    await open.click();
    player = await window.webview(async (frame) => (await frame.locator('video').count()) > 0);
    await player.locator('body.playing').waitFor({ timeout: 30_000 });
    presses++;
    await player.locator('video').click();
    const time = () => player.evaluate<number>('document.querySelector("video").currentTime');
    const past = async (seconds: number) => {
      // The page's own rules forbid what a test would rather wait with: evaluating text within it.
      const deadline = Date.now() + 20_000;
      while ((await time()) <= seconds && Date.now() < deadline) await window.page.waitForTimeout(50);
      assert.ok((await time()) > seconds, 'time goes on');
    };
    await past(0.3);
    const early = await player.locator('video').screenshot();
    await past((await time()) + 0.5);
    const late = await player.locator('video').screenshot();
    assert.ok(!early.equals(late), 'the pictures differ');
    await window.screenshot('readme-watch');
    assert.ok(presses <= MOST_PRESSES, `${presses} key presses and clicks`);
    assert.equal(gateway.log.filter(({ kind }) => kind === 'submit').length, 1);
  });

  it('saves the clip into the workspace, and a second time beside the first', async () => {
    const videos = path.join(session.profile.workspace, 'videos');
    const saved = () => (fs.existsSync(videos) ? fs.readdirSync(videos) : []);
    for (const count of [1, 2]) {
      await player.getByRole('button', { name: 'Save to Workspace' }).click();
      const deadline = Date.now() + 30_000;
      while (saved().length < count && Date.now() < deadline) await window.page.waitForTimeout(50);
      assert.equal(saved().length, count);
    }
    const [first = '', second = ''] = saved().sort();
    assert.match(first, /^\d{4}-\d\d-\d\d-sora-2-a-paper-boat-drifts/);
    assert.ok(fs.readFileSync(path.join(videos, first)).equals(fs.readFileSync(path.join(videos, second))));
  });

  it('shows the video again after the window was loaded anew', async () => {
    await window.runCommand('Developer: Reload Window');
    await window.page.waitForEvent('load');
    await window.ready();
    const again = await window.webview(async (frame) => (await frame.locator('video').count()) > 0);
    assert.match(await again.locator('h1').innerText(), /A paper boat/);
  });

  it('opens and plays by keyboard alone', async () => {
    await window.press('F1');
    // The player has the focus, and hands the key on.
    await window.quickInput().waitFor();
    await window.type('Nebula Video: Open Video');
    await window.quickPickRow('Nebula Video: Open Video').waitFor();
    await window.press('Enter');
    await window.page
      .locator('.quick-input-widget:visible')
      .getByText('Which video?')
      .or(window.page.locator('.quick-input-widget:visible input[placeholder="Which video?"]'))
      .first()
      .waitFor();
    await window.press('Enter');
    const frame = await window.webview(async (page) => (await page.locator('video').count()) > 0);
    await frame.locator('body.playing').waitFor({ timeout: 30_000 });
    const focused = () => frame.evaluate<string | undefined>('document.activeElement?.tagName');
    for (let tabs = 0; tabs < 20 && (await focused()) !== 'VIDEO'; tabs++) await window.press('Tab');
    assert.equal(await focused(), 'VIDEO');
    const time = () => frame.evaluate<number>('document.querySelector("video").currentTime');
    const before = await time();
    await window.press('Space');
    const deadline = Date.now() + 20_000;
    while ((await time()) <= before + 0.3 && Date.now() < deadline) await window.page.waitForTimeout(50);
    assert.ok((await time()) > before + 0.3);
  });
});
