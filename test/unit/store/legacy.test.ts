import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import * as path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Engine } from '../../../src/core/engine';
import { projectRoot } from '../../vscode/projectRoot';
import { World, looked } from '../support/world';

describe('the database of an older version', function () {
  this.timeout(120_000);
  let world: World;

  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(async () => {
    await world.stop();
  });

  const legacy = () => path.join(world.folder, 'tasks.db');
  const files = () => readdirSync(path.join(world.folder, 'store')).sort();

  /** Opens the database as a window of the older version. */
  function olderWindow(): DatabaseSync {
    const connection = new DatabaseSync(legacy());
    return connection;
  }

  function makeLegacy(): void {
    const connection = olderWindow();
    const schemas = path.join(projectRoot, 'test', 'unit', 'store', 'schemas');
    connection.exec(readFileSync(path.join(schemas, 'v3.sql'), 'utf8'));
    connection.exec(`UPDATE tasks SET base_url = '${world.gateway.baseUrl}', next_due = NULL`);
    connection.close();
  }

  it('is imported once, and its windows can only read it from then on', async () => {
    makeLegacy();
    const older = olderWindow();
    const engine = await world.open();
    assert.equal(engine.tasks().length, 12);
    assert.equal(older.prepare('PRAGMA user_version').get()?.['user_version'], 1000);
    assert.deepEqual(files(), ['lock.db', 'tasks-1.db']);
    const [failed] = engine.tasks().filter(({ phase }) => phase === 'failed');
    assert.equal(failed?.failure?.message, 'The prompt was refused.');
    await engine.remove(failed.id);
    await engine.close();
    const again = await world.open();
    assert.equal(again.tasks().length, 11);
    older.close();
  });

  it('yields the task IDs that are in the message of a failure', async () => {
    makeLegacy();
    const made = await pretendTask();
    const connection = olderWindow();
    const message = `The request was sent, but no clear answer came back. Details: {"task_id":"${made}","status":"subm`;
    connection
      .prepare(`UPDATE tasks SET failure = ? WHERE phase = 'unknown'`)
      .run(JSON.stringify({ kind: 'badReply', message, charged: 'unknown' }));
    connection.close();
    const engine = await world.open();
    await world.until(() => engine.tasks().some(({ gatewayTaskId }) => gatewayTaskId === made));
    const task = engine.tasks().find(({ gatewayTaskId }) => gatewayTaskId === made)!;
    assert.equal((await world.untilPhase(engine, task.id)).phase, 'saved');
    assert.equal(world.requests('submit'), 1);
  });

  /** Creates a task at the gateway that no window knows. */
  async function pretendTask(): Promise<string> {
    const elsewhere = await world.open({ storageFolder: path.join(world.folder, 'elsewhere') });
    const { gatewayTaskId } = await world.submit(elsewhere);
    await elsewhere.close();
    assert.ok(gatewayTaskId);
    return gatewayTaskId;
  }

  it('is imported only after a window of the older version has sent its request', async () => {
    makeLegacy();
    const older = olderWindow();
    const due = world.clock.now() + 30_000;
    older.prepare(`UPDATE tasks SET next_due = ? WHERE phase = 'sending'`).run(due);
    const engine = new Engine(world.options);
    engine.open();
    const until = world.clock.now() + 5_000;
    await world.until(() => world.clock.now() >= until);
    assert.equal(engine.isComplete, false);
    older.exec(
      `UPDATE tasks SET phase = 'queued', gateway_task_id = 'video_1', next_due = NULL WHERE phase = 'sending'`,
    );
    await world.until(() => engine.state.kind === 'open');
    assert.ok(engine.tasks().some(({ gatewayTaskId }) => gatewayTaskId === 'video_1'));
    older.close();
    await engine.close();
  });

  it('is imported again after an older version has written to it', async () => {
    const engine = await world.open();
    await engine.close();
    makeLegacy();
    const again = await world.open();
    assert.equal(again.tasks().length, 12);
    assert.equal(looked(again).state.kind, 'open');
    const older = olderWindow();
    assert.equal(older.prepare('PRAGMA user_version').get()?.['user_version'], 1000);
    older.close();
  });
});
