import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import type { Evidence } from '../../../src/core/common/evidence';
import type { MoneyFact } from '../../../src/core/common/moneyFact';
import { readTimelineRow, type TaskRecord } from '../../../src/core/store/record';
import { applyPatch, insertTask, readEvidence, readOne, readVideos } from '../../../src/core/store/rows';
import { migrate } from '../../../src/core/store/schema';
import { newRecord } from '../../../src/core/store/sidecarTask';
import type { TaskPatch } from '../../../src/core/store/taskPatch';
import type { VideoRow } from '../../../src/core/task/videoRow';

const ignore = () => undefined;
const silentLog = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore };
const HASH = 'ab'.repeat(32);

describe('the rows of a task', () => {
  let connection: DatabaseSync;
  let now: number;

  beforeEach(() => {
    connection = new DatabaseSync(':memory:');
    migrate(connection);
    now = 1000;
  });
  afterEach(() => connection.close());

  function add(more: Partial<TaskRecord> = {}): void {
    const task = {
      id: 'one',
      baseUrl: 'https://gateway.example:8443/path',
      keyId: 'key-1',
      request: { model: 'sora-2', prompt: 'a boat' },
      bodySha256: '',
      basedOn: undefined,
      nextDue: 1,
    };
    insertTask(connection, { ...newRecord(task, now), ...more }, [], [{ at: now, phase: 'draft' }]);
  }

  const read = (): TaskRecord => readOne(connection, 'one', silentLog)!;
  const patch = (change: TaskPatch): void => applyPatch(connection, read(), change, (now += 1000));
  const row = () => connection.prepare('SELECT * FROM tasks').get()!;

  it('round-trip every field of a record', () => {
    const money: MoneyFact = { name: 'quota', value: 5, source: 'quota', step: 'query' };
    const record: TaskRecord = {
      id: 'one',
      version: 3,
      createdAt: 1,
      updatedAt: 2,
      phase: 'ready',
      baseUrl: 'https://gateway.example',
      keyId: 'key-1',
      request: { model: 'sora-2', prompt: '猫', options: { seconds: '4' }, remixOf: 'video_1' },
      bodySha256: HASH,
      gatewayTaskId: 'video_2',
      progress: 42.5,
      failure: { kind: 'disk', code: 'fetch.disk', detail: 'ENOSPC', said: 'us', charged: 'yes' },
      submittedAt: 3,
      succeededAt: 4,
      expiresAt: 5,
      nextDue: 6,
      consecutiveErrors: 7,
      notFoundCount: 8,
      lastNotFoundAt: 9,
      links: ['https://host.example/a.mp4'],
      diskBlockedMs: 10,
      diskFailedAt: 11,
      notifiedAt: 12,
      seenAt: 13,
      exportedAt: 14,
      deletedAt: 15,
      idSource: 'byHand',
      fetchProgress: 16,
      basedOn: 'zero',
      money: [money],
    };
    add(record);
    assert.deepEqual(read(), record);
  });

  it('round-trip every field of a video', () => {
    add();
    const whole: Required<VideoRow> = {
      position: 0,
      state: 'placed',
      mark: 'm',
      link: 'https://host.example/a',
      part: 'a.part',
      file: 'a.mp4',
      bytes: 1,
      sha256: HASH,
      container: 'webm',
      width: 2,
      height: 3,
      durationSeconds: 4.5,
      hasAudio: false,
      unverified: true,
      refusedSha256: HASH,
      attempts: 5,
      nextTry: 6,
      refusedSince: 7,
      reason: { kind: 'network', code: 'fetch.failed', said: 'host', charged: 'yes' },
    };
    const bare: VideoRow = { position: 1, state: 'expected' };
    patch({ videos: [whole, bare] });
    assert.deepEqual(readVideos(connection, 'one'), [whole, bare]);
  });

  it('name the lane and the host of the next step', () => {
    const place = () => [row()['lane'], row()['host'], row()['origin']];
    const origin = 'https://gateway.example:8443';
    add();
    assert.deepEqual(place(), ['settle', origin, origin]);
    patch({ phase: 'sending' });
    patch({ phase: 'queued', gatewayTaskId: 'video_1' });
    assert.deepEqual(place(), ['poll', origin, origin]);
    patch({ phase: 'ready', links: ['https://host.example/a.mp4?sig=1'] });
    assert.deepEqual(place(), ['fetch', 'https://host.example', origin]);
    patch({ videos: [{ position: 0, state: 'expected', link: 'inline:data.video' }] });
    assert.deepEqual(place(), ['fetch', origin, origin]);
  });

  const evidence = (body: string, step: Evidence['step'] = 'query'): Evidence => ({
    ...{ at: now, step, status: 500, headers: { via: 'proxy' }, body, end: 'cut' },
  });
  const bodies = () => readEvidence(connection, 'one').map(({ body }) => body);

  it('keep the last five responses, that of the submit and the final one', () => {
    add({ phase: 'sending' });
    patch({ evidence: [evidence('first', 'submit')] });
    patch({ phase: 'unknown', evidence: [evidence('submit', 'submit')] });
    patch({ phase: 'queued' });
    patch({ phase: 'failed', evidence: [evidence('end')] });
    patch({ phase: 'queued' });
    for (let index = 0; index < 9; index++) patch({ evidence: [evidence(`query ${index}`)] });
    assert.deepEqual(bodies(), ['submit', 'end', 'query 4', 'query 5', 'query 6', 'query 7', 'query 8']);
    assert.deepEqual(readEvidence(connection, 'one')[0]?.headers, { via: 'proxy' });
  });

  it('keep the last five responses and that of the submit before there is a final one', () => {
    add({ phase: 'sending' });
    patch({ phase: 'queued', evidence: [evidence('submit', 'submit')] });
    for (let index = 0; index < 9; index++) patch({ evidence: [evidence(`query ${index}`)] });
    const five = ['query 4', 'query 5', 'query 6', 'query 7', 'query 8'];
    assert.deepEqual(bodies(), ['submit', ...five]);
    patch({ phase: 'ready', evidence: [evidence('end')] });
    assert.deepEqual(bodies(), ['submit', ...five, 'end']);
    patch({ phase: 'saving' });
    patch({ phase: 'ready', evidence: [evidence('no video', 'download')] });
    assert.deepEqual(bodies(), ['submit', ...five.slice(1), 'end', 'no video']);
  });

  it('keep a repeated response once, with its latest time', () => {
    add({ phase: 'running' });
    for (let index = 0; index < 9; index++) patch({ evidence: [evidence('a')] });
    assert.deepEqual(bodies(), ['a']);
    assert.equal(readEvidence(connection, 'one')[0]?.at, now - 1000);
    patch({ evidence: [evidence('b')] });
    patch({ evidence: [evidence('a')] });
    assert.deepEqual(bodies(), ['a', 'b', 'a']);
    // Each attempt of a download gets the same responses.
    for (let index = 0; index < 3; index++) patch({ evidence: ['c', 'd'].map((body) => evidence(body)) });
    assert.deepEqual(bodies(), ['a', 'b', 'a', 'c', 'd']);
    patch({ evidence: [{ ...evidence('d'), status: 502 }] });
    assert.deepEqual(bodies(), ['b', 'a', 'c', 'd', 'd']);
  });

  it('merge billing facts by step and name', () => {
    const fact = (step: MoneyFact['step'], value: number): MoneyFact => ({
      ...{ name: 'quota', value, source: 'data.quota', step },
    });
    add();
    patch({ money: [fact('submit', 1), fact('query', 2)] });
    patch({ money: [fact('query', 3)] });
    assert.deepEqual(read().money, [fact('submit', 1), fact('query', 3)]);
  });

  it('merge repeated transitions in the timeline', () => {
    add({ phase: 'ready' });
    for (let index = 0; index < 3; index++) {
      patch({ phase: 'saving' });
      patch({ phase: 'ready', note: { code: 'legacy', detail: String(index) } });
    }
    const timeline = connection
      .prepare('SELECT * FROM timeline ORDER BY position')
      .all()
      .map(readTimelineRow);
    assert.deepEqual(timeline, [
      { at: 1000, phase: 'draft' },
      { at: 2000, phase: 'saving', count: 3, lastAt: 6000 },
      { at: 3000, phase: 'ready', note: { code: 'legacy', detail: '2' }, count: 3, lastAt: 7000 },
    ]);
  });

  it('report a failure as new only if it differs', () => {
    const failure = { said: 'us', code: 'key.none', charged: 'unknown', kind: 'key' } as const;
    add({ phase: 'ready' });
    patch({ failure });
    patch({ failure });
    assert.equal(read().updatedAt, 2000);
    patch({ failure: { ...failure, code: 'key.locked' } });
    assert.equal(read().updatedAt, 4000);
  });

  it('contain the stored images of a request', () => {
    const images = [`file:///images/${HASH}.webp`, 'https://example.com/a.png'].map((source) => ({
      ...{ role: 'reference' as const, source },
    }));
    add({ request: { model: 'veo', prompt: 'a boat', images } });
    assert.deepEqual(
      connection
        .prepare('SELECT * FROM images')
        .all()
        .map((image) => ({ ...image })),
      [{ sha256: HASH, task_id: 'one' }],
    );
  });
});
