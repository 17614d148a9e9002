import assert from 'node:assert/strict';
import { MessagePresenter } from '../../../../src/editor/common/messagePresenter';
import { escapeMarkdown, escapeQuickPickText, gatewayHost } from '../../../../src/editor/labels/taskLabels';
import { RecordingNotifications } from '../../../support/recordingNotifications';

const HOSTILE = 'no\n\n[Pay](command:x) $(check) \u202e\u2066\u200b\u2029\u0000';
const CONTROL = /[\p{Cc}\p{Cf}\u2028\u2029]/u;
const ignore = () => undefined;

describe('outside text', () => {
  it('is one visible line without links in a notification and the status bar', () => {
    const notifications = new RecordingNotifications();
    const box = new MessagePresenter({ notifications, execute: ignore, runInBackground: ignore });
    box.show('error', `It failed: ${HOSTILE}`, []);
    box.status(`It failed: ${HOSTILE}`);
    for (const { message } of notifications.shown) {
      assert.match(message, /^It failed: no ⏎ \[Pay\] \(command:x\)/);
      assert.doesNotMatch(message, CONTROL);
    }
    assert.equal(notifications.shown.length, 2);
    assert.match(notifications.last.message, /\\\$\(check\)/);
  });

  it('is one visible line in a pick, a tooltip and an address', () => {
    for (const show of [escapeQuickPickText, escapeMarkdown, gatewayHost])
      assert.doesNotMatch(show(HOSTILE), CONTROL);
    assert.match(escapeMarkdown(HOSTILE), /^no ⏎ \\\[Pay\\\]\\\(command/);
  });
});
