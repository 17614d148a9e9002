import assert from 'node:assert/strict';
import { hasKey } from '../support/keySearch';
import { useStage } from './stage';
import { FOLLOWS_SYSTEM, pictures } from './themes';

const PROMPT = 'a paper boat on a rainy street';

/** Temporary UI in every kind of theme: the key prompt, notifications, dialogs. */
describe('what people meet beside list, wizard and player', function () {
  const stage = useStage({
    name: 'looks',
    render: { unknownMs: 0, queuedMs: 500, runningMs: 4_000 },
    settings: FOLLOWS_SYSTEM,
    hasKey: false,
    prompts: [PROMPT],
  });

  const look = (name: string) => pictures(stage.window, name);
  const sidebar = () => stage.window.page.locator('.part.sidebar');
  const dialog = () => stage.window.page.locator('.monaco-dialog-box');
  const clear = () => stage.window.runCommand('Notifications: Clear All Notifications');

  async function send(answer: 'Generate Video' | 'Cancel'): Promise<void> {
    await stage.send(PROMPT);
    await dialog().getByRole('button', { name: answer }).click();
    await dialog().waitFor({ state: 'detached' });
  }

  async function setKey(key: string): Promise<void> {
    await stage.window.runCommand('Nebula Video: Set API Key');
    await stage.window.page
      .locator('.quick-input-widget:visible')
      .getByText('stored in the system keyring')
      .waitFor();
    await stage.window.quickInput().fill(key);
    await stage.window.press('Enter');
    await stage.window.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
  }

  it('asks for a key where there is none', async () => {
    await stage.window.runCommand('Nebula Video: Focus on Tasks View');
    await sidebar().getByRole('button', { name: 'Set API Key' }).waitFor();
    await look('key-none');
  });

  it('takes a key without showing it, and says what cannot be one', async () => {
    await stage.window.runCommand('Nebula Video: Set API Key');
    await stage.window.page
      .locator('.quick-input-widget:visible')
      .getByText('stored in the system keyring')
      .waitFor();
    assert.equal(await stage.window.quickInput().getAttribute('type'), 'password');
    await stage.window.quickInput().fill('two words');
    await stage.window.page.getByText('Paste one complete API key.').waitFor();
    await look('key-input');
    await stage.window.press('Escape');
  });

  it('says when the gateway refuses the key, in a notice and in the view', async () => {
    await setKey('sk-not-a-key-of-this-gateway-000000');
    await stage.window.toast('The gateway rejected your API key.').waitFor();
    await sidebar().getByText('The gateway rejected your API key.').waitFor();
    await look('key-refused');
    await clear();
    await setKey(stage.gateway.key);
    await sidebar().getByText('Describe a video to get started.').waitFor();
  });

  it('asks before it pays for what others want', async () => {
    await stage.send(PROMPT);
    await dialog().getByText('Generate a video with sora-2?').waitFor();
    await look('confirm');
    await dialog().getByRole('button', { name: 'Cancel' }).click();
    await dialog().waitFor({ state: 'detached' });
    assert.equal(stage.submits, 0);
  });

  it('tells of a video that is ready, and how to get it', async () => {
    await send('Generate Video');
    await stage.window.toast('is ready').waitFor({ timeout: 60_000 });
    await look('notice-ready');
    await clear();
  });

  it('shows what the library takes up, and what could go', async () => {
    await stage.window.runCommand('Nebula Video: Clean Up Library…');
    const quick = stage.window.page.locator('.quick-input-widget:visible');
    await quick.getByText(/^Clean Up Library · /).waitFor();
    await quick.getByText('new, not saved').waitFor();
    await look('clean-library');
    await stage.window.press('Escape');
  });

  it('tells of a failure: what it cost, and where to read why', async () => {
    stage.gateway.setFault({
      name: 'taskFailed',
      route: 'submit',
      args: { shape: 'F1', code: 'content_policy_violation', message: 'This may violate our policies.' },
    });
    await send('Generate Video');
    const toast = stage.window.toast("Couldn't generate '");
    await toast.waitFor({ timeout: 60_000 });
    assert.match(await toast.innerText(), /You may have been charged\./);
    for (const name of ['Open', "Don't Show Again"]) {
      assert.equal(await toast.getByRole('button', { name }).count(), 1, name);
    }
    await look('notice-failed');
    await clear();
  });

  it('tells of an outcome that nobody knows, and how to find out', async () => {
    stage.gateway.setFault({ name: 'replyLostAfterAcceptance', route: 'submit' });
    await send('Generate Video');
    const toast = stage.window.toast('Outcome unknown: ');
    await toast.waitFor({ timeout: 60_000 });
    assert.equal(await toast.getByRole('button', { name: 'Open' }).count(), 1);
    await look('notice-unknown');
    await clear();
  });

  it('tells of a request that was refused', async () => {
    stage.gateway.setFault({ name: 'balanceTooLow', route: 'submit' });
    await send('Generate Video');
    await stage.window.toast("Your balance or your API key's quota is too low.").waitFor({ timeout: 60_000 });
    await look('notice-rejected');
    await clear();
  });

  it('shows and copies nothing of a key that the gateway repeats', async () => {
    const { gateway, window } = stage;
    gateway.setFault({ name: 'echoKey', route: 'submit', args: { status: 400 } });
    await send('Generate Video');
    await window.toast("Couldn't send '").getByRole('button', { name: 'Open' }).click();
    const page = await window.webview(
      async (frame) => (await frame.locator('[data-action=copyDetails]').count()) > 0,
    );
    const texts = [await page.locator('body').innerText(), await window.page.locator('body').innerText()];
    assert.match(texts[0] ?? '', /Gateway message: .*…/);
    for (const name of ['Copy Prompt', 'Copy Details']) {
      await page.getByRole('button', { name }).click();
      await page.getByRole('status').getByText('Copied').waitFor({ state: 'attached' });
      texts.push(await window.page.evaluate<string>('navigator.clipboard.readText()'));
    }
    assert.deepEqual(
      texts.filter((text) => hasKey(text, gateway.key)),
      [],
    );
    await clear();
    await window.runCommand('View: Close All Editors');
  });

  it('asks before it stops following a video', async () => {
    stage.gateway.setFault({ name: 'taskStuck', route: 'submit' });
    await send('Generate Video');
    await stage.window.page.locator('.part.statusbar [id="nebula-video.nebula-video.running"]').waitFor();
    await stage.window.runCommand('Nebula Video: Stop Tracking');
    await stage.window.quickPickRow(PROMPT).waitFor();
    await look('choice');
    await stage.window.press('Enter');
    await dialog().getByText("doesn't cancel the video or refund").waitFor();
    await look('stop');
    await dialog().getByRole('button', { name: 'Stop Tracking' }).click();
    await dialog().waitFor({ state: 'detached' });
  });

  it('opens prompts of several lines in an editor of their own', async () => {
    await stage.window.runCommand('File: New Untitled Text File');
    // An empty editor shows a hint that is drawn over the first key.
    await stage.window.type('A paper boat drifts down a rainy street.');
    await stage.window.press('Enter');
    await stage.window.type('The camera stays close to the water.');
    await stage.window.press('Control+KeyA');
    await stage.window.runCommand('Nebula Video: Generate Videos from Selection…');
    await stage.window.page.locator('.codelens-decoration', { hasText: 'Generate from Prompt…' }).waitFor();
    await look('prompt-editor');
  });

  it('explains its settings', async () => {
    await stage.window.runCommand('Preferences: Open Settings (UI)');
    const search = stage.window.page.locator('.settings-header .monaco-editor');
    await search.click();
    // The blank sends the suggestions away.
    await stage.window.type('@ext:nebula-video.nebula-video ');
    await stage.window.page.locator('.settings-editor', { hasText: 'Poll Seconds' }).waitFor();
    await look('settings');
  });
});
