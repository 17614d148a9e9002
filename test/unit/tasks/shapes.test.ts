import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { FaultOptions } from '../../gateway/pretendGateway';
import type { ResponseShapes } from '../../gateway/gatewayOptions';
import type { Engine } from '../../../src/core/engine';
import { sora } from '../../../src/core/models/families/sora';
import type { Task } from '../../../src/core/task/task';
import { World } from '../support/world';

/** A small body of each family. The engine sends it unchanged. */
const bodies = {
  sora: { model: 'sora-2', prompt: 'a paper boat in the rain', seconds: '4', size: '1280x720' },
  veo: { model: 'veo-3.1-generate-preview', prompt: 'a lighthouse', resolution: '720p', durationSeconds: 4 },
  wan: { model: 'wan2.5-t2v-preview', prompt: 'neon rain', size: '832*480', duration: 5 },
  seedance: {
    model: 'doubao-seedance-1-5-pro-251215-noAudio',
    metadata: { content: [{ type: 'text', text: 'a fox --rs 480p --ratio 1:1 --dur 4' }] },
  },
  legacy: { model: 'kling-v1', prompt: 'a fox', width: 320, height: 240, duration: 1 },
} as const;
type FamilyName = keyof typeof bodies;

interface Shape {
  readonly family: FamilyName;
  readonly shapes: Partial<ResponseShapes>;
}

/** The numbered forms of API reference 4.2 and 5, each with a family that is documented to use it. */
const numbered: Readonly<Record<string, Shape>> = {
  'S1, Q2, Q6': { family: 'sora', shapes: { submit: 'full', query: 'flat' } },
  'S2, Q1': { family: 'sora', shapes: { submit: 'short', query: 'slim' } },
  'S2, Q5': { family: 'sora', shapes: { submit: 'short', query: 'slim', link: 'url' } },
  'S7, Q4': { family: 'sora', shapes: { submit: 'oldPage', query: 'envelope' } },
  'S8, Q3': { family: 'sora', shapes: { submit: 'vendor', query: 'nested' } },
  'S3, Q3, Q7': { family: 'wan', shapes: { submit: 'full', query: 'nested' } },
  'S3b, Q5': { family: 'wan', shapes: { submit: 'code', query: 'slim' } },
  'S4, Q8': { family: 'seedance', shapes: { submit: 'full', query: 'nested' } },
  'S5, Q10 with one link': { family: 'veo', shapes: { submit: 'full', query: 'nested' } },
  'S5, Q9': { family: 'veo', shapes: { submit: 'full', query: 'nested', video: 'inline' } },
  'S5, Q9 slim': { family: 'veo', shapes: { submit: 'bare', query: 'slim', video: 'inline' } },
  'S6, Q4, Q11': { family: 'legacy', shapes: { submit: 'full', query: 'envelope' } },
  'S6 with the id as text, Q11 with a data URI': {
    family: 'legacy',
    shapes: { submit: 'envelopeText', query: 'envelope', video: 'inline' },
  },
  'S5, Q3 of Kling': { family: 'legacy', shapes: { submit: 'code', query: 'nested' } },
};

