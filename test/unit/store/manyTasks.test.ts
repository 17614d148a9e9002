import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import type { StatusBarItem } from 'vscode';
import { untranslatedL10n } from '../../../src/core/common/l10n';
import { Engine } from '../../../src/core/engine';
import { EngineAccess } from '../../../src/editor/common/engineAccess';
import { TaskTree } from '../../../src/editor/tasks/taskGroups';
import { StatusBar } from '../../../src/editor/tasks/statusBar';
import { addCopies } from '../../support/fairness';
import { storeFile } from '../../support/storeFile';
import { World } from '../support/world';

const COPIES = 1_500;

describe('1,500 tasks', function () {
  this.timeout(60_000);
  let world: World;
  let engine: Engine;

  beforeEach(async () => {
    world = await World.create();
    const first = await world.open();
    const { id } = await world.submit(first);
    await world.untilPhase(first, id, 'saved');
    await first.close();
    addCopies(world, id, COPIES, `created_at = created_at - 60000 * rowid`);
    const file = new DatabaseSync(storeFile(world.folder));
    const oldest = `WHERE id = 'copy-${COPIES}'`;
    file.exec(`UPDATE tasks SET phase = 'unknown', gateway_task_id = NULL ${oldest}`);
    file.exec(`UPDATE tasks SET request = '{' WHERE id = 'copy-7'`);
    file.close();
    engine = new Engine(world.options);
  });
  afterEach(async () => {
    await engine.close();
    await world.stop();
  });

  it('are all reached: by their IDs, in the list and by commands', async () => {
    engine.open();
    assert.equal(engine.isComplete, false, 'they are read in slices');
    // The newest come first, and a task that isn't read yet isn't taken for missing.
    assert.equal(engine.tasks(Infinity)[0]?.phase, 'saved');
    assert.equal(engine.isGone(`copy-${COPIES}`), false);
    await engine.loaded();
    const all = engine.tasks(Infinity);
    assert.equal(all.length, COPIES);
    assert.deepEqual(
      all.map(({ createdAt }) => createdAt),
      all.map(({ createdAt }) => createdAt).toSorted((a, b) => b - a),
    );
    const oldest = engine.task(`copy-${COPIES}`);
    assert.equal(oldest?.phase, 'unknown');
    const tree = new TaskTree();
    tree.fill(all);
    assert.deepEqual(tree.children(), ['group:videos', 'group:withoutVideo']);
    assert.deepEqual(tree.children('group:withoutVideo'), [oldest.id]);
    assert.equal(await engine.attachTaskId(oldest.id, 'video_1'), true);
    assert.equal(engine.task(oldest.id)?.phase, 'queued');
  });

  it('are not taken for missing if one can’t be read', async () => {
    engine.open();
    await engine.loaded();
    assert.deepEqual(
      ['copy-7', 'copy-8', 'no-such-task'].map((id) => [engine.task(id)?.id, engine.isGone(id)]),
      [
        [undefined, false],
        ['copy-8', false],
        [undefined, true],
      ],
    );
  });

  it('are read without SQL', async () => {
    engine.open();
    await engine.loaded();
    // eslint-disable-next-line @typescript-eslint/unbound-method -- put back below
    const { prepare } = DatabaseSync.prototype;
    DatabaseSync.prototype.prepare = () => assert.fail('this runs SQL');
    try {
      assert.equal(engine.tasks().length, 100);
      assert.equal(engine.task('copy-1')?.id, 'copy-1');
      assert.equal(engine.unseen().length, COPIES - 1);
      assert.deepEqual(engine.deletedFromLibrary(), []);
    } finally {
      DatabaseSync.prototype.prepare = prepare;
    }
  });

  it('notify of one task and update one row per change, and the status bar counts the oldest', async () => {
    const file = new DatabaseSync(storeFile(world.folder));
    const [second, last] = [`copy-${COPIES - 1}`, `copy-${COPIES}`];
    file.exec(`UPDATE tasks SET phase = 'running', gateway_task_id = 'video_1' WHERE id = '${second}'`);
    file.close();
    const holder = new EngineAccess(world.options);
    const shown = { text: '', show: () => undefined, dispose: () => undefined };
    const create = () => shown as unknown as StatusBarItem;
    const status = new StatusBar({ engine: holder, l10n: untranslatedL10n, create });
    const tree = new TaskTree();
    const opened = new Promise<void>((resolve) => {
      holder.onDidOpen((current) => {
        tree.fill(current.tasks(Infinity));
        resolve();
      });
    });
    holder.start();
    await opened;
    assert.match(shown.text, /Generating/);
    const told: (readonly string[])[] = [];
    const drawn: (readonly string[] | undefined)[] = [];
    holder.current.onDidChangeTasks(({ changed, removed }) => {
      told.push([...changed.map(({ id }) => id), ...removed]);
      drawn.push(tree.change(changed, removed));
    });
    await holder.current.markSeen('copy-700');
    await world.quiet();
    await holder.current.attachTaskId(last, 'video_2');
    await world.quiet();
    await holder.current.remove('copy-1');
    await world.quiet();
    assert.deepEqual(told, [['copy-700'], [last], ['copy-1']]);
    // A row that is removed or changes its group updates the list. Any other updates only itself.
    assert.deepEqual(drawn, [['copy-700'], undefined, undefined]);
    assert.match(shown.text, /2 videos/);
    status.dispose();
    await holder.close();
  });

  it('are made due in one step, each a little later', async () => {
    const file = new DatabaseSync(storeFile(world.folder));
    const later = world.clock.now() + 3600_000;
    file.exec(
      `UPDATE tasks SET phase = 'queued', gateway_task_id = id, next_due = ${later} WHERE id LIKE 'copy-%'`,
    );
    file.close();
    engine.open();
    await engine.loaded();
    const started = performance.now();
    await engine.refresh();
    assert.ok(performance.now() - started < 2_000);
    const after = new DatabaseSync(storeFile(world.folder), { readOnly: true });
    const due = after
      .prepare('SELECT next_due FROM tasks WHERE next_due IS NOT NULL ORDER BY next_due')
      .all();
    after.close();
    const spread = due.map((row) => Number(row['next_due']) - world.clock.now());
    assert.deepEqual(
      spread,
      Array.from({ length: COPIES }, (_, index) => index * 300),
    );
  });
});
