import assert from 'node:assert/strict';
import type { HttpConnector } from '../../../src/core/gateway/http';
import type { Engine } from '../../../src/core/engine';
import type { Task } from '../../../src/core/task/task';
import { World } from '../support/world';

/** Holds back videos in chunks until the test releases them. */
class SlowPieces {
  /** Chunks that were requested, but not released. */
  readonly #waiting: (() => void)[] = [];
  readonly #bytes: number;

  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  wrap(open: HttpConnector): HttpConnector {
    return async (request) => {
      const opened = await open(request);
      const isVideo = /\/results\/|\/download$/.test(request.url.pathname);
      if (!isVideo) return opened;
      return {
        close: () => opened.close(),
        send: async (body, signal) => {
          const reply = await opened.send(body, signal);
          return { ...reply, body: this.#slowly(reply.body) };
        },
      };
    };
  }

  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** Releases one chunk. */
  next(): void {
    this.#waiting.shift()?.();
  }

  async *#slowly(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of body) {
      for (let from = 0; from < piece.length; from += this.#bytes) {
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
        yield piece.subarray(from, from + this.#bytes);
      }
    }
  }
}

describe('the progress of a download', function () {
  this.timeout(60_000);
  let world: World;

  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(async () => {
    await world.stop();
  });

  async function opened(pieces: SlowPieces): Promise<Engine> {
    return world.open({ http: pieces.wrap(world.options.http!) });
  }

  /** Advances the clock until the download has begun. */
  async function untilFetching(engine: Engine, id: string, pieces: SlowPieces): Promise<void> {
    for (let turn = 0; !pieces.isWaiting; turn++) {
      assert.ok(turn < 5000, world.lines.slice(-20).join('\n'));
      await new Promise((resolve) => setImmediate(resolve));
      const next = world.clock.nextTimer;
      if (turn % 20 === 19 && next !== undefined && engine.task(id)?.phase !== 'saving')
        world.clock.moveTo(next);
    }
  }

  /** Releases chunks until the end, or for some time. The lease is renewed after each one. */
  async function pass(pieces: SlowPieces, engine: Engine, id: string, until: (task: Task) => boolean) {
    const told: (number | undefined)[] = [];
    for (;;) {
      // Disk and network need real time. Waiting for the clock ends soon.
      const limit = performance.now() + 300;
      while (!pieces.isWaiting && !until(engine.task(id)!) && performance.now() < limit) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      const task = engine.task(id)!;
      if (until(task)) return { told, task };
      pieces.next();
      for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setImmediate(resolve));
      world.clock.moveTo(world.clock.now() + 10_000);
      for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setImmediate(resolve));
      told.push(engine.task(id)?.fetchProgress);
    }
  }

  for (const link of ['none', 'url'] as const) {
    it(`is shown for ${link === 'url' ? 'a link' : 'a download call'}: never decreases, never 100, removed at the end`, async () => {
      world.gateway.setShapes({ link });
      const pieces = new SlowPieces(60_000);
      const engine = await opened(pieces);
      const other = await world.open({ http: () => Promise.reject(new Error('it only looks on')) });
      const { id } = await world.submit(engine);
      await untilFetching(engine, id, pieces);
      assert.equal(engine.task(id)?.fetchProgress, undefined);
      const { updatedAt } = engine.task(id)!;
      const half = await pass(pieces, engine, id, ({ fetchProgress = 0 }) => fetchProgress >= 50);
      other.checkForChanges();
      assert.equal(other.task(id)?.fetchProgress, engine.task(id)?.fetchProgress);
      assert.equal(engine.task(id)?.updatedAt, updatedAt, 'that is no move');
      const end = await pass(pieces, engine, id, ({ phase }) => phase === 'saved');
      const told = [...half.told, ...end.told].filter((percent) => percent !== undefined);
      assert.deepEqual(
        told,
        told.toSorted((a, b) => a - b),
      );
      assert.ok(told.length >= 4 && told.every((percent) => percent >= 0 && percent <= 99), String(told));
      assert.equal(end.task.fetchProgress, undefined);
      assert.equal(end.task.failure, undefined);
    });
  }

  it('restarts at zero if another window takes over', async () => {
    const [first, second] = [new SlowPieces(60_000), new SlowPieces(60_000)];
    const engine = await opened(first);
    const { id } = await world.submit(engine);
    await untilFetching(engine, id, first);
    await pass(first, engine, id, ({ fetchProgress = 0 }) => fetchProgress >= 50);
    await engine.close();
    const other = await opened(second);
    const far = other.task(id)?.fetchProgress;
    assert.ok(far !== undefined && far >= 50, 'nothing has said that it ended');
    for (let turn = 0; !second.isWaiting; turn++) {
      assert.ok(turn < 5000, world.lines.slice(-20).join('\n'));
      await new Promise((resolve) => setImmediate(resolve));
      if (turn % 20 === 19) world.clock.moveTo(Math.max(world.clock.now(), world.clock.nextTimer ?? 0));
    }
    assert.deepEqual([other.task(id)?.phase, other.task(id)?.fetchProgress], ['saving', undefined]);
    await pass(second, other, id, ({ phase }) => phase === 'saved');
  });

  it("doesn't decrease if the link fails and the download call starts at zero", async () => {
    world.gateway.setShapes({ link: 'url' });
    world.gateway.setFault({ name: 'cutDuringBody', route: 'result', args: { share: 0.8 } });
    const pieces = new SlowPieces(60_000);
    const engine = await opened(pieces);
    const { id } = await world.submit(engine);
    await untilFetching(engine, id, pieces);
    const { told } = await pass(pieces, engine, id, ({ phase }) => phase === 'saved');
    const percents = told.filter((percent) => percent !== undefined);
    assert.deepEqual(
      percents,
      percents.toSorted((a, b) => a - b),
    );
    assert.ok(percents.length >= 4 && percents.some((percent) => percent >= 50), String(told));
    assert.equal(world.requests('download'), 1);
  });

  it("isn't shown if the size is unknown", async () => {
    world.gateway.setShapes({ link: 'url' });
    // The declared length is that of the compressed body.
    world.gateway.setFault({ name: 'gzip', route: 'result', times: 'always', args: { as: 'gzip' } });
    const pieces = new SlowPieces(60_000);
    const engine = await opened(pieces);
    const { id } = await world.submit(engine);
    await untilFetching(engine, id, pieces);
    const { told } = await pass(pieces, engine, id, ({ phase }) => phase === 'saved');
    assert.ok(told.length >= 4);
    assert.ok(
      told.every((percent) => percent === undefined),
      String(told),
    );
  });
});
