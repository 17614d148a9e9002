import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  coverArea,
  targetSize,
  computeLayout,
  reduceSize,
  type FitMode,
} from '../../../src/core/images/layout';
import { sizeFits, type ImageLimits } from '../../../src/core/images/imageLimits';
import { limitsFor } from '../../support/catalog';

describe('what a picture must be', () => {
  const rows: [family: string, options: Record<string, string>, expected: Partial<ImageLimits>][] = [
    ['sora', { size: '1280x720' }, { exact: { width: 1280, height: 720 }, formats: ['jpeg', 'png'] }],
    ['sora', { size: '720x1280' }, { exact: { width: 720, height: 1280 } }],
    ['sora', {}, { exact: { width: 720, height: 1280 } }],
    ['veo', { aspectRatio: '9:16', resolution: '720p' }, { preferred: { width: 720, height: 1280 } }],
    ['veo', {}, { preferred: { width: 1920, height: 1080 }, formats: ['jpeg', 'png'] }],
    ['wan', {}, { sides: { min: 360, max: 2000 }, maxBytes: 350_000, writes: 'jpeg' }],
    ['seedance', {}, { sides: { min: 300, max: 6000 }, ratio: { min: 0.4, max: 2.5 } }],
    ['legacy', {}, { formats: ['jpeg', 'png'] }],
  ];
  for (const [family, options, expected] of rows) {
    it(`for ${family} ${JSON.stringify(options)}`, () => {
      const limits = limitsFor(family, options);
      assert.deepEqual({ ...limits, ...expected }, limits);
      // As text in a request it stays below what the reference names for all of them.
      assert.ok((limits.maxBytes * 4) / 3 <= 5_000_000);
    });
  }

  it('for Wan stays below half a million characters of base64', () => {
    assert.ok(Math.ceil(limitsFor('wan').maxBytes / 3) * 4 < 500_000);
  });
});

describe('the frame of an image', () => {
  const limits = fc.constantFrom(
    ...['wan', 'seedance', 'sora', 'veo', 'legacy'].map((family) => limitsFor(family)),
    { ...limitsFor('wan'), sides: { min: 37, max: 101 }, ratio: { min: 0.9, max: 1.3 } },
  );
  const side = fc.integer({ min: 1, max: 9_000 });
  const share = fc.double({ min: 0, max: 0.6, noNaN: true });
  const way = fc.oneof(
    fc.constantFrom<FitMode>({ kind: 'crop' }, { kind: 'pad' }, { kind: 'blur' }),
    fc.tuple(share, share).map(([x, y]): FitMode => {
      return { kind: 'crop', part: { x, y, width: 0.4, height: 0.3 } };
    }),
  );

  it('property: meets the limits and never stretches the image', () => {
    fc.assert(
      fc.property(side, side, limits, way, (width, height, within, how) => {
        if (how.kind === 'crop' && how.part && Math.min(width, height) * 0.3 < 1) return;
        const frame = targetSize({ width, height }, within, how);
        assert.ok(sizeFits(frame, within), JSON.stringify(frame));
        const { part, into } = computeLayout({ width, height }, frame, how);
        assert.ok(part.x >= -1e-6 && part.y >= -1e-6);
        assert.ok(part.x + part.width <= width + 1e-6 && part.y + part.height <= height + 1e-6);
        assert.ok(into.x >= 0 && into.x + into.width <= frame.width);
        assert.ok(into.y >= 0 && into.y + into.height <= frame.height);
        // Within the rounding to whole pixels, both sides are scaled alike.
        const across = into.width / part.width;
        const down = into.height / part.height;
        const slack = Math.max(1 / part.width, 1 / part.height, across / into.width, down / into.height);
        assert.ok(Math.abs(across - down) <= slack + 1e-6, `${across} across, ${down} down`);
      }),
      { numRuns: 3_000 },
    );
  });

  it('property: meets the limits when it is reduced, with about the same aspect ratio', () => {
    fc.assert(
      fc.property(
        side,
        side,
        limits,
        fc.double({ min: 0.05, max: 0.9, noNaN: true }),
        (width, height, within, scale) => {
          const frame = targetSize({ width, height }, within, { kind: 'crop' });
          const smaller = reduceSize(frame, scale, within);
          if (!smaller) return;
          assert.ok(sizeFits(smaller, within) && smaller.width < frame.width);
          const slack = 1 / smaller.width + 1 / smaller.height;
          assert.ok(Math.abs((smaller.width / smaller.height) * (frame.height / frame.width) - 1) <= slack);
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it('is covered by the center of the image', () => {
    assert.deepEqual(coverArea({ width: 100, height: 50 }, { width: 20, height: 20 }), {
      x: 25,
      y: 0,
      width: 50,
      height: 50,
    });
  });
});
