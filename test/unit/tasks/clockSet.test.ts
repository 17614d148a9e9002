import assert from 'node:assert/strict';
import { mkdirSync, renameSync, rmdirSync } from 'node:fs';
import * as path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Engine } from '../../../src/core/engine';
import { STORAGE_NAMES } from '../../../src/core/common/storageNames';
import { storeFile } from '../../support/storeFile';
import { World } from '../support/world';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;

/** How the clock is set, and whether it's corrected later. */
const settings: Readonly<Record<string, readonly number[]>> = {
  'set forward by a day': [DAY],
  'set back by a day': [-DAY],
  'set back by an hour': [-60 * MINUTE],
  'set forward by a day and right again': [DAY, -DAY],
  'set back by a day and right again': [-DAY, DAY],
};

describe('a clock that is set during a task', function () {
  this.timeout(60_000);
  let world: World;
  let engine: Engine;

  beforeEach(async () => {
    world = await World.create();
    engine = await world.open();
  });
  afterEach(async () => {
    await world.stop();
  });

  async function pass(ms: number): Promise<void> {
    const until = world.clock.now() + ms;
    // A final task sets no timer.
    while (world.clock.now() < until) {
      await world.quiet();
      world.clock.moveTo(Math.min(world.clock.nextTimer ?? until, until));
    }
  }

  /** Sets the clock. Time passes between two settings. */
  async function setClock(steps: readonly number[], betweenMs = 20 * MINUTE): Promise<void> {
    for (const [index, step] of steps.entries()) {
      if (index > 0) await pass(betweenMs);
      world.clock.set(step);
    }
  }

  const phaseOf = (id: string) => engine.task(id)?.phase;
  const only = () => engine.tasks()[0]!;

  /**
   * Waits for the video, and checks that it was paid for once.
   * @param limitMs usual time; a task that seems a day old is queried every half hour or less
   */
  async function assertSaved(steps: readonly number[], limitMs = 10 * MINUTE): Promise<void> {
    const { id } = only();
    const isAhead = steps.reduce((sum, step) => sum + step, 0) > 0;
    await world.until(() => phaseOf(id) === 'saved', isAhead ? 40 * MINUTE : limitMs);
    assert.equal(world.gateway.tasks.length, 1);
    assert.deepEqual(
      only().timeline.filter(({ phase }) => ['lost', 'unknown', 'rejected', 'failed'].includes(phase)),
      [],
    );
  }

  for (const [name, steps] of Object.entries(settings)) {
    it(`sends a draft once and saves its video (${name})`, async () => {
      world.gateway.setFault({
        name: 'rateLimit',
        route: 'submit',
        times: 1,
        args: { retryAfter: 'seconds', seconds: 25 },
      });
      const sent = world.submit(engine);
      await world.until(() => world.requests('submit') === 1 && only().phase === 'draft');
      await pass(5 * SECOND);
      await setClock(steps, 5 * SECOND);
      await world.until(() => world.requests('submit') === 2, 5 * MINUTE);
      assert.equal((await sent).phase, 'queued');
      await assertSaved(steps);
    });

    it(`keeps the ID of a request being sent and saves its video (${name})`, async () => {
      world.gateway.setFault({ name: 'slow', route: 'submit', args: { ms: 200 } });
      const sent = world.submit(engine);
      await world.turns(() => engine.tasks()[0]?.phase === 'sending');
      for (const step of steps) {
        world.clock.set(step);
        // The lease has expired or is far ahead, so the task is handled before the response.
        world.clock.moveTo(world.clock.now() + 40 * SECOND);
        await world.turns();
      }
      await sent;
      assert.equal(world.requests('submit'), 1);
      await assertSaved(steps);
    });

    for (const phase of ['queued', 'running', 'saving'] as const) {
      it(`saves a ${phase} task in the usual time (${name})`, async () => {
        world.gateway.setFault({ name: 'slow', route: 'download', args: { ms: 100 } });
        const { id } = await world.submit(engine);
        await world.until(() => phaseOf(id) === phase);
        await setClock(steps, 10 * SECOND);
        await assertSaved(steps, 4 * MINUTE);
        assert.equal(world.requests('submit'), 1);
      });
    }

    it(`doesn't lose a task that the gateway doesn't know yet (${name})`, async () => {
      world.gateway.setFault({
        name: 'taskNotFound',
        route: 'query',
        times: 'always',
        args: { status: 404 },
      });
      await world.submit(engine);
      await pass(6 * SECOND);
      await setClock(steps, 5 * SECOND);
      await pass(40 * SECOND);
      world.gateway.clearFaults();
      await assertSaved(steps);
    });

    for (const [what, fault] of [
      ['refused links', { name: 'clientError', args: { status: 403 } }],
      ['links that are not there yet', { name: 'clientError', args: { status: 404 } }],
      ['a host in trouble', { name: 'serverError', args: { status: 502, as: 'E1' } }],
    ] as const) {
      it(`retries a ready task with ${what} and saves it (${name})`, async () => {
        world.gateway.setFault({ ...fault, route: 'download', times: 'always' });
        const { id } = await world.submit(engine);
        await world.until(() => phaseOf(id) === 'ready' && only().failure !== undefined);
        await pass(MINUTE);
        await setClock(steps);
        await pass(90 * MINUTE);
        assert.equal(phaseOf(id), 'ready');
        world.gateway.clearFaults();
        await assertSaved(steps, 35 * MINUTE);
      });
    }

    it(`queries a rate-limited task again after the pause (${name})`, async () => {
      const { id } = await world.submit(engine);
      world.gateway.setFault({
        name: 'rateLimit',
        route: 'query',
        times: 1,
        args: { retryAfter: 'seconds', seconds: 300 },
      });
      await world.until(() => engine.task(id)?.failure !== undefined);
      await setClock(steps, MINUTE);
      await assertSaved(steps, 8 * MINUTE);
    });

    it(`opens a store that couldn't be opened within a minute (${name})`, async () => {
      await world.submit(engine);
      await engine.close();
      const file = storeFile(world.folder);
      renameSync(file, path.join(world.folder, STORAGE_NAMES.store, 'kept'));
      mkdirSync(file);
      engine = new Engine(world.options);
      engine.start();
      engine.open();
      assert.equal(engine.state.kind, 'failed');
      await pass(10 * MINUTE);
      await setClock(steps);
      rmdirSync(file);
      renameSync(path.join(world.folder, STORAGE_NAMES.store, 'kept'), file);
      const since = world.clock.now();
      await world.until(() => engine.state.kind === 'open');
      assert.ok(world.clock.now() - since <= MINUTE);
      await assertSaved(steps);
      await engine.close();
    });
  }

  it('saves a running task in the usual time if set back by an hour while no window was open', async () => {
    const { id } = await world.submit(engine);
    await world.until(() => phaseOf(id) === 'running');
    await engine.close();
    world.clock.set(-60 * MINUTE);
    engine = await world.open();
    await assertSaved([], 4 * MINUTE);
  });

  it('saves a running task in the usual time if set back by an hour while another program locks the store', async () => {
    const { id } = await world.submit(engine);
    await world.until(() => phaseOf(id) === 'running');
    const holder = new DatabaseSync(storeFile(world.folder));
    holder.exec('BEGIN IMMEDIATE');
    world.clock.set(-60 * MINUTE);
    await pass(40 * SECOND);
    holder.exec('ROLLBACK');
    holder.close();
    await assertSaved([], 4 * MINUTE);
  });
});
