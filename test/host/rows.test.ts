import { strict as assert } from 'node:assert';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as vscode from 'vscode';
import type { PretendGateway } from '../gateway/pretendGateway';
import { aRequest, setEnvironmentKey, setSetting } from './support/extension';
import { leaveGateway, useQuickGateway } from './support/gateway';
import { TestApp } from './support/testApp';

describe('the rows of the task list', () => {
  let gateway: PretendGateway;
  let own: TestApp;

  before(async () => {
    gateway = await useQuickGateway();
    setEnvironmentKey(gateway.key);
    await setSetting('confirm', 'never');
  });

  beforeEach(() => {
    own = new TestApp();
  });

  afterEach(() => {
    own.dispose();
    gateway.clearFaults();
  });

  after(() => leaveGateway(gateway));

  it('are there newest first, each with what it is and how it stands', async () => {
    const { rows, api } = own.app;
    assert.deepEqual(await rows.getChildren(), []);
    gateway.setFault({ name: 'taskStuck', route: 'submit' });
    const running = await api.generate(aRequest('# *not* Markdown\n<b>nor</b> HTML'));
    gateway.setFault({ name: 'balanceTooLow', route: 'submit' });
    const rejected = await api.generate(aRequest('x'.repeat(500)));
    const groups = await rows.getChildren();
    assert.deepEqual(
      groups.map((group) => actionLabel(rows.getTreeItem(group))),
      ['In Progress', 'Not Completed'],
    );
    const below = await Promise.all(groups.map((group) => rows.getChildren(group)));
    assert.deepEqual(below, [[running.id], [rejected.id]]);
    assert.equal(rows.getParent(running.id), groups[0]);
    assert.deepEqual(await rows.getChildren(running.id), []);

    const item = rows.getTreeItem(running.id);
    assert.equal(item.id, running.id);
    assert.match(actionLabel(item), /^# \*not\* Markdown ⏎ <b>nor<\/b> HTML/);
    assert.match(String(item.description), /^Queued · just now · /);
    assert.equal(item.contextValue, 'task followed');
    assert.equal(item.tooltip, undefined);
    assert.match(item.accessibilityInformation?.label ?? '', /^# \*not\* Markdown .*, Queued, just now, /);

    const other = rows.getTreeItem(rejected.id);
    // VS Code cuts it to the width of the view.
    assert.match(actionLabel(other), /^x{200,} \(\d+\)$/);
    assert.equal(other.contextValue, 'task ended removable clearable rejected');
    assert.ok(other.iconPath instanceof vscode.ThemeIcon);
    assert.equal(other.iconPath.id, 'circle-slash');
    assert.doesNotMatch(String(other.description), /now/);

    const tooltip = rows.resolveTreeItem(item, running.id).tooltip;
    assert.ok(tooltip instanceof vscode.MarkdownString);
    assert.ok(!tooltip.isTrusted && !tooltip.supportHtml);
    assert.match(tooltip.value, /\\# \\\*not\\\* Markdown ⏎ \\<b\\>nor/);
    assert.ok(!tooltip.value.includes(gateway.key));
    const why = rows.resolveTreeItem(other, rejected.id).tooltip;
    assert.ok(why instanceof vscode.MarkdownString);
    assert.match(why.value, /balance/);
    await own.app.api.settled(rejected.id);
  });

  for (const [args, state] of [
    [{ status: 403, code: 'quota_not_enough', message: '用户额度不足' }, 'Needs balance'],
    [{ status: 401, code: 'invalid_api_key', message: 'no such key' }, 'Needs API key'],
  ] as const) {
    it(`say so when one ${state.toLowerCase()}`, async () => {
      const { rows, api } = own.app;
      await rows.getChildren();
      gateway.setFault({ name: 'clientError', route: 'query', times: 'always', args });
      const { id } = await api.generate(aRequest(state));
      await rows.getChildren();
      const deadline = Date.now() + 15_000;
      const item = () => rows.getTreeItem(id);
      while (!String(item().description).startsWith(state) && Date.now() < deadline)
        await new Promise((resolve) => setTimeout(resolve, 50));
      assert.match(String(item().description), new RegExp(`^${state} · just now · `));
      assert.match(item().accessibilityInformation?.label ?? '', new RegExp(`, ${state}, `));
      const icon = item().iconPath;
      assert.ok(icon instanceof vscode.ThemeIcon);
      assert.equal(icon.id, 'key');
      gateway.clearFaults();
      await own.app.commands.run('nebulaVideo.refresh', []);
      assert.equal((await api.settled(id)).phase, 'saved');
    });
  }

  it('change one by one; others only when a task comes or goes', async () => {
    const { rows, api } = own.app;
    await rows.getChildren();
    const { id } = await api.generate(aRequest());
    assert.ok(own.fired.includes(undefined));
    await rows.getChildren();
    own.fired.length = 0;
    await api.settled(id);
    assert.ok(own.fired.length > 0);
    assert.ok(own.fired.every((ids) => ids?.length === 1 && ids[0] === id));
    const item = rows.getTreeItem(id);
    assert.ok(item.iconPath instanceof vscode.ThemeIcon);
    assert.equal(item.iconPath.id, 'pass');
    assert.match(item.accessibilityInformation?.label ?? '', /, Done, /);
    own.dialogs.willAnswer(true);
    own.fired.length = 0;
    await own.app.commands.run('nebulaVideo.removeTask', [id]);
    assert.ok(own.fired.includes(undefined));
    assert.deepEqual(await rows.getChildren(), []);
  });

  it('say that a file is missing until it is looked for, and no longer', async () => {
    const { rows, api } = own.app;
    await rows.getChildren();
    const { id, videos } = await api.settled((await api.generate(aRequest())).id);
    rmSync(fileURLToPath(videos[0]?.uri ?? ''));
    await rows.getChildren();
    assert.match(String(rows.getTreeItem(id).description), /^File missing · /);
    const seen: string[] = [];
    const listener = api.onDidChangeTasks(() => seen.push(String(rows.getTreeItem(id).description)));
    await own.app.commands.run('nebulaVideo.lookAgain', [id]);
    await api.settled(id);
    listener.dispose();
    assert.ok(
      seen.some((row) => row.startsWith('Queued · ')),
      seen.join('\n'),
    );
    const deadline = Date.now() + 5_000;
    const item = () => rows.getTreeItem(id);
    while (item().contextValue !== 'task ended removable saved video remixable' && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(item().contextValue, 'task ended removable saved video remixable');
  });

  it('warn of a video that could not be verified, in every place where it is shown', async () => {
    const { rows, api } = own.app;
    await rows.getChildren();
    const request = aRequest('a doubtful boat');
    // The same bytes a second time are kept.
    gateway.setFault({ name: 'truncatedBase64', route: 'download', times: 2, args: { characters: 400 } });
    const { id, videos } = await api.settled((await api.generate(request)).id);
    assert.deepEqual(
      videos.map(({ unverified }) => unverified),
      [true],
    );
    await rows.getChildren();
    const item = rows.getTreeItem(id);
    assert.match(String(item.description), /^May be damaged · /);
    assert.match(item.accessibilityInformation?.label ?? '', /, May be damaged, /);
    assert.ok(item.iconPath instanceof vscode.ThemeIcon);
    assert.deepEqual([item.iconPath.id, item.iconPath.color?.id], ['warning', 'editorWarning.foreground']);
    assert.equal(item.contextValue, 'task ended removable saved video remixable');
    const { tooltip } = rows.resolveTreeItem(item, id);
    assert.ok(tooltip instanceof vscode.MarkdownString);
    assert.match(tooltip.value, /\*\*May be damaged\*\*\n/);
    assert.match(tooltip.value, /Downloaded\\, but not verified/);
    assert.doesNotMatch(tooltip.value, /\b0 × 0\b/);
    // The notification says that it's ready; the page says more.
    const toasts = () => own.notifications.shown.filter(({ severity }) => severity !== 'status');
    const deadline = Date.now() + 5_000;
    while (toasts().length === 0 && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 50));
    assert.deepEqual(
      toasts().map(({ message }) => message),
      [`'${request.prompt}' is ready.`],
    );
  });

  it('count the files of several videos, and hand over those that are there', async () => {
    const { rows, api } = own.app;
    const request = {
      model: 'veo-3.1-generate-preview',
      prompt: 'two of them',
      options: { sampleCount: 2 },
    };
    const { id, videos } = await api.settled((await api.generate(request)).id);
    assert.equal(videos.length, 2);
    rmSync(fileURLToPath(videos[0]?.uri ?? ''));
    await rows.getChildren();
    assert.match(String(rows.getTreeItem(id).description), /^Some videos missing · /);
    assert.equal(rows.dragged([id]), videos[1]?.uri);
  });

  it('hand over the files of videos that are dragged, and nothing for those without', async () => {
    const { rows, api } = own.app;
    gateway.setFault({ name: 'balanceTooLow', route: 'submit' });
    const rejected = await api.generate(aRequest());
    const first = await api.settled((await api.generate(aRequest('one'))).id);
    const second = await api.settled((await api.generate(aRequest('another'))).id);
    await rows.getChildren();
    const files = [first, second].map(({ videos }) => videos[0]?.uri);
    assert.equal(rows.dragged([first.id, rejected.id, second.id]), files.join('\r\n'));
    assert.equal(rows.dragged([rejected.id]), '');
    await vscode.workspace.fs.delete(vscode.Uri.parse(files[0] ?? ''));
    await rows.getChildren();
    assert.equal(rows.dragged([first.id, second.id]), files[1]);
  });
});

function actionLabel({ label }: vscode.TreeItem): string {
  assert.equal(typeof label, 'string');
  return label as string;
}
