import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync, readdirSync, statSync, writeSync } from 'node:fs';
import * as path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Engine } from '../../../src/core/engine';
import type { Task } from '../../../src/core/task/task';
import { storeFile } from '../../support/storeFile';
import { World } from '../support/world';

const PAGE = 4096;
/** These tasks take more than 6 MB. A store of that size isn't checked when it's opened. */
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
    for (const window of windows) {
      window.checkForChanges();
      await window.loaded();
    }
    assert.ok(statSync(database()).size > 6 * 1024 * 1024, `${statSync(database()).size} bytes`);
  });
  afterEach(async () => {
    await world.stop();
  });

  const database = () => storeFile(world.folder);
  const files = () =>
    readdirSync(path.dirname(database()))
      .filter((name) => !name.endsWith('-journal'))
      .sort();

  function addTasks(): void {
    const file = new DatabaseSync(database());
    file
      .prepare(
        `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
         INSERT INTO tasks (id, change, version, created_at, updated_at, phase, base_url, key_id, request,
           body_sha256, gateway_task_id)
         SELECT 'task-' || i, 1000 + i, 1, ?2 + i, ?2 + i, 'stopped', ?3, 'key-1',
           json_object('model', 'sora-2', 'prompt', 'row-' || i || ?4), '', 'video_' || i FROM n`,
      )
      .run(ROWS, world.clock.now() - 24 * 3600_000, world.gateway.baseUrl, ' and so on'.repeat(100));
    file.exec(`UPDATE counters SET value = ${ROWS + 1000}`);
    file.close();
  }

  /** Overwrites pages, whose numbers start at 0. */
  function overwrite(from: number, count: number): void {
    const handle = openSync(database(), 'r+');
    writeSync(handle, Buffer.alloc(count * PAGE, 0xa5), 0, count * PAGE, from * PAGE);
    closeSync(handle);
  }

  const pages = () => statSync(database()).size / PAGE;

  /**
   * Lets disk and windows proceed, and moves the clock a little. A new store waits for the disk some 200
   * times, which takes from a second to more than a minute on a busy machine.
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
        window.checkForChanges();
        return window.isComplete && window.tasks(Infinity).length >= least && files().includes('tasks-2.db');
      });
      assert.deepEqual(window.task(saved.id)?.videos, saved.videos);
    }
    assert.deepEqual(files(), ['lock.db', 'tasks-1.db', 'tasks-2.db']);
    const [first, second] = windows;
    const { id } = await world.submit(first, { prompt: 'afterwards' });
    // A window that is still busy with the new store sees the task a little later.
    await until(() => {
      second.checkForChanges();
      return second.task(id) !== undefined;
    });
    const file = new DatabaseSync(database(), { readOnly: true });
    assert.equal(file.prepare('PRAGMA integrity_check').get()?.['integrity_check'], 'ok');
    file.close();
    assert.equal((await world.untilPhase(second, id)).phase, 'saved');
  }

  it('is copied once if a read finds the damage, and all windows use what is left', async () => {
    overwrite(Math.floor(pages() / 2), 20);
    const removed: string[] = [];
    windows[1].onDidChangeTasks((changes) => removed.push(...changes.removed));
    const third = new Engine(world.options);
    third.open();
    // During the repair, known tasks are shown and nothing is thrown.
    assert.equal(windows[0].tasks(Infinity).length, ROWS + 2);
    await assertGoesOn(ROWS - 200);
    await until(() => third.isComplete);
    third.checkForChanges();
    const left = windows[0].tasks(Infinity).length;
    assert.ok(left < ROWS + 2, 'some were on those pages');
    assert.equal(third.tasks(Infinity).length, left);
    // Tasks that couldn't be copied are reported as removed, also to windows that have seen them.
    assert.equal(new Set(removed).size, ROWS + 3 - left);
    assert.ok(['queued', 'running'].includes(windows[1].task(followed.id)?.phase ?? ''));
    assert.ok(world.lines.some((line) => line.includes('tasks-1.db is damaged')));
    await third.close();
  });

  it('completes the write if a write finds the damage', async () => {
    overwrite(1, pages() - 1);
    const sent = world.submit(windows[0], { prompt: 'sent while it was damaged' });
    let over = false;
    void sent.then(() => (over = true));
    await until(() => over);
    const task = await sent;
    assert.equal(task.phase, 'queued');
    // Nothing was left in the file, but the library has the task with a video.
    await assertGoesOn(2);
    assert.equal(windows[1].task(task.id)?.gatewayTaskId, task.gatewayTaskId);
    assert.equal(world.requests('submit'), 4);
  });

  it('restores the rows of videos from their sidecars', async () => {
    const at = readFileSync(database()).indexOf(path.basename(new URL(saved.videos[0]!.uri).pathname));
    assert.ok(at > 0);
    overwrite(Math.floor(at / PAGE), 1);
    const third = await world.open();
    windows = [third, windows[1]];
    await assertGoesOn(ROWS);
  });

  it('is repaired by one window if two find the damage at the same time', async () => {
    overwrite(Math.floor(pages() / 3), 5);
    const others = [new Engine(world.options), new Engine(world.options)];
    for (const other of others) other.open();
    await assertGoesOn(ROWS - 100);
    for (const other of others) await other.close();
  });

  it('waits and shows known tasks while another window repairs it', async () => {
    const [first] = windows;
    overwrite(Math.floor(pages() / 2), 20);
    const other = new DatabaseSync(path.join(path.dirname(database()), 'lock.db'));
    other.exec('BEGIN EXCLUSIVE');
    const third = new Engine(world.options);
    third.open();
    for (let turn = 0; turn < 200; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      world.clock.moveTo(world.clock.now() + 10);
    }
    assert.deepEqual(files(), ['lock.db', 'tasks-1.db']);
    assert.equal(third.state.kind, 'opening');
    assert.equal(first.task(saved.id)?.phase, 'saved');
    other.close();
    await assertGoesOn(ROWS - 200);
    await third.close();
  });
});
