import assert from 'node:assert/strict';
import { untranslatedL10n } from '../../../../src/core/common/l10n';
import { escapeHtml } from '../../../../src/editor/common/webviewHtml';
import { playerHtml } from '../../../../src/editor/player/playerHtml';
import { playerText } from '../../../../src/editor/player/playerText';
import { commandTitles } from '../../../support/commandTitles';
import { pageData } from '../../../../src/webview/player/protocol';

const sources = {
  cspSource: 'https://*.vscode-cdn.net',
  script: 'https://file/player.js',
  style: 'https://file/player.css',
  language: 'en',
  data: {
    taskId: `"'><script>alert(1)</script>`,
    texts: playerText({ commandTitles, l10n: untranslatedL10n }),
  },
};

describe('the player’s html', () => {
  it('allows nothing but our own files and the one script', () => {
    const html = playerHtml(sources);
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? '';
    const rules = policy.replaceAll('&#39;', `'`).split('; ');
    assert.equal(rules[0], `default-src 'none'`);
    const nonce = /<script nonce="([^"]+)"/.exec(html)?.[1] ?? '';
    assert.equal(Buffer.from(nonce, 'base64').length, 16);
    assert.ok(rules.includes(`script-src 'nonce-${nonce}'`));
    assert.ok(rules.includes(`form-action 'none'`));
    assert.ok(!/unsafe|data:|blob:|\*(?!\.vscode-cdn)/.test(policy), policy);
    assert.ok(html.indexOf('Content-Security-Policy') < html.indexOf('<link'), 'the policy comes first');
  });

  it('has a nonce of its own each time', () => {
    const nonce = () => /nonce="([^"]+)"/.exec(playerHtml(sources))?.[1];
    assert.notEqual(nonce(), nonce());
  });

  it('lets no text out of its attribute', () => {
    const html = playerHtml(sources);
    assert.equal(html.match(/<script/g)?.length, 1);
    const attribute = /data-page="([^"]*)"/.exec(html)?.[1] ?? '';
    const text = attribute
      .replaceAll('&quot;', '"')
      .replaceAll('&#39;', `'`)
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&amp;', '&');
    assert.deepEqual(pageData.parse(JSON.parse(text)), sources.data);
  });

  it('escapes every character that means something', () => {
    assert.equal(escapeHtml(`<&>"'`), '&lt;&amp;&gt;&quot;&#39;');
  });

  it('has different names for the parts of the player', () => {
    const { video, takes, loading, actions } = sources.data.texts;
    assert.equal(new Set([video, takes, loading, actions]).size, 4);
  });
});
