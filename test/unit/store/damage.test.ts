import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  cpSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { Engine } from '../../../src/core/engine';
import type { Task } from '../../../src/core/task/task';
import { storeFile } from '../../support/storeFile';
import { World } from '../support/world';

const WINDOWS = 4;
const ROUNDS = 3;
const PAGE = 4096;
/** These rows fill several pages. */
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

  const database = () => storeFile(world.folder);

  /** Adds tasks that ended long ago, in one transaction. */
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

  /** Copies the profile as it is now. */
  function copy(name: string): string {
    const folder = path.join(copies, name);
    cpSync(world.folder, folder, { recursive: true });
    return folder;
  }

  /** Returns the tasks in the store, by ID, with their phase. */
  function contents(folder: string): readonly string[] {
    const database = new DatabaseSync(storeFile(folder), { readOnly: true });
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
    const names = readdirSync(path.dirname(storeFile(folder)));
    assert.deepEqual(names.sort(), ['lock.db', 'tasks-1.db', 'tasks-2.db']);
  }

  /** Starts a window in its own process. `open` makes all of them open the store at the same time. */
  async function startWindow(folder: string, order = '') {
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', path.join(__dirname, 'damageWindow.js'), folder, order],
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
      kill: () => child.kill('SIGKILL'),
    };
  }

  for (const [name, damage] of Object.entries(damages)) {
    it(`${name}: ${WINDOWS} windows that open it at once lose nothing that one alone would save`, async () => {
      const first = await world.open();
      const saved = await world.untilPhase(first, (await world.submit(first)).id);
      assert.equal(saved.phase, 'saved');
      await first.close();
      addTasks();
      damage(database());

      // A single window saves everything that can be saved.
      const alone = copy('alone');
      const engine = await Engine.open({ ...world.options, storageFolder: alone });
      await engine.close();
      assertMended(alone);
      const expected = contents(alone);
      // A page holds three rows. If the file isn't a database, the library has the task with a video.
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

  it('repairs it at once if a window is killed in the middle of a repair', async () => {
    const first = await world.open();
    const saved = await world.untilPhase(first, (await world.submit(first)).id);
    await first.close();
    addTasks();
    damages['a page of rows']?.(database());
    const window = await startWindow(world.folder, 'hold');
    // It holds the lock and has started the repair, and never ends it.
    assert.equal(await window.open(), 'holds');
    const engine = new Engine(world.options);
    engine.open();
    let isOpen = false;
    void engine.ready().then(() => (isOpen = true));
    // The other process takes real time, so the clock moves along.
    const wait = async (ms: number) => {
      const [started, began] = [performance.now(), world.clock.now()];
      while (!isOpen && performance.now() < started + ms) {
        await new Promise((resolve) => setImmediate(resolve));
        world.clock.moveTo(Math.trunc(began + performance.now() - started));
      }
    };
    await wait(300);
    assert.equal(engine.state.kind, 'opening');
    window.kill();
    await wait(20_000);
    assert.equal(engine.state.kind, 'open');
    assert.equal(engine.task(saved.id)?.videos.length, 1);
    assertMended(world.folder);
    await engine.close();
  });

  /** Starts a window that waits for the response to its request, and returns the task's ID. */
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

  /** Asserts that the sent task is in the new store with its own ID and the gateway's, and gets its video. */
  async function assertKept(task: Task, id: string, other: Engine): Promise<void> {
    assert.equal(task.id, id);
    assert.equal(task.phase, 'queued');
    assert.equal(task.gatewayTaskId, world.gateway.tasks.at(-1)?.id);
    other.checkForChanges();
    assert.equal(other.task(id)?.gatewayTaskId, task.gatewayTaskId);
    assert.equal((await world.untilPhase(other, id)).phase, 'saved');
  }

  it('keeps the task and its ID if the folder is gone while a window sends, and comes back', async () => {
    const { engine, id, reply } = await sendingWindow();
    const folder = path.dirname(database());
    renameSync(folder, `${folder}.away`);
    const task = reply();
    await world.turns(() => world.gateway.log[0]?.outcome === 'sent');
    await world.turns();
    renameSync(`${folder}.away`, folder);
    await assertKept(await task, id, await world.open());
    assert.equal((await world.untilPhase(engine, id)).phase, 'saved');
  });

  for (const [name, damage] of Object.entries(damages)) {
    it(`keeps the task and its ID if the store is set aside while a window sends: ${name}`, async () => {
      const { engine, id, reply } = await sendingWindow();
      damage(database());
      const other = await world.open();
      await assertKept(await reply(), id, other);
      // The window that sent it is updated too.
      engine.checkForChanges();
      assert.equal(engine.task(id)?.phase, 'saved');
      assertMended(world.folder);
    });
  }
});
