import assert from 'node:assert/strict';
import { any, fit, jpeg, png, seen } from './fitting';
import {
  colorAt,
  corners,
  decodedElsewhere,
  encoded,
  exif,
  KINDS,
  nameOf,
  painted,
  PLACE,
  quarters,
  shippedCodecs,
  webpWithExif,
  withChunks,
  withSegments,
  type Kind,
} from './testImages';
import { limitsFor } from '../../support/catalog';

const wide = limitsFor('sora', { size: '1280x720' });
const tall = limitsFor('sora', { size: '720x1280' });

describe('fitting each format', () => {
  for (const kind of (Object.keys(KINDS) as Kind[]).filter((name) => !name.startsWith('animated'))) {
    const colorful = !/grey|black and white/.test(kind);
    it(`keeps the colors: ${kind}`, async () => {
      const fitted = await fit(encoded(kind, quarters(128, 96)), {
        ...any,
        exact: { width: 96, height: 64 },
      });
      if (colorful) assert.equal(corners(seen(fitted)), 'red green blue white');
      else assert.equal(nameOf(colorAt(seen(fitted), 0.9, 0.9)), 'white');
      assert.equal(fitted.format, kind.includes('lossy') || kind.includes('JPEG') ? 'jpeg' : 'png');
    });
  }

  it('keeps the colors: progressive JPEG', async () => {
    const file = await shippedCodecs().encodeJpeg(quarters(128, 96), 90);
    const fitted = await fit(file, { ...any, exact: { width: 96, height: 64 } });
    assert.equal(corners(seen(fitted)), 'red green blue white');
  });

  for (const kind of (Object.keys(KINDS) as Kind[]).filter((name) => name.startsWith('animated'))) {
    it(`refuses: ${kind}`, async () => {
      await assert.rejects(fit(encoded(kind, quarters(32, 32)), wide), { reason: 'animated' });
    });
  }

  it('keeps the exact pixels of lossless images', async () => {
    for (const kind of [
      'PNG, 24 bit',
      'PNG, 48 bit',
      'PNG, palette',
      'PNG, interlaced',
      'BMP, 24 bit',
    ] as const) {
      const file = encoded(kind, quarters(40, 30));
      const { data } = seen(await fit(file, { ...any, formats: [] }));
      const there = decodedElsewhere(file).flat();
      // Decoders round channels of 16 bits differently.
      const slack = kind === 'PNG, 48 bit' ? 1 : 0;
      const far = there.filter(
        (value, at) => Math.abs(value - data[Math.floor(at / 3) * 4 + (at % 3)]!) > slack,
      );
      assert.equal(far.length, 0, kind);
    }
  });
});

describe('an image with an orientation', () => {
  // The quarters as shown, for each orientation of the same pixels.
  const shown: Record<number, string> = {
    1: 'red green blue white',
    2: 'green red white blue',
    3: 'white blue green red',
    4: 'blue white red green',
    5: 'red blue green white',
    6: 'blue red white green',
    7: 'white green blue red',
    8: 'green white red blue',
  };
  const pixels = quarters(64, 48);
  const withOrientation: Record<string, (orientation: number) => Buffer> = {
    JPEG: (orientation) =>
      withSegments(jpeg(pixels), [0xe1, Buffer.concat([Buffer.from('Exif\0\0'), exif(orientation)])]),
    PNG: (orientation) => withChunks(png(pixels), ['eXIf', exif(orientation)]),
    WebP: (orientation) => webpWithExif(encoded('WebP, lossy', pixels), pixels, orientation),
  };
  for (const [name, make] of Object.entries(withOrientation)) {
    for (let orientation = 1; orientation <= 8; orientation++) {
      it(`is sent upright: ${name}, orientation ${orientation}`, async () => {
        const fitted = await fit(make(orientation), any);
        assert.deepEqual([fitted.width, fitted.height], orientation >= 5 ? [48, 64] : [64, 48]);
        assert.equal(corners(seen(fitted)), shown[orientation]);
        assert.ok(fitted.changes.includes(orientation === 1 ? 'metadataRemoved' : 'rotated'));
        assert.ok(!Buffer.from(fitted.bytes).includes(PLACE));
      });
    }
  }

  it('is cropped as shown', async () => {
    // Orientation 6 shows blue at the top left.
    const part = { x: 0, y: 0, width: 0.5, height: 0.5 };
    const file = withOrientation['JPEG']!(6);
    const fitted = await fit(file, any, { mode: { kind: 'crop', part } });
    assert.deepEqual([fitted.width, fitted.height], [24, 32]);
    assert.equal(corners(seen(fitted)), 'blue blue blue blue');
  });
});

