import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Log } from '../../../src/core/common/log';
import { Database } from '../../../src/core/store/database';
import { salvageRows } from '../../../src/core/store/salvage';
import { migrate } from '../../../src/core/store/schema';
import { TaskStore } from '../../../src/core/store/store';
import { FakeClock } from '../support/fakeClock';

const ignore = () => undefined;
const silentLog: Log = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore };

describe('what is salvaged of a damaged store', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'nebula-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('all rows, also when another window has taken this one for dead and its lock away', async () => {
    const damaged = path.join(folder, 'damaged.db');
    const source = new DatabaseSync(damaged);
    migrate(source);
    source.exec(
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 350)
       INSERT INTO tasks (id, change, version, created_at, updated_at, phase, base_url, key_id, request, body_sha256,
         fetch_progress, based_on)
       SELECT 'task-' || i, i, 1, i, i, 'saving', 'https://llm.ai-nebula.com', 'key-1',
         '{"model":"sora-2","prompt":"a boat"}', '', 42, CASE WHEN i > 1 THEN 'task-1' END FROM n`,
    );
    source.close();
    const clock = new FakeClock();
    const place = await Database.open(path.join(folder, 'tasks.db'), clock);
    const store = new TaskStore(place, clock, silentLog, folder);
    try {
      const gone = () => Promise.reject(new Error('ENOENT: the lock is gone'));
      assert.equal(await salvageRows(damaged, store, silentLog, gone), 350);
      assert.equal(store.list(1000).length, 350);
      assert.equal(store.task('task-1')?.basedOn, undefined);
      assert.equal(store.task('task-350')?.basedOn, 'task-1');
      // Nobody fetches it now.
      assert.equal(store.record('task-1')?.fetchProgress, undefined);
      assert.equal(store.record('task-1')?.nextDue, clock.now());
    } finally {
      store.close();
    }
  });
});
