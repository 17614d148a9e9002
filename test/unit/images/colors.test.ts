import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { fitImage } from '../../../src/core/images/fitImage';
import { readImage } from '../../../src/core/images/inspectImage';
import { ImageFileError } from '../../../src/core/images/imageFileError';
import type { Rgb } from '../../../src/core/images/pixels';
import { projectRoot } from '../../vscode/projectRoot';
import { encodedAvif, withProperty } from './avif';
import { any, fit, jpeg, png, seen } from './fitting';
import { colorAt, encoded, painted, shippedCodecs, withChunks, withSegments } from './testImages';

const media = (file: string) => readFileSync(path.join(projectRoot, 'test/cases/media', file));

/** A color in Display P3, and the same in sRGB (CSS Color 4, 10.2 and 17). */
const STORED: Rgb = [184, 57, 42];
const SHOWN: Rgb = [200, 40, 31];
const field = painted(32, 24, () => STORED);
const PRESS = readFileSync(
  path.join(projectRoot, 'node_modules/pdfjs-dist/iccs/CGATS001Compat-v2-micro.icc'),
);
const DISPLAY_P3 = Buffer.from(readImage(media('display-p3.jpg')).profile() ?? []);

const profileChunk = (profile: Buffer) =>
  ['iCCP', Buffer.concat([Buffer.from('name\0\0'), deflateSync(profile)])] as const;
const profileSegment = (profile: Buffer, number = 1, of = 1) =>
  [0xe2, Buffer.concat([Buffer.from('ICC_PROFILE\0'), Buffer.from([number, of]), profile])] as const;
const numbers = (...values: number[]) => {
  const body = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => body.writeUInt32BE(value, index * 4));
  return body;
};
const SRGB_PRIMARIES = numbers(31_270, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6_000);

async function middleOf(file: Uint8Array): Promise<Rgb> {
  return colorAt(seen(await fit(file, any)), 0.5, 0.5);
}

function isNear(there: Rgb, wanted: Rgb, within = 3): void {
  const far = Math.max(...wanted.map((value, channel) => Math.abs(value - there[channel]!)));
  assert.ok(far <= within, `${there.join(' ')} instead of ${wanted.join(' ')}`);
}

describe('conversion to sRGB', () => {
  const webpWithProfile = () => {
    const webp = encoded('WebP, lossless', field);
    const chunk = (type: string, body: Buffer) => {
      const head = Buffer.alloc(8, type, 'latin1');
      head.writeUInt32LE(body.length, 4);
      return Buffer.concat([head, body]);
    };
    const extended = Buffer.from([0x20, 0, 0, 0, 31, 0, 0, 23, 0, 0]);
    const body = [chunk('VP8X', extended), chunk('ICCP', DISPLAY_P3), webp.subarray(12)];
    const file = Buffer.concat([webp.subarray(0, 12), ...body]);
    file.writeUInt32LE(file.length - 8, 4);
    return file;
  };
  const files: Record<string, () => Buffer | Promise<Buffer>> = {
    'converts a profile in a JPEG': () => withSegments(jpeg(field), profileSegment(DISPLAY_P3)),
    'converts a profile in parts, in any order': () =>
      withSegments(
        jpeg(field),
        profileSegment(DISPLAY_P3.subarray(100), 2, 2),
        profileSegment(DISPLAY_P3.subarray(0, 100), 1, 2),
      ),
    'converts a profile in a PNG': () => withChunks(png(field), profileChunk(DISPLAY_P3)),
    'converts CICP numbers in a PNG': () => withChunks(png(field), ['cICP', Buffer.from([12, 13, 0, 1])]),
    'converts a profile in a WebP': webpWithProfile,
    'converts a profile in an AVIF': async () =>
      withProperty(await encodedAvif(field), 'colr', Buffer.concat([Buffer.from('prof'), DISPLAY_P3])),
    'converts CICP numbers in an AVIF': async () => {
      const file = await encodedAvif(field);
      file.set([0, 12, 0, 13], file.indexOf('nclx') + 4);
      return file;
    },
  };
  for (const [name, make] of Object.entries(files)) {
    it(name, async () => {
      const file = await make();
      const fitted = await fit(file, any);
      assert.ok(fitted.changes.includes('reencoded'));
      isNear(colorAt(seen(fitted), 0.5, 0.5), SHOWN, 4);
      const text = Buffer.from(fitted.bytes).toString('latin1');
      assert.doesNotMatch(text, /ICC_PROFILE|iCCP|cICP/);
    });
  }

  it('converts only the image, not the color behind transparent pixels', async () => {
    const file = encoded(
      'PNG with alpha',
      painted(16, 16, (x) => [...STORED, x < 8 ? 255 : 0]),
    );
    const view = seen(
      await fit(withChunks(file, profileChunk(DISPLAY_P3)), any, { background: [0, 0, 250] }),
    );
    isNear(colorAt(view, 0.2, 0.5), SHOWN);
    assert.deepEqual(colorAt(view, 0.9, 0.5), [0, 0, 250]);
  });

  it('applies a gamma, unless it is the rounded one of sRGB', async () => {
    const withGamma = (value: number, primaries = SRGB_PRIMARIES) =>
      withChunks(png(field), ['gAMA', numbers(value)], ['cHRM', primaries]);
    isNear(await middleOf(withGamma(100_000)), [220, 130, 113]);
    assert.deepEqual(await middleOf(withGamma(45_455)), STORED);
    assert.deepEqual(await middleOf(withGamma(0)), STORED);
    // As in viewers, it's ignored without the primaries of sRGB, and in a PNG that declares sRGB.
    assert.deepEqual(await middleOf(withChunks(png(field), ['gAMA', numbers(100_000)])), STORED);
    assert.deepEqual(await middleOf(withChunks(withGamma(100_000), ['sRGB', Buffer.from([0])])), STORED);
  });

  it('applies a gray profile only to a gray image', async () => {
    const linear = Buffer.alloc(132 + 12 + 12);
    linear.writeUInt32BE(linear.length, 0);
    linear.writeUInt32BE(0x0240_0000, 8);
    linear.write('mntrGRAYXYZ ', 12, 'latin1');
    linear.write('acsp', 36, 'latin1');
    linear.writeUInt32BE(1, 128);
    linear.write('kTRC', 132, 'latin1');
    linear.writeUInt32BE(144, 136);
    linear.writeUInt32BE(12, 140);
    linear.write('curv', 144, 'latin1');
    const gray = encoded(
      'PNG, grey',
      painted(16, 16, () => [100, 100, 100]),
    );
    isNear(await middleOf(withChunks(gray, profileChunk(linear))), [168, 168, 168]);
    assert.deepEqual(await middleOf(withChunks(png(field), profileChunk(linear))), STORED);
  });

  it('converts CMYK by its profile, or by ideal inks without one', async () => {
    const inks = media('cmyk.jpg');
    const [plain, printed] = [
      await fit(inks, any),
      await fit(withSegments(inks, profileSegment(PRESS)), any),
    ];
    isNear(colorAt(seen(plain), 0.5, 0.2), [216, 8, 0], 8);
    // The result of Little CMS.
    isNear(colorAt(seen(printed), 0.5, 0.2), [206, 38, 30], 20);
    isNear(colorAt(seen(printed), 0.5, 0.9), [30, 87, 168], 20);
  });
});

