import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { NebulaVideoApi, Task } from '../../src/api';
import { probeMp4 } from '../../src/core/mp4/probe';
import type { PretendGateway } from '../gateway/pretendGateway';
import { aRequest, nextInPhase, setEnvironmentKey, setSetting, theApi } from './support/extension';
import { leaveGateway, useQuickGateway } from './support/gateway';
import { TestApp } from './support/testApp';

describe('a whole task', () => {
  let api: NebulaVideoApi;
  let gateway: PretendGateway;

  before(async () => {
    api = await theApi();
    gateway = await useQuickGateway();
    setEnvironmentKey(gateway.key);
    await setSetting('confirm', 'never');
  });

  after(() => leaveGateway(gateway));

  it('goes from the request to a verified file with its sidecar', async () => {
    const request = aRequest('a lighthouse in a storm');
    const sent = await api.generate(request);
    assert.equal(sent.phase, 'queued');
    assert.deepEqual(sent.request, request);
    assert.equal(sent.origin, gateway.baseUrl);

    const task = await api.settled(sent.id);
    assert.equal(task.phase, 'saved');
    assert.equal(task.failure, undefined);
    const phases = task.timeline.map(({ phase }) => phase);
    const order = ['draft', 'sending', 'queued', 'running', 'ready', 'saving', 'saved'];
    assert.deepEqual(
      phases,
      order.filter((phase) => phase !== 'running' || phases.includes('running')),
    );

    const [video] = task.videos;
    assert.ok(video);
    const file = fileURLToPath(video.uri);
    const bytes = await readFile(file);
    assert.equal(bytes.length, video.bytes);
    assert.equal(createHash('sha256').update(bytes).digest('hex'), video.sha256);
    const info = await probeMp4({
      size: bytes.length,
      read: (position, length) =>
        Promise.resolve(new Uint8Array(bytes.subarray(position, position + length))),
    });
    assert.deepEqual(
      { width: info.width, height: info.height, hasAudio: info.hasAudio },
      { width: 1280, height: 720, hasAudio: true },
    );
    assert.ok(Math.abs(video.durationSeconds - 4) < 0.1);
    const sidecar = await readFile(file.replace(/\.mp4$/, '.json'), 'utf8');
    assert.match(sidecar, new RegExp(video.sha256));
    assert.match(sidecar, /a lighthouse in a storm/);
    assert.ok(!sidecar.includes(gateway.key));

    const submits = gateway.log.filter(({ kind }) => kind === 'submit');
    assert.equal(submits.length, 1);
    assert.ok(gateway.log.every(({ keyElsewhere }) => !keyElsewhere));
  });

  it('goes its way beside another one', async () => {
    const requests = [aRequest('a fox in the snow'), aRequest('a train through a valley')];
    const sent = await Promise.all(requests.map((request) => api.generate(request)));
    const tasks: readonly Task[] = await Promise.all(sent.map(({ id }) => api.settled(id)));
    assert.deepEqual(
      tasks.map(({ phase }) => phase),
      ['saved', 'saved'],
    );
    const files = tasks.map(({ videos }) => videos[0]?.sha256);
    assert.notEqual(files[0], files[1]);
  });

  describe('over several windows', () => {
    let own: TestApp;

    beforeEach(() => {
      own = new TestApp();
    });

    afterEach(() => own.dispose());

    it('is resumed by the next window, and was sent once', async () => {
      const request = aRequest('outlives its window');
      const { id } = await own.app.api.generate(request);
      own.reopen();
      assert.equal(own.app.api.task(id)?.phase, 'queued');
      const task = await own.app.api.settled(id);
      assert.equal(task.phase, 'saved');
      const submits = gateway.log.filter(
        ({ kind, body }) => kind === 'submit' && JSON.stringify(body).includes('outlives its window'),
      );
      assert.equal(submits.length, 1);
    });

    it('is seen and settled in all of them', async () => {
      const second = own.openSecondWindow();
      const request = aRequest('seen from two windows');
      const seen = nextInPhase(second.api, request.prompt, 'queued');
      const { id } = await own.app.api.generate(request);
      const [mine, theirs] = await Promise.all([own.app.api.settled(id), second.api.settled(id), seen]);
      assert.equal(theirs.phase, 'saved');
      assert.deepEqual(theirs, mine);
      second.dispose();
    });
  });
});
