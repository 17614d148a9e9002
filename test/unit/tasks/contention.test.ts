import assert from 'node:assert/strict';
import { renameSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { english } from '../../../src/core/common/l10n';
import { Engine } from '../../../src/core/engine';
import type { ApiKey } from '../../../src/core/gateway/apiKey';
import { createHttp } from '../../../src/core/gateway/http';
import { prepareRequest } from '../../../src/core/models/prepareRequest';
import { SCHEMA_VERSION } from '../../../src/core/tasks/schema';
import { startPretendGateway, type PretendGateway } from '../../gateway/pretendGateway';
import { World } from '../support/world';

/** Longer than SQLite itself may wait for a lock (50 ms): whoever gives up then gives up too early. */
const HELD_MS = 500;

const sora = (prompt: string) => prepareRequest({ model: 'sora-2', prompt }, english);

/** Another program on the database; its changes are as real as those of a window. */
function otherConnection(world: World): DatabaseSync {
  return new DatabaseSync(path.join(world.folder, 'tasks.db'));
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
  this.timeout(30_000);
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

  it('opening at once says that it cannot', () => {
    lock();
    assert.equal(Engine.openNow(world.options), undefined);
    locker.exec('ROLLBACK');
    const engine = Engine.openNow(world.options);
    assert.ok(engine);
    engine.dispose();
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
    const settled = watched(engine.settled(id));
    await holdDuring(settled);
    assert.equal((await settled.promise)?.phase, 'saved');

    lock();
    const again = watched(engine.settled(id));
    await holdDuring(again);
    assert.equal((await again.promise)?.phase, 'saved');
  });

  it('what was asked for moments ago is looked for until it can be told', async () => {
    const engine = await world.open();
    const { id } = await world.submit(engine, { prompt: 'twice' });
    lock();
    const twin = watched(engine.recentTwin(sora('twice'), world.access.baseUrl));
    await holdDuring(twin);
    assert.equal((await twin.promise)?.id, id);
    assert.equal(await engine.recentTwin(sora('another'), world.access.baseUrl), undefined);
  });

  it('what was not seen, and what was removed, is told as it was', async () => {
    const engine = await world.open();
    const { id } = await world.submit(engine);
    await world.untilPhase(engine, id);
    assert.deepEqual([engine.unseen(), engine.cleaned()], [[id], []]);
    lock();
    assert.deepEqual([engine.unseen(), engine.cleaned()], [[id], []]);
    locker.exec('ROLLBACK');
  });

  it('a write waits for the file that took the place of ours', async () => {
    const engine = await world.open();
    renameSync(path.join(world.folder, 'tasks.db'), path.join(world.folder, 'tasks.db.moved'));
    (await world.open()).dispose();
    locker.close();
    locker = otherConnection(world);
    lock();
    const sent = watched(world.submit(engine));
    await holdDuring(sent);
    assert.equal((await sent.promise).phase, 'queued');
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
  this.timeout(30_000);
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

describe('one task that hangs does not hold up the others', function () {
  this.timeout(30_000);
  let world: World;
  let elsewhere: PretendGateway | undefined;

  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(async () => {
    await elsewhere?.stop();
    elsewhere = undefined;
    await world.stop();
  });

  /** A window in which the key for another gateway can be had until `hang` is called: then nobody answers any more. */
  async function windowWithHangingKey() {
    const other = await startPretendGateway({
      clock: { kind: 'given', now: world.clock.now },
      seed: 'elsewhere',
    });
    elsewhere = other;
    let hanging = false;
    let asked = 0;
    const keyFor = (origin: string): Promise<ApiKey | undefined> => {
      if (origin === new URL(world.gateway.baseUrl).origin) return Promise.resolve(world.access.key);
      asked++;
      if (hanging) return new Promise(() => undefined);
      return Promise.resolve({ id: 'key-1', value: other.key });
    };
    const engine = await world.open({ keys: { keyFor } });
    const access = { baseUrl: other.baseUrl, key: { id: 'key-1', value: other.key } };
    return {
      engine,
      submitElsewhere: (prompt: string) => engine.submit(sora(prompt), access),
      hang: () => (hanging = true),
      answer: () => (hanging = false),
      asked: () => asked,
    };
  }

  it('a key that is never handed out for one gateway', async () => {
    const { engine, submitElsewhere, hang } = await windowWithHangingKey();
    await submitElsewhere('held up');
    hang();
    // Due later than the one that hangs, so that it has to be woken by a timer of its own.
    world.clock.jump(1000);
    const { id } = await world.submit(engine);
    assert.equal((await world.untilPhase(engine, id)).phase, 'saved');
    assert.equal(engine.tasks().filter((task) => task.phase === 'queued').length, 1);
  });

  it('more of them than are asked about at once; and all go on when there is an answer', async () => {
    const { engine, submitElsewhere, hang, answer, asked } = await windowWithHangingKey();
    const held: string[] = [];
    for (let index = 0; index < 10; index++) held.push((await submitElsewhere(`held up ${index}`)).id);
    hang();
    world.clock.jump(5000);
    const { id } = await world.submit(engine);
    const started = world.clock.now();
    assert.equal((await world.untilPhase(engine, id)).phase, 'saved');
    assert.ok(world.clock.now() - started < 3 * 60_000, `${world.clock.now() - started} ms`);
    // Nobody is asked in a rush: each waits its time, and then a while.
    const before = asked();
    const since = world.clock.now();
    await world.until(() => world.clock.now() - since >= 60_000);
    assert.ok(asked() - before <= 30, `asked ${asked() - before} times in a minute`);
    answer();
    for (const other of held) assert.equal((await world.untilPhase(engine, other)).phase, 'saved');
  });

  it('a query without an answer', async () => {
    const engine = await world.open();
    world.gateway.setFault({ name: 'taskStuck', route: 'submit', times: 'always' });
    const { gatewayTaskId } = await world.submit(engine);
    assert.ok(gatewayTaskId);
    await world.submit(engine, { prompt: 'another one' });
    const asked = (task?: string) =>
      world.gateway.log.filter(
        (record) => record.kind === 'query' && (record.taskId === gatewayTaskId) === (task !== undefined),
      ).length;
    world.gateway.setFault({ name: 'hang', route: 'query', task: gatewayTaskId });
    await world.turnsWhileHanging(() => asked(gatewayTaskId) === 1);
    const hangingSince = world.clock.now();
    // A query may take 30 s.
    const before = asked();
    await world.turnsWhileHanging(() => world.clock.now() - hangingSince >= 20_000);
    assert.equal(asked(gatewayTaskId), 1, 'it still hangs');
    assert.ok(asked() - before >= 3, `the other one was asked about ${asked() - before} times`);
  });
});

describe('two windows and a reply that takes longer than the claim', function () {
  this.timeout(30_000);
  let world: World;

  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(async () => {
    await world.stop();
  });

  it('ask once, and the reply is applied', async () => {
    const { clock } = world;
    let asked = 0;
    // Answers each query piece by piece over two minutes: slow, but never idle for too long.
    const pieces = ['{"task_id":"video_1",', ' ', ' ', '"status":"in_progress","progress":50}'];
    const answering: { readonly reply: ServerResponse; left: string[]; due: number }[] = [];
    const server = createServer((request, reply) => {
      if (request.method === 'POST') reply.end(JSON.stringify({ task_id: 'video_1', status: 'submitted' }));
      else {
        asked++;
        reply.write(pieces[0]);
        answering.push({ reply, left: pieces.slice(1), due: clock.now() + 40_000 });
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      // Not counted as under way, or time would stand still for it.
      const http = createHttp(clock);
      const first = await world.open({ http });
      const second = await world.open({ http });
      const { id } = await first.submit(sora('slow'), { baseUrl, key: world.access.key });
      second.look();
      const started = clock.now();
      while (first.task(id)?.progress === undefined && clock.now() - started < 10 * 60_000) {
        clock.moveTo(clock.now() + 1000);
        for (const answer of answering) {
          if (answer.due > clock.now() || answer.left.length === 0) continue;
          answer.due = clock.now() + 40_000;
          const [piece] = answer.left.splice(0, 1);
          if (answer.left.length > 0) answer.reply.write(piece);
          else answer.reply.end(piece);
          const answered = asked;
          await world.turns(
            () => first.task(id)?.progress !== undefined || asked > answered || answer.left.length > 0,
          );
        }
        await world.turns();
      }
      assert.deepEqual([first.task(id)?.phase, first.task(id)?.progress], ['running', 50]);
      assert.equal(asked, 1);
      assert.ok(clock.now() - started > 60_000, 'it took longer than the claim');
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});

describe('a machine that slept', function () {
  this.timeout(30_000);
  let world: World;

  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(async () => {
    await world.stop();
  });

  it('for three hours: each task is asked about once, a few at a time, also with two windows', async () => {
    world.gateway.setFault({ name: 'taskStuck', route: 'submit', times: 'always' });
    const first = await world.open();
    const second = await world.open();
    const tasks = 10;
    for (let index = 0; index < tasks; index++) await world.submit(first, { prompt: `number ${index}` });
    second.look();
    await world.until(() => world.requests('query') >= tasks);
    await world.quiet();
    const before = world.requests('query');
    world.clock.jump(3 * 3600_000);
    const woke = world.clock.now();
    let most = 0;
    const underWay = () => world.gateway.log.filter((record) => record.outcome === 'pending').length;
    await world.until(() => {
      most = Math.max(most, underWay());
      return world.clock.now() - woke >= 60_000;
    });
    assert.equal(world.requests('query') - before, tasks);
    // Four at once in each window.
    assert.ok(most <= 8, `${most} at once`);
    const asked = new Set(
      world.gateway.log
        .slice(-tasks)
        .filter((record) => record.kind === 'query')
        .map((record) => record.taskId),
    );
    assert.equal(asked.size, tasks);
  });
});
