import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FaultOptions } from '../../gateway/pretendGateway';
import type { Engine } from '../../../src/core/engine';
import { sora } from '../../../src/core/models/families/sora';
import type { Task, Video } from '../../../src/core/task/task';
import { World } from '../support/world';

describe('a task with several videos', function () {
  this.timeout(60_000);
  let world: World;
  let engine: Engine;
  let task: Task;

  beforeEach(async () => {
    world = await World.create();
    engine = await world.open();
    const body = {
      model: 'veo-3.1-generate-preview',
      prompt: 'a lighthouse',
      resolution: '720p',
      sampleCount: 2,
    };
    const request = { model: body.model, prompt: body.prompt };
    // The family of the request doesn't matter.
    const sent = await engine.submit({ request, family: sora, body: JSON.stringify(body) }, world.access);
    task = await world.untilPhase(engine, sent.id);
    assert.equal(task.phase, 'saved');
    assert.equal(new Set(task.videos.map(({ sha256 }) => sha256)).size, 2);
  });
  afterEach(async () => {
    await world.stop();
  });

  const query = (name: FaultOptions['name'], args: Record<string, unknown> = {}): FaultOptions => ({
    ...{ name, route: 'query', times: 'always', args },
  });
  const remove = ({ uri }: Video) => rmSync(fileURLToPath(uri));
  const files = () => readdirSync(path.join(world.folder, 'library')).filter((name) => name.endsWith('.mp4'));

  async function lookAgain(): Promise<Task> {
    assert.equal(await engine.checkAgain(task.id), true);
    return world.untilPhase(engine, task.id);
  }

  it("isn't checked again if it's complete", async () => {
    assert.equal(await engine.checkAgain(task.id), false);
  });

  it('downloads a missing video that the gateway still has, and only that one', async () => {
    const [first] = task.videos;
    remove(first!);
    const again = await lookAgain();
    assert.deepEqual([again.phase, again.failure], ['saved', undefined]);
    assert.deepEqual(again.videos, task.videos);
    assert.equal(world.gateway.log.filter(({ kind }) => kind === 'result').length, 3);
  });

  it('downloads a missing video that the gateway lists in another place, and not the other one twice', async () => {
    const url = `${world.gateway.baseUrl}/v1/video/generations/${task.gatewayTaskId}`;
    const reply = await fetch(url, { headers: { authorization: `Bearer ${world.gateway.key}` } });
    const answer = (await reply.json()) as { url: string; metadata: { response: { videos: unknown[] } } };
    answer.metadata.response.videos.reverse();
    remove(task.videos[0]!);
    world.gateway.setFault(query('malformed', { text: JSON.stringify({ ...answer, url: '' }) }));
    const again = await lookAgain();
    assert.deepEqual([again.phase, again.failure], ['saved', undefined]);
    const hashes = (videos: readonly Video[]) => videos.map(({ sha256 }) => sha256).sort();
    assert.deepEqual(hashes(again.videos), hashes(task.videos));
    assert.equal(files().length, 2);
  });

  for (const [name, fault] of Object.entries({
    'the gateway no longer knows the task': query('taskNotFound', { status: 404 }),
    'the gateway has thrown the videos away': query('statusWord', { word: 'expired' }),
    'the gateway now says that it failed': query('statusWord', { word: 'failed' }),
  })) {
    const isGone = !name.endsWith('failed');
    it(`stays with the received video and reports the missing one if ${name}`, async () => {
      const [first, second] = task.videos;
      remove(first!);
      world.gateway.setFault(fault);
      const again = await lookAgain();
      assert.equal(again.phase, 'saved');
      assert.deepEqual(again.videos, [second]);
      assert.match(
        again.failure?.message ?? '',
        isGone ? /^Missing videos: 1 of 2\./ : /^Some videos of this task couldn't be downloaded/,
      );
      assert.equal(again.failure?.charged, 'yes');
      world.gateway.clearFaults();
      const whole = await lookAgain();
      assert.deepEqual([whole.phase, whole.failure], ['saved', undefined]);
      assert.equal(whole.videos.length, 2);
      assert.equal(world.requests('submit'), 1);
    });
  }

  it('is lost if both are missing and the gateway no longer knows it', async () => {
    task.videos.forEach(remove);
    world.gateway.setFault(query('taskNotFound', { status: 404 }));
    assert.equal((await lookAgain()).phase, 'lost');
  });

  it("stays with the received video if it's no longer tracked", async () => {
    const [first, second] = task.videos;
    remove(first!);
    assert.equal(await engine.checkAgain(task.id), true);
    assert.equal(await engine.stopTracking(task.id), true);
    const again = engine.task(task.id);
    assert.equal(again?.phase, 'saved');
    assert.deepEqual(again.videos, [second]);
    // So that it can be checked again.
    assert.ok(again.failure);
  });

  it('keeps a video that was exported before the other one is lost', async () => {
    const body = {
      model: 'veo-3.1-generate-preview',
      prompt: 'two more',
      resolution: '720p',
      sampleCount: 2,
    };
    const request = { model: body.model, prompt: body.prompt };
    world.gateway.setFault({
      name: 'deadLink',
      route: 'result',
      after: 1,
      times: 'always',
      args: { status: 403 },
    });
    const sent = await engine.submit({ request, family: sora, body: JSON.stringify(body) }, world.access);
    await world.until(() => engine.task(sent.id)?.videos.length === 1);
    assert.equal(engine.task(sent.id)?.phase, 'ready');
    world.gateway.setFault(query('statusWord', { word: 'expired' }));
    const ended = await world.untilPhase(engine, sent.id);
    assert.equal(ended.phase, 'saved');
    assert.equal(ended.videos.length, 1);
    assert.ok(ended.failure);
  });
});
