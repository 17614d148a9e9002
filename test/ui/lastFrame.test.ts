import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { findEncoder } from '../gateway/video/encoder';
import { useStage } from './stage';
import { FOLLOWS_SYSTEM, pictures } from './themes';
import { WizardPage } from './wizardPage';

const PROMPT = 'a paper boat on a rainy street';

/** Pixels as ffmpeg reads them, three bytes each. */
type Rgb = Buffer;

/** From a video to the next one, which begins where it ends: in a browser that really decodes it. */
describe('a video that goes on from another one', function () {
  const stage = useStage({
    name: 'last-frame',
    render: { unknownMs: 0, queuedMs: 100, runningMs: 2_000 },
    settings: { ...FOLLOWS_SYSTEM, 'nebulaVideo.confirm': 'never', 'nebulaVideo.notify': 'never' },
    prompts: [PROMPT],
  });

  const page = () => stage.window.page;
  const wizard = new WizardPage(stage);
  const widget = () => page().locator('.quick-input-widget:visible');
  const row = () => page().locator(`.monaco-list-row[aria-label*="${PROMPT}"][aria-label*="Done"]`).first();
  const bodies = () =>
    stage.gateway.log
      .filter(({ kind }) => kind === 'submit')
      .map(({ body }) => body as Readonly<Record<string, string>>);
  const library = () =>
    path.join(stage.session.profile.userData, 'User/globalStorage/nebula-video.nebula-video/library');

  const ffmpeg = (args: readonly string[], input?: Buffer): Rgb =>
    execFileSync(findEncoder(), ['-v', 'error', ...args, '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'], {
      input,
      maxBuffer: 256 * 1024 * 1024,
    });
  const sentPixels = (body: Readonly<Record<string, string>> | undefined): Rgb => {
    const image = Buffer.from(body?.['input_reference']?.split(',')[1] ?? '', 'base64');
    return ffmpeg(['-f', 'image2pipe', '-i', '-'], image);
  };

  /** Returns the frames of the video's last half second, in order. */
  function lastPixelsOf(file: string, width: number, height: number): Rgb[] {
    // Browsers assume these colors for this size if the file has none. ffmpeg would assume those of SD video.
    const colors = ['-vf', 'scale=in_color_matrix=bt709'];
    const all = ffmpeg(['-sseof', '-0.5', '-i', file, '-vsync', 'passthrough', ...colors]);
    const size = width * height * 3;
    return Array.from({ length: all.length / size }, (_, index) =>
      all.subarray(index * size, (index + 1) * size),
    );
  }

  /** Returns the difference between two frames per channel, 0 to 255. */
  function difference(one: Rgb, other: Rgb): number {
    assert.equal(one.length, other.length);
    let sum = 0;
    for (let at = 0; at < one.length; at++) sum += Math.abs((one[at] ?? 0) - (other[at] ?? 0));
    return sum / one.length;
  }

  /** Goes through the wizard, and sends. */
  async function finish(prompt: string, look?: string): Promise<void> {
    await wizard.atPrompt();
    await stage.window.type(prompt);
    await stage.window.press('Enter');
    await wizard.atSummary();
    if (look) {
      // It fades in.
      await page().waitForTimeout(300);
      await stage.window.screenshot(look);
    }
    await wizard.pay();
  }

  it('is asked for in the row’s menu, and begins with the very last picture', async () => {
    await stage.window.runCommand('Nebula Video: Focus on Tasks View');
    await stage.send(PROMPT);
    await row().waitFor({ timeout: 60_000 });
    await row().click({ button: 'right' });
    const item = page().locator('.monaco-menu .action-label[aria-label="Continue from Last Frame…"]');
    await item.waitFor();
    // A menu takes no click that may belong to the one that opened it.
    await page().waitForTimeout(500);
    await item.click();
    await finish('the boat comes to a bridge', 'last-frame-summary');
    const [file = ''] = fs.readdirSync(library()).filter((name) => name.endsWith('.mp4'));
    const frames = lastPixelsOf(path.join(library(), file), 1280, 720);
    assert.ok(frames.length > 5, `${frames.length} pictures`);
    const sent = sentPixels(bodies().at(-1));
    const apart = frames.map((frame) => difference(frame, sent));
    const nearest = apart.indexOf(Math.min(...apart));
    assert.equal(nearest, frames.length - 1, `it is like picture ${nearest} of ${frames.length}`);
    // Decoders round colors differently.
    assert.ok((apart.at(-1) ?? 255) < 3, `${apart.at(-1)} apart`);
  });

  it('is asked for in the player, with the frame that it shows', async () => {
    const player = await stage.window.webview(async (frame) => (await frame.locator('video').count()) > 0);
    await player.locator('body.playing').waitFor({ timeout: 30_000 });
    await pictures(stage.window, 'last-frame-player');
    await player.evaluate('document.querySelector("video").currentTime = 1.5');
    await player.getByRole('button', { name: 'Use This Frame' }).click();
    await finish('the boat turns over');
    const shown = await player.evaluate<number>('document.querySelector("video").currentTime');
    assert.equal(shown, 1.5, 'the one that a person looks at stands where it stood');
    const of = (body: Readonly<Record<string, string>> | undefined) => sentPixels(body);
    const [last, here] = bodies().slice(-2).map(of);
    assert.ok(last && here && difference(last, here) > 5, 'it is another picture');
  });

  it('is asked for in the palette', async () => {
    await stage.window.runCommand('View: Close All Editors');
    await stage.window.runCommand('Nebula Video: Continue from Last Frame…');
    await widget().locator('.monaco-list-row', { hasText: PROMPT }).first().waitFor();
    await widget().locator('.monaco-list-row', { hasText: PROMPT }).first().click();
    const before = bodies().length;
    await wizard.atPrompt();
    await stage.window.press('Escape');
    assert.equal(bodies().length, before, 'Escape sends nothing');
  });
});
