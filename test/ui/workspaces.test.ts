import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Workbench } from '../vscode/workbench';
import { useStage } from './stage';
import { WizardPage } from './wizardPage';

const PROMPT = 'a paper boat on a rainy street';

/** Workspaces that are not quite there: not trusted, or without a folder. */
describe('a workspace', function () {
  const stage = useStage({
    name: 'workspaces',
    render: { unknownMs: 0, queuedMs: 200, runningMs: 500 },
    workspaceTrust: true,
    settings: { 'nebulaVideo.confirm': 'never', 'security.workspace.trust.startupPrompt': 'never' },
    prompts: [PROMPT],
    prepare: ({ profile }) => {
      const folder = path.join(profile.workspace, '.vscode');
      fs.mkdirSync(folder);
      fs.writeFileSync(
        path.join(folder, 'settings.json'),
        JSON.stringify({
          'nebulaVideo.saveFolder': 'from the workspace',
          'nebulaVideo.autoSave': true,
          'nebulaVideo.presets': { 'Of the workspace': { model: 'sora-2', prompt: 'rain' } },
          // It may not be set here at all, trusted or not.
          'nebulaVideo.baseUrl': 'http://127.0.0.1:9/',
        }),
      );
    },
  });

  const saved = (folder: string) => {
    const place = path.join(stage.session.profile.workspace, folder);
    return fs.existsSync(place) ? fs.readdirSync(place) : [];
  };

  it('that is not trusted sets nothing, and everything works in it', async () => {
    await stage.window.runCommand('Nebula Video: Focus on Tasks View');
    await stage.send(PROMPT);
    await stage.window.toast('is ready').waitFor({ timeout: 60_000 });
    // It fades in.
    await stage.window.page.waitForTimeout(500);
    await stage.window.screenshot('workspace-restricted');
    // Of autoSave nothing came: it is the notice that saves.
    assert.deepEqual(saved('from the workspace'), []);
    await stage.window
      .toast('is ready')
      .getByRole('button', { name: 'Save to Workspace', exact: true })
      .click();
    await stage.window.toast("Saved to 'videos/").waitFor();
    assert.equal(saved('videos').length, 1);
  });

  /** Opens the wizard and closes it again. @returns true if it offers presets */
  async function offersPresets(): Promise<boolean> {
    const wizard = new WizardPage(stage);
    await stage.window.runCommand('Nebula Video: Generate Video…');
    await wizard.atPrompt();
    const count = await wizard.widget.getByRole('button', { name: 'Start from Preset' }).count();
    await wizard.escape();
    return count > 0;
  }

  it('that is not trusted brings no presets', async () => {
    assert.equal(await offersPresets(), false);
  });

  it('sets its own places once it is trusted, but never the gateway', async () => {
    await stage.window.runCommand('Workspaces: Manage Workspace Trust');
    await stage.window.page.getByRole('button', { name: 'Trust', exact: true }).click();
    await stage.window.ready();
    await stage.window.runCommand('Notifications: Clear All Notifications');
    // The page about trust lies over everything.
    await stage.window.press('Escape');
    await stage.window.page.getByText('You trust this folder').waitFor({ state: 'hidden' });
    assert.equal(await offersPresets(), true);
    await stage.send(PROMPT);
    for (let turn = 0; saved('from the workspace').length === 0; turn++) {
      assert.ok(turn < 600, 'nothing was saved by itself');
      await stage.window.page.waitForTimeout(100);
    }
    assert.equal(stage.submits, 2);
    await stage.window.close();
  });

  it('that is none takes no files, which is said with a way out', async () => {
    const page = await stage.session.browser.newPage();
    await page.goto(`${stage.session.server.origin}/?ew=true`);
    stage.window = new Workbench(page, new Promise(() => undefined));
    await stage.window.ready();
    await stage.window.runCommand('Nebula Video: Focus on Tasks View');
    const row = stage.window.page.locator(`.monaco-list-row[aria-label^="${PROMPT}"]`).first();
    await row.hover();
    await row.getByRole('button', { name: 'Save to Workspace' }).click();
    const toast = stage.window.toast('No folder is open.');
    await toast.waitFor();
    await stage.window.page.waitForTimeout(500);
    await stage.window.screenshot('workspace-none');
    for (const name of ['Save As…', 'Open Folder…']) {
      assert.equal(await toast.getByRole('button', { name }).count(), 1, name);
    }
  });
});
