import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { useStage } from './stage';
import { FOLLOWS_SYSTEM, pictures } from './themes';

/** Prompts by the expected outcome of their tasks. */
const PROMPTS = {
  saved: 'a paper boat on a rainy street',
  failed: 'a duel at dawn',
  rejected: 'a palace of gold',
  unknown: 'a letter lost in the post',
  running: 'a lighthouse in a storm',
  unverified: 'a kite with half a tail',
} as const;

/** The list as people see it: each state, each menu, each theme. */
describe('the task list', function () {
  const stage = useStage({
    name: 'tree',
    render: { unknownMs: 0, queuedMs: 500, runningMs: 4_000 },
    settings: { 'nebulaVideo.confirm': 'never', ...FOLLOWS_SYSTEM },
    prompts: Object.values(PROMPTS),
  });

  const view = () => stage.window.page.locator('.part.sidebar');
  const row = (prompt: string, state: string) =>
    stage.window.page.locator(`.monaco-list-row[aria-label^="${prompt}"][aria-label*="${state}"]`);
  const group = (title: string) =>
    stage.window.page.locator('.part.sidebar .monaco-list-row').filter({ hasText: new RegExp(`^${title}$`) });
  const statusItem = () =>
    stage.window.page.locator('.part.statusbar [id="nebula-video.nebula-video.running"]');
  const send = async (which: keyof typeof PROMPTS) => stage.send(PROMPTS[which]);

  it('says at first that there is nothing yet, and how to begin', async () => {
    await stage.window.runCommand('Nebula Video: Focus on Tasks View');
    await view().getByRole('button', { name: 'Generate Video' }).first().waitFor();
    await view().getByText('Describe a video to get started.').waitFor();
    await pictures(stage.window, 'tree-empty');
  });

  it('shows a finished video alone, without groups, and counts it as new', async () => {
    await send('saved');
    await row(PROMPTS.saved, 'Queued')
      .or(row(PROMPTS.saved, 'Generating'))
      .first()
      .waitFor({ timeout: 30_000 });
    await statusItem().waitFor();
    await pictures(stage.window, 'tree-running');
    await row(PROMPTS.saved, 'Done').waitFor({ timeout: 60_000 });
    assert.equal(await group('Completed').count(), 0);
    await statusItem().waitFor({ state: 'detached' });
    await stage.window.page.locator('.activitybar .badge-content', { hasText: '1' }).waitFor();
  });

  it('groups tasks once there are several kinds', async () => {
    stage.gateway.setFault({
      name: 'taskFailed',
      route: 'submit',
      args: {
        shape: 'F1',
        code: 'content_policy_violation',
        message: 'This content may violate our policies.',
      },
    });
    await send('failed');
    await row(PROMPTS.failed, 'Failed').waitFor({ timeout: 60_000 });
    stage.gateway.setFault({ name: 'balanceTooLow', route: 'submit' });
    await send('rejected');
    await row(PROMPTS.rejected, 'Not accepted').waitFor({ timeout: 60_000 });
    stage.gateway.setFault({ name: 'replyLostAfterAcceptance', route: 'submit' });
    await send('unknown');
    await row(PROMPTS.unknown, 'Outcome unknown').waitFor({ timeout: 60_000 });
    stage.gateway.setFault({ name: 'taskStuck', route: 'submit' });
    await send('running');
    await row(PROMPTS.running, 'Generating').waitFor({ timeout: 60_000 });
    for (const title of ['In Progress', 'Completed', 'Not Completed']) await group(title).waitFor();
    await stage.window.runCommand('Notifications: Clear All Notifications');
    await pictures(stage.window, 'tree-groups');
  });

  it('tells everything about a task on hover', async () => {
    const hover = stage.window.page.locator('.monaco-hover:visible').filter({ hasText: 'Model' });
    await pictures(stage.window, 'tree-hover', async () => {
      await stage.window.page.mouse.move(800, 600);
      await row(PROMPTS.failed, 'Failed').hover();
      await hover.waitFor();
    });
    assert.match(await hover.innerText(), /safety filter/);
    await stage.window.press('Escape');
  });

  it('offers in each row’s menu what suits its state', async () => {
    const menuOf = async (prompt: string, state: string) => {
      await row(prompt, state).click({ button: 'right' });
      // The menu lives in a shadow root, which playwright looks into.
      const items = stage.window.page.locator('.monaco-menu .action-item:not(.disabled) .action-label');
      await items.first().waitFor();
      const labels = await items.evaluateAll((all) =>
        all.map((item) => (item as unknown as { ariaLabel: string | null }).ariaLabel ?? ''),
      );
      await pictures(stage.window, `tree-menu-${state.toLowerCase().replace(/\W/g, '-')}`);
      await stage.window.press('Escape');
      return labels.filter((label) => label !== '');
    };
    const saved = await menuOf(PROMPTS.saved, 'Done');
    for (const label of [
      'Open in External Player',
      'Reveal File',
      'Save to Workspace',
      'Save As…',
      'Copy Prompt',
      'Remix Video…',
    ]) {
      assert.ok(saved.includes(label), `${label} is not among ${saved.join(', ')}`);
    }
    assert.ok(!saved.includes('Check Again'));
    const failed = await menuOf(PROMPTS.failed, 'Failed');
    assert.ok(failed.includes('Check Again'), failed.join(', '));
    assert.ok(!failed.includes('Save to Workspace') && !failed.includes('Remix Video…'), failed.join(', '));
    const unknown = await menuOf(PROMPTS.unknown, 'Outcome unknown');
    assert.ok(unknown.includes('Attach Task ID…') && !unknown.includes('Check Again'), unknown.join(', '));
    const running = await menuOf(PROMPTS.running, 'Generating');
    assert.ok(running.includes('Stop Tracking') && !running.includes('Remove Task'), running.join(', '));
  });

  it('shows at most three actions in a row', async () => {
    for (const [prompt, state] of [
      [PROMPTS.saved, 'Done'],
      [PROMPTS.failed, 'Failed'],
      [PROMPTS.unknown, 'Outcome unknown'],
    ] as const) {
      await row(prompt, state).hover();
      const actions = row(prompt, state).locator('.actions .action-item');
      await actions.first().waitFor();
      const count = await actions.count();
      assert.ok(count <= 3, `${state} has ${count}`);
    }
  });

  it('shows a file that was cleared away by hand, and offers to look again', async () => {
    const library = path.join(
      stage.session.profile.userData,
      'User/globalStorage/nebula-video.nebula-video/library',
    );
    for (const file of fs.readdirSync(library)) {
      if (file.endsWith('.mp4')) fs.rmSync(path.join(library, file));
    }
    await stage.window.runCommand('Nebula Video: Refresh');
    await row(PROMPTS.saved, 'File missing').waitFor();
    await row(PROMPTS.saved, 'File missing').hover();
    await row(PROMPTS.saved, 'File missing').getByRole('button', { name: 'Check Again' }).click();
    await row(PROMPTS.saved, 'Done').waitFor({ timeout: 60_000 });
    await stage.window.screenshot('tree-looked-again');
  });

  it('warns of a video that could not be verified, in its row, on hover and on its page', async () => {
    await stage.window.runCommand('Nebula Video: Focus on Tasks View');
    // The same incomplete bytes twice.
    const fault = { route: 'download', times: 2, args: { characters: 400 } } as const;
    stage.gateway.setFault({ name: 'truncatedBase64', ...fault });
    await send('unverified');
    const doubtful = row(PROMPTS.unverified, 'May be damaged');
    await doubtful.waitFor({ timeout: 60_000 });
    await stage.window.toast(PROMPTS.unverified).waitFor();
    await pictures(stage.window, 'tree-unverified');
    await stage.window.runCommand('Notifications: Clear All Notifications');
    const hover = stage.window.page.locator('.monaco-hover:visible').filter({ hasText: 'Model' });
    await pictures(stage.window, 'tree-unverified-hover', async () => {
      await stage.window.page.mouse.move(800, 600);
      await doubtful.hover();
      await hover.waitFor();
    });
    assert.match(await hover.innerText(), /Downloaded, but not verified\. Playback may fail\./);
    await stage.window.press('Escape');
    await doubtful.click();
    const page = await stage.window.webview(
      async (frame) => (await frame.locator('.takes-note').count()) > 0,
    );
    const note = await page.locator('.takes-note').innerText();
    assert.match(note, /^Downloaded, but not verified\. Playback may fail\.$/);
    assert.match(await page.locator('.state').innerText(), /May be damaged/);
    await pictures(stage.window, 'page-unverified');
  });
});
