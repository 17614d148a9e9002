import assert from 'node:assert/strict';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isDeepStrictEqual } from 'node:util';
import { Engine, type EngineOptions } from '../../../src/core/engine';
import { untranslatedL10n } from '../../../src/core/common/l10n';
import { looksLikeKey } from '../../../src/core/gateway/redaction';
import { STORAGE_NAMES } from '../../../src/core/common/storageNames';
import { SCHEMA_VERSION, migrate } from '../../../src/core/store/schema';
import { storeFile } from '../../support/storeFile';
import { projectRoot } from '../../vscode/projectRoot';
import { FakeClock } from '../support/fakeClock';
import { quietLog } from '../support/quietLog';
import { StoreFaults, sqliteError, systemError } from '../support/storeFaults';
import { catalog } from '../../support/catalog';

const PAGE = 4096;
const FULL = 13;
const PHASES = `'queued', 'saved', 'unknown'`;

/** Content of a profile when its next window opens it. */
const profiles: Readonly<Record<string, (folder: string) => void>> = {
  'a new profile': () => undefined,
  'the database of an older version': (folder) =>
    makeDatabase(path.join(folder, STORAGE_NAMES.legacyDatabase), 3),
  'an older version that was used again': (folder) => {
    makeDatabase(first(folder), SCHEMA_VERSION);
    makeDatabase(path.join(folder, STORAGE_NAMES.legacyDatabase), 3, 'again-');
  },
  'a schema step': (folder) => makeDatabase(first(folder), SCHEMA_VERSION - 1),
  'a damaged database': (folder) => {
    makeDatabase(first(folder), SCHEMA_VERSION);
    addRows(first(folder));
    damage(first(folder), 'row-3');
  },
  'a damaged database of an older version': (folder) => {
    const file = path.join(folder, STORAGE_NAMES.legacyDatabase);
    makeDatabase(file, 3);
    addRows(file);
    damage(file, 'row-3');
  },
};

const first = (folder: string) => {
  mkdirSync(path.join(folder, STORAGE_NAMES.store), { recursive: true });
  return path.join(folder, STORAGE_NAMES.store, 'tasks-1.db');
};

/** Creates a database with some tasks. */
function makeDatabase(file: string, version: number, prefix = ''): void {
  const kept = Math.min(version, SCHEMA_VERSION - 1);
  const schemas = path.join(projectRoot, 'test', 'unit', 'store', 'schemas');
  const connection = new DatabaseSync(file);
  connection.exec(readFileSync(path.join(schemas, `v${kept}.sql`), 'utf8'));
  connection.exec(`DELETE FROM tasks WHERE phase NOT IN (${PHASES})`);
  connection.exec('PRAGMA foreign_keys = OFF');
  if (version > kept) migrate(connection);
  if (prefix !== '') {
    connection.exec(
      `UPDATE tasks SET id = '${prefix}' || id; UPDATE timeline SET task_id = '${prefix}' || task_id`,
    );
    connection.exec(`UPDATE videos SET task_id = '${prefix}' || task_id`);
  }
  connection.close();
}

