import assert from 'node:assert/strict';
import { Emitter } from '../../../../src/core/common/events';
import { untranslatedL10n } from '../../../../src/core/common/l10n';
import type { Engine } from '../../../../src/core/engine';
import { toFailure } from '../../../../src/core/task/failureMessage';
import type { Task, TaskChanges } from '../../../../src/core/task/task';
import { Failures } from '../../../../src/core/tasks/failures';
import { KeyStatusMonitor } from '../../../../src/editor/credentials/keyStatusMonitor';
import { RecordingNotifications } from '../../../support/recordingNotifications';

const ignore = () => undefined;

describe('tasks without a key to query with', () => {
  let changed: Emitter<TaskChanges>;
  let notifications: RecordingNotifications;
  let line: string | undefined;

  beforeEach(() => {
    changed = new Emitter<TaskChanges>((error) => assert.fail(String(error)));
    notifications = new RecordingNotifications();
    const engine = { tasks: () => [] } as unknown as Engine;
    new KeyStatusMonitor({
      engine: {
        onDidOpen: (listener) => (listener(engine), { dispose: ignore }),
        onDidChangeTasks: changed.event,
      },
      notifications: notifications.notifications,
      isFocused: () => true,
      showLine: (text) => (line = text),
      setRefused: ignore,
    });
  });

  function stop(id: string, reason: 'none' | 'notApproved' | 'locked', origin = 'https://gateway.example') {
    const failure = toFailure(new Failures('unknown').noKey(reason, new URL(origin).host), {
      l10n: untranslatedL10n,
    });
    changed.fire({ changed: [{ id, origin, phase: 'running', failure } as Task], removed: [] });
  }

  for (const [reason, words, action] of [
    ['none', /^Set an API key/, 'Set API Key…'],
    ['notApproved', /isn't approved for gateway\.example/, 'Approve Address'],
    ['locked', /Unlock this system's keyring\.$/, 'Refresh'],
  ] as const) {
    it(`have their own message and action: ${reason}`, () => {
      stop('1', reason);
      assert.match(notifications.last.message, words);
      assert.equal(notifications.last.actions[0], action);
      assert.match(line ?? '', words);
    });
  }

  it('are told of once for an address, and again when something else is needed', () => {
    stop('1', 'locked');
    stop('2', 'locked');
    assert.equal(notifications.shown.length, 1);
    stop('1', 'notApproved');
    assert.equal(notifications.shown.length, 2);
    changed.fire({ changed: [], removed: ['1', '2'] });
    assert.equal(line, undefined);
  });
});
