import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Engine } from '../../../src/core/engine';
import { english } from '../../../src/core/common/l10n';
import { prepareRequest } from '../../../src/core/models/prepareRequest';
import type { Phase } from '../../../src/core/task/phases';
import type { Task } from '../../../src/core/task/task';
import { accepts, CASE_BASE, loadReplyCases, type ReplyCase } from '../../support/replyCases';
import { FakeClock } from '../support/fakeClock';
import { json, ScriptedHttp, type Scripted, type SeenRequest } from '../support/scriptedHttp';
import { World } from '../support/world';

describe('all reply cases, through the engine', function () {
  this.timeout(60_000);
  let world: World;
  let http: ScriptedHttp;

  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(async () => {
    await world.stop();
  });

  /** A window whose gateway responds as told. */
  async function open(respond: ScriptedHttp['respond']): Promise<Engine> {
    http = new ScriptedHttp(world.clock, respond);
    return world.open({ http: http.open });
  }

  async function submit(engine: Engine, model = 'wan2.5-t2v-preview'): Promise<Task> {
    const request = prepareRequest({ model, prompt: 'a paper boat' }, english);
    let settled = false;
    const sent = engine
      .submit(request, { baseUrl: CASE_BASE, key: world.access.key })
      .finally(() => (settled = true));
    await world.until(() => settled);
    return sent;
  }

  /** Lets time pass. */
  async function run(ms: number): Promise<void> {
    const end = world.clock.now() + ms;
    await world.until(
      () => world.clock.now() >= end || world.clock.nextTimer === undefined,
      ms + 60 * 60_000,
    );
  }

  function checkFailure({ failure }: Task, { means }: ReplyCase): void {
    if ('failureKind' in means) assert.equal(failure?.kind, means['failureKind'], failure?.message);
    if ('code' in means) assert.equal(failure?.code, means['code']);
    if ('says' in means) assert.match(failure?.message ?? '', new RegExp(String(means['says']), 'i'));
    const charged = means['charged'];
    if (charged === undefined || failure === undefined) return;
    const expected = typeof charged === 'object' && charged !== null ? Object.values(charged) : charged;
    assert.ok(accepts(expected, failure.charged), `charged: ${failure.charged}`);
  }

  describe('of a submit', () => {
    for (const reply of loadReplyCases(['submit'])) {
      it(reply.name, async () => {
        const { means } = reply;
        const engine = await open(({ method }) =>
          method === 'POST' ? reply : json({ task_id: means['taskId'], status: 'queued' }),
        );
        const task = await submit(engine);
        const waits = means['state'] === 'wait';
        assert.equal(task.phase, waits ? 'rejected' : means['state'], task.failure?.message);
        assert.equal(task.gatewayTaskId ?? null, means['taskId'] ?? null);
        assert.equal(http.count('POST'), waits ? 3 : 1);
        if (!waits) checkFailure(task, reply);
        const evidence = await engine.evidence(task.id);
        assert.ok(evidence.length > 0);
        assert.equal(evidence.at(-1)?.status, reply.status);
        if ('note' in means) {
          const note = task.timeline.find(({ phase }) => phase === 'queued')?.note;
          assert.match(note ?? '', /reported an error/);
        }
      });
    }
  });

  /** What a task is when a query has said so for a while. */
  const PHASES: Readonly<Record<string, Phase>> = {
    queued: 'queued',
    running: 'running',
    failed: 'failed',
    lost: 'lost',
    missing: 'lost',
    paused: 'queued',
    blip: 'queued',
  };

  describe('of a query', () => {
    for (const reply of loadReplyCases(['query'])) {
      it(reply.name, async () => {
        const { means, for: about = '' } = reply;
        const query = `/v1/video/generations/${about}`;
        const engine = await open(({ method, target }) => {
          if (method === 'POST') return json({ task_id: about });
          return target === query ? reply : { status: 503 };
        });
        const { id } = await submit(engine, reply.model);
        await run(10_000);
        const state = means['state'];
        if (state === 'missing') {
          assert.equal(engine.task(id)?.phase, 'queued');
          await run(120_000);
        }
        const task = engine.task(id);
        assert.ok(task);
        if (state === 'succeeded') {
          assert.ok(['ready', 'saving', 'saved'].includes(task.phase), task.phase);
          const videos = means['videos'] as string[];
          for (const video of videos.filter((url) => url.startsWith('http'))) {
            assert.ok(
              http.requests.some(({ href }) => href === video),
              `${video} was not asked for`,
            );
          }
          if ('refusedLinks' in means) assert.match(task.failure?.message ?? '', /can.t be downloaded/);
          return;
        }
        const phases = [state].flat().map((one) => PHASES[String(one)]);
        assert.ok(phases.includes(task.phase), `${task.phase}: ${task.failure?.message}`);
        if ('progress' in means) assert.equal(task.progress, means['progress']);
        if (state === 'blip') assert.equal(task.failure?.charged, 'unknown');
        checkFailure(task, reply);
        assert.equal(http.count('POST'), 1);
      });
    }
  });

  it('an error that came with the ID ends the task if the gateway then denies the ID', async () => {
    const engine = await open(({ method }) =>
      method === 'POST'
        ? json({ id: 'req-77', error: { message: 'blocked', code: 'content_policy_violation' } })
        : json({ code: 'task_not_exist', message: 'task_not_exist', data: null }, 400),
    );
    const { id, phase } = await submit(engine);
    assert.equal(phase, 'queued');
    await world.until(() => engine.task(id)?.phase !== 'queued');
    const task = engine.task(id);
    assert.deepEqual(
      [task?.phase, task?.failure?.kind, task?.failure?.code, task?.failure?.charged],
      ['rejected', 'moderation', 'content_policy_violation', 'unknown'],
    );
    assert.equal(http.count('POST'), 1);
  });

  it('an ID that may be that of the request leaves the outcome open if the gateway denies it', async () => {
    const engine = await open(({ method }) =>
      method === 'POST' ? json({ request_id: 'r-1' }) : json({ code: 'task_not_exist', message: 'x' }, 400),
    );
    const { id } = await submit(engine);
    await world.until(() => engine.task(id)?.phase !== 'queued');
    assert.deepEqual([engine.task(id)?.phase, engine.task(id)?.takesTaskId], ['unknown', true]);
  });

  it('an ID that comes after the user has attached another one is tracked too', async () => {
    let answer: (scripted: Scripted) => void = () => undefined;
    const late = new Promise<Scripted>((resolve) => (answer = resolve));
    const respond = ({ method, target }: SeenRequest) =>
      method === 'POST' ? late : json({ task_id: target.split('/').at(-1), status: 'in_progress' });
    // The window that sends sleeps: its timers don't fire, while time goes on for the other one.
    const asleep = new FakeClock(world.clock.now());
    http = new ScriptedHttp(world.clock, respond);
    const sleeping = await world.open({ clock: asleep, http: http.open });
    const engine = await world.open({ http: http.open });
    const request = prepareRequest({ model: 'wan2.5-t2v-preview', prompt: 'a paper boat' }, english);
    const sent = sleeping.submit(request, { baseUrl: CASE_BASE, key: world.access.key });
    await world.turns(() => sleeping.tasks()[0]?.phase === 'sending');
    engine.look();
    await world.until(() => engine.tasks()[0]?.phase === 'unknown');
    const id = engine.tasks()[0]?.id ?? '';
    assert.equal(await engine.attachTaskId(id, 'byHand'), true);
    await world.until(() => engine.task(id)?.phase === 'running');
    answer(json({ task_id: 'late' }));
    await sent;
    await world.turns(() => sleeping.tasks().length === 2);
    const ids = sleeping.tasks().map(({ gatewayTaskId }) => gatewayTaskId);
    assert.deepEqual(ids.sort(), ['byHand', 'late']);
    assert.equal(http.count('POST'), 1);
  });

  it('the last five unusual responses are kept, and those to the submit and at the end', async () => {
    const failed = { task_id: 't', status: 'failed', metadata: { error: { message: 'no' } } };
    let asked = 0;
    const engine = await open(({ method }) => {
      if (method === 'POST') return json({ task_id: 't', status: 'queued' });
      asked++;
      if (asked % 3 === 0) return json({ task_id: 't', status: 'in_progress' });
      return asked > 20 ? json(failed) : json(`<h1>${Math.floor(asked / 6)}`, 502);
    });
    const { id } = await submit(engine);
    await world.until(() => engine.task(id)?.phase === 'failed', 60 * 60_000);
    assert.deepEqual(
      (await engine.evidence(id)).map(({ body }) => body),
      ['{"task_id":"t","status":"queued"}', ...['<h1>0', '<h1>1', '<h1>2', '<h1>3'], JSON.stringify(failed)],
    );
  });

  it('a response to a submit that comes late, and says nothing clear, is kept', async () => {
    let answer: (scripted: Scripted) => void = () => undefined;
    const late = new Promise<Scripted>((resolve) => (answer = resolve));
    const asleep = new FakeClock(world.clock.now());
    http = new ScriptedHttp(world.clock, () => late);
    const sleeping = await world.open({ clock: asleep, http: http.open });
    const engine = await world.open({ http: http.open });
    const request = prepareRequest({ model: 'wan2.5-t2v-preview', prompt: 'a paper boat' }, english);
    const sent = sleeping.submit(request, { baseUrl: CASE_BASE, key: world.access.key });
    await world.turns(() => sleeping.tasks()[0]?.phase === 'sending');
    engine.look();
    await world.until(() => engine.tasks()[0]?.phase === 'unknown');
    answer(json('<h1>Bad Gateway', 502));
    const { id, phase } = await sent;
    assert.equal(phase, 'unknown');
    assert.deepEqual(
      (await engine.evidence(id)).map(({ status, body }) => `${status} ${body}`),
      ['502 <h1>Bad Gateway'],
    );
  });

  it('an ID that an earlier version missed is found in the kept response at the next start', async () => {
    const engine = await open(({ method, target }) =>
      // Not JSON, and no name that is known here; the next start reads it as text.
      method === 'POST'
        ? { status: 502, body: Buffer.from('<html><pre>"task_id":"video_1"') }
        : json({ task_id: target.split('/').at(-1), status: 'in_progress' }),
    );
    const { id, phase } = await submit(engine);
    assert.equal(phase, 'unknown');
    const database = new DatabaseSync(path.join(world.folder, databaseIn(world.folder)));
    database.prepare('UPDATE evidence SET body = ?').run('{"task_id":"video_1","status":"subm');
    database.close();
    await engine.close();
    const later = await world.open({ http: http.open });
    await world.until(() => later.task(id)?.phase === 'running');
    assert.equal(later.task(id)?.gatewayTaskId, 'video_1');
    assert.equal(http.count('POST'), 1);
  });

  it('a task is lost only after three denials, 10 s apart, and a minute after the submit', async () => {
    const engine = await open(({ method }) =>
      method === 'POST'
        ? json({ task_id: 't' })
        : json({ error: { message: 'video not found', type: 'x' } }, 404),
    );
    const { id } = await submit(engine);
    const since = world.clock.now();
    await world.until(() => engine.task(id)?.phase === 'lost');
    assert.ok(world.clock.now() - since >= 80_000);
  });

  for (const end of ['failed', 'cancelled']) {
    it(`a task that succeeded and is ${end} later may have been charged, also at Nebula`, async () => {
      let hasSucceeded = false;
      http = new ScriptedHttp(world.clock, ({ method, target }) => {
        if (method === 'POST') return json({ task_id: 't' });
        if (!target.includes('/generations/t')) return json({ error: 'x' }, 403);
        if (hasSucceeded) return json({ task_id: 't', status: end });
        hasSucceeded = true;
        return json({ task_id: 't', status: 'succeeded', url: 'https://cdn.example.com/a.mp4' });
      });
      const engine = await world.open({ http: http.open, nebulaBaseUrl: CASE_BASE });
      const { id } = await submit(engine);
      await world.until(() => engine.task(id)?.phase === 'failed');
      assert.equal(engine.task(id)?.failure?.charged, 'unknown');
    });
  }

  it('a response that is cut off each time is believed after a while', async () => {
    const link = 'https://cdn.example.com/a.mp4';
    const cut = `{"task_id":"t","status":"succeeded","url":"${link}","metadata":{"x`;
    const engine = await open(({ method, href }) => {
      if (method === 'POST') return json({ task_id: 't' });
      return href === link ? { status: 503 } : json(cut);
    });
    await submit(engine);
    await world.until(() => http.requests.some(({ href }) => href === link), 5 * 60_000);
  });
});

/** The current database: that with the highest number. */
function databaseIn(folder: string): string {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return (
    files
      .filter((name) => /tasks-\d+\.db$/.test(name))
      .sort()
      .at(-1) ?? ''
  );
}
