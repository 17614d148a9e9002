import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fitImage } from '../../../src/core/images/fitImage';
import { limitsFor } from '../../../src/core/images/imageLimits';
import { ImageWorker } from '../../../src/core/images/imageWorker';
import { projectRoot } from '../../vscode/projectRoot';
import { FakeClock } from '../support/fakeClock';
import { WorkerCount } from '../support/workerCount';
import { encoded, quarters, shippedCodecs } from './testImages';

const shippedWorker = path.join(projectRoot, 'dist', 'imageWorker.js');
const limits = limitsFor('sora', { size: '1280x720' })!;

describe('the thread that works on pictures', () => {
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

  /** A thread of another making. */
  const withWorker = (code: string) => {
    const file = path.join(folder, 'worker.js');
    writeFileSync(file, code);
    return (worker = new ImageWorker(file, clock));
  };

  it('makes the same bytes as would be made here', async () => {
    assert.equal(workers.running, 0, 'nothing runs before the first picture');
    const before = Buffer.from(bytes);
    const fitted = await worker.fit(job);
    assert.ok(before.equals(bytes));
    const here = await fitImage(bytes, limits, {}, shippedCodecs());
    assert.ok(Buffer.from(fitted.bytes).equals(here.bytes));
    assert.deepEqual(fitted.changes, here.changes);
  });

  it('leaves time for everything else', async () => {
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

  it('ends when it had nothing to do for a while, and comes again', async () => {
    await worker.fit(job);
    clock.moveTo(clock.now() + 19_999);
    assert.deepEqual([workers.running, clock.timers], [1, 1]);
    clock.moveTo(clock.now() + 1);
    await workers.none();
    assert.equal(clock.timers, 0);
    await worker.fit(job);
  });

  it('ends at once after a large picture, and with it the memory', async () => {
    const large = encoded('PNG, black and white', quarters(3600, 2400));
    assert.equal((await worker.fit({ ...job, bytes: large })).width, 1280);
    await workers.none();
    assert.equal(clock.timers, 0);
  });

  it('does one picture after the other, and a bad one harms none', async () => {
    const results = await Promise.allSettled([
      worker.fit(job),
      worker.fit({ ...job, bytes: Buffer.from('no picture') }),
      worker.fit({ ...job, options: { way: { kind: 'blur' } } }),
    ]);
    assert.deepEqual(
      results.map((result) =>
        result.status === 'fulfilled' ? result.value.width : (result.reason as { reason: string }).reason,
      ),
      [1280, 'unknownKind', 1280],
    );
  });

  it('is ended when what it does is cancelled; what waits goes on', async () => {
    const cancel = new AbortController();
    const [first, second] = [worker.fit(job, cancel.signal), worker.fit(job)];
    cancel.abort(new Error('not wanted any more'));
    await assert.rejects(first, { message: 'not wanted any more' });
    assert.equal((await second).width, 1280);
  });

  it('never begins what was cancelled before', async () => {
    const cancel = new AbortController();
    const [first, second] = [worker.fit(job), worker.fit(job, cancel.signal)];
    cancel.abort(new Error('changed my mind'));
    await assert.rejects(second, { message: 'changed my mind' });
    await first;
    await assert.rejects(worker.fit(job, cancel.signal), { message: 'changed my mind' });
  });

  it('is given up when it takes too long', async () => {
    withWorker('require("node:worker_threads").parentPort.on("message", () => undefined);');
    const fitting = worker.fit(job);
    clock.moveTo(clock.now() + 120_000);
    await assert.rejects(fitting, { reason: 'failed', message: 'it took too long' });
    await workers.none();
  });

  it('may throw or end: that is said, and the next picture gets another one', async () => {
    for (const end of ['throw new Error("out of order")', 'process.exit(3)']) {
      withWorker(`require("node:worker_threads").parentPort.on("message", () => { ${end}; });`);
      await assert.rejects(worker.fit(job), { reason: 'failed' });
      await assert.rejects(worker.fit(job), { reason: 'failed' });
    }
  });

  it('knows nothing of our environment, where a key may be', async () => {
    process.env['NEBULA_TEST_SECRET'] = 'not for threads';
    try {
      withWorker(`const { parentPort } = require('node:worker_threads');
        parentPort.on('message', () => parentPort.postMessage({ reason: 'failed', message: JSON.stringify(process.env) }));`);
      await assert.rejects(worker.fit(job), { message: '{}' });
    } finally {
      delete process.env['NEBULA_TEST_SECRET'];
    }
  });

  it('ends with its owner, and so does the waiting', async () => {
    const fitting = [worker.fit(job), worker.fit(job)];
    worker.dispose();
    for (const waiting of fitting) await assert.rejects(waiting, { reason: 'failed' });
    await assert.rejects(worker.fit(job), { reason: 'failed' });
    await workers.none();
  });
});
