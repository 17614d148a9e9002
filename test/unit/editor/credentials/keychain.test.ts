import { strict as assert } from 'node:assert';
import type { Log } from '../../../../src/core/common/log';
import type { ApiKey, KeyAnswer, KeySource } from '../../../../src/core/gateway/apiKey';
import { Keychain, SECRETS } from '../../../../src/editor/credentials/keychain';
import { OriginApproval } from '../../../../src/editor/credentials/originApproval';
import { untranslatedL10n } from '../../../../src/core/common/l10n';
import { FakeMemento } from '../../../support/fakeMemento';
import { FakeSecrets } from '../../../support/fakeSecrets';
import { commandTitles } from '../../../support/commandTitles';
import { ScriptedDialogs } from '../../../support/scriptedDialogs';

const KEY = 'sk-0123456789abcdef';
const OTHER = 'sk-fedcba9876543210';
const NEBULA = 'https://llm.ai-nebula.com';
const ELSEWHERE = 'https://gateway.example';

/** One window's keychain; windows share the secrets. */
function open(secrets: FakeSecrets, environment: { key?: string } = {}, memory = new FakeMemento()) {
  const lines: string[] = [];
  const write = (message: string) => void lines.push(message);
  const log: Log = { trace: write, debug: write, info: write, warn: write, error: write };
  const keychain = new Keychain({ secrets, memory, log, environmentKey: () => environment.key });
  let changes = 0;
  keychain.onDidChange(() => changes++);
  return { keychain, lines, changes: () => changes };
}

async function heldFor(source: KeySource, origin: string): Promise<ApiKey | undefined> {
  const answer = await source.keyFor(origin);
  return answer.kind === 'key' ? answer.key : undefined;
}

