import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { VideoRequest } from '../../../src/core/models/request';
import type { Dialect, GatewayOptions } from '../../gateway/pretendGateway';
import { World } from '../support/world';

/** One request for each form of result: Nebula and new-api respond differently to the same body. */
const trips: Readonly<Record<string, Partial<VideoRequest>>> = {
  sora: { model: 'sora-2', options: { seconds: '4', size: '1280x720' } },
  veo: { model: 'veo-3.1-fast-generate-preview', options: { durationSeconds: 4, resolution: '720p' } },
  wan: { model: 'wan2.5-t2v-preview', options: { size: '832*480' } },
  seedance: { model: 'doubao-seedance-1-0-lite-t2v-250428', options: { resolution: '480p', duration: 2 } },
};

describe('a task from submit to video, by dialect of the gateway', function () {
  this.timeout(120_000);
  let world: World;
  afterEach(() => world.stop());

  const trip = async (request: Partial<VideoRequest>, options: GatewayOptions) => {
    world = await World.create({
      render: { unknownMs: 1000, queuedMs: 3000, runningMs: 12_000 },
      ...options,
    });
    const engine = await world.open();
    const { id, gatewayTaskId } = await world.submit(engine, request);
    const task = await world.untilPhase(engine, id);
    assert.equal(task.phase, 'saved', task.failure?.message);
    assert.equal(task.failure, undefined);
    assert.equal(world.requests('submit'), 1);
    const file = fileURLToPath(task.videos[0]!.uri);
    assert.equal(readFileSync(file).toString('latin1', 4, 8), 'ftyp');
    return { task, gatewayTaskId: gatewayTaskId! };
  };

  for (const dialect of ['nebula', 'newapi'] satisfies Dialect[]) {
    for (const [family, request] of Object.entries(trips)) {
      it(`is submitted once, tracked, and saved: ${dialect}, ${family}`, async () => {
        const { gatewayTaskId } = await trip(request, { dialect });
        assert.equal(/^task_\w{32}$/.test(gatewayTaskId), dialect === 'newapi');
      });
    }
  }

  it('uses the routes of a new-api below a path', async () => {
    await trip(trips['sora']!, { dialect: 'newapi', pathPrefix: '/gw' });
  });
});