describe('an image that is sent without encoding it again', () => {
  it('loses a profile that changes nothing', async () => {
    const sRgb = Buffer.from(
      readImage(withChunks(png(field), ['cICP', Buffer.from([9, 13, 0, 1])])).profile()!,
    );
    // Red, green and blue of sRGB instead.
    const columns = [0.43607, 0.22249, 0.01392, 0.38515, 0.71687, 0.09708, 0.14307, 0.06061, 0.7141];
    columns.forEach((value, index) => {
      const at = sRgb.readUInt32BE(136 + Math.floor(index / 3) * 12) + 8 + (index % 3) * 4;
      sRgb.writeInt32BE(Math.round(value * 65_536), at);
    });
    const file = withChunks(png(field), profileChunk(sRgb));
    const fitted = await fit(file, any);
    assert.deepEqual(fitted.changes, ['metadataRemoved']);
    assert.ok(!Buffer.from(fitted.bytes).includes('iCCP'));
  });

  const broken: Record<string, () => Buffer> = {
    'that is invalid': () => withChunks(png(field), profileChunk(Buffer.alloc(300, 7))),
    'for another color space': () => withSegments(jpeg(field), profileSegment(PRESS)),
    'that is truncated': () => withChunks(png(field), profileChunk(DISPLAY_P3.subarray(0, 140))),
    'with a missing part': () => withSegments(jpeg(field), profileSegment(DISPLAY_P3, 2, 2)),
    'that is a decompression bomb': () => withChunks(png(field), profileChunk(Buffer.alloc(20_000_000))),
    'that is not compressed': () => withChunks(png(field), ['iCCP', Buffer.from('name\0\0no such thing')]),
  };
  for (const [name, make] of Object.entries(broken)) {
    it(`loses a profile ${name}`, async () => {
      const file = make();
      const fitted = await fit(file, any);
      assert.deepEqual(fitted.changes, ['metadataRemoved']);
      isNear(colorAt(seen(fitted), 0.5, 0.5), STORED);
    });
  }
});

describe('an image with unusual colors', () => {
  it('is refused as HDR if its dynamic range is high', async () => {
    const hdr = await encodedAvif(field);
    hdr.set([0, 9, 0, 16], hdr.indexOf('nclx') + 4);
    await assert.rejects(fit(hdr, any), { reason: 'otherKind', kind: 'HDR' });
    const file = withChunks(png(field), ['cICP', Buffer.from([9, 18, 0, 1])]);
    await assert.rejects(fit(file, any), { reason: 'otherKind', kind: 'HDR' });
  });

  it('property: is sent or refused, however it is changed', async function () {
    this.timeout(120_000);
    const samples = [
      withSegments(jpeg(field), profileSegment(DISPLAY_P3)),
      withSegments(media('cmyk.jpg'), profileSegment(PRESS)),
      withProperty(await encodedAvif(field), 'colr', Buffer.concat([Buffer.from('prof'), DISPLAY_P3])),
    ];
    let fresh = shippedCodecs();
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...samples),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        async (sample, changes) => {
          const bytes = Buffer.from(sample);
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          try {
            await fitImage(bytes, any, {}, fresh);
          } catch (error) {
            assert.ok(error instanceof ImageFileError, String(error));
            // As the worker does: use new codecs after an error.
            fresh = shippedCodecs();
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('a CMYK JPEG', () => {
  it('is refused as truncated if it is cut off', async () => {
    const file = media('cmyk.jpg');
    for (const length of [200, 300, file.length - 40, file.length - 20]) {
      await assert.rejects(fit(file.subarray(0, length), any), { reason: 'truncated' }, `${length} bytes`);
    }
    const short = Buffer.concat([file.subarray(0, -30), Buffer.from([0xff, 0xd9])]);
    await assert.rejects(fit(short, any), { reason: 'damaged' });
  });
});
