import assert from 'node:assert/strict';
import type { FaultOptions } from '../../gateway/pretendGateway';
import type { Phase } from '../../../src/core/task/phases';
import type { FailureKind } from '../../../src/core/task/task';
import { World } from '../support/world';

const query = (
  name: FaultOptions['name'],
  args: Record<string, unknown> = {},
  times: number | 'always' = 1,
) => ({
  name,
  route: 'query' as const,
  times,
  args,
});

/** DESIGN 5, Query: temporary errors. Each occurs four times, then the task continues. */
const blips: Readonly<Record<string, FaultOptions>> = {
  'cut before reading': query('cutBeforeReading', {}, 4),
  'cut during the body': query('cutDuringBody', {}, 4),
  '408': query('clientError', { status: 408 }, 4),
  '429 with seconds': query('rateLimit', { retryAfter: 'seconds', seconds: 20 }, 4),
  '429 with nothing': query('rateLimit', { retryAfter: 'none', body: 'empty' }, 4),
  '500 as JSON': query('serverError', { status: 500, as: 'E2' }, 4),
  '502 as a page': query('serverError', { status: 502, as: 'html' }, 4),
  '200 with a page': query('htmlPage', {}, 4),
  'an empty body': query('emptyBody', {}, 4),
  'no JSON': query('malformed', {}, 4),
  '200 with an error': query('okWithError', {}, 4),
  'a wrong address': query('invalidUrl', {}, 4),
  'an unknown word': query('statusWord', { word: 'transmogrifying' }, 4),
  'not found twice': query('taskNotFound', { status: 404 }, 2),
  'one model forbidden': query('modelForbidden', {}, 1),
  compressed: query('gzip', {}, 'always'),
};

interface End {
  readonly fault: FaultOptions;
  readonly phase: Phase;
  readonly kind: FailureKind;
  readonly charged: 'no' | 'yes' | 'unknown';
}

const ends: Readonly<Record<string, End>> = {
  'failed as F1': {
    fault: query('taskFailed', { shape: 'F1' }),
    phase: 'failed',
    kind: 'moderation',
    charged: 'no',
  },
  'failed as F2': {
    fault: query('taskFailed', { shape: 'F2' }),
    phase: 'failed',
    kind: 'moderation',
    charged: 'no',
  },
  'failed as F3': {
    fault: query('taskFailed', { shape: 'F3' }),
    phase: 'failed',
    kind: 'moderation',
    charged: 'no',
  },
  cancelled: {
    fault: query('statusWord', { word: 'CANCELLED' }, 'always'),
    phase: 'failed',
    kind: 'upstream',
    charged: 'no',
  },
  expired: {
    fault: query('statusWord', { word: 'expired' }, 'always'),
    phase: 'lost',
    kind: 'expired',
    charged: 'unknown',
  },
  forgotten: { fault: query('taskLost'), phase: 'lost', kind: 'expired', charged: 'unknown' },
  'not found for ever, 404': {
    fault: query('taskNotFound', { status: 404 }, 'always'),
    phase: 'lost',
    kind: 'expired',
    charged: 'unknown',
  },
};

