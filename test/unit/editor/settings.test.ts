import { strict as assert } from 'node:assert';
import { Settings } from '../../../src/editor/settings';

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
