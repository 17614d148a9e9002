import assert from 'node:assert/strict';
import { existsSync, rmSync } from 'node:fs';
import * as path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import type { Engine } from '../../../src/core/engine';
import { untranslatedL10n } from '../../../src/core/common/l10n';
import { OutcomeNotStoredError } from '../../../src/core/tasks/submitRecorder';
import { FakeClock } from '../support/fakeClock';
import { storeFile } from '../../support/storeFile';
import { World, looked } from '../support/world';
import { prepareRequest } from '../../support/catalog';

describe('an ended task', function () {
  this.timeout(120_000);
  let world: World;

  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(async () => {
    await world.stop();
  });

  const marked = () => existsSync(path.join(world.folder, 'unfinished'));

  /** Closes the window. Another one that is opened later downloads the task's video. */
  async function assertResumed(engine: Engine, id: string): Promise<void> {
    await engine.close();
    assert.equal(marked(), true, 'a window that starts must see that there is work');
    const later = await world.open();
    assert.equal((await world.untilPhase(later, id)).phase, 'saved');
    await world.until(() => !marked());
    assert.equal(world.requests('submit'), 1);
  }

  it('is tracked by a later window after Check Again, because the pending marker is set', async () => {
    const engine = await world.open();
    const { id } = await world.submit(engine);
    await engine.stopTracking(id);
    await world.until(() => !marked());
    assert.equal(await engine.checkAgain(id), true);
    assert.equal(marked(), true);
    await assertResumed(engine, id);
  });

  it('is tracked by a later window after an ID was attached', async () => {
    const engine = await world.open();
    world.gateway.setFault({ name: 'replyLostAfterAcceptance', route: 'submit' });
    const { id, phase } = await world.submit(engine);
    assert.equal(phase, 'unknown');
    await world.until(() => !marked());
    assert.equal(await engine.attachTaskId(id, world.gateway.tasks[0]!.id), true);
    assert.equal(marked(), true);
    await assertResumed(engine, id);
  });

  describe('a wrong attached ID', () => {
    const lostReply = async (engine: Engine) => {
      world.gateway.setFault({ name: 'replyLostAfterAcceptance', route: 'submit' });
      return (await world.submit(engine)).id;
    };

    it("makes the outcome unknown again if the gateway doesn't know it, and can be replaced", async () => {
      const engine = await world.open();
      const id = await lostReply(engine);
      await engine.claimNotification(id);
      assert.equal(engine.task(id)?.takesTaskId, true);
      assert.equal(await engine.attachTaskId(id, 'video_mistyped'), true);
      const task = await world.untilPhase(engine, id);
      assert.equal(task.phase, 'unknown');
      assert.match(task.failure?.message ?? '', /doesn't know this task ID/);
      assert.equal(task.failure?.charged, 'unknown');
      assert.deepEqual([task.gatewayTaskId, task.takesTaskId], ['video_mistyped', true]);
      assert.equal(await engine.claimNotification(id), true, 'it is told of again');
      assert.equal(await engine.attachTaskId(id, world.gateway.tasks[0]!.id), true);
      await assertResumed(engine, id);
    });

    it("can be replaced while it's tracked, also by a later window", async () => {
      const engine = await world.open();
      const id = await lostReply(engine);
      await engine.attachTaskId(id, 'video_mistyped');
      await engine.close();
      const later = await world.open();
      assert.deepEqual([later.task(id)?.phase, later.task(id)?.takesTaskId], ['queued', true]);
      assert.equal(await later.attachTaskId(id, world.gateway.tasks[0]!.id), true);
      await assertResumed(later, id);
    });

    it('can be replaced after Stop Tracking', async () => {
      const engine = await world.open();
      const id = await lostReply(engine);
      await engine.attachTaskId(id, 'video_mistyped');
      await engine.stopTracking(id);
      assert.equal(await engine.attachTaskId(id, world.gateway.tasks[0]!.id), true);
      await assertResumed(engine, id);
    });

    for (const [word, phase] of [
      ['expired', 'lost'],
      ['failed', 'failed'],
    ] as const) {
      it(`can be replaced if it's another video's (${word})`, async () => {
        const engine = await world.open();
        const other = await world.submit(engine, { prompt: 'another one' });
        await engine.stopTracking(other.id);
        const id = await lostReply(engine);
        world.gateway.setFault({ name: 'statusWord', route: 'query', times: 1, args: { word } });
        await engine.attachTaskId(id, other.gatewayTaskId!);
        const task = await world.untilPhase(engine, id);
        assert.deepEqual([task.phase, task.takesTaskId], [phase, true]);
        assert.equal(await engine.attachTaskId(id, world.gateway.tasks[1]!.id), true);
        assert.equal((await world.untilPhase(engine, id)).phase, 'saved');
        assert.equal(engine.task(id)?.takesTaskId, undefined);
        assert.equal(world.requests('submit'), 2);
      });
    }

    it('makes the task lost if the gateway knew it once', async () => {
      const engine = await world.open();
      const id = await lostReply(engine);
      const [made] = world.gateway.tasks;
      world.gateway.setFault({ name: 'taskStuck', route: 'query', times: 1 });
      await engine.attachTaskId(id, made!.id);
      await world.untilPhase(engine, id, 'running');
      assert.equal(await engine.attachTaskId(id, 'video_other'), false, 'it is the right one');
      world.gateway.forgetTask(made!.id);
      const task = await world.untilPhase(engine, id);
      assert.deepEqual([task.phase, task.takesTaskId], ['lost', true]);
    });

    it('has no effect on IDs from the gateway', async () => {
      const engine = await world.open();
      const { id } = await world.submit(engine);
      assert.equal(engine.task(id)?.takesTaskId, undefined);
      assert.equal(await engine.attachTaskId(id, 'video_other'), false);
      world.gateway.forgetTask(world.gateway.tasks[0]!.id);
      const task = await world.untilPhase(engine, id);
      assert.deepEqual([task.phase, task.takesTaskId], ['lost', undefined]);
      assert.equal(await engine.attachTaskId(id, 'video_other'), false);
    });
  });

  it('is tracked by a later window after a late response', async () => {
    // This window sleeps: its timers don't fire, while time passes for the other one.
    const sleeping = await world.open({ clock: new FakeClock(world.clock.now()) });
    const other = await world.open();
    world.gateway.setFault({ name: 'slow', route: 'submit', args: { ms: 500 } });
    const sent = world.submit(sleeping);
    await world.turns(() => looked(other).tasks()[0]?.phase === 'sending');
    other.checkForChanges();
    world.clock.moveTo(world.clock.now() + 30_000);
    await world.turns(() => looked(other).tasks()[0]?.phase === 'unknown' && !marked());
    await other.close();
    const { id, phase } = await sent;
    assert.equal(phase, 'queued');
    assert.equal(marked(), true);
    await assertResumed(sleeping, id);
  });

  it('notifies once for each end when lost, checked again, and saved', async () => {
    const engine = await world.open();
    const other = await world.open();
    world.gateway.setFault({ name: 'statusWord', route: 'query', args: { word: 'expired' } });
    const { id } = await world.submit(engine);
    assert.equal((await world.untilPhase(engine, id)).phase, 'lost');
    assert.deepEqual([await other.claimNotification(id), await engine.claimNotification(id)], [true, false]);
    assert.equal(await engine.checkAgain(id), true);
    assert.equal((await world.untilPhase(engine, id)).phase, 'saved');
    assert.deepEqual([await engine.claimNotification(id), await other.claimNotification(id)], [true, false]);
  });

  it('is new again after its file was removed and downloaded again', async () => {
    const engine = await world.open();
    world.gateway.setFault({ name: 'statusWord', route: 'query', args: { word: 'expired' } });
    const { id } = await world.submit(engine);
    await world.untilPhase(engine, id);
    await engine.checkAgain(id);
    await world.untilPhase(engine, id);
    await engine.markSeen(id);
    assert.deepEqual(engine.unseen(), []);
    const [video] = engine.task(id)!.videos;
    rmSync(new URL(video!.uri));
    assert.equal(await engine.checkAgain(id), true);
    assert.equal((await world.untilPhase(engine, id)).phase, 'saved');
    assert.deepEqual(engine.unseen(), [id]);
  });

  it('rejects an attached ID that is another path of the API', async () => {
    const engine = await world.open();
    world.gateway.setFault({ name: 'replyLostAfterAcceptance', route: 'submit' });
    const { id } = await world.submit(engine);
    for (const text of ['', ' ', 'download', '.', '..', 'video 1', ' video_1', 'video_1\n', '\t']) {
      assert.equal(await engine.attachTaskId(id, text), false, JSON.stringify(text));
    }
    const task = engine.task(id);
    assert.equal(task?.phase, 'unknown');
    assert.equal(task.gatewayTaskId, undefined);
    assert.equal(world.requests('query'), 0);
  });
});

describe('canceling a request that was sent', function () {
  this.timeout(120_000);
  let world: World;

  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(async () => {
    await world.stop();
  });

  it('returns false and changes nothing', async () => {
    const engine = await world.open();
    world.gateway.setFault({ name: 'slow', route: 'submit', args: { ms: 200 } });
    const sent = world.submit(engine);
    await world.turns(() => engine.tasks()[0]?.phase === 'sending');
    const before = engine.tasks()[0]!;
    assert.equal(await engine.stopSending(before.id), false);
    assert.deepEqual(engine.task(before.id), before);
    const other = await world.open();
    assert.equal(await other.stopSending(before.id), false);
    assert.deepEqual(engine.task(before.id), before);
    const task = await sent;
    assert.deepEqual(
      task.timeline.map((entry) => entry.phase),
      ['draft', 'sending', 'queued'],
    );
  });

  it('returns false as soon as windows are notified', async () => {
    const engine = await world.open();
    const answers: Promise<boolean>[] = [];
    engine.onDidChangeTasks(({ changed }) => {
      for (const task of changed) if (task.phase === 'sending') answers.push(engine.stopSending(task.id));
    });
    assert.equal((await world.submit(engine)).phase, 'queued');
    assert.deepEqual(await Promise.all(answers), [false]);
  });

  it('reports an unstorable outcome once if the window closes before the response', async () => {
    const engine = await world.open();
    world.gateway.setFault({ name: 'slow', route: 'submit', args: { ms: 500 } });
    let thrown: unknown;
    const sent = world.submit(engine).catch((error: unknown) => (thrown = error));
    await world.turns(() => engine.tasks()[0]?.phase === 'sending');
    const { id } = engine.tasks()[0]!;
    let closed = false;
    void engine.close().then(() => (closed = true));
    world.clock.moveTo(world.clock.now() + 4_000);
    await world.turns(() => closed);
    await sent;
    assertNotWritten(thrown, /closed/);
    const said = world.lines.filter((line) => line.includes('could not be stored'));
    assert.equal(said.length, 1, said.join('\n'));
    // The message contains the ID to attach.
    assert.ok(said[0]?.includes(`accepted as ${world.gateway.tasks[0]?.id}`));
    assert.equal(world.clock.timers, 0, 'nothing is tried again');
    const later = await world.open();
    // It was kept in a file. The next window tracks it.
    assert.equal((await world.untilPhase(later, id)).phase, 'saved');
    assert.equal(world.requests('submit'), 1);
  });

  it("isn't reported as successful, even if the outcome can't be stored", async () => {
    const engine = await world.open();
    world.gateway.setFault({ name: 'slow', route: 'submit', args: { ms: 50 } });
    const cancel = new AbortController();
    let thrown: unknown;
    const sent = world.submit(engine, {}, cancel.signal).catch((error: unknown) => (thrown = error));
    await world.turns(() => engine.tasks()[0]?.phase === 'sending');
    const { id } = engine.tasks()[0]!;
    const file = new DatabaseSync(storeFile(world.folder));
    file.exec(`CREATE TRIGGER full BEFORE UPDATE ON tasks BEGIN SELECT RAISE(FAIL, 'disk full'); END`);
    cancel.abort();
    await world.until(() => thrown !== undefined);
    await sent;
    assertNotWritten(thrown, /disk full/);
    // The ID is at least in the log.
    assert.ok(world.lines.some((line) => line.includes(`accepted as ${world.gateway.tasks[0]?.id}`)));
    assert.equal(engine.task(id)?.phase, 'sending');

    file.exec('DROP TRIGGER full');
    file.close();
    // Stored as soon as possible.
    assert.equal((await world.untilPhase(engine, id)).phase, 'saved');
  });
});

describe('a request from a caller in plain JavaScript', () => {
  it('may pass `options: undefined` to omit them', () => {
    const plain = { model: 'sora-2', prompt: 'x' };
    const left = prepareRequest(
      { ...plain, options: undefined, images: undefined, remixOf: undefined },
      untranslatedL10n,
    );
    assert.deepEqual(left, prepareRequest(plain, untranslatedL10n));
  });
});

describe('checking again for a video that was received before', function () {
  this.timeout(120_000);

  it('reports a charge if the gateway no longer has it', async () => {
    const world = await World.create();
    try {
      const engine = await world.open();
      const { id } = await world.submit(engine);
      const saved = await world.untilPhase(engine, id);
      const [made] = world.gateway.tasks;
      assert.ok(made);
      rmSync(fileURLToPath(saved.videos[0]!.uri));
      world.gateway.forgetTask(made.id);
      assert.equal(await engine.checkAgain(id), true);
      const task = await world.untilPhase(engine, id);
      assert.equal(task.phase, 'lost');
      assert.equal(task.failure?.charged, 'yes');
    } finally {
      await world.stop();
    }
  });
});

/** Says that it was sent, with the paid ID. The reason why it wasn't stored is for the log. */
function assertNotWritten(thrown: unknown, why: RegExp): void {
  assert.ok(thrown instanceof OutcomeNotStoredError, String(thrown));
  assert.match(thrown.message, /'video_/);
  assert.match(String(thrown.cause), why);
}
