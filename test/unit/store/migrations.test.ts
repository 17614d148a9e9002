import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { PHASES, isFinal } from '../../../src/core/task/phases';
import { SCHEMA_VERSION, migrate } from '../../../src/core/store/schema';
import { storeFile } from '../../support/storeFile';
import { projectRoot } from '../../vscode/projectRoot';
import { World } from '../support/world';

const schemas = path.join(projectRoot, 'test', 'unit', 'store', 'schemas');
const fixture = (version: number) => readFileSync(path.join(schemas, `v${version}.sql`), 'utf8');

/** Returns the schema of a database, sorted by name and without insignificant whitespace. */
function schemaOf(connection: DatabaseSync): readonly string[] {
  return connection
    .prepare(`SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type, name`)
    .all()
    .map(({ type, name, sql }) => `${String(type)} ${String(name)}: ${String(sql).replace(/\s+/g, ' ')}`);
}

const versionOf = (connection: DatabaseSync) =>
  connection.prepare('PRAGMA user_version').get()?.['user_version'];

const hint = [
  'The tables have changed. A released version keeps its tables for ever: add a step to src/core/store/schema.ts,',
  'and a file test/unit/store/schemas/vN.sql with a database of the new version, rows included.',
].join(' ');

/** The phases of the kept tasks, by age. */
const order = [
  'draft',
  'sending',
  'queued',
  'running',
  'ready',
  'saving',
  'saved',
  'failed',
  'rejected',
  'unknown',
  'lost',
  'stopped',
];

describe('the versions of the store', function () {
  this.timeout(120_000);

  function make(version: number, place: string): void {
    const connection = new DatabaseSync(place);
    connection.exec(fixture(version));
    connection.close();
  }

  it('each have a database that is kept, and no others', () => {
    const kept = readdirSync(schemas).sort();
    assert.deepEqual(
      kept,
      Array.from({ length: SCHEMA_VERSION }, (_, index) => `v${index + 1}.sql`).sort(),
      hint,
    );
  });

  it('lead to today’s tables, and none has changed since it was kept', () => {
    const fresh = new DatabaseSync(':memory:');
    migrate(fresh);
    for (let version = 1; version <= SCHEMA_VERSION; version++) {
      const kept = new DatabaseSync(':memory:');
      kept.exec(fixture(version));
      assert.equal(versionOf(kept), version);
      migrate(kept);
      assert.deepEqual(schemaOf(kept), schemaOf(fresh), hint);
      kept.close();
    }
    fresh.close();
  });

  for (let version = 1; version <= SCHEMA_VERSION; version++) {
    it(`keep every task and its progress from version ${version}`, async () => {
      const world = await World.create();
      try {
        make(version, path.join(world.folder, 'tasks.db'));
        // No request is sent for them. Only the stored state counts.
        world.keys.key = undefined;
        const engine = await world.open();
        assert.equal(engine.readOnly, undefined);
        assert.deepEqual([...order].sort(), [...PHASES].sort());
        const tasks = engine.tasks();
        assert.deepEqual(
          tasks.map(({ phase }) => phase),
          [...order].reverse(),
        );
        for (const task of tasks) {
          assert.equal(task.request.model, task.phase === 'running' ? 'wan2.6-i2v' : 'sora-2');
          assert.equal(task.timeline.at(-1)?.phase, task.phase);
          assert.ok(!isFinal(task.phase) || task.timeline.at(-1)?.note === 'Why it is so.');
        }
        const saved = tasks.find(({ phase }) => phase === 'saved');
        assert.deepEqual(saved?.videos[0]?.bytes, 1_234_567);
        assert.deepEqual(engine.unseen(), []);
        assert.deepEqual(engine.deletedFromLibrary(), [saved.id]);
        assert.equal(tasks.find(({ phase }) => phase === 'running')?.progress, 42.5);
        assert.equal(
          tasks.find(({ phase }) => phase === 'saving')?.fetchProgress,
          version < 2 ? undefined : 42,
        );
        assert.equal(
          tasks.find(({ phase }) => phase === 'stopped')?.basedOn,
          version < 3 ? undefined : tasks.find(({ phase }) => phase === 'unknown')?.id,
        );
        assert.equal(
          tasks.find(({ phase }) => phase === 'failed')?.failure?.code,
          'content_policy_violation',
        );
        // A request that was being sent when its window crashed gets an outcome, and new ones can be sent.
        await world.until(() =>
          engine.tasks().every(({ phase }) => phase !== 'sending' && phase !== 'draft'),
        );
        world.keys.key = world.access.key;
        assert.equal((await world.submit(engine)).phase, 'queued');
      } finally {
        await world.stop();
      }
    });
  }
});

