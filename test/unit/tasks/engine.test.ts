import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { World } from '../support/world';

describe('the engine', function () {
  this.timeout(120_000);
  let world: World;

  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(async () => {
    await world.stop();
  });

  it('turns one request into one saved video', async () => {
    const engine = await world.open();
    const sent = await world.submit(engine, { options: { seconds: '4', size: '1280x720' } });
    assert.equal(sent.phase, 'queued');
    assert.equal(existsSync(path.join(world.folder, 'unfinished')), true);

    const task = await world.untilPhase(engine, sent.id);
    assert.equal(task.phase, 'saved', task.failure?.message);
    assert.deepEqual(
      task.timeline.map((entry) => entry.phase),
      ['draft', 'sending', 'queued', 'running', 'ready', 'saving', 'saved'],
    );
    const [video] = task.videos;
    assert.ok(video);
    assert.deepEqual([video.width, video.height, video.hasAudio], [1280, 720, true]);
    assert.ok(Math.abs(video.durationSeconds - 4) < 0.05);
    assert.equal(readFileSync(fileURLToPath(video.uri)).length, video.bytes);
    assert.equal(world.requests('submit'), 1);
    assert.equal(world.requests('download'), 1);

    // No timer is left if nothing is unfinished.
    await world.until(() => world.clock.timers === 0);
    assert.equal(existsSync(path.join(world.folder, 'unfinished')), false);
    assert.deepEqual(readdirSync(path.join(world.folder, 'library', '.parts')), []);
  });
});

describe('checking again', function () {
  this.timeout(120_000);
  let world: World;

  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(async () => {
    await world.stop();
  });

  it('tracks a stopped task to its video', async () => {
    const engine = await world.open();
    const { id } = await world.submit(engine);
    await engine.stopTracking(id);
    assert.equal(await engine.checkAgain(id), true);
    assert.equal((await world.untilPhase(engine, id)).phase, 'saved');
    assert.equal(world.requests('submit'), 1);
  });

  it('downloads a video again if its file is gone, and only then', async () => {
    const engine = await world.open();
    const { id } = await world.submit(engine);
    const saved = await world.untilPhase(engine, id);
    assert.equal(await engine.checkAgain(id), false);
    rmSync(fileURLToPath(saved.videos[0]!.uri));
    assert.equal(await engine.checkAgain(id), true);
    const again = await world.untilPhase(engine, id);
    assert.equal(again.phase, 'saved');
    assert.equal(again.videos[0]?.sha256, saved.videos[0]?.sha256);
  });

  it('attaches the ID of a task whose response was lost', async () => {
    const engine = await world.open();
    world.gateway.setFault({ name: 'replyLostAfterAcceptance', route: 'submit' });
    const { id, phase } = await world.submit(engine);
    assert.equal(phase, 'unknown');
    const [made] = world.gateway.tasks;
    assert.ok(made);
    assert.equal(await engine.attachTaskId(id, made.id), true);
    assert.equal((await world.untilPhase(engine, id)).phase, 'saved');
    assert.equal(world.requests('submit'), 1);
  });

  it('never reopens a rejected task', async () => {
    const engine = await world.open();
    world.gateway.setFault({ name: 'balanceTooLow', route: 'submit' });
    const { id } = await world.submit(engine);
    assert.equal(await engine.checkAgain(id), false);
    assert.equal(await engine.attachTaskId(id, 'video_x'), false);
  });

  it('notifies of an end in one window only, and counts unseen videos', async () => {
    const first = await world.open();
    const second = await world.open();
    const { id } = await world.submit(first);
    await world.untilPhase(first, id);
    assert.deepEqual([await first.claimNotification(id), await second.claimNotification(id)], [true, false]);
    second.checkForChanges();
    assert.deepEqual(second.unseen(), [id]);
    await first.markSeen(id);
    second.checkForChanges();
    assert.deepEqual(second.unseen(), []);
  });
});
