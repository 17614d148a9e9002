import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { encodePng } from '../../src/core/images/pngWriter';
import { quarters } from '../unit/images/testImages';
import { useStage } from './stage';
import { FOLLOWS_SYSTEM, pictures } from './themes';

/** Images of the workspace, chosen by keyboard while each is shown in the editor behind. */
describe('choosing images of the workspace', function () {
  const stage = useStage({
    name: 'image-picker',
    render: { unknownMs: 0, queuedMs: 600_000, runningMs: 600_000 },
    settings: FOLLOWS_SYSTEM,
    prepare: ({ profile }) => {
      for (const [name, width, height] of [
        ['boat.png', 640, 360],
        ['pictures/kite.png', 360, 640],
        ['pictures/street.PNG', 640, 640],
        ['node_modules/a/logo.png', 64, 64],
      ] as const) {
        const file = path.join(profile.workspace, name);
        fs.mkdirSync(path.dirname(file), { recursive: true });
        fs.writeFileSync(file, encodePng(quarters(width, height)));
      }
    },
  });

  const page = () => stage.window.page;
  const widget = () => page().locator('.quick-input-widget:visible');
  const rows = () => widget().locator('.monaco-list-row');
  const tab = (name: string) => page().locator('.tab', { hasText: name });

  async function openList(): Promise<void> {
    await stage.window.runCommand('Nebula Video: Generate Videos from Images…');
    await rows().filter({ hasText: 'Workspace Image…' }).click();
    await rows().filter({ hasText: 'kite.png' }).waitFor();
  }

  it('lists what is no dependency, and shows what is lit without taking the keyboard', async () => {
    await openList();
    const labels = await widget().locator('.monaco-list-row .label-name').allInnerTexts();
    assert.deepEqual(labels, ['boat.png', 'kite.png', 'street.PNG']);
    await tab('boat.png').waitFor();
    await stage.window.press('ArrowDown');
    await tab('kite.png').waitFor();
    assert.equal(await page().locator('.tab').count(), 1, 'one preview takes the place of the other');
    await pictures(stage.window, 'image-picker');
    await stage.window.type('street');
    await stage.window.press('ArrowDown');
    await tab('street.PNG').waitFor();
    await stage.window.press('Escape');
    await widget().waitFor({ state: 'hidden' });
    await tab('street.PNG').waitFor({ state: 'detached' });
    assert.equal(stage.submits, 0);
  });

  it('takes several in the order of their ticks, and says which is which', async () => {
    await openList();
    for (const name of ['street.PNG', 'boat.png']) {
      await rows().filter({ hasText: name }).click();
    }
    await widget()
      .getByText(/1\. street\.PNG\s+2\. boat\.png/)
      .waitFor();
    await stage.window.screenshot('image-picker-two');
    await stage.window.press('Enter');
    await rows().filter({ hasText: 'First Frame, Last Frame' }).waitFor();
    await stage.window.press('Escape');
  });

  it('leaves a tab that was there before', async () => {
    await stage.window.press('Control+KeyP');
    await stage.window.quickInput().fill('boat.png');
    await rows().filter({ hasText: 'boat.png' }).first().waitFor();
    await stage.window.press('Enter');
    await tab('boat.png').waitFor();
    await openList();
    await stage.window.press('Escape');
    await widget().waitFor({ state: 'hidden' });
    assert.equal(await tab('boat.png').count(), 1);
  });
});
