import assert from 'node:assert/strict';
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import * as path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import type { FaultOptions } from '../../gateway/pretendGateway';
import type { Engine } from '../../../src/core/engine';
import { sora } from '../../../src/core/models/families/sora';
import type { Task, Video } from '../../../src/core/task/task';
import { FailingDisk } from '../support/failingDisk';
import { storeFile } from '../../support/storeFile';
import { World } from '../support/world';

const HOUR = 3600_000;

describe('received videos of a task with a missing one', function () {
  this.timeout(60_000);
  let world: World;
  let disk: FailingDisk;
  let engine: Engine;
  let task: Task;

  beforeEach(async () => {
    world = await World.create();
    disk = new FailingDisk();
    engine = await world.open({ disk });
    task = await world.untilPhase(engine, await send());
    assert.equal(task.videos.length, 2);
  });
  afterEach(async () => {
    await world.stop();
  });

  async function send(): Promise<string> {
    const body = {
      ...{ model: 'veo-3.1-generate-preview', prompt: 'a lighthouse' },
      ...{ resolution: '720p', sampleCount: 2 },
    };
    const request = { model: body.model, prompt: body.prompt };
    // The family of the request doesn't matter.
    return (await engine.submit({ request, family: sora, body: JSON.stringify(body) }, world.access)).id;
  }

  const query = (name: FaultOptions['name'], args: Record<string, unknown> = {}): FaultOptions => ({
    ...{ name, route: 'query', times: 'always', args },
  });
  const expired = query('statusWord', { word: 'expired' });
  const library = () => path.join(world.folder, 'library');
  const files = () => readdirSync(library()).filter((name) => name.endsWith('.mp4'));
  const fileOf = ({ uri }: Video) => fileURLToPath(uri);
  const fetches = () => world.requests('result');

  async function lookAgain(): Promise<Task> {
    assert.equal(await engine.checkAgain(task.id), true);
    return world.untilPhase(engine, task.id);
  }

  /** A window has placed the first one and crashed before storing it. The second one was never received. */
  async function dieAfterPlacing(phase: string): Promise<void> {
    await engine.close();
    rmSync(fileOf(task.videos[1]!));
    const database = new DatabaseSync(storeFile(world.folder));
    database.prepare('DELETE FROM videos WHERE task_id = ?').run(task.id);
    database
      .prepare('UPDATE tasks SET phase = ?, next_due = ? WHERE id = ?')
      .run(phase, world.clock.now(), task.id);
    database.close();
    engine = await world.open({ disk });
  }

  for (const [name, phase] of [
    ['fetched it', 'saving'],
    ['was asking about it again', 'queued'],
  ] as const) {
    it(`stay if a window crashed that ${name} before storing the first one and then all are gone from the gateway`, async () => {
      world.gateway.setFault(expired);
      world.gateway.setFault({ name: 'deadLink', route: 'result', times: 'always', args: { status: 410 } });
      await dieAfterPlacing(phase);
      const ended = await world.untilPhase(engine, task.id);
      assert.equal(ended.phase, 'saved');
      assert.deepEqual(ended.videos, [task.videos[0]]);
      assert.match(ended.failure?.message ?? '', /^Missing videos: 1 of 2/);
    });
  }

  it('stay if a window crashed before storing the first one, and only the second one is downloaded', async () => {
    await dieAfterPlacing('saving');
    const before = fetches();
    const ended = await world.untilPhase(engine, task.id);
    assert.deepEqual([ended.phase, ended.failure, ended.videos], ['saved', undefined, task.videos]);
    assert.equal(fetches(), before + 1);
  });

  it('stay without incomplete files if the user stops the task during the download', async () => {
    rmSync(fileOf(task.videos[1]!));
    assert.equal(await engine.checkAgain(task.id), true);
    world.gateway.setFault({ name: 'hang', route: 'result', times: 'always' });
    await world.untilPhase(engine, task.id, 'saving');
    assert.equal(await engine.stopTracking(task.id), true);
    const ended = engine.task(task.id)!;
    assert.deepEqual([ended.phase, ended.videos], ['saved', [task.videos[0]]]);
    assert.match(ended.failure?.message ?? '', /^Some videos of this task couldn't be downloaded/);
    await world.turns(() => readdirSync(path.join(library(), '.parts')).length === 0);
    assert.deepEqual(engine.task(task.id), ended);
    world.gateway.clearFaults();
    assert.deepEqual((await lookAgain()).videos, task.videos);
  });

  it('stay if a window crashed before storing the first one and the user stops the task', async () => {
    world.gateway.setFault(query('hang'));
    await dieAfterPlacing('queued');
    assert.equal(await engine.stopTracking(task.id), true);
    assert.equal(engine.task(task.id)?.phase, 'saved');
    assert.deepEqual(engine.task(task.id)?.videos, [task.videos[0]]);
    // Users aren't notified of their own actions.
    assert.equal(await engine.claimNotification(task.id), false);
  });

  it('stay if the library is missing during the check and back when all are gone from the gateway', async () => {
    renameSync(library(), `${library()}.away`);
    assert.equal(await engine.checkAgain(task.id), true);
    world.gateway.setFault(expired);
    renameSync(`${library()}.away`, library());
    const ended = await world.untilPhase(engine, task.id);
    assert.deepEqual([ended.phase, ended.failure, ended.videos], ['saved', undefined, task.videos]);
  });

  it('are found by Check Again if the library is missing until all are gone from the gateway', async () => {
    renameSync(library(), `${library()}.away`);
    world.gateway.setFault(expired);
    assert.equal((await lookAgain()).phase, 'lost');
    rmSync(library(), { recursive: true, force: true });
    renameSync(`${library()}.away`, library());
    const ended = await lookAgain();
    assert.deepEqual([ended.phase, ended.failure, ended.videos], ['saved', undefined, task.videos]);
  });

  it("stay if the disk can't be read, and the gateway isn't queried", async () => {
    disk.faults.set('stat', 'EIO');
    assert.equal(await engine.checkAgain(task.id), false);
    assert.deepEqual(engine.task(task.id), task);
  });

  it("stay as stored if the disk can't be read at the end", async () => {
    rmSync(fileOf(task.videos[0]!));
    assert.equal(await engine.checkAgain(task.id), true);
    disk.faults.set('open', 'EIO');
    world.gateway.setFault(expired);
    const ended = await world.untilPhase(engine, task.id);
    assert.deepEqual([ended.phase, ended.videos], ['saved', [task.videos[1]]]);
  });

  it('are both listed if a removed one is restored from the trash before the end', async () => {
    const file = fileOf(task.videos[0]!);
    renameSync(file, `${file}.trash`);
    assert.equal(await engine.checkAgain(task.id), true);
    renameSync(`${file}.trash`, file);
    world.gateway.setFault(expired);
    const ended = await world.untilPhase(engine, task.id);
    assert.deepEqual([ended.phase, ended.failure, ended.videos], ['saved', undefined, task.videos]);
  });

  it("aren't downloaded again if the gateway lists only them, and the other one uses its last link", async () => {
    const url = `${world.gateway.baseUrl}/v1/video/generations/${task.gatewayTaskId}`;
    const reply = await fetch(url, { headers: { authorization: `Bearer ${world.gateway.key}` } });
    const answer = (await reply.json()) as { url: string; metadata: { response: { videos: unknown[] } } };
    answer.metadata.response.videos.shift();
    rmSync(fileOf(task.videos[0]!));
    world.gateway.setFault(query('malformed', { text: JSON.stringify({ ...answer, url: '' }) }));
    const before = fetches();
    const again = await lookAgain();
    assert.equal(fetches(), before + 1);
    assert.deepEqual([again.phase, again.failure, again.videos], ['saved', undefined, task.videos]);
  });

  it('stay if the gateway lists only them and the last link of the other one is dead', async () => {
    const url = `${world.gateway.baseUrl}/v1/video/generations/${task.gatewayTaskId}`;
    const reply = await fetch(url, { headers: { authorization: `Bearer ${world.gateway.key}` } });
    const answer = (await reply.json()) as { url: string; metadata: { response: { videos: unknown[] } } };
    answer.metadata.response.videos.shift();
    rmSync(fileOf(task.videos[0]!));
    world.gateway.setFault(query('malformed', { text: JSON.stringify({ ...answer, url: '' }) }));
    world.gateway.setFault({ name: 'deadLink', route: 'result', times: 'always', args: { status: 404 } });
    const started = world.clock.now();
    const again = await lookAgain();
    assert.ok(world.clock.now() - started >= 10 * 60_000);
    assert.deepEqual(files(), [path.basename(fileOf(task.videos[1]!))]);
    assert.deepEqual([again.phase, again.videos], ['saved', [task.videos[1]]]);
    assert.match(again.failure?.message ?? '', /^Some videos of this task couldn't be downloaded/);
  });

  it("don't hide that a download failed for a day, and the gateway isn't blamed", async () => {
    const fault = { name: 'serverError', route: 'result', times: 'always', args: { status: 503 } } as const;
    world.gateway.setFault({ ...fault, after: 1 });
    const id = await send();
    await world.until(() => engine.task(id)?.videos.length === 1);
    await world.until(() => engine.task(id)?.phase === 'saved', 30 * HOUR);
    const ended = engine.task(id)!;
    assert.equal(ended.videos.length, 1);
    assert.equal(ended.failure?.charged, 'yes');
    assert.match(ended.failure.message, /^Some videos of this task couldn't be downloaded/);
    assert.doesNotMatch(ended.failure.message, /no longer on the gateway/);
  }).timeout(120_000);

  it("aren't downloaded twice if two windows check again at the same time", async () => {
    const other = await world.open();
    rmSync(fileOf(task.videos[0]!));
    const asked = await Promise.all([engine.checkAgain(task.id), other.checkAgain(task.id)]);
    assert.deepEqual(asked.toSorted(), [false, true]);
    const again = await world.untilPhase(engine, task.id);
    assert.deepEqual([again.phase, again.failure, again.videos], ['saved', undefined, task.videos]);
    assert.equal(fetches(), 3);
  });

  it('are listed with the other one if one is removed during its download, and Check Again restores it', async () => {
    const [first, second] = task.videos.map(fileOf);
    rmSync(second!);
    let deleted = false;
    disk.before = (call, file) => {
      if (deleted || call !== 'write' || !file.includes('.parts')) return;
      deleted = true;
      rmSync(first!);
    };
    const again = await lookAgain();
    assert.deepEqual([existsSync(first!), existsSync(second!)], [false, true]);
    assert.equal(again.phase, 'saved');
    assert.deepEqual((await lookAgain()).videos, task.videos);
  });

  it('count as unseen if one was exported and the other one is downloaded later', async () => {
    rmSync(fileOf(task.videos[0]!));
    await engine.markExported(task.id);
    await lookAgain();
    const { videos } = await engine.libraryUsage.report();
    assert.deepEqual(
      videos.map(({ taskId, isSeen, isExported }) => [taskId, isSeen, isExported]),
      [[task.id, false, false]],
    );
  });

  it("don't keep Recover Lost Videos from checking the missing one", async () => {
    rmSync(fileOf(task.videos[0]!));
    world.gateway.setFault(expired);
    assert.ok((await lookAgain()).failure);
    world.gateway.clearFaults();
    assert.deepEqual(await engine.recoverVideos(), { reopened: 1, found: 0 });
    const again = await world.untilPhase(engine, task.id);
    assert.deepEqual([again.failure, again.videos], [undefined, task.videos]);
  });
});
