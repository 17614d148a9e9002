import assert from 'node:assert/strict';
import type { Engine } from '../../../src/core/engine';
import { addCopies, shareOfSchedule } from '../../support/fairness';
import { World } from '../support/world';

const LENGTH = 2 * 60_000;
const DEAD = 'dead.example';

describe('lanes', function () {
  this.timeout(120_000);
  let world: World;
  let engine: Engine;

  beforeEach(async () => {
    world = await World.create();
    const { http } = world.options;
    // Connections to the dead gateway are never established.
    engine = await world.open({
      http: (request) => (request.url.host.endsWith(DEAD) ? new Promise(() => undefined) : http!(request)),
    });
    world.gateway.setFault({ name: 'taskStuck', route: 'submit', times: 'always' });
  });
  afterEach(async () => {
    await world.stop();
  });

  it('query tasks even if 200 others wait for their downloads', async () => {
    const { id } = await world.submit(engine);
    world.gateway.setFault({ name: 'hang', route: 'download', times: 'always' });
    const due = world.clock.now();
    addCopies(world, id, 200, `phase = 'ready', succeeded_at = created_at, next_due = ${due}`);
    const share = await shareOfSchedule(world, engine, 3, LENGTH, 3);
    assert.ok(share >= 0.95, String(share));
  });

  it("query other gateways if one doesn't respond", async () => {
    const { id } = await world.submit(engine);
    const due = world.clock.now();
    addCopies(world, id, 50, `base_url = 'https://${DEAD}', next_due = ${due}`);
    const share = await shareOfSchedule(world, engine, 3, LENGTH);
    assert.ok(share >= 0.95, String(share));
  });

  it("query other gateways if several don't respond, whatever their names", async () => {
    const { id } = await world.submit(engine);
    const due = world.clock.now();
    addCopies(world, id, 60, `base_url = 'https://' || (rowid % 6) || '.a.${DEAD}', next_due = ${due}`);
    const share = await shareOfSchedule(world, engine, 3, LENGTH);
    assert.ok(share >= 0.95, String(share));
  });

  it('report an unreadable due row only once', async () => {
    const { id } = await world.submit(engine);
    addCopies(world, id, 1, `request = '{}', next_due = ${world.clock.now()}`);
    engine.checkForChanges();
    await shareOfSchedule(world, engine, 1, LENGTH);
    assert.ok(world.lines.filter((line) => line.startsWith('error')).length <= 1);
  });

  it('show the reason during a rate limit, and Refresh ends the wait', async () => {
    const ids = [(await world.submit(engine)).id, (await world.submit(engine, { prompt: 'two' })).id];
    const args = { retryAfter: 'seconds', seconds: 3600 };
    world.gateway.setFault({ name: 'rateLimit', route: 'query', times: 1, args });
    await world.until(() => ids.every((id) => engine.task(id)?.failure?.kind === 'rateLimit'));
    await engine.refresh();
    await world.until(() => ids.every((id) => engine.task(id)?.failure === undefined), 60_000);
  });
});
