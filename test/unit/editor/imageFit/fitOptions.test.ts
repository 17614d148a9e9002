import { strict as assert } from 'node:assert';
import { clampChoice, fitChoicesFor, toFitOptions } from '../../../../src/editor/imageFit/fitOptions';
import type { Choice } from '../../../../src/webview/imageFit/protocol';
import { limitsFor } from '../../../support/catalog';

const landscape = limitsFor('sora', { size: '1280x720' });
const portrait = limitsFor('sora', { size: '720x1280' });
const seedance = limitsFor('seedance');
const veo = limitsFor('veo', { aspectRatio: '16:9', resolution: '1080p' });
const legacy = limitsFor('legacy');

describe('what can be chosen for an image', () => {
  for (const [what, limits, width, height, ways, ratio] of [
    ['another shape for exact pixels', landscape, 900, 700, 'crop pad blur', 16 / 9],
    ['another size for exact pixels', landscape, 1920, 1080, 'crop', 16 / 9],
    ['exact pixels', landscape, 1280, 720, 'asIs crop', 16 / 9],
    ['a shape too wide', seedance, 1600, 400, 'crop pad blur', 2.5],
    ['a shape too high', seedance, 400, 1600, 'crop pad blur', 0.4],
    ['sides too short', seedance, 200, 200, 'crop', 1],
    ['sides too long', seedance, 7000, 5000, 'crop', 1.4],
    ['sides and shape that fit', seedance, 1000, 700, 'asIs crop', 10 / 7],
    ['what is only advised', veo, 900, 700, 'asIs crop pad blur', 16 / 9],
    ['no limits at all', legacy, 900, 700, 'asIs crop', 9 / 7],
  ] as const) {
    it(`with ${what}: ${ways}`, () => {
      const offer = fitChoicesFor({ width, height }, limits);
      assert.equal(offer.modes.join(' '), ways);
      assert.ok(Math.abs(offer.ratio / ratio - 1) < 0.01, String(offer.ratio));
    });
  }
});

describe('what was chosen for an image', () => {
  const size = { width: 900, height: 700 };
  const part = { x: 0, y: 0.1, width: 1, height: (9 / 16) * (9 / 7) };
  const chosen: Choice = { mode: 'crop', part, color: [1, 2, 3], background: [4, 5, 6] };

  it('is at first what is done when nobody chooses', () => {
    const choice = clampChoice(undefined, size, fitChoicesFor(size, landscape));
    assert.deepEqual([choice.mode, choice.part], ['crop', null]);
    assert.equal(clampChoice(undefined, size, fitChoicesFor(size, veo)).mode, 'asIs');
  });

  it('stays while it makes sense', () => {
    assert.deepEqual(clampChoice(chosen, size, fitChoicesFor(size, landscape)), chosen);
    assert.deepEqual(clampChoice(chosen, size, fitChoicesFor(size, veo)), chosen, 'the same shape, larger');
  });

  it('gives way to the centre of the new shape, and to what is offered', () => {
    assert.deepEqual(clampChoice(chosen, size, fitChoicesFor(size, portrait)), { ...chosen, part: null });
    const blurred: Choice = { ...chosen, mode: 'blur', part: null };
    assert.equal(clampChoice(blurred, size, fitChoicesFor(size, portrait)).mode, 'blur');
    assert.equal(clampChoice(blurred, size, fitChoicesFor(size, legacy)).mode, 'asIs');
  });

  it('is handed on as those who fit images know it', () => {
    const background = [4, 5, 6] as const;
    for (const [way, kept, expected] of [
      ['asIs', null, { background }],
      ['crop', null, { mode: { kind: 'crop' }, background }],
      ['crop', part, { mode: { kind: 'crop', part }, background }],
      ['pad', part, { mode: { kind: 'pad', color: [1, 2, 3] }, background }],
      ['blur', part, { mode: { kind: 'blur' }, background }],
    ] as const) {
      assert.deepEqual(toFitOptions({ ...chosen, mode: way, part: kept }), expected);
    }
  });
});
