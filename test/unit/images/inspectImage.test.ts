import assert from 'node:assert/strict';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { inspectImage, readImage, type ImageInfo } from '../../../src/core/images/inspectImage';
import { ImageFileError, type ImageErrorReason } from '../../../src/core/images/imageFileError';
import {
  encoded,
  exif,
  KINDS,
  painted,
  pngChunk,
  quarters,
  shippedCodecs,
  webpWithExif,
  withChunks,
  withSegments,
  type Kind,
} from './testImages';

const fault = (reason: ImageErrorReason, kind?: string) => (error: unknown) => {
  assert.ok(error instanceof ImageFileError, String(error));
  assert.equal(error.reason, reason, error.message);
  if (kind !== undefined) assert.equal(error.kind, kind);
  return true;
};

describe('inspecting an image', () => {
  const expected: Record<Kind, Partial<ImageInfo>> = {
    'JPEG, baseline': { format: 'jpeg', lossless: false },
    'PNG, 24 bit': { format: 'png' },
    'PNG with alpha': { format: 'png', hasAlpha: true },
    'PNG, palette': { format: 'png' },
    'PNG, 48 bit': { format: 'png' },
    'PNG, grey': { format: 'png' },
    'PNG, black and white': { format: 'png' },
    'PNG, interlaced': { format: 'png' },
    'WebP, lossy': { format: 'webp', lossless: false },
    'WebP, lossless': { format: 'webp' },
    'WebP, lossy with alpha': { format: 'webp', lossless: false, hasAlpha: true },
    GIF: { format: 'gif' },
    'GIF with alpha': { format: 'gif', hasAlpha: true },
    'BMP, 24 bit': { format: 'bmp' },
    'BMP, 32 bit': { format: 'bmp' },
    'BMP, palette': { format: 'bmp' },
    'BMP, black and white': { format: 'bmp' },
    'animated PNG': { format: 'png', animated: true },
    'animated GIF': { format: 'gif', animated: true },
    'animated WebP': { format: 'webp', animated: true, lossless: false },
  };
  for (const kind of Object.keys(KINDS) as Kind[]) {
    it(`detects ${kind}`, () => {
      const isTransparent = kind.includes('alpha');
      const pixels = painted(46, 30, (x) => [x * 5, 100, 50, isTransparent && x < 20 ? 0 : 255]);
      const file = encoded(kind, pixels);
      const { hasAlpha, ...info } = inspectImage(file);
      const { hasAlpha: mayBeTransparent, ...rest } = expected[kind];
      assert.deepEqual(info, {
        ...{ width: 46, height: 30, orientation: 1, animated: false, lossless: true, bytes: file.length },
        ...rest,
      });
      if (mayBeTransparent) assert.ok(hasAlpha);
    });
  }

  it('detects progressive JPEG', async () => {
    const file = await shippedCodecs().encodeJpeg(quarters(64, 48), 80);
    assert.ok(Buffer.from(file).includes(Buffer.from([0xff, 0xc2])), 'this one is progressive');
    assert.deepEqual(
      [inspectImage(file).width, inspectImage(file).height, inspectImage(file).format],
      [64, 48, 'jpeg'],
    );
  });

  it('treats an animation of one frame as a still image', () => {
    const file = withChunks(encoded('PNG, 24 bit', quarters(8, 8)), [
      'acTL',
      Buffer.from([0, 0, 0, 1, 0, 0, 0, 0]),
    ]);
    assert.equal(inspectImage(file).animated, false);
  });

  describe('applies the orientation to width and height', () => {
    const pixels = quarters(64, 32);
    const files: Record<string, (orientation: number) => Buffer> = {
      JPEG: (orientation) =>
        withSegments(encoded('JPEG, baseline', pixels), [
          0xe1,
          Buffer.concat([Buffer.from('Exif\0\0'), exif(orientation)]),
        ]),
      'JPEG, little-endian': (orientation) =>
        withSegments(encoded('JPEG, baseline', pixels), [
          0xe1,
          Buffer.concat([Buffer.from('Exif\0\0'), exif(orientation, 'II')]),
        ]),
      PNG: (orientation) => withChunks(encoded('PNG, 24 bit', pixels), ['eXIf', exif(orientation)]),
      WebP: (orientation) => webpWithExif(encoded('WebP, lossy', pixels), pixels, orientation),
    };
    for (const [name, make] of Object.entries(files)) {
      it(`of ${name}`, () => {
        for (let orientation = 1; orientation <= 8; orientation++) {
          const info = inspectImage(make(orientation));
          assert.equal(info.orientation, orientation);
          assert.deepEqual([info.width, info.height], orientation >= 5 ? [32, 64] : [64, 32]);
        }
        for (const nonsense of [0, 9, 65535]) assert.equal(inspectImage(make(nonsense)).orientation, 1);
      });
    }
  });
});

