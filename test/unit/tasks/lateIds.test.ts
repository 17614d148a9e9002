import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import type { Engine } from '../../../src/core/engine';
import { FakeClock } from '../support/fakeClock';
import { World, looked } from '../support/world';

describe('a task ID that arrives after the user has attached another', function () {
  this.timeout(120_000);
  let world: World;

  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(async () => {
    await world.stop();
  });

  /** Attaches an ID while the window that sent the request sleeps. The response arrives after that. */
  async function attachFirst(attached: (other: Engine) => Promise<string>): Promise<Engine> {
    const sleeping = await world.open({ clock: new FakeClock(world.clock.now()) });
    const other = await world.open();
    const gatewayTaskId = await attached(other);
    world.gateway.setFault({ name: 'slow', route: 'submit', args: { ms: 500 } });
    const sent = world.submit(sleeping, { prompt: 'sent while asleep' });
    const task = () =>
      looked(other)
        .tasks()
        .find(({ request }) => request.prompt === 'sent while asleep');
    await world.turns(() => task()?.phase === 'sending');
    world.clock.moveTo(world.clock.now() + 30_000);
    await world.turns(() => task()?.phase === 'unknown');
    assert.equal(await other.attachTaskId(task()!.id, gatewayTaskId), true);
    await sent;
    await sleeping.close();
    await world.turns(() => looked(other).idQuestions().length > 0);
    return other;
  }

  /** The two tasks: one with the attached ID and one with the late ID. */
  function pair(engine: Engine) {
    const [question] = engine.idQuestions();
    assert.ok(question);
    const late = engine.task(question.taskId)!;
    return { question, late, attached: engine.task(late.basedOn ?? '')! };
  }

  it('is tracked along with an unconfirmed one, and the user is prompted until there is an answer', async () => {
    const engine = await attachFirst(() => Promise.resolve('video_mistyped'));
    const { question, late, attached } = pair(engine);
    const [made] = world.gateway.tasks;
    assert.deepEqual(question, { taskId: late.id, lateId: made!.id, attachedId: 'video_mistyped' });
    assert.deepEqual([late.gatewayTaskId, attached.gatewayTaskId], [made!.id, 'video_mistyped']);
    assert.match(late.timeline[0]?.note ?? '', /response arrived late/);
    await engine.close();

    const later = await world.open();
    assert.deepEqual(later.idQuestions(), [question]);
    assert.equal((await world.untilPhase(later, late.id)).phase, 'saved');
    assert.equal((await world.untilPhase(later, attached.id)).phase, 'unknown');
    const second = await world.open();
    const changed: string[] = [];
    second.onDidChangeTasks((changes) => changed.push(...changes.changed.map(({ id }) => id)));
    await later.answerIdQuestion(question, true);
    assert.deepEqual([later.idQuestions(), looked(second).idQuestions()], [[], []]);
    assert.deepEqual(changed, [late.id]);
    await later.close();
    assert.deepEqual((await world.open()).idQuestions(), []);
    assert.equal(world.requests('submit'), 1);
  });

  it('is tracked alone if the user chooses that, and the other one can be checked again', async () => {
    const engine = await attachFirst(async (other) => {
      world.gateway.setFault({ name: 'taskStuck', route: 'submit' });
      const { id, gatewayTaskId } = await world.submit(other, { prompt: 'another one' });
      await other.stopTracking(id);
      return gatewayTaskId!;
    });
    const { question, late, attached } = pair(engine);
    assert.equal(attached.gatewayTaskId, question.attachedId);
    await world.untilPhase(engine, attached.id, 'running');
    await engine.answerIdQuestion(question, false);
    assert.equal(engine.task(attached.id)?.phase, 'stopped');
    assert.deepEqual(engine.idQuestions(), []);
    assert.equal((await world.untilPhase(engine, late.id)).phase, 'saved');
    assert.equal(await engine.checkAgain(attached.id), true);
    assert.equal(world.requests('submit'), 2);
  });

  it('is tracked along with it, and only once, if it comes from the file of an earlier window', async () => {
    const engine = await world.open();
    world.gateway.setFault({ name: 'replyLostAfterAcceptance', route: 'submit' });
    const { id, origin, request, createdAt } = await world.submit(engine);
    await engine.attachTaskId(id, 'video_mistyped');
    await engine.close();
    const gatewayTaskId = world.gateway.tasks[0]!.id;
    const task = { id, origin, request, createdAt, keyId: 'key-1' };
    const file = path.join(world.folder, 'store', `late-${id}.json`);
    for (let times = 0; times < 2; times++) {
      writeFileSync(file, JSON.stringify({ task, gatewayTaskId, at: world.clock.now() }));
      const later = await world.open();
      await world.turns(() => !existsSync(file));
      looked(later);
      assert.equal(later.tasks().length, 2);
      const { late, attached } = pair(later);
      assert.deepEqual([late.gatewayTaskId, attached.gatewayTaskId], [gatewayTaskId, 'video_mistyped']);
      assert.equal(late.takesTaskId, undefined);
      assert.equal((await world.untilPhase(later, late.id)).phase, 'saved');
      await later.close();
    }
    // A task that the user has removed stays removed.
    const last = await world.open();
    const { late } = pair(last);
    assert.equal(await last.remove(late.id), true);
    writeFileSync(file, JSON.stringify({ task, gatewayTaskId, at: world.clock.now() }));
    await last.close();
    const window = await world.open();
    await world.turns(() => !existsSync(file));
    assert.deepEqual([looked(window).tasks().length, window.idQuestions()], [1, []]);
  });

  it("causes no prompt if it's the same", async () => {
    const sleeping = await world.open({ clock: new FakeClock(world.clock.now()) });
    const other = await world.open();
    world.gateway.setFault({ name: 'slow', route: 'submit', args: { ms: 500 } });
    const sent = world.submit(sleeping);
    await world.turns(() => looked(other).tasks()[0]?.phase === 'sending');
    world.clock.moveTo(world.clock.now() + 30_000);
    await world.turns(() => looked(other).tasks()[0]?.phase === 'unknown');
    await world.turns(() => world.gateway.tasks.length > 0);
    await other.attachTaskId(other.tasks()[0]!.id, world.gateway.tasks[0]!.id);
    const task = await sent;
    assert.equal(task.takesTaskId, undefined, 'the gateway itself has confirmed it');
    assert.deepEqual([looked(other).tasks().length, other.idQuestions()], [1, []]);
  });
});
