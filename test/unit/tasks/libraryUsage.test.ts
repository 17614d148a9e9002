import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Engine } from '../../../src/core/engine';
import { DiskError } from '../../../src/core/common/fileSystem';
import type { Task } from '../../../src/core/task/task';
import { World } from '../support/world';

describe('the library report', function () {
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

  const library = (...parts: string[]) => path.join(world.folder, 'library', ...parts);
  const fileOf = (task: Task) => fileURLToPath(task.videos[0]!.uri);
  const RANDOM = '01234567-89ab-cdef-0123-456789abcdef';

  async function saved(prompt: string): Promise<Task> {
    const task = await world.untilPhase(engine, (await world.submit(engine, { prompt })).id);
    assert.equal(task.phase, 'saved', task.failure?.message);
    return task;
  }

  it('is empty at first', async () => {
    const { diskUsage, videos, leftovers } = await engine.libraryUsage.report();
    assert.deepEqual(diskUsage, { videos: 0, bytes: 0 });
    assert.deepEqual([videos, leftovers], [[], { files: [], bytes: 0 }]);
  });

  it('lists videos by task, oldest first, with their details, also in another window', async () => {
    const [first, second, third] = [await saved('first'), await saved('second'), await saved('third')];
    await engine.markSeen(first.id);
    await engine.markExported(second.id);
    const other = await world.open();
    for (const window of [engine, other]) {
      const { diskUsage, videos } = await window.libraryUsage.report();
      assert.deepEqual(
        videos.map(({ taskId, prompt, isSeen, isExported }) => [taskId, prompt, isSeen, isExported]),
        [
          [first.id, 'first', true, false],
          [second.id, 'second', false, true],
          [third.id, 'third', false, false],
        ],
      );
      assert.deepEqual(videos[0]?.files, [fileOf(first), fileOf(first).replace(/mp4$/, 'json')]);
      assert.equal(videos[0].bytes, first.videos[0]?.bytes);
      assert.deepEqual(diskUsage, {
        videos: 3,
        bytes: [first, second, third].reduce((all, { videos: [video] }) => all + (video?.bytes ?? 0), 0),
      });
    }
  });

  it('counts videos without a task, or whose task is gone, as unseen', async () => {
    const task = await saved('removed from the list');
    await engine.markSeen(task.id);
    await engine.remove(task.id);
    const { videos } = await engine.libraryUsage.report();
    assert.deepEqual(
      videos.map(({ taskId, prompt, isSeen, isExported }) => [taskId, prompt, isSeen, isExported]),
      [[undefined, path.basename(fileOf(task)), false, false]],
    );
  });

  it('excludes missing videos and those just placed by an active task', async () => {
    const task = await saved('missing');
    rmSync(fileOf(task));
    assert.deepEqual((await engine.libraryUsage.report()).videos, []);
    const running = await saved('goes on');
    const file = fileOf(running);
    renameSync(file, `${file}.away`);
    assert.equal(await engine.checkAgain(running.id), true);
    await engine.stopTracking(running.id);
    renameSync(`${file}.away`, file);
    assert.deepEqual((await engine.libraryUsage.report()).videos, []);
  });

  it('lists old incomplete parts and sidecars without a video as leftovers', async () => {
    const task = await saved('whole');
    const name = path.basename(fileOf(task), '.mp4');
    mkdirSync(library('.parts'), { recursive: true });
    const file = (old: boolean, place: string, from?: string) => {
      if (from === undefined) writeFileSync(place, 'half a vid');
      else copyFileSync(from, place);
      if (old) utimesSync(place, 0, 0);
      return place;
    };
    const stale = file(true, library('.parts', `2025-01-01-gone-00000000.${RANDOM}.part`));
    const sidecarPart = file(true, library('.parts', `2025-01-01-gone-00000000.${RANDOM}.json.part`));
    file(false, library('.parts', `2026-01-01-now-00000001.${RANDOM}.part`));
    // Complete, and nowhere else: Recover Lost Videos finds it.
    file(true, library('.parts', `2025-01-01-whole-00000002.${RANDOM}.part`), fileOf(task));
    // Complete, but already placed.
    const double = file(true, library('.parts', `${name}.${RANDOM}.part`), fileOf(task));
    // Its video and its task are gone.
    const gone = await saved('gone');
    await engine.remove(gone.id);
    rmSync(fileOf(gone));
    const lonely = fileOf(gone).replace(/mp4$/, 'json');
    utimesSync(lonely, 0, 0);
    file(true, library('notes.json'));
    const { leftovers } = await engine.libraryUsage.report();
    assert.deepEqual([...leftovers.files].sort(), [stale, sidecarPart, double, lonely].sort());
    assert.ok(leftovers.files.every((place) => existsSync(place)));
  });

  it('records a removal in the history and in every window, and Check Again brings the video back', async () => {
    const task = await saved('made room');
    const other = await world.open();
    rmSync(fileOf(task));
    await engine.libraryUsage.recordDeletion(task.id);
    await engine.libraryUsage.recordDeletion(task.id);
    other.checkForChanges();
    for (const window of [engine, other]) {
      assert.deepEqual(window.deletedFromLibrary(), [task.id]);
      assert.equal(window.task(task.id)?.phase, 'saved');
      assert.match(window.task(task.id)?.timeline.at(-1)?.note ?? '', /^File deleted$/);
    }
    // Removed videos must not come back with the next Recover Lost Videos.
    assert.deepEqual(await engine.recoverVideos(), { reopened: 0, found: 0 });
    assert.equal(await engine.checkAgain(task.id), true);
    assert.equal((await world.untilPhase(engine, task.id)).phase, 'saved');
    assert.deepEqual(engine.deletedFromLibrary(), []);
    assert.ok(existsSync(fileOf(task)));
  });

  it("fails and removes nothing if the folder can't be read", async () => {
    await saved('safe');
    renameSync(library(), `${library()}.away`);
    await assert.rejects(engine.libraryUsage.report(), DiskError);
  });
});