describe('tracking a task', function () {
  this.timeout(120_000);
  let world: World;

  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(async () => {
    await world.stop();
  });

  for (const [name, fault] of Object.entries(blips)) {
    it(`queries again until it's saved: ${name}`, async () => {
      const engine = await world.open();
      const { id } = await world.submit(engine);
      world.gateway.setFault(fault);
      const task = await world.untilPhase(engine, id);
      assert.equal(task.phase, 'saved', task.failure?.message);
      assert.equal(task.failure, undefined);
      assert.equal(world.requests('submit'), 1);
    });
  }

  for (const [name, { fault, phase, kind, charged }] of Object.entries(ends)) {
    it(`ends as ${phase}: ${name}`, async () => {
      const engine = await world.open();
      const { id } = await world.submit(engine);
      world.gateway.setFault(fault);
      const task = await world.untilPhase(engine, id);
      assert.equal(task.phase, phase);
      assert.ok(task.failure);
      assert.equal(task.failure.charged, charged);
      assert.equal(task.failure.kind, kind, task.failure.message);
    });
  }

  for (const query of ['flat', 'slim', 'nested'] as const) {
    it(`accepts responses of the form ${query}`, async () => {
      world.gateway.setShapes({ query, submit: query === 'slim' ? 'short' : 'full' });
      const engine = await world.open();
      const { id } = await world.submit(engine);
      assert.equal((await world.untilPhase(engine, id)).phase, 'saved');
    });
  }

  it('loses a task only 60 s after the submit and after three "not found" responses', async () => {
    const engine = await world.open();
    world.gateway.setFault(query('taskNotFound', { status: 404 }, 'always'));
    const started = world.clock.now();
    const { id } = await world.submit(engine);
    await world.untilPhase(engine, id, 'lost');
    const seconds = (world.clock.now() - started) / 1000;
    assert.ok(seconds >= 80 && seconds < 120, `${seconds} s`);
  });

  it("leaves a task of another key alone if it's not found", async () => {
    const engine = await world.open();
    const { id } = await world.submit(engine);
    world.keys.key = { id: 'key-2', value: world.gateway.key };
    world.gateway.setFault(query('taskNotFound', {}, 'always'));
    const started = world.clock.now();
    await world.until(() => world.clock.now() - started > 2 * 3600_000, 3 * 3600_000);
    const task = engine.task(id);
    assert.ok(task?.failure);
    assert.equal(task.phase, 'queued');
    assert.match(task.failure.message, /different API key/);
  });

  it('pauses all tasks of the origin after one refused request, until the key changes', async () => {
    const engine = await world.open();
    const first = await world.submit(engine);
    const second = await world.submit(engine, { prompt: 'another one' });
    world.gateway.setFault(query('keyRejected', {}, 'always'));
    await world.until(() => engine.task(first.id)?.failure?.kind === 'key');
    const asked = world.requests('query');
    const pausedAt = world.clock.now();
    await world.until(() => world.clock.now() - pausedAt > 10 * 60_000, 3600_000);
    // The second one's request may have been sent together with the first one's.
    assert.ok(world.requests('query') <= asked + 1);
    world.gateway.clearFaults();
    await engine.keyChanged();
    assert.equal((await world.untilPhase(engine, first.id)).phase, 'saved');
    assert.equal((await world.untilPhase(engine, second.id)).phase, 'saved');
  });

  it('tries a refused key again after 15 minutes', async () => {
    const engine = await world.open();
    const { id } = await world.submit(engine);
    world.gateway.setFault(query('keyRejected'));
    const started = world.clock.now();
    const task = await world.untilPhase(engine, id);
    assert.equal(task.phase, 'saved');
    assert.ok(world.clock.now() - started >= 15 * 60_000);
  });

  it('waits without a key and shows the reason', async () => {
    const engine = await world.open();
    const { id } = await world.submit(engine);
    world.keys.key = undefined;
    await world.until(() => engine.task(id)?.failure?.kind === 'key');
    world.keys.key = world.access.key;
    await engine.keyChanged();
    assert.equal((await world.untilPhase(engine, id)).phase, 'saved');
  });

  it('never decreases progress, and never reports 100 before the end', async () => {
    const engine = await world.open();
    const seen: number[] = [];
    engine.onDidChangeTasks(({ changed }) => changed.forEach((task) => seen.push(task.progress ?? -1)));
    const { id } = await world.submit(engine);
    for (const progress of [10, '60%', 5, 100, 'soon', 250])
      world.gateway.setFault(query('progressIs', { progress }));
    await world.untilPhase(engine, id, 'ready', 'saving', 'saved');
    const known = seen.filter((progress) => progress >= 0);
    assert.deepEqual(
      known,
      known.toSorted((a, b) => a - b),
    );
    assert.ok(Math.max(...known) <= 99);
  });

  it('ends when stopped, and reports that this neither cancels nor refunds', async () => {
    const engine = await world.open();
    const { id } = await world.submit(engine);
    assert.equal(await engine.stopTracking(id), true);
    assert.deepEqual([engine.task(id)?.phase, engine.task(id)?.charged], ['stopped', 'unknown']);
    await world.until(() => world.clock.timers === 0);
    assert.equal(await engine.remove(id), true);
    assert.equal(engine.task(id), undefined);
  });

  it('reports what is known about the charge when stopped', async () => {
    const engine = await world.open();
    world.gateway.setFault({ name: 'serverError', route: 'download', times: 'always' });
    const { id } = await world.submit(engine);
    await world.until(() => engine.task(id)?.phase === 'ready' && engine.task(id)?.failure !== undefined);
    await engine.stopTracking(id);
    assert.equal(engine.task(id)?.charged, 'yes');
    // Another task of the gateway may have failed.
    await engine.checkAgain(id);
    await engine.stopTracking(id);
    assert.equal((await world.open()).task(id)?.charged, 'yes');
  });

  it("doesn't allow removing an unfinished task", async () => {
    const engine = await world.open();
    const { id } = await world.submit(engine);
    assert.equal(await engine.remove(id), false);
  });

  it("isn't delayed by a clock set back by a day", async () => {
    const engine = await world.open();
    const { id } = await world.submit(engine);
    engine.dispose();
    world.clock.jump(-24 * 3600_000);
    const again = await world.open();
    await world.until(() => world.requests('query') > 0, 60_000);
    assert.equal(again.task(id)?.phase, 'queued');
  });

  it("doesn't miss a task that becomes due between two queries of the store", async () => {
    const { clock } = world;
    const ticking = {
      now: () => {
        clock.jump(1);
        return clock.now();
      },
      // Node's timers can also fire a moment early.
      setTimeout: (callback: () => void, ms: number) => clock.setTimeout(callback, Math.max(0, ms - 2)),
    };
    const engine = await world.open({ clock: ticking });
    const { id } = await world.submit(engine);
    assert.equal((await world.untilPhase(engine, id)).phase, 'saved');
  });

  it("reports since when a gateway hasn't responded", async () => {
    const engine = await world.open();
    const { id } = await world.submit(engine);
    world.gateway.setFault(query('serverError', {}, 'always'));
    await world.until(() => engine.task(id)?.failure !== undefined);
    const first = engine.task(id)!.failure!;
    assert.equal(first.since, world.clock.now());
    assert.match(first.message, /Checking again automatically/);
    await world.until(() => engine.task(id)!.failure!.message !== first.message);
    const later = engine.task(id)!.failure!;
    assert.equal(later.since, first.since);
    const said = new Date(first.since).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
    assert.ok(later.message.includes(`No status from the gateway since ${said}`), later.message);
    world.gateway.clearFaults();
    assert.equal((await world.untilPhase(engine, id)).failure, undefined);
  });

  it("isn't delayed by another task's hanging query", async () => {
    const engine = await world.open();
    const slow = await world.submit(engine);
    world.gateway.setFault({ ...query('hang', {}, 'always'), task: slow.gatewayTaskId ?? '' });
    const others: string[] = [];
    for (const prompt of ['b', 'c']) others.push((await world.submit(engine, { prompt })).id);
    const started = world.clock.now();
    await world.turnsWhileHanging(() => others.every((id) => engine.task(id)?.phase === 'saved'));
    assert.ok(world.clock.now() - started < 60_000, `${(world.clock.now() - started) / 1000} s`);
    assert.equal(engine.task(slow.id)?.phase, 'queued');
  });

  it('queries ever more rarely, but never stops', async () => {
    const engine = await world.open();
    world.gateway.setFault({ name: 'taskStuck', route: 'submit', times: 'always' });
    await world.submit(engine);
    const started = world.clock.now();
    const askedIn = async (from: number, to: number) => {
      await world.until(() => world.clock.now() - started >= from * 60_000, 48 * 3600_000);
      const before = world.requests('query');
      await world.until(() => world.clock.now() - started >= to * 60_000, 48 * 3600_000);
      return world.requests('query') - before;
    };
    const counts = [await askedIn(0, 2), await askedIn(2, 10), await askedIn(10, 60), await askedIn(60, 120)];
    assert.ok(counts[0]! >= 22 && counts[0]! <= 25, String(counts));
    assert.ok(counts[1]! >= 58 && counts[1]! <= 61, String(counts));
    assert.ok(counts[2]! >= 198 && counts[2]! <= 202, String(counts));
    assert.ok(counts[3]! > 60 && counts[3]! < 200, String(counts));
    const day = await askedIn(24 * 60, 25 * 60);
    assert.ok(day >= 1 && day <= 3, String(day));
  });
});
