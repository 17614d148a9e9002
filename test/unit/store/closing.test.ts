import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { ImageStore } from '../../../src/core/images/imageStore';
import { ReadOnlyStoreError } from '../../../src/core/store/storeState';
import { storeFile } from '../../support/storeFile';
import { World, looked } from '../support/world';

describe('a window that closes', function () {
  this.timeout(120_000);
  let world: World;

  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(async () => {
    await world.stop();
  });

  const isClosing = (error: unknown) =>
    error instanceof ReadOnlyStoreError && error.reason === 'windowCloses';

  it('sends nothing new, whatever it is waiting for', async () => {
    const engine = await world.open();
    world.gateway.setFault({ name: 'slow', route: 'submit', args: { ms: 300 } });
    const first = world.submit(engine);
    await world.turns(() => engine.tasks()[0]?.phase === 'sending');
    const closing = engine.close();
    await assert.rejects(world.submit(engine, { prompt: 'too late' }), isClosing);
    assert.equal((await first).phase, 'queued');
    await closing;
    await assert.rejects(world.submit(engine, { prompt: 'far too late' }), isClosing);
    assert.equal(world.requests('submit'), 1);
  });

  it('does not send a draft that was being stored', async () => {
    const engine = await world.open();
    const sent = world.submit(engine);
    sent.catch(() => undefined);
    await engine.close();
    await assert.rejects(sent);
    assert.equal(world.requests('submit'), 0);
    const later = await world.open();
    assert.ok(later.tasks().every(({ phase }) => phase === 'draft' || phase === 'stopped'));
  });

  it('saves an ID that can’t be stored in a file, which the next window imports', async () => {
    const engine = await world.open();
    world.gateway.setFault({ name: 'slow', route: 'submit', args: { ms: 50 } });
    const sent = world.submit(engine);
    let isOver = false;
    sent.catch(() => undefined).finally(() => (isOver = true));
    await world.turns(() => engine.tasks()[0]?.phase === 'sending');
    const { id } = engine.tasks()[0]!;
    const file = new DatabaseSync(storeFile(world.folder));
    file.exec(`CREATE TRIGGER full BEFORE UPDATE ON tasks BEGIN SELECT RAISE(FAIL, 'disk full'); END`);
    await world.until(() => isOver);
    await engine.close();
    const folder = path.join(world.folder, 'store');
    assert.ok(existsSync(path.join(folder, `late-${id}.json`)));
    file.exec('DROP TRIGGER full');
    file.close();
    const later = await world.open();
    const task = await world.untilPhase(later, id);
    assert.deepEqual([task.phase, task.gatewayTaskId], ['saved', world.gateway.tasks[0]?.id]);
    assert.equal(world.requests('submit'), 1);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('late-')),
      [],
    );
  });

  it('deletes no image that a task needs, even if this window doesn’t know the task', async () => {
    const [first, second] = [await world.open(), await world.open()];
    const images = path.join(world.folder, 'images');
    mkdirSync(images);
    const add = (text: string) => {
      const file = path.join(images, `${createHash('sha256').update(text).digest('hex')}.png`);
      writeFileSync(file, text);
      utimesSync(file, 0, 0);
      return file;
    };
    const [used, spare, unreadable] = [add('used'), add('spare'), add('unreadable')];
    const withImage = (file: string, prompt: string) => ({
      ...{
        model: 'wan2.6-i2v',
        prompt,
        images: [{ role: 'first' as const, source: 'https://example.com/a.png' }],
      },
      file,
    });
    const ids: string[] = [];
    for (const { file, ...request } of [withImage(used, 'one'), withImage(unreadable, 'two')]) {
      const { id } = await world.submit(first, request);
      const row = new DatabaseSync(storeFile(world.folder));
      const sha256 = path.parse(file).name;
      row.prepare('INSERT INTO images VALUES (?, ?)').run(sha256, id);
      row.close();
      ids.push(id);
    }
    const damage = new DatabaseSync(storeFile(world.folder));
    damage.prepare(`UPDATE tasks SET request = '{' WHERE id = ?`).run(ids[1]!);
    damage.close();
    const kept = new ImageStore(images);
    const drafts = new Set([pathToFileURL(used).href]);
    const clean = async (needed: ReadonlySet<string>) =>
      kept.removeUnneeded(needed, Date.now(), async (hashes, remove) =>
        second.removeUnusedImages(hashes, remove),
      );
    assert.equal(await clean(new Set()), 1);
    assert.deepEqual(
      [used, spare, unreadable].map((file) => existsSync(file)),
      [true, false, true],
    );
    await first.stopTracking(ids[0]!);
    await first.remove(ids[0]!);
    assert.equal(await clean(drafts), 0);
    assert.equal(await clean(new Set()), 1);
    // If tasks were lost to damage, their images are unknown.
    const incomplete = new DatabaseSync(storeFile(world.folder));
    incomplete.exec(`INSERT INTO counters VALUES ('incomplete', 1); DELETE FROM images`);
    incomplete.close();
    looked(second);
    assert.equal(await clean(new Set()), 0);
  });
});
