import assert from 'node:assert/strict';
import { untranslatedL10n } from '../../../src/core/common/l10n';
import { RequestError } from '../../../src/core/models/family';
import type { VideoRequest } from '../../../src/core/models/request';
import { World } from '../support/world';
import { prepareRequest } from '../../support/catalog';

describe('a key pasted into a text field', function () {
  this.timeout(120_000);
  let world: World;

  beforeEach(async () => {
    world = await World.create();
  });
  // Also checks that the key is in no file, row or log line.
  afterEach(async () => {
    await world.stop();
  });

  const valid = prepareRequest({ model: 'sora-2', prompt: 'a boat' }, untranslatedL10n);
  const spellings = (key: string) => [key, key.replace(/^sk-/, ''), `Bearer ${key}`, `my key: ${key}!`];

  const fields: Readonly<Record<string, (text: string) => Partial<VideoRequest>>> = {
    prompt: (prompt) => ({ prompt }),
    model: (model) => ({ model }),
    user: (user) => ({ options: { user } }),
    negative_prompt: (text) => ({ options: { negative_prompt: text } }),
    extra: (text) => ({ options: { extra: JSON.stringify({ nested: { a: text } }) } }),
    remixOf: (remixOf) => ({ remixOf }),
    source: (text) => ({ images: [{ role: 'first', source: `https://results.example/${text}` }] }),
  };
  for (const [name, change] of Object.entries(fields)) {
    it(`is rejected by the engine: ${name}`, async () => {
      const engine = await world.open();
      for (const text of spellings(world.gateway.key)) {
        const request = { ...valid, request: { ...valid.request, ...change(text) } };
        await assert.rejects(engine.submit(request, world.access), (error) => {
          assert.ok(error instanceof RequestError);
          assert.match(error.message, new RegExp(`^'${name}'`));
          return true;
        });
      }
      assert.equal(world.requests('submit'), 0);
      assert.deepEqual(engine.tasks(), []);
    });
  }

  it('is rejected by the engine: the base URL', async () => {
    const engine = await world.open();
    for (const text of spellings(world.gateway.key)) {
      const baseUrl = `${world.gateway.baseUrl}/${encodeURIComponent(text)}`;
      await assert.rejects(engine.submit(valid, { ...world.access, baseUrl }), RequestError);
    }
    assert.deepEqual(engine.tasks(), []);
  });

  it('is rejected by the engine: the task ID', async () => {
    const engine = await world.open();
    world.gateway.setFault({ name: 'replyLostAfterAcceptance', route: 'submit' });
    const { id } = await world.submit(engine);
    assert.equal(engine.task(id)?.phase, 'unknown');
    for (const text of [
      world.gateway.key,
      world.gateway.key.replace(/^sk-/, ''),
      `Bearer:${world.gateway.key}`,
    ]) {
      await assert.rejects(engine.attachTaskId(id, text), /looks like an API key/);
    }
    assert.equal(engine.task(id)?.phase, 'unknown');
    assert.equal(world.requests('query'), 0);
  });

  it("is rejected even if it's another user's key", async () => {
    const engine = await world.open();
    const prompt = 'use sk-SomebodyElses0123456789Key';
    await assert.rejects(world.submit(engine, { prompt }), RequestError);
    assert.ok(await world.submit(engine, { prompt: 'a risk-free sk-learn tutorial' }));
  });
});

describe('a task ID', function () {
  this.timeout(120_000);

  it('may be any word that a gateway could use', async () => {
    const world = await World.create();
    try {
      const engine = await world.open();
      const ids = [
        '1',
        `projects/p/locations/us/models/veo/operations/${'a1'.repeat(60)}`,
        Buffer.from('operations/'.repeat(15)).toString('base64url'),
        'x'.repeat(2000),
        "!#$%&'()*+,/:;<=>?@[]^`{|}~",
      ];
      for (const text of ids) {
        world.gateway.setFault({ name: 'replyLostAfterAcceptance', route: 'submit' });
        const { id } = await world.submit(engine, { prompt: `of ${text.length}` });
        assert.equal(await engine.attachTaskId(id, text), true, text);
        assert.equal(engine.task(id)?.gatewayTaskId, text);
      }
      const { id } = engine.tasks()[0]!;
      for (const text of [
        '',
        'two words',
        'x'.repeat(2001),
        'line\nbreak',
        'é',
        '\u202eabc',
        '..',
        'download',
      ]) {
        assert.equal(await engine.attachTaskId(id, text), false, text);
      }
    } finally {
      await world.stop();
    }
  });
});
