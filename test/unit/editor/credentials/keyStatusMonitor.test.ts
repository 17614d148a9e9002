import assert from 'node:assert/strict';
import { Emitter } from '../../../../src/core/common/events';
import { untranslatedL10n } from '../../../../src/core/common/l10n';
import type { Engine } from '../../../../src/core/engine';
import type { StoredFailure } from '../../../../src/core/task/failure';
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
      l10n: untranslatedL10n,
      showLine: (text) => (line = text),
      setRefused: ignore,
    });
  });

  function show(failure: StoredFailure) {
    const task = { id: '1', origin: 'https://gateway.example', phase: 'running' } as Task;
    changed.fire({
      changed: [{ ...task, failure: toFailure(failure, { l10n: untranslatedL10n }) }],
      removed: [],
    });
  }

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

  it('have a message about all of them if one was sent with another key', () => {
    show(new Failures('unknown').otherKey());
    const expected = 'Set an API key to check your tasks. They continue on the gateway.';
    assert.equal(line, expected);
    assert.equal(notifications.last.message, expected);
  });

  it('have the message about the key if the gateway rejects it', () => {
    show({ kind: 'key', code: 'key.refused', said: 'gateway', charged: 'unknown', detail: 'no' });
    assert.equal(line, 'The gateway rejected your API key.');
    show({ kind: 'quota', code: 'key.refused', said: 'gateway', charged: 'unknown', detail: 'no' });
    assert.equal(line, "Your balance or your API key's quota is too low.");
  });

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
