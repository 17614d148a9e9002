import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, renameSync, statSync } from 'node:fs';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Engine } from '../../../src/core/engine';
import { ReadOnlyStoreError } from '../../../src/core/store/storeState';
import type { Task } from '../../../src/core/task/task';
import { FailingDisk, type DiskCall } from '../support/failingDisk';
import { World } from '../support/world';

const HOUR = 3600_000;

/** How the disk fails, and on which operation. */
const refusals: readonly (readonly [what: string, code: string, ...calls: DiskCall[]])[] = [
  ['full while a video is written', 'ENOSPC', 'write'],
  ['full when it is made to keep the video', 'ENOSPC', 'sync'],
  ['full when the sidecar is written', 'ENOSPC', 'writeFile'],
  ['over its quota', 'EDQUOT', 'write'],
  ['read-only', 'EROFS', 'mkdir', 'open', 'rename', 'rm'],
  ['closed to us', 'EACCES', 'open'],
  ['closed to us when the video is put in place', 'EACCES', 'rename'],
  ['broken', 'EIO', 'write'],
  ['out of open files', 'EMFILE', 'open', 'readdir'],
];

describe('a failing disk', function () {
  this.timeout(60_000);
  let world: World;
  let disk: FailingDisk;
  let engine: Engine;
  let earlier: readonly string[];

  beforeEach(async () => {
    world = await World.create();
    disk = new FailingDisk();
    engine = await world.open({ disk });
    const first = await world.untilPhase(engine, (await world.submit(engine, { prompt: 'earlier' })).id);
    assert.equal(first.phase, 'saved', first.failure?.message);
    earlier = earlierFiles();
  });
  afterEach(async () => {
    await world.stop();
  });

  const library = (...parts: string[]) => path.join(world.folder, 'library', ...parts);

  /** Content and time of each file that was in the library before. */
  function earlierFiles(): readonly string[] {
    return readdirSync(library())
      .filter((name) => name.includes('earlier'))
      .sort()
      .map((name) => {
        const hash = createHash('sha256')
          .update(readFileSync(library(name)))
          .digest('hex');
        return `${name} ${hash} ${statSync(library(name)).mtimeMs}`;
      });
  }

  function assertSaved(task: Task | undefined): void {
    assert.equal(task?.phase, 'saved', task?.failure?.message);
    const [video] = task.videos;
    const file = fileURLToPath(video?.uri ?? '');
    assert.equal(createHash('sha256').update(readFileSync(file)).digest('hex'), video?.sha256);
    assert.ok(existsSync(file.replace(/mp4$/, 'json')));
    assert.deepEqual(readdirSync(library('.parts')), []);
    assert.equal(earlier.length, 2);
    assert.deepEqual(earlierFiles(), earlier, 'earlier files are as they were');
    assert.equal(world.requests('submit'), 2);
  }

  const inTrouble = (id: string) => engine.task(id)?.failure?.kind === 'disk';

  for (const [what, code, ...calls] of refusals) {
    it(`reports, retries and finally saves: ${what}`, async () => {
      const { id } = await world.submit(engine);
      for (const call of calls) disk.faults.set(call, code);
      await world.until(() => inTrouble(id));
      assert.deepEqual(
        [engine.task(id)?.phase, engine.task(id)?.failure?.charged],
        ['ready', 'yes'],
        'the video is there, and paid for',
      );
      assert.match(
        engine.task(id)?.failure?.message ?? '',
        new RegExp(`Check disk space and permissions.*${code}`),
      );
      const started = world.clock.now();
      await world.until(() => world.clock.now() - started > HOUR, 2 * HOUR);
      assert.ok(inTrouble(id), engine.task(id)?.phase);
      disk.faults.clear();
      assertSaved(await world.untilPhase(engine, id));
    });
  }

  it("doesn't use up the time limit for downloads", async () => {
    const { id } = await world.submit(engine);
    disk.faults.set('open', 'EACCES');
    await world.until(() => inTrouble(id));
    const started = world.clock.now();
    await world.until(() => world.clock.now() - started > 40 * HOUR, 41 * HOUR);
    // The disk works now, but the gateway can't be reached. The time limit starts here.
    disk.faults.clear();
    world.gateway.setFault({ name: 'cutDuringBody', route: 'download', times: 'always' });
    await world.until(() => engine.task(id)?.failure?.kind === 'network', HOUR);
    const since = world.clock.now();
    await world.until(() => world.clock.now() - since > 20 * HOUR, 21 * HOUR);
    assert.notEqual(engine.task(id)?.phase, 'lost');
    // Network errors do use up the time limit.
    await world.until(() => engine.task(id)?.phase === 'lost', 8 * HOUR);
    const hours = (world.clock.now() - since) / HOUR;
    assert.ok(hours > 23 && hours < 25, `${hours} h`);
  });

  it("doesn't count the time in which the machine was off while the disk was full", async () => {
    const { id } = await world.submit(engine);
    disk.faults.set('write', 'ENOSPC');
    await world.until(() => inTrouble(id));
    await engine.close();
    world.clock.jump(50 * HOUR);
    world.gateway.setFault({ name: 'cutDuringBody', route: 'download', times: 2 });
    engine = await world.open();
    await world.until(() => engine.task(id)?.failure?.kind === 'network', HOUR);
    assertSaved(await world.untilPhase(engine, id));
  });

  it('recovers when the library folder vanishes during a download and comes back', async () => {
    const { id } = await world.submit(engine);
    let vanished = false;
    disk.before = (call) => {
      if (call === 'write' && !vanished) renameSync(library(), `${library()}.away`);
      vanished ||= call === 'write';
      // Not created again in the meantime, as with a removable drive.
      if (vanished && call === 'mkdir')
        throw Object.assign(new Error('ENOENT'), { errno: -2, syscall: call });
    };
    await world.until(() => inTrouble(id));
    assert.ok(!existsSync(library()));
    const started = world.clock.now();
    await world.until(() => world.clock.now() - started > HOUR, 2 * HOUR);
    assert.ok(inTrouble(id));
    renameSync(`${library()}.away`, library());
    disk.before = () => undefined;
    assertSaved(await world.untilPhase(engine, id));
  });

  it('recovers when the storage folder vanishes during a download and comes back', async () => {
    const { id } = await world.submit(engine);
    let vanished = false;
    disk.before = (call) => {
      if (call !== 'write' || vanished) return;
      vanished = true;
      renameSync(world.folder, `${world.folder}.away`);
    };
    assert.equal(engine.tasks().length, 2);
    await world.until(() => vanished);
    try {
      const started = world.clock.now();
      while (world.clock.now() - started < 10 * 60_000) {
        world.clock.moveTo(Math.min(world.clock.nextTimer ?? Infinity, world.clock.now() + 5_000));
        await world.turns();
      }
      // The extension created nothing in its place, sends nothing, and still shows known tasks.
      assert.ok(!existsSync(world.folder), 'nobody has made it again');
      await assert.rejects(world.submit(engine, { prompt: 'nowhere to write' }), ReadOnlyStoreError);
      assert.equal(engine.tasks().length, 2);
    } finally {
      renameSync(`${world.folder}.away`, world.folder);
    }
    assertSaved(await world.untilPhase(engine, id));
  });
});
