import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { World } from '../support/world';

describe('engine', function () {
  this.timeout(30_000);
  let world: World;

  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(async () => {
    await world.stop();
  });

  it('brings one request to one saved video', async () => {
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

    // No timer lives when nothing is unfinished.
    await world.until(() => world.clock.timers === 0);
    assert.equal(existsSync(path.join(world.folder, 'unfinished')), false);
    assert.deepEqual(readdirSync(path.join(world.folder, 'library', '.parts')), []);
  });
});