describe('refused files', () => {
  const box = (brand: string) =>
    Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from(`ftyp${brand}\0\0\0\0mif1`)]);
  const kinds: [name: string, bytes: Buffer][] = [
    ['HEIC', box('heic')],
    ['HEIC', box('mif1')],
    ['MP4', box('isom')],
    ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')],
    ['SVG', Buffer.from('\ufeff<?xml version="1.0"?>\n<!-- a drawing -->\n<svg width="1">')],
    ['TIFF', Buffer.from('II*\0\x08\0\0\0')],
    ['TIFF', Buffer.from('MM\0*\0\0\0\x08')],
    ['PDF', Buffer.from('%PDF-1.7\n')],
    ['PSD', Buffer.from('8BPS\0\x01')],
    ['ICO', Buffer.from([0, 0, 1, 0, 1, 0])],
    ['JPEG XL', Buffer.from([0xff, 0x0a, 0, 0])],
    ['Git LFS', Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:0\n')],
  ];
  for (const [kind, bytes] of kinds) {
    it(`are named as ${kind}: ${JSON.stringify(bytes.toString('latin1').slice(0, 16))}`, () => {
      assert.throws(() => inspectImage(bytes), fault('otherKind', kind));
    });
  }

  const targetSize = (jpeg: Buffer) => jpeg.indexOf(Buffer.from([0xff, 0xc0]));
  const changed = (bytes: Buffer, at: number, value: number) => {
    const copy = Buffer.from(bytes);
    copy[at] = value;
    return copy;
  };
  const jpeg = encoded('JPEG, baseline', quarters(16, 16));
  const rows: [what: string, bytes: Buffer, reason: ImageErrorReason][] = [
    ['an empty file', Buffer.alloc(0), 'empty'],
    ['a text named .png', Buffer.from('This is not an image at all.'), 'unknownKind'],
    ['a web page named .png', Buffer.from('<!DOCTYPE html><title>Not Found</title>'), 'unknownKind'],
    ['zeros', Buffer.alloc(500), 'unknownKind'],
    ['the start of an AVIF', box('avif'), 'truncated'],
    ['a JPEG of 12 bits', changed(jpeg, targetSize(jpeg) + 4, 12), 'otherKind'],
    ['an arithmetic JPEG', changed(jpeg, targetSize(jpeg) + 1, 0xc9), 'otherKind'],
    ['a PNG without pixels', withoutData(encoded('PNG, 24 bit', quarters(8, 8))), 'damaged'],
  ];
  for (const [what, bytes, reason] of rows) {
    it(`include ${what}`, () => assert.throws(() => inspectImage(bytes), fault(reason)));
  }

  it('include a small PNG with too many pixels', () => {
    const header = Buffer.from([0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30, 8, 2, 0, 0, 0]);
    const bomb = Buffer.concat([
      Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
      pngChunk('IHDR', header),
      pngChunk('IDAT', deflateSync(Buffer.alloc(1_000_000))),
      pngChunk('IEND', Buffer.alloc(0)),
    ]);
    assert.ok(bomb.length < 2_000);
    assert.throws(() => inspectImage(bomb), fault('tooManyPixels'));
  });

  it('include any format with too many pixels', () => {
    const huge = (bytes: Buffer, at: number, write: (file: Buffer, value: number, at: number) => void) => {
      const copy = Buffer.from(bytes);
      write(copy, 16_000, at);
      write(copy, 16_000, at + 2);
      return copy;
    };
    const big: Parameters<typeof huge>[2] = (file, value, at) => void file.writeUInt16BE(value, at);
    const little: Parameters<typeof huge>[2] = (file, value, at) => void file.writeUInt16LE(value, at);
    const webp = encoded('WebP, lossy', quarters(16, 16));
    for (const bomb of [
      huge(jpeg, targetSize(jpeg) + 5, big),
      huge(webp, webp.indexOf(Buffer.from([0x9d, 0x01, 0x2a])) + 3, little),
      huge(encoded('GIF', quarters(16, 16)), 6, little),
    ]) {
      assert.throws(() => inspectImage(bomb), fault('tooManyPixels'));
    }
  });

  function withoutData(png: Buffer): Buffer {
    return Buffer.concat([png.subarray(0, 33), pngChunk('IEND', Buffer.alloc(0))]);
  }
});

describe('a truncated file', () => {
  const pixels = quarters(24, 18);
  for (const kind of Object.keys(KINDS) as Kind[]) {
    it(`is sent only if no pixel is missing: ${kind}`, async () => {
      const codecs = shippedCodecs();
      const file = encoded(kind, pixels);
      const whole = kind.startsWith('animated') ? undefined : (await codecs.decode(readImage(file))).pixels;
      // The encoder adds bytes after the end of an animated WebP.
      const end = kind.includes('WebP') ? file.readUInt32LE(4) + 8 : file.length;
      for (let length = 0; length < end; length++) {
        const reasons: ImageErrorReason[] = ['empty', 'unknownKind', 'truncated'];
        try {
          const image = readImage(file.subarray(0, length));
          if (image.animated) continue;
          assert.deepEqual((await codecs.decode(image)).pixels.data, whole?.data, `${length} bytes`);
        } catch (error) {
          const isRefused = error instanceof ImageFileError && reasons.includes(error.reason);
          assert.ok(isRefused, `${length} of ${file.length} bytes: ${String(error)}`);
        }
      }
    });
  }
});

describe('damaged bytes', () => {
  const samples = (Object.keys(KINDS) as Kind[]).map((kind) => encoded(kind, quarters(24, 18)));

  it('property: are an image or throw ImageFileError', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...samples),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 8 }),
        fc.nat(),
        (sample, changes, cut) => {
          const bytes = Buffer.from(sample.subarray(0, sample.length - (cut % 40)));
          for (const [at, value] of changes) if (bytes.length > 0) bytes[at % bytes.length] = value;
          try {
            const { width, height } = inspectImage(bytes);
            assert.ok(width > 0 && height > 0);
          } catch (error) {
            assert.ok(error instanceof ImageFileError, String(error));
          }
        },
      ),
      { numRuns: 3_000 },
    );
  });
});
