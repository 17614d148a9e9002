import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Engine } from '../../../src/core/engine';
import { untranslatedL10n } from '../../../src/core/common/l10n';
import { blockedBy } from '../../../src/core/task/blockedBy';
import { KeyUnavailableError } from '../../../src/core/tasks/submitter';
import { World } from '../support/world';
import { prepareRequest } from '../../support/catalog';

/** Interval after which an origin that refused the key is tried again, in ms. */
const RECHECK_MS = 15 * 60_000;

describe('a key and its tasks', function () {
  this.timeout(120_000);
  let world: World;

  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(async () => {
    await world.stop();
  });

  /** A task whose video is finished, but couldn't be downloaded yet. */
  async function readyTask(engine: Engine): Promise<string> {
    world.gateway.setFault({
      name: 'serverError',
      route: 'download',
      times: 'always',
      args: { status: 502, as: 'E1' },
    });
    const { id } = await world.submit(engine);
    await world.until(() => engine.task(id)?.failure !== undefined && engine.task(id)?.phase === 'ready');
    world.gateway.clearFaults();
    return id;
  }

  it('pauses the tasks of the origin if its quota is used up, and shows the reason', async () => {
    const engine = await world.open();
    const args = { status: 403, code: 'quota_not_enough', message: '用户额度不足' };
    world.gateway.setFault({ name: 'clientError', route: 'query', times: 'always', args });
    const ids = [(await world.submit(engine)).id, (await world.submit(engine, { prompt: 'two' })).id];
    await world.until(() => ids.every((id) => blockedBy(engine.task(id)!) === 'balance'));
    assert.ok(world.requests('query') <= 2, 'one is asked about for all of them');
    world.gateway.clearFaults();
    await engine.refresh();
    for (const id of ids) assert.equal((await world.untilPhase(engine, id)).phase, 'saved');
  });

  for (const [reason, blocked, afterMs] of [
    ['none', 'key', RECHECK_MS],
    ['notApproved', 'approval', RECHECK_MS],
    ['locked', 'keyring', 60_000],
  ] as const) {
    it(`shows why it isn't available and is read again: ${reason}`, async () => {
      const engine = await world.open();
      const { id } = await world.submit(engine);
      world.keys.key = undefined;
      world.keys.reason = reason;
      await world.until(() => engine.task(id)?.failure !== undefined);
      const task = engine.task(id)!;
      assert.equal(task.failure?.noKey, reason);
      assert.equal(blockedBy(task), blocked);
      world.keys.key = world.access.key;
      const since = world.clock.now();
      assert.equal((await world.untilPhase(engine, id)).phase, 'saved');
      assert.ok(world.clock.now() - since <= afterMs + 60_000);
    });
  }

  it("sends nothing if it's removed after it was read and before the request is sent", async () => {
    const engine = await world.open();
    const keyFor = world.keys.keyFor;
    let removals = 0;
    world.keys.keyFor = () => {
      const answer = keyFor();
      if (world.keys.key) removals++;
      world.keys.key = undefined;
      world.keys.version++;
      return answer;
    };
    await assert.rejects(world.submit(engine), KeyUnavailableError);
    assert.equal(removals, 1);
    assert.equal(world.requests('submit'), 0);
    assert.deepEqual(engine.tasks(), []);
  });

  it("isn't reported as removed if its keyring is locked when the request is about to be sent", async () => {
    const engine = await world.open();
    world.keys.key = undefined;
    world.keys.reason = 'locked';
    await assert.rejects(world.submit(engine), { name: 'KeyUnavailableError', reason: 'locked' });
    assert.equal(world.requests('submit'), 0);
  });

  it('is still used if an approval is given after it was read', async () => {
    const engine = await world.open();
    const keyFor = world.keys.keyFor;
    world.keys.keyFor = () => {
      world.keys.keyFor = keyFor;
      world.keys.version++;
      return keyFor();
    };
    const { phase } = await world.submit(engine);
    assert.equal(phase, 'queued');
    assert.equal(world.requests('submit'), 1);
  });

  it("leaves a finished video alone that it can't see, until the right key downloads it", async () => {
    const engine = await world.open();
    const id = await readyTask(engine);
    world.keys.key = { id: 'key-2', value: world.gateway.key };
    // Response of the gateway to the key of another user.
    world.gateway.setFault({
      name: 'clientError',
      route: 'download',
      times: 'always',
      args: { status: 404 },
    });
    world.gateway.setFault({ name: 'taskNotFound', route: 'query', times: 'always', args: { status: 404 } });
    const started = world.clock.now();
    const forLong = () => world.clock.now() - started > 3 * 3600_000 && engine.task(id)?.phase !== 'saving';
    await world.until(forLong, 4 * 3600_000);
    const task = engine.task(id);
    assert.equal(task?.phase, 'ready');
    assert.match(task.failure?.message ?? '', /different API key/);

    world.gateway.clearFaults();
    world.keys.key = world.access.key;
    await engine.keyChanged();
    assert.equal((await world.untilPhase(engine, id)).phase, 'saved');
  });

  it("downloads all finished videos together when it's accepted again after a refusal", async () => {
    const engine = await world.open();
    world.gateway.setFault({ name: 'keyRejected', route: 'download', times: 3 });
    const ids: string[] = [];
    for (const prompt of ['a', 'b', 'c']) ids.push((await world.submit(engine, { prompt })).id);
    const inPhase = (phase: string) => ids.filter((id) => engine.task(id)?.phase === phase);
    await world.until(() => inPhase('ready').length === 3 && world.requests('download') >= 1);
    const refusedAt = world.clock.now();
    world.gateway.clearFaults();
    await world.until(() => inPhase('saved').length === 3, 3 * 3600_000);
    const times = ids.map(
      (id) => engine.task(id)?.timeline.findLast((entry) => entry.phase === 'saved')?.at ?? 0,
    );
    assert.ok(Math.min(...times) - refusedAt <= RECHECK_MS + 2000, 'the first one tries by itself');
    assert.ok(Math.max(...times) - Math.min(...times) <= 5000, `they came ${times.join(', ')}`);
  });

  it("isn't affected by a 401 of a result host, and other tasks don't wait", async () => {
    const host = createServer((_request, reply) => {
      reply.statusCode = 401;
      reply.end('no');
    });
    await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = host.address() as AddressInfo;
      const engine = await world.open();
      const { id, gatewayTaskId } = await world.submit(engine);
      assert.ok(gatewayTaskId);
      await world.untilPhase(engine, id, 'running');
      // Two links, so that there is no download call as a fallback.
      const url = ['a', 'b'].map((name) => `http://127.0.0.1:${port}/${name}`);
      world.gateway.setFault({
        name: 'urlIs',
        route: 'query',
        times: 'always',
        task: gatewayTaskId,
        args: { url },
      });
      await world.until(() => engine.task(id)?.failure !== undefined);
      assert.equal(engine.task(id)?.failure?.kind, 'upstream');
      const started = world.clock.now();
      const other = await world.submit(engine, { prompt: 'from our own gateway' });
      assert.equal((await world.untilPhase(engine, other.id)).phase, 'saved');
      assert.ok(world.clock.now() - started < RECHECK_MS);
      assert.ok(['ready', 'saving'].includes(engine.task(id)?.phase ?? ''), 'a link has a day');
    } finally {
      host.closeAllConnections();
      host.close();
    }
  });

  it("doesn't pause tasks if a response about a replaced key is late", async () => {
    const engine = await world.open();
    world.gateway.setFault({ name: 'slow', route: 'query', args: { ms: 100 } });
    world.gateway.setFault({ name: 'keyRejected', route: 'query' });
    await world.submit(engine);
    await world.until(() => world.requests('query') === 1);
    // The query is pending with the old key when the key is replaced.
    world.keys.key = { id: 'key-2', value: world.gateway.key };
    await engine.keyChanged();
    await world.quiet();
    assert.equal(world.gateway.log.find((record) => record.kind === 'query')?.status, 401);
    const started = world.clock.now();
    const other = await world.submit(engine, { prompt: 'another one' });
    assert.equal((await world.untilPhase(engine, other.id)).phase, 'saved');
    assert.ok(world.clock.now() - started < RECHECK_MS);
  });

  for (const route of ['query', 'download'] as const) {
    it(`retries the ${route} with the new key at once after a 401 about a replaced key`, async () => {
      const engine = await world.open();
      world.gateway.setFault({ name: 'slow', route, args: { ms: 100 } });
      world.gateway.setFault({ name: 'keyRejected', route });
      const { id } = await world.submit(engine);
      await world.until(() => world.requests(route) === 1);
      world.keys.key = { id: 'key-2', value: world.gateway.key };
      await engine.keyChanged();
      const started = world.clock.now();
      const task = await world.untilPhase(engine, id);
      assert.equal(task.phase, 'saved');
      assert.ok(world.clock.now() - started < 2 * 60_000, `${(world.clock.now() - started) / 60_000} min`);
    });
  }

  it("is rejected without being sent or logged if it's invalid in a header", async () => {
    const engine = await world.open();
    const value = 'sk-secret-part\nsecond-line';
    const request = prepareRequest({ model: 'sora-2', prompt: 'x' }, untranslatedL10n);
    let phase: string | undefined;
    let thrown: unknown;
    engine.submit(request, { baseUrl: world.gateway.baseUrl, key: { id: 'key-1', value } }).then(
      (task) => (phase = task.phase),
      (error: unknown) => (thrown = error),
    );
    await world.until(() => phase !== undefined || thrown !== undefined);
    assert.equal(thrown, undefined);
    assert.equal(phase, 'rejected');
    const [task, ...others] = engine.tasks();
    assert.deepEqual(others, []);
    assert.equal(task?.phase, 'rejected');
    assert.equal(task.failure?.charged, 'no');
    assert.equal(world.gateway.log.length, 0);
    assert.doesNotMatch(JSON.stringify([task, world.lines]), /secret-part|second-line/);
  });
});