/** Adds tasks that fill three pages. */
function addRows(file: string): void {
  const connection = new DatabaseSync(file);
  connection.exec(
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 8)
     INSERT INTO tasks (id, change, version, created_at, updated_at, phase, base_url, key_id, request, body_sha256)
     SELECT 'task-' || i, 100 + i, 1, i, i, 'stopped', 'https://gateway.example', 'key-1',
       json_object('model', 'sora-2', 'prompt', 'row-' || i || '${' and so on'.repeat(100)}'), '' FROM n`,
  );
  connection.close();
}

/** Overwrites the page that contains a text. */
function damage(file: string, text: string): void {
  const bytes = readFileSync(file);
  const at = bytes.indexOf(`${text} and so on`);
  assert.ok(at > 0);
  bytes.fill(0xa5, at - (at % PAGE), at - (at % PAGE) + PAGE);
  writeFileSync(file, bytes);
}

describe('a full disk', function () {
  this.timeout(60_000);
  let folders: string;
  let faults: StoreFaults;
  let clock: FakeClock;

  beforeEach(() => {
    folders = mkdtempSync(path.join(tmpdir(), 'nebula-full-'));
    faults = new StoreFaults();
    clock = new FakeClock();
  });
  afterEach(() => {
    faults.dispose();
    rmSync(folders, { recursive: true, force: true });
  });

  const options = (storageFolder: string): EngineOptions => ({
    storageFolder,
    // Without a key, no request is sent. Only the store is tested.
    keys: {
      version: 0,
      looksLikeKey: (text) => looksLikeKey(text, []),
      keyFor: () => Promise.resolve({ kind: 'none' }),
    },
    log: quietLog,
    catalog,
    l10n: untranslatedL10n,
    pollInterval: () => 5000,
    clock,
    http: () => assert.fail('something was sent'),
  });

  /** Opens a window and waits until it's open, or throws the reason. */
  async function openWindow(folder: string): Promise<Engine> {
    const engine = new Engine(options(folder));
    engine.open();
    await rest(engine);
    return engine;
  }

  async function rest(engine: Engine): Promise<void> {
    // The disk takes real time, which the fake clock doesn't measure.
    const limit = performance.now() + 10_000;
    for (let turns = 0; performance.now() < limit; turns++) {
      const { kind } = engine.state;
      if (kind === 'failed' || (kind === 'open' && engine.isComplete)) return;
      await new Promise((resolve) => setImmediate(resolve));
      // Waiting for a lock uses the clock.
      if (turns % 50 === 49) clock.moveTo(clock.now() + 10);
    }
    assert.fail(`the store stays ${engine.state.kind}`);
  }

  /** The parts of the tasks that don't vary between runs. */
  const essence = (engine: Engine) =>
    engine
      .tasks(Infinity)
      .map(({ id, phase, videos, timeline }) => JSON.stringify([id, phase, videos.length, timeline.length]))
      .sort();

  /** Checks that the current database is complete and returns its task IDs. */
  function currentIds(folder: string): readonly string[] {
    const connection = new DatabaseSync(storeFile(folder), { readOnly: true });
    try {
      return connection
        .prepare('SELECT id FROM tasks ORDER BY id')
        .all()
        .map(({ id }) => String(id));
    } finally {
      connection.close();
    }
  }

  /**
   * Makes writes fail from a call on (counted from 1), permanently or once.
   * @returns the number of calls
   */
  function fillUp(from: number, isForGood: boolean): { count: number; last: string } {
    const seen = { count: 0, last: '' };
    faults.onCall = (call) => {
      // On a full disk, existing files can be opened and new ones created, as long as nothing is written.
      if (/^(open|openSync|readdirSync|accessSync)$/.test(call.name)) return;
      seen.count++;
      if (seen.count < from || (seen.count > from && !isForGood)) return;
      seen.last = `${call.name} ${call.about}`.slice(0, 80);
      if (call.name === 'exec' || call.name === 'run') throw sqliteError(FULL, 'database or disk is full');
      throw systemError('ENOSPC', call);
    };
    return seen;
  }

  for (const [name, make] of Object.entries(profiles)) {
    for (const isForGood of [true, false]) {
      const kind = isForGood ? 'from any step on' : 'at any one step';
      it(`${kind}: ${name} opens when there is space again, and nothing is lost`, async () => {
        const template = path.join(folders, 'template');
        mkdirSync(template);
        make(template);
        const copy = (run: string) => {
          const folder = path.join(folders, run);
          cpSync(template, folder, { recursive: true });
          return folder;
        };
        const calls = fillUp(Infinity, true);
        const whole = await openWindow(copy('whole'));
        const expected = essence(whole);
        await whole.close();
        assert.ok(expected.length >= (name === 'a new profile' ? 0 : 3), `${expected.length} tasks`);
        const expectedIds = currentIds(path.join(folders, 'whole'));
        assert.ok(calls.count > 2, `${calls.count} calls`);
        let failures = 0;
        for (let from = 1; from <= calls.count; from++) {
          const folder = copy(`run-${from}`);
          const before = existsSync(storeFile(folder)) ? currentIds(folder) : undefined;
          const seen = fillUp(from, isForGood);
          const engine = await openWindow(folder);
          const where = `call ${from}: ${seen.last}`;
          const { state } = engine;
          if (state.kind === 'failed') {
            failures++;
            assert.equal(state.reason, 'full', `${where} ${state.detail}`);
            assert.match(state.detail, /full|ENOSPC/, where);
            assert.ok(state.retryAt > clock.now() && state.retryAt <= clock.now() + 60_000, where);
            // An incomplete file must not be taken for a database.
            if (existsSync(storeFile(folder))) {
              const now = currentIds(folder);
              assert.ok(
                [before, expectedIds].some((ids) => isDeepStrictEqual(ids, now)),
                where,
              );
            }
          } else assert.deepEqual(essence(engine), expected, where);
          faults.onCall = () => undefined;
          const giveUp = clock.now() + 60_000;
          while (engine.state.kind === 'failed' && clock.now() < giveUp) {
            clock.moveTo(Math.min(clock.nextTimer ?? Infinity, giveUp));
            await rest(engine);
          }
          assert.equal(engine.state.kind, 'open', `${where} ${JSON.stringify(engine.state)}`);
          await rest(engine);
          assert.deepEqual(essence(engine), expected, where);
          await engine.close();
          const left = readdirSync(path.join(folder, STORAGE_NAMES.store)).filter(
            (file) => !/^(lock|tasks-\d)\.db$/.test(file),
          );
          assert.deepEqual(left, [], where);
          rmSync(folder, { recursive: true });
        }
        assert.ok(failures > 0);
      });
    }
  }
});
