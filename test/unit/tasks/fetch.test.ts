import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FaultOptions } from '../../gateway/pretendGateway';
import { isFinal } from '../../../src/core/task/phases';
import type { Task } from '../../../src/core/task/task';
import { World } from '../support/world';

const download = (
  name: FaultOptions['name'],
  args: Record<string, unknown> = {},
  times = 3,
): FaultOptions => ({
  name,
  route: 'download',
  times,
  args,
});
const result = (name: FaultOptions['name'], args: Record<string, unknown> = {}, times = 3): FaultOptions => ({
  name,
  route: 'result',
  times,
  args,
});

/** DESIGN 5, Download: errors that are retried until they pass. */
const passing: Readonly<Record<string, FaultOptions>> = {
  'cut before reading': download('cutBeforeReading'),
  'cut before the body': download('cutBeforeBody'),
  'cut during the body': download('cutDuringBody'),
  '429': download('rateLimit', { retryAfter: 'seconds', seconds: 30 }),
  '502 as JSON': download('serverError', { status: 502, as: 'E1' }),
  '504 as a page': download('serverError', { status: 504, as: 'html' }),
  '200 with an error': download('okWithError'),
  '200 with a page': download('htmlPage'),
  'an empty body': download('emptyBody'),
  'success: false': download('successFalse'),
  'a web page instead of a video': download('notAnMp4'),
};

/** A video that arrives twice with the same bytes is kept without verification. */
const doubtful: Readonly<Record<string, FaultOptions>> = {
  'a wrong size': download('wrongSize', { by: 7 }, 10),
  'base64 that ends too soon': download('truncatedBase64', { characters: 400 }, 10),
};

/** Unusual but valid responses. They work at once. */
const odd: Readonly<Record<string, FaultOptions>> = {
  'no data_url': download('noDataUrl', {}, 1),
  'only data_url': download('onlyDataUrl', {}, 1),
  'escaped base64': download('escapedBase64', {}, 1),
  'a trailing comma': download('trailingComma', {}, 1),
  compressed: download('gzip', {}, 1),
};

