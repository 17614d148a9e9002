import assert from 'node:assert/strict';
import { untranslatedL10n } from '../../../../src/core/common/l10n';
import { webviewHtml } from '../../../../src/editor/common/webviewHtml';
import { imageFitText } from '../../../../src/editor/imageFit/imageFitText';
import {
  cardError,
  isBusy,
  applyMessage,
  objectUrls,
  setChoice,
  type CardState,
} from '../../../../src/webview/imageFit/cards';
import { pageData, toHost, toPage, type Card, type Choice } from '../../../../src/webview/imageFit/protocol';

const choice: Choice = { mode: 'crop', part: null, color: [0, 0, 0], background: [255, 255, 255] };
const card: Card = {
  title: 'First Frame',
  facts: 'a.png',
  need: 'sora-2 needs 1280×720 images.',
  width: 900,
  height: 700,
  ratio: 16 / 9,
  modes: ['crop', 'pad', 'blur'],
  hasAlpha: false,
  choice,
  revision: 0,
};
const image = { bytes: new Uint8Array([1, 2, 3]), format: 'png' as const };

describe('the protocol of the image fit page', () => {
  it('accepts messages of the page', () => {
    const part = { x: 0, y: 0.1, width: 1, height: 0.5 };
    for (const message of [
      { type: 'ready' },
      { type: 'use' },
      { type: 'back' },
      { type: 'choose', index: 3, revision: 7, choice: { ...choice, part } },
    ]) {
      assert.deepEqual(toHost.parse(message), message);
    }
  });

  it('rejects other messages', () => {
    const message = { type: 'choose', index: 0, revision: 1, choice };
    for (const wrong of [
      undefined,
      'use',
      { type: 'other' },
      { ...message, index: -1 },
      { ...message, index: 0.5 },
      { ...message, revision: '1' },
      { ...message, choice: { ...choice, mode: 'stretch' } },
      { ...message, choice: { ...choice, part: { x: -0.1, y: 0, width: 1, height: 1 } } },
      { ...message, choice: { ...choice, part: { x: 0, y: 0, width: 1 } } },
      { ...message, choice: { ...choice, color: [0, 0, 256] } },
      { ...message, choice: { ...choice, background: [0, 0] } },
    ]) {
      assert.ok(!toHost.safeParse(wrong).success, JSON.stringify(wrong));
    }
  });

  it('takes what the host says, and refuses the rest', () => {
    for (const message of [
      { type: 'view', cards: [card] },
      { type: 'original', index: 0, image },
      { type: 'preview', index: 0, revision: 0, image, caption: '1280 × 720 pixels' },
      { type: 'error', index: 0, revision: 0, message: 'It is damaged.' },
    ]) {
      assert.deepEqual(toPage.parse(message), message);
    }
    for (const wrong of [
      { type: 'original', index: 0, image: { ...image, bytes: 'AQID' } },
      { type: 'original', index: 0, image: { ...image, format: 'gif' } },
      { type: 'view', cards: [{ ...card, modes: ['stretch'] }] },
    ]) {
      assert.ok(!toPage.safeParse(wrong).success, JSON.stringify(wrong));
    }
  });

  it('begins on a page that may show what it is handed, and load nothing else', () => {
    const sources = {
      cspSource: 'https://cdn',
      script: 'https://cdn/f.js',
      style: 'https://cdn/f.css',
      language: 'en',
    };
    const html = webviewHtml(sources, ['img-src blob:'], {});
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? '';
    const rules = policy.replaceAll('&#39;', `'`).split('; ');
    assert.equal(rules[0], `default-src 'none'`);
    assert.deepEqual(
      rules.filter((rule) => /^(img|media|font|connect)-src/.test(rule)),
      ['img-src blob:'],
    );
  });

  it('has all texts of the page', () => {
    assert.ok(pageData.safeParse({ texts: imageFitText(untranslatedL10n) }).success);
  });
});

describe('the state of the image fit page', () => {
  let made: number;
  const urlOf = () => `blob:${++made}`;
  let states: readonly CardState[];
  const only = () => states[0]!;

  beforeEach(() => {
    made = 0;
    states = applyMessage([], { type: 'view', cards: [card, { ...card, title: 'Last Frame' }] }, urlOf);
  });

  it('waits for what is made of each image', () => {
    assert.ok(states.every(isBusy));
    states = applyMessage(states, { type: 'preview', index: 0, revision: 0, image, caption: 'c' }, urlOf);
    assert.deepEqual(states.map(isBusy), [false, true]);
  });

  it('goes on showing the last preview while a newer one is made, and leaves one that comes late at that', () => {
    states = applyMessage(states, { type: 'preview', index: 0, revision: 0, image, caption: 'first' }, urlOf);
    states = states.map((state, index) => (index === 0 ? setChoice(state, { mode: 'pad' }) : state));
    assert.ok(isBusy(only()));
    assert.equal(only().preview?.caption, 'first');
    assert.deepEqual([only().card.choice.mode, only().card.revision], ['pad', 1]);
    states = applyMessage(states, { type: 'preview', index: 0, revision: 0, image, caption: 'late' }, urlOf);
    assert.ok(isBusy(only()));
    states = applyMessage(states, { type: 'preview', index: 0, revision: 1, image, caption: 'new' }, urlOf);
    assert.ok(!isBusy(only()));
  });

  it('knows a fault of the latest choice only', () => {
    states = applyMessage(states, { type: 'error', index: 0, revision: 0, message: 'It is damaged.' }, urlOf);
    assert.equal(cardError(only()), 'It is damaged.');
    assert.ok(!isBusy(only()));
    assert.equal(cardError(setChoice(only(), { mode: 'blur' })), undefined);
    states = applyMessage(states, { type: 'preview', index: 0, revision: 0, image, caption: 'c' }, urlOf);
    assert.equal(cardError(only()), undefined);
  });

  it('names the addresses it draws from, so that others can go', () => {
    states = applyMessage(states, { type: 'original', index: 0, image }, urlOf);
    states = applyMessage(states, { type: 'preview', index: 0, revision: 0, image, caption: 'c' }, urlOf);
    states = applyMessage(states, { type: 'preview', index: 0, revision: 1, image, caption: 'c' }, urlOf);
    assert.deepEqual([...objectUrls(states)], ['blob:1', 'blob:3']);
    states = applyMessage(states, { type: 'error', index: 9, revision: 0, message: 'of none' }, urlOf);
    assert.equal(states.length, 2);
  });
});
