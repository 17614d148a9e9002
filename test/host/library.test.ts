import { strict as assert } from 'node:assert';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Task } from '../../src/api';
import { COMMANDS } from '../../src/editor/ids';
import type { PretendGateway } from '../gateway/pretendGateway';
import { aRequest, setEnvironmentKey, setSetting } from './support/extension';
import { leaveGateway, useQuickGateway } from './support/gateway';
import { makeNewerStore } from './support/newerStore';
import { OwnApp } from './support/ownApp';

describe('the library', () => {
  let gateway: PretendGateway;
  let own: OwnApp;

  before(async () => {
    gateway = await useQuickGateway();
  });

  beforeEach(async () => {
    setEnvironmentKey(gateway.key);
    await setSetting('confirm', 'never');
    own = new OwnApp();
  });

  afterEach(() => {
    own.dispose();
    gateway.clearFaults();
  });

  after(() => leaveGateway(gateway));

  const run = (id: keyof typeof COMMANDS, ...args: unknown[]) => own.app.commands.run(COMMANDS[id], args);
  const fileOf = (task: Task) => fileURLToPath(task.videos[0]?.uri ?? '');

  async function saved(prompt?: string): Promise<Task> {
    const { id } = await own.app.api.generate(aRequest(prompt));
    const task = await own.app.api.settled(id);
    assert.equal(task.phase, 'saved', task.failure?.message);
    return task;
  }

  describe('Rescue Lost Videos', () => {
    it('looks again for what has no video, takes over what is not listed, and says both at once', async () => {
      const forgotten = await saved('forgotten');
      own.asker.willAnswer(true);
      await run('removeTask', forgotten.id);
      const missing = await saved('file gone');
      rmSync(fileOf(missing));
      const before = gateway.log.filter(({ kind }) => kind === 'submit').length;
      await run('rescue');
      assert.equal(
        own.notifier.last.message,
        'One task is looked at again. One video was found in the library.',
      );
      assert.deepEqual(own.app.api.task(forgotten.id)?.videos, forgotten.videos);
      assert.equal((await own.app.api.settled(missing.id)).phase, 'saved');
      assert.equal(gateway.log.filter(({ kind }) => kind === 'submit').length, before);
      await run('rescue');
      assert.match(own.notifier.last.message, /Nothing was found/);
    });

    it('of one task whose outcome is not known: the library is searched, and the way out is named', async () => {
      gateway.setFault({ name: 'replyLostAfterAcceptance', route: 'submit' });
      const { id, phase } = await own.app.api.generate(aRequest());
      assert.equal(phase, 'unknown');
      await run('rescue', id);
      assert.match(own.notifier.last.message, /without a task id the gateway cannot be asked/);
      assert.deepEqual(own.notifier.last.actions, ['Attach Task ID…']);
      assert.equal(own.app.api.task(id)?.phase, 'unknown');
    });

    it('says when nothing can be written down', async () => {
      own.dispose();
      own = new OwnApp(makeNewerStore);
      await run('rescue');
      assert.match(own.notifier.last.message, /newer version/);
    });
  });
});