describe('an image for sora-2', () => {
  const sources: [what: string, width: number, height: number][] = [
    ['wide', 1600, 500],
    ['tall', 300, 1200],
    ['tiny', 7, 5],
    ['one pixel', 1, 1],
    ['square', 500, 500],
    ['the other size', 1280, 720],
  ];
  for (const [what, width, height] of sources) {
    it(`has exactly the size of the option: ${what}`, async () => {
      const file = png(painted(width, height, () => [90, 90, 90]));
      for (const [limits, options] of [
        [wide, {}],
        [tall, {}],
        [tall, { mode: { kind: 'pad' } }],
        [wide, { mode: { kind: 'blur' } }],
      ] as const) {
        const fitted = await fit(file, limits, options);
        assert.deepEqual([fitted.width, fitted.height], [limits.exact!.width, limits.exact!.height]);
      }
    });
  }

  it('is sent unchanged if it has the right size', async () => {
    const file = png(quarters(1280, 720));
    const fitted = await fit(file, wide);
    // The encoder adds a resolution, which is removed.
    const again = await fit(fitted.bytes, wide);
    assert.ok(Buffer.from(again.bytes).equals(fitted.bytes));
    assert.deepEqual(again.changes, []);
    assert.deepEqual(again.bytes === fitted.bytes, false, 'a copy');
  });

  it('is cropped around the center by default', async () => {
    const stripes = painted(3000, 720, (x) =>
      x < 1000 ? [220, 30, 30] : x < 2000 ? [30, 200, 40] : [30, 40, 210],
    );
    const fitted = await fit(png(stripes), tall);
    assert.equal(corners(seen(fitted)), 'green green green green');
    assert.deepEqual(fitted.changes, ['cropped', 'scaled', 'reencoded']);
  });

  it('shows only the chosen part', async () => {
    const quartersFile = png(quarters(2000, 1500));
    const part = { x: 0.5, y: 0, width: 0.5, height: 0.375 };
    const view = seen(await fit(quartersFile, wide, { mode: { kind: 'crop', part } }));
    for (let x = 0; x < view.width; x++) {
      for (const y of [0, view.height - 1]) {
        assert.equal(nameOf(colorAt(view, (x + 0.5) / view.width, (y + 0.5) / view.height)), 'green');
      }
    }
  });

  it('is never stretched: a chosen part of another aspect ratio is cropped', async () => {
    const ring = painted(900, 900, (x, y) =>
      Math.hypot(x - 450, y - 450) < 200 ? [0, 0, 0] : [250, 250, 250],
    );
    const part = { x: 0.1, y: 0.1, width: 0.8, height: 0.8 };
    const view = seen(await fit(png(ring), wide, { mode: { kind: 'crop', part } }));
    const isBlack = (x: number, y: number) => colorAt(view, x / view.width, y / view.height)[0] < 128;
    const across = Array.from({ length: view.width }, (_, x) => isBlack(x, 360)).filter(Boolean).length;
    const scale = 1280 / 720;
    assert.ok(Math.abs(across - 400 * scale) < 4, `${across}`);
    assert.ok(isBlack(640, 360 - 200 * scale + 6) && !isBlack(640 - 200 * scale - 6, 360));
  });

  it('is drawn whole on a plain color', async () => {
    const view = seen(
      await fit(png(quarters(400, 400)), wide, { mode: { kind: 'pad', color: [10, 120, 200] } }),
    );
    assert.deepEqual(colorAt(view, 0.05, 0.5), [10, 120, 200]);
    assert.deepEqual(colorAt(view, 0.95, 0.5), [10, 120, 200]);
    assert.deepEqual(
      [0.3, 0.7].map((x) => nameOf(colorAt(view, x, 0.1))),
      ['red', 'green'],
    );
    const black = seen(await fit(png(quarters(400, 400)), wide, { mode: { kind: 'pad' } }));
    assert.deepEqual(colorAt(black, 0.05, 0.5), [0, 0, 0]);
  });

  it('is drawn whole over a blurred background', async () => {
    const fitted = await fit(png(quarters(400, 400)), wide, { mode: { kind: 'blur' } });
    const view = seen(fitted);
    assert.equal(corners(view), 'red green blue white');
    assert.equal(nameOf(colorAt(view, 0.02, 0.2)), 'red');
    // The edge between the quarters is blurred next to the image, and sharp within it.
    const jump = (x: number) => Math.abs(colorAt(view, x, 359 / 720)[0] - colorAt(view, x, 360.5 / 720)[0]);
    assert.ok(jump(0.1) < 20, String(jump(0.1)));
    assert.ok(jump(0.35) > 100, String(jump(0.35)));
    assert.deepEqual(fitted.changes, ['padded', 'scaled', 'reencoded']);
  });

  it('is refused if the chosen part is outside it', async () => {
    const file = png(quarters(40, 40));
    const parts = [
      [-0.1, 0, 1, 1],
      [0.5, 0.5, 0.6, 0.5],
      [0, 0, 0, 1],
      [0, 0, 1, 0.001],
      [NaN, 0, 1, 1],
    ] as const;
    for (const [x, y, width, height] of parts) {
      const way = { kind: 'crop', part: { x, y, width, height } } as const;
      await assert.rejects(fit(file, wide, { mode: way }), { reason: 'badPart' });
    }
  });
});