describe('every documented form of a response', function () {
  this.timeout(60_000);
  let world: World;

  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(async () => {
    await world.stop();
  });

  const send = (engine: Engine, family: FamilyName, more: object = {}): Promise<Task> => {
    const body = { ...bodies[family], ...more };
    const request = { model: body.model, prompt: 'prompt' in body ? body.prompt : 'a fox' };
    // The family of the request doesn't matter.
    return engine.submit({ request, family: sora, body: JSON.stringify(body) }, world.access);
  };

  function assertWhole(task: Task, videos = 1): void {
    assert.equal(task.phase, 'saved', task.failure?.message);
    assert.equal(new Set(task.videos.map(({ uri }) => uri)).size, videos);
    for (const { uri, sha256, bytes } of task.videos) {
      const content = readFileSync(fileURLToPath(uri));
      assert.equal(createHash('sha256').update(content).digest('hex'), sha256);
      assert.equal(content.length, bytes);
    }
    assert.equal(world.requests('submit'), 1);
    assert.ok(world.gateway.log.every((record) => !record.keyElsewhere));
    assert.ok(world.gateway.log.every((record) => record.origin === 'api' || !record.hadKey));
  }

  for (const [name, { family, shapes }] of Object.entries(numbered)) {
    for (const packed of [false, true]) {
      it(`is tracked and saved: ${name}${packed ? ', compressed' : ''}`, async () => {
        world.gateway.setShapes(shapes);
        if (packed) world.gateway.setFault({ name: 'gzip', times: 'always', args: { as: 'br' } });
        const engine = await world.open();
        const sent = await send(engine, family);
        assert.equal(sent.phase, 'queued', sent.failure?.message);
        assert.equal(sent.gatewayTaskId, world.gateway.tasks[0]?.id);
        assertWhole(await world.untilPhase(engine, sent.id));
        assert.equal(world.requests('download') === 0, family !== 'sora' || shapes.link === 'url');
      });
    }
  }

  for (const family of Object.keys(bodies) as FamilyName[]) {
    for (const failure of ['F1', 'F2', 'F3', 'F4', 'F5'] as const) {
      it(`fails with an explanation and without a charge: ${failure} of ${family}`, async () => {
        world.gateway.setShapes({ failure, query: 'nested' });
        const engine = await world.open();
        const { id, gatewayTaskId = '' } = await send(engine, family);
        world.gateway.failTask(gatewayTaskId, { message: 'blocked by the safety filter', code: 'x_y' });
        const task = await world.untilPhase(engine, id);
        assert.equal(task.phase, 'failed');
        assert.equal(task.failure?.kind, 'moderation');
        assert.equal(task.failure.charged, 'no');
        assert.match(task.failure.message, /Details: blocked by the safety filter$/);
      });
    }
  }

  for (const video of ['link', 'inline'] as const) {
    it(`saves all three videos of Q10, each ${video}`, async () => {
      world.gateway.setShapes({ video });
      const engine = await world.open();
      const { id } = await send(engine, 'veo', { sampleCount: 3 });
      assertWhole(await world.untilPhase(engine, id), 3);
    });
  }

  it('downloads both a data URI and links', async () => {
    const engine = await world.open();
    const { id, gatewayTaskId = '' } = await send(engine, 'veo');
    await world.untilPhase(engine, id, 'running');
    const link = await linkOf(gatewayTaskId);
    const bytes = Buffer.from(await (await fetch(link)).arrayBuffer());
    const inline = `data:video/mp4;base64,${bytes.toString('base64')}`;
    world.gateway.setFault({ name: 'urlIs', route: 'query', times: 'always', args: { url: [inline, link] } });
    assertWhole(await world.untilPhase(engine, id), 2);
  });

  /** Returns the gateway's own link to a task's video, once it's finished. */
  async function linkOf(gatewayTaskId: string): Promise<string> {
    world.gateway.finishTask(gatewayTaskId);
    const url = `${world.gateway.baseUrl}/v1/video/generations/${gatewayTaskId}`;
    const reply = await fetch(url, { headers: { authorization: `Bearer ${world.gateway.key}` } });
    return ((await reply.json()) as { url: string }).url;
  }

  const query = (name: FaultOptions['name'], args: Record<string, unknown> = {}): FaultOptions => ({
    name,
    route: 'query',
    times: 'always',
    args,
  });

  it('saves one of two videos if the other link stays dead, and reports the missing one after a day', async () => {
    const engine = await world.open();
    const { id, gatewayTaskId = '' } = await send(engine, 'veo');
    await world.untilPhase(engine, id, 'running');
    const link = await linkOf(gatewayTaskId);
    world.gateway.setFault(query('urlIs', { url: [link.replace('Signature=', 'Signature=x'), link] }));
    await world.until(() => engine.task(id)?.videos.length === 1);
    assert.notEqual(engine.task(id)?.phase, 'saved', 'the gateway still names it');
    await world.until(() => engine.task(id)?.phase === 'saved', 30 * 3600_000);
    const task = engine.task(id)!;
    assertWhole(task);
    assert.equal(task.failure?.charged, 'yes');
    assert.match(task.failure.message, /^Some videos of this task couldn't be downloaded/);
    assert.equal(
      world.gateway.log.filter(({ kind, status }) => kind === 'result' && status === 200).length,
      1,
    );
  }).timeout(120_000);

  it('keeps retrying if one of two links is dead and the other one fails temporarily', async () => {
    const engine = await world.open();
    const { id, gatewayTaskId = '' } = await send(engine, 'veo');
    await world.untilPhase(engine, id, 'running');
    const link = await linkOf(gatewayTaskId);
    world.gateway.setFault(query('urlIs', { url: [link.replace('Signature=', 'Signature=x'), link] }));
    world.gateway.setFault({ name: 'serverError', route: 'result', times: 16, args: { status: 503 } });
    await world.until(() => world.requests('result') >= 14, 3 * 3600_000);
    assert.equal(engine.task(id)?.phase === 'saving' || engine.task(id)?.phase === 'ready', true);
    world.gateway.clearFaults();
    world.gateway.setFault(query('urlIs', { url: [link.replace('Signature=', 'Signature=x'), link] }));
    await world.until(() => engine.task(id)?.videos.length === 1, 3 * 3600_000);
    await world.until(() => engine.task(id)?.phase === 'saved', 30 * 3600_000);
    assertWhole(engine.task(id)!);
  }).timeout(120_000);

  it('fails with moderation and an unknown charge if all videos are filtered', async () => {
    const engine = await world.open();
    const { id } = await send(engine, 'veo', { sampleCount: 2 });
    world.gateway.setFault(query('mediaFiltered'));
    const task = await world.untilPhase(engine, id);
    assert.deepEqual(
      [task.phase, task.failure?.kind, task.failure?.charged],
      ['failed', 'moderation', 'unknown'],
    );
  });

  it('saves the others if some videos are filtered', async () => {
    const engine = await world.open();
    const { id } = await send(engine, 'veo', { sampleCount: 3 });
    world.gateway.setFault(query('mediaFiltered', { count: 1 }));
    const task = await world.untilPhase(engine, id);
    assertWhole(task, 2);
    const ready = task.timeline.find(({ phase }) => phase === 'ready');
    assert.match(ready?.note ?? '', /blocked by a safety filter: 1\.$/);
  });

  /** A task whose video is in the query's response and couldn't be downloaded the first time. */
  async function readyInline(engine: Engine): Promise<string> {
    world.gateway.setShapes({ video: 'inline' });
    const { id, gatewayTaskId = '' } = await send(engine, 'veo');
    await world.untilPhase(engine, id, 'running');
    world.gateway.finishTask(gatewayTaskId);
    // The next query reports success, the one after it downloads.
    world.gateway.setFault({ name: 'serverError', route: 'query', after: 1 });
    await world.until(() => engine.task(id)?.phase === 'ready' && engine.task(id)?.failure !== undefined);
    world.gateway.setShapes({ video: 'link' });
    return id;
  }

  it('is lost and charged if a video in the response is gone later', async () => {
    const engine = await world.open();
    const id = await readyInline(engine);
    world.gateway.setFault(query('urlIs', { url: 'expired' }));
    const task = await world.untilPhase(engine, id);
    assert.deepEqual([task.phase, task.failure?.kind, task.failure?.charged], ['lost', 'expired', 'yes']);
  });

  it('downloads from a link that replaces a video in the response', async () => {
    const engine = await world.open();
    const id = await readyInline(engine);
    assertWhole(await world.untilPhase(engine, id));
    assert.equal(world.requests('result'), 1);
  });

  for (const [name, fault] of Object.entries({
    'cut during the body': { name: 'cutDuringBody', args: { share: 0.5 } },
    'no reply at all': { name: 'cutBeforeReading' },
    'a compressed body without its end': { name: 'gzip', args: { missing: 40 } },
    'a page': { name: 'htmlPage' },
    '500': { name: 'serverError' },
    '404 of something in between': { name: 'clientError', args: { status: 404, as: 'html' } },
  } satisfies Record<string, Omit<FaultOptions, 'times' | 'route'>>)) {
    it(`downloads a video in the response again that is ${name} during the download, and leaves no incomplete file`, async () => {
      world.gateway.setShapes({ video: 'inline' });
      const engine = await world.open();
      const { id, gatewayTaskId = '' } = await send(engine, 'veo');
      await world.untilPhase(engine, id, 'running');
      world.gateway.finishTask(gatewayTaskId);
      // The next query reports success, the one after it downloads.
      world.gateway.setFault({ ...fault, route: 'query', after: 1, times: 3 });
      await world.until(() => engine.task(id)?.phase === 'ready' && engine.task(id)?.failure !== undefined);
      assert.equal(engine.task(id)?.failure?.charged, 'yes');
      assertWhole(await world.untilPhase(engine, id));
    });
  }
});
