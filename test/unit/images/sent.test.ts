import assert from 'node:assert/strict';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { Codecs } from '../../../src/core/images/codecs';
import { fitImage } from '../../../src/core/images/fitImage';
import { ImageFileError } from '../../../src/core/images/imageFileError';
import { any, fit, jpeg, png, seen } from './fitting';
import {
  colorAt,
  corners,
  decodedElsewhere,
  encoded,
  exif,
  KINDS,
  nameOf,
  noise,
  painted,
  PLACE,
  pngChunk,
  quarters,
  shippedCodecs,
  webpWithExif,
  withChunks,
  withSegments,
  type Kind,
} from './testImages';
import { limitsFor } from '../../support/catalog';

const wide = limitsFor('sora', { size: '1280x720' });
const wan = limitsFor('wan');
const seedance = limitsFor('seedance');
const veo = limitsFor('veo', { aspectRatio: '16:9', resolution: '720p' });

describe('the image limits of a family', () => {
  it('Wan: reduces an image of noise to the maximum bytes', async () => {
    const fitted = await fit(png(noise(900, 600)), wan);
    assert.equal(fitted.format, 'jpeg');
    assert.ok(fitted.bytes.length <= 350_000 && fitted.bytes.length > 200_000, `${fitted.bytes.length}`);
    assert.ok(Math.abs(fitted.width / fitted.height - 900 / 600) < 0.01);
  });

  it('Wan: keeps sides within 360 to 2000 for small, large and very long images', async () => {
    for (const [width, height, kind] of [
      [100, 80, 'crop'],
      [2100, 700, 'crop'],
      [3000, 200, 'blur'],
      [150, 1500, 'pad'],
    ] as const) {
      await fit(jpeg(painted(width, height, (x) => [x % 256, 80, 80])), wan, { mode: { kind } });
    }
  });

  it('Wan: sends a small PNG unchanged', async () => {
    const fitted = await fit(png(quarters(800, 600)), wan);
    assert.equal(fitted.format, 'png');
    assert.ok(!fitted.changes.includes('reencoded'));
  });

  it('Seedance: crops or pads to ratios from 0.4 to 2.5', async () => {
    const cut = await fit(png(quarters(3000, 600)), seedance);
    assert.deepEqual([cut.width, cut.height], [1500, 600]);
    const extended = await fit(png(quarters(3000, 600)), seedance, { mode: { kind: 'pad' } });
    assert.deepEqual([extended.width, extended.height], [3000, 1200]);
    assert.deepEqual(
      [cut.changes, extended.changes],
      [
        ['cropped', 'reencoded'],
        ['padded', 'reencoded'],
      ],
    );
    const narrow = await fit(png(quarters(301, 1000)), seedance);
    assert.deepEqual([narrow.width, narrow.height], [301, 752]);
  });

  it('Seedance: sends WebP unchanged', async () => {
    const file = encoded('WebP, lossy', quarters(640, 480));
    const fitted = await fit(file, seedance);
    assert.equal(fitted.format, 'webp');
    assert.ok(Buffer.from(fitted.bytes).equals(file));
  });

  it('limits the pixels of an encoded image, and reports rounding not as cropping', async () => {
    const fitted = await fit(jpeg(painted(3001, 2000, (x, y) => [x % 256, y % 256, 9])), {
      ...seedance,
      formats: [],
    });
    assert.deepEqual([fitted.width, fitted.height], [2450, 1633]);
    assert.deepEqual(fitted.changes, ['scaled', 'reencoded']);
  });

  it('Veo: uses the recommended size only if the user has chosen a fit mode', async () => {
    const file = png(quarters(900, 900));
    const alone = await fit(file, veo);
    assert.deepEqual([alone.width, alone.height], [900, 900]);
    const chosen = await fit(file, veo, { mode: { kind: 'crop' } });
    assert.deepEqual([chosen.width, chosen.height], [1280, 720]);
  });

  it('refuses an image that cannot meet them', async () => {
    await assert.rejects(fit(png(noise(1280, 720)), { ...wide, maxBytes: 5_000 }), { reason: 'doesNotFit' });
  });

  it('property: are met from any size in every fit mode', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 900 }),
        fc.integer({ min: 1, max: 900 }),
        fc.constantFrom(wan, seedance, { ...wan, sides: { min: 37, max: 101 } }),
        fc.constantFrom({ kind: 'crop' } as const, { kind: 'pad' } as const, { kind: 'blur' } as const),
        async (width, height, limits, way) => {
          await fit(png(painted(width, height, () => [200, 100, 0])), limits, { mode: way });
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe('the sent image', () => {
  it('is the same for the same input', async () => {
    const file = jpeg(noise(500, 400));
    const [first, second] = [await fit(file, wide), await fitImage(file, wide, {}, shippedCodecs())];
    assert.ok(Buffer.from(first.bytes).equals(second.bytes));
  });

  it('is opaque: transparent pixels get the chosen color, white by default', async () => {
    const half = painted(64, 64, (x) => [200, 0, 0, x < 32 ? 255 : 0]);
    for (const kind of [
      'PNG with alpha',
      'WebP, lossless',
      'WebP, lossy with alpha',
      'GIF with alpha',
    ] as const) {
      const fitted = await fit(encoded(kind, half), any);
      assert.equal(nameOf(colorAt(seen(fitted), 0.9, 0.5)), 'white', kind);
      assert.ok(fitted.changes.includes('flattened'));
      const blue = await fit(encoded(kind, half), any, { background: [30, 40, 210] });
      assert.equal(nameOf(colorAt(seen(blue), 0.9, 0.5)), 'blue', kind);
    }
    const faint = await fit(
      encoded(
        'PNG with alpha',
        painted(8, 8, () => [0, 0, 0, 128]),
      ),
      any,
    );
    assert.ok(Math.abs(colorAt(seen(faint), 0.5, 0.5)[0] - 127) <= 1);
  });

  it('has no alpha channel even if the opaque source has one', async () => {
    const fitted = await fit(encoded('PNG with alpha', quarters(64, 64)), any);
    assert.deepEqual(fitted.changes, ['reencoded']);
  });

  describe('has no location, and the same pixels', () => {
    const pixels = quarters(64, 48);
    const note = Buffer.from(`Comment\0${PLACE}`);
    const exifSegment = Buffer.concat([Buffer.from('Exif\0\0'), exif(1)]);
    const files: Record<string, [file: Buffer, bare: Buffer]> = {
      JPEG: [
        Buffer.concat([
          withSegments(
            jpeg(pixels),
            [0xe1, exifSegment],
            [0xe1, Buffer.from(`http://ns.adobe.com/xap/1.0/\0${PLACE}`)],
            [0xe2, Buffer.from(`MPF\0${PLACE}`)],
            [0xed, Buffer.from(`Photoshop 3.0\0${PLACE}`)],
            [0xfe, Buffer.from(PLACE)],
          ),
          // Phones add a second image after the first one.
          withSegments(jpeg(pixels), [0xe1, exifSegment]),
        ]),
        jpeg(pixels),
      ],
      PNG: [
        Buffer.concat([
          withChunks(png(pixels), ['eXIf', exif(1)], ['tEXt', note], ['tIME', Buffer.alloc(7)]),
          Buffer.from(PLACE),
        ]),
        png(pixels),
      ],
      WebP: [webpWithExif(encoded('WebP, lossy', pixels), pixels, 1), encoded('WebP, lossy', pixels)],
    };
    for (const [name, [file, bare]] of Object.entries(files)) {
      it(name, async () => {
        assert.ok(file.includes(PLACE));
        const fitted = await fit(file, any);
        assert.deepEqual(fitted.changes, ['metadataRemoved']);
        assert.ok(!Buffer.from(fitted.bytes).includes(PLACE));
        assert.deepEqual(decodedElsewhere(fitted.bytes), decodedElsewhere(bare));
      });
      it(`${name}, encoded again`, async () => {
        const fitted = await fit(file, { ...any, exact: { width: 32, height: 24 } });
        assert.ok(fitted.changes.includes('reencoded'));
        assert.ok(!Buffer.from(fitted.bytes).includes(PLACE));
      });
    }
  });
});

describe('a damaged image', () => {
  it('is refused even if its header meets the limits', async () => {
    const pixels = noise(64, 64);
    const broken = (file: Buffer) => {
      const copy = Buffer.from(file);
      const middle = Math.floor(copy.length / 2);
      copy.fill(0x55, middle, middle + 40);
      return copy;
    };
    await assert.rejects(fit(broken(png(pixels)), any), { reason: 'damaged' });
    // A valid PNG with half of its rows.
    const rows = pngChunk('IDAT', deflateSync(Buffer.alloc(32 * (64 * 3 + 1))));
    const half = Buffer.concat([png(pixels).subarray(0, 33), rows, pngChunk('IEND', Buffer.alloc(0))]);
    await assert.rejects(fit(half, any), { reason: 'damaged' });
    // A WebP whose coded data ends early although the sizes in the file match.
    const webp = encoded('WebP, lossless', pixels).subarray(0, 1_000);
    webp.writeUInt32LE(webp.length - 8, 4);
    webp.writeUInt32LE(webp.length - 20, 16);
    await assert.rejects(fit(webp, any), { reason: 'damaged' });
    // A JPEG whose coded data ends early although the end marker is there.
    const file = jpeg(pixels);
    const short = Buffer.concat([file.subarray(0, file.length - 1_000), Buffer.from([0xff, 0xd9])]);
    await assert.rejects(fit(short, any), { reason: 'damaged' });
  });

  it('is not reported if the decoder cannot be loaded', async () => {
    const lost = new Error('no such file');
    const codecs = new Codecs(() => Promise.reject(lost));
    await assert.rejects(fitImage(jpeg(quarters(16, 16)), any, {}, codecs), lost);
  });

  it('is encoded again if its decoder only warns', async () => {
    const file = jpeg(quarters(64, 64));
    const padded = Buffer.concat([file.subarray(0, -2), Buffer.from([1, 2, 3]), file.subarray(-2)]);
    const fitted = await fit(padded, any);
    assert.deepEqual(fitted.changes, ['reencoded']);
    assert.equal(corners(seen(fitted)), 'red green blue white');
  });

  it('is refused as truncated if it is padded with zeros', async () => {
    const file = jpeg(quarters(64, 64));
    const filled = Buffer.concat([file.subarray(0, file.length - 60), Buffer.alloc(60)]);
    await assert.rejects(fit(filled, any), { reason: 'truncated' });
  });

  it('property: is sent or refused, and the next one is decoded', async function () {
    this.timeout(120_000);
    const samples = (Object.keys(KINDS) as Kind[]).map((kind) => encoded(kind, noise(24, 18)));
    const good = png(quarters(16, 16));
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...samples),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 12 }),
        async (sample, changes) => {
          const bytes = Buffer.from(sample);
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          // As the worker does: use new codecs after an error.
          const fresh = shippedCodecs();
          try {
            await fitImage(bytes, { ...wan, sides: { min: 1, max: 500 } }, {}, fresh);
          } catch (error) {
            assert.ok(error instanceof ImageFileError, String(error));
            refused += 1;
          }
          await fitImage(good, any, {}, shippedCodecs());
        },
      ),
      { numRuns: 150 },
    );
    assert.ok(refused > 20, `${refused} refused`);
  });
});
