import assert from 'node:assert/strict';
import { useStage } from './stage';
import { FOLLOWS_SYSTEM, pictures } from './themes';

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

  async function atStep(step: string): Promise<void> {
    await widget().locator('.quick-input-title').getByText(`(${step})`).waitFor({ timeout: 20_000 });
    // The step that pays takes no key that comes too soon after the last one.
    await stage.window.page.waitForTimeout(600);
  }

  it('writes a list of prompts, reads all of it before it pays, and stops between two', async () => {
    await stage.window.runCommand('Nebula Video: Generate Several Videos…');
    await widget().getByText('Several Prompts').waitFor();
    await pictures(stage.window, 'several-1-what');
    await stage.window.press('Enter');
    const lens = (text: string) =>
      stage.window.page.locator('.codelens-decoration').filter({ hasText: text });
    await lens('Separate prompts with ---').waitFor();
    await stage.window.type(PROMPTS.join('\n---\n'));
    await lens('Generate from 3 Prompts…').waitFor();
    await pictures(stage.window, 'several-2-list');
    await stage.window.press('Control+Enter');
    await atStep('2/4');
    await stage.window.press('Enter');
    await atStep('3/4');
    await stage.window.press('Enter');
    await atStep('4/4');
    await widget().getByText('Generate 3 Videos').waitFor();
    await pictures(stage.window, 'several-3-summary');
    assert.equal(submits().length, 0);
    stage.gateway.setFault({ name: 'slow', route: 'submit', after: 1, args: { ms: 15_000 } });
    await stage.window.press('Enter');
    await notification('2 of 3').waitFor();
    await pictures(stage.window, 'several-4-sending');
    const cancel = notification('2 of 3').getByText('Cancel');
    await cancel.click();
    await notification('2 of 3 requests sent.').waitFor();
    await pictures(stage.window, 'several-5-stopped');
    assert.deepEqual(
      submits().map(({ body }) => (body as { prompt: string }).prompt),
      PROMPTS.slice(0, 2),
    );
    // What was not sent is all that is left in the list.
    await lens('Generate from Prompt…').waitFor();
    const text = await stage.window.page.locator('.editor-instance .view-lines').first().innerText();
    assert.equal(text.replaceAll('\u00a0', ' ').trim(), PROMPTS[2]);
  });

  it('varies one prompt', async () => {
    await stage.window.runCommand('Nebula Video: Generate Several Videos…');
    await widget().getByText('Variations of One Prompt').waitFor();
    await stage.window.press('ArrowDown', 'Enter');
    await atStep('2/7');
    await stage.window.type('a tower of glass');
    for (const step of ['3/7', '4/7', '5/7']) {
      await stage.window.press('Enter');
      await atStep(step);
    }
    await stage.window.screenshot('several-6-what-varies');
    await stage.window.press('ArrowDown', 'Enter');
    await atStep('6/7');
    // The one that was chosen before is ticked; the others are to be.
    for (const value of ['8 seconds', '12 seconds']) {
      await widget().locator('.monaco-list-row').filter({ hasText: value }).click();
    }
    await stage.window.screenshot('several-7-values');
    await widget().locator('.quick-input-action').getByText('OK').click();
    await atStep('7/7');
    await widget().getByText('Generate 3 Videos').waitFor();
    await stage.window.screenshot('several-8-variations');
    await stage.window.press('Enter');
    await notification('Generating 3 videos.').waitFor();
    await stage.window.screenshot('several-9-made');
    assert.deepEqual(
      submits()
        .slice(2)
        .map(({ body }) => (body as { seconds: string }).seconds),
      ['4', '8', '12'],
    );
  });
});
