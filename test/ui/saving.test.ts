import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { useStage } from './stage';
import { FOLLOWS_SYSTEM, pictures } from './themes';

const PROMPT = 'a paper boat on a rainy street';

/** From the notice to the file in the workspace, as a person goes. */
describe('a finished video', function () {
  const stage = useStage({
    name: 'saving',
    render: { unknownMs: 0, queuedMs: 200, runningMs: 2_000 },
    settings: { 'nebulaVideo.confirm': 'never', ...FOLLOWS_SYSTEM },
    prompts: [PROMPT],
  });

  const row = (state: string) =>
    stage.window.page.locator(`.monaco-list-row[aria-label^="${PROMPT}"][aria-label*="${state}"]`);
  const action = (toast: string, label: string) =>
    stage.window.toast(toast).getByRole('button', { name: label, exact: true });
  const videos = () => path.join(stage.session.profile.workspace, 'videos');
  const badge = () => stage.window.page.locator('.activitybar .badge-content', { hasText: '1' });

  it('is told of once, and saved from the notice', async () => {
    await stage.window.runCommand('Nebula Video: Focus on Tasks View');
    await stage.send(PROMPT);
    await stage.window.toast(`'${PROMPT}' is ready.`).waitFor({ timeout: 60_000 });
    await badge().waitFor();
    await pictures(stage.window, 'notice-ready');
    await action('is ready', 'Save to Workspace').click();
    await stage.window.toast("Saved to 'videos/").waitFor();
    await pictures(stage.window, 'notice-saved');
    const [file] = fs.readdirSync(videos());
    assert.match(file ?? '', /^\d{4}-\d\d-\d\d-sora-2-a-paper-boat-on-a-rainy-street\.mp4$/);
    await badge().waitFor({ state: 'detached' });
  });

  it('is shown in the explorer and opened from there', async () => {
    await action('Saved to', 'Reveal File').click();
    await stage.window.page.locator('.explorer-folders-view .monaco-list-row', { hasText: '.mp4' }).waitFor();
    await pictures(stage.window, 'notice-revealed');
  });

  it('is saved again by its row’s action, under the next name', async () => {
    await stage.window.runCommand('Nebula Video: Focus on Tasks View');
    await row('Done').hover();
    await row('Done').getByRole('button', { name: 'Save to Workspace' }).click();
    await stage.window.toast('street-2.mp4').waitFor();
    assert.equal(fs.readdirSync(videos()).length, 2);
    await stage.window.runCommand('Notifications: Clear All Notifications');
  });

  it('is saved where the user says, from the palette', async () => {
    await stage.window.runCommand('Nebula Video: Save As…');
    await stage.window.quickPickRow(PROMPT).waitFor();
    await pictures(stage.window, 'saving-choice');
    await stage.window.press('Enter');
    // In a browser the dialog for files is a quick input.
    const name = stage.window.quickInput();
    while (!(await name.inputValue()).endsWith('.mp4')) await stage.window.page.waitForTimeout(100);
    await pictures(stage.window, 'saving-dialog');
    await name.fill(path.join(stage.session.profile.workspace, 'mine.mp4'));
    // The dialog looks at what was typed, in its own time.
    await stage.window.page.waitForTimeout(1_000);
    await pictures(stage.window, 'saving-dialog-filled');
    await stage.window.press('Enter');
    await stage.window.toast("Saved to 'mine.mp4'").waitFor();
    assert.ok(fs.statSync(path.join(stage.session.profile.workspace, 'mine.mp4')).size > 1000);
  });

  it('says what to do when a browser cannot reach the system’s player', async () => {
    await stage.window.runCommand('Notifications: Clear All Notifications');
    await row('Done').hover();
    await row('Done').getByRole('button', { name: 'Open in External Player' }).click();
    await stage.window.toast('The library is on the remote machine.').waitFor();
    await pictures(stage.window, 'notice-elsewhere');
  });

  it('is no longer told of once the user wants that', async () => {
    await stage.window.runCommand('Notifications: Clear All Notifications');
    await stage.send(PROMPT);
    await stage.window.toast(`'${PROMPT}' is ready.`).waitFor({ timeout: 60_000 });
    await action('is ready', "Don't Show Again").click();
    const settings = path.join(stage.session.profile.userData, 'User', 'settings.json');
    for (let turn = 0; !/"nebulaVideo.notify":\s*"never"/.test(fs.readFileSync(settings, 'utf8')); turn++) {
      assert.ok(turn < 50, 'the setting was not written');
      await stage.window.page.waitForTimeout(100);
    }
  });

  it('is refused a place outside the workspace, in words', async () => {
    await stage.window.runCommand('Notifications: Clear All Notifications');
    const settings = path.join(stage.session.profile.workspace, '.vscode', 'settings.json');
    fs.mkdirSync(path.dirname(settings), { recursive: true });
    const title = 'these settings are in use';
    fs.writeFileSync(
      settings,
      JSON.stringify({ 'nebulaVideo.saveFolder': '../outside', 'window.title': title }),
    );
    // The window's title says when they are.
    await stage.window.page.waitForFunction(`document.title.includes(${JSON.stringify(title)})`);
    await row('Done').first().hover();
    await row('Done').first().getByRole('button', { name: 'Save to Workspace' }).click();
    await stage.window.toast("'nebulaVideo.saveFolder' must be a folder inside the workspace.").waitFor();
    await pictures(stage.window, 'notice-outside');
    assert.ok(!fs.existsSync(path.join(stage.session.profile.folder, 'outside')));
    await action('must be a folder', 'Open Settings').click();
    await stage.window.page.locator('.settings-editor', { hasText: 'Save Folder' }).waitFor();
  });
});
