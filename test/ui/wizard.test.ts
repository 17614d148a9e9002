import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { useStage } from './stage';
import { FOLLOWS_SYSTEM, TAKES_SCREENSHOTS, pictures } from './themes';
import { until } from './waiting';
import { WizardPage } from './wizardPage';

const crlf = 'A paper boat drifts down a rainy street.\r\n\r\n  Neon lights in the puddles. 🛶\r\n';
const oneLine = '  a kite over the sea, filmed from below  ';

/** The whole way to a request through the real workbench. */
describe('asking for a video', function () {
  const stage = useStage({
    name: 'wizard',
    render: { unknownMs: 0, queuedMs: 600_000, runningMs: 600_000 },
    settings: FOLLOWS_SYSTEM,
    prepare: ({ profile }) =>
      fs.writeFileSync(path.join(profile.workspace, 'scenes.md'), `${crlf}${oneLine}\nThe end.\n`),
  });
  const wizard = new WizardPage(stage);
  const { bodies } = { bodies: () => wizard.bodies };
  const page = () => stage.window.page;
  const look = (name: string) => pictures(stage.window, `wizard-${name}`);
  const picture = async (name: string): Promise<void> => {
    if (!TAKES_SCREENSHOTS) return;
    // Colors and icons settle a moment after the text.
    await page().waitForTimeout(300);
    await stage.window.screenshot(`wizard-${name}`);
  };
  const row = (prompt: string) => page().locator(`.monaco-list-row[aria-label*="${prompt}"]`).first();
  const lens = () => page().locator('.codelens-decoration').filter({ hasText: 'Generate from Prompt…' });

  /** Opens the file and puts the cursor before its n-th line. */
  async function openScenes(line: number): Promise<void> {
    await stage.window.press('Control+KeyP');
    await stage.window.quickInput().fill('scenes.md');
    await wizard.widget.locator('.monaco-list-row').filter({ hasText: 'scenes.md' }).first().waitFor();
    await stage.window.press('Enter');
    await page().locator('.editor-instance .view-lines').first().waitFor();
    await stage.window.press('Control+KeyG');
    await stage.window.quickInput().fill(`:${line}`);
    await stage.window.press('Enter');
    await wizard.closed();
  }

  it('takes a prompt, Enter, Enter', async () => {
    await wizard.open();
    assert.equal(await wizard.title(), 'Generate Video · Sora 2');
    await look('1-prompt');
    await stage.window.type(oneLine);
    await stage.window.press('Enter');
    await wizard.atSummary();
    assert.deepEqual(
      (await wizard.rows()).map((text) => text.replace(/127\.0\.0\.1:\d+/, 'HOST')),
      [
        'Generate Video, Sent to HOST. The gateway sets the price.',
        'Model, Sora 2 · sora-2',
        ...['Length, 4 s', 'Size, 720×1280 (portrait)', 'Images, none', 'Remix Source, none'],
        ...['More Options…', 'Save as Preset…'],
      ],
    );
    await look('2-summary');
    assert.equal(bodies().length, 0);
    await stage.window.press('Enter');
    await until('the request arrives', () => bodies()[0] !== undefined);
    assert.deepEqual(bodies()[0], { model: 'sora-2', prompt: oneLine, seconds: '4', size: '720x1280' });
    // The row shows itself.
    await row('a kite over the sea').waitFor();
    await picture('3-row-dark');
  });

  it('changes a row and comes back to it; Back leads to the prompt, Escape keeps a draft', async () => {
    await wizard.open();
    await stage.window.type('a lighthouse');
    await stage.window.press('Enter');
    await wizard.atSummary();
    await stage.window.press('ArrowDown', 'ArrowDown', 'Enter');
    await stage.window.quickPickRow('12 s').waitFor();
    assert.match(await wizard.active(), /^4 s, (last used|Default)/);
    await look('4-length');
    await stage.window.press('ArrowDown', 'Enter');
    await wizard.atSummary();
    assert.equal(await wizard.active(), 'Length, 8 s');
    await picture('5-changed-dark');
    await wizard.back();
    await wizard.atPrompt();
    assert.equal(await stage.window.quickInput().inputValue(), 'a lighthouse');
    await stage.window.type(' at night');
    await stage.window.press('Enter');
    await wizard.atSummary();
    assert.ok((await wizard.rows()).includes('Length, 8 s'));
    await wizard.escape();
    assert.equal(bodies().length, 1);
    await wizard.open();
    assert.equal(await stage.window.quickInput().inputValue(), 'a lighthouse at night');
    await wizard.widget.getByText('Draft restored. Type to replace it.').waitFor();
    await look('6-draft');
    // It's selected, so typing replaces it.
    await stage.window.type(' ');
    await wizard.widget.getByText('Enter a prompt.').waitFor();
    await picture('7-blank-dark');
    await stage.window.press('Enter');
    await wizard.atPrompt();
    await wizard.escape();
    await wizard.open();
    await wizard.press('Discard');
    await page().waitForTimeout(300);
    await wizard.atPrompt();
    assert.equal(await stage.window.quickInput().inputValue(), '');
    await wizard.escape();
    assert.equal(bodies().length, 1);
  });

  it('takes one selected line from the context menu', async () => {
    await openScenes(4);
    await stage.window.press('Home', 'Home', 'Shift+End');
    await stage.window.press('Shift+F10');
    const entry = page().locator('.monaco-menu').getByText('Generate Videos from Selection…');
    await entry.waitFor();
    await picture('context-menu-dark');
    await stage.window.press('ArrowDown');
    for (let presses = 0; presses < 30; presses++) {
      const active = page().locator('.monaco-menu .action-item.focused');
      if ((await active.innerText()).includes('Generate Videos from Selection')) break;
      await stage.window.press('ArrowDown');
    }
    await stage.window.press('Enter');
    await wizard.atPrompt();
    assert.equal(await stage.window.quickInput().inputValue(), oneLine);
    await stage.window.press('Enter');
    await wizard.atSummary();
    await wizard.set('Size', '1280×720 (landscape)');
    await wizard.pay();
    assert.deepEqual(bodies()[1], { model: 'sora-2', prompt: oneLine, seconds: '4', size: '1280x720' });
  });

  it('takes several selected lines to an editor, and sends them from there byte for byte', async () => {
    await openScenes(1);
    await stage.window.press('Shift+ArrowDown', 'Shift+ArrowDown', 'Shift+ArrowDown');
    await stage.window.runCommand('Nebula Video: Generate Videos from Selection…');
    await lens().waitFor({ timeout: 20_000 });
    await picture('editor-dark');
    await stage.window.press('Control+Enter');
    await wizard.atSummary();
    await wizard.back();
    await stage.window.quickPickRow('Use Prompt').waitFor();
    await look('8-lines');
    await stage.window.press('Enter');
    await wizard.atSummary();
    await picture('9-summary-lines-dark');
    await wizard.pay();
    assert.deepEqual(bodies()[2], { model: 'sora-2', prompt: crlf, seconds: '4', size: '1280x720' });
    // Its editor is closed, and no dialog asks about it.
    await lens().waitFor({ state: 'hidden' });
    assert.equal(await page().locator('.monaco-dialog-box').count(), 0);
  });

  it('opens an editor from the prompt step', async () => {
    await wizard.open();
    await stage.window.type('a kite');
    await wizard.press('Edit in Editor');
    await lens().waitFor();
    await stage.window.press('Enter');
    await stage.window.type('and its shadow');
    await stage.window.press('Control+Enter');
    await wizard.atSummary();
    await wizard.pay();
    assert.equal((bodies()[3] as { prompt: string }).prompt, 'a kite\nand its shadow');
  });

  it('Generate Again opens the summary, and Back leads to the prompt', async () => {
    await row('a kite over the sea').click({ button: 'right' });
    const entry = page().locator('.monaco-menu').getByText('Generate Again…', { exact: true });
    await entry.waitFor();
    // A menu ignores clicks that may belong to the one that opened it.
    await page().waitForTimeout(500);
    await entry.click();
    await wizard.atSummary();
    await wizard.back();
    await wizard.atPrompt();
    await wizard.escape();
    assert.equal(bodies().length, 4);
  });

  it('an Enter that is held down does not pay', async () => {
    await wizard.open();
    await stage.window.type('a key that got stuck');
    // As the system repeats a key.
    for (let repeats = 0; repeats < 40; repeats++) {
      await stage.window.press('Enter');
      await page().waitForTimeout(30);
    }
    await wizard.atSummary();
    assert.equal(bodies().length, 4);
    await wizard.escape();
  });

  it('offers other models by name and ID, and shows what the choice changes', async () => {
    await wizard.open();
    await stage.window.type('a lighthouse in a storm');
    await stage.window.press('Enter');
    await wizard.atSummary();
    await wizard.set('Length', '12 s');
    await wizard.take('Model');
    await stage.window.quickPickRow('Veo 3.1').waitFor();
    assert.match(await wizard.active(), /^Sora 2, sora-2 · last used/);
    await look('10-models');
    await stage.window.type('veo-3.1-generate');
    await stage.window.quickPickRow('Veo 3.1').waitFor();
    await stage.window.press('Enter');
    await wizard.atSummary();
    assert.ok(
      (await wizard.rows()).includes('Length, 4 s (changed from 12 s)'),
      (await wizard.rows()).join('; '),
    );
    await look('11-changed-model');
    await wizard.set('Videos', '2');
    await wizard.take('More Options…');
    await stage.window.quickPickRow('Frame Rate').waitFor();
    await picture('12-more-dark');
    await wizard.take('Frame Rate');
    await wizard.widget.getByText('Enter a whole number, 1 or higher.', { exact: false }).waitFor();
    const error = wizard.widget.locator('.quick-input-box .monaco-inputbox.error');
    await stage.window.type('0');
    await error.waitFor();
    await picture('13-wrong-dark');
    await stage.window.press('Control+KeyA');
    await stage.window.type('24');
    await error.waitFor({ state: 'detached' });
    await stage.window.press('Enter');
    await stage.window.quickPickRow('Frame Rate').waitFor();
    assert.equal(await wizard.active(), 'Frame Rate, 24');
    await wizard.back();
    await wizard.atSummary();
    assert.equal(await wizard.active(), 'More Options…');
    assert.ok((await wizard.rows()).includes('Videos, 2'));
    await wizard.escape();
    assert.equal(bodies().length, 4);
  });
});
