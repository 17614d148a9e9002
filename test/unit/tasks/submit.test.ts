import assert from 'node:assert/strict';
import { renameSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { FaultOptions } from '../../gateway/pretendGateway';
import { SCHEMA_VERSION } from '../../../src/core/store/schema';
import { ReadOnlyStoreError } from '../../../src/core/store/storeState';
import { OutcomeNotStoredError } from '../../../src/core/tasks/submitRecorder';
import { SubmitCancelledError } from '../../../src/core/tasks/submitter';
import type { Phase } from '../../../src/core/task/phases';
import type { Charged, FailureKind, Task } from '../../../src/core/task/task';
import { FakeClock } from '../support/fakeClock';
import { sora } from '../../../src/core/models/families/sora';
import { storeFile } from '../../support/storeFile';
import { World, looked } from '../support/world';

interface Row {
  readonly fault: FaultOptions;
  readonly phase: Phase;
  readonly charged?: Charged;
  readonly kind?: FailureKind;
  /** Number of submits at the gateway. Default: 1. */
  readonly submits?: number;
  /** Number of tasks that the gateway creates. */
  readonly made: number;
}

const error = (status: number, as: string): FaultOptions => ({
  name: 'serverError',
  route: 'submit',
  times: 'always',
  args: { status, as },
});
const client = (status: number, as = 'E1'): FaultOptions => ({
  name: 'clientError',
  route: 'submit',
  times: 'always',
  args: { status, as },
});
const named = (name: FaultOptions['name'], args: Record<string, unknown> = {}): FaultOptions => ({
  name,
  route: 'submit',
  times: 'always',
  args,
});

/** DESIGN 5, Submit: meaning of each response. */
const rows: Readonly<Record<string, Row>> = {
  '400 E1': { fault: client(400), phase: 'rejected', charged: 'no', made: 0 },
  '400 E2': { fault: client(400, 'E2'), phase: 'rejected', charged: 'no', made: 0 },
  '401': { fault: named('keyRejected'), phase: 'rejected', charged: 'no', kind: 'key', made: 0 },
  '401 documented': {
    fault: named('keyRejected', { as: 'documented' }),
    phase: 'rejected',
    charged: 'no',
    kind: 'key',
    made: 0,
  },
  '402': { fault: client(402), phase: 'rejected', charged: 'no', kind: 'quota', made: 0 },
  '403 model': {
    fault: named('modelForbidden'),
    phase: 'rejected',
    charged: 'no',
    kind: 'permission',
    made: 0,
  },
  '403 balance': { fault: named('balanceTooLow'), phase: 'rejected', charged: 'no', kind: 'quota', made: 0 },
  '404': { fault: named('invalidUrl'), phase: 'rejected', charged: 'no', made: 0 },
  '413 page': { fault: client(413, 'html'), phase: 'rejected', charged: 'no', made: 0 },
  '415': { fault: client(415), phase: 'rejected', charged: 'no', made: 0 },
  '422': { fault: client(422), phase: 'rejected', charged: 'no', made: 0 },
  'vendor refused': { fault: named('vendorRefused'), phase: 'rejected', charged: 'no', made: 0 },
  'no channel': { fault: named('modelGone'), phase: 'rejected', charged: 'no', kind: 'modelGone', made: 0 },
  // Its code doesn't say whether the provider was called.
  '200 with an error': { fault: named('okWithError'), phase: 'unknown', charged: 'unknown', made: 0 },
  'redirect to another origin': {
    fault: named('redirect', { to: 'other' }),
    phase: 'rejected',
    charged: 'no',
    made: 0,
  },
  'redirect to the same origin': {
    fault: named('redirect', { to: 'same' }),
    phase: 'rejected',
    charged: 'no',
    made: 0,
  },
  '500 E1': { fault: error(500, 'E1'), phase: 'unknown', charged: 'unknown', kind: 'upstream', made: 0 },
  '500 E2': { fault: error(500, 'E2'), phase: 'unknown', charged: 'unknown', made: 0 },
  '502 page': { fault: error(502, 'html'), phase: 'unknown', charged: 'unknown', made: 0 },
  '503 empty': { fault: error(503, 'empty'), phase: 'unknown', charged: 'unknown', made: 0 },
  '504 page': { fault: error(504, 'html'), phase: 'unknown', charged: 'unknown', made: 0 },
  '524 page': { fault: error(524, 'html'), phase: 'unknown', charged: 'unknown', made: 0 },
  insert_task_failed: {
    fault: named('serverError', { status: 500, as: 'E2', code: 'insert_task_failed', accepted: true }),
    phase: 'unknown',
    charged: 'unknown',
    made: 1,
  },
  'insert_task_failed as a 400': {
    fault: named('clientError', { status: 400, as: 'E2', code: 'insert_task_failed' }),
    phase: 'unknown',
    charged: 'unknown',
    made: 0,
  },
  'reply lost after acceptance': {
    fault: named('replyLostAfterAcceptance'),
    phase: 'unknown',
    charged: 'unknown',
    made: 1,
  },
  'cut before it is read': {
    fault: named('cutBeforeReading'),
    phase: 'unknown',
    charged: 'unknown',
    made: 0,
  },
  'cut before the body': { fault: named('cutBeforeBody'), phase: 'unknown', charged: 'unknown', made: 1 },
  // Half of the body contains the ID.
  'cut during the body': { fault: named('cutDuringBody'), phase: 'queued', made: 1 },
  'an empty 200': { fault: named('emptyBody'), phase: 'unknown', charged: 'unknown', made: 1 },
  'an unreadable 200': { fault: named('malformed'), phase: 'unknown', charged: 'unknown', made: 1 },
  'a page with 200': { fault: named('htmlPage'), phase: 'unknown', charged: 'unknown', made: 0 },
  '429 with seconds, always': {
    fault: named('rateLimit', { retryAfter: 'seconds', seconds: 5 }),
    phase: 'rejected',
    charged: 'no',
    kind: 'rateLimit',
    submits: 3,
    made: 0,
  },
  '429 with a date, always': {
    fault: named('rateLimit', { retryAfter: 'date', seconds: 5 }),
    phase: 'rejected',
    charged: 'no',
    submits: 3,
    made: 0,
  },
  '429 with nothing, always': {
    fault: named('rateLimit', { retryAfter: 'none', body: 'empty' }),
    phase: 'rejected',
    charged: 'no',
    submits: 3,
    made: 0,
  },
  '429 with nonsense, always': {
    fault: named('rateLimit', { retryAfter: 'nonsense' }),
    phase: 'rejected',
    charged: 'no',
    submits: 3,
    made: 0,
  },
  '429 that asks for ten minutes': {
    fault: named('rateLimit', { retryAfter: 'seconds', seconds: 600 }),
    phase: 'rejected',
    charged: 'no',
    submits: 1,
    made: 0,
  },
  compressed: { fault: named('gzip'), phase: 'queued', made: 1 },
  'more fields, empty code and message': {
    fault: named('extraFields', { fields: { code: '', message: '', status_code: 0 } }),
    phase: 'queued',
    made: 1,
  },
};

describe('submit', function () {
  this.timeout(120_000);
  let world: World;

  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(async () => {
    await world.stop();
  });

  for (const [name, row] of Object.entries(rows)) {
    it(`ends as ${row.phase}: ${name}`, async () => {
      const engine = await world.open();
      world.gateway.setFault(row.fault);
      let settled = false;
      const sent = world.submit(engine).finally(() => (settled = true));
      await world.until(() => settled);
      const task = await sent;
      assert.equal(task.phase, row.phase, task.failure?.message);
      assert.equal(task.failure?.charged, row.charged);
      if (row.kind) assert.equal(task.failure?.kind, row.kind, task.failure?.message);
      assert.equal(world.requests('submit'), row.submits ?? 1);
      assert.equal(world.gateway.tasks.length, row.made);
      assert.ok(!JSON.stringify(task).includes(world.gateway.key));
    });
  }

  it('is unknown after two minutes without a response', async () => {
    const engine = await world.open();
    world.gateway.setFault({ name: 'hang', route: 'submit', args: { accepted: true } });
    const sent = world.submit(engine);
    await world.turns(() => world.gateway.tasks.length === 1);
    // The lease is renewed, so no other window ends the submit.
    for (let seconds = 0; seconds < 120; seconds += 5) {
      assert.equal(engine.tasks()[0]?.phase, 'sending');
      world.clock.moveTo(world.clock.now() + 5000);
      await world.turns();
    }
    const task = await sent;
    assert.equal(task.phase, 'unknown');
    assert.equal(task.failure?.charged, 'unknown');
    assert.equal(world.requests('submit'), 1);
  });

  it('is sent again and accepted after a 429, and the wait is visible', async () => {
    const engine = await world.open();
    world.gateway.setFault({
      name: 'rateLimit',
      route: 'submit',
      args: { retryAfter: 'seconds', seconds: 20 },
    });
    const started = world.clock.now();
    let settled = false;
    const sent = world.submit(engine).finally(() => (settled = true));
    await world.until(() => engine.tasks()[0]?.failure?.kind === 'rateLimit');
    assert.equal(engine.tasks()[0]?.phase, 'draft');
    await world.until(() => settled);
    const task = await sent;
    assert.equal(task.phase, 'queued');
    assert.equal(task.failure, undefined);
    assert.ok(world.clock.now() - started >= 20_000);
    assert.deepEqual(
      task.timeline.map((entry) => entry.phase),
      ['draft', 'sending', 'draft', 'sending', 'queued'],
    );
  });

  it('tries to connect to an unreachable gateway three times within 15 s, then is rejected', async () => {
    const engine = await world.open();
    await world.gateway.setReachable(false);
    const started = world.clock.now();
    let settled = false;
    const sent = world.submit(engine).finally(() => (settled = true));
    await world.until(() => settled);
    const task = await sent;
    assert.equal(task.phase, 'rejected');
    assert.ok(task.failure);
    assert.equal(task.failure.kind, 'network');
    assert.equal(task.failure.charged, 'no');
    assert.match(task.failure.message, /^Couldn't connect to 127\.0\.0\.1:\d+\. .* You weren't charged/);
    assert.ok(world.clock.now() - started <= 15_000);
  });

  it('sends once to a gateway that becomes reachable between the attempts', async () => {
    const engine = await world.open();
    await world.gateway.setReachable(false);
    let settled = false;
    const sent = world.submit(engine).finally(() => (settled = true));
    await world.quiet();
    await world.gateway.setReachable(true);
    await world.until(() => settled);
    assert.equal((await sent).phase, 'queued');
    assert.equal(world.requests('submit'), 1);
  });

  it('creates no task if canceled before a byte was sent', async () => {
    const engine = await world.open();
    await world.gateway.setReachable(false);
    const cancel = new AbortController();
    const sent = world.submit(engine, {}, cancel.signal);
    const rejected = assert.rejects(sent, SubmitCancelledError);
    await world.quiet();
    cancel.abort();
    await rejected;
    assert.deepEqual(engine.tasks(), []);
    await world.gateway.setReachable(true);
    assert.equal(world.requests('submit'), 0);
  });

  it("isn't canceled while it's being sent", async () => {
    const engine = await world.open();
    world.gateway.setFault({ name: 'slow', route: 'submit', args: { ms: 100 } });
    const cancel = new AbortController();
    const sent = world.submit(engine, {}, cancel.signal);
    await world.until(() => engine.tasks()[0]?.phase === 'sending');
    cancel.abort();
    assert.equal((await sent).phase, 'queued');
  });

  it('is stopped and never sent again if the user stops it during a rate limit', async () => {
    const engine = await world.open();
    world.gateway.setFault({
      name: 'rateLimit',
      route: 'submit',
      times: 'always',
      args: { retryAfter: 'none' },
    });
    const sent = world.submit(engine);
    await world.until(() => engine.tasks()[0]?.failure?.kind === 'rateLimit');
    assert.equal(await engine.stopSending(engine.tasks()[0]!.id), true);
    assert.equal((await sent).phase, 'stopped');
    assert.equal(world.requests('submit'), 1);
  });

  it('is unknown within 30 s if its window crashes while sending, and a late response repairs it', async () => {
    // This window sleeps: its timers don't fire, while time passes for the other one.
    const sleeping = await world.open({ clock: new FakeClock(world.clock.now()) });
    const other = await world.open();
    world.gateway.setFault({ name: 'slow', route: 'submit', args: { ms: 500 } });
    const sent = world.submit(sleeping);
    await world.turns(() => looked(other).tasks()[0]?.phase === 'sending');
    other.checkForChanges();
    world.clock.moveTo(world.clock.now() + 30_000);
    await world.turns(() => looked(other).tasks()[0]?.phase === 'unknown');
    assert.equal(other.tasks()[0]?.failure?.charged, 'unknown');

    const task = await sent;
    assert.equal(task.phase, 'queued');
    assert.equal(task.failure, undefined);
    assert.equal(world.requests('submit'), 1);
  });

  it('is reported as not sent, but not as stopped by the user, if its window closes during the wait', async () => {
    const closing = await world.open();
    world.gateway.setFault({ name: 'rateLimit', route: 'submit', args: { retryAfter: 'none' } });
    const sent = world.submit(closing).catch(() => undefined);
    await world.until(() => closing.tasks()[0]?.failure?.kind === 'rateLimit');
    await closing.close();
    await sent;
    const [task] = (await world.open()).tasks();
    assert.deepEqual([task?.phase, task?.failure?.charged], ['rejected', 'no']);
    assert.match(task?.failure?.message ?? '', /window closed before the request was sent/);
    assert.equal(world.requests('submit'), 1);
  });

  it('waits for the response when its window closes, so that the ID is kept', async () => {
    const closing = await world.open();
    world.gateway.setFault({ name: 'slow', route: 'submit', args: { ms: 300 } });
    const sent = world.submit(closing).catch(() => undefined);
    await world.turns(() => closing.tasks()[0]?.phase === 'sending');
    await closing.close();
    await sent;
    const other = await world.open();
    assert.equal(other.tasks()[0]?.phase, 'queued');
    assert.ok(other.tasks()[0]?.gatewayTaskId);
  });

  it("isn't sent if a crashed window left it as a draft, and not later either", async () => {
    // Its timers never fire again, as after a crash.
    const dying = await world.open({ clock: new FakeClock(world.clock.now()) });
    world.gateway.setFault({
      name: 'rateLimit',
      route: 'submit',
      args: { retryAfter: 'seconds', seconds: 100 },
    });
    void world.submit(dying);
    await world.turns(() => dying.tasks()[0]?.failure?.kind === 'rateLimit');
    world.clock.jump(60_000);
    const other = await world.open();
    const task = await world.untilPhase(other, other.tasks()[0]!.id);
    assert.equal(task.phase, 'rejected');
    assert.equal(task.failure?.charged, 'no');
    assert.equal(world.requests('submit'), 1);
  });

  it('is sent by its own window after the machine slept', async () => {
    const engine = await world.open();
    const tracked = await world.submit(engine);
    world.gateway.setFault({ name: 'taskStuck', route: 'query' });
    const args = { retryAfter: 'seconds', seconds: 100 };
    world.gateway.setFault({ name: 'rateLimit', route: 'submit', args });
    let sent: Task | undefined;
    void world.submit(engine, { prompt: 'another' }).then((task) => (sent = task));
    await world.turns(() => engine.tasks().some(({ failure }) => failure?.kind === 'rateLimit'));
    world.clock.jump(3_600_000);
    await engine.refresh();
    await world.until(() => sent !== undefined);
    assert.deepEqual([sent?.phase, sent?.failure], ['queued', undefined]);
    assert.notEqual(sent?.id, tracked.id);
    assert.equal(world.requests('submit'), 3);
  });

  it("isn't sent again at once if the gateway asks for no wait", async () => {
    const engine = await world.open();
    const args = { retryAfter: 'seconds', seconds: 0 };
    world.gateway.setFault({ name: 'rateLimit', route: 'submit', times: 'always', args });
    const started = world.clock.now();
    let task: Task | undefined;
    void world.submit(engine).then((done) => (task = done));
    await world.until(() => task !== undefined);
    assert.deepEqual([task?.phase, world.requests('submit')], ['rejected', 3]);
    assert.ok(world.clock.now() - started >= 4000);
  });

  it("isn't reported as unsent if it was sent and can't be read back", async () => {
    const engine = await world.open();
    world.gateway.setFault({ name: 'slow', route: 'submit', args: { ms: 300 } });
    let isOver = false;
    const sent = world.submit(engine).finally(() => (isOver = true));
    const outcome = sent.then(
      ({ phase }) => phase,
      (error: unknown) => error,
    );
    await world.turns(() => engine.tasks()[0]?.phase === 'sending');
    const stop = engine.onDidChangeTasks(({ changed }) => {
      // Just recorded. The store can't be found from now on.
      if (changed.some(({ phase }) => phase === 'queued')) {
        stop.dispose();
        renameSync(path.dirname(storeFile(world.folder)), path.join(world.folder, 'elsewhere'));
      }
    });
    await world.until(() => isOver);
    assert.equal(await outcome, 'queued');
    assert.equal(world.requests('submit'), 1);
  });

  it("isn't sent if it can't be stored, for whatever reason", async () => {
    const engine = await world.open();
    const file = new DatabaseSync(storeFile(world.folder));
    file.exec(`CREATE TRIGGER full BEFORE INSERT ON tasks BEGIN SELECT RAISE(FAIL, 'no more of this'); END`);
    await assert.rejects(world.submit(engine), ReadOnlyStoreError);
    assert.equal(world.requests('submit'), 0);
    file.exec('DROP TRIGGER full');
    file.close();
    assert.equal((await world.submit(engine)).phase, 'queued');
  });

  it("isn't reported as unsent if it was sent and its outcome can't be stored", async () => {
    const engine = await world.open();
    world.gateway.setFault({ name: 'slow', route: 'submit', args: { ms: 300 } });
    let isOver = false;
    const sent = world.submit(engine).finally(() => (isOver = true));
    const refused = assert.rejects(sent, (error) => {
      assert.ok(error instanceof OutcomeNotStoredError);
      assert.match(error.message, new RegExp(world.gateway.tasks[0]?.id ?? 'no task'));
      return true;
    });
    await world.turns(() => engine.tasks()[0]?.phase === 'sending');
    // A newer version migrates the store while the response is pending.
    const file = new DatabaseSync(storeFile(world.folder));
    file.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
    file.close();
    await world.until(() => isOver);
    await refused;
    assert.equal(world.requests('submit'), 1);
  });

  it('reports when the gateway ignored a remix, and only for that task', async () => {
    const engine = await world.open();
    const first = await world.untilPhase(engine, (await world.submit(engine)).id);
    const send = (body: object) => {
      const request = { model: 'sora-2', prompt: 'at night', remixOf: first.gatewayTaskId ?? '' };
      return engine.submit({ request, family: sora, body: JSON.stringify(body) }, world.access);
    };
    const plain = { model: 'sora-2', prompt: 'at night' };
    // The gateway drops the documented name and generates another video.
    const ignored = await send({ ...plain, remix_from_video_id: first.gatewayTaskId });
    assert.match(ignored.timeline.at(-1)?.note ?? '', /ignored the remix source/);
    const taken = await send({ ...plain, remix_video_id: first.gatewayTaskId });
    assert.deepEqual([taken.phase, taken.timeline.at(-1)?.note], ['queued', undefined]);
    assert.equal(first.timeline.find(({ phase }) => phase === 'queued')?.note, undefined);
  });
});
