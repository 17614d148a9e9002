import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import type { Engine } from '../../../src/core/engine';
import type { Task } from '../../../src/core/task/task';
import type { GatewayOptions } from '../../gateway/pretendGateway';
import { storeFile } from '../../support/storeFile';
import { World } from '../support/world';

const DAY = 24 * 3600_000;
const render = { unknownMs: 0, queuedMs: 3000, runningMs: 12_000 };

describe('the kind of an origin', function () {
  this.timeout(60_000);
  let world: World;

  const create = async (options: GatewayOptions = {}): Promise<Engine> => {
    world = await World.create({ render, ...options });
    return world.open();
  };
  afterEach(() => world.stop());

  const probes = () => world.gateway.log.filter(({ hadKey, origin }) => origin === 'api' && !hadKey);
  /** The kind as read by every window. */
  const kind = (): unknown => {
    const database = new DatabaseSync(storeFile(world.folder), { readOnly: true });
    try {
      return database.prepare('SELECT kind FROM origins').get()?.['kind'] ?? undefined;
    } finally {
      database.close();
    }
  };
  const fail = async (engine: Engine, message = 'blocked by the safety filter'): Promise<Task> => {
    const { id, gatewayTaskId } = await world.submit(engine);
    await world.untilPhase(engine, id, 'running');
    await world.quiet();
    world.gateway.failTask(gatewayTaskId!, { message });
    return world.untilPhase(engine, id, 'failed');
  };

  it('is recognized after the first response to a query, without the key and without a POST', async () => {
    const engine = await create({ dialect: 'newapi' });
    const { id } = await world.submit(engine);
    await world.quiet();
    assert.deepEqual(probes(), []);
    await world.untilPhase(engine, id, 'running');
    await world.quiet();
    assert.equal(kind(), 'newapi');
    assert.deepEqual(
      probes().map(({ method, path: asked }) => `${method} ${asked}`),
      ['GET /api/status', 'GET /v1/models'],
    );
  });

  it('is recognized after Test Connection', async () => {
    const engine = await create({ dialect: 'newapi' });
    await engine.client.models(world.access);
    await world.quiet(() => kind() === 'newapi');
    assert.equal(kind(), 'newapi');
  });

  it('is checked once by all windows, and again after a day', async () => {
    const engine = await create({ dialect: 'newapi' });
    const other = await world.open();
    const ask = async () => {
      for (const window of [engine, other]) await window.client.models(world.access);
      await world.quiet();
    };
    await ask();
    await ask();
    assert.equal(probes().length, 2);
    world.clock.moveTo(world.clock.now() + DAY - 1);
    await ask();
    assert.equal(probes().length, 2);
    // Windows read the stored time once an hour.
    world.clock.moveTo(world.clock.now() + 3600_000);
    await ask();
    assert.equal(probes().length, 4);
  });

  it("isn't checked for an origin that refuses the key", async () => {
    const engine = await create({ dialect: 'newapi' });
    world.gateway.setFault({ name: 'keyRejected', times: 'always' });
    await assert.rejects(engine.client.models(world.access));
    await world.quiet();
    assert.deepEqual(probes(), []);
  });

  it("isn't checked for Nebula's own origin", async () => {
    const engine = await create();
    await engine.client.models(world.access);
    await fail(engine);
    assert.deepEqual(probes(), []);
    assert.equal(kind(), undefined);
  });

  it('is kept if a check gets no response, and is checked again after an hour', async () => {
    const engine = await create({ dialect: 'newapi' });
    await engine.client.models(world.access);
    await world.quiet(() => kind() === 'newapi');
    let isDown = true;
    const unreachable = await world.open({
      http: (request) =>
        isDown && request.headers['authorization'] === undefined
          ? Promise.reject(new Error('unreachable'))
          : world.options.http!(request),
    });
    world.clock.moveTo(world.clock.now() + DAY);
    await unreachable.client.models(world.access);
    await world.quiet();
    assert.equal(kind(), 'newapi');
    assert.equal(probes().length, 2);
    isDown = false;
    world.clock.moveTo(world.clock.now() + 3600_000);
    await unreachable.client.models(world.access);
    await world.quiet();
    assert.equal(probes().length, 4);
  });

  it('decides what is known about the charge of a failed task', async () => {
    const usually = 'This gateway usually refunds failed tasks. Check your account.';
    const nebula = await fail(await create());
    assert.equal(nebula.failure?.charged, 'no');
    assert.match(nebula.failure.message, /You weren't charged\./);
    await world.stop();

    const stock = await fail(await create({ dialect: 'newapi' }));
    assert.equal(stock.failure?.charged, 'unknown');
    // Also in messages without the gateway's own text.
    for (const text of [stock.failure.message, stock.failure.summary])
      assert.ok(text.includes(usually), text);
    await world.stop();

    const gone = await fail(await create({ dialect: 'newapi' }), 'Failed to get channel info, channel ID: 8');
    assert.equal(gone.failure?.charged, 'unknown');
    assert.ok(!gone.failure.message.includes(usually), gone.failure.message);
    await world.stop();

    // Nebula's rules don't apply to the same responses from another address.
    world = await World.create({ render });
    const elsewhere = await fail(await world.open({ nebulaBaseUrl: 'https://llm.ai-nebula.com' }));
    assert.equal(elsewhere.failure?.charged, 'unknown');
    assert.ok(!/weren't charged|refunds/.test(elsewhere.failure.message));
  });
});
