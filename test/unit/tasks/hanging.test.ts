import assert from 'node:assert/strict';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { untranslatedL10n } from '../../../src/core/common/l10n';
import type { KeyAnswer } from '../../../src/core/gateway/apiKey';
import { createHttp } from '../../../src/core/gateway/http';
import { startPretendGateway, type PretendGateway } from '../../gateway/pretendGateway';
import { World } from '../support/world';
import { prepareRequest } from '../../support/catalog';

const sora = (prompt: string) => prepareRequest({ model: 'sora-2', prompt }, untranslatedL10n);

describe('other tasks during a hanging operation', function () {
  this.timeout(120_000);
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

  /** A window that gets the key for another gateway until `hang` is called. After that, there is no answer. */
  async function windowWithHangingKey() {
    const other = await startPretendGateway({
      clock: { kind: 'given', now: world.clock.now },
      seed: 'elsewhere',
    });
    elsewhere = other;
    let hanging = false;
    let asked = 0;
    const keyFor = (origin: string): Promise<KeyAnswer> => {
      if (origin === new URL(world.gateway.baseUrl).origin)
        return Promise.resolve({ kind: 'key', key: world.access.key });
      asked++;
      if (hanging) return new Promise(() => undefined);
      return Promise.resolve({ kind: 'key', key: { id: 'key-1', value: other.key } });
    };
    const engine = await world.open({ keys: { version: 0, keyFor, looksLikeKey: () => false } });
    const access = { baseUrl: other.baseUrl, key: { id: 'key-1', value: other.key } };
    return {
      engine,
      submitElsewhere: (prompt: string) => engine.submit(sora(prompt), access),
      hang: () => (hanging = true),
      answer: () => (hanging = false),
      asked: () => asked,
    };
  }

  it("continue if a keyring doesn't return the key for one gateway", async () => {
    const { engine, submitElsewhere, hang } = await windowWithHangingKey();
    await submitElsewhere('held up');
    hang();
    // Due after the hanging one, so it needs its own timer.
    world.clock.jump(1000);
    const { id } = await world.submit(engine);
    assert.equal((await world.untilPhase(engine, id)).phase, 'saved');
    assert.equal(engine.tasks().filter((task) => task.phase === 'queued').length, 1);
  });

  it('continue if more tasks hang than can be queried at once, as do those once there is an answer', async () => {
    const { engine, submitElsewhere, hang, answer, asked } = await windowWithHangingKey();
    const held: string[] = [];
    for (let index = 0; index < 10; index++) held.push((await submitElsewhere(`held up ${index}`)).id);
    hang();
    world.clock.jump(5000);
    const { id } = await world.submit(engine);
    const started = world.clock.now();
    assert.equal((await world.untilPhase(engine, id)).phase, 'saved');
    assert.ok(world.clock.now() - started < 3 * 60_000, `${world.clock.now() - started} ms`);
    // Queries aren't sent in a burst: each task waits for its time.
    const before = asked();
    const since = world.clock.now();
    await world.until(() => world.clock.now() - since >= 60_000);
    assert.ok(asked() - before <= 30, `asked ${asked() - before} times in a minute`);
    answer();
    for (const other of held) assert.equal((await world.untilPhase(engine, other)).phase, 'saved');
  });

  it("continue if videos don't arrive: three are awaited at once, and the others get their turn", async () => {
    const engine = await world.open();
    world.gateway.setFault({ name: 'hang', route: 'download', times: 'always' });
    const ids: string[] = [];
    for (let index = 0; index < 6; index++) {
      ids.push((await world.submit(engine, { prompt: `held up ${index}` })).id);
    }
    const phases = () => ids.map((id) => engine.task(id)?.phase);
    const asked = () => world.requests('download');
    const done = () => phases().every((phase) => phase === 'ready' || phase === 'saving');
    // Well within the time limit of one download.
    const limit = world.clock.now() + 5 * 60_000;
    while (world.clock.now() < limit) {
      // The network needs real time, unknown to the fake clock.
      const turnsEnd = performance.now() + 20;
      await world.turns(() => performance.now() > turnsEnd);
      assert.ok(asked() <= 3, `${asked()} at once`);
      world.clock.moveTo(world.clock.now() + 1000);
    }
    assert.ok(done(), String(phases()));
    assert.equal(asked(), 3);
    world.gateway.clearFaults();
    // Hanging downloads time out and are retried.
    const end = world.clock.now() + 30 * 60_000;
    while (phases().some((phase) => phase !== 'saved')) {
      assert.ok(world.clock.now() < end, String(phases()));
      await world.turns();
      world.clock.moveTo(world.clock.now() + 1000);
    }
  });

  it('continue if a query has no response', async () => {
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

describe('two windows and a response that takes longer than the claim', function () {
  this.timeout(120_000);
  let world: World;

  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(async () => {
    await world.stop();
  });

  it('query once and apply the response', async () => {
    const { clock } = world;
    let asked = 0;
    // Responds to each query in chunks over a minute and a half: slow, but never idle for too long.
    const pieces = ['{"task_id":"video_1",', ' ', ' ', '"status":"in_progress","progress":50}'];
    const answering: { readonly reply: ServerResponse; left: string[]; due: number }[] = [];
    const server = createServer((request, reply) => {
      if (request.method === 'POST') reply.end(JSON.stringify({ task_id: 'video_1', status: 'submitted' }));
      // The kind of the gateway is queried too.
      else if (request.url?.endsWith('/video_1') !== true) reply.writeHead(404).end();
      else {
        asked++;
        reply.write(pieces[0]);
        answering.push({ reply, left: pieces.slice(1), due: clock.now() + 30_000 });
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      // Not counted as pending, or the clock would stop for it.
      const http = createHttp(clock);
      const first = await world.open({ http });
      const second = await world.open({ http });
      const { id } = await first.submit(sora('slow'), { baseUrl, key: world.access.key });
      second.checkForChanges();
      const started = clock.now();
      while (first.task(id)?.progress === undefined && clock.now() - started < 10 * 60_000) {
        clock.moveTo(clock.now() + 1000);
        for (const answer of answering) {
          if (answer.due > clock.now() || answer.left.length === 0) continue;
          answer.due = clock.now() + 30_000;
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
  this.timeout(120_000);
  let world: World;

  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(async () => {
    await world.stop();
  });

  it('queries each task once, a few at a time, after three hours, also with two windows', async () => {
    world.gateway.setFault({ name: 'taskStuck', route: 'submit', times: 'always' });
    const first = await world.open();
    const second = await world.open();
    const tasks = 10;
    for (let index = 0; index < tasks; index++) await world.submit(first, { prompt: `number ${index}` });
    second.checkForChanges();
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
