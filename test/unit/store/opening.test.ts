import assert from 'node:assert/strict';
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import * as path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { Engine } from '../../../src/core/engine';
import { migrate } from '../../../src/core/store/schema';
import { ReadOnlyStoreError } from '../../../src/core/store/storeState';
import type { StoreState } from '../../../src/core/store/storeState';
import { storeFile } from '../../support/storeFile';
import { World, looked } from '../support/world';

describe('opening the store', function () {
  this.timeout(120_000);
  let world: World;

  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(async () => {
    await world.stop();
  });

  const folder = () => path.join(world.folder, 'store');

  /** Opens a window as the editor does: available at once, whatever happens to its store. */
  function openWindow(options: Partial<typeof world.options> = {}): Engine {
    const engine = new Engine({ ...world.options, ...options });
    engine.start();
    engine.open();
    return engine;
  }

  it('works after the lock file was damaged, before or after opening', async () => {
    const lock = path.join(folder(), 'lock.db');
    (await world.open()).dispose();
    writeFileSync(lock, 'x'.repeat(5000));
    const engine = await world.open();
    assert.equal((await world.submit(engine)).phase, 'queued');
    writeFileSync(lock, 'y'.repeat(5000));
    assert.equal((await world.submit(engine, { prompt: 'another' })).phase, 'queued');
    assert.equal(engine.tasks().length, 2);
  });

  const obstacles: Readonly<Record<string, { make: () => void; remove: () => void }>> = {
    'a dangling link in place of the database': {
      make: () => symlinkSync(path.join(world.folder, 'nowhere'), storeFile(world.folder)),
      remove: () => unlinkSync(storeFile(world.folder)),
    },
    'a folder in place of the database': {
      make: () => mkdirSync(storeFile(world.folder)),
      remove: () => rmdirSync(storeFile(world.folder)),
    },
    'a file in place of the folder': {
      make: () => {
        rmSync(folder(), { recursive: true });
        writeFileSync(folder(), '');
      },
      remove: () => unlinkSync(folder()),
    },
  };

  for (const [name, { make, remove }] of Object.entries(obstacles)) {
    it(`reports ${name}, sends nothing, and continues within a minute once it is gone`, async () => {
      mkdirSync(folder());
      make();
      const states: StoreState[] = [];
      const engine = openWindow();
      engine.onDidChangeState((state) => states.push(state));
      assert.ok(engine.state.kind === 'failed', engine.state.kind);
      assert.equal(engine.state.reason, 'cantOpen');
      assert.notEqual(engine.state.detail, '');
      assert.deepEqual([engine.tasks(), engine.task('x'), engine.isComplete], [[], undefined, false]);
      await assert.rejects(world.submit(engine), ReadOnlyStoreError);
      const hour = world.clock.now() + 3600_000;
      await world.until(() => world.clock.now() > hour, 2 * 3600_000);
      assert.ok(states.every(({ kind }) => kind === 'failed'));
      assert.ok(states.length > 30 && states.length < 120, `${states.length} attempts in an hour`);
      remove();
      const removed = world.clock.now();
      await world.until(() => engine.state.kind === 'open');
      assert.ok(world.clock.now() - removed <= 60_000);
      assert.equal((await world.submit(engine)).phase, 'queued');
      assert.equal(engine.tasks().length, 1);
      await engine.close();
    });
  }

  it('retries at once on request', () => {
    mkdirSync(folder());
    obstacles['a folder in place of the database']?.make();
    const engine = openWindow();
    assert.equal(engine.state.kind, 'failed');
    obstacles['a folder in place of the database']?.remove();
    engine.checkForChanges();
    assert.notEqual(engine.state.kind, 'failed');
    engine.dispose();
  });

  it('reads known tasks at once from a locked database, and never throws', async () => {
    const engine = await world.open();
    world.gateway.setFault({ name: 'taskStuck', route: 'submit' });
    const { id } = await world.submit(engine);
    const locker = new DatabaseSync(storeFile(world.folder));
    locker.exec('BEGIN EXCLUSIVE');
    const end = world.clock.now() + 4_000;
    while (world.clock.now() < end) {
      const started = performance.now();
      assert.deepEqual(
        [engine.task(id)?.id, engine.task('other'), engine.tasks().length],
        [id, undefined, 1],
      );
      assert.ok(performance.now() - started < 20);
      world.clock.moveTo(world.clock.now() + 1_000);
      await world.turns();
    }
    locker.close();
  });

  it('switches a database in another journal mode to a rollback journal', async () => {
    (await world.open()).dispose();
    const file = new DatabaseSync(storeFile(world.folder));
    file.exec('PRAGMA journal_mode = WAL');
    file.close();
    await world.open();
    const again = new DatabaseSync(storeFile(world.folder));
    assert.equal(again.prepare('PRAGMA journal_mode').get()?.['journal_mode'], 'delete');
    again.close();
  });

  it('follows a newer database number', async () => {
    const [first, second] = [await world.open(), await world.open()];
    const { id } = await world.submit(first);
    const next = path.join(folder(), 'tasks-2.db');
    const file = new DatabaseSync(next);
    migrate(file);
    file.close();
    assert.equal(looked(second).task(id), undefined);
    assert.equal((await world.submit(first, { prompt: 'in the next one' })).phase, 'queued');
    assert.deepEqual(
      looked(second)
        .tasks()
        .map(({ request }) => request.prompt),
      ['in the next one'],
    );
  });

  it('property: opens a damaged store, whatever a sidecar contains', async () => {
    const library = path.join(world.folder, 'library');
    const request = { model: 'sora-2', prompt: 'x' };
    const video = { bytes: 1, sha256: 'ab', width: 2, height: 3, durationSeconds: 4, hasAudio: true };
    const values = fc.oneof(fc.jsonValue(), fc.double(), fc.constant('id'));
    const tasks = fc.record(
      {
        id: fc.constant('id'),
        origin: values,
        keyId: values,
        createdAt: values,
        submittedAt: values,
        videos: values,
      },
      { requiredKeys: ['id'] },
    );
    await fc.assert(
      fc.asyncProperty(tasks, fc.jsonValue(), async (task, other) => {
        const usual = { origin: 'https://x.example', keyId: 'k', createdAt: 1.5, request };
        mkdirSync(library, { recursive: true });
        const write = (name: string, content: unknown) =>
          writeFileSync(path.join(library, name), JSON.stringify(content));
        write('a.json', {
          sidecarVersion: 1,
          video: { ...video, file: 'a.mp4' },
          task: { ...usual, ...task },
        });
        write('b.json', other);
        write('c.json', {
          sidecarVersion: 1,
          video: { ...video, file: 'c.mp4' },
          task: { ...usual, id: 'whole' },
        });
        rmSync(folder(), { recursive: true, force: true });
        mkdirSync(folder(), { recursive: true });
        writeFileSync(storeFile(world.folder), 'this is no database'.repeat(300));
        const engine = await Engine.open(world.options);
        assert.equal(engine.state.kind, 'open');
        assert.equal(engine.task('whole')?.phase, 'saved');
        await engine.close();
      }),
      { numRuns: 20 },
    );
  });

  it('property: opens the store whatever a row contains, and shows and continues the other tasks', async () => {
    world.gateway.setFault({ name: 'taskStuck', route: 'submit', times: 'always' });
    const first = await world.open();
    const [whole, odd] = [await world.submit(first), await world.submit(first, { prompt: 'odd' })];
    await first.close();
    const text = fc.oneof(
      fc.jsonValue().map((value) => JSON.stringify(value)),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('{', '[null]', '{"model":7}', '{"charged":"perhaps"}'),
    );
    const number = fc.oneof(fc.maxSafeInteger(), fc.constant(null));
    const row = fc.record(
      {
        ...{ request: text, failure: text, links: text, money: text, phase: text, base_url: text },
        ...{ id_source: text, gateway_task_id: text, based_on: text, key_id: text, fetch_host: text },
        ...{ next_due: number, submitted_at: number, succeeded_at: number, expires_at: number },
      },
      { requiredKeys: [] },
    );
    const detail = fc.record({ note: text, phase: text, state: text, link: text, file: text, reason: text });
    let last: Engine | undefined;
    await fc.assert(
      fc.asyncProperty(row, detail, async (columns, { note, phase, state, link, file, reason }) => {
        const database = new DatabaseSync(storeFile(world.folder));
        for (const [name, value] of Object.entries(columns)) {
          database.prepare(`UPDATE tasks SET ${name} = ? WHERE id = ?`).run(value, odd.id);
        }
        database
          .prepare('UPDATE timeline SET note = ?, phase = ? WHERE task_id = ?')
          .run(note, phase, odd.id);
        database
          .prepare(
            'INSERT OR REPLACE INTO videos (task_id, position, state, link, file, reason) VALUES (?, 0, ?, ?, ?, ?)',
          )
          .run(odd.id, state, link, file, reason);
        database.close();
        last = await world.open();
        assert.equal(last.state.kind, 'open');
        await last.loaded();
        assert.equal(last.task(whole.id)?.phase, 'queued');
        assert.equal(last.isGone(odd.id), false);
        // Reading never throws.
        JSON.stringify([last.tasks(), last.unseen(), last.deletedFromLibrary()]);
        const before = world.requests('query');
        await world.until(() => world.requests('query') > before, 60_000);
        await last.close();
      }),
      { numRuns: 25 },
    );
    assert.equal(world.requests('submit'), 2);
  });

  it('keeps removed tasks removed after a repair, and looks for a missing video', async () => {
    const engine = await world.open();
    const saved = async (prompt: string) =>
      world.untilPhase(engine, (await world.submit(engine, { prompt })).id, 'saved');
    const [removed, kept] = [await saved('removed'), await saved('kept')];
    await engine.remove(removed.id);
    await engine.close();
    const sidecar = path.join(
      world.folder,
      'library',
      `${path.parse(new URL(kept.videos[0]!.uri).pathname).name}.json`,
    );
    const file = new DatabaseSync(storeFile(world.folder));
    // The library has one of the two videos of the row that can't be read.
    const { task, ...rest } = JSON.parse(readFileSync(sidecar, 'utf8')) as { task: object };
    writeFileSync(sidecar, JSON.stringify({ ...rest, task: { ...task, videos: 2 } }));
    file.exec(`DELETE FROM tasks`);
    file.exec(`INSERT INTO counters VALUES ('incomplete', 1)`);
    const row = file.prepare(`SELECT rootpage FROM sqlite_schema WHERE name = 'tasks_by_age'`).get();
    file.close();
    const handle = openSync(storeFile(world.folder), 'r+');
    writeSync(handle, Buffer.alloc(4096, 0xa5), 0, 4096, (Number(row?.['rootpage']) - 1) * 4096);
    closeSync(handle);
    const again = await world.open();
    assert.equal(readdirSync(folder()).includes('tasks-2.db'), true);
    assert.deepEqual(
      again.tasks().map(({ id, phase }) => [id, phase]),
      [[kept.id, 'queued']],
    );
    assert.equal((await world.untilPhase(again, kept.id)).phase, 'saved');
  });
});
