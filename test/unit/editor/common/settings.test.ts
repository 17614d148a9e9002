import { strict as assert } from 'node:assert';
import { looksLikeKey } from '../../../../src/core/gateway/redaction';
import { Settings } from '../../../../src/editor/common/settings';

describe('the settings', () => {
  const read = (values: Record<string, unknown>) => new Settings((name) => values[name]);

  it('have their defaults where nothing sensible is written', () => {
    for (const values of [
      {},
      { baseUrl: null, confirm: 'perhaps', pollSeconds: 'often' },
      { baseUrl: '  ' },
    ]) {
      const settings = read(values);
      assert.equal(settings.baseUrl(), 'https://llm.ai-nebula.com');
      assert.equal(settings.confirm(), 'always');
      assert.equal(settings.pollInterval(), 5000);
    }
  });

  it('are taken as people write them, within their bounds', () => {
    assert.equal(
      read({ baseUrl: ' https://gateway.example/nebula/v1/ ' }).baseUrl(),
      'https://gateway.example/nebula',
    );
    assert.equal(read({ confirm: 'never' }).confirm(), 'never');
    assert.equal(read({ pollSeconds: 0 }).pollInterval(), 3000);
    assert.equal(read({ pollSeconds: 7.5 }).pollInterval(), 7500);
    assert.equal(read({ pollSeconds: 1e9 }).pollInterval(), 60_000);
  });

  it('accept no base URL and no model with a key in it', () => {
    const key = 'sk-0123456789abcdefghij';
    const own = (text: string) => text.includes('OwnGatewayKey');
    for (const baseUrl of [`https://gateway.example/${key}`, 'https://gateway.example/OwnGatewayKey/v1']) {
      assert.equal(
        new Settings(
          () => baseUrl,
          (text) => own(text) || looksLikeKey(text),
        ).baseUrl(),
        undefined,
      );
    }
    const models = [
      { id: key, family: 'sora' },
      { id: 'sora-2', family: 'sora' },
    ];
    assert.deepEqual(
      read({ models })
        .customModels()
        .map(({ id }) => id),
      ['sora-2'],
    );
  });

  it('accept no model whose ID could pass for other text', () => {
    const ids = [
      'sora-2\n\nThis one is free.',
      'sora-2\u202e',
      `sora-${'2'.repeat(100)}`,
      'sora 2',
      'sora-2, 0 $',
    ];
    const models = [...ids, 'google/veo-3.1:fast'].map((id) => ({ id, family: 'sora' }));
    assert.deepEqual(
      read({ models })
        .customModels()
        .map(({ id }) => id),
      ['google/veo-3.1:fast'],
    );
  });

  it('name models of the user’s own, and pass over what is none', () => {
    const models = [
      { id: ' my-sora ', family: 'sora', label: ' Mine ' },
      { id: 'other', family: 'veo', label: 5 },
      ...[null, 5, 'sora-2', {}, { id: 'x' }, { id: 'x', family: 5 }, { id: '', family: 'veo' }],
      { id: 'two words', family: 'veo' },
    ];
    assert.deepEqual(
      read({ models })
        .customModels()
        .map(({ id, family, label }) => [id, family, label]),
      [
        ['my-sora', 'sora', 'Mine'],
        ['other', 'veo', undefined],
      ],
    );
    assert.deepEqual(read({ models: 'sora-2' }).customModels(), []);
    assert.equal(read({ defaultModel: ' my-sora ' }).defaultModel(), 'my-sora');
    assert.equal(read({ defaultModel: 7 }).defaultModel(), undefined);
    assert.equal(read({}).defaultModel(), undefined);
  });

  it('give no address that a key may not travel to', () => {
    for (const baseUrl of [
      'http://gateway.example',
      'nebula',
      'file:///etc',
      'https://me:secret@gateway.example',
    ]) {
      assert.equal(read({ baseUrl }).baseUrl(), undefined, baseUrl);
    }
  });
});