describe('downloading a video', function () {
  this.timeout(120_000);
  let world: World;

  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(async () => {
    await world.stop();
  });

  /** Checks that the video is complete, is where the store says, and that no other file is left. */
  function assertSaved(task: Task): void {
    assert.equal(task.phase, 'saved', task.failure?.message);
    const [video] = task.videos;
    assert.ok(video);
    const file = fileURLToPath(video.uri);
    assert.equal(createHash('sha256').update(readFileSync(file)).digest('hex'), video.sha256);
    const left = readdirSync(path.dirname(file)).sort();
    assert.deepEqual(
      left,
      ['.parts', path.basename(file), path.basename(file)].map((name, index) =>
        index === 1 ? name.replace(/\.mp4$/, '.json') : name,
      ),
    );
    assert.deepEqual(readdirSync(path.join(path.dirname(file), '.parts')), []);
    assert.equal(world.requests('submit'), 1);
  }

  for (const [name, fault] of Object.entries(passing)) {
    it(`retries and shows the reason: ${name}`, async () => {
      const engine = await world.open();
      world.gateway.setFault(fault);
      const { id } = await world.submit(engine);
      await world.until(() => engine.task(id)?.phase === 'ready' && engine.task(id)?.failure !== undefined);
      // The gateway says that there is no video, and never sent a link.
      const isDenied = name === '200 with an error' || name === 'success: false';
      assert.equal(engine.task(id)?.failure?.charged, isDenied ? 'unknown' : 'yes');
      assertSaved(await world.untilPhase(engine, id));
      assert.equal(world.requests('download'), 4);
    });
  }

  for (const [name, fault] of Object.entries(doubtful)) {
    it(`downloads again and keeps the same bytes unverified: ${name}`, async () => {
      const engine = await world.open();
      world.gateway.setFault(fault);
      const { id } = await world.submit(engine);
      await world.until(() => engine.task(id)?.phase === 'ready' && engine.task(id)?.failure !== undefined);
      assert.equal(engine.task(id)?.videos.length, 0);
      const task = await world.untilPhase(engine, id);
      assertSaved(task);
      assert.equal(task.videos[0]?.unverified, true);
      assert.match(task.timeline.at(-1)?.note ?? '', /not verified/);
      assert.equal(world.requests('download'), 2);
    });
  }

  for (const [name, fault] of Object.entries(odd)) {
    it(`downloads at once: ${name}`, async () => {
      const engine = await world.open();
      world.gateway.setFault(fault);
      const { id } = await world.submit(engine);
      assertSaved(await world.untilPhase(engine, id));
      assert.equal(world.requests('download'), 1);
    });
  }

  it('downloads a link from another origin without the key', async () => {
    world.gateway.setShapes({ query: 'slim', link: 'url' });
    const engine = await world.open();
    const { id } = await world.submit(engine);
    assertSaved(await world.untilPhase(engine, id));
    assert.equal(world.requests('download'), 0);
    const [fetched] = world.gateway.log.filter((record) => record.kind === 'result');
    assert.equal(fetched?.hadKey, false);
  });

  for (const status of [403, 404, 410]) {
    it(`uses the download call if the link responds with ${status}`, async () => {
      world.gateway.setShapes({ query: 'slim', link: 'url' });
      world.gateway.setFault(result('deadLink', { status }));
      const engine = await world.open();
      const { id } = await world.submit(engine);
      assertSaved(await world.untilPhase(engine, id));
      assert.equal(world.requests('download'), 1);
    });
  }

  it('delays only its own video if a result host sends a rate limit', async () => {
    world.gateway.setShapes({ query: 'slim', link: 'url' });
    world.gateway.setFault(result('rateLimit', { retryAfter: 'seconds', seconds: 3000 }, 1));
    world.gateway.setFault(download('serverError', { status: 503 }, 1));
    const engine = await world.open();
    const { id } = await world.submit(engine);
    await world.until(() => engine.task(id)?.phase === 'ready' && engine.task(id)?.failure !== undefined);
    const started = world.clock.now();
    const other = await world.submit(engine, { prompt: 'another one' });
    assert.equal((await world.untilPhase(engine, other.id)).phase, 'saved');
    assert.ok(world.clock.now() - started < 120_000);
  });

  it("doesn't count disk errors toward the time limit", async () => {
    const engine = await world.open();
    const { id } = await world.submit(engine);
    await world.untilPhase(engine, id, 'running');
    const library = path.join(world.folder, 'library');
    rmSync(library, { recursive: true });
    writeFileSync(library, 'in the way');
    await world.until(() => engine.task(id)?.failure?.kind === 'disk');
    const started = world.clock.now();
    await world.until(() => world.clock.now() - started > 30 * 3600_000, 31 * 3600_000);
    rmSync(library);
    // The disk works again after more than a day, but now the gateway fails for a while.
    world.gateway.setFault(download('serverError', { status: 502 }, 1));
    await world.until(() => isFinal(engine.task(id)!.phase), 2 * 3600_000);
    assertSaved(engine.task(id)!);
  });

  it('uses the download call if the link leads to a web page', async () => {
    world.gateway.setShapes({ query: 'slim', link: 'url' });
    world.gateway.setFault(result('notAnMp4'));
    const engine = await world.open();
    const { id } = await world.submit(engine);
    assertSaved(await world.untilPhase(engine, id));
  });

  for (const to of ['same', 'other'] as const) {
    it(`follows a redirect to ${to === 'same' ? 'the same' : 'another'} origin without the key`, async () => {
      world.gateway.setShapes({ query: 'slim', link: 'url' });
      world.gateway.setFault(result('redirect', { to }, 1));
      const engine = await world.open();
      const { id } = await world.submit(engine);
      assertSaved(await world.untilPhase(engine, id));
      assert.ok(
        world.gateway.log.filter((record) => record.kind === 'result').every((record) => !record.hadKey),
      );
    });
  }

  it("doesn't send the key if the download call redirects to another origin", async () => {
    world.gateway.setFault(download('redirect', { to: 'other' }, 1));
    const engine = await world.open();
    const { id } = await world.submit(engine);
    assertSaved(await world.untilPhase(engine, id));
    assert.ok(
      world.gateway.log.filter((record) => record.origin === 'results').every((record) => !record.hadKey),
    );
  });

  it('saves a video whose download is refused for nine minutes', async () => {
    const engine = await world.open();
    world.gateway.setFault(download('clientError', { status: 404 }, 1000));
    const { id } = await world.submit(engine);
    await world.untilPhase(engine, id, 'ready');
    const started = world.clock.now();
    await world.until(() => world.clock.now() - started > 9 * 60_000);
    assert.ok(['ready', 'saving'].includes(engine.task(id)?.phase ?? ''), engine.task(id)?.phase);
    assert.ok(world.requests('download') < 20, `${world.requests('download')} downloads`);
    world.gateway.clearFaults();
    assertSaved(await world.untilPhase(engine, id));
  });

  it('retries a link that stays refused ever more rarely for a day, then loses the task', async () => {
    world.gateway.setShapes({ query: 'slim', link: 'url' });
    world.gateway.setFault(result('deadLink', { status: 403 }, 1000));
    world.gateway.setFault(download('clientError', { status: 404 }, 1000));
    const engine = await world.open();
    const { id } = await world.submit(engine);
    await world.untilPhase(engine, id, 'ready');
    const started = world.clock.now();
    await world.until(() => engine.task(id)?.phase === 'lost', 30 * 3600_000);
    const hours = (world.clock.now() - started) / 3600_000;
    assert.ok(hours >= 23 && hours < 25, `${hours} h`);
    assert.equal(engine.task(id)?.failure?.charged, 'yes');
    assert.ok(world.requests('result') < 80, `${world.requests('result')} requests`);
    // Repeated entries are merged.
    assert.ok((engine.task(id)?.timeline.length ?? 0) < 10);
  }).timeout(120_000);

  it('loses a task with the word "expired" in place of a link', async () => {
    const engine = await world.open();
    const { id } = await world.submit(engine);
    await world.untilPhase(engine, id, 'running');
    world.gateway.setFault({ name: 'urlIs', route: 'query', times: 'always', args: { url: 'expired' } });
    const task = await world.untilPhase(engine, id);
    assert.equal(task.phase, 'lost');
    assert.equal(task.failure?.kind, 'expired');
  });

  /** A task whose video couldn't be downloaded yet, on a machine that then sleeps for more than a day. */
  async function wokenUp(withKey = true) {
    world.gateway.setFault(download('serverError', { status: 502, as: 'E1' }, 3));
    const engine = await world.open();
    const { id } = await world.submit(engine);
    await world.until(() => engine.task(id)?.failure !== undefined && engine.task(id)?.phase === 'ready');
    world.gateway.clearFaults();
    if (withKey) world.clock.jump(30 * 3600_000);
    else {
      // Awake, but without a key.
      world.keys.key = undefined;
      const until = world.clock.now() + 30 * 3600_000;
      await world.until(() => world.clock.now() > until, 31 * 3600_000);
      world.keys.key = world.access.key;
    }
    return { engine, id };
  }

  for (const [name, withKey] of [
    ['a machine that slept for more than a day', true],
    ['more than a day without a key', false],
  ] as const) {
    it(`downloads the video although the network isn't up at first: ${name}`, async () => {
      const { engine, id } = await wokenUp(withKey);
      world.gateway.setFault(download('cutBeforeReading', {}, 4));
      if (!withKey) await engine.keyChanged();
      const task = await world.untilPhase(engine, id);
      assert.equal(task.phase, 'saved', task.failure?.message);
    });
  }

  it('retries for some minutes after more than a day without a key, then loses the task', async () => {
    const { engine, id } = await wokenUp(false);
    await engine.keyChanged();
    world.gateway.setFault({ name: 'cutBeforeReading', route: 'download', times: 'always' });
    const [before, since] = [world.requests('download'), world.clock.now()];
    await world.until(() => engine.task(id)?.phase === 'lost', 60 * 60_000);
    const minutes = (world.clock.now() - since) / 60_000;
    assert.ok(minutes >= 9 && minutes < 45, `${minutes} min`);
    assert.ok(world.requests('download') - before >= 6);
  });

  it('retries as long as usual after more than a day of sleep', async () => {
    const { engine, id } = await wokenUp();
    world.gateway.setFault({ name: 'cutBeforeReading', route: 'download', times: 'always' });
    const since = world.clock.now();
    await world.until(() => engine.task(id)?.phase === 'lost', 30 * 3600_000);
    const hours = (world.clock.now() - since) / 3600_000;
    assert.ok(hours > 22 && hours < 26, `${hours} h`);
  });

  it('retries for a day, then loses the task and reports the charge', async () => {
    const engine = await world.open();
    world.gateway.setFault({
      name: 'serverError',
      route: 'download',
      times: 'always',
      args: { status: 502, as: 'E1' },
    });
    const { id } = await world.submit(engine);
    await world.untilPhase(engine, id, 'ready');
    const started = world.clock.now();
    await world.until(() => engine.task(id)?.phase === 'lost', 30 * 3600_000);
    const hours = (world.clock.now() - started) / 3600_000;
    assert.ok(hours >= 24 && hours < 25, `${hours} h`);
    assert.equal(engine.task(id)?.failure?.charged, 'yes');
    assert.ok(world.requests('download') < 65);
  }).timeout(120_000);

  it("waits while the library folder is a file, and continues when it's repaired", async () => {
    const engine = await world.open();
    const { id } = await world.submit(engine);
    await world.untilPhase(engine, id, 'running');
    const library = path.join(world.folder, 'library');
    rmSync(library, { recursive: true });
    writeFileSync(library, 'in the way');
    await world.until(() => engine.task(id)?.failure?.kind === 'disk');
    const started = world.clock.now();
    await world.until(() => world.clock.now() - started > 30 * 3600_000, 31 * 3600_000);
    assert.equal(engine.task(id)?.failure?.kind, 'disk');
    rmSync(library);
    assertSaved(await world.untilPhase(engine, id));
  });

  it('creates a library folder again that has vanished', async () => {
    const engine = await world.open();
    const { id } = await world.submit(engine);
    await world.untilPhase(engine, id, 'running');
    rmSync(path.join(world.folder, 'library'), { recursive: true });
    assertSaved(await world.untilPhase(engine, id));
  });

  it('finds a video that was placed before its window crashed', async () => {
    const first = await world.open();
    const saved = await world.untilPhase(first, (await world.submit(first)).id);
    // A second task, whose window closes during the download.
    world.gateway.setFault({ name: 'hang', route: 'download' });
    const { id, createdAt } = await world.submit(first);
    await world.turnsWhileHanging(() => world.requests('download') === 2);
    first.dispose();
    // As after a crash right after renaming the file: no sidecar, no row.
    const day = new Date(createdAt).toISOString().slice(0, 10);
    const name = `${day}-a-paper-boat-in-the-rain-${id.slice(0, 8)}`;
    renameSync(fileURLToPath(saved.videos[0]!.uri), path.join(world.folder, 'library', `${name}.mp4`));
    const second = await world.open();
    const task = await world.untilPhase(second, id);
    assert.equal(task.phase, 'saved');
    assert.equal(task.videos[0]?.sha256, saved.videos[0]?.sha256);
    assert.equal(world.requests('download'), 2, 'one for the first task, and the one that hung');
    assert.equal(existsSync(path.join(world.folder, 'library', `${name}.json`)), true);
  });

  it('ends when tracking is stopped, and leaves no file', async () => {
    const engine = await world.open();
    world.gateway.setFault({ name: 'hang', route: 'download' });
    const { id } = await world.submit(engine);
    await world.turnsWhileHanging(() => world.requests('download') === 1);
    assert.equal(await engine.stopTracking(id), true);
    await world.turns();
    assert.equal(engine.task(id)?.phase, 'stopped');
    await world.until(() => world.clock.timers === 0);
    await world.turns(() => readdirSync(path.join(world.folder, 'library', '.parts')).length === 0);
  });
});
