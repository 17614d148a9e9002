import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { untranslatedL10n } from '../../../src/core/common/l10n';
import { Engine } from '../../../src/core/engine';
import { SCHEMA_VERSION } from '../../../src/core/store/schema';
import { storeFile } from '../../support/storeFile';
import { World } from '../support/world';
import { prepareRequest } from '../../support/catalog';

/** Longer than SQLite's own busy timeout (50 ms), so code that doesn't retry fails. */
const HELD_MS = 500;

const sora = (prompt: string) => prepareRequest({ model: 'sora-2', prompt }, untranslatedL10n);

/** Opens the database as another program. Its changes are as real as those of a window. */
function otherConnection(world: World): DatabaseSync {
  return new DatabaseSync(storeFile(world.folder));
}

/** Moves the clock from timer to timer, whatever is running. */
async function pass(world: World, ms: number): Promise<void> {
  const end = world.clock.now() + ms;
  for (;;) {
    await world.turns();
    const next = world.clock.nextTimer;
    if (next === undefined || next > end) break;
    world.clock.moveTo(next);
  }
  world.clock.moveTo(end);
  await world.turns();
}

/** Tracks whether a promise has settled, and keeps its rejection for the caller. */
function watched<T>(promise: Promise<T>): { readonly promise: Promise<T>; readonly over: () => boolean } {
  let over = false;
  promise.then(
    () => (over = true),
    () => (over = true),
  );
  return { promise, over: () => over };
}

describe('while another window locks the database for long', function () {
  this.timeout(120_000);
  let world: World;
  let locker: DatabaseSync;

  beforeEach(async () => {
    world = await World.create();
    // Creates the file, so that it can be locked.
    (await world.open()).dispose();
    locker = otherConnection(world);
  });
  afterEach(async () => {
    locker.close();
    await world.stop();
  });

  const lock = () => locker.exec('BEGIN EXCLUSIVE');

  /** Holds the lock for a while, in which the work must neither end nor fail, then releases it. */
  async function holdDuring(work: { readonly over: () => boolean }): Promise<void> {
    await pass(world, HELD_MS);
    assert.equal(work.over(), false, 'it cannot have ended while the database was locked');
    locker.exec('ROLLBACK');
    await world.until(work.over);
  }

  it('waits with opening', async () => {
    lock();
    const opening = watched(world.open());
    await holdDuring(opening);
    const engine = await opening.promise;
    assert.equal(engine.readOnly, undefined);
    assert.equal((await world.submit(engine)).phase, 'queued');
  });

  it('waits with a submit before it sends', async () => {
    const engine = await world.open();
    lock();
    const sent = watched(world.submit(engine));
    await holdDuring(sent);
    assert.equal((await sent.promise).phase, 'queued');
    assert.equal(world.requests('submit'), 1);
  });

  it('waits with the response that a submit has paid for', async () => {
    const engine = await world.open();
    world.gateway.setFault({ name: 'slow', route: 'submit', args: { ms: 50 } });
    const sent = watched(world.submit(engine));
    await world.turns(() => engine.tasks()[0]?.phase === 'sending');
    lock();
    await world.turns(() => world.gateway.tasks.length === 1 && world.gateway.log[0]?.outcome === 'sent');
    await holdDuring(sent);
    const task = await sent.promise;
    assert.equal(task.phase, 'queued');
    assert.equal(task.gatewayTaskId, world.gateway.tasks[0]?.id);
  });

  it('does not reject an accepted and stored submit that can’t be read back yet', async () => {
    const engine = await world.open();
    // Called on the commit, before `submit` continues. The lock comes exactly in between.
    engine.onDidChangeTasks(({ changed }) => {
      if (changed.some((task) => task.phase === 'queued') && !locker.isTransaction) lock();
    });
    const sent = watched(world.submit(engine));
    await world.turns(() => locker.isTransaction);
    await holdDuring(sent);
    assert.equal((await sent.promise).phase, 'queued');
  });

  it('waits with settled, for an active task and for a final one', async () => {
    const engine = await world.open();
    const { id } = await world.submit(engine);
    lock();
    const settled = watched(engine.waitForTask(id));
    await holdDuring(settled);
    assert.equal((await settled.promise)?.phase, 'saved');

    lock();
    const again = watched(engine.waitForTask(id));
    await holdDuring(again);
    assert.equal((await again.promise)?.phase, 'saved');
  });

  it('looks for a recent duplicate until it can be read', async () => {
    const engine = await world.open();
    const { id } = await world.submit(engine, { prompt: 'twice' });
    lock();
    const twin = watched(engine.recentDuplicate(sora('twice'), world.access.baseUrl));
    await holdDuring(twin);
    assert.equal((await twin.promise)?.id, id);
    assert.equal(await engine.recentDuplicate(sora('another'), world.access.baseUrl), undefined);
  });

  it('reads unseen and deleted videos as they were', async () => {
    const engine = await world.open();
    const { id } = await world.submit(engine);
    await world.untilPhase(engine, id);
    assert.deepEqual([engine.unseen(), engine.deletedFromLibrary()], [[id], []]);
    lock();
    assert.deepEqual([engine.unseen(), engine.deletedFromLibrary()], [[id], []]);
    locker.exec('ROLLBACK');
  });

  it('shows a known task as it was, and completes the start later', async () => {
    const first = await world.open();
    const { id } = await world.submit(first);
    first.dispose();
    const engine = await Engine.open(world.options);
    assert.equal(engine.task(id)?.phase, 'queued');
    assert.equal(engine.tasks().length, 1);
    lock();
    engine.start();
    assert.equal(engine.task(id)?.phase, 'queued');
    assert.equal(engine.tasks().length, 1);
    await pass(world, HELD_MS);
    locker.exec('ROLLBACK');
    assert.equal((await world.untilPhase(engine, id)).phase, 'saved');
    await engine.close();
  });
});

