import assert from 'node:assert/strict';
import { faultNames } from '../../gateway/faults/faultTable';
import { call, TestGateways, parseBody, type Call, type Received, type TestClient } from './testClient';

describe('pretend gateway: control API', function () {
  // Encoding real videos takes long on a busy machine.
  this.timeout(60_000);
  const gateways = new TestGateways();
  let client: TestClient;
  const control = (path: string, options: Call = {}): Promise<Received> =>
    call(`${client.gateway.controlUrl}/__control${path}`, options);
  const getList = async (path: string): Promise<Record<string, unknown>[]> =>
    JSON.parse((await control(path)).text) as Record<string, unknown>[];

  beforeEach(async () => {
    client = await gateways.start();
  });
  afterEach(() => gateways.stopAll());

  it('lists its addresses, routes and every fault', async () => {
    const value = parseBody(await control(''));
    assert.equal(value['baseUrl'], client.gateway.baseUrl);
    assert.deepEqual(
      (value['faults'] as { name: string }[]).map(({ name }) => name),
      faultNames,
    );
  });

  it('sets, shows and clears faults', async () => {
    const set = await control('/faults', { body: { name: 'serverError', route: 'models', times: 2 } });
    assert.equal(parseBody(set)['id'], 1);
    assert.equal((await client.call('/v1/models')).status, 500);
    assert.equal((await getList('/faults'))[0]?.['injectedCount'], 1);
    await control('/faults', { method: 'DELETE' });
    assert.equal((await client.call('/v1/models')).status, 200);
  });

  it('moves the clock and shows tasks and the log', async () => {
    const id = await client.submitTask();
    const before = Number(parseBody(await control('/clock'))['now']);
    assert.equal(
      parseBody(await control('/clock/advance', { body: { ms: 60_000 } }))['now'],
      before + 60_000,
    );
    const tasks = await getList('/tasks');
    assert.deepEqual([tasks.length, tasks[0]?.['id'], tasks[0]?.['status']], [1, id, 'succeeded']);
    await client.query(id);
    assert.equal((await getList('/log')).length, 2);
    assert.equal((await getList(`/log?kind=query&task=${id}`)).length, 1);
    assert.equal((await getList('/log?kind=download')).length, 0);
  });

  it('fails, finishes, holds, releases and forgets tasks', async () => {
    const changeTask = async (action: string): Promise<unknown> => {
      const id = await client.submitTask();
      return parseBody(await control(`/tasks/${id}`, { body: { action } }))['status'];
    };
    assert.equal(await changeTask('fail'), 'failed');
    assert.equal(await changeTask('hold'), 'unknown');
    assert.equal(await changeTask('release'), 'unknown');
    assert.equal(await changeTask('forget'), undefined);
    const id = await client.submitTask();
    await control(`/tasks/${id}`, { body: { action: 'finish' } });
    assert.equal(parseBody(await client.query(id))['status'], 'succeeded');
  });

  it('changes the shapes of responses and whether the API is reachable', async () => {
    await control('/shapes', { body: { submit: 'short' } });
    assert.ok(!('metadata' in parseBody(await client.submit({ model: 'sora-2', prompt: 'x' }))));
    await control('/reachable', { body: { reachable: false } });
    assert.equal((await client.call('/v1/models')).status, undefined);
    await control('/reachable', { body: { reachable: true } });
    assert.equal((await client.call('/v1/models')).status, 200);
  });

  const invalidCalls: [string, string, Call, number][] = [
    ['an unknown call', '/fault', {}, 404],
    ['a wrong method', '/faults', { method: 'PUT' }, 404],
    ['an unknown fault', '/faults', { body: { name: 'nothing' } }, 400],
    ['broken JSON', '/faults', { body: '{' }, 400],
    ['time that runs backwards', '/clock/advance', { body: { ms: -1 } }, 400],
    ['an unknown task', '/tasks/none', { body: { action: 'fail' } }, 400],
    ['an unknown shape', '/shapes', { body: { submit: 'round' } }, 400],
  ];
  for (const [name, path, options, status] of invalidCalls) {
    it(`responds with ${status} to ${name}`, async () => {
      const response = await control(path, options);
      assert.equal(response.status, status);
      assert.equal(typeof parseBody(response)['error'], 'string');
    });
  }
});
