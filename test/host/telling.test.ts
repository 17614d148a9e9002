import { strict as assert } from 'node:assert';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { visibleLine } from '../../src/core/common/displayText';
import type { PretendGateway } from '../gateway/pretendGateway';
import { aRequest, setEnvironmentKey, setSetting } from './support/extension';
import { leaveGateway, useQuickGateway } from './support/gateway';
import { TestApp } from './support/testApp';

describe('telling how tasks end', () => {
  let gateway: PretendGateway;
  let own: TestApp;

  before(async () => {
    gateway = await useQuickGateway();
    await setSetting('confirm', 'never');
  });

  beforeEach(() => {
    setEnvironmentKey(gateway.key);
    own = new TestApp();
  });

  afterEach(async () => {
    own.dispose();
    gateway.clearFaults();
    await setSetting('notify', undefined);
  });

  after(() => leaveGateway(gateway));

  /** Long enough for every window to have its say. */
  const aWhile = () => new Promise((resolve) => setTimeout(resolve, 2_000));
  const toasts = () => own.notifications.shown.filter(({ severity }) => severity !== 'status');

  it('one notice over two windows, with what one does next', async () => {
    const second = own.openSecondWindow();
    const request = aRequest('a paper boat');
    const { id } = await own.app.api.generate(request);
    await own.app.api.settled(id);
    await aWhile();
    assert.equal(toasts().length, 1, JSON.stringify(toasts()));
    const [notice] = toasts();
    assert.equal(notice?.message, `'${request.prompt}' is ready.`);
    assert.ok(notice.actions.includes('Save to Workspace') && notice.actions.includes("Don't Show Again"));
    assert.ok(notice.actions.length <= 3);
    second.dispose();
    // A window that opens later has nothing to tell.
    own.reopen();
    await own.app.rows.getChildren();
    await aWhile();
    assert.equal(toasts().length, 1);
  });

  it('one notice of a failure, with the reason, the charge, and the words of the gateway kept out', async () => {
    gateway.setFault({
      name: 'taskFailed',
      route: 'submit',
      args: { shape: 'F1', message: 'sensitive 请求' },
    });
    const { id } = await own.app.api.generate(aRequest('a duel'));
    await own.app.api.settled(id);
    await aWhile();
    assert.equal(toasts().length, 1);
    const [notice] = toasts();
    assert.equal(notice?.severity, 'error');
    // The address isn't Nebula's, so its rule that failed tasks are free doesn't hold.
    assert.match(notice.message, /^Couldn't generate 'a duel \(\d+\)'\. You may have been charged\.$/);
  });

  it('no notice where the setting says never, nor of what code has heard itself', async () => {
    gateway.setFault({ name: 'balanceTooLow', route: 'submit' });
    await own.app.api.generate(aRequest('refused'));
    await setSetting('notify', 'never');
    const { id } = await own.app.api.generate(aRequest('quiet'));
    await own.app.api.settled(id);
    await aWhile();
    assert.deepEqual(toasts(), []);
  });

  it('a number on the icon for videos that nobody has seen, over all windows', async () => {
    assert.equal(own.view.badge, undefined);
    const { id } = await own.app.api.generate(aRequest('new'));
    await own.app.api.settled(id);
    assert.deepEqual(own.view.badge, { value: 1, tooltip: 'New videos: 1' });
    own.view.badge = undefined;
    own.reopen();
    await own.app.rows.getChildren();
    assert.deepEqual(own.view.badge, { value: 1, tooltip: 'New videos: 1' });
    await own.app.commands.run('nebulaVideo.openExternally', [id]);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(own.view.badge, undefined);
  });

  it('a question about a task ID that arrived late, again in each window until there is an answer', async () => {
    gateway.setFault({ name: 'replyLostAfterAcceptance', route: 'submit' });
    const submits = () => gateway.log.filter(({ kind }) => kind === 'submit').length;
    const before = submits();
    const { id, origin, request, createdAt } = await own.app.api.generate(aRequest('a late boat'));
    own.dialogs.willAnswer('video_mistyped');
    await own.app.commands.run('nebulaVideo.attachTaskId', [id]);
    const gatewayTaskId = gateway.tasks.at(-1)?.id ?? '';
    const late = { task: { id, origin, request, createdAt, keyId: '' }, gatewayTaskId, at: Date.now() };
    writeFileSync(path.join(own.storageFolder, 'store', `late-${id}.json`), JSON.stringify(late));
    own.notifications.leavesOpen = true;
    const question = `The gateway returned task ID '${visibleLine(gatewayTaskId, 24)}' after you attached 'video_mistyped'. Both are tracked.`;
    assert.ok(question.length <= 120);
    const questions = () => toasts().filter(({ message }) => message === question);
    for (const asked of [1, 2, 3]) {
      if (asked === 3) own.notifications.willChoose('Track Only the Returned ID');
      own.reopen();
      const deadline = Date.now() + 10_000;
      while (questions().length < asked && Date.now() < deadline)
        await new Promise((resolve) => setTimeout(resolve, 50));
      assert.equal(questions().length, asked, JSON.stringify(toasts()));
    }
    assert.deepEqual(questions()[0]?.actions, ['Track Only the Returned ID']);
    await aWhile();
    own.reopen();
    await aWhile();
    assert.equal(questions().length, 3);
    const second = own.app.api.tasks().find((task) => task.basedOn === id);
    assert.equal(second?.gatewayTaskId, gatewayTaskId);
    assert.notEqual(own.app.api.task(id)?.phase, 'queued');
    assert.equal(submits(), before + 1);
    own.notifications.leavesOpen = false;
  });

  it('a line above the list while tasks wait for a key', async () => {
    gateway.setFault({ name: 'keyRejected', route: 'query', times: 'always' });
    const { id } = await own.app.api.generate(aRequest('locked out'));
    const deadline = Date.now() + 15_000;
    while (own.view.message === undefined && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.match(own.view.message ?? '', /rejected your API key/);
    await own.app.rows.getChildren();
    const { iconPath } = own.app.rows.getTreeItem(id);
    assert.ok(iconPath instanceof vscode.ThemeIcon);
    assert.equal(iconPath.id, 'key');
    gateway.clearFaults();
    await own.app.commands.run('nebulaVideo.refresh', []);
    await own.app.api.settled(id);
    assert.equal(own.view.message, undefined);
  });
});
