import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import type { Engine } from '../../../src/core/engine';
import { untranslatedL10n } from '../../../src/core/common/l10n';
import { isFinal } from '../../../src/core/task/phases';
import { CASE_BASE } from '../../support/replyCases';
import { storeFile } from '../../support/storeFile';
import { json, ScriptedHttp, type Scripted } from '../support/scriptedHttp';
import { World } from '../support/world';
import { prepareRequest } from '../../support/catalog';

const HOUR = 3600_000;
const DENIED = json({ code: 'task_not_exist', message: 'task_not_exist', data: null }, 400);
const is = (status: string) => json({ task_id: 'task_1', status });

describe('a task ID that came with an error', function () {
  this.timeout(60_000);
  let world: World;
  let engine: Engine;
  let http: ScriptedHttp;
  let id: string;
  /** Responses to queries, in order. The last one repeats. */
  let responses: Scripted[];

  beforeEach(async () => {
    world = await World.create();
    responses = [DENIED];
    http = new ScriptedHttp(world.clock, ({ method }) => {
      if (method === 'POST') return json({ task_id: 'task_1', error: { message: 'late warning' } }, 500);
      const [next = DENIED] = responses.length > 1 ? responses.splice(0, 1) : responses;
      return next;
    });
    engine = await world.open({ http: http.open });
    const request = prepareRequest({ model: 'wan2.5-t2v-preview', prompt: 'a paper boat' }, untranslatedL10n);
    let sent: string | undefined;
    void engine.submit(request, { baseUrl: CASE_BASE, key: world.access.key }).then((task) => {
      sent = task.id;
    });
    await world.until(() => sent !== undefined);
    id = sent ?? '';
  });
  afterEach(async () => {
    await world.stop();
  });

  const task = () => {
    const found = engine.task(id);
    assert.ok(found);
    return found;
  };
  const isOver = () => isFinal(task().phase);

  for (const status of ['queued', 'running']) {
    it(`makes the task lost if the gateway knew it (${status}) and then reports it as not found`, async () => {
      responses = [...Array<Scripted>(20).fill(is(status)), DENIED];
      await world.until(isOver, HOUR);
      assert.deepEqual([task().phase, task().failure?.charged], ['lost', 'unknown']);
      assert.match(task().failure?.message ?? '', /no longer knows this task/);
      assert.ok(!world.lines.some((line) => line.startsWith('error')), world.lines.join('\n'));
    });
  }

  it("makes the task lost if only a cut response confirmed it and then it's not found", async () => {
    const cut = { ...is('running'), cutAfter: true };
    responses = [...Array<Scripted>(8).fill(cut), DENIED];
    await world.until(isOver, HOUR);
    assert.equal(task().phase, 'lost');
  });

  it('makes the task rejected with that error if the gateway never knew it, and can be checked again', async () => {
    await world.until(isOver, HOUR);
    assert.deepEqual([task().phase, task().failure?.detail], ['rejected', 'late warning']);
    responses = [is('running')];
    assert.equal(await engine.checkAgain(id), true);
    await world.until(() => task().phase === 'running', HOUR);
  });

  it('can be replaced if the gateway never knew it', async () => {
    await world.until(isOver, HOUR);
    assert.equal(task().takesTaskId, true);
    assert.equal(await engine.attachTaskId(id, 'task_2'), true);
    await world.until(isOver, HOUR);
    // The attached ID had no error.
    assert.equal(task().phase, 'unknown');
  });
});

describe("a task ID that came with an error and couldn't be stored", () => {
  it("is read from its file as unsure: the task accepts another ID, and is unknown if the ID isn't found", async () => {
    const world = await World.create();
    try {
      const http = new ScriptedHttp(world.clock, ({ method }) =>
        method === 'POST' ? json({ task_id: 'task_1', error: { message: 'late warning' } }, 500) : DENIED,
      );
      const engine = await world.open({ http: http.open });
      const request = prepareRequest(
        { model: 'wan2.5-t2v-preview', prompt: 'a paper boat' },
        untranslatedL10n,
      );
      const file = new DatabaseSync(storeFile(world.folder));
      file.exec(`CREATE TRIGGER full BEFORE UPDATE ON tasks WHEN NEW.phase = 'queued'
        BEGIN SELECT RAISE(FAIL, 'disk full'); END`);
      let isOver = false;
      const sent = engine.submit(request, { baseUrl: CASE_BASE, key: world.access.key });
      sent.catch(() => undefined).finally(() => (isOver = true));
      await world.until(() => isOver);
      await engine.close();
      file.exec('DROP TRIGGER full');
      file.close();
      const later = await world.open({ http: http.open });
      await world.until(() => later.tasks()[0]?.phase === 'queued');
      assert.equal(later.tasks()[0]?.takesTaskId, true);
      await world.until(() => isFinal(later.tasks()[0]!.phase), HOUR);
      assert.equal(later.tasks()[0]?.phase, 'unknown');
    } finally {
      await world.stop();
    }
  });
});
