import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import * as path from 'node:path';
import type { Engine } from '../../../src/core/engine';
import { sora } from '../../../src/core/models/families/sora';
import { isFinal } from '../../../src/core/task/phases';
import { caseFile, CASE_BASE } from '../../support/replyCases';
import { FailingDisk } from '../support/failingDisk';
import { json, ScriptedHttp, type Scripted, type SeenRequest } from '../support/scriptedHttp';
import { World } from '../support/world';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const QUERY = '/v1/video/generations/task_1';
const REFUSED: Scripted = { status: 403 };
const DENIED = json({ code: 'task_not_exist', message: 'task_not_exist', data: null }, 400);
const CONTENTS: Readonly<Record<string, string>> = { a: 'plain', b: 'moov-first' };

const linkTo = (name: string) => `https://cdn.example.com/${name}.mp4`;
const finished = (...links: string[]) => json({ task_id: 'task_1', status: 'succeeded', url: links });
const ended = (status: string) => json({ task_id: 'task_1', status });
const video = (name: string): Scripted => ({
  status: 200,
  headers: { 'content-type': 'video/mp4' },
  body: caseFile(`media/${CONTENTS[name] ?? 'plain'}.mp4`),
});

describe('the end of a task during its downloads', function () {
  this.timeout(120_000);
  let world: World;
  let http: ScriptedHttp;
  let disk: FailingDisk;
  let engine: Engine;
  let id: string;
  let query: () => Scripted;
  /** The video named b is refused. */
  let respond: (name: string, request: SeenRequest) => Scripted;

  beforeEach(async () => {
    world = await World.create();
    disk = new FailingDisk();
    query = () => finished(linkTo('a'), linkTo('b'));
    respond = (name) => (name === 'b' ? REFUSED : video(name));
    http = new ScriptedHttp(world.clock, (request) => {
      if (request.method === 'POST') return json({ task_id: 'task_1' });
      if (request.target === QUERY) return query();
      const [, name] = /\/(\w+)\.mp4/.exec(request.target) ?? [];
      return name === undefined ? json({ error: { message: 'Invalid URL' } }, 404) : respond(name, request);
    });
    engine = await world.open({ http: http.open, disk });
  });
  afterEach(async () => {
    await world.stop();
  });

  async function submit(sampleCount = 2): Promise<void> {
    const options = { sampleCount };
    const request = { model: 'veo-3.1-generate-preview', prompt: 'a paper boat', options };
    const prepared = { request, family: sora, body: JSON.stringify(request) };
    const access = { baseUrl: CASE_BASE, key: world.access.key };
    let sent: string | undefined;
    void engine.submit(prepared, access).then((task) => (sent = task.id));
    await world.until(() => sent !== undefined);
    id = sent ?? '';
  }

  async function run(ms: number): Promise<void> {
    const end = world.clock.now() + ms;
    await world.until(() => world.clock.now() >= end || world.clock.nextTimer === undefined, ms + 2 * HOUR);
  }

  const task = () => {
    const found = engine.task(id);
    assert.ok(found);
    return found;
  };
  const isOver = () => isFinal(task().phase);
  const queries = () => http.count('GET', QUERY);
  const downloads = (name: string) => http.count('GET', new RegExp(`/${name}\\.mp4`));
  const files = (...names: string[]) =>
    readdirSync(path.join(world.folder, 'library', ...names)).filter((name) => /\.(mp4|part)$/.test(name));

  describe('after a link was refused for twenty minutes', () => {
    beforeEach(async () => {
      query = () => finished(linkTo('b'));
      await submit(1);
      await run(20 * MINUTE);
      assert.ok(!isOver(), task().phase);
    });

    it('ignores a single "not found" response', async () => {
      let denials = 0;
      query = () => (denials++ === 0 ? DENIED : finished(linkTo('a')));
      await world.until(isOver, HOUR);
      assert.equal(task().phase, 'saved', task().failure?.message);
      assert.equal(task().failure, undefined);
    });

    it('restarts the count when a link comes between "not found" responses', async () => {
      let count = 0;
      query = () => (count++ % 4 === 3 ? finished(linkTo('b')) : DENIED);
      await run(30 * MINUTE);
      assert.ok(!isOver(), task().phase);
    });

    it('ends after only "not found" responses for ten minutes', async () => {
      const [since, before] = [world.clock.now(), queries()];
      let count = 0;
      query = () => (count++ % 4 === 3 ? { status: 502 } : DENIED);
      await world.until(isOver, HOUR);
      assert.equal(task().phase, 'lost');
      assert.ok(world.clock.now() - since >= 10 * MINUTE);
      assert.ok(queries() - before >= 3, `${queries() - before}`);
      assert.equal(task().failure?.since, undefined);
    });
  });

  describe('after one of two links was refused for twenty minutes', () => {
    beforeEach(async () => {
      await submit();
      await run(20 * MINUTE);
      assert.equal(task().videos.length, 1);
    });

    it('ignores a single response that lists only the other video', async () => {
      let count = 0;
      query = () => finished(linkTo('a'), ...(count++ === 0 ? [] : [linkTo('b')]));
      await world.until(() => count === 2, HOUR);
      assert.equal(task().phase, 'saving');
      respond = video;
      await world.until(isOver, HOUR);
      assert.deepEqual([task().phase, task().videos.length, task().failure], ['saved', 2, undefined]);
    });

    it('ends after ten minutes of such responses, with the video that was received', async () => {
      const [since, before] = [world.clock.now(), queries()];
      query = () => finished(linkTo('a'));
      await world.until(isOver, HOUR);
      assert.deepEqual([task().phase, task().videos.length], ['saved', 1]);
      assert.ok(task().failure);
      assert.ok(world.clock.now() - since >= 10 * MINUTE);
      assert.ok(queries() - before >= 3, `${queries() - before}`);
    });
  });

  describe('while a received video waits for a file that another program holds', () => {
    beforeEach(async () => {
      disk.faults.set('rename', 'EBUSY');
      await submit();
      await world.until(() => task().failure?.kind === 'disk');
    });

    for (const status of ['expired', 'failed']) {
      it(`places it later and reports the other one as missing if the gateway says ${status}`, async () => {
        query = () => ended(status);
        await run(HOUR);
        assert.ok(!isOver(), task().phase);
        assert.equal(task().failure?.kind, 'disk');
        assert.equal(files('.parts').length, 1);
        disk.faults.clear();
        await world.until(isOver, 2 * HOUR);
        assert.deepEqual([task().phase, task().videos.length], ['saved', 1]);
        assert.match(
          task().failure?.message ?? '',
          status === 'expired' ? /^Missing videos: 1 of 2/ : /^Some videos/,
        );
        assert.equal(downloads('a'), 1);
        assert.deepEqual(files('.parts'), []);
      });
    }

    it('places it after Stop Tracking and Check Again, even if the gateway says failed', async () => {
      await engine.stopTracking(id);
      query = () => ended('failed');
      disk.faults.clear();
      assert.equal(await engine.checkAgain(id), true);
      await world.until(isOver, 2 * HOUR);
      assert.deepEqual([task().phase, task().videos.length], ['saved', 1]);
      assert.equal(downloads('a'), 1);
    });
  });

  for (const status of ['expired', 'failed']) {
    it(`keeps an unverified download if the gateway says ${status}`, async () => {
      const file = { status: 200, body: caseFile('media/truncated-media.mp4') };
      query = () => finished(linkTo('c'));
      respond = () => (downloads('c') > 1 ? REFUSED : file);
      await submit(1);
      await world.until(() => downloads('c') === 2);
      query = () => ended(status);
      await world.until(isOver, HOUR);
      assert.deepEqual([task().phase, task().videos[0]?.unverified], ['saved', true]);
      assert.deepEqual(files('.parts'), []);
    });
  }

  describe('whose links have another path in each response', () => {
    it('downloads each video once while another one is refused', async () => {
      query = () => finished(linkTo(`t${queries()}/a`), linkTo(`t${queries()}/b`));
      await submit();
      await run(3 * HOUR);
      assert.ok(queries() > 10);
      assert.deepEqual([downloads('a'), task().videos.length], [1, 1]);
      respond = video;
      await world.until(isOver, HOUR);
      assert.deepEqual([task().phase, task().videos.length, task().failure], ['saved', 2, undefined]);
    });

    it('keeps no duplicate if the order changes too', async () => {
      query = () => finished(linkTo(`t${queries()}/a`), linkTo(`t${queries()}/b`));
      await submit();
      await world.until(() => task().videos.length === 1);
      query = () => finished(linkTo(`t${queries()}/b`), linkTo(`t${queries()}/a`));
      await world.until(isOver, HOUR);
      assert.deepEqual([task().videos.length, files().length], [1, 1]);
      assert.ok(task().failure);
      assert.ok(downloads('a') <= 5, `${downloads('a')}`);
    });

    it('keeps no duplicate if a response lists only the received video', async () => {
      await submit();
      await world.until(() => task().videos.length === 1);
      query = () => finished(linkTo(`t${queries()}/a`));
      await world.until(isOver, HOUR);
      assert.deepEqual([task().phase, task().videos.length], ['saved', 1]);
      assert.ok(task().failure);
      assert.ok(downloads('a') <= 5, `${downloads('a')}`);
      assert.equal(files().length, 1);
      assert.deepEqual(files('.parts'), []);
    });
  });
});
