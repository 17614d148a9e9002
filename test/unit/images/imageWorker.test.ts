import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fitImage } from '../../../src/core/images/fitImage';
import { ImageWorker } from '../../../src/core/images/imageWorker';
import { projectRoot } from '../../vscode/projectRoot';
import { FakeClock } from '../support/fakeClock';
import { WorkerCount } from '../support/workerCount';
import { encoded, quarters, shippedCodecs } from './testImages';
import { limitsFor } from '../../support/catalog';

const shippedWorker = path.join(projectRoot, 'dist', 'imageWorker.js');
const limits = limitsFor('sora', { size: '1280x720' });

describe('the image worker', () => {
  const bytes = encoded('JPEG, baseline', quarters(400, 300));
  const job = { bytes, limits, options: {} };
  const clock = new FakeClock();
  let folder: string;
  let worker: ImageWorker;
  let workers: WorkerCount;

  before(() => (folder = mkdtempSync(path.join(tmpdir(), 'nebula-worker-'))));
  after(() => rmSync(folder, { recursive: true }));
  beforeEach(() => {
    workers = new WorkerCount();
    worker = new ImageWorker(shippedWorker, clock);
  });
  afterEach(() => {
    worker.dispose();
    workers.dispose();
  });

  /** Replaces the worker's code. */
  const withWorker = (code: string) => {
    const file = path.join(folder, 'worker.js');
    writeFileSync(file, code);
    return (worker = new ImageWorker(file, clock));
  };

  it('returns the same bytes as fitting in this thread', async () => {
    assert.equal(workers.running, 0, 'nothing runs before the first image');
    const before = Buffer.from(bytes);
    const fitted = await worker.fit(job);
    assert.ok(before.equals(bytes));
    const here = await fitImage(bytes, limits, {}, shippedCodecs());
    assert.ok(Buffer.from(fitted.bytes).equals(here.bytes));
    assert.deepEqual(fitted.changes, here.changes);
  });

  it('does not block this thread', async () => {
    let turns = 0;
    let busy = true;
    const turn = () => {
      turns += 1;
      if (busy) setImmediate(turn);
    };
    turn();
    await worker.fit(job);
    busy = false;
    assert.ok(turns > 20, `${turns} turns`);
  });

  it('ends when idle, and starts again', async () => {
    await worker.fit(job);
    clock.moveTo(clock.now() + 19_999);
    assert.deepEqual([workers.running, clock.timers], [1, 1]);
    clock.moveTo(clock.now() + 1);
    await workers.none();
    assert.equal(clock.timers, 0);
    await worker.fit(job);
  });

  it('ends immediately after a large image, to release its memory', async () => {
    const large = encoded('PNG, black and white', quarters(3600, 2400));
    assert.equal((await worker.fit({ ...job, bytes: large })).width, 1280);
    await workers.none();
    assert.equal(clock.timers, 0);
  });

  it('continues with the next image after a bad one', async () => {
    const results = await Promise.allSettled([
      worker.fit(job),
      worker.fit({ ...job, bytes: Buffer.from('not an image') }),
      worker.fit({ ...job, options: { mode: { kind: 'blur' } } }),
    ]);
    assert.deepEqual(
      results.map((result) =>
        result.status === 'fulfilled' ? result.value.width : (result.reason as { reason: string }).reason,
      ),
      [1280, 'unknownKind', 1280],
    );
  });

  it('ends if the current job is canceled, and continues with the next one', async () => {
    const cancel = new AbortController();
    const [first, second] = [worker.fit(job, cancel.signal), worker.fit(job)];
    cancel.abort(new Error('canceled'));
    await assert.rejects(first, { message: 'canceled' });
    assert.equal((await second).width, 1280);
  });

  it('never starts a job that is already canceled', async () => {
    const cancel = new AbortController();
    const [first, second] = [worker.fit(job), worker.fit(job, cancel.signal)];
    cancel.abort(new Error('changed my mind'));
    await assert.rejects(second, { message: 'changed my mind' });
    await first;
    await assert.rejects(worker.fit(job, cancel.signal), { message: 'changed my mind' });
  });

  it('ends when a job times out', async () => {
    withWorker('require("node:worker_threads").parentPort.on("message", () => undefined);');
    const fitting = worker.fit(job);
    clock.moveTo(clock.now() + 120_000);
    await assert.rejects(fitting, { reason: 'failed', message: 'it took too long' });
    await workers.none();
  });

  it('rejects the job if the thread throws or exits, and starts again for the next one', async () => {
    for (const end of ['throw new Error("out of order")', 'process.exit(3)']) {
      withWorker(`require("node:worker_threads").parentPort.on("message", () => { ${end}; });`);
      await assert.rejects(worker.fit(job), { reason: 'failed' });
      await assert.rejects(worker.fit(job), { reason: 'failed' });
    }
  });

  it('has no environment variables', async () => {
    process.env['NEBULA_TEST_SECRET'] = 'not for threads';
    try {
      withWorker(`const { parentPort } = require('node:worker_threads');
        parentPort.on('message', () => parentPort.postMessage({ reason: 'failed', message: JSON.stringify(process.env) }));`);
      await assert.rejects(worker.fit(job), { message: '{}' });
    } finally {
      delete process.env['NEBULA_TEST_SECRET'];
    }
  });

  it('ends on disposal and rejects all jobs', async () => {
    const fitting = [worker.fit(job), worker.fit(job)];
    worker.dispose();
    for (const waiting of fitting) await assert.rejects(waiting, { reason: 'failed' });
    await assert.rejects(worker.fit(job), { reason: 'failed' });
    await workers.none();
  });
});
