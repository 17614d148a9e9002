import assert from 'node:assert/strict';
import { cpSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Task } from '../../src/core/task/task';
import { SeededRandom } from '../gateway/seededRandom';
import { storeFile } from '../support/storeFile';
import { projectRoot } from '../vscode/projectRoot';
import { CrashWorld, forEachOf } from './crashWorld';

const SEED = process.env['NEBULA_CRASH_SEED'] ?? String(Date.now() % 1_000_000);
/** Limit for the number of calls of a window that change something. */
const MOST_CALLS = 5000;
/** Number of windows to kill within SQLite's own calls. */
const RANDOM_KILLS = 36;
const PAGE = 4096;

describe(`windows killed at every system call (seed ${SEED})`, function () {
  this.timeout(20 * 60_000);
  let world: CrashWorld;

  before(async () => {
    world = await CrashWorld.create();
  });
  after(async () => {
    await world.stop();
  });

  /**
   * Repeats work with a window that is killed at its first call, its second, and so on.
   * @param attempt returns true if the window was killed, or false if there are no more calls
   * @returns the number of calls
   */
  async function atEveryCall(attempt: (killAt: number) => Promise<boolean>): Promise<number> {
    let last = MOST_CALLS;
    const calls = function* () {
      for (let killAt = 1; killAt < last; killAt++) yield killAt;
    };
    await forEachOf(calls(), async (killAt) => {
      if (!(await attempt(killAt))) last = Math.min(last, killAt);
    });
    assert.ok(last > 20 && last < MOST_CALLS, `${last} calls`);
    return last - 1;
  }

  it('send one submit and get one video, at every call of a task from the first row to the sidecar', async () => {
    const outcomes = new Map<string, number>();
    const calls = await atEveryCall(async (killAt) => {
      const folder = world.newFolder();
      const request = world.requestOf(`${SEED}/call ${killAt}`);
      const { wasKilled, call } = await world.openWindow({ folder, request, killAt });
      try {
        const outcome = world.check(folder, request.user, await world.finish(folder));
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      } catch (error) {
        throw new Error(`killed at call ${killAt}, ${call ?? 'none'}`, { cause: error });
      }
      return wasKilled;
    });
    console.log(`      ${calls} calls`);
    console.log([...outcomes].map(([outcome, count]) => `      ${count} × ${outcome}`).join('\n'));
    assert.ok(outcomes.has('saved') && outcomes.has('rejected as a draft') && outcomes.has('nothing sent'));
  });

  /** Creates a profile with one saved task and others that ended long ago. */
  async function makeProfile(rows: number): Promise<string> {
    const folder = world.newFolder();
    const request = world.requestOf(`${SEED}/profile of ${rows}`);
    const { tasks } = await world.openWindow({ folder, request });
    assert.equal(tasks?.[0]?.phase, 'saved');
    const file = new DatabaseSync(storeFile(folder));
    file
      .prepare(
        `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
         INSERT INTO tasks (id, change, version, created_at, updated_at, phase, base_url, key_id, request,
           body_sha256, gateway_task_id)
         SELECT 'task-' || i, 1000 + i, 1, i, i, 'stopped', ?2, 'key-1',
           json_object('model', 'sora-2', 'prompt', 'row-' || i || ?3), '', 'video_' || i FROM n`,
      )
      .run(rows, world.gateway.baseUrl, ' and so on'.repeat(100));
    file.exec(`UPDATE counters SET value = ${rows + 1000} WHERE name = 'change'`);
    file.close();
    return folder;
  }

  /** Overwrites a page of rows in the middle. */
  function damage(folder: string, row: number): void {
    const file = storeFile(folder);
    const bytes = readFileSync(file);
    const at = bytes.indexOf(`row-${row} and so on`);
    assert.ok(at > 0);
    bytes.fill(0xa5, at - (at % PAGE), at - (at % PAGE) + PAGE);
    writeFileSync(file, bytes);
  }

  /** The parts of the tasks that kills must not change. */
  const essence = (tasks: readonly Task[]): readonly string[] =>
    tasks
      .map(({ id, phase, gatewayTaskId, videos }) => JSON.stringify([id, phase, gatewayTaskId, videos]))
      .sort();

  function copyOf(folder: string): string {
    const copy = world.newFolder();
    cpSync(folder, copy, { recursive: true });
    return copy;
  }

  /** Returns the result of opening a profile without a kill. */
  async function expectedOf(
    folder: string,
  ): Promise<{ readonly tasks: readonly string[]; readonly ms: number }> {
    const copy = copyOf(folder);
    const start = performance.now();
    const tasks = essence(await world.finish(copy, false));
    return { tasks, ms: performance.now() - start };
  }

  /**
   * Opens a copy of a profile and kills its first window.
   * @returns true if it was killed
   */
  async function killedOnce(
    profile: string,
    expected: readonly string[],
    kill: { readonly killAt: number } | { readonly killAfter: number },
  ): Promise<boolean> {
    const folder = copyOf(profile);
    const submits = () => world.gateway.log.filter(({ kind }) => kind === 'submit').length;
    const before = submits();
    const { wasKilled, call } = await world.openWindow({ folder, hasKey: false, ...kill });
    const where = `${JSON.stringify(kill)} ${call ?? ''}`;
    const relative = (lines: readonly string[]) =>
      lines.map((line) => line.replaceAll(/nebula-crash-.{6}\/profile-.{6}/g, ''));
    assert.deepEqual(relative(essence(await world.finish(folder, false))), relative(expected), where);
    const store = path.dirname(storeFile(folder));
    assert.deepEqual(
      readdirSync(store).filter((name) => /^tasks.*(building|journal)/.test(name)),
      [],
      where,
    );
    const file = new DatabaseSync(storeFile(folder), { readOnly: true });
    assert.equal(file.prepare('PRAGMA integrity_check').get()?.['integrity_check'], 'ok', where);
    file.close();
    assert.equal(submits(), before);
    world.assertNoLeak(folder);
    rmSync(folder, { recursive: true });
    return wasKilled;
  }

  /** Creates a profile of version 0.1 of the store: a single database with tasks in every phase. */
  function makeLegacyProfile(): string {
    const folder = world.newFolder();
    const database = new DatabaseSync(path.join(folder, 'tasks.db'));
    database.exec(readFileSync(path.join(projectRoot, 'test', 'unit', 'store', 'schemas', 'v3.sql'), 'utf8'));
    database.close();
    return folder;
  }

  it('keep every task and leave no partial database, at every call of a repair', async () => {
    const profile = await makeProfile(3);
    damage(profile, 2);
    const { tasks } = await expectedOf(profile);
    assert.ok(tasks.some((line) => line.includes('"saved"')));
    const calls = await atEveryCall((killAt) => killedOnce(profile, tasks, { killAt }));
    console.log(`      ${calls} calls`);
  });

  it('keep every task, at every call of a migration from the single database of older versions', async () => {
    const profile = makeLegacyProfile();
    const { tasks } = await expectedOf(profile);
    assert.equal(tasks.length, 12);
    const calls = await atEveryCall((killAt) => killedOnce(profile, tasks, { killAt }));
    console.log(`      ${calls} calls`);
  });

  it(`keep every task at ${RANDOM_KILLS} random moments within SQLite’s own calls of a repair and a migration`, async () => {
    const profile = await makeProfile(3000);
    damage(profile, 1500);
    const profiles = await Promise.all(
      [profile, makeLegacyProfile()].map(async (folder) => ({ folder, ...(await expectedOf(folder)) })),
    );
    const random = new SeededRandom(SEED);
    const share = () => parseInt(random.hex(8), 16) / 0x1_0000_0000;
    const plans = Array.from({ length: RANDOM_KILLS }, (_, index) => {
      const { folder, tasks, ms } = profiles[index % 2] ?? assert.fail();
      return { folder, tasks, killAfter: Math.floor(share() * ms) };
    });
    let kills = 0;
    await forEachOf(plans, async ({ folder, tasks, killAfter }) => {
      if (await killedOnce(folder, tasks, { killAfter })) kills++;
    });
    console.log(`      ${kills} of ${RANDOM_KILLS} windows were killed before they were done`);
    assert.ok(kills >= RANDOM_KILLS / 4, `${kills} kills`);
  });
});
