import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { untranslatedL10n } from '../../../src/core/common/l10n';
import type { Engine } from '../../../src/core/engine';
import { storeFile } from '../../support/storeFile';
import { World } from '../support/world';
import { prepareRequest } from '../../support/catalog';

describe('the warning about a duplicate', function () {
  this.timeout(120_000);
  let world: World;
  let engine: Engine;

  beforeEach(async () => {
    world = await World.create();
    engine = await world.open();
  });
  afterEach(async () => {
    await world.stop();
  });

  const request = { model: 'sora-2', prompt: 'a kite' };
  const duplicate = async () =>
    (await engine.recentDuplicate(prepareRequest(request, untranslatedL10n), world.access.baseUrl))?.id;

  it('is shown for requests that may cost: accepted, unknown, or no longer tracked', async () => {
    world.gateway.setFault({ name: 'taskStuck', route: 'submit', times: 'always' });
    const { id } = await world.submit(engine, request);
    assert.equal(await duplicate(), id);
    assert.equal(await engine.stopTracking(id), true);
    assert.equal(await duplicate(), id);
    world.clock.jump(1000);
    world.gateway.setFault({ name: 'replyLostAfterAcceptance', route: 'submit' });
    const unknown = await world.submit(engine, request);
    assert.equal(unknown.phase, 'unknown');
    assert.equal(await duplicate(), unknown.id);
  });

  it("isn't shown for a rejected request", async () => {
    world.gateway.setFault({ name: 'keyRejected', route: 'submit' });
    const { id, phase } = await world.submit(engine, request);
    assert.equal(phase, 'rejected');
    assert.equal(await duplicate(), undefined);
    const database = new DatabaseSync(storeFile(world.folder));
    database.exec(`UPDATE tasks SET failure = json_set(failure, '$.charged', 'unknown')`);
    database.close();
    assert.equal(await duplicate(), id, 'unless it may have cost something');
  });

  it("isn't shown for a request that was stopped before the gateway accepted it", async () => {
    world.gateway.setFault({ name: 'rateLimit', route: 'submit', args: { seconds: 5 } });
    const sent = world.submit(engine, request);
    await world.turns(() => engine.tasks()[0]?.failure !== undefined);
    const { id } = engine.tasks()[0]!;
    assert.equal(await engine.stopSending(id), true);
    assert.equal((await sent).phase, 'stopped');
    assert.equal(await duplicate(), undefined);
  });

  it('is shown for a failed request unless it was certainly free', async () => {
    world.gateway.setFault({ name: 'taskFailed', route: 'query' });
    const { id } = await world.submit(engine, request);
    const task = await world.untilPhase(engine, id);
    assert.equal(task.phase, 'failed');
    assert.ok(world.clock.now() - task.createdAt < 10_000);
    assert.equal(await duplicate(), task.failure?.charged === 'no' ? undefined : id);
  });
});
