import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { startPretendGateway, type PretendGateway } from '../gateway/pretendGateway';
import { startSession, type Session } from '../vscode/session';
import { Workbench } from '../vscode/workbench';

const PROMPT = 'a paper boat on a rainy street';

/** Workspaces that are not quite there: not trusted, or without a folder. */
describe('a workspace', function () {
  let gateway: PretendGateway;
  let session: Session;
  let window: Workbench;

  before(async () => {
    gateway = await startPretendGateway({ render: { unknownMs: 0, queuedMs: 200, runningMs: 500 } });
    session = await startSession({
      name: 'workspaces',
      extension: 'linked',
      workspaceTrust: true,
      settings: {
        'nebulaVideo.baseUrl': gateway.baseUrl,
        'nebulaVideo.confirm': 'never',
        'nebulaVideo.pollSeconds': 3,
        'security.workspace.trust.startupPrompt': 'never',
      },
      env: { NEBULA_API_KEY: gateway.key },
    });
    const request = { model: 'sora-2', prompt: PROMPT, options: { seconds: '4', size: '1280x720' } };
    fs.writeFileSync(
      path.join(session.profile.userData, 'User', 'keybindings.json'),
      JSON.stringify([{ key: 'ctrl+alt+shift+g', command: 'nebulaVideo.generate', args: request }]),
    );
    const folder = path.join(session.profile.workspace, '.vscode');
    fs.mkdirSync(folder);
    fs.writeFileSync(
      path.join(folder, 'settings.json'),
      JSON.stringify({
        'nebulaVideo.saveFolder': 'from the workspace',
        'nebulaVideo.autoSave': true,
        // It may not be set here at all, trusted or not.
        'nebulaVideo.baseUrl': 'http://127.0.0.1:9/',
      }),
    );
  });

  after(async () => {
    await session.stop();
    await gateway.stop();
  });

  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await window.screenshot('workspaces-failed');
  });

  const saved = (folder: string) => {
    const place = path.join(session.profile.workspace, folder);
    return fs.existsSync(place) ? fs.readdirSync(place) : [];
  };

  it('that is not trusted sets nothing, and everything works in it', async () => {
    window = await session.open({});
    await window.ready();
    await window.runCommand('Nebula Video: Focus on Tasks View');
    await window.press('Control+Alt+Shift+KeyG');
    await window.toast('is ready').waitFor({ timeout: 60_000 });
    // It fades in.
    await window.page.waitForTimeout(500);
    await window.screenshot('workspace-restricted');
    // Of autoSave nothing came: it is the notice that saves.
    assert.deepEqual(saved('from the workspace'), []);
    await window.toast('is ready').getByRole('button', { name: 'Save to Workspace', exact: true }).click();
    await window.toast('Saved as videos/').waitFor();
    assert.equal(saved('videos').length, 1);
  });

  it('sets its own places once it is trusted, but never the gateway', async () => {
    await window.runCommand('Workspaces: Manage Workspace Trust');
    await window.page.getByRole('button', { name: 'Trust', exact: true }).click();
    await window.ready();
    await window.runCommand('Notifications: Clear All Notifications');
    await window.press('Control+Alt+Shift+KeyG');
    for (let turn = 0; saved('from the workspace').length === 0; turn++) {
      assert.ok(turn < 600, 'nothing was saved by itself');
      await window.page.waitForTimeout(100);
    }
    assert.equal(gateway.log.filter(({ kind }) => kind === 'submit').length, 2);
    await window.close();
  });

  it('that is none takes no files, which is said with a way out', async () => {
    const page = await session.browser.newPage();
    await page.goto(`${session.server.origin}/?ew=true`);
    window = new Workbench(page, new Promise(() => undefined));
    await window.ready();
    await window.runCommand('Nebula Video: Focus on Tasks View');
    const row = window.page.locator(`.monaco-list-row[aria-label^="${PROMPT}"]`).first();
    await row.hover();
    await row.getByRole('button', { name: 'Save to Workspace' }).click();
    const toast = window.toast('There is no workspace to save to');
    await toast.waitFor();
    await window.page.waitForTimeout(500);
    await window.screenshot('workspace-none');
    for (const name of ['Save As…', 'Open Folder…']) {
      assert.equal(await toast.getByRole('button', { name }).count(), 1, name);
    }
  });
});
