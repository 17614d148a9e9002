import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  bearer,
  call,
  TestGateways,
  parseBody,
  PAST_ALL_TASKS_MS,
  getObject,
  type TestClient,
} from './testClient';

/** Neither a multiple of three nor of any chunk size. */
const content = randomBytes(200_003);

describe('pretend gateway: download and result links', function () {
  // Encoding real videos takes long on a busy machine.
  this.timeout(60_000);
  const gateways = new TestGateways();
  const file = join(TestGateways.cacheFolder, 'some-bytes.bin');
  before(() => writeFileSync(file, content));
  after(() => rmSync(file, { force: true }));
  afterEach(() => gateways.stopAll());

  const finished = async (client: TestClient): Promise<string> =>
    (await client.gateway.addFinishedTask({ file, bytes: content.length })).id;
  const getLink = async (client: TestClient, id: string): Promise<string> => {
    client.gateway.setShapes({ link: 'url' });
    return String(parseBody(await client.query(id))['url']);
  };

  it('sends size, base64 and data_url in this order, chunked', async () => {
    const client = await gateways.start();
    const id = await finished(client);
    const response = await client.download(id);
    assert.equal(response.status, 200);
    assert.equal(response.headers['content-length'], undefined);
    const value = parseBody(response);
    assert.deepEqual(Object.keys(value), [
      'success',
      'generation_id',
      'task_id',
      'format',
      'size',
      'base64',
      'data_url',
    ]);
    assert.equal(value['success'], true);
    assert.equal(value['generation_id'], id);
    assert.equal(value['size'], content.length);
    assert.ok(Buffer.from(String(value['base64']), 'base64').equals(content));
    assert.equal(value['data_url'], `data:video/mp4;base64,${content.toString('base64')}`);
    const record = client.gateway.log.at(-1)!;
    assert.equal(record.taskId, id);
    assert.equal(record.bytesSent, response.bytes.length);
  });

  it('leaves out data_url if configured', async () => {
    const client = await gateways.start({ shapes: { dataUrl: false } });
    assert.ok(!('data_url' in parseBody(await client.download(await finished(client)))));
  });

  it('refuses a missing ID, an unknown task, and one that is unfinished, failed or expired', async () => {
    const client = await gateways.start({ render: { expiresMs: 10_000 } });
    const error = async (path: string, status: number): Promise<Record<string, unknown>> => {
      const response = await client.call(`/v1/video/generations/download${path}`);
      assert.equal(response.status, status);
      return getObject(parseBody(response), 'error');
    };
    assert.deepEqual(await error('', 400), {
      message: 'id parameter is required',
      type: 'invalid_request_error',
    });
    assert.deepEqual(await error('?id=', 400), {
      message: 'id parameter is required',
      type: 'invalid_request_error',
    });
    assert.deepEqual(await error('?id=no', 404), {
      message: 'Task not found',
      type: 'invalid_request_error',
    });
    const id = await client.submitTask();
    const early = await error(`?id=${id}`, 502);
    assert.equal(early['message'], 'Upstream service returned status 404');
    assert.equal(early['type'], 'server_error');
    assert.match(String(early['details']), /not ready/);
    await client.gateway.advance(30_000);
    assert.equal((await client.download(id)).status, 200);
    await client.gateway.advance(PAST_ALL_TASKS_MS);
    assert.match(String((await error(`?id=${id}`, 502))['details']), /expired/);
    const failed = await client.submitTask();
    client.gateway.failTask(failed);
    await error(`?id=${failed}`, 502);
  });

  it('serves result links as a whole, by range, and for HEAD', async () => {
    const client = await gateways.start();
    const link = await getLink(client, await finished(client));
    const full = await call(link);
    assert.equal(full.headers['content-type'], 'video/mp4');
    assert.equal(full.headers['content-length'], String(content.length));
    assert.ok(full.bytes.equals(content));
    const ranges: [string, number, string | undefined, Buffer][] = [
      ['bytes=10-19', 206, `bytes 10-19/${content.length}`, content.subarray(10, 20)],
      ['bytes=200000-', 206, `bytes 200000-200002/${content.length}`, content.subarray(200_000)],
      ['bytes=-5', 206, `bytes 199998-200002/${content.length}`, content.subarray(-5)],
      ['bytes=0-999999', 206, `bytes 0-200002/${content.length}`, content],
      ['bytes=200003-', 416, `bytes */${content.length}`, Buffer.alloc(0)],
      ['lines=1-2', 200, undefined, content],
    ];
    for (const [range, status, told, part] of ranges) {
      const response = await call(link, { headers: { range } });
      assert.deepEqual([response.status, response.headers['content-range']], [status, told], range);
      assert.ok(response.bytes.equals(part), range);
    }
    const head = await call(link, { method: 'HEAD' });
    assert.deepEqual(
      [head.status, head.headers['content-length'], head.bytes.length],
      [200, String(content.length), 0],
    );
  });

  it('refuses a link that was changed, has expired, or comes with a key', async () => {
    const client = await gateways.start({ render: { expiresMs: 10_000 } });
    const link = await getLink(client, await finished(client));
    assert.equal((await call(link.replace(/Expires=\d/, 'Expires=9'))).status, 403);
    assert.equal((await call(link.split('?')[0] ?? '')).status, 403);
    assert.equal((await call(link, { headers: bearer(client.gateway.key) })).status, 400);
    assert.equal(client.gateway.log.at(-1)?.hadKey, true);
    await client.gateway.advance(11_000);
    const late = await call(link);
    assert.equal(late.status, 403);
    assert.match(late.text, /expired/);
  });
});
