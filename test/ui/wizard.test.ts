import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { startPretendGateway, type PretendGateway } from '../gateway/pretendGateway';
import { startSession, type Session } from '../vscode/session';
import type { Workbench } from '../vscode/workbench';

const THEMES = {
  dark: 'Dark Modern',
  light: 'Light Modern',
  contrast: 'Default High Contrast',
} as const;

/** Goes back a step, as each system has it. */
const BACK =
  process.platform === 'win32'
    ? 'Alt+ArrowLeft'
    : process.platform === 'darwin'
      ? 'Control+Minus'
      : 'Control+Alt+Minus';

const crlf = 'A paper boat drifts down a rainy street.\r\n\r\n  Neon lights in the puddles. 🛶\r\n';
const oneLine = '  a kite over the sea, filmed from below  ';

/** The whole way to a request through the real workbench, with the keyboard alone. */
describe('asking for a video', function () {
  let gateway: PretendGateway;
  let session: Session;
  let window: Workbench;

  before(async () => {
    gateway = await startPretendGateway({ render: { unknownMs: 0, queuedMs: 600_000, runningMs: 600_000 } });
    session = await startSession({
      name: 'wizard',
      extension: 'linked',
      settings: settingsFor('dark'),
      env: { NEBULA_API_KEY: gateway.key },
    });
    fs.writeFileSync(path.join(session.profile.workspace, 'scenes.md'), `${crlf}${oneLine}\r\nThe end.\r\n`);
    window = await session.open({});
    await window.ready();
    await window.page.setViewportSize({ width: 1280, height: 800 });
  });

  after(async () => {
    await session.stop();
    await gateway.stop();
  });

  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await window.screenshot('wizard-failed');
  });

  function settingsFor(theme: keyof typeof THEMES) {
    return {
      'nebulaVideo.baseUrl': gateway.baseUrl,
      'nebulaVideo.pollSeconds': 3,
      'workbench.colorTheme': THEMES[theme],
    };
  }

  const widget = () => window.page.locator('.quick-input-widget:visible');
  const bodies = () => gateway.log.filter(({ kind }) => kind === 'submit').map(({ body }) => body);
  const focused = () => widget().locator('.monaco-list-row.focused');
  const count = (text: string) => widget().locator('.quick-input-title').getByText(text, { exact: false });

  /** Waits for the step with this count. */
  async function atStep(step: string): Promise<void> {
    await count(`(${step})`).waitFor({ timeout: 20_000 });
    // The step that pays takes no key that comes too soon after the last one.
    if (step === '4/4') await window.page.waitForTimeout(600);
  }

  async function closed(): Promise<void> {
    await window.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
  }

  async function openWizard(): Promise<void> {
    await window.press('F1');
    await window.type('Nebula Video: Generate Video…');
    await window.quickPickRow('Nebula Video: Generate Video…').waitFor();
    await window.press('Enter');
    await atStep('1/4');
  }

  /** Waits until the gateway has got so many requests in all. */
  async function submitted(total: number): Promise<void> {
    const deadline = Date.now() + 30_000;
    while (bodies().length < total) {
      if (Date.now() > deadline)
        throw new Error(`The gateway got ${bodies().length} requests, not ${total}.`);
      await window.page.waitForTimeout(50);
    }
  }

  const row = (prompt: string) => window.page.locator(`.monaco-list-row[aria-label*="${prompt}"]`).first();

  /** Opens the file and puts the cursor before its n-th line. */
  async function openScenes(line: number): Promise<void> {
    await window.press('Control+KeyP');
    await window.quickInput().fill('scenes.md');
    await widget().locator('.monaco-list-row').filter({ hasText: 'scenes.md' }).first().waitFor();
    await window.press('Enter');
    await window.page.locator('.editor-instance .view-lines').first().waitFor();
    await window.press('Control+KeyG');
    await window.quickInput().fill(`:${line}`);
    await window.press('Enter');
    await closed();
  }

  async function picture(name: string): Promise<void> {
    // Colours and icons settle a moment after the text.
    await window.page.waitForTimeout(300);
    await window.screenshot(`wizard-${name}`);
  }

  it('goes from the palette to a request with a few keys', async () => {
    await openWizard();
    await picture('1-prompt-dark');
    await window.type(oneLine);
    await picture('1-prompt-typed-dark');
    const keys = ['Enter', 'ArrowDown', 'Enter', 'Enter', 'Enter'];
    await window.press('Enter');
    await atStep('2/4');
    await picture('2-seconds-dark');
    await window.press('ArrowDown', 'Enter');
    await atStep('3/4');
    await picture('3-size-dark');
    await window.press('Enter');
    await atStep('4/4');
    await picture('4-summary-dark');
    assert.equal(bodies().length, 0);
    await window.press('Enter');
    await submitted(1);
    assert.deepEqual(bodies()[0], { model: 'sora-2', prompt: oneLine, seconds: '8', size: '720x1280' });
    // F1 and Enter open it; typing the command's name and the prompt are not counted.
    assert.ok(keys.length + 2 <= 8);
    // The row shows itself.
    await row('a kite over the sea').waitFor();
    await picture('5-row-dark');
  });

  it('marks what was used last; Back keeps answers, and Escape sends nothing and keeps a draft', async () => {
    await openWizard();
    await window.type('a lighthouse');
    await window.press('Enter');
    await atStep('2/4');
    assert.match((await focused().innerText()).replace(/\s+/g, ' '), /8 seconds.*last used/);
    await window.press('ArrowDown', 'Enter');
    await atStep('3/4');
    await window.press(BACK);
    await atStep('2/4');
    assert.match(await focused().innerText(), /12 seconds/);
    await picture('2-back-dark');
    await window.press(BACK);
    await atStep('1/4');
    assert.equal(await window.quickInput().inputValue(), 'a lighthouse');
    await window.type(' at night');
    await window.press('Enter');
    await atStep('2/4');
    await window.press('Enter');
    await atStep('3/4');
    await window.press('Enter');
    await atStep('4/4');
    await window.press('Escape');
    await closed();
    assert.equal(bodies().length, 1);
    await openWizard();
    assert.equal(await window.quickInput().inputValue(), 'a lighthouse at night');
    await picture('1-draft-dark');
    // It is selected: whoever types begins anew.
    await window.type(' ');
    await picture('1-blank-dark');
    await window.press('Enter');
    await atStep('1/4');
    await window.press('Escape');
    await closed();
    assert.equal(bodies().length, 1);
  });

  it('takes one selected line from the context menu', async () => {
    await openScenes(4);
    await window.press('Home', 'Home', 'Shift+End');
    await window.press('Shift+F10');
    const entry = window.page.locator('.monaco-menu').getByText('Generate Video from Selection…');
    await entry.waitFor();
    await picture('context-menu-dark');
    await window.press('ArrowDown');
    for (let presses = 0; presses < 30; presses++) {
      const active = window.page.locator('.monaco-menu .action-item.focused');
      if ((await active.innerText()).includes('Generate Video from Selection')) break;
      await window.press('ArrowDown');
    }
    await window.press('Enter');
    await atStep('1/4');
    assert.equal(await window.quickInput().inputValue(), oneLine);
    await picture('1-selection-dark');
    await window.press('Enter');
    await atStep('2/4');
    await window.press('Enter');
    await atStep('3/4');
    await window.press('ArrowDown', 'Enter');
    await atStep('4/4');
    await window.press('Enter');
    await submitted(2);
    assert.deepEqual(bodies()[1], { model: 'sora-2', prompt: oneLine, seconds: '8', size: '1280x720' });
  });

  it('takes several selected lines to an editor, and sends them from there byte for byte', async () => {
    await openScenes(1);
    await window.press('Shift+ArrowDown', 'Shift+ArrowDown', 'Shift+ArrowDown');
    await window.press('F1');
    await window.type('Nebula Video: Generate Video from Selection…');
    await window.quickPickRow('Nebula Video: Generate Video from Selection…').waitFor();
    await window.press('Enter');
    const lens = window.page.locator('.codelens-decoration').filter({ hasText: 'Send Prompt…' });
    await lens.waitFor({ timeout: 20_000 });
    await window.page.locator('.editor-actions a[aria-label*="Send Prompt"]').waitFor();
    await picture('editor-dark');
    await window.press('Control+Enter');
    await atStep('2/4');
    await window.press(BACK);
    await atStep('1/4');
    await picture('1-lines-dark');
    await window.press('Enter');
    await atStep('2/4');
    await window.press('Enter');
    await atStep('3/4');
    await window.press('Enter');
    await atStep('4/4');
    await picture('4-summary-lines-dark');
    await window.press('Enter');
    await submitted(3);
    assert.deepEqual(bodies()[2], { model: 'sora-2', prompt: crlf, seconds: '8', size: '1280x720' });
    // Its editor is done with, and no dialog asks about it.
    await lens.waitFor({ state: 'hidden' });
    assert.equal(await window.page.locator('.monaco-dialog-box').count(), 0);
  });

  it('writes in an editor from the prompt step', async () => {
    await openWizard();
    await window.type('a kite');
    await window.press('Tab');
    await picture('1-tab-dark');
    await window.press('Enter');
    const lens = window.page.locator('.codelens-decoration').filter({ hasText: 'Send Prompt…' });
    await lens.waitFor();
    await window.press('Enter');
    await window.type('and its shadow');
    await window.press('Control+Enter');
    await atStep('2/4');
    await window.press('Enter');
    await atStep('3/4');
    await window.press('Enter');
    await atStep('4/4');
    await window.press('Enter');
    await submitted(4);
    assert.equal((bodies()[3] as { prompt: string }).prompt, 'a kite\nand its shadow');
  });

  it('Generate Again opens the last word, and Back leads through the questions', async () => {
    await row('a kite over the sea').click({ button: 'right' });
    const entry = window.page.locator('.monaco-menu').getByText('Generate Again…');
    await entry.waitFor();
    // A menu ignores clicks in the first moments, which may belong to the one that opened it.
    await window.page.waitForTimeout(500);
    await entry.click();
    await atStep('4/4');
    assert.equal(bodies().length, 4);
    await window.press(BACK);
    await atStep('3/4');
    await window.press('Escape');
    await closed();
    assert.equal(bodies().length, 4);
  });

  it('an Enter that is held down does not pay', async () => {
    const before = bodies().length;
    await openWizard();
    await window.type('a key that got stuck');
    // As the system repeats a key.
    for (let repeats = 0; repeats < 40; repeats++) {
      await window.press('Enter');
      await window.page.waitForTimeout(30);
    }
    await atStep('4/4');
    assert.equal(bodies().length, before);
    await window.press('Escape');
    await closed();
  });

  for (const theme of ['light', 'contrast'] as const) {
    it(`can be read in the ${theme} theme`, async () => {
      const file = path.join(session.profile.userData, 'User', 'settings.json');
      const settings = JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, unknown>;
      fs.writeFileSync(file, JSON.stringify({ ...settings, ...settingsFor(theme) }));
      await window.reload();
      const mark = theme === 'light' ? '.monaco-workbench.vs' : '.monaco-workbench.hc-black';
      await window.page.locator(mark).waitFor({ timeout: 20_000 });
      await openWizard();
      await picture(`1-prompt-${theme}`);
      await window.type(
        'A paper boat drifts down a rainy street at dusk, neon lights in the puddles, filmed close to the water.',
      );
      await window.press('Enter');
      await atStep('2/4');
      await picture(`2-seconds-${theme}`);
      await window.press('Enter');
      await atStep('3/4');
      await picture(`3-size-${theme}`);
      await window.press('Enter');
      await atStep('4/4');
      await picture(`4-summary-${theme}`);
      await window.press('Escape');
      await closed();
      assert.equal(bodies().length, 4);
    });
  }
});
