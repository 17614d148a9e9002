import assert from 'node:assert/strict';
import { escapeMarkdown, escapeQuickPickText, gatewayHost } from '../../../../src/editor/labels/taskLabels';
import { explainFailure } from '../../../../src/editor/labels/failureLabels';
import type { Task } from '../../../../src/core/task/task';
import { untranslatedL10n } from '../../../../src/core/common/l10n';
import { publicFailures } from '../../../support/publicFailures';
import { RecordingNotifications } from '../../../support/recordingNotifications';

const HOSTILE = 'no\n\n[Pay](command:x) $(check) \u202e\u2066\u200b\u2029\u0000';
const CONTROL = /[\p{Cc}\p{Cf}\u2028\u2029]/u;

describe('outside text', () => {
  it('is one visible line without links in a notification and the status bar', () => {
    const host = new RecordingNotifications();
    host.notifications.show('error', `It failed: ${HOSTILE}`);
    host.notifications.status(`It failed: ${HOSTILE}`);
    for (const { message } of host.shown) {
      assert.match(message, /^It failed: no ⏎ \[Pay\] \(command:x\)/);
      assert.doesNotMatch(message, CONTROL);
    }
    assert.equal(host.shown.length, 2);
    assert.match(host.last.message, /\\\$\(check\)/);
  });

  it('is one visible line in a pick, a tooltip and an address', () => {
    for (const show of [escapeQuickPickText, escapeMarkdown, gatewayHost])
      assert.doesNotMatch(show(HOSTILE), CONTROL);
    assert.match(escapeMarkdown(HOSTILE), /^no ⏎ \\\[Pay\\\]\\\(command/);
  });
});

describe('a button of a notification', () => {
  it('has the title of its command, and runs it', async () => {
    const host = new RecordingNotifications();
    const { notifications } = host;
    host.willChoose('Set API Key…');
    notifications.show('info', 'Hello.', [notifications.command('nebulaVideo.setApiKey')]);
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(host.executed, ['nebulaVideo.setApiKey']);
  });

  it('calls back if the message is dismissed', async () => {
    const host = new RecordingNotifications();
    let isDismissed = false;
    host.notifications.show('info', 'Hello.', [], () => (isDismissed = true));
    await new Promise((resolve) => setImmediate(resolve));
    assert.ok(isDismissed);
  });
});

describe('the notification about a request that was not accepted', () => {
  it('says why, and that nothing was charged', () => {
    const failure = publicFailures().refused({ status: 401, message: 'Invalid token' });
    const task: Task = {
      id: 'a',
      origin: 'https://llm.ai-nebula.com',
      request: { model: 'sora-2', prompt: 'a boat' },
      phase: 'rejected',
      createdAt: 0,
      updatedAt: 0,
      videos: [],
      timeline: [],
      failure,
    };
    const host = new RecordingNotifications();
    const explanation = explainFailure(task, untranslatedL10n) ?? assert.fail();
    host.notifications.showFailure(task, explanation, { isExpected: true });
    assert.deepEqual(host.last, {
      severity: 'error',
      message: "Couldn't send 'a boat'. The gateway rejected your API key. You weren't charged.",
      actions: ['Set API Key…', 'Open'],
    });
  });
});
