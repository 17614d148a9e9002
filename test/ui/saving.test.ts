import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { startPretendGateway, type PretendGateway } from '../gateway/pretendGateway';
import { startSession, type Session } from '../vscode/session';
import type { Workbench } from '../vscode/workbench';

const PROMPT = 'a paper boat on a rainy street';

/** From the notice to the file in the workspace, as a person goes. */
describe('a finished video', function () {
  let gateway: PretendGateway;
  let session: Session;
  let window: Workbench;

  before(async () => {
    gateway = await startPretendGateway({ render: { unknownMs: 0, queuedMs: 200, runningMs: 2_000 } });
    session = await startSession({
      name: 'saving',
      extension: 'linked',
      settings: {
        'nebulaVideo.baseUrl': gateway.baseUrl,
        'nebulaVideo.confirm': 'never',
        'nebulaVideo.pollSeconds': 3,
      },
      env: { NEBULA_API_KEY: gateway.key },
    });
    const request = { model: 'sora-2', prompt: PROMPT, options: { seconds: '4', size: '1280x720' } };
    fs.writeFileSync(
      path.join(session.profile.userData, 'User', 'keybindings.json'),
      JSON.stringify([{ key: 'ctrl+alt+shift+g', command: 'nebulaVideo.generate', args: request }]),
    );
    window = await session.open({});
    await window.ready();
  });

  after(async () => {
    await session.stop();
    await gateway.stop();
  });

  const row = (state: string) =>
    window.page.locator(`.monaco-list-row[aria-label^="${PROMPT}"][aria-label*="${state}"]`);
  const action = (toast: string, label: string) =>
    window.toast(toast).getByRole('button', { name: label, exact: true });
  const videos = () => path.join(session.profile.workspace, 'videos');
  const badge = () => window.page.locator('.activitybar .badge-content', { hasText: '1' });

  it('is told of once, and saved from the notice', async () => {
    await window.runCommand('Nebula Video: Focus on Tasks View');
    await window.press('Control+Alt+Shift+KeyG');
    await window.toast(`“${PROMPT}” is ready.`).waitFor({ timeout: 60_000 });
    await badge().waitFor();
    await window.screenshot('notice-ready');
    await action('is ready', 'Save to Workspace').click();
    await window.toast('Saved as videos/').waitFor();
    await window.screenshot('notice-saved');
    const [file] = fs.readdirSync(videos());
    assert.match(file ?? '', /^\d{4}-\d\d-\d\d-sora-2-a-paper-boat-on-a-rainy-street\.mp4$/);
    await badge().waitFor({ state: 'detached' });
  });

  it('is shown in the explorer and opened from there', async () => {
    await action('Saved as', 'Reveal').click();
    await window.page.locator('.explorer-folders-view .monaco-list-row', { hasText: '.mp4' }).waitFor();
    await window.screenshot('notice-revealed');
  });

  it('is saved again by its row’s action, under the next name', async () => {
    await window.runCommand('Nebula Video: Focus on Tasks View');
    await row('Ready').hover();
    await row('Ready').getByRole('button', { name: 'Save to Workspace' }).click();
    await window.toast('street-2.mp4').waitFor();
    assert.equal(fs.readdirSync(videos()).length, 2);
    await window.runCommand('Notifications: Clear All Notifications');
  });

  it('is saved where the user says, from the palette', async () => {
    await window.runCommand('Nebula Video: Save As…');
    await window.quickPickRow(PROMPT).waitFor();
    await window.screenshot('saving-choice');
    await window.press('Enter');
    // In a browser the dialog for files is a quick input.
    const name = window.quickInput();
    await window.page.locator('.quick-input-widget:visible', { hasText: 'Save Video As' }).waitFor();
    await window.screenshot('saving-dialog');
    await name.fill(path.join(session.profile.workspace, 'mine.mp4'));
    // The dialog looks at what was typed, in its own time.
    await window.page.waitForTimeout(1_000);
    await window.screenshot('saving-dialog-filled');
    await window.press('Enter');
    await window.toast('Saved as mine.mp4').waitFor();
    assert.ok(fs.statSync(path.join(session.profile.workspace, 'mine.mp4')).size > 1000);
  });

  it('says what to do when a browser cannot reach the system’s player', async () => {
    await window.runCommand('Notifications: Clear All Notifications');
    await row('Ready').hover();
    await row('Ready').getByRole('button', { name: 'Open in System Player' }).click();
    await window.toast('your own programs cannot reach it').waitFor();
    await window.screenshot('notice-elsewhere');
  });

  it('is no longer told of once the user wants that', async () => {
    await window.runCommand('Notifications: Clear All Notifications');
    await window.press('Control+Alt+Shift+KeyG');
    await window.toast(`“${PROMPT}” is ready.`).waitFor({ timeout: 60_000 });
    await action('is ready', 'Don’t Show Again').click();
    const settings = path.join(session.profile.userData, 'User', 'settings.json');
    for (let turn = 0; !/"nebulaVideo.notify":\s*"never"/.test(fs.readFileSync(settings, 'utf8')); turn++) {
      assert.ok(turn < 50, 'the setting was not written');
      await window.page.waitForTimeout(100);
    }
  });

  it('is refused a place outside the workspace, in words', async () => {
    await window.runCommand('Notifications: Clear All Notifications');
    const settings = path.join(session.profile.workspace, '.vscode', 'settings.json');
    fs.mkdirSync(path.dirname(settings), { recursive: true });
    fs.writeFileSync(settings, JSON.stringify({ 'nebulaVideo.saveFolder': '../outside' }));
    await window.page.waitForTimeout(1_500);
    await row('Ready').first().hover();
    await row('Ready').first().getByRole('button', { name: 'Save to Workspace' }).click();
    await window.toast('"../outside" does not').waitFor();
    await window.screenshot('notice-outside');
    assert.ok(!fs.existsSync(path.join(session.profile.folder, 'outside')));
    await action('does not', 'Open Setting').click();
    await window.page.locator('.settings-editor', { hasText: 'Save Folder' }).waitFor();
  });
});
