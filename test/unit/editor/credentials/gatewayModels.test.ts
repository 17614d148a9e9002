import assert from 'node:assert/strict';
import type { Engine } from '../../../../src/core/engine';
import { GatewayModels } from '../../../../src/editor/credentials/gatewayModels';
import { FakeMemento } from '../../../support/fakeMemento';
import { FakeClock } from '../../support/fakeClock';

describe('the gateway’s list of models', () => {
  const clock = new FakeClock();
  let baseUrl: string | undefined;
  let asked: string[];
  let answer: () => Promise<string[]>;
  let hasKey: boolean;
  let memory: FakeMemento;
  let models: GatewayModels;

  beforeEach(() => {
    baseUrl = 'https://gateway.example';
    asked = [];
    answer = () => Promise.resolve(['sora-2']);
    hasKey = true;
    memory = new FakeMemento();
    const client = {
      models: (access: { baseUrl: string }) => {
        asked.push(access.baseUrl);
        return answer();
      },
    };
    const ignore = () => undefined;
    const log = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore };
    models = new GatewayModels({
      ...{ memory, clock, log, settings: { baseUrl: () => baseUrl } },
      keys: {
        version: 0,
        looksLikeKey: () => false,
        keyFor: () =>
          Promise.resolve(hasKey ? { kind: 'key', key: { id: 'k', value: 'sk-x' } } : { kind: 'none' }),
      },
      engine: { open: () => Promise.resolve({ client } as unknown as Engine) },
    });
  });

  const heard = () => models.ids && [...models.ids];

  it('is not known before it was heard, and then for that gateway alone', async () => {
    assert.equal(heard(), undefined);
    await models.refresh();
    assert.deepEqual(heard(), ['sora-2']);
    baseUrl = 'https://other.example';
    assert.equal(models.ids, undefined);
  });

  it('is asked for once in a while, and once at a time', async () => {
    await Promise.all([models.refresh(), models.refresh()]);
    await models.refresh();
    assert.equal(asked.length, 1);
    clock.jump(11 * 60_000);
    await models.refresh();
    assert.equal(asked.length, 2);
    // A list of the future was written before the clock was set back.
    clock.jump(-24 * 3600_000);
    await models.refresh();
    assert.equal(asked.length, 3);
  });

  it('stays as it was when it can’t be had: no key, no address, an error', async () => {
    hasKey = false;
    await models.refresh();
    hasKey = true;
    baseUrl = undefined;
    await models.refresh();
    assert.deepEqual(asked, []);
    baseUrl = 'https://gateway.example';
    answer = () => Promise.reject(new Error('cut'));
    await models.refresh();
    assert.equal(models.ids, undefined);
  });

  it('is forgotten with the key, and nothing that is no list is taken for one', async () => {
    await models.refresh();
    await models.forget();
    assert.equal(models.ids, undefined);
    await memory.update('gateway.models', { baseUrl, at: 'x', ids: [5] });
    assert.equal(models.ids, undefined);
  });
});