describe('work that can’t proceed uses no processor time', function () {
  this.timeout(120_000);
  let world: World;

  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(async () => {
    await world.stop();
  });

  /** Stops the clock at a time when everything is due, and counts what is repeated without it. */
  async function whileTimeStands(): Promise<{ readonly fired: number; readonly lines: number }> {
    await world.quiet();
    world.clock.jump(10_000);
    const before = world.lines.length;
    let fired = 0;
    for (let turn = 0; turn < 300; turn++) {
      const next = world.clock.nextTimer;
      if (next !== undefined && next <= world.clock.now()) {
        fired++;
        world.clock.moveTo(world.clock.now());
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    return { fired, lines: world.lines.length - before };
  }

  /** Moves the clock by a minute, second by second. */
  async function inOneMinute(): Promise<{ readonly fired: number; readonly lines: number }> {
    const before = world.lines.length;
    let fired = 0;
    for (let second = 0; second < 60; second++) {
      const next = world.clock.nextTimer;
      if (next !== undefined && next <= world.clock.now() + 1000) fired++;
      world.clock.moveTo(world.clock.now() + 1000);
      await world.turns();
    }
    return { fired, lines: world.lines.length - before };
  }

  function assertCalm(
    { fired, lines }: { readonly fired: number; readonly lines: number },
    mostFired: number,
    mostLines: number,
  ): void {
    assert.ok(
      fired <= mostFired,
      `${fired} timers fired; the log ends:\n${world.lines.slice(-5).join('\n')}`,
    );
    assert.ok(lines <= mostLines, `${lines} lines; the log ends:\n${world.lines.slice(-5).join('\n')}`);
  }

  it('stays idle for unfinished work in a read-only store', async () => {
    const engine = await world.open();
    await world.submit(engine);
    await engine.close();
    const file = otherConnection(world);
    file.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
    file.close();
    const again = await world.open();
    assert.equal(again.readOnly, 'newer');
    assertCalm(await whileTimeStands(), 2, 2);
    // The work can't be done, so no timer is needed.
    assertCalm(await inOneMinute(), 0, 0);
    await again.refresh();
    assertCalm(await inOneMinute(), 0, 0);
  });

  it('retries failing writes once in five seconds, and continues when they work again', async () => {
    const engine = await world.open();
    const { id } = await world.submit(engine);
    const file = otherConnection(world);
    file.exec(`CREATE TRIGGER full BEFORE UPDATE ON tasks BEGIN SELECT RAISE(FAIL, 'disk full'); END`);
    assertCalm(await whileTimeStands(), 3, 8);
    // Three lines per attempt: the failure, and that it couldn't be stored either.
    assertCalm(await inOneMinute(), 2 * 13, 3 * 13);
    assert.equal(world.requests('query'), 0, 'nobody may ask without having claimed it');
    file.exec('DROP TRIGGER full');
    file.close();
    assert.equal((await world.untilPhase(engine, id)).phase, 'saved');
  });

  it('stays idle for a single row that can’t be read', async () => {
    const engine = await world.open();
    const { id } = await world.submit(engine);
    await engine.close();
    const file = otherConnection(world);
    file.prepare(`UPDATE tasks SET phase = 'dreaming' WHERE id = ?`).run(id);
    file.close();
    await world.open();
    assertCalm(await whileTimeStands(), 5, 10);
    assertCalm(await inOneMinute(), 2, 4);
  });

  it('completes the other tasks if a row can’t be read', async () => {
    const engine = await world.open();
    const { id } = await world.submit(engine);
    const other = await world.submit(engine, { prompt: 'a healthy one' });
    await engine.close();
    const file = otherConnection(world);
    file.prepare(`UPDATE tasks SET phase = 'dreaming' WHERE id = ?`).run(id);
    file.close();
    const again = await world.open();
    assertCalm(await whileTimeStands(), 12, 40);
    await world.until(() => again.tasks().some((task) => task.id === other.id && task.phase === 'saved'));
    assertCalm(await inOneMinute(), 2, 4);
  });
});
