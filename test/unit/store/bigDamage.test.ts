import assert from 'node:assert/strict';
import {
  closeSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import * as path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Engine } from '../../../src/core/engine';
import type { Task } from '../../../src/core/task/task';
import { World } from '../support/world';

const PAGE = 4096;
/** So many of these tasks fill more than 6 MB, which is not looked at when it is opened. */
const ROWS = 5000;

describe('a large store that is damaged while windows have it open', function () {
  this.timeout(300_000);
  let world: World;
  let windows: readonly [Engine, Engine];
  let saved: Task;
  let followed: Task;

  beforeEach(async () => {
    world = await World.create();
    const first = await world.open();
    saved = await world.untilPhase(first, (await world.submit(first, { prompt: 'has its video' })).id);
    assert.equal(saved.phase, 'saved');
    world.gateway.setFault({ name: 'taskStuck', route: 'submit' });
    followed = await world.submit(first, { prompt: 'goes on' });
    addTasks();
    windows = [first, await world.open()];
    for (const window of windows) window.look();
    assert.ok(statSync(database()).size > 6 * 1024 * 1024, `${statSync(database()).size} bytes`);
  });
  afterEach(async () => {
    await world.stop();
  });

  const database = () => path.join(world.folder, 'tasks.db');
  const setAside = () => readdirSync(world.folder).filter((name) => /\.damaged-[^.]*$/.test(name));

  function addTasks(): void {
    const file = new DatabaseSync(database());
    file
      .prepare(
        `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
         INSERT INTO tasks (id, change, version, created_at, updated_at, phase, base_url, key_id, request,
           body_sha256, gateway_task_id)
         SELECT 'task-' || i, i, 1, ?2 + i, ?2 + i, 'stopped', ?3, 'key-1',
           json_object('model', 'sora-2', 'prompt', 'row-' || i || ?4), '', 'video_' || i FROM n`,
      )
      .run(ROWS, world.clock.now() - 24 * 3600_000, world.gateway.baseUrl, ' and so on'.repeat(100));
    file.close();
  }

  /** Overwrites pages; their numbers count from 0. */
  function overwrite(from: number, count: number): void {
    const handle = openSync(database(), 'r+');
    writeSync(handle, Buffer.alloc(count * PAGE, 0xa5), 0, count * PAGE, from * PAGE);
    closeSync(handle);
  }

  const pages = () => statSync(database()).size / PAGE;

  /**
   * Lets disk and windows do their work; the clock goes on a little meanwhile. A new store is some two hundred waits for
   * the disk: a second where it is idle, and more than a minute beside others that write a lot.
   */
  async function until(condition: () => boolean): Promise<void> {
    const limit = performance.now() + 200_000;
    while (!condition()) {
      assert.ok(performance.now() < limit, `it did not come to pass:\n${world.lines.slice(-20).join('\n')}`);
      await new Promise((resolve) => setImmediate(resolve));
      world.clock.moveTo(world.clock.now() + 10);
    }
  }

  async function assertGoesOn(least: number): Promise<void> {
    for (const window of windows) {
      await until(() => {
        window.look();
        return window.tasks(2 * ROWS).length >= least && window.task(saved.id)?.videos.length === 1;
      });
      assert.deepEqual(window.task(saved.id)?.videos, saved.videos);
    }
    assert.equal(setAside().length, 1, setAside().join());
    assert.ok(!readdirSync(world.folder).includes('tasks.db.mending'), 'the lock is gone');
    const [first, second] = windows;
    const { id } = await world.submit(first, { prompt: 'afterwards' });
    second.look();
    assert.equal(second.task(id)?.phase, 'queued');
    const file = new DatabaseSync(database(), { readOnly: true });
    assert.equal(file.prepare('PRAGMA integrity_check').get()?.['integrity_check'], 'ok');
    file.close();
    assert.equal((await world.untilPhase(second, id)).phase, 'saved');
  }

  it('found by reading: set aside once, salvaged, and all windows go on with what is left', async () => {
    overwrite(Math.floor(pages() / 2), 20);
    const before = windows.map((window) => window.tasks(10).length);
    assert.deepEqual(before, [10, 10]);
    const removed: string[] = [];
    windows[1].onDidChangeTasks((changes) => removed.push(...changes.removed));
    // While it is mended, what was seen last is shown, and nothing is thrown.
    assert.ok(windows[0].tasks(2 * ROWS).length <= ROWS);
    assert.equal(windows[0].task(saved.id)?.phase, 'saved');
    await assertGoesOn(ROWS - 200);
    assert.ok(windows[0].tasks(2 * ROWS).length < ROWS + 2, 'some were on those pages');
    assert.deepEqual(removed, []);
    assert.ok(['queued', 'running'].includes(windows[1].task(followed.id)?.phase ?? ''));
    assert.ok(world.lines.some((line) => line.includes('set aside as tasks.db.damaged')));
  });

  it('found by writing: the write is done all the same', async () => {
    overwrite(1, pages() - 1);
    const sent = world.submit(windows[0], { prompt: 'sent while it was damaged' });
    let over = false;
    void sent.then(() => (over = true));
    await until(() => over);
    const task = await sent;
    assert.equal(task.phase, 'queued');
    // Nothing was left in the file, but the library knows the one with a video.
    await assertGoesOn(2);
    assert.equal(windows[1].task(task.id)?.gatewayTaskId, task.gatewayTaskId);
    assert.equal(world.requests('submit'), 4);
  });

  it('the rows of videos: they come back from their sidecars', async () => {
    const at = readFileSync(database()).indexOf(path.basename(new URL(saved.videos[0]!.uri).pathname));
    assert.ok(at > 0);
    overwrite(Math.floor(at / PAGE), 1);
    // Another process reads what this one has still in memory.
    const third = await world.open();
    assert.ok(third.tasks(10).length <= 10);
    windows = [third, windows[1]];
    await assertGoesOn(ROWS);
  });

  it('both find it at the same moment: one mends, the other waits', async () => {
    overwrite(Math.floor(pages() / 3), 5);
    for (const window of windows) window.tasks(2 * ROWS);
    await assertGoesOn(ROWS - 100);
  });

  it('is made anew under another name: what reads the old one takes no journal for its own', async () => {
    overwrite(Math.floor(pages() / 2), 20);
    // Its own process has the damaged file open all the while, and does not know that it was moved.
    const old = new DatabaseSync(database(), { readOnly: true });
    let looks = 0;
    windows[0].tasks(2 * ROWS);
    await until(() => {
      old.prepare('SELECT id FROM tasks LIMIT 1').get();
      const names = readdirSync(world.folder);
      const isMaking = names.some((name) => /\.new-[^.]+\.[0-9a-f-]{36}$/.test(name));
      if (isMaking) {
        looks++;
        assert.ok(!names.includes('tasks.db') && !names.includes('tasks.db-journal'), names.join(', '));
      }
      return setAside().length === 1 && !names.includes('tasks.db.mending');
    });
    old.close();
    assert.ok(looks > 0);
    await assertGoesOn(ROWS - 200);
  });

  it('while somebody else mends it, a window waits and shows what it knows', async () => {
    const [first] = windows;
    assert.equal(first.tasks(10).length, 10);
    overwrite(Math.floor(pages() / 2), 20);
    const lock = path.join(world.folder, 'tasks.db.mending');
    writeFileSync(lock, '');
    first.tasks(2 * ROWS);
    for (let turn = 0; turn < 200; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      world.clock.moveTo(world.clock.now() + 10);
    }
    assert.equal(setAside().length, 0);
    assert.equal(first.task(saved.id)?.phase, 'saved');
    rmSync(lock);
    await assertGoesOn(ROWS - 200);
  });
});
