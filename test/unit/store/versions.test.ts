import assert from 'node:assert/strict';
import { cpSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Engine } from '../../../src/core/engine';
import { STORAGE_NAMES } from '../../../src/core/common/storageNames';
import { SCHEMA_VERSION } from '../../../src/core/store/schema';
import { ReadOnlyStoreError } from '../../../src/core/store/storeState';
import { storeFile } from '../../support/storeFile';
import { projectRoot } from '../../vscode/projectRoot';
import { World, looked } from '../support/world';

const NEWER = SCHEMA_VERSION + 1;

describe('windows of different versions', function () {
  this.timeout(60_000);
  let world: World;

  beforeEach(async () => {
    world = await World.create();
    world.gateway.setFault({ name: 'taskStuck', route: 'submit', times: 'always' });
  });
  afterEach(async () => {
    await world.stop();
  });

  const folder = () => path.join(world.folder, STORAGE_NAMES.store);

  async function pass(ms: number): Promise<void> {
    const until = world.clock.now() + ms;
    while (world.clock.now() < until) {
      await world.quiet();
      world.clock.moveTo(Math.min(world.clock.nextTimer ?? until, until));
    }
  }

  /** Changes the current database as a newer version would. */
  function upgrade(sql = ''): void {
    const file = new DatabaseSync(storeFile(world.folder));
    file.exec(`PRAGMA foreign_keys = OFF; ${sql}; PRAGMA user_version = ${NEWER}`);
    file.close();
  }

  /** Creates the next database as a newer version would. */
  function makeNewerNumber(): string {
    const next = path.join(folder(), 'tasks-2.db');
    cpSync(storeFile(world.folder), next);
    upgrade(`ALTER TABLE tasks ADD COLUMN shine TEXT; UPDATE tasks SET shine = 'yes'`);
    return next;
  }

  async function assertNeverWrites(engine: Engine, file: string): Promise<void> {
    const before = readFileSync(file);
    const [names, submits] = [readdirSync(folder()).sort(), world.requests('submit')];
    await assert.rejects(world.submit(engine, { prompt: 'no' }), ReadOnlyStoreError);
    await pass(3600_000);
    assert.equal(engine.readOnly, 'newer');
    assert.deepEqual(readFileSync(file), before);
    assert.deepEqual(readdirSync(folder()).sort(), names);
    assert.equal(world.requests('submit'), submits);
  }

  it('follow the next database of a newer version, show its tasks, and never write to it', async () => {
    const engine = await world.open();
    const { id } = await world.submit(engine);
    const file = makeNewerNumber();
    looked(engine);
    assert.equal(engine.readOnly, 'newer');
    assert.equal(engine.task(id)?.phase, 'queued');
    await assertNeverWrites(engine, file);
  });

  it('send nothing if a newer version creates the next database just before a write', async () => {
    const engine = await world.open();
    await world.submit(engine);
    const file = makeNewerNumber();
    await assert.rejects(world.submit(engine, { prompt: 'at once' }), ReadOnlyStoreError);
    await assertNeverWrites(engine, file);
  });

  it('show the tasks if they open the database of a newer version, and never write to it', async () => {
    const first = await world.open();
    const { id } = await world.submit(first);
    await first.close();
    const file = makeNewerNumber();
    const engine = await world.open();
    assert.equal(engine.task(id)?.phase, 'queued');
    await assertNeverWrites(engine, file);
  });

  it('show the other tasks if a phase is known only to the newer version, and don’t take that one for missing', async () => {
    const first = await world.open();
    const { id } = await world.submit(first);
    const other = await world.submit(first, { prompt: 'in a new phase' });
    await first.close();
    upgrade(`UPDATE tasks SET phase = 'dreaming' WHERE id = '${other.id}'`);
    const engine = await world.open();
    assert.deepEqual(
      [engine.task(id)?.phase, engine.task(other.id), engine.isGone(other.id)],
      ['queued', undefined, false],
    );
    await assertNeverWrites(engine, storeFile(world.folder));
  });

  it('report tables that can’t be read once, and stay idle', async () => {
    const first = await world.open();
    await world.submit(first);
    await first.close();
    upgrade('ALTER TABLE videos RENAME TO films');
    const engine = new Engine(world.options);
    engine.start();
    engine.open();
    const lines = world.lines.length;
    await assertNeverWrites(engine, storeFile(world.folder));
    assert.equal(engine.isComplete, false);
    const errors = world.lines.slice(lines).filter((line) => line.startsWith('error'));
    assert.ok(errors.length <= 1, errors.join('\n'));
    await engine.close();
  });

  it('leave a damaged database to the newer version that created it', async () => {
    const first = await world.open();
    for (let index = 0; index < 20; index++) await world.submit(first, { prompt: `${index} `.repeat(200) });
    await first.close();
    upgrade();
    const file = storeFile(world.folder);
    const bytes = readFileSync(file);
    const page = Math.floor(bytes.length / 4096 / 2);
    writeFileSync(file, bytes.fill(0xa5, page * 4096, (page + 1) * 4096));
    const engine = new Engine(world.options);
    engine.start();
    engine.open();
    await pass(10 * 60_000);
    const { state } = engine;
    assert.ok(state.kind === 'failed' && state.detail.includes('newer version'), state.kind);
    assert.deepEqual(readdirSync(folder()).sort(), ['lock.db', 'tasks-1.db']);
    assert.deepEqual(readFileSync(file), bytes);
    await engine.close();
  });

  it('import what an older version writes during the import', async () => {
    const older = new DatabaseSync(path.join(world.folder, STORAGE_NAMES.legacyDatabase));
    older.exec(readFileSync(path.join(projectRoot, 'test', 'unit', 'store', 'schemas', 'v3.sql'), 'utf8'));
    older.exec(`UPDATE tasks SET next_due = NULL; BEGIN IMMEDIATE`);
    older.exec(`UPDATE tasks SET gateway_task_id = 'video_late' WHERE phase = 'unknown'`);
    const engine = new Engine(world.options);
    engine.open();
    await pass(2_000);
    assert.ok(engine.state.kind === 'failed' && engine.state.reason === 'locked', engine.state.kind);
    older.exec('COMMIT');
    await pass(10_000);
    assert.equal(engine.readOnly, undefined);
    assert.ok(engine.tasks().some(({ gatewayTaskId }) => gatewayTaskId === 'video_late'));
    // Its next write checks this number and is refused by its own code.
    assert.equal(older.prepare('PRAGMA user_version').get()?.['user_version'], 1000);
    older.close();
    await engine.close();
  });
});
