import assert from 'node:assert/strict';
import { World } from '../support/world';

describe('several windows on one profile', function () {
  this.timeout(60_000);
  let world: World;

  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(async () => {
    await world.stop();
  });

  it('query, download and save once together, and all see each change', async () => {
    const windows = [await world.open(), await world.open(), await world.open()];
    const seen = windows.map((window) => {
      const phases: string[] = [];
      window.onDidChangeTasks(({ changed }) => changed.forEach((task) => phases.push(task.phase)));
      return phases;
    });
    const { id } = await world.submit(windows[0]!);
    for (const window of windows) window.checkForChanges();
    await world.until(() => windows.every((window) => window.task(id)?.phase === 'saved'));
    for (const window of windows) window.checkForChanges();
    assert.equal(world.requests('submit'), 1);
    assert.equal(world.requests('download'), 1);
    for (const phases of seen) {
      assert.equal(phases.at(-1), 'saved');
      assert.equal(phases.filter((phase) => phase === 'saved').length, 1, 'the end is told once');
    }
  });

  it('query as often with five tasks and three windows as one window would', async () => {
    world.gateway.setFault({ name: 'taskStuck', route: 'submit', times: 'always' });
    const windows = [await world.open(), await world.open(), await world.open()];
    const started = world.clock.now();
    for (let index = 0; index < 5; index++)
      await world.submit(windows[index % 3]!, { prompt: `number ${index}` });
    for (const window of windows) window.checkForChanges();
    await world.until(() => world.clock.now() - started >= 10 * 60_000);
    // 3 s to the first query, then every 5 s for two minutes, then every 8 s.
    const schedule = 1 + 117 / 5 + 480 / 8;
    const share = world.requests('query') / 5 / schedule;
    assert.ok(share <= 1.1 && share > 0.8, String(share));
  });

  it("don't repeat a pending query when one of them is refreshed", async () => {
    const windows = [await world.open(), await world.open()];
    world.gateway.setFault({ name: 'taskStuck', route: 'submit' });
    const { id } = await world.submit(windows[0]!);
    world.gateway.setFault({ name: 'slow', route: 'query', args: { ms: 5_000 } });
    await world.turnsWhileHanging(() => world.requests('query') === 1);
    for (const window of windows) {
      await window.refresh();
      world.clock.moveTo(world.clock.now() + 100);
      await world.exchangesEnd(1);
    }
    assert.equal(world.requests('query'), 1);
    await world.until(() => world.requests('query') === 2);
    // After that, Refresh makes the task due again.
    await world.quiet();
    await windows[1]!.refresh();
    await world.until(() => world.requests('query') === 3, 1000);
    assert.equal(windows[0]!.task(id)?.phase, 'running');
  });

  it("repeat a closed window's query on Refresh once its lease has expired", async () => {
    // The claim lasts longer than this, the lease doesn't.
    const rarely = { pollInterval: () => 20 * 60_000 };
    const first = await world.open(rarely);
    world.gateway.setFault({ name: 'hang', route: 'query' });
    await world.submit(first);
    await world.turnsWhileHanging(() => world.requests('query') === 1);
    await first.close();
    const second = await world.open(rarely);
    world.clock.moveTo(world.clock.now() + 31_000);
    await second.refresh();
    await world.until(() => world.requests('query') === 2, 1000);
  });

  it('continue a query if its window closes', async () => {
    const first = await world.open();
    const second = await world.open();
    const { id } = await world.submit(first);
    world.gateway.setFault({ name: 'hang', route: 'query' });
    await world.turnsWhileHanging(() => world.requests('query') === 1);
    first.dispose();
    second.checkForChanges();
    const started = world.clock.now();
    await world.until(() => world.requests('query') > 1);
    assert.ok(world.clock.now() - started <= 60_000);
    assert.equal((await world.untilPhase(second, id)).phase, 'saved');
  });

  it('download again after the claim has expired if the downloading window closes', async () => {
    const first = await world.open();
    const second = await world.open();
    const { id } = await world.submit(first);
    world.gateway.setFault({ name: 'hang', route: 'download' });
    await world.turnsWhileHanging(() => world.requests('download') === 1);
    // Either of the two may download, so close both.
    first.dispose();
    second.dispose();
    const third = await world.open();
    const started = world.clock.now();
    assert.equal((await world.untilPhase(third, id)).phase, 'saved');
    assert.ok(world.clock.now() - started <= 31_000);
    assert.equal(world.requests('submit'), 1);
  });

  it("resolve `settled` in a window that didn't send", async () => {
    const first = await world.open();
    const second = await world.open();
    const { id } = await world.submit(first);
    second.checkForChanges();
    let phase: string | undefined;
    void second.waitForTask(id).then((task) => (phase = task?.phase));
    await world.until(() => phase !== undefined);
    assert.equal(phase, 'saved');
    assert.equal((await second.waitForTask(id))?.phase, 'saved');
    assert.equal(await second.waitForTask('no-such-task'), undefined);
  });

  it('remove a task in all windows', async () => {
    const first = await world.open();
    const second = await world.open();
    const removed: string[] = [];
    second.onDidChangeTasks((changes) => removed.push(...changes.removed));
    const { id } = await world.submit(first);
    await world.untilPhase(first, id);
    await first.remove(id);
    second.checkForChanges();
    assert.deepEqual(removed, [id]);
    assert.equal(second.task(id), undefined);
  });
});
