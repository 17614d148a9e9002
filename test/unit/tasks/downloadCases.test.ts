import assert from 'node:assert/strict';
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import * as path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import type { Evidence } from '../../../src/core/common/evidence';
import type { Engine } from '../../../src/core/engine';
import { untranslatedL10n } from '../../../src/core/common/l10n';
import { isFinal } from '../../../src/core/task/phases';
import {
  caseFile,
  CASE_BASE,
  chargedAt,
  checkMeans,
  loadReplyCases,
  type Checks,
  type Means,
} from '../../support/replyCases';
import { storeFile } from '../../support/storeFile';
import { FailingDisk } from '../support/failingDisk';
import { videoCases } from '../support/mediaCases';
import { json, ScriptedHttp, type Scripted, type SeenRequest } from '../support/scriptedHttp';
import { World } from '../support/world';
import { prepareRequest } from '../../support/catalog';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const CHANGES: ReadonlySet<string> = new Set(['sync', 'rename', 'writeFile', 'rm']);
const LINK = 'https://cdn.example.com/a.mp4?sig=1';
const PLAIN = caseFile('media/plain.mp4');

describe('downloads, through the engine', function () {
  this.timeout(120_000);
  let world: World;
  let http: ScriptedHttp;
  let disk: FailingDisk;
  let engine: Engine;

  beforeEach(async () => {
    world = await World.create();
    disk = new FailingDisk();
  });
  afterEach(async () => {
    await world.stop();
  });

  const video = (file = 'media/plain.mp4'): Scripted => ({
    status: 200,
    headers: { 'content-type': 'video/mp4' },
    body: caseFile(file),
  });
  const library = (...names: string[]) => path.join(world.folder, 'library', ...names);
  const files = () => readdirSync(library()).filter((name) => /\.(mp4|mov|webm|mkv)$/.test(name));
  const downloads = (link = LINK) => http.requests.filter(({ href }) => href === link).length;

  async function run(ms: number): Promise<void> {
    const end = world.clock.now() + ms;
    await world.until(() => world.clock.now() >= end || world.clock.nextTimer === undefined, ms + 2 * HOUR);
  }

  /** A window whose gateway finishes a task with these links and answers other requests as given. */
  async function start(
    respond: (request: SeenRequest) => Scripted | undefined,
    { links = [LINK], taskId = 'task_1', model = 'wan2.5-t2v-preview', origin }: StartOptions = {},
  ): Promise<string> {
    const queries = typeof links === 'function' ? links : () => links;
    http = new ScriptedHttp(world.clock, (request) => {
      if (request.method === 'POST') return json({ task_id: taskId });
      const answer = respond(request);
      if (answer) return answer;
      if (request.target !== `/v1/video/generations/${taskId}`)
        return json({ error: { message: 'Invalid URL' } }, 404);
      const found = queries();
      return json({ task_id: taskId, status: 'succeeded', ...(found.length > 0 ? { url: found } : {}) });
    });
    const nebula = origin === 'nebula' ? { nebulaBaseUrl: CASE_BASE } : {};
    engine = await world.open({ http: http.open, disk, ...nebula });
    return submit(model);
  }

  async function submit(model = 'wan2.5-t2v-preview'): Promise<string> {
    const request = prepareRequest({ model, prompt: 'a paper boat' }, untranslatedL10n);
    let id: string | undefined;
    void engine.submit(request, { baseUrl: CASE_BASE, key: world.access.key }).then((task) => (id = task.id));
    await world.until(() => id !== undefined);
    return id ?? '';
  }

  const task = (id: string) => {
    const found = engine.task(id);
    assert.ok(found);
    return found;
  };
  const isOver = (id: string) => isFinal(task(id).phase);

  describe('all response cases', () => {
    interface Seen {
      readonly id: string;
      readonly means: Means;
      /** The path that is downloaded. */
      readonly wanted: string;
      readonly queries: () => number;
      readonly origin: 'nebula' | 'elsewhere';
    }
    const common = {
      state: async (state: unknown, { id, means, wanted }: Seen) => {
        if (state === 'retry') {
          await run(1000);
          assert.ok(!isOver(id) && task(id).failure !== undefined, task(id).phase);
        } else {
          await world.until(() => isOver(id), MINUTE);
          assert.equal(task(id).phase, state === 'gone' ? 'lost' : state, task(id).failure?.message);
        }
        if (state !== 'retry' || 'thenKeep' in means) return;
        await run(2 * MINUTE);
        assert.ok(!isOver(id), task(id).phase);
        assert.ok(http.count('GET', wanted) > 1 && http.count('GET', wanted) < 30);
      },
      sameBytesAs: (file: unknown, { id }: Seen) => {
        const [saved, ...others] = task(id).videos;
        assert.deepEqual([saved?.unverified, others.length], [undefined, 0]);
        assert.deepEqual(readFileSync(fileURLToPath(saved?.uri ?? '')), caseFile(String(file)));
      },
      until: async (until: unknown, { id }: Seen) => {
        assert.equal(until, 'at least 10 minutes');
        await run(7.5 * MINUTE);
        assert.ok(!isOver(id), task(id).phase);
      },
    };
    const downloadChecks: Checks<'download', Seen> = {
      ...common,
      charged: (charged, { id, origin }) =>
        assert.equal(task(id).failure?.charged, chargedAt(charged, origin), task(id).failure?.message),
      thenKeep: async (keep, { id, wanted }) => {
        assert.equal(keep, 'unverified');
        await world.until(() => isOver(id));
        assert.deepEqual([task(id).phase, task(id).videos[0]?.unverified], ['saved', true]);
        assert.equal(http.count('GET', wanted), 2);
      },
    };
    const linkChecks: Checks<'link', Seen> = {
      ...common,
      says: (words, { id }) => assert.match(task(id).failure?.message ?? '', new RegExp(String(words))),
      withFreshQuery: (_, { queries }) => assert.ok(queries() > 1),
      otherRoutes: () => assert.ok(http.count('GET', /\/download\?id=/) > 0),
      pausesOrigin: (pauses, { id }) => {
        const database = new DatabaseSync(storeFile(world.folder), { readOnly: true });
        const refused = database.prepare('SELECT 1 FROM origins WHERE refusal IS NOT NULL').get();
        database.close();
        assert.equal(refused !== undefined, pauses);
        assert.notEqual(task(id).failure?.kind, 'key');
      },
      requestedPath: (target) => assert.ok(http.count('GET', String(target)) > 0),
    };
    for (const reply of loadReplyCases(['download', 'link'])) {
      for (const origin of ['nebula', 'elsewhere'] as const) {
        it(`${reply.name} (${origin})`, async () => {
          const { means, for: about = 'task_7', link = '' } = reply;
          const isLink = reply.call === 'link';
          const wanted = isLink
            ? link.slice(new URL(CASE_BASE).origin.length)
            : `/v1/video/generations/download?id=${about}`;
          const id = await start(({ target }) => (target === wanted ? reply : reply.also.get(target)), {
            taskId: about,
            links: isLink ? [link] : [],
            model: isLink ? 'wan2.5-t2v-preview' : 'sora-2',
            origin,
          });
          await world.until(() => http.requests.some(({ target }) => target === wanted));
          const queries = () => http.count('GET', `/v1/video/generations/${about}`);
          const seen = { id, means, wanted, queries, origin };
          if (isLink) await checkMeans<'link', Seen>(means, linkChecks, seen);
          else await checkMeans<'download', Seen>(means, downloadChecks, seen);
          assert.equal(http.count('POST'), 1);
        });
      }
    }
  });

  describe('all unusual videos', () => {
    for (const { file, means, why } of videoCases()) {
      it(`downloads ${file} (${why}): ${means.get}`, async () => {
        const id = await start(({ href }) => (href === LINK ? video(`media/${file}`) : undefined));
        await world.until(() => downloads() === 1);
        if (means.get === 'playable' || means.get === 'kept') {
          await world.until(() => isOver(id));
          assert.equal(task(id).phase, 'saved', task(id).failure?.message);
          const [saved] = task(id).videos;
          assert.equal(saved?.unverified, means.get === 'kept' ? true : undefined);
          assert.equal(downloads(), 1);
          if (means.container === 'webm') assert.match(saved?.uri ?? '', /\.webm$/);
          assert.deepEqual(readFileSync(fileURLToPath(saved?.uri ?? '')), caseFile(`media/${file}`));
          return;
        }
        await run(1000);
        assert.ok(!isOver(id), task(id).phase);
        assert.equal(task(id).videos.length, 0);
        if (means.get === 'again') {
          await world.until(() => isOver(id));
          assert.deepEqual([task(id).phase, task(id).videos[0]?.unverified], ['saved', true]);
          assert.equal(downloads(), 2);
          return;
        }
        const words = means.says === 'webPage' ? /Bad Gateway/ : new RegExp(means.says ?? '', 'i');
        assert.match(task(id).failure?.message ?? '', words);
        await run(9 * MINUTE);
        assert.ok(!isOver(id), task(id).phase);
        assert.deepEqual(files(), []);
        assert.ok(downloads() > 1 && downloads() < 20, String(downloads()));
        assert.ok(http.count('GET', '/v1/video/generations/task_1') > 1, 'a fresh link is requested');
      });
    }
  });

  describe('a file that another program holds', () => {
    for (const [name, heldMs] of [
      ['for a moment', 100],
      ['for some seconds', 20_000],
      ['for an hour', HOUR],
    ] as const) {
      it(`downloads once despite ${name}`, async () => {
        disk.before = (call, file) => {
          if (call === 'rename' && file.endsWith('.part') && !file.endsWith('.json.part')) {
            heldSince ??= world.clock.now();
            disk.faults[world.clock.now() - heldSince < heldMs ? 'set' : 'delete']('rename', 'EBUSY');
          }
        };
        let heldSince: number | undefined;
        const id = await start(({ href }) => (href === LINK ? video() : undefined));
        await world.until(() => isOver(id), 3 * HOUR);
        assert.equal(task(id).phase, 'saved', task(id).failure?.message);
        assert.equal(downloads(), 1);
        assert.deepEqual(readdirSync(library('.parts')), []);
      });
    }

    it('places a complete part of a closed window even if every link is dead', async () => {
      disk.faults.set('rename', 'EPERM');
      const id = await start(({ href }) => (href === LINK ? video() : undefined));
      await world.until(() => task(id).failure?.kind === 'disk');
      await engine.close();
      disk.faults.clear();
      http.respond = ({ target }) =>
        target.includes('sig') ? { status: 403 } : json({ error: { message: 'no' } }, 403);
      engine = await world.open({ http: http.open });
      await world.until(() => isOver(id));
      assert.equal(task(id).phase, 'saved');
      assert.deepEqual(readFileSync(fileURLToPath(task(id).videos[0]?.uri ?? '')), PLAIN);
    });
  });

  it('shows the reason of a link with another scheme from the start, and merges entries', async () => {
    const id = await start(() => undefined, { links: ['file:///srv/out/a1.mp4'] });
    await world.until(() => task(id).failure !== undefined);
    assert.match(task(id).failure?.message ?? '', /file:\/\/\/srv\/out\/a1\.mp4/);
    await run(20 * MINUTE);
    assert.ok(!isOver(id), task(id).phase);
    assert.match(task(id).failure?.message ?? '', /file:\/\/\/srv\/out\/a1\.mp4/);
    const shown = task(id).timeline.filter(({ phase }) => phase === 'ready' || phase === 'saving');
    assert.ok(shown.length <= 3, JSON.stringify(shown));
    assert.ok(http.count('GET', '/v1/video/generations/task_1') < 40);
  });

  describe('an unusual response to a download', () => {
    const page = (text: string, status = 200, type = 'text/html'): Scripted => ({
      ...{ status, headers: { 'content-type': type, 'x-request-id': 'r-1' }, body: Buffer.from(text) },
    });
    const base64 = PLAIN.toString('base64');
    const responses: Readonly<Record<string, readonly [Scripted, Partial<Evidence>]>> = {
      'a refused link': [page('{"message":"denied"}', 403), { status: 403, body: '{"message":"denied"}' }],
      'an error in place of a video': [
        json({ error: { message: 'no' } }),
        { body: '{"error":{"message":"no"}}' },
      ],
      'a page in place of a video': [page('<h1>Sign in</h1>'), { body: '<h1>Sign in</h1>' }],
      'a page that claims to be a video': [
        page('<Error>AccessDenied</Error>', 200, 'video/mp4'),
        { body: '<Error>AccessDenied</Error>' },
      ],
      'a redirect to a refused address': [
        { status: 302, headers: { location: 'http://192.168.1.9/a.mp4' } },
        { status: 302, headers: { location: 'http://192.168.1.9/a.mp4' }, body: '' },
      ],
      'a video that breaks off': [
        { ...(video() as object), body: PLAIN.subarray(0, 900), cutAfter: true },
        { end: 'cut', body: '', headers: { 'content-type': 'video/mp4' } },
      ],
      'a video with missing parts': [video('media/truncated-media.mp4'), { status: 200, body: '' }],
      'a link to a link': [json({ url: LINK }), { body: JSON.stringify({ url: LINK }) }],
      'base64 that is no video': [
        json({ success: true, base64: base64.slice(0, 2500) + '!' + base64 }),
        { body: '{"success":true,"base64":"…!…"}' },
      ],
      'a response that is cut within its video': [
        { ...json(`{"base64":"${base64.slice(0, 500)}`), cutAfter: true },
        { body: '{"base64":"…', end: 'cut' },
      ],
      'bytes that are no video': [{ body: Buffer.alloc(300, 0xff) }, { body: '' }],
    };
    for (const [name, [response, expected]] of Object.entries(responses)) {
      it(`is kept with the task: ${name}`, async () => {
        const id = await start(({ href }) => (href === LINK ? response : undefined));
        await world.until(() => task(id).failure !== undefined);
        const kept = (await engine.evidence(id)).find(({ step }) => step === 'link');
        const { status = 200, end = 'whole' } = expected;
        assert.ok(kept, JSON.stringify(await engine.evidence(id)));
        assert.deepEqual([kept.status, kept.end], [status, end]);
        if (expected.body !== undefined) assert.equal(kept.body, expected.body);
        if (expected.headers) assert.deepEqual(kept.headers, expected.headers);
      });
    }

    it('is stored without the key, cut to 64 KB, and only once if it repeats', async () => {
      const { value } = world.access.key;
      const text = `<pre>Bearer ${value} ${'no such file '.repeat(10_000)}`;
      const id = await start(({ href }) => (href === LINK ? page(text, 404) : undefined));
      await run(9 * MINUTE);
      assert.ok(downloads() > 3);
      const kept = (await engine.evidence(id)).filter(({ step }) => step === 'link');
      assert.deepEqual(
        kept.map(({ status }) => status),
        [404],
      );
      assert.ok(world.clock.now() - (kept[0]?.at ?? 0) < 2 * MINUTE, 'it has the time of the last one');
      const body = kept[0]?.body ?? '';
      assert.ok(body.length <= 64 * 1024 && body.length > 60_000, String(body.length));
      assert.ok(!body.includes(value));
    });

    it('is stored next to those of the submit, the query, and the other routes', async () => {
      const id = await start(() => undefined, { links: [] });
      await world.until(() => task(id).failure !== undefined);
      assert.deepEqual(
        (await engine.evidence(id)).map(({ step, status }) => `${step} ${status}`),
        ['submit 200', 'query 200', 'query 200', 'download 404', 'download 404'],
      );
    });
  });

  it('tries the other routes after a success without a link, and ends after ten minutes', async () => {
    const id = await start(() => undefined, { links: [] });
    await world.until(() => task(id).phase === 'ready');
    const since = world.clock.now();
    await world.until(() => isOver(id));
    assert.equal(task(id).phase, 'lost');
    assert.ok(world.clock.now() - since >= 10 * MINUTE);
    assert.ok(http.count('GET', '/v1/video/generations/download?id=task_1') > 0);
    assert.ok(http.count('GET', '/v1/videos/task_1/content') > 0);
    assert.ok((await engine.evidence(id)).length > 0);
  });

  it('downloads from another route after a success without a link', async () => {
    const id = await start(({ target }) => (target === '/v1/videos/task_1/content' ? video() : undefined), {
      links: [],
    });
    await world.until(() => isOver(id));
    assert.equal(task(id).phase, 'saved', task(id).failure?.message);
  });

  describe('a public link', () => {
    it('is downloaded without a key', async () => {
      let isUp = false;
      const id = await start(({ href }) => (href === LINK ? (isUp ? video() : { status: 503 }) : undefined));
      await world.until(() => downloads() === 1);
      world.keys.key = undefined;
      isUp = true;
      await world.until(() => isOver(id), 5 * MINUTE);
      assert.equal(task(id).phase, 'saved', task(id).failure?.message);
      assert.ok(
        http.requests.filter(({ href }) => href === LINK).every(({ headers }) => !headers['authorization']),
      );
    });

    it("is downloaded during the gateway's rate limit", async () => {
      let isUp = false;
      const id = await start(({ href }) => (href === LINK ? (isUp ? video() : { status: 503 }) : undefined));
      await world.until(() => downloads() === 1);
      const respond = http.respond;
      http.respond = (request) =>
        request.target === '/v1/video/generations/task_1'
          ? { status: 429, headers: { 'retry-after': '3600' } }
          : respond(request);
      await submit();
      await world
        .until(() => http.requests.at(-1)?.target === '/v1/video/generations/task_1', MINUTE)
        .catch(() => undefined);
      isUp = true;
      await world.until(() => isOver(id), 10 * MINUTE);
      assert.equal(task(id).phase, 'saved', task(id).failure?.message);
    });
  });

  it('saves a video whose link is refused for nine minutes', async () => {
    const since = world.clock.now();
    const id = await start(({ href }) =>
      href === LINK ? (world.clock.now() - since < 9 * MINUTE ? { status: 403 } : video()) : undefined,
    );
    await world.until(() => isOver(id));
    assert.equal(task(id).phase, 'saved');
  });

  it('keeps an incomplete video unverified if its link then dies', async () => {
    const id = await start(({ href }) =>
      href === LINK ? (downloads() > 1 ? { status: 410 } : video('media/truncated-media.mp4')) : undefined,
    );
    await world.until(() => isOver(id), 30 * HOUR);
    assert.deepEqual([task(id).phase, task(id).videos[0]?.unverified], ['saved', true]);
    assert.deepEqual(
      readFileSync(fileURLToPath(task(id).videos[0]?.uri ?? '')),
      caseFile('media/truncated-media.mp4'),
    );
  });

  describe('several videos', () => {
    const linkOf = (name: string) => `https://cdn.example.com/${name}.mp4?sig=1`;

    it('downloads each once if listed one after another, in any order', async () => {
      let named = ['b'];
      const contents = { a: 'plain', b: 'moov-first', c: 'free-before-ftyp' } as Readonly<
        Record<string, string>
      >;
      const fileOf = (href: string) => contents[/(\w)\.mp4/.exec(href)?.[1] ?? ''];
      const id = await start(({ href }) => (fileOf(href) ? video(`media/${fileOf(href)}.mp4`) : undefined), {
        links: () => named.map(linkOf),
      });
      await world.until(() => isOver(id));
      for (const next of [
        ['c', 'b'],
        ['a', 'c', 'b'],
      ]) {
        const file = fileURLToPath(task(id).videos[0]?.uri ?? '');
        // If one is missing, the task can be checked again.
        rmSync(file);
        named = next;
        assert.equal(await engine.checkAgain(id), true);
        await world.until(() => isOver(id));
        assert.equal(task(id).phase, 'saved', task(id).failure?.message);
      }
      assert.equal(task(id).videos.length, 3);
      assert.equal(files().length, 3);
      for (const name of ['a', 'c']) assert.equal(downloads(linkOf(name)), 1, name);
    });
  });

  it('places each once if killed at any change on disk, with the links reordered afterward', async () => {
    const links = ['a', 'b'].map((name) => `https://cdn.example.com/${name}.mp4?sig=1`);
    const contents: Record<string, Scripted> = {
      [links[0] ?? '']: video('media/plain.mp4'),
      [links[1] ?? '']: video('media/moov-first.mp4'),
    };
    for (let killedAt = 1; ; killedAt++) {
      let calls = 0;
      const dying = new FailingDisk();
      // A killed process makes no more calls.
      dying.before = (call) => {
        // Counts calls after the first video has been received. Reads change nothing.
        if (!CHANGES.has(call) || (calls === 0 && call !== 'sync')) return;
        if (++calls >= killedAt) throw new Error('killed');
      };
      disk = dying;
      const id = await start(({ href }) => contents[href], { links, taskId: `task_${killedAt}` });
      const started = http.requests.length;
      await world.until(() => isOver(id) || calls >= killedAt);
      const wasKilled = calls >= killedAt;
      await engine.close();
      const before = http;
      http = new ScriptedHttp(world.clock, (request) => {
        const answer = contents[request.href];
        return answer ?? json({ task_id: `task_${killedAt}`, status: 'succeeded', url: links.toReversed() });
      });
      engine = await world.open({ http: http.open });
      await world.until(() => isOver(id), 3 * HOUR);
      assert.equal(task(id).phase, 'saved', task(id).failure?.message);
      const hashes = new Set(task(id).videos.map(({ sha256 }) => sha256));
      assert.equal(hashes.size, 2, `killed at call ${killedAt}`);
      assert.ok(before.requests.length >= started);
      await engine.close();
      if (!wasKilled) return;
      assert.ok(killedAt < 40);
    }
  });
});

interface StartOptions {
  readonly links?: readonly string[] | (() => readonly string[]);
  readonly taskId?: string;
  readonly model?: string;
  readonly origin?: 'nebula' | 'elsewhere';
}