describe('the keychain', () => {
  let secrets: FakeSecrets;

  beforeEach(() => {
    secrets = new FakeSecrets();
  });

  it('hands out no key whose removal has begun, and says at once that answers may differ', async () => {
    const { keychain } = open(secrets);
    await keychain.set(KEY, ELSEWHERE);
    const before = keychain.version;
    const removed = keychain.remove();
    assert.notEqual(keychain.version, before);
    assert.deepEqual(await keychain.keyFor(ELSEWHERE), { kind: 'none' });
    await removed;
  });

  it('keeps a key for the next start, and hands it out for approved origins only', async () => {
    const first = open(secrets);
    assert.equal(await first.keychain.place(), undefined);
    assert.equal(await first.keychain.set(KEY, ELSEWHERE), true);
    const { keychain } = open(secrets);
    assert.equal(await keychain.place(), 'stored');
    for (const origin of [
      NEBULA,
      ELSEWHERE,
      'http://127.0.0.1:8080',
      'http://localhost:1',
      'http://[::1]:2',
    ]) {
      assert.equal((await heldFor(keychain, origin))?.value, KEY, origin);
    }
    for (const origin of [
      'https://other.example',
      `${ELSEWHERE}:8443`,
      'https://llm.ai-nebula.com.evil.example',
    ]) {
      assert.deepEqual(await keychain.keyFor(origin), { kind: 'notApproved' }, origin);
    }
  });

  it('gives each key an id of its own, and the same key the same one', async () => {
    const { keychain } = open(secrets);
    await keychain.set(KEY, undefined);
    const first = await heldFor(keychain, NEBULA);
    await keychain.set(KEY, ELSEWHERE);
    assert.equal((await heldFor(keychain, NEBULA))?.id, first?.id);
    await keychain.set(OTHER, undefined);
    const other = await heldFor(keychain, NEBULA);
    assert.notEqual(other?.id, first?.id);
    // Another key must be approved again.
    assert.deepEqual(await keychain.keyFor(ELSEWHERE), { kind: 'notApproved' });
    assert.ok(!other?.id.includes(OTHER));
  });

  it('notices what other windows set, approve and remove, and tells it once', async () => {
    const mine = open(secrets);
    const theirs = open(secrets);
    assert.equal(await mine.keychain.place(), undefined);
    await theirs.keychain.set(KEY, undefined);
    await mine.keychain.approve('https://flush.example');
    assert.equal((await heldFor(mine.keychain, NEBULA))?.value, KEY);
    await theirs.keychain.approve(ELSEWHERE);
    await mine.keychain.approve('https://flush.example');
    assert.equal((await heldFor(mine.keychain, ELSEWHERE))?.value, KEY);
    await theirs.keychain.remove();
    await mine.keychain.approve('https://flush.example');
    assert.deepEqual(await mine.keychain.keyFor(NEBULA), { kind: 'none' });
    // Set, approved here, approved there, removed.
    assert.equal(mine.changes(), 4);
  });

  describe('with a key in the environment', () => {
    it('uses it where none is stored', async () => {
      const { keychain } = open(secrets, { key: ` Bearer ${KEY}\n` });
      assert.equal(await keychain.place(), 'environment');
      assert.equal((await heldFor(keychain, NEBULA))?.value, KEY);
      await keychain.set(OTHER, undefined);
      assert.equal((await heldFor(keychain, NEBULA))?.value, OTHER);
      await keychain.remove();
      assert.equal((await heldFor(keychain, NEBULA))?.value, KEY);
    });

    it('gives it an id that stays, and another key another one', async () => {
      const first = await heldFor(open(secrets, { key: KEY }).keychain, NEBULA);
      const other = await heldFor(open(secrets, { key: OTHER }).keychain, NEBULA);
      const again = await heldFor(open(secrets, { key: KEY }).keychain, NEBULA);
      assert.equal(again?.id, first?.id);
      assert.notEqual(other?.id, first?.id);
      for (const text of secrets.entries.values()) {
        assert.ok(
          !text.includes(KEY) && !text.includes(OTHER),
          'the key of the environment is stored nowhere',
        );
      }
    });

    it('asks for its approval as for any other, and keeps it', async () => {
      const { keychain } = open(secrets, { key: KEY });
      assert.deepEqual(await keychain.keyFor(ELSEWHERE), { kind: 'notApproved' });
      await keychain.approve(ELSEWHERE);
      assert.equal((await heldFor(keychain, ELSEWHERE))?.value, KEY);
      assert.equal((await heldFor(open(secrets, { key: KEY }).keychain, ELSEWHERE))?.value, KEY);
      assert.deepEqual(await open(secrets, { key: OTHER }).keychain.keyFor(ELSEWHERE), {
        kind: 'notApproved',
      });
    });

    it('takes notice when it changes, and none of what is no key', async () => {
      const environment = { key: KEY };
      const { keychain } = open(secrets, environment);
      assert.equal((await heldFor(keychain, NEBULA))?.value, KEY);
      environment.key = OTHER;
      assert.equal((await heldFor(keychain, NEBULA))?.value, OTHER);
      environment.key = 'two words';
      assert.equal(await keychain.place(), undefined);
    });
  });

  describe('without a working secret storage', () => {
    it('keeps the key for the window, with an id and its approvals', async () => {
      secrets.broken = true;
      const { keychain } = open(secrets);
      assert.equal(await keychain.set(KEY, undefined), false);
      assert.equal(await keychain.place(), 'session');
      await keychain.approve(ELSEWHERE);
      const key = await heldFor(keychain, ELSEWHERE);
      assert.equal(key?.value, KEY);
      assert.equal((await heldFor(keychain, NEBULA))?.id, key.id);
    });

    it('gives a key of the environment an id for the window', async () => {
      secrets.broken = true;
      const { keychain } = open(secrets, { key: KEY });
      const key = await heldFor(keychain, NEBULA);
      assert.ok(key);
      assert.equal((await heldFor(keychain, NEBULA))?.id, key.id);
      await keychain.approve(ELSEWHERE);
      assert.equal((await heldFor(keychain, ELSEWHERE))?.id, key.id);
    });

    it('says that a key could not be removed', async () => {
      const { keychain } = open(secrets);
      await keychain.set(KEY, undefined);
      secrets.broken = true;
      assert.equal(await keychain.remove(), false);
    });

    it('finds the stored key once it works again', async () => {
      await open(secrets).keychain.set(KEY, undefined);
      const { keychain } = open(secrets);
      secrets.broken = true;
      assert.equal(await keychain.place(), 'locked');
      secrets.broken = false;
      assert.equal(await keychain.place(), 'stored');
    });

    it('does not pay with the environment’s key while a stored one can’t be read', async () => {
      const memory = new FakeMemento();
      await open(secrets, {}, memory).keychain.set(KEY, undefined);
      const { keychain } = open(secrets, { key: OTHER }, memory);
      secrets.broken = true;
      assert.deepEqual(await keychain.keyFor(NEBULA), { kind: 'locked' });
      secrets.broken = false;
      await keychain.remove();
      assert.equal((await heldFor(keychain, NEBULA))?.value, OTHER);
      secrets.broken = true;
      const later = open(secrets, { key: OTHER }, memory).keychain;
      assert.equal((await heldFor(later, NEBULA))?.value, OTHER, 'no key was ever stored since');
    });

    it('tells a locked storage from one without a key', async () => {
      const { keychain } = open(secrets);
      assert.deepEqual(await keychain.keyFor(NEBULA), { kind: 'none' });
      await open(secrets).keychain.set(KEY, undefined);
      const later = open(secrets).keychain;
      secrets.broken = true;
      assert.deepEqual(await later.keyFor(NEBULA), { kind: 'locked' });
      secrets.broken = false;
      assert.deepEqual(await later.keyFor(ELSEWHERE), { kind: 'notApproved' });
      assert.equal((await heldFor(later, NEBULA))?.value, KEY);
    });
  });

  it('knows every key it has had, in any spelling', async () => {
    const environment = { key: 'own-environment-key' };
    const { keychain } = open(secrets, environment);
    await keychain.place();
    await keychain.set('OwnGatewayKey', undefined);
    await keychain.set('AnotherKey', undefined);
    await keychain.remove();
    for (const text of ['owngatewaykey', 'sk-AnotherKey', 'x=own-environment-key', 'Bearer%20An%6ftherKey']) {
      assert.ok(keychain.looksLikeKey(text), text);
    }
    for (const text of ['', 'another key', 'a boat']) assert.ok(!keychain.looksLikeKey(text), text);
  });

  it('never writes a key into the log, however broken what is stored', async () => {
    const all: string[] = [];
    for (const text of [KEY, `{"value":"${KEY}"`, `{"id":"x","value":"${KEY}","origins":1}`, 'null']) {
      secrets.entries.set(SECRETS.key, text);
      const { keychain, lines } = open(secrets);
      assert.equal(await keychain.place(), undefined);
      await keychain.set(KEY, undefined);
      secrets.broken = true;
      await keychain.set(OTHER, undefined);
      await keychain.remove();
      secrets.broken = false;
      all.push(...lines);
    }
    assert.ok(all.length > 0);
    for (const line of all) assert.doesNotMatch(line, /sk-|0123456789|fedcba/);
  });
});

