import assert from 'node:assert/strict';
import { closeSync, openSync, readdirSync, statSync, writeFileSync, writeSync } from 'node:fs';
import * as path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ReadOnlyStoreError } from '../../../src/core/store/storeState';
import { SCHEMA_VERSION } from '../../../src/core/store/schema';
import { PHASES, canTransition, isFinal } from '../../../src/core/task/phases';
import { storeFile } from '../../support/storeFile';
import { World } from '../support/world';

describe('the task store', function () {
  this.timeout(120_000);
  let world: World;

  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(async () => {
    await world.stop();
  });

  const database = () => storeFile(world.folder);

  it('keeps snapshots frozen, newest first, within the limit', async () => {
    const engine = await world.open();
    for (const prompt of ['one', 'two', 'three']) {
      await world.submit(engine, { prompt });
      world.clock.jump(1000);
    }
    const prompts = (limit?: number) => engine.tasks(limit).map((task) => task.request.prompt);
    assert.deepEqual(prompts(), ['three', 'two', 'one']);
    assert.deepEqual(prompts(2), ['three', 'two']);
    const [task] = engine.tasks();
    assert.throws(() => ((task as { phase: string }).phase = 'saved'), TypeError);
    assert.throws(() => ((task!.timeline as unknown[])[0] = {}), TypeError);
    assert.throws(() => ((task!.request as { prompt: string }).prompt = ''), TypeError);
  });

  it('returns a prompt byte for byte', async () => {
    const engine = await world.open();
    const prompt = '  “Zwölf” 猫\n\t\u0000 \u{1f3ac} \\" </script> \r\n ';
    const { id } = await world.submit(engine, { prompt });
    engine.dispose();
    const again = await world.open();
    assert.equal(again.task(id)?.request.prompt, prompt);
    const [submit] = world.gateway.log.filter((record) => record.kind === 'submit');
    assert.equal((submit?.body as { prompt: string }).prompt, prompt);
  });

  it('refuses transitions that no table allows', () => {
    assert.equal(canTransition('saved', 'sending'), false);
    assert.equal(canTransition('rejected', 'sending'), false);
    assert.equal(canTransition('unknown', 'sending'), false);
    // No request is sent twice: `sending` is reached only from `draft`, and `draft` only if refused.
    assert.deepEqual(
      PHASES.filter((phase) => canTransition(phase, 'sending')),
      ['draft'],
    );
    assert.deepEqual(
      PHASES.filter((phase) => canTransition(phase, 'draft')),
      ['sending'],
    );
    for (const phase of PHASES) assert.equal(canTransition(phase, phase), false);
    assert.deepEqual(PHASES.filter(isFinal), ['saved', 'failed', 'lost', 'stopped', 'unknown', 'rejected']);
  });

  it('reads a database of a newer version, but does not write to it', async () => {
    const engine = await world.open();
    const { id } = await world.submit(engine);
    engine.dispose();
    const file = new DatabaseSync(database());
    file.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
    file.close();
    const again = await world.open();
    assert.equal(again.readOnly, 'newer');
    assert.equal(again.task(id)?.phase, 'queued');
    await assert.rejects(world.submit(again), ReadOnlyStoreError);
    assert.equal(world.requests('submit'), 1);
  });

  it('stops writing when a newer version takes over while the window is open', async () => {
    const engine = await world.open();
    const { id } = await world.submit(engine);
    const file = new DatabaseSync(database());
    file.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
    file.close();
    await assert.rejects(world.submit(engine), ReadOnlyStoreError);
    assert.equal(engine.task(id)?.phase, 'queued');
  });

  it('sets a file that is no database aside, and restores the videos of the library', async () => {
    const engine = await world.open();
    const saved = await world.untilPhase(engine, (await world.submit(engine)).id);
    engine.dispose();
    writeFileSync(database(), 'this is no database, however long it may be'.repeat(100));
    const again = await world.open();
    assert.equal(again.readOnly, undefined);
    const [task] = again.tasks();
    assert.equal(task?.id, saved.id);
    assert.equal(task.phase, 'saved');
    assert.deepEqual(task.videos, saved.videos);
    assert.deepEqual(task.request, saved.request);
    assert.deepEqual(readdirSync(path.dirname(database())).sort(), ['lock.db', 'tasks-1.db', 'tasks-2.db']);
    assert.equal((await world.submit(again)).phase, 'queued');
  });

  it('loses only the rows of a damaged page, and tracks an unfinished task again', async () => {
    const engine = await world.open();
    world.gateway.setFault({ name: 'taskStuck', route: 'submit', times: 'always' });
    for (let index = 0; index < 60; index++) await world.submit(engine, { prompt: `${index} `.repeat(40) });
    engine.dispose();
    // A page in the middle, because the first one identifies the file.
    const pages = statSync(database()).size / 4096;
    const file = openSync(database(), 'r+');
    writeSync(file, Buffer.alloc(4096, 0xa5), 0, 4096, Math.floor(pages / 2) * 4096);
    closeSync(file);
    const again = await world.open();
    const alive = again.tasks();
    assert.ok(alive.length >= 30 && alive.length <= 60, `${alive.length} of 60 are left`);
    assert.ok(alive.every((task) => task.phase === 'queued' && task.gatewayTaskId !== undefined));
    const next = await world.submit(again, { prompt: 'after the damage' });
    assert.equal(next.phase, 'queued');
  });

  it('waits for another window without blocking the host, and writes in the end', async () => {
    const engine = await world.open();
    const { id } = await world.submit(engine);
    await world.untilPhase(engine, id);
    const theirs = new DatabaseSync(database());
    theirs.exec('BEGIN IMMEDIATE');
    const started = performance.now();
    const written = engine.markSeen(id);
    await new Promise((resolve) => setImmediate(resolve));
    // An attempt blocks the host for at most 50 ms, then yields.
    assert.ok(performance.now() - started < 1000);
    theirs.exec('COMMIT');
    world.clock.moveTo(world.clock.now() + 100);
    await written;
    assert.deepEqual(engine.unseen(), []);
    theirs.close();
  });
});
