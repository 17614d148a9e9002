import assert from 'node:assert/strict';
import { Poller } from '../../../src/core/tasks/poller';
import { FakeClock } from '../support/fakeClock';

describe('the poller', () => {
  it('leaves tasks to other windows once an update has replaced the files it needs', async () => {
    const clock = new FakeClock();
    const patches: unknown[] = [];
    let checks = 0;
    const record = { id: 'a', phase: 'queued', nextDue: 0 };
    const store = {
      state: { kind: 'open' },
      nextDue: (after?: number) => (after === undefined ? 0 : undefined),
      latestUpdate: () => 0,
      dueHosts: (lane: string) => (lane === 'poll' ? ['gateway.example'] : []),
      due: () => [record],
      update: (_id: string, change: (current: typeof record) => unknown) => {
        patches.push(change(record));
        return Promise.resolve(undefined);
      },
    };
    const statusCheck = {
      run: () => {
        checks++;
        return Promise.reject(Object.assign(new Error('Cannot find module'), { code: 'MODULE_NOT_FOUND' }));
      },
    };
    const quiet = () => undefined;
    const log = { trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet };
    const poller = new Poller({ store, statusCheck, clock, log, onIdle: quiet } as never);
    poller.start();
    for (let second = 0; second < 60; second++) {
      clock.moveTo(clock.now() + 1_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.deepEqual([checks, patches], [1, []]);
    poller.dispose();
  });
});
