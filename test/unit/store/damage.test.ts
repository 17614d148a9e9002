import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  cpSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { Engine } from '../../../src/core/engine';
import type { Task } from '../../../src/core/task/task';
import { World } from '../support/world';

const WINDOWS = 4;
const ROUNDS = 3;
const PAGE = 4096;
/** So many fill several pages. */
const ROWS = 24;

describe('several windows and a damaged store', function () {
  this.timeout(60_000);
  let world: World;
  let copies: string;
  const alive = new Set<ChildProcess>();

  beforeEach(async () => {
    world = await World.create();
    copies = mkdtempSync(path.join(tmpdir(), 'nebula-damage-'));
  });
  afterEach(async () => {
    for (const child of alive) child.kill('SIGKILL');
    await world.stop();
    rmSync(copies, { recursive: true, force: true });
  });

  const database = () => path.join(world.folder, 'tasks.db');

  /** Adds tasks that ended long ago, in one go. */
  function addTasks(): void {
    const file = new DatabaseSync(database());
    file
      .prepare(
        `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
         INSERT INTO tasks (id, change, version, created_at, updated_at, phase, base_url, key_id, request,
           body_sha256, gateway_task_id)
         SELECT 'task-' || i, 0, 1, ?2, ?2, 'stopped', ?3, 'key-1',
           json_object('model', 'sora-2', 'prompt', 'row-' || i || ?4), '', 'video_' || i FROM n`,
      )
      .run(ROWS, world.clock.now() - 24 * 3600_000, world.gateway.baseUrl, ' and so on'.repeat(100));
    file.close();
  }

  const damages: Readonly<Record<string, (file: string) => void>> = {
    'a page of rows': (file) => {
      const at = readFileSync(file).indexOf(`row-${ROWS / 2} and so on`);
      assert.ok(at > 0);
      const handle = openSync(file, 'r+');
      writeSync(handle, Buffer.alloc(PAGE, 0xa5), 0, PAGE, at - (at % PAGE));
      closeSync(handle);
    },
    'the whole file': (file) =>
      writeFileSync(file, 'this is no database, however long it may be'.repeat(200)),
  };

  /** The profile as it is now, for others to work on. */
  function copy(name: string): string {
    const folder = path.join(copies, name);
    cpSync(world.folder, folder, { recursive: true });
    return folder;
  }

  /** What the store holds: the tasks by their ids, each with where it stands. */
  function contents(folder: string): readonly string[] {
    const database = new DatabaseSync(path.join(folder, 'tasks.db'), { readOnly: true });
    try {
      assert.equal(database.prepare('PRAGMA integrity_check').get()?.['integrity_check'], 'ok');
      return database
        .prepare('SELECT id, gateway_task_id FROM tasks ORDER BY id')
        .all()
        .map((row) => `${String(row['id'])} ${String(row['gateway_task_id'])}`);
    } finally {
      database.close();
    }
  }

  function assertMended(folder: string): void {
    const names = readdirSync(folder);
    assert.equal(names.filter((name) => /\.damaged-[^.]*$/.test(name)).length, 1, names.join(', '));
    assert.ok(!names.includes('tasks.db.mending'), 'the lock is gone');
  }

  /** Opens a window in a process of its own; `open` lets it go, all at the same moment. */
  async function startWindow(folder: string) {
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', path.join(__dirname, 'damageWindow.js'), folder],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    alive.add(child);
    const ended = once(child, 'exit').then(([code]) => {
      alive.delete(child);
      return code as number | null;
    });
    const words = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const next = async () => String((await words.next()).value);
    assert.equal(await next(), 'here');
    return {
      open: async () => {
        child.stdin.write('go\n');
        return next();
      },
      close: async () => {
        child.stdin.end();
        return ended;
      },
    };
  }

  for (const [name, damage] of Object.entries(damages)) {
    it(`${name}: ${WINDOWS} that open it at once lose nothing that one alone would save`, async () => {
      const first = await world.open();
      const saved = await world.untilPhase(first, (await world.submit(first)).id);
      assert.equal(saved.phase, 'saved');
      await first.close();
      addTasks();
      damage(database());

      // What can be saved at all, a window alone saves.
      const alone = copy('alone');
      const engine = await Engine.open({ ...world.options, storageFolder: alone });
      await engine.close();
      assertMended(alone);
      const expected = contents(alone);
      // A page holds three of them; of a file that is no database, the library knows the one with a video.
      const least = name === 'the whole file' ? 1 : ROWS - 4;
      assert.ok(expected.length >= least && expected.length < ROWS + 1, `${expected.length} of ${ROWS + 1}`);
      assert.ok(expected.some((line) => line.startsWith(saved.id)));

      for (let round = 0; round < ROUNDS; round++) {
        const folder = copy(`round-${round}`);
        const windows = await Promise.all(Array.from({ length: WINDOWS }, () => startWindow(folder)));
        const said = await Promise.all(windows.map((window) => window.open()));
        assert.deepEqual(new Set(said), new Set(['open "writable"']), `round ${round}`);
        const codes = await Promise.all(windows.map((window) => window.close()));
        assert.deepEqual(codes, Array(WINDOWS).fill(0), `round ${round}`);
        assertMended(folder);
        assert.deepEqual(contents(folder), expected, `round ${round}`);
      }
    });
  }

  for (const hasLock of [true, false]) {
    it(`a window that ended in the middle of mending, its lock ${hasLock ? 'left' : 'lost'}: nothing is lost`, async () => {
      const first = await world.open();
      const saved = await world.untilPhase(first, (await world.submit(first)).id);
      await first.close();
      addTasks();
      const whole = contents(world.folder);
      // Set aside, and no more than begun to be made anew; here all of it can be read.
      const stamp = '2026-11-22T12-00-00-000Z';
      renameSync(database(), `${database()}.damaged-${stamp}`);
      writeFileSync(`${database()}.new-${stamp}`, '');
      // What it had made of it by then, and the journal of that.
      const past = Date.now() / 1000 - 60;
      for (const end of ['', '-journal']) {
        const left = `${database()}.new-${stamp}.${randomUUID()}${end}`;
        writeFileSync(left, 'half a database');
        utimesSync(left, past, past);
      }
      const lock = `${database()}.mending`;
      if (hasLock) {
        writeFileSync(lock, '');
        utimesSync(lock, past, past);
      }
      assert.equal(Engine.openNow(world.options), undefined, 'it would make an empty one');
      assert.ok(!existsSync(database()));
      let engine: Engine | undefined;
      void world.open().then((opened) => (engine = opened));
      const limit = performance.now() + 20_000;
      while (engine === undefined && performance.now() < limit) {
        await new Promise((resolve) => setImmediate(resolve));
        world.clock.moveTo(world.clock.now() + 1);
      }
      assert.deepEqual(contents(world.folder), whole);
      assert.equal(engine?.task(saved.id)?.videos.length, 1);
      assertMended(world.folder);
      assert.deepEqual(
        readdirSync(world.folder).filter((name) => name.includes('.new-')),
        [],
      );
    });
  }

  /** A window that waits for the reply to what it sends, and the id of that task. */
  async function sendingWindow() {
    const engine = await world.open();
    addTasks();
    world.gateway.setFault({ name: 'slow', route: 'submit', args: { ms: 300 } });
    const sent = world.submit(engine);
    let over = false;
    sent.then(
      () => (over = true),
      () => (over = true),
    );
    const sending = () => engine.tasks().find((task) => task.phase === 'sending');
    await world.turns(() => sending() !== undefined);
    const reply = async () => {
      await world.until(() => over);
      return sent;
    };
    return { engine, id: sending()!.id, reply };
  }

  /** What was sent is in the new store, under its own id and the gateway's, and comes to its video. */
  async function assertKept(task: Task, id: string, other: Engine): Promise<void> {
    assert.equal(task.id, id);
    assert.equal(task.phase, 'queued');
    assert.equal(task.gatewayTaskId, world.gateway.tasks.at(-1)?.id);
    assert.equal(other.task(id)?.gatewayTaskId, task.gatewayTaskId);
    assert.equal((await world.untilPhase(other, id)).phase, 'saved');
  }

  it('moved away while a window sends: the task and its id are kept', async () => {
    const { engine, id, reply } = await sendingWindow();
    renameSync(database(), `${database()}.damaged-x`);
    const other = await world.open();
    assert.deepEqual(other.tasks(), []);
    await assertKept(await reply(), id, other);
    // Also the window that sent it sees how it goes on.
    engine.look();
    assert.equal(engine.task(id)?.phase, 'saved');
  });

  for (const [name, damage] of Object.entries(damages)) {
    it(`${name}, and set aside while a window sends: the task and its id are kept`, async () => {
      const { engine, id, reply } = await sendingWindow();
      damage(database());
      const other = await world.open();
      await assertKept(await reply(), id, other);
      // Also the window that sent it sees how it goes on.
      engine.look();
      assert.equal(engine.task(id)?.phase, 'saved');
      assertMended(world.folder);
    });
  }
});