const valueOf = (answer: KeyAnswer) => (answer.kind === 'key' ? answer.key.value : undefined);

describe('the approval of an origin', () => {
  let secrets: FakeSecrets;
  let dialogs: ScriptedDialogs;
  let keychain: Keychain;
  let approval: OriginApproval;

  beforeEach(async () => {
    secrets = new FakeSecrets();
    dialogs = new ScriptedDialogs();
    ({ keychain } = open(secrets));
    await keychain.set(KEY, undefined);
    approval = new OriginApproval({ keychain, dialogs, commandTitles, l10n: untranslatedL10n });
  });

  it('asks nobody where the key may go anyway', async () => {
    assert.equal(valueOf(await approval.keyFor(NEBULA, 'api')), KEY);
    assert.equal(valueOf(await approval.keyFor('http://localhost:3000', 'api')), KEY);
    assert.equal(dialogs.asked.length, 0);
  });

  it('asks once for all who wait, naming the origin, and keeps a yes', async () => {
    dialogs.willAnswer((question: { message: string }) => {
      assert.match(question.message, /https:\/\/gateway\.example/);
      return true;
    });
    const keys = await Promise.all([approval.keyFor(ELSEWHERE, 'api'), approval.keyFor(ELSEWHERE, 'person')]);
    assert.deepEqual(keys.map(valueOf), [KEY, KEY]);
    assert.equal((await heldFor(open(secrets).keychain, ELSEWHERE))?.value, KEY);
  });

  it('asks nothing where no approval helps: no key, or a locked storage', async () => {
    await keychain.remove();
    assert.deepEqual(await approval.keyFor(ELSEWHERE, 'person'), { kind: 'none' });
    const locked = open(secrets).keychain;
    secrets.broken = true;
    const other = new OriginApproval({ keychain: locked, dialogs, commandTitles, l10n: untranslatedL10n });
    assert.deepEqual(await other.keyFor(ELSEWHERE, 'person'), { kind: 'locked' });
    assert.equal(dialogs.asked.length, 0);
  });

  it('asks a person anew after a no, but callers never again', async () => {
    dialogs.willAnswer(false, false, true);
    assert.deepEqual(await approval.keyFor(ELSEWHERE, 'api'), { kind: 'notApproved' });
    assert.deepEqual(await approval.keyFor(ELSEWHERE, 'api'), { kind: 'notApproved' });
    assert.equal(dialogs.asked.length, 1);
    assert.deepEqual(await approval.keyFor(ELSEWHERE, 'person'), { kind: 'notApproved' });
    assert.equal(valueOf(await approval.keyFor(ELSEWHERE, 'person')), KEY);
    assert.equal(valueOf(await approval.keyFor(ELSEWHERE, 'api')), KEY);
    assert.equal(dialogs.asked.length, 3);
  });
});
