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

describe('videos that are here stay, whatever becomes of the others', function () {
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
    // Which family wrote the body makes no difference from here on.
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

  /** A window has put the first one in place and ended before it could write that down; the second never came. */
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
    it(`a window dies that ${name} before the first is written down, and then all is gone from the gateway`, async () => {
      world.gateway.setFault(expired);
      world.gateway.setFault({ name: 'deadLink', route: 'result', times: 'always', args: { status: 410 } });
      await dieAfterPlacing(phase);
      const ended = await world.untilPhase(engine, task.id);
      assert.equal(ended.phase, 'saved');
      assert.deepEqual(ended.videos, [task.videos[0]]);
      assert.match(ended.failure?.message ?? '', /^1 of 2 videos are no longer on the gateway/);
    });
  }

  it('a window dies before the first is written down, and the gateway still has both: only the second is fetched', async () => {
    await dieAfterPlacing('saving');
    const before = fetches();
    const ended = await world.untilPhase(engine, task.id);
    assert.deepEqual([ended.phase, ended.failure, ended.videos], ['saved', undefined, task.videos]);
    assert.equal(fetches(), before + 1);
  });

  it('the user stops it while the missing one is fetched: the other one stays, and nothing half-written', async () => {
    rmSync(fileOf(task.videos[1]!));
    assert.equal(await engine.checkAgain(task.id), true);
    world.gateway.setFault({ name: 'hang', route: 'result', times: 'always' });
    await world.untilPhase(engine, task.id, 'saving');
    assert.equal(await engine.stopTracking(task.id), true);
    const ended = engine.task(task.id)!;
    assert.deepEqual([ended.phase, ended.videos], ['saved', [task.videos[0]]]);
    assert.match(ended.failure?.message ?? '', /^Other videos of this task are not here/);
    await world.turns(() => readdirSync(path.join(library(), '.parts')).length === 0);
    assert.deepEqual(engine.task(task.id), ended);
    world.gateway.clearFaults();
    assert.deepEqual((await lookAgain()).videos, task.videos);
  });

  it('a window dies before the first is written down, and the user stops it', async () => {
    world.gateway.setFault(query('hang'));
    await dieAfterPlacing('queued');
    assert.equal(await engine.stopTracking(task.id), true);
    assert.equal(engine.task(task.id)?.phase, 'saved');
    assert.deepEqual(engine.task(task.id)?.videos, [task.videos[0]]);
    // Nobody has to be told of what they have just done.
    assert.equal(await engine.claimNotification(task.id), false);
  });

  it('the library is away while it is looked for, and back when all is gone from the gateway', async () => {
    renameSync(library(), `${library()}.away`);
    assert.equal(await engine.checkAgain(task.id), true);
    world.gateway.setFault(expired);
    renameSync(`${library()}.away`, library());
    const ended = await world.untilPhase(engine, task.id);
    assert.deepEqual([ended.phase, ended.failure, ended.videos], ['saved', undefined, task.videos]);
  });

  it('the library is away until all is gone from the gateway: Look Again finds what is back', async () => {
    renameSync(library(), `${library()}.away`);
    world.gateway.setFault(expired);
    assert.equal((await lookAgain()).phase, 'lost');
    rmSync(library(), { recursive: true, force: true });
    renameSync(`${library()}.away`, library());
    const ended = await lookAgain();
    assert.deepEqual([ended.phase, ended.failure, ended.videos], ['saved', undefined, task.videos]);
  });

  it('the disk does not say what is there: nothing is forgotten, and nothing is looked for', async () => {
    disk.faults.set('stat', 'EIO');
    assert.equal(await engine.checkAgain(task.id), false);
    assert.deepEqual(engine.task(task.id), task);
  });

  it('the disk does not say what is there when it ends: what is written down stays', async () => {
    rmSync(fileOf(task.videos[0]!));
    assert.equal(await engine.checkAgain(task.id), true);
    disk.faults.set('open', 'EIO');
    world.gateway.setFault(expired);
    const ended = await world.untilPhase(engine, task.id);
    assert.deepEqual([ended.phase, ended.videos], ['saved', [task.videos[1]]]);
  });

  it('one that was deleted is back from the trash when it ends: both are listed', async () => {
    const file = fileOf(task.videos[0]!);
    renameSync(file, `${file}.trash`);
    assert.equal(await engine.checkAgain(task.id), true);
    renameSync(`${file}.trash`, file);
    world.gateway.setFault(expired);
    const ended = await world.untilPhase(engine, task.id);
    assert.deepEqual([ended.phase, ended.failure, ended.videos], ['saved', undefined, task.videos]);
  });

  it('the gateway names only the one that is here: it is not downloaded again, and the other one comes from its last link', async () => {
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

  it('the gateway names only the one that is here, and the last link of the other is dead: it is missing', async () => {
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
    assert.match(again.failure?.message ?? '', /^Other videos of this task are not here/);
  });

  it('one could not be fetched for a day: that the gateway no longer has it is not said', async () => {
    const fault = { name: 'serverError', route: 'result', times: 'always', args: { status: 503 } } as const;
    world.gateway.setFault({ ...fault, after: 1 });
    const id = await send();
    await world.until(() => engine.task(id)?.videos.length === 1);
    await world.until(() => engine.task(id)?.phase === 'saved', 30 * HOUR);
    const ended = engine.task(id)!;
    assert.equal(ended.videos.length, 1);
    assert.equal(ended.failure?.charged, 'yes');
    assert.match(ended.failure.message, /^Other videos of this task are not here/);
    assert.doesNotMatch(ended.failure.message, /no longer on the gateway/);
  }).timeout(120_000);

  it('of two windows that look again at once one does, and nothing is fetched twice', async () => {
    const other = await world.open();
    rmSync(fileOf(task.videos[0]!));
    const asked = await Promise.all([engine.checkAgain(task.id), other.checkAgain(task.id)]);
    assert.deepEqual(asked.toSorted(), [false, true]);
    const again = await world.untilPhase(engine, task.id);
    assert.deepEqual([again.phase, again.failure, again.videos], ['saved', undefined, task.videos]);
    assert.equal(fetches(), 3);
  });

  it('one is deleted while the other is fetched: the row names both, and Look Again brings it', async () => {
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

  it('one was saved elsewhere, then the other one is fetched: nobody has met that one, so cleaning has to ask', async () => {
    rmSync(fileOf(task.videos[0]!));
    await engine.markExported(task.id);
    await lookAgain();
    const { videos } = await engine.libraryUsage.report();
    assert.deepEqual(
      videos.map(({ taskId, isSeen, isExported }) => [taskId, isSeen, isExported]),
      [[task.id, false, false]],
    );
  });

  it('Rescue asks about the missing one of several too', async () => {
    rmSync(fileOf(task.videos[0]!));
    world.gateway.setFault(expired);
    assert.ok((await lookAgain()).failure);
    world.gateway.clearFaults();
    assert.deepEqual(await engine.recoverVideos(), { reopened: 1, found: 0 });
    const again = await world.untilPhase(engine, task.id);
    assert.deepEqual([again.failure, again.videos], [undefined, task.videos]);
  });
});
