import assert from 'node:assert/strict';
import type { KeyAnswer } from '../../../src/core/gateway/apiKey';
import { TimeoutKeySource } from '../../../src/core/tasks/timeoutKeySource';
import { FakeClock } from '../support/fakeClock';

const ORIGIN = 'https://gateway.example';
const KEY: KeyAnswer = { kind: 'key', key: { id: 'key-1', value: 'sk-abc' } };

describe('a key source with a timeout', () => {
  let clock: FakeClock;
  let asked: number;
  let answer: () => Promise<KeyAnswer>;
  let keys: TimeoutKeySource;

  beforeEach(() => {
    clock = new FakeClock();
    asked = 0;
    answer = () => new Promise(() => undefined);
    keys = new TimeoutKeySource(
      { version: 0, keyFor: () => (asked++, answer()), looksLikeKey: () => false },
      clock,
    );
  });

  async function afterTimeout(): Promise<KeyAnswer> {
    const pending = keys.keyFor(ORIGIN);
    clock.moveTo(clock.now() + 10_000);
    return pending;
  }

  it('passes on every result', async () => {
    for (const expected of [KEY, { kind: 'none' }, { kind: 'notApproved' }, { kind: 'locked' }] as const) {
      answer = () => Promise.resolve(expected);
      assert.deepEqual(await keys.keyFor(ORIGIN), expected);
    }
  });

  it('reports a locked storage after a timeout', async () => {
    assert.deepEqual(await afterTimeout(), { kind: 'locked' });
  });

  it("doesn't wait again for a while after a timeout", async () => {
    await afterTimeout();
    assert.deepEqual(await keys.keyFor(ORIGIN), { kind: 'locked' });
    assert.equal(asked, 1);
    answer = () => Promise.resolve(KEY);
    assert.deepEqual(await keys.keyFor('https://other.example'), KEY);
    clock.moveTo(clock.now() + 30_000);
    assert.deepEqual(await keys.keyFor(ORIGIN), KEY);
  });

  it('reads again as soon as a late result has arrived', async () => {
    let provide: (answer: KeyAnswer) => void = () => undefined;
    answer = () => new Promise((resolve) => (provide = resolve));
    await afterTimeout();
    answer = () => Promise.resolve(KEY);
    provide(KEY);
    await new Promise(setImmediate);
    assert.deepEqual(await keys.keyFor(ORIGIN), KEY);
  });
});
