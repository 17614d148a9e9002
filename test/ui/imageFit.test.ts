import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { Frame } from 'playwright-core';
import { findEncoder } from '../gateway/video/encoder';
import { exif, withSegments } from '../unit/images/testImages';
import { findFaults, until } from './playerBench';
import { useStage } from './stage';
import { WizardPage } from './wizardPage';
import { FOLLOWS_SYSTEM, pictures } from './themes';
import { until as untilOutside } from './waiting';

/** An image with visible content everywhere. */
function drawn(size: string, ...output: string[]): Buffer {
  const source = ['-f', 'lavfi', '-i', `mandelbrot=size=${size}:start_scale=1.4:maxiter=300`];
  const args = ['-v', 'error', ...source, '-frames:v', '1', ...output, '-f', 'image2pipe', '-'];
  return execFileSync(findEncoder(), args, { maxBuffer: 64 * 1024 * 1024 });
}

const PNG = ['-c:v', 'png', '-pix_fmt', 'rgb24'];
const JPEG = ['-c:v', 'mjpeg', '-q:v', '2', '-pix_fmt', 'yuvj444p'];

/** Deciding what is sent of an image, in the real workbench. */
describe('the fitting page', function () {
  const violations: string[] = [];
  const stage = useStage({
    name: 'fitting',
    render: { unknownMs: 0, queuedMs: 600_000, runningMs: 600_000 },
    // A file that opens in the meantime must not become the explorer's only selected one.
    settings: { ...FOLLOWS_SYSTEM, 'explorer.autoReveal': false },
    prepare: ({ profile }) => {
      const write = (name: string, bytes: Buffer) =>
        fs.writeFileSync(path.join(profile.workspace, name), bytes);
      write('harbour.png', drawn('900x700', ...PNG));
      write(
        'turned.jpg',
        withSegments(drawn('800x600', ...JPEG), [0xe1, Buffer.concat([Buffer.from('Exif\0\0'), exif(6)])]),
      );
      write('fits.png', drawn('720x1280', ...PNG));
      write('logo.png', drawn('600x600', '-vf', 'format=rgba,colorkey=black:0.3:0.1', '-c:v', 'png'));
      write('wide.png', drawn('1600x400', ...PNG));
    },
  });

  before(() => {
    stage.window.page.on('console', (message) => {
      if (message.text().includes('Content Security Policy')) violations.push(message.text());
    });
  });

  afterEach(async () => {
    // Close anything that the previous test left open.
    await stage.window.press('Escape', 'Escape');
  });

  const widget = () => stage.window.page.locator('.quick-input-widget:visible');
  const submits = () => stage.gateway.log.filter(({ kind }) => kind === 'submit');
  const tab = () => stage.window.page.locator('.tabs-container .tab', { hasText: 'Generate Video ·' });
  const choose = async (label: string) => {
    await widget().getByText(label, { exact: false }).first().waitFor();
    await stage.window.press('Enter');
  };

  const wizard = new WizardPage(stage);

  /** Runs the command in the menu of a file of the explorer's. */
  async function menuOf(name: string): Promise<void> {
    const { page } = stage.window;
    await page
      .locator('.explorer-folders-view .monaco-list-row', { hasText: name })
      .first()
      .click({ button: 'right' });
    const item = page.locator('.monaco-menu .action-item', { hasText: 'Generate Videos from Images' });
    await item.hover();
    // A menu takes no click that may still belong to its opening.
    await page.waitForTimeout(400);
    await item.click();
    await item.waitFor({ state: 'detached' });
  }

  /** Starts from a file of the explorer, and opens the page from the summary. */
  async function begin(name: string, size: 'landscape' | 'portrait'): Promise<void> {
    await stage.window.runCommand('File: Focus on Files Explorer');
    await menuOf(name);
    await choose('First Frame');
    await wizard.atPrompt();
    await stage.window.press('Control+KeyA');
    await stage.window.type('it comes alive');
    await stage.window.press('Enter');
    await wizard.atSummary();
    await wizard.set('Size', size === 'landscape' ? '1280×720 (landscape)' : '720×1280 (portrait)');
    await wizard.take('Preview Images…');
  }

  /** The page, when it shows what is sent of each image. */
  async function shown(): Promise<Frame> {
    const frame = await stage.window.webview(async (one) => (await one.locator('.card').count()) > 0);
    await settled(frame);
    return frame;
  }

  const settled = async (frame: Frame) =>
    until(
      frame,
      `document.querySelector('.result .image') && !document.querySelector('.image[aria-busy=true]')`,
    );

  /** Records the blobs that the page draws, because its policy blocks requests for them. */
  const keepBlobs = async (frame: Frame) =>
    frame.evaluate(`(() => {
      const make = URL.createObjectURL.bind(URL);
      window.blobs = new Map();
      URL.createObjectURL = (blob) => { const url = make(blob); window.blobs.set(url, blob); return url; };
    })()`);

  /** The bytes of the preview as base64. */
  const bytesShown = async (frame: Frame) =>
    frame.evaluate<string>(`(async () => {
      const blob = window.blobs.get(document.querySelector('.result img').src);
      const bytes = new Uint8Array(await blob.arrayBuffer());
      return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
    })()`);

  /** Does something that changes what is sent, and waits until that is shown. */
  async function changing(frame: Frame, deed: () => Promise<unknown>): Promise<void> {
    const address = () => frame.locator('.result img').getAttribute('src');
    const before = await address();
    await deed();
    const deadline = Date.now() + 15_000;
    while ((await address()) === before) {
      if (Date.now() > deadline) throw new Error('What is sent did not change.');
      await stage.window.page.waitForTimeout(50);
    }
    await settled(frame);
  }

  const way = (frame: Frame, name: string) => frame.getByRole('radio', { name, exact: true });
  const cropFrame = (frame: Frame) => frame.getByRole('slider', { name: 'Crop' });
  const caption = (frame: Frame) => frame.locator('.result .caption').innerText();

  /** Takes screenshots in every kind of theme. axe-core must find no errors. */
  async function look(frame: Frame, name: string): Promise<void> {
    const { page } = stage.window;
    await pictures(stage.window, `fitting/${name}`, async () => {
      await page.waitForTimeout(200);
      assert.deepEqual(await findFaults(frame), [], name);
    });
  }

  /** Closes the page as any other tab. */
  async function closeTab(): Promise<void> {
    await stage.window.runCommand('View: Close Editor');
    await tab().waitFor({ state: 'detached' });
  }

  async function escape(): Promise<void> {
    await stage.window.press('Escape');
    await stage.window.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
  }

  it('is moved by keyboard, shows the very bytes that the gateway then gets, and names what was chosen', async () => {
    await begin('harbour.png', 'landscape');
    const frame = await shown();
    await keepBlobs(frame);
    assert.equal(await caption(frame), (await caption(frame)).replace(/^.*? · /, '1280×720 · '));
    assert.match(await frame.locator('main').innerText(), /harbour\.png · 900×700/);
    assert.match(await frame.locator('main').innerText(), /Sora 2 needs 1280×720 images\./);
    assert.equal(submits().length, 0);

    // From the first control on, with Tab and arrows alone.
    // The ways, the zoom, its button, the frame.
    await stage.window.press('Tab', 'Tab', 'Tab', 'Tab');
    assert.equal(await frame.evaluate('document.activeElement.getAttribute("role")'), 'slider');
    assert.equal(await cropFrame(frame).getAttribute('aria-valuetext'), '0% from left, 14% from top');
    await changing(frame, async () => stage.window.press('Shift+ArrowUp', 'ArrowUp'));
    assert.equal(await cropFrame(frame).getAttribute('aria-valuetext'), '0% from left, 3% from top');
    const moved = await bytesShown(frame);
    await look(frame, 'crop');

    await changing(frame, async () => way(frame, 'Pad').check());
    const padded = await bytesShown(frame);
    await look(frame, 'pad');
    await changing(frame, async () => frame.getByRole('radio', { name: 'White' }).check());
    await changing(frame, async () => way(frame, 'Blur Background').check());
    const blurred = await bytesShown(frame);
    await look(frame, 'blur');
    await changing(frame, async () => way(frame, 'Crop').check());
    assert.equal(await bytesShown(frame), moved, 'the part is remembered');
    assert.equal(new Set([moved, padded, blurred]).size, 3);
    await changing(frame, async () => {
      await frame.getByRole('slider', { name: 'Zoom' }).focus();
      await stage.window.press('ArrowRight', 'ArrowRight', 'ArrowRight', 'ArrowRight');
    });
    assert.equal(await frame.getByRole('slider', { name: 'Zoom' }).getAttribute('aria-valuetext'), '120%');
    const last = await bytesShown(frame);
    assert.notEqual(last, moved);
    await stage.window.screenshot('fitting/zoom-dark');

    await frame.getByRole('button', { name: 'Continue' }).focus();
    await stage.window.press('Enter');
    await wizard.atSummary();
    await tab().waitFor({ state: 'detached' });
    await widget()
      .getByRole('option', { name: /Images, .*Cropped to 1280×720/ })
      .waitFor();
    await stage.window.screenshot('fitting/summary-dark');
    await wizard.goToSend();
    await stage.window.press('Enter');
    await untilOutside('the request arrives', () => submits()[0]?.body !== undefined);
    const { input_reference: sent } = submits()[0]?.body as { input_reference: string };
    assert.equal(sent.split(',')[1], last);
  });

  it('leads back with what was chosen, and away when its tab is closed; nothing is sent', async () => {
    const before = submits().length;
    await begin('wide.png', 'portrait');
    let frame = await shown();
    await changing(frame, async () => way(frame, 'Blur Background').check());
    await frame.getByRole('button', { name: 'Back' }).click();
    await wizard.atSummary();
    await stage.window.press('Enter');
    frame = await shown();
    assert.ok(await way(frame, 'Blur Background').isChecked());
    await closeTab();
    await stage.window.page.waitForTimeout(500);
    assert.equal(await widget().count(), 0);
    assert.equal(submits().length, before);
    // The written text is still there.
    await stage.window.runCommand('File: Focus on Files Explorer');
    await menuOf('wide.png');
    await choose('First Frame');
    await widget().getByText('Draft restored', { exact: false }).waitFor();
    assert.equal(await stage.window.quickInput().inputValue(), 'it comes alive');
    await escape();
  });

  it('shows a turned photo upright, is moved and let go by the mouse, and is the same when hidden and back', async () => {
    await begin('turned.jpg', 'landscape');
    let frame = await shown();
    assert.match(await frame.locator('.facts').innerText(), /600×800/);
    const image = frame.locator('.image img').first();
    const [width = 0, height = 0] = await frame.evaluate<number[]>(
      `(({ naturalWidth, naturalHeight }) => [naturalWidth, naturalHeight])(document.querySelector('.image img'))`,
    );
    assert.ok(width < height);
    const { x, y, width: across, height: down } = (await image.boundingBox())!;
    const { mouse } = stage.window.page;
    await changing(frame, async () => {
      await mouse.move(x + across / 2, y + down / 2);
      await mouse.down();
      await mouse.move(x + across / 2, y + down / 2 - down / 5, { steps: 5 });
      await mouse.up();
    });
    const place = await cropFrame(frame).getAttribute('aria-valuetext');
    assert.match(place ?? '', /^0% from left, (8|9|1[0-2])% from top$/);
    await mouse.move(x + across / 2, y + down - 4);
    assert.equal(await cropFrame(frame).getAttribute('aria-valuetext'), place);
    await changing(frame, async () => mouse.click(x + across / 2, y + down - 4));
    const low = await cropFrame(frame).getAttribute('aria-valuetext');
    assert.match(low ?? '', /^0% from left, 5[78]% from top$/);
    await look(frame, 'turned');
    await stage.window.runCommand('File: New Untitled Text File');
    await tab().click();
    frame = await shown();
    assert.equal(await cropFrame(frame).getAttribute('aria-valuetext'), low);
    await closeTab();
    await stage.window.runCommand('View: Close All Editors');
  });

  it('fills transparent parts with the chosen color', async () => {
    await begin('logo.png', 'landscape');
    const frame = await shown();
    await changing(frame, async () => way(frame, 'Pad').check());
    const background = frame.getByRole('group', { name: 'Transparency' });
    await changing(frame, async () => background.getByRole('radio', { name: 'Black' }).check());
    const color = frame.getByRole('group', { name: 'Color', exact: true }).getByLabel('Other');
    await changing(frame, async () => color.fill('#336699'));
    await look(frame, 'transparent');
    await stage.window.page.setViewportSize({ width: 620, height: 900 });
    await stage.window.screenshot('fitting/narrow-dark');
    assert.ok(await frame.evaluate('document.documentElement.scrollWidth <= window.innerWidth'));
    await stage.window.page.setViewportSize({ width: 1280, height: 800 });
    await closeTab();
  });

  it('shows an image that fits as it is', async () => {
    const before = submits().length;
    await begin('fits.png', 'portrait');
    const frame = await shown();
    assert.ok(await way(frame, 'None').isChecked());
    await look(frame, 'fits');
    await frame.getByRole('button', { name: 'Continue' }).click();
    await wizard.atSummary();
    await escape();
    assert.equal(submits().length, before);
  });

  it('says in a sentence what is wrong with a file that was damaged meanwhile', async () => {
    const before = submits().length;
    await begin('wide.png', 'portrait');
    const frame = await shown();
    const file = path.join(stage.session.profile.workspace, 'wide.png');
    const whole = fs.readFileSync(file);
    fs.writeFileSync(file, whole.subarray(0, 1000));
    try {
      await way(frame, 'Pad').check();
      await frame.locator('.error').getByText('is damaged').waitFor();
      await frame.getByRole('button', { name: 'Continue' }).click();
      await look(frame, 'damaged');
    } finally {
      fs.writeFileSync(file, whole);
    }
    await way(frame, 'Crop').check();
    await settled(frame);
    assert.equal(await frame.locator('.error').count(), 0);
    await closeTab();
    assert.equal(submits().length, before);
  });

  it('does not outlive a reload of the window', async () => {
    await begin('wide.png', 'portrait');
    await shown();
    await stage.window.reload();
    await stage.window.page.locator('.explorer-folders-view').waitFor();
    assert.equal(await tab().count(), 0);
  });

  it('shows all images of a request, each with its role and a choice of its own', async () => {
    const { page } = stage.window;
    const row = (name: string) =>
      page.locator('.explorer-folders-view .monaco-list-row', { hasText: name }).first();
    await stage.window.runCommand('File: Focus on Files Explorer');
    await row('harbour.png').click();
    await page.locator('.tabs-container .tab', { hasText: 'harbour.png' }).waitFor();
    await row('wide.png').click({ modifiers: ['Control'] });
    await page.locator('.explorer-folders-view .monaco-list-row.selected').nth(1).waitFor();
    await menuOf('wide.png');
    await choose('First Frame, Last Frame');
    await wizard.atPrompt();
    await stage.window.press('Control+KeyA');
    await stage.window.type('from one to the other');
    await stage.window.press('Enter');
    await wizard.atSummary();
    await wizard.take('Preview Images…');
    const frame = await shown();
    assert.deepEqual(await frame.locator('h2').allInnerTexts(), ['First Frame', 'Last Frame']);
    assert.equal(await frame.locator('.result img').count(), 2);
    const last = frame.getByRole('region', { name: 'Last Frame' });
    await last.getByRole('radio', { name: 'Blur Background' }).check();
    await until(frame, `document.querySelectorAll('.caption')[1].textContent.startsWith('1920×1080')`);
    await last.scrollIntoViewIfNeeded();
    await look(frame, 'several');
    await frame.getByRole('button', { name: 'Continue' }).click();
    await widget().getByText('Will be adjusted before sending', { exact: false }).waitFor();
    await escape();
  });

  it('was never stopped by its own content security policy', () => {
    assert.deepEqual(violations, []);
  });
});
