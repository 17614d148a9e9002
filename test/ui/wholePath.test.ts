import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { Frame } from 'playwright-core';
import { useStage } from './stage';
import { WizardPage } from './wizardPage';
import { projectRoot } from '../vscode/projectRoot';
import { playFor, until } from './waiting';

const prompt = 'A paper boat drifts down a rainy street at dusk';

/** All that a person does, through the real extension in the real workbench, by keyboard alone. */
describe('from an idea to a clip in the workspace', function () {
  const stage = useStage({
    name: 'whole-path',
    render: { unknownMs: 200, queuedMs: 1500, runningMs: 9000 },
    settings: { 'workbench.colorTheme': 'Dark Modern' },
  });
  const wizard = new WizardPage(stage);
  let player: Frame;
  /** Takes a screenshot for the README. NEBULA_UPDATE_PICTURES stores it there. */
  async function readmePicture(name: string): Promise<void> {
    const file = await stage.window.screenshot(`readme-${name}`);
    if (process.env['NEBULA_UPDATE_PICTURES']) {
      fs.copyFileSync(file, path.join(projectRoot, 'media', `${name}.png`));
    }
  }

  async function palette(command: string): Promise<void> {
    await stage.window.press('F1');
    // A page that has the focus hands the key on.
    await stage.window.quickInput().waitFor();
    await stage.window.type(command);
    await stage.window.quickPickRow(command).waitFor();
    await stage.window.press('Enter');
  }

  /** Tabs to the element of this kind, or the button with this name. */
  async function tabTo(frame: Frame, name: string): Promise<void> {
    const focused = () =>
      frame.evaluate<string[]>(`(() => {
        const { tagName, textContent } = document.activeElement ?? document.body;
        return [tagName, (textContent ?? '').trim()];
      })()`);
    for (let tabs = 0; tabs < 30; tabs++) {
      if ((await focused()).includes(name)) return;
      await stage.window.press('Tab');
    }
    assert.fail(`“${name}” is not reached by Tab`);
  }

  const row = (state: string) =>
    stage.window.page.locator(`.monaco-list-row[aria-label*="A paper boat"][aria-label*="${state}"]`).first();

  it('asks, waits and plays', async () => {
    await palette('Nebula Video: Generate Video…');
    await wizard.atPrompt();
    await stage.window.type(prompt);
    await stage.window.press('Enter');
    await wizard.atSummary();
    await readmePicture('ask');
    await stage.window.press('Enter');
    await row('Generating').waitFor({ timeout: 60_000 });

    await stage.window.toast('is ready').waitFor({ timeout: 60_000 });
    await palette('Notifications: Focus Notification Toast');
    await tabTo(stage.window.page.mainFrame(), 'Open');
    await stage.window.press('Enter');
    player = await stage.window.webview(async (frame) => (await frame.locator('video').count()) > 0);
    await player.locator('body.playing').waitFor({ timeout: 30_000 });
    await tabTo(player, 'VIDEO');
    await stage.window.press('Space');
    await playFor(player, 0.8);
    await readmePicture('watch');
    assert.equal(stage.submits, 1);
  });

  it('saves the clip into the workspace, and a second time beside the first', async () => {
    const videos = path.join(stage.session.profile.workspace, 'videos');
    const saved = () =>
      fs.existsSync(videos) ? fs.readdirSync(videos).filter((file) => file.endsWith('.mp4')) : [];
    for (const count of [1, 2]) {
      await tabTo(player, 'Save to Workspace');
      await player.locator('[data-action="saveToWorkspace"][aria-busy="false"]').waitFor();
      await stage.window.press('Enter');
      const deadline = Date.now() + 30_000;
      while (saved().length < count && Date.now() < deadline) await stage.window.page.waitForTimeout(50);
      assert.equal(saved().length, count);
    }
    const [first = '', second = ''] = saved().sort();
    assert.match(first, /^\d{4}-\d\d-\d\d-sora-2-a-paper-boat-drifts/);
    assert.ok(fs.readFileSync(path.join(videos, first)).equals(fs.readFileSync(path.join(videos, second))));
  });

  it('shows the video again after the window was loaded anew', async () => {
    await stage.window.runCommand('Developer: Reload Window');
    await stage.window.page.waitForEvent('load');
    await stage.window.ready();
    const again = await stage.window.webview(async (frame) => (await frame.locator('video').count()) > 0);
    assert.match(await again.locator('h1').innerText(), /A paper boat/);
  });

  it('opens it from the palette as well', async () => {
    await palette('Nebula Video: Open Video');
    await stage.window.page
      .locator('.quick-input-widget:visible')
      .getByText('Select a task')
      .or(stage.window.page.locator('.quick-input-widget:visible input[placeholder="Select a task"]'))
      .first()
      .waitFor();
    await stage.window.press('Enter');
    const frame = await stage.window.webview(async (page) => (await page.locator('video').count()) > 0);
    await frame.locator('body.playing').waitFor({ timeout: 30_000 });
    // The video may still be playing, or be at its end.
    await until('the video is paused', () =>
      frame.evaluate<boolean>('document.querySelector("video").paused'),
    );
    await frame.evaluate('document.querySelector("video").currentTime = 0');
    await tabTo(frame, 'VIDEO');
    await stage.window.press('Space');
    await playFor(frame, 0.6);
  });
});
