import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { useStage } from './stage';
import { FOLLOWS_SYSTEM, pictures } from './themes';

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
  const stage = useStage({
    name: 'wizard',
    render: { unknownMs: 0, queuedMs: 600_000, runningMs: 600_000 },
    settings: FOLLOWS_SYSTEM,
    prepare: ({ profile }) =>
      fs.writeFileSync(
        path.join(profile.workspace, 'scenes.md'),
        `${crlf}${oneLine}
The end.
`,
      ),
  });

  const widget = () => stage.window.page.locator('.quick-input-widget:visible');
  const bodies = () => stage.gateway.log.filter(({ kind }) => kind === 'submit').map(({ body }) => body);
  const focused = () => widget().locator('.monaco-list-row.focused');
  const count = (text: string) => widget().locator('.quick-input-title').getByText(text, { exact: false });

  /** Waits for the step with this count. */
  async function atStep(step: string): Promise<void> {
    await count(`(${step})`).waitFor({ timeout: 20_000 });
    // The step that pays takes no key that comes too soon after the last one.
    if (step === '5/5' || step === '6/6') await stage.window.page.waitForTimeout(600);
  }

  async function closed(): Promise<void> {
    await stage.window.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
  }

  async function openWizard(): Promise<void> {
    await stage.window.press('F1');
    await stage.window.type('Nebula Video: Generate Video…');
    await stage.window.quickPickRow('Nebula Video: Generate Video…').waitFor();
    await stage.window.press('Enter');
    await atStep('2/5');
  }

  /** Waits until the gateway has got so many requests in all. */
  async function submitted(total: number): Promise<void> {
    const deadline = Date.now() + 30_000;
    while (bodies().length < total || bodies().at(-1) === undefined) {
      if (Date.now() > deadline)
        throw new Error(`The gateway got ${bodies().length} requests, not ${total}.`);
      await stage.window.page.waitForTimeout(50);
    }
  }

  const row = (prompt: string) =>
    stage.window.page.locator(`.monaco-list-row[aria-label*="${prompt}"]`).first();

  /** Opens the file and puts the cursor before its n-th line. */
  async function openScenes(line: number): Promise<void> {
    await stage.window.press('Control+KeyP');
    await stage.window.quickInput().fill('scenes.md');
    await widget().locator('.monaco-list-row').filter({ hasText: 'scenes.md' }).first().waitFor();
    await stage.window.press('Enter');
    await stage.window.page.locator('.editor-instance .view-lines').first().waitFor();
    await stage.window.press('Control+KeyG');
    await stage.window.quickInput().fill(`:${line}`);
    await stage.window.press('Enter');
    await closed();
  }

  async function picture(name: string): Promise<void> {
    // Colours and icons settle a moment after the text.
    await stage.window.page.waitForTimeout(300);
    await stage.window.screenshot(`wizard-${name}`);
  }

  it('goes from the palette to a request with a few keys', async () => {
    await openWizard();
    await picture('1-prompt-dark');
    await stage.window.type(oneLine);
    await picture('1-prompt-typed-dark');
    const keys = ['Enter', 'ArrowDown', 'Enter', 'Enter', 'Enter'];
    await stage.window.press('Enter');
    await atStep('3/5');
    await picture('2-seconds-dark');
    await stage.window.press('ArrowDown', 'Enter');
    await atStep('4/5');
    await picture('3-size-dark');
    await stage.window.press('Enter');
    await atStep('5/5');
    await picture('4-summary-dark');
    assert.equal(bodies().length, 0);
    await stage.window.press('Enter');
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
    await stage.window.type('a lighthouse');
    await stage.window.press('Enter');
    await atStep('3/5');
    assert.match((await focused().innerText()).replace(/\s+/g, ' '), /8 seconds.*last used/);
    await stage.window.press('ArrowDown', 'Enter');
    await atStep('4/5');
    await stage.window.press(BACK);
    await atStep('3/5');
    assert.match(await focused().innerText(), /12 seconds/);
    await picture('2-back-dark');
    await stage.window.press(BACK);
    await atStep('2/5');
    assert.equal(await stage.window.quickInput().inputValue(), 'a lighthouse');
    await stage.window.type(' at night');
    await stage.window.press('Enter');
    await atStep('3/5');
    await stage.window.press('Enter');
    await atStep('4/5');
    await stage.window.press('Enter');
    await atStep('5/5');
    await stage.window.press('Escape');
    await closed();
    assert.equal(bodies().length, 1);
    await openWizard();
    assert.equal(await stage.window.quickInput().inputValue(), 'a lighthouse at night');
    await picture('1-draft-dark');
    // It is selected: whoever types begins anew.
    await stage.window.type(' ');
    await picture('1-blank-dark');
    await stage.window.press('Enter');
    await atStep('2/5');
    await stage.window.press('Escape');
    await closed();
    assert.equal(bodies().length, 1);
  });

  it('takes one selected line from the context menu', async () => {
    await openScenes(4);
    await stage.window.press('Home', 'Home', 'Shift+End');
    await stage.window.press('Shift+F10');
    const entry = stage.window.page.locator('.monaco-menu').getByText('Generate Video from Selection…');
    await entry.waitFor();
    await picture('context-menu-dark');
    await stage.window.press('ArrowDown');
    for (let presses = 0; presses < 30; presses++) {
      const active = stage.window.page.locator('.monaco-menu .action-item.focused');
      if ((await active.innerText()).includes('Generate Video from Selection')) break;
      await stage.window.press('ArrowDown');
    }
    await stage.window.press('Enter');
    await atStep('2/5');
    assert.equal(await stage.window.quickInput().inputValue(), oneLine);
    await picture('1-selection-dark');
    await stage.window.press('Enter');
    await atStep('3/5');
    await stage.window.press('Enter');
    await atStep('4/5');
    await stage.window.press('ArrowDown', 'Enter');
    await atStep('5/5');
    await stage.window.press('Enter');
    await submitted(2);
    assert.deepEqual(bodies()[1], { model: 'sora-2', prompt: oneLine, seconds: '8', size: '1280x720' });
  });

  it('takes several selected lines to an editor, and sends them from there byte for byte', async () => {
    await openScenes(1);
    await stage.window.press('Shift+ArrowDown', 'Shift+ArrowDown', 'Shift+ArrowDown');
    await stage.window.press('F1');
    await stage.window.type('Nebula Video: Generate Video from Selection…');
    await stage.window.quickPickRow('Nebula Video: Generate Video from Selection…').waitFor();
    await stage.window.press('Enter');
    const lens = stage.window.page
      .locator('.codelens-decoration')
      .filter({ hasText: 'Generate from Prompt…' });
    await lens.waitFor({ timeout: 20_000 });
    await stage.window.page.locator('.editor-actions a[aria-label*="Send Prompt"]').waitFor();
    await picture('editor-dark');
    await stage.window.press('Control+Enter');
    await atStep('3/5');
    await stage.window.press(BACK);
    await atStep('2/5');
    await picture('1-lines-dark');
    await stage.window.press('Enter');
    await atStep('3/5');
    await stage.window.press('Enter');
    await atStep('4/5');
    await stage.window.press('Enter');
    await atStep('5/5');
    await picture('4-summary-lines-dark');
    await stage.window.press('Enter');
    await submitted(3);
    assert.deepEqual(bodies()[2], { model: 'sora-2', prompt: crlf, seconds: '8', size: '1280x720' });
    // Its editor is done with, and no dialog asks about it.
    await lens.waitFor({ state: 'hidden' });
    assert.equal(await stage.window.page.locator('.monaco-dialog-box').count(), 0);
  });

  it('writes in an editor from the prompt step', async () => {
    await openWizard();
    await stage.window.type('a kite');
    await stage.window.press('Tab');
    await picture('1-tab-dark');
    await stage.window.press('Enter');
    const lens = stage.window.page
      .locator('.codelens-decoration')
      .filter({ hasText: 'Generate from Prompt…' });
    await lens.waitFor();
    await stage.window.press('Enter');
    await stage.window.type('and its shadow');
    await stage.window.press('Control+Enter');
    await atStep('3/5');
    await stage.window.press('Enter');
    await atStep('4/5');
    await stage.window.press('Enter');
    await atStep('5/5');
    await stage.window.press('Enter');
    await submitted(4);
    assert.equal((bodies()[3] as { prompt: string }).prompt, 'a kite\nand its shadow');
  });

  it('Generate Again opens the last word, and Back leads through the questions', async () => {
    await row('a kite over the sea').click({ button: 'right' });
    const entry = stage.window.page.locator('.monaco-menu').getByText('Generate Again…');
    await entry.waitFor();
    // A menu ignores clicks in the first moments, which may belong to the one that opened it.
    await stage.window.page.waitForTimeout(500);
    await entry.click();
    await atStep('5/5');
    assert.equal(bodies().length, 4);
    await stage.window.press(BACK);
    await atStep('4/5');
    await stage.window.press('Escape');
    await closed();
    assert.equal(bodies().length, 4);
  });

  it('an Enter that is held down does not pay', async () => {
    const before = bodies().length;
    await openWizard();
    await stage.window.type('a key that got stuck');
    // As the system repeats a key.
    for (let repeats = 0; repeats < 40; repeats++) {
      await stage.window.press('Enter');
      await stage.window.page.waitForTimeout(30);
    }
    await atStep('5/5');
    assert.equal(bodies().length, before);
    await stage.window.press('Escape');
    await closed();
  });

  it('can be read in every kind of theme', async () => {
    const look = (name: string) => pictures(stage.window, `wizard-${name}`);
    await openWizard();
    await look('1-prompt');
    await stage.window.type(
      'A paper boat drifts down a rainy street at dusk, neon lights in the puddles, filmed close to the water.',
    );
    await stage.window.press('Enter');
    await atStep('3/5');
    await look('2-seconds');
    await stage.window.press('Enter');
    await atStep('4/5');
    await look('3-size');
    await stage.window.press('Enter');
    await atStep('5/5');
    await look('4-summary');
    await stage.window.press('Escape');
    await closed();
    assert.equal(bodies().length, 4);
  });

  it('offers other models one step back, and what has no step at the last one', async () => {
    const before = bodies().length;
    await openWizard();
    await stage.window.press(BACK);
    await atStep('1/5');
    assert.match(await focused().innerText(), /sora-2/);
    await picture('0-models-dark');
    await stage.window.type('veo-3.1-generate');
    await stage.window.press('Enter');
    await atStep('2/6');
    await stage.window.type('a lighthouse in a storm');
    for (const step of ['3/6', '4/6', '5/6', '6/6']) {
      await stage.window.press('Enter');
      await atStep(step);
    }
    await picture('6-summary-veo-dark');
    await stage.window.press('ArrowDown', 'Enter');
    await widget().getByText('Number of Videos').waitFor();
    await picture('6-more-dark');
    await stage.window.type('Number');
    await stage.window.press('Enter');
    await widget().getByText('a whole number from 1 to 4', { exact: false }).waitFor();
    const error = widget().locator('.quick-input-box .monaco-inputbox.error');
    await stage.window.type('5');
    await error.waitFor();
    await picture('6-more-wrong-dark');
    await stage.window.press('Control+KeyA');
    await stage.window.type('2');
    await error.waitFor({ state: 'detached' });
    await stage.window.press('Enter');
    await widget().getByText('2 videos').waitFor();
    await stage.window.press(BACK);
    await widget().getByText('More Options…').waitFor();
    assert.match((await focused().innerText()).replace(/\s+/g, ' '), /veo-3\.1-generate-preview.*2 videos/);
    await picture('6-summary-changed-dark');
    await stage.window.press('Escape');
    await closed();
    assert.equal(bodies().length, before);
  });
});
