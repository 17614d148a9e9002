import assert from 'node:assert/strict';
import { useStage } from './stage';
import { FOLLOWS_SYSTEM, pictures } from './themes';
import { WizardPage } from './wizardPage';

const PROMPTS = [
  'A paper boat drifts down a rainy street at dusk, neon lights in the puddles, filmed close to the water.',
  'a kite over the sea',
  'a lighthouse at night',
];

/** Several videos at once through the real workbench, with the keyboard alone. */
describe('several videos', function () {
  const stage = useStage({
    name: 'several',
    render: { unknownMs: 0, queuedMs: 600_000, runningMs: 600_000 },
    settings: FOLLOWS_SYSTEM,
  });

  const widget = () => stage.window.page.locator('.quick-input-widget:visible');
  const submits = () => stage.gateway.log.filter(({ kind }) => kind === 'submit');
  const notification = (text: string) =>
    stage.window.page.locator('.notification-list-item').filter({ hasText: text }).first();

  const wizard = new WizardPage(stage);

  it('writes a list of prompts, reads all of it before it pays, and stops between two', async () => {
    await stage.window.runCommand('Nebula Video: Generate Videos in Batch…');
    await stage.window.quickPickRow('List of Prompts').waitFor();
    await pictures(stage.window, 'several-1-what');
    await stage.window.press('Enter');
    const lens = (text: string) =>
      stage.window.page.locator('.codelens-decoration').filter({ hasText: text });
    await lens('Separate prompts with ---').waitFor();
    await stage.window.type(PROMPTS.join('\n---\n'));
    await lens('Generate from 3 Prompts…').waitFor();
    await pictures(stage.window, 'several-2-list');
    await stage.window.press('Control+Enter');
    await wizard.atSummary();
    await widget().getByText('Generate 3 Videos').waitFor();
    await pictures(stage.window, 'several-3-summary');
    assert.equal(submits().length, 0);
    stage.gateway.setFault({ name: 'slow', route: 'submit', after: 1, args: { ms: 15_000 } });
    await stage.window.press('Enter');
    await notification('2/3').waitFor();
    await pictures(stage.window, 'several-4-sending');
    const cancel = notification('2/3').getByText('Cancel');
    await cancel.click();
    await notification("2 of 3 requests accepted. You weren't charged for the others.").waitFor();
    await pictures(stage.window, 'several-5-stopped');
    assert.deepEqual(
      submits().map(({ body }) => (body as { prompt: string }).prompt),
      PROMPTS.slice(0, 2),
    );
    // Only unsent prompts are left in the list.
    await lens('Generate from Prompt…').waitFor();
    const text = await stage.window.page.locator('.editor-instance .view-lines').first().innerText();
    assert.equal(text.replaceAll('\u00a0', ' ').trim(), PROMPTS[2]);
  });

  it('varies one prompt', async () => {
    await stage.window.runCommand('Nebula Video: Generate Videos in Batch…');
    await stage.window.quickPickRow('Variations').waitFor();
    await stage.window.press('ArrowDown', 'Enter');
    await wizard.atPrompt();
    await stage.window.type('a tower of glass');
    await stage.window.press('Enter');
    await wizard.atSummary();
    assert.match((await wizard.rows())[1] ?? '', /^Variations, Videos: 2/);
    await pictures(stage.window, 'several-6-repeat');
    await stage.window.press('ArrowDown', 'Enter');
    await stage.window.quickPickRow('Repeat').waitFor();
    await stage.window.screenshot('several-7-what-varies');
    await stage.window.press('ArrowDown', 'Enter');
    await stage.window.quickPickRow('8 s').waitFor();
    // The value chosen before is checked. The others are checked here.
    for (const value of ['8 s', '12 s']) {
      await widget().locator('.monaco-list-row').filter({ hasText: value }).click();
    }
    await stage.window.screenshot('several-8-values');
    await widget().locator('.quick-input-action').getByText('OK').click();
    await wizard.atSummary();
    await widget().getByText('Generate 3 Videos').waitFor();
    await pictures(stage.window, 'several-9-variations');
    await wizard.goToSend();
    await stage.window.press('Enter');
    await notification('Generating 3 videos.').waitFor();
    await stage.window.screenshot('several-10-made');
    assert.deepEqual(
      submits()
        .slice(2)
        .map(({ body }) => (body as { seconds: string }).seconds),
      ['4', '8', '12'],
    );
  });
});