describe('a window that is open when a newer version migrates the store', () => {
  it('stops tracking the tasks, reports it once, and still shows them', async () => {
    const world = await World.create();
    try {
      const engine = await world.open();
      world.gateway.setFault({ name: 'taskStuck', route: 'submit', times: 'always' });
      const { id } = await world.submit(engine);
      await world.until(() => world.requests('query') >= 2);
      const newer = new DatabaseSync(storeFile(world.folder));
      newer.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
      newer.close();
      const since = world.clock.now();
      const before = world.requests('query');
      while (world.clock.now() < since + 10 * 60_000) {
        await world.turns();
        world.clock.moveTo(world.clock.now() + 1000);
      }
      assert.ok(world.requests('query') - before <= 1);
      const warnings = world.lines.filter((line) => line.includes('a newer version keeps the tasks now'));
      assert.equal(warnings.length, 1);
      assert.deepEqual(
        world.lines.filter((line) => line.startsWith('error')),
        [],
      );
      assert.equal(engine.task(id)?.phase, 'queued');
      await assert.rejects(world.submit(engine, { prompt: 'no' }), /can't be written \(newer\)/);
    } finally {
      await world.stop();
    }
  });
});

describe('a migration', function () {
  this.timeout(120_000);
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'nebula-schema-'));
    file = path.join(folder, 'tasks.db');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const first = 'CREATE TABLE a (x); INSERT INTO a VALUES (1)';
  const second = 'ALTER TABLE a ADD COLUMN y; UPDATE a SET y = x + 1';
  const third = 'CREATE TABLE b AS SELECT x + y AS z FROM a';
  const open = () => new DatabaseSync(file);
  const rows = (connection: DatabaseSync, table: string) =>
    connection
      .prepare(`SELECT * FROM ${table}`)
      .all()
      .map((row) => ({ ...row }));

  for (const from of [0, 1, 2, 3]) {
    it(`runs the missing steps in order, from version ${from}`, () => {
      const connection = open();
      migrate(connection, [first, second, third].slice(0, from));
      migrate(connection, [first, second, third]);
      assert.equal(versionOf(connection), 3);
      assert.deepEqual(rows(connection, 'b'), [{ z: 3 }]);
      connection.close();
    });
  }

  it('leaves a newer database as it is', () => {
    const connection = open();
    migrate(connection, [first, second]);
    migrate(connection, [first]);
    assert.equal(versionOf(connection), 2);
    connection.close();
  });

  it('changes nothing if it fails in the middle', () => {
    const connection = open();
    migrate(connection, [first]);
    const before = schemaOf(connection);
    assert.throws(() => migrate(connection, [first, second, `${third}; SELECT nonsense`]));
    assert.equal(connection.isTransaction, false);
    assert.deepEqual([versionOf(connection), schemaOf(connection)], [1, before]);
    connection.close();
  });

  it('leaves the old version intact if its window is killed in the middle', () => {
    const connection = open();
    migrate(connection, ['CREATE TABLE a (x, y)']);
    connection.exec(
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
       INSERT INTO a SELECT i, hex(zeroblob(100)) FROM n`,
    );
    connection.close();
    // More than fits into the cache, so parts of it are in the file when the process ends.
    const killed = spawnSync(
      process.execPath,
      [
        '-e',
        `const { DatabaseSync } = require('node:sqlite');
         const connection = new DatabaseSync(${JSON.stringify(file)});
         connection.exec("PRAGMA cache_size = 10; BEGIN IMMEDIATE; UPDATE a SET y = upper(y) || x");
         connection.exec("PRAGMA user_version = 2");
         process.kill(process.pid, 'SIGKILL');`,
      ],
      { encoding: 'utf8' },
    );
    assert.equal(killed.signal, 'SIGKILL', killed.stderr);
    assert.ok(statSync(`${file}-journal`).size > 100_000, 'the end came in the middle of writing');
    const after = open();
    assert.equal(versionOf(after), 1);
    assert.equal(rows(after, `a WHERE y <> hex(zeroblob(100))`).length, 0);
    assert.equal(after.prepare('PRAGMA integrity_check').get()?.['integrity_check'], 'ok');
    after.close();
  });
});
