import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { untranslatedL10n } from '../../../src/core/common/l10n';
import { Engine } from '../../../src/core/engine';
import { SCHEMA_VERSION } from '../../../src/core/store/schema';
import { storeFile } from '../../support/storeFile';
import { World } from '../support/world';
import { prepareRequest } from '../../support/catalog';

/** Longer than SQLite itself may wait for a lock (50 ms): whoever gives up then gives up too early. */
const HELD_MS = 500;

const sora = (prompt: string) => prepareRequest({ model: 'sora-2', prompt }, untranslatedL10n);

/** Another program on the database; its changes are as real as those of a window. */
function otherConnection(world: World): DatabaseSync {
  return new DatabaseSync(storeFile(world.folder));
}

/** Lets time pass, from timer to timer, whatever is under way. */
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

/** Tells whether a promise has come to an end, and keeps its rejection for the one who awaits it. */
function watched<T>(promise: Promise<T>): { readonly promise: Promise<T>; readonly over: () => boolean } {
  let over = false;
  promise.then(
    () => (over = true),
    () => (over = true),
  );
  return { promise, over: () => over };
}

describe('while another window holds the database for long', function () {
  this.timeout(120_000);
  let world: World;
  let locker: DatabaseSync;

  beforeEach(async () => {
    world = await World.create();
    // Makes the file, so that there is something to lock.
    (await world.open()).dispose();
    locker = otherConnection(world);
  });
  afterEach(async () => {
    locker.close();
    await world.stop();
  });

  const lock = () => locker.exec('BEGIN EXCLUSIVE');

  /** Holds the lock for a while, in which the work must neither end nor fail, and lets go of it. */
  async function holdDuring(work: { readonly over: () => boolean }): Promise<void> {
    await pass(world, HELD_MS);
    assert.equal(work.over(), false, 'it cannot have ended while the database was locked');
    locker.exec('ROLLBACK');
    await world.until(work.over);
  }

  it('opening waits', async () => {
    lock();
    const opening = watched(world.open());
    await holdDuring(opening);
    const engine = await opening.promise;
    assert.equal(engine.readOnly, undefined);
    assert.equal((await world.submit(engine)).phase, 'queued');
  });

  it('a submit waits before it sends', async () => {
    const engine = await world.open();
    lock();
    const sent = watched(world.submit(engine));
    await holdDuring(sent);
    assert.equal((await sent.promise).phase, 'queued');
    assert.equal(world.requests('submit'), 1);
  });

  it('a submit waits with the reply it has paid for', async () => {
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

  it('a submit that was accepted and written down does not reject because it cannot be read back yet', async () => {
    const engine = await world.open();
    // Told of the commit before `submit` goes on: the lock falls just between the two.
    engine.onDidChangeTasks(({ changed }) => {
      if (changed.some((task) => task.phase === 'queued') && !locker.isTransaction) lock();
    });
    const sent = watched(world.submit(engine));
    await world.turns(() => locker.isTransaction);
    await holdDuring(sent);
    assert.equal((await sent.promise).phase, 'queued');
  });

  it('settled waits, for a task that goes on as for one that has ended', async () => {
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

  it('what was asked for moments ago is looked for until it can be told', async () => {
    const engine = await world.open();
    const { id } = await world.submit(engine, { prompt: 'twice' });
    lock();
    const twin = watched(engine.recentDuplicate(sora('twice'), world.access.baseUrl));
    await holdDuring(twin);
    assert.equal((await twin.promise)?.id, id);
    assert.equal(await engine.recentDuplicate(sora('another'), world.access.baseUrl), undefined);
  });

  it('what was not seen, and what was removed, is told as it was', async () => {
    const engine = await world.open();
    const { id } = await world.submit(engine);
    await world.untilPhase(engine, id);
    assert.deepEqual([engine.unseen(), engine.deletedFromLibrary()], [[id], []]);
    lock();
    assert.deepEqual([engine.unseen(), engine.deletedFromLibrary()], [[id], []]);
    locker.exec('ROLLBACK');
  });

  it('a task that was seen before is shown as it was, and a start goes on later', async () => {
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

describe('what cannot go on does not turn the processor hot', function () {
  this.timeout(120_000);
  let world: World;

  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(async () => {
    await world.stop();
  });

  /** Lets the clock stand where everything is due, and counts what happens over and over without it. */
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

  /** Lets a minute pass, second by second. */
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

  it('unfinished work in a store that may only be read', async () => {
    const engine = await world.open();
    await world.submit(engine);
    await engine.close();
    const file = otherConnection(world);
    file.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
    file.close();
    const again = await world.open();
    assert.equal(again.readOnly, 'newer');
    assertCalm(await whileTimeStands(), 2, 2);
    // Nobody may do the work, so nobody need wake for it.
    assertCalm(await inOneMinute(), 0, 0);
    await again.refresh();
    assertCalm(await inOneMinute(), 0, 0);
  });

  it('writes that fail: one attempt in five seconds, and on it goes when they work again', async () => {
    const engine = await world.open();
    const { id } = await world.submit(engine);
    const file = otherConnection(world);
    file.exec(`CREATE TRIGGER full BEFORE UPDATE ON tasks BEGIN SELECT RAISE(FAIL, 'disk full'); END`);
    assertCalm(await whileTimeStands(), 3, 8);
    // Three lines an attempt: what failed, and that even this could not be written down.
    assertCalm(await inOneMinute(), 2 * 13, 3 * 13);
    assert.equal(world.requests('query'), 0, 'nobody may ask without having claimed it');
    file.exec('DROP TRIGGER full');
    file.close();
    assert.equal((await world.untilPhase(engine, id)).phase, 'saved');
  });

  it('a row that cannot be read, alone', async () => {
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

  it('a row that cannot be read beside others: they come to their ends', async () => {
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
