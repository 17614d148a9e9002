import assert from 'node:assert/strict';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import * as path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import type { Engine } from '../../../src/core/engine';
import type { Task } from '../../../src/core/task/task';
import { storeFile } from '../../support/storeFile';
import { World } from '../support/world';

describe('Recover Lost Videos', function () {
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

  async function saved(prompt = 'a paper boat'): Promise<Task> {
    const task = await world.untilPhase(engine, (await world.submit(engine, { prompt })).id);
    assert.equal(task.phase, 'saved', task.failure?.message);
    return task;
  }

  /** Removes the database and opens the window again. */
  async function forgetTasks(): Promise<void> {
    await engine.close();
    rmSync(storeFile(world.folder));
    engine = await world.open();
    assert.deepEqual(engine.tasks(), []);
  }

  it('does nothing if nothing is lost', async () => {
    const { id } = await saved();
    const requests = world.gateway.log.length;
    assert.deepEqual(await engine.recoverVideos(), { reopened: 0, found: 0 });
    assert.equal(engine.task(id)?.phase, 'saved');
    await world.quiet();
    assert.equal(world.gateway.log.length, requests);
  });

  it('checks stopped and lost tasks and missing files again, but not rejected or failed tasks', async () => {
    const stopped = await world.submit(engine, { prompt: 'stopped' });
    await engine.stopTracking(stopped.id);
    const lost = await world.submit(engine, { prompt: 'lost' });
    const task = lost.gatewayTaskId!;
    world.gateway.setFault({ name: 'taskNotFound', route: 'query', times: 'always', task });
    assert.equal((await world.untilPhase(engine, lost.id)).phase, 'lost');
    const missing = await saved('file gone');
    rmSync(fileOf(missing));
    world.gateway.setFault({ name: 'balanceTooLow', route: 'submit' });
    const refused = await world.submit(engine, { prompt: 'refused' });
    world.gateway.setFault({ name: 'taskFailed', route: 'submit' });
    const failed = await world.submit(engine, { prompt: 'failed' });
    assert.equal((await world.untilPhase(engine, failed.id)).phase, 'failed');
    const submits = world.requests('submit');

    const progress: string[] = [];
    const report = await engine.recoverVideos({ onProgress: (done, of) => progress.push(`${done}/${of}`) });
    assert.deepEqual(report, { reopened: 3, found: 0 });
    assert.deepEqual(progress, ['1/4', '2/4', '3/4', '4/4']);
    assert.equal((await world.untilPhase(engine, stopped.id)).phase, 'saved');
    assert.equal((await world.untilPhase(engine, missing.id)).phase, 'saved');
    assert.ok(existsSync(fileOf(missing)));
    assert.equal((await world.untilPhase(engine, lost.id)).phase, 'lost');
    assert.equal(engine.task(refused.id)?.phase, 'rejected');
    assert.equal(engine.task(failed.id)?.phase, 'failed');
    assert.equal(world.requests('submit'), submits);
  });

  it('checks only the selected tasks, even if they failed', async () => {
    world.gateway.setFault({ name: 'taskFailed', route: 'submit' });
    const failed = await world.submit(engine, { prompt: 'failed' });
    await world.untilPhase(engine, failed.id);
    const stopped = await world.submit(engine, { prompt: 'stopped' });
    await engine.stopTracking(stopped.id);
    assert.deepEqual(await engine.recoverVideos({ ids: [failed.id] }), { reopened: 1, found: 0 });
    assert.equal(engine.task(stopped.id)?.phase, 'stopped');
  });

  it('ends early when canceled', async () => {
    const stopped = await world.submit(engine);
    await engine.stopTracking(stopped.id);
    assert.deepEqual(await engine.recoverVideos({ signal: AbortSignal.abort() }), {
      reopened: 0,
      found: 0,
    });
    assert.equal(engine.task(stopped.id)?.phase, 'stopped');
  });

  it('restores videos without a task with the details in their sidecars', async () => {
    const before = await saved('  byte for byte ');
    await forgetTasks();
    assert.deepEqual(await engine.recoverVideos(), { reopened: 0, found: 1 });
    const [task] = engine.tasks();
    assert.equal(task?.id, before.id);
    assert.deepEqual(task.request, before.request);
    assert.deepEqual(task.videos, before.videos);
    assert.equal(task.timeline.at(-1)?.note, 'Found in the library.');
    assert.deepEqual(await engine.recoverVideos(), { reopened: 0, found: 0 });
  });

  it('restores the link of a repeated request to the earlier one', async () => {
    const { id } = await world.submit(engine, {}, undefined, 'an-earlier-one');
    assert.equal((await world.untilPhase(engine, id)).basedOn, 'an-earlier-one');
    await forgetTasks();
    await engine.recoverVideos();
    assert.equal(engine.task(id)?.basedOn, 'an-earlier-one');
  });

  it('restores a video without a sidecar under its file name, once for all windows', async () => {
    const before = await saved();
    await forgetTasks();
    rmSync(fileOf(before).replace(/mp4$/, 'json'));
    const second = await world.open();
    const reports = await Promise.all([engine.recoverVideos(), second.recoverVideos()]);
    assert.equal(reports[0].found + reports[1].found, 1);
    const tasks = engine.tasks();
    assert.deepEqual(
      tasks.map(({ request }) => request.prompt),
      [path.basename(fileOf(before))],
    );
    assert.deepEqual(tasks[0]?.videos, before.videos);
    assert.equal(tasks[0].gatewayTaskId, undefined);
    // It can be removed again, and doesn't come back twice.
    assert.equal(await engine.remove(tasks[0].id), true);
    assert.equal((await engine.recoverVideos()).found, 1);
  });

  it('leaves incomplete videos where they are', async () => {
    mkdirSync(library('.parts'), { recursive: true });
    writeFileSync(library('notes.mp4'), 'these are no moving pictures');
    writeFileSync(library('video.mp4.txt'), '');
    const part = library('.parts', `broken.${'0'.repeat(8)}-0000-0000-0000-${'0'.repeat(12)}.part`);
    writeFileSync(part, 'neither are these');
    utimesSync(part, 0, 0);
    assert.deepEqual(await engine.recoverVideos(), { reopened: 0, found: 0 });
    assert.ok(existsSync(part) && existsSync(library('notes.mp4')));
  });

  it('places a complete part for its own task, but not one that may be in use', async () => {
    const task = await saved();
    await engine.close();
    const name = path.basename(fileOf(task), '.mp4');
    const part = library('.parts', `${name}.01234567-89ab-cdef-0123-456789abcdef.part`);
    // As if the window had closed between the check and the rename, and the user had stopped the task then.
    renameSync(fileOf(task), part);
    rmSync(library(`${name}.json`));
    const file = new DatabaseSync(storeFile(world.folder));
    file.exec(`UPDATE tasks SET phase = 'stopped', gateway_task_id = NULL; DELETE FROM videos`);
    file.close();
    engine = await world.open();
    assert.deepEqual(await engine.recoverVideos(), { reopened: 0, found: 0 });
    assert.ok(existsSync(part));
    utimesSync(part, 0, 0);
    assert.deepEqual(await engine.recoverVideos({ ids: [task.id] }), { reopened: 0, found: 1 });
    const found = engine.task(task.id);
    assert.equal(found?.phase, 'saved');
    assert.deepEqual(found.videos, task.videos);
    assert.deepEqual(readdirSync(library('.parts')), []);
    assert.ok(existsSync(library(`${name}.json`)));
  });

  it('never replaces a file with a part', async () => {
    const task = await saved();
    const name = path.basename(fileOf(task), '.mp4');
    const part = library('.parts', `${name}.01234567-89ab-cdef-0123-456789abcdef.part`);
    copyFileSync(fileOf(task), part);
    utimesSync(part, 0, 0);
    assert.deepEqual(await engine.recoverVideos(), { reopened: 0, found: 0 });
    assert.ok(existsSync(part));
  });

  it('reports an unreadable library, and counts no file as missing', async () => {
    const task = await saved();
    const stopped = await world.submit(engine, { prompt: 'stopped' });
    await engine.stopTracking(stopped.id);
    renameSync(library(), `${library()}.away`);
    const report = await engine.recoverVideos();
    assert.match(report.libraryError ?? '', /ENOENT/);
    assert.equal(report.reopened, 1);
    assert.equal(engine.task(task.id)?.phase, 'saved');
  });
});
