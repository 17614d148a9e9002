import assert from 'node:assert/strict';
import { faultNames } from '../../gateway/faults/faultTable';
import { call, GatewayRack, jsonOf, type Call, type Received, type TestClient } from './testClient';

describe('pretend gateway: control API', function () {
  // Videos are really encoded, which takes its time on a busy machine.
  this.timeout(60_000);
  const rack = new GatewayRack();
  let client: TestClient;
  const control = (path: string, options: Call = {}): Promise<Received> =>
    call(`${client.gateway.controlUrl}/__control${path}`, options);
  const listOf = async (path: string): Promise<Record<string, unknown>[]> =>
    JSON.parse((await control(path)).text) as Record<string, unknown>[];

  beforeEach(async () => {
    client = await rack.start();
  });
  afterEach(() => rack.stopAll());

  it('describes itself and every fault', async () => {
    const value = jsonOf(await control(''));
    assert.equal(value['baseUrl'], client.gateway.baseUrl);
    assert.deepEqual(
      (value['faults'] as { name: string }[]).map(({ name }) => name),
      faultNames,
    );
  });

  it('sets, shows and clears faults', async () => {
    const set = await control('/faults', { body: { name: 'serverError', route: 'models', times: 2 } });
    assert.equal(jsonOf(set)['id'], 1);
    assert.equal((await client.call('/v1/models')).status, 500);
    assert.equal((await listOf('/faults'))[0]?.['struck'], 1);
    await control('/faults', { method: 'DELETE' });
    assert.equal((await client.call('/v1/models')).status, 200);
  });

  it('moves the clock and shows tasks and the log', async () => {
    const id = await client.newTask();
    const before = Number(jsonOf(await control('/clock'))['now']);
    assert.equal(jsonOf(await control('/clock/advance', { body: { ms: 60_000 } }))['now'], before + 60_000);
    const tasks = await listOf('/tasks');
    assert.deepEqual([tasks.length, tasks[0]?.['id'], tasks[0]?.['status']], [1, id, 'succeeded']);
    await client.query(id);
    assert.equal((await listOf('/log')).length, 2);
    assert.equal((await listOf(`/log?kind=query&task=${id}`)).length, 1);
    assert.equal((await listOf('/log?kind=download')).length, 0);
  });

  it('fails, finishes, holds, releases and forgets tasks', async () => {
    const act = async (action: string): Promise<unknown> => {
      const id = await client.newTask();
      return jsonOf(await control(`/tasks/${id}`, { body: { action } }))['status'];
    };
    assert.equal(await act('fail'), 'failed');
    assert.equal(await act('hold'), 'unknown');
    assert.equal(await act('release'), 'unknown');
    assert.equal(await act('forget'), undefined);
    const id = await client.newTask();
    await control(`/tasks/${id}`, { body: { action: 'finish' } });
    assert.equal(jsonOf(await client.query(id))['status'], 'succeeded');
  });

  it('changes the shapes of replies and the reach of the API', async () => {
    await control('/shapes', { body: { submit: 'short' } });
    assert.ok(!('metadata' in jsonOf(await client.submit({ model: 'sora-2', prompt: 'x' }))));
    await control('/reachable', { body: { reachable: false } });
    assert.equal((await client.call('/v1/models')).status, undefined);
    await control('/reachable', { body: { reachable: true } });
    assert.equal((await client.call('/v1/models')).status, 200);
  });

  const mistakes: [string, string, Call, number][] = [
    ['an unknown call', '/fault', {}, 404],
    ['a wrong method', '/faults', { method: 'PUT' }, 404],
    ['an unknown fault', '/faults', { body: { name: 'nothing' } }, 400],
    ['broken JSON', '/faults', { body: '{' }, 400],
    ['time that runs backwards', '/clock/advance', { body: { ms: -1 } }, 400],
    ['an unknown task', '/tasks/none', { body: { action: 'fail' } }, 400],
    ['an unknown shape', '/shapes', { body: { submit: 'round' } }, 400],
  ];
  for (const [name, path, options, status] of mistakes) {
    it(`answers ${status} to ${name}`, async () => {
      const reply = await control(path, options);
      assert.equal(reply.status, status);
      assert.equal(typeof jsonOf(reply)['error'], 'string');
    });
  }
});
