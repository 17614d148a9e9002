import assert from 'node:assert/strict';
import { once } from 'node:events';
import http, { type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { untranslatedL10n } from '../../../src/core/common/l10n';
import type { Engine } from '../../../src/core/engine';
import { createHttp } from '../../../src/core/gateway/http';
import { LIMITS } from '../../../src/core/gateway/limits';
import type { Task } from '../../../src/core/task/task';
import {
  patchAsEditor,
  patchNames,
  REMOTE_HOST,
  TestProxy,
  TestServer,
  trustRemote,
} from '../support/editorProxy';
import { World } from '../support/world';
import { prepareRequest } from '../../support/catalog';

const SQUID_PAGE = '<!DOCTYPE html><title>ERROR: Access Denied</title>';

describe('a request being sent', function () {
  this.timeout(120_000);
  let world: World;
  const cleanUp: (() => void)[] = [];

  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(async () => {
    for (const undo of cleanUp.splice(0).reverse()) undo();
    await world.stop();
  });

  /** A gateway that responds as given. */
  async function gateway(answer: RequestListener): Promise<{ baseUrl: string; posts: () => number }> {
    let posts = 0;
    const server = http.createServer((request, response) => {
      if (request.method === 'POST') posts++;
      answer(request, response);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanUp.push(() => {
      server.closeAllConnections();
      server.close();
    });
    return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, posts: () => posts };
  }

  /** Advances the clock, also while the server hangs. @param onStep called each time; false stops the clock */
  async function submit(
    engine: Engine,
    baseUrl: string,
    onStep: () => boolean = () => true,
    image?: string,
  ): Promise<Task> {
    const request = {
      model: 'sora-2',
      prompt: 'a paper boat in the rain',
      ...(image === undefined ? {} : { images: [{ role: 'first' as const, source: image }] }),
    };
    let task: Task | undefined;
    let failure: unknown;
    engine.submit(prepareRequest(request, untranslatedL10n), { baseUrl, key: world.access.key }).then(
      (submitted) => (task = submitted),
      (error: unknown) => (failure = error),
    );
    while (task === undefined && failure === undefined) {
      await world.turns();
      if (onStep()) world.clock.moveTo(world.clock.now() + 1000);
    }
    if (failure instanceof Error) throw failure;
    assert.ok(task);
    return task;
  }
  // Not counted as pending, or the clock would stop for it.
  const open = () => world.open({ http: createHttp(world.clock) });

  for (const status of [407, 403, 502]) {
    it(`is rejected if a proxy responds to CONNECT with ${status}, and the gateway receives nothing`, async () => {
      const server = new TestServer(true);
      const proxy = new TestProxy(status);
      cleanUp.push(
        trustRemote(),
        () => server.close(),
        () => proxy.close(),
      );
      const port = await server.listen();
      cleanUp.push(
        patchNames({ [REMOTE_HOST]: '127.0.0.1' }),
        patchAsEditor({ support: 'override', proxy: await proxy.listen() }),
      );
      const started = world.clock.now();
      const task = await submit(await open(), `https://${REMOTE_HOST}:${port}`);
      assert.deepEqual([task.phase, task.failure?.kind, task.failure?.charged], ['rejected', 'proxy', 'no']);
      assert.match(task.failure?.message ?? '', /proxy refused/);
      assert.match(task.failure?.detail ?? '', new RegExp(`HTTP ${status}`));
      assert.equal(server.connections, 0);
      assert.equal(proxy.asked.length, 3);
      assert.ok(world.clock.now() - started <= 15_000);
    });
  }

  it('is rejected and not sent again if a proxy responds with 407', async () => {
    const { baseUrl, posts } = await gateway((_, response) => response.writeHead(407).end());
    const task = await submit(await open(), baseUrl);
    assert.deepEqual([task.phase, task.failure?.kind, task.failure?.charged], ['rejected', 'proxy', 'no']);
    assert.match(task.failure?.message ?? '', /proxy refused the connection to .* your proxy credentials/);
    assert.equal(posts(), 1);
  });
  it('is accepted and sent once if the response is a 407 with a task ID', async () => {
    const { baseUrl, posts } = await gateway((_, response) =>
      response.writeHead(407).end('{"task_id":"video_1"}'),
    );
    const task = await submit(await open(), baseUrl);
    assert.deepEqual([task.phase, task.gatewayTaskId, posts()], ['queued', 'video_1', 1]);
  });
  it("is unknown if a filter's page is the response", async () => {
    const { baseUrl, posts } = await gateway((_, response) =>
      response.writeHead(403, { 'x-squid-error': 'ERR_ACCESS_DENIED 0' }).end(SQUID_PAGE),
    );
    const task = await submit(await open(), baseUrl);
    assert.deepEqual(
      [task.phase, task.failure?.kind, task.failure?.charged],
      ['unknown', 'proxy', 'unknown'],
    );
    assert.equal(posts(), 1);
  });
  it("ignores a proxy's refusal of a query", async () => {
    let queries = 0;
    const { baseUrl } = await gateway((request, response) => {
      if (request.method === 'GET') queries++;
      if (request.method === 'POST') response.end('{"task_id":"video_1","status":"submitted"}');
      else response.writeHead(403, { via: '1.1 fw1 (squid/6.9)' }).end(SQUID_PAGE);
    });
    const engine = await open();
    const { id } = await submit(engine, baseUrl);
    await world.until(() => engine.task(id)?.failure !== undefined);
    const task = engine.task(id);
    assert.deepEqual([task?.phase, task?.failure?.kind], ['queued', 'proxy']);
    // Other tasks of the origin don't wait.
    const before = queries;
    await world.until(() => queries > before, 60_000);
  });

  /** Responds to a submit with a text, followed by a blank per second. */
  function trickling(text: string): { answer: RequestListener; step: () => boolean } {
    let open: ServerResponse | undefined;
    return {
      answer: (request, response) => {
        if (request.method !== 'POST') return;
        response.write(text);
        open = response;
      },
      step: () => {
        open?.write(' ');
        return true;
      },
    };
  }
  it('is unknown after ten minutes if its response trickles, and not sent again', async () => {
    const { answer, step } = trickling('{');
    const { baseUrl, posts } = await gateway(answer);
    const started = world.clock.now();
    const task = await submit(await open(), baseUrl, step);
    const minutes = (world.clock.now() - started) / 60_000;
    assert.deepEqual([task.phase, task.failure?.charged, posts()], ['unknown', 'unknown', 1]);
    assert.ok(minutes >= 10 && minutes < 10.2, `${minutes} min`);
  });
  it('is accepted if its response trickles after the task ID', async () => {
    const { answer, step } = trickling('{"task_id":"video_1",');
    const { baseUrl } = await gateway(answer);
    const task = await submit(await open(), baseUrl, step);
    assert.deepEqual([task.phase, task.gatewayTaskId], ['queued', 'video_1']);
  });

  it('gets its response even if uploading the images takes long', async () => {
    const image = `data:image/png;base64,${'A'.repeat(8 * 1024 * 1024)}`;
    let read = 0;
    const receive = async (request: IncomingMessage, response: ServerResponse) => {
      for await (const data of request as AsyncIterable<Buffer>) {
        read += data.length;
        // 64 KB a second. The server needs real time too.
        await new Promise((resolve) => setImmediate(resolve));
        world.clock.moveTo(world.clock.now() + Math.round(data.length / 64));
      }
      response.end('{"task_id":"video_1"}');
    };
    const { baseUrl, posts } = await gateway((request, response) => {
      if (request.method === 'POST') void receive(request, response);
    });
    const started = world.clock.now();
    const task = await submit(await open(), baseUrl, () => read === 0, image);
    assert.deepEqual([task.phase, task.gatewayTaskId, posts()], ['queued', 'video_1', 1]);
    assert.ok(read > 8 * 1024 * 1024);
    assert.ok(world.clock.now() - started > LIMITS.submit.responseMs);
  });
});
