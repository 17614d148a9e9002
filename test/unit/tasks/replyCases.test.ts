import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import type { Engine } from '../../../src/core/engine';
import { untranslatedL10n } from '../../../src/core/common/l10n';
import type { VideoRequest } from '../../../src/core/models/request';
import type { Phase } from '../../../src/core/task/phases';
import type { Task } from '../../../src/core/task/task';
import {
  caseFile,
  CASE_BASE,
  chargedAt,
  checkMeans,
  loadReplyCases,
  refuseUnknownFields,
  type Checks,
  type ReplyCase,
} from '../../support/replyCases';
import { storeFile } from '../../support/storeFile';
import { FakeClock } from '../support/fakeClock';
import { json, ScriptedHttp, type Scripted, type SeenRequest } from '../support/scriptedHttp';
import { World } from '../support/world';
import { prepareRequest } from '../../support/catalog';

describe('all response cases, through the engine', function () {
  this.timeout(60_000);
  let world: World;
  let http: ScriptedHttp;

  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(async () => {
    await world.stop();
  });

  /** A window whose gateway responds as given. */
  async function open(
    respond: ScriptedHttp['respond'],
    origin: 'nebula' | 'elsewhere' = 'elsewhere',
  ): Promise<Engine> {
    http = new ScriptedHttp(world.clock, respond);
    return world.open({ http: http.open, ...(origin === 'nebula' ? { nebulaBaseUrl: CASE_BASE } : {}) });
  }

  async function submit(
    engine: Engine,
    model = 'wan2.5-t2v-preview',
    more: Partial<VideoRequest> = {},
  ): Promise<Task> {
    const request = prepareRequest({ model, prompt: 'a paper boat', ...more }, untranslatedL10n);
    let settled = false;
    const sent = engine
      .submit(request, { baseUrl: CASE_BASE, key: world.access.key })
      .finally(() => (settled = true));
    await world.until(() => settled);
    return sent;
  }

  /** Advances the clock. */
  async function run(ms: number): Promise<void> {
    const end = world.clock.now() + ms;
    await world.until(
      () => world.clock.now() >= end || world.clock.nextTimer === undefined,
      ms + 60 * 60_000,
    );
  }

  /** State of the task after the response was applied. */
  interface Seen {
    readonly engine: Engine;
    readonly id: string;
    readonly reply: ReplyCase;
    readonly origin: 'nebula' | 'elsewhere';
  }

  const taskOf = ({ engine, id }: Seen): Task => {
    const task = engine.task(id);
    assert.ok(task);
    return task;
  };
  /** Stored values of a task that Copy Details doesn't show. */
  const rowOf = ({ id }: Seen) => {
    const database = new DatabaseSync(storeFile(world.folder), { readOnly: true });
    const row = database.prepare('SELECT money, expires_at FROM tasks WHERE id = ?').get(id);
    database.close();
    return row ?? {};
  };
  const matches = (value: unknown) => new RegExp(String(value), 'i');
  const common = {
    failureKind: (kind: unknown, seen: Seen) =>
      assert.equal(taskOf(seen).failure?.kind, kind, taskOf(seen).failure?.message),
    charged: (charged: unknown, seen: Seen) =>
      // A task without a failure has no charge.
      assert.equal(taskOf(seen).failure?.charged ?? 'unknown', chargedAt(charged, seen.origin)),
    says: (words: unknown, seen: Seen) => assert.match(taskOf(seen).failure?.message ?? '', matches(words)),
    money: (money: unknown, seen: Seen) => {
      const facts = JSON.parse(String(rowOf(seen)['money'])) as { name: string; value: unknown }[];
      assert.deepEqual(Object.fromEntries(facts.map(({ name, value }) => [name, value])), money);
    },
  };

  /** Runs a case at Nebula's own origin and at an unrecognized one. */
  function forEachOrigin(reply: ReplyCase, run: (origin: Seen['origin']) => Promise<void>): void {
    for (const origin of ['nebula', 'elsewhere'] as const) it(`${reply.name} (${origin})`, () => run(origin));
  }

  describe('of a submit', () => {
    const posts = () => http.requests.filter(({ method }) => method === 'POST');
    const evidence = async ({ engine, id }: Seen) => (await engine.evidence(id)).at(-1);
    const checks: Checks<'submit', Seen> = {
      ...common,
      state: async (state, seen) => {
        assert.equal(taskOf(seen).phase, state === 'wait' ? 'rejected' : state);
        assert.equal(posts().length, state === 'wait' ? 3 : 1);
        assert.equal((await evidence(seen))?.status, seen.reply.status);
      },
      taskId: (taskId, seen) => assert.equal(taskOf(seen).gatewayTaskId ?? null, taskId),
      // An ID that may be the request's can be replaced.
      idSource: (_, seen) => assert.equal(taskOf(seen).takesTaskId, true),
      requestId: async (requestId, seen) =>
        assert.ok((await evidence(seen))?.body.includes(String(requestId))),
      remixedFrom: (_, seen) =>
        assert.ok(taskOf(seen).timeline.some(({ note = '' }) => note.includes('used only the prompt'))),
      waitSeconds: (seconds) => assert.equal(posts()[1]!.at - posts()[0]!.at, Number(seconds) * 1000),
      redirectFollowed: () =>
        assert.deepEqual(
          http.requests.map(({ method }) => method),
          ['POST'],
        ),
      note: async (kind, seen) => {
        const queued = taskOf(seen).timeline.find(({ phase }) => phase === 'queued');
        assert.match(queued?.note ?? '', /^Gateway message: /);
        // The error is shown if the gateway later doesn't know the ID.
        http.respond = () => json({ code: 'task_not_exist', message: 'task_not_exist' }, 400);
        await world.until(() => taskOf(seen).phase === 'rejected');
        assert.deepEqual([taskOf(seen).failure?.kind, taskOf(seen).failure?.charged], [kind, 'unknown']);
      },
    };
    for (const reply of loadReplyCases(['submit'])) {
      forEachOrigin(reply, async (origin) => {
        const { means } = reply;
        const respond = ({ method }: SeenRequest) =>
          method === 'POST' ? reply : json({ task_id: means['taskId'], status: 'queued' });
        const engine = await open(respond, origin);
        const { id } =
          'remixedFrom' in means
            ? await submit(engine, 'sora-2', { remixOf: 'video_1' })
            : await submit(engine);
        await checkMeans<'submit', Seen>(means, checks, { engine, id, reply, origin });
      });
    }
  });

  /** Expected phase after a query has responded like this for a while. */
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
    const routes = (about: string) => [
      `/v1/video/generations/download?id=${about}`,
      `/v1/videos/${about}/content`,
    ];
    const ready = ({ timeline }: Task) => timeline.find(({ phase }) => phase === 'ready');
    /** Requests besides those to the API. */
    const links = (about: string) => {
      const known = [`/v1/video/generations`, `/v1/video/generations/${about}`, ...routes(about)];
      return [...new Set(http.requests.map(({ href }) => href))].filter(
        (href) => !known.some((target) => href === CASE_BASE + target) && !/other|status$|models$/.test(href),
      );
    };
    const checks: Checks<'query', Seen> = {
      ...common,
      state: (state, seen) => {
        const { phase, failure } = taskOf(seen);
        if (state === 'succeeded') assert.ok(['ready', 'saving', 'saved'].includes(phase), phase);
        else
          assert.ok(
            [state].flat().some((one) => PHASES[String(one)] === phase),
            phase,
          );
        if (state === 'blip') assert.equal(failure?.charged, 'unknown');
        assert.equal(http.count('POST', '/v1/video/generations'), 1);
      },
      code: (code, seen) => assert.equal(taskOf(seen).failure?.code, code),
      hint: (hint, seen) => {
        assert.equal(hint, 'sound');
        assert.match(taskOf(seen).failure?.summary ?? '', /turn off audio/i);
      },
      progress: (progress, seen) => assert.equal(taskOf(seen).progress, progress),
      waitSeconds: (seconds, { reply: { for: about } }) => {
        const [first, second] = http.requests.filter(({ target }) => target.endsWith(`/${about}`));
        assert.ok(first && second && second.at - first.at >= Number(seconds) * 1000);
      },
      onlyThisTask: async (_, { engine }) => {
        const other = await submit(engine);
        await run(10_000);
        assert.equal(engine.task(other.id)?.phase, 'running');
      },
      videos: (videos, seen) => {
        const all = videos as readonly string[];
        const own = (link: string) =>
          routes(seen.reply.for ?? '').some((target) => link === CASE_BASE + target);
        const http = all.filter((link) => !link.startsWith('inline:'));
        assert.deepEqual(
          links(seen.reply.for ?? ''),
          http.filter((link) => !own(link)),
        );
        assert.equal(taskOf(seen).videos.length, all.length, taskOf(seen).failure?.message);
        const files = taskOf(seen).videos.map(({ uri }) => readFileSync(fileURLToPath(uri)));
        assert.ok(files.every((bytes) => bytes.equals(caseFile('media/plain.mp4'))));
        assert.equal(taskOf(seen).phase === 'saved', all.length > 0);
      },
      refusedLinks: (refused, seen) => {
        for (const link of refused as string[]) {
          assert.ok(!http.requests.some(({ href }) => href === link));
          assert.match(taskOf(seen).failure?.message ?? '', /no usable link/);
          assert.ok(taskOf(seen).failure?.message.includes(link));
        }
      },
      otherRoutes: (others, { reply: { for: about = '' } }) => {
        for (const route of Array.isArray(others) ? (others as string[]) : routes(about))
          assert.ok(http.count('GET', route) > 0, route);
      },
      byDownload: (_, { reply: { for: about = '' } }) =>
        assert.ok(http.count('GET', routes(about)[0] ?? '') > 0),
      filtered: (count, seen) =>
        assert.match(
          ready(taskOf(seen))?.note ?? '',
          matches(`blocked by a safety filter: ${String(count)}`),
        ),
      expiresAt: (seconds, seen) => assert.equal(rowOf(seen)['expires_at'], Number(seconds) * 1000),
    };
    for (const reply of loadReplyCases(['query'])) {
      forEachOrigin(reply, async (origin) => {
        const { means, for: about = '' } = reply;
        const videos = (means['videos'] ?? []) as readonly string[];
        let sent = 0;
        const respond = ({ method, target, href }: SeenRequest): Scripted => {
          if (method === 'POST') return json({ task_id: sent++ === 0 ? about : 'other' });
          if (target === `/v1/video/generations/${about}`) return reply;
          if (target.endsWith('/other')) return json({ task_id: 'other', status: 'in_progress' });
          return videos.includes(href)
            ? { status: 200, headers: { 'content-type': 'video/mp4' }, body: caseFile('media/plain.mp4') }
            : { status: 404 };
        };
        const engine = await open(respond, origin);
        const { id } = await submit(engine, reply.model);
        const seen = { engine, id, reply, origin };
        await run('waitSeconds' in means ? 30_000 : 10_000);
        if (means['state'] === 'missing') {
          assert.equal(taskOf(seen).phase, 'queued');
          await run(120_000);
        }
        await checkMeans<'query', Seen>(means, checks, seen);
      });
    }
  });

  it("rejects a case with a field that isn't checked", () => {
    const known = { name: 'x', call: 'query', means: { state: 'failed' } } as const;
    refuseUnknownFields(known);
    const means = { state: 'failed', failurekind: 'key' };
    assert.throws(() => refuseUnknownFields({ ...known, means }), /x: nothing checks means: failurekind/);
    assert.throws(() => refuseUnknownFields({ ...known, note: 'y' } as typeof known), /case: note/);
  });

  it("ends a task with the error that came with its ID if the gateway doesn't know the ID", async () => {
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

  it("leaves the outcome open if the gateway doesn't know an ID that may be the request's", async () => {
    const engine = await open(({ method }) =>
      method === 'POST' ? json({ request_id: 'r-1' }) : json({ code: 'task_not_exist', message: 'x' }, 400),
    );
    const { id } = await submit(engine);
    await world.until(() => engine.task(id)?.phase !== 'queued');
    assert.deepEqual([engine.task(id)?.phase, engine.task(id)?.takesTaskId], ['unknown', true]);
  });

  it('also tracks an ID that arrives after the user has attached another', async () => {
    let answer: (scripted: Scripted) => void = () => undefined;
    const late = new Promise<Scripted>((resolve) => (answer = resolve));
    const respond = ({ method, target }: SeenRequest) =>
      method === 'POST' ? late : json({ task_id: target.split('/').at(-1), status: 'in_progress' });
    // The sending window sleeps: its timers don't fire, while time passes for the other one.
    const asleep = new FakeClock(world.clock.now());
    http = new ScriptedHttp(world.clock, respond);
    const sleeping = await world.open({ clock: asleep, http: http.open });
    const engine = await world.open({ http: http.open });
    const request = prepareRequest({ model: 'wan2.5-t2v-preview', prompt: 'a paper boat' }, untranslatedL10n);
    const sent = sleeping.submit(request, { baseUrl: CASE_BASE, key: world.access.key });
    await world.turns(() => sleeping.tasks()[0]?.phase === 'sending');
    engine.checkForChanges();
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

  it('keeps the last five unusual responses, and those to the submit and at the end', async () => {
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

  it('keeps a late and unclear response to a submit', async () => {
    let answer: (scripted: Scripted) => void = () => undefined;
    const late = new Promise<Scripted>((resolve) => (answer = resolve));
    const asleep = new FakeClock(world.clock.now());
    http = new ScriptedHttp(world.clock, () => late);
    const sleeping = await world.open({ clock: asleep, http: http.open });
    const engine = await world.open({ http: http.open });
    const request = prepareRequest({ model: 'wan2.5-t2v-preview', prompt: 'a paper boat' }, untranslatedL10n);
    const sent = sleeping.submit(request, { baseUrl: CASE_BASE, key: world.access.key });
    await world.turns(() => sleeping.tasks()[0]?.phase === 'sending');
    engine.checkForChanges();
    await world.until(() => engine.tasks()[0]?.phase === 'unknown');
    answer(json('<h1>Bad Gateway', 502));
    const { id, phase } = await sent;
    assert.equal(phase, 'unknown');
    assert.deepEqual(
      (await engine.evidence(id)).map(({ status, body }) => `${status} ${body}`),
      ['502 <h1>Bad Gateway'],
    );
  });

  it('finds an ID that an earlier version missed in the kept response at the next start', async () => {
    const engine = await open(({ method, target }) =>
      // Not JSON, and no known name. The next start reads it as text.
      method === 'POST'
        ? { status: 502, body: Buffer.from('<html><pre>"task_id":"video_1"') }
        : json({ task_id: target.split('/').at(-1), status: 'in_progress' }),
    );
    const { id, phase } = await submit(engine);
    assert.equal(phase, 'unknown');
    const database = new DatabaseSync(storeFile(world.folder));
    database.prepare('UPDATE evidence SET body = ?').run('{"task_id":"video_1","status":"subm');
    database.close();
    await engine.close();
    const later = await world.open({ http: http.open });
    await world.until(() => later.task(id)?.phase === 'running');
    assert.equal(later.task(id)?.gatewayTaskId, 'video_1');
    assert.equal(http.count('POST'), 1);
  });

  it('loses a task only after three "not found" responses, 10 s apart, a minute after the submit', async () => {
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
    it(`may charge a task that succeeded and is ${end} later, also at Nebula`, async () => {
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

  it('finds no ID for a remix whose error quotes its source, also at the next start', async () => {
    const message = 'cannot read task_id="video_source1": upstream busy';
    const engine = await open(({ method }) =>
      method === 'POST' ? json({ error: { message, code: 'upstream_error' } }, 500) : { status: 503 },
    );
    const { id, phase } = await submit(engine, 'sora-2', { remixOf: 'video_source1' });
    assert.equal(phase, 'unknown');
    await engine.close();
    const later = await world.open({ http: http.open });
    await run(10_000);
    assert.deepEqual([later.task(id)?.phase, later.task(id)?.gatewayTaskId], ['unknown', undefined]);
  });

  for (const [what, expiresAt] of [
    ['relative', () => 86_400],
    ['before the submit', (now: number) => Math.floor(now / 1000) - 60],
  ] as const) {
    it(`doesn't end the download early for an expiry that is ${what}`, async () => {
      const time = expiresAt(world.clock.now());
      const engine = await open(({ method, target }) => {
        if (method === 'POST') return json({ task_id: 't' });
        if (!target.includes('/generations/t')) return json({ error: 'bad gateway' }, 502);
        const url = 'https://cdn.example.com/a.mp4';
        return json({ task_id: 't', status: 'succeeded', url, expires_at: time });
      });
      const { id } = await submit(engine);
      await run(20 * 3_600_000);
      assert.equal(engine.task(id)?.phase, 'ready');
    });
  }

  for (const closeTime of [4_000, 2_999] as const) {
    it(`keeps an ID whose response stays open when the window closes after ${closeTime} ms`, async () => {
      async function* body(): AsyncGenerator<Uint8Array> {
        yield await Promise.resolve(Buffer.from('{"task_id":"PAID-1","status":"que'));
        await new Promise(() => undefined);
      }
      const response = { status: 200, headers: {}, body: body(), close: () => undefined };
      const engine = await world.open({
        http: () => Promise.resolve({ close: () => undefined, send: () => Promise.resolve(response) }),
      });
      const request = prepareRequest(
        { model: 'wan2.5-t2v-preview', prompt: 'a paper boat' },
        untranslatedL10n,
      );
      engine.submit(request, { baseUrl: CASE_BASE, key: world.access.key }).catch(() => undefined);
      await world.turns(() => engine.tasks()[0]?.phase === 'sending');
      let isClosed = false;
      void engine.close().then(() => (isClosed = true));
      world.clock.moveTo(world.clock.now() + closeTime);
      await world.until(() => isClosed);
      const later = await open(() => json({ task_id: 'PAID-1', status: 'in_progress' }));
      await world.until(() => later.tasks()[0]?.phase === 'running');
      assert.equal(later.tasks()[0]?.gatewayTaskId, 'PAID-1');
      assert.equal(later.tasks().length, 1);
    });
  }

  it('uses a response that is cut each time after a while', async () => {
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
