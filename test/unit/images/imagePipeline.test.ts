import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { untranslatedL10n } from '../../../src/core/common/l10n';
import { fitImage } from '../../../src/core/images/fitImage';
import { bareBase64, ImageError, ImagePipeline, toImageField } from '../../../src/core/images/imagePipeline';
import type { UserFileReader } from '../../../src/core/images/imageSource';
import { ImageStore } from '../../../src/core/images/imageStore';
import { ImageFileError, type ImageErrorReason } from '../../../src/core/images/imageFileError';
import type { ImageProcessor } from '../../../src/core/images/imageWorker';
import { loadImage } from '../../gateway/image';
import { projectRoot } from '../../vscode/projectRoot';
import { encoded, quarters, shippedCodecs } from './testImages';
import { limitsFor } from '../../support/catalog';

const limits = limitsFor('sora', { size: '1280x720' });

describe('the image pipeline', () => {
  let folder: string;
  let images: ImagePipeline;
  let asked: string[];
  let logged: string[];
  let workerFails: boolean;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'nebula-images-'));
    [asked, logged, workerFails] = [[], [], false];
    const codecs = shippedCodecs();
    const processor: ImageProcessor = {
      fit: async ({ bytes, limits: within, options }) => {
        if (workerFails) throw new ImageFileError('failed', 'the thread ended with code 3');
        return fitImage(bytes, within, options, codecs);
      },
      dispose: () => undefined,
    };
    const write = (message: string) => void logged.push(message);
    images = new ImagePipeline({
      processor,
      store: new ImageStore(path.join(folder, 'kept')),
      files,
      l10n: untranslatedL10n,
      log: { trace: write, debug: write, info: write, warn: write, error: write },
    });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const files: UserFileReader = {
    size: async (uri) => {
      asked.push(uri);
      return (await stat(fileURLToPath(uri))).size;
    },
    read: async (uri) => readFile(fileURLToPath(uri)),
  };
  const fileOf = (name: string, bytes: Uint8Array): string => {
    const file = path.join(folder, name);
    writeFileSync(file, bytes);
    return pathToFileURL(file).href;
  };
  const dataUri = (bytes: Uint8Array, type = 'image/png') =>
    `data:${type};base64,${Buffer.from(bytes).toString('base64')}`;

  it('fits a file for the gateway and stores it, without changing the original', async () => {
    const original = encoded('PNG, 24 bit', quarters(500, 500));
    const source = fileOf('drawing.png', original);
    const image = await images.fit(source, limits);
    assert.ok(image.kind === 'image');
    const arrived = await loadImage(toImageField(image));
    assert.ok(arrived);
    assert.deepEqual([arrived.width, arrived.height, arrived.format], [1280, 720, image.format]);
    assert.equal(toImageField(image).split(',').length, 2);
    const kept = await images.keep(image);
    assert.equal(
      arrived.sha256,
      createHash('sha256')
        .update(readFileSync(fileURLToPath(kept)))
        .digest('hex'),
    );
    assert.equal(arrived.sha256, (await loadImage(bareBase64(image)))?.sha256);
    assert.ok(original.equals(readFileSync(fileURLToPath(source))));
  });

  it('sends a stored image again byte for byte', async () => {
    const first = await images.fit(
      fileOf('photo.jpg', encoded('JPEG, baseline', quarters(640, 480))),
      limits,
    );
    const again = await images.fit(await images.keep(first), limits);
    assert.equal(toImageField(again), toImageField(first));
    assert.ok(again.kind === 'image' && again.changes.length === 0);
  });

  it('detects the format by the bytes, not by the extension or the type', async () => {
    const jpeg = encoded('JPEG, baseline', quarters(64, 64));
    for (const source of [
      fileOf('really.png', jpeg),
      dataUri(jpeg, 'image/gif'),
      dataUri(jpeg, 'text/plain'),
    ]) {
      const info = await images.inspect(source);
      assert.ok(info.kind === 'image' && info.format === 'jpeg');
      const image = await images.fit(source, limits);
      assert.match(toImageField(image), /^data:image\/jpeg;base64,/);
    }
  });

  it('converts AVIF to JPEG', async () => {
    const source = fileOf('photo.avif', readFileSync(path.join(projectRoot, 'test/cases/media/still.avif')));
    const info = await images.inspect(source);
    assert.ok(info.kind === 'image' && info.format === 'avif' && info.width === 48 && info.height === 32);
    const image = await images.fit(source, limits);
    assert.match(toImageField(image), /^data:image\/jpeg;base64,/);
    assert.match(await images.keep(image), /\.jpg$/);
  });

  it('passes on an https link without reading anything', async () => {
    const url = 'https://example.com/cat.jpg?size=large&sig=a%2Fb';
    const image = await images.fit(url, limits);
    assert.deepEqual(image, { kind: 'link', url });
    assert.deepEqual(await images.inspect(url), { kind: 'link', url });
    assert.equal(toImageField(image), url);
    assert.equal(await images.keep(image), url);
    assert.deepEqual(asked, []);
  });

  it('reads from any file system of the editor', async () => {
    await assert.rejects(images.fit('vscode-vfs://github/owner/project/cat.png', limits), {
      reason: 'unreadable',
    });
    assert.deepEqual(asked, ['vscode-vfs://github/owner/project/cat.png']);
  });

  it('rejects if the signal is aborted', async () => {
    const source = dataUri(encoded('JPEG, baseline', quarters(64, 64)));
    const cancelled = new Error('cancelled');
    const waiting: ImageProcessor = {
      fit: async (_job, signal) =>
        Promise.reject((signal?.reason as Error | undefined) ?? new Error('no signal')),
      dispose: () => undefined,
    };
    const silent = () => undefined;
    const log = { trace: silent, debug: silent, info: silent, warn: silent, error: silent };
    const other = new ImagePipeline({
      processor: waiting,
      store: new ImageStore(folder),
      files,
      l10n: untranslatedL10n,
      log,
    });
    await assert.rejects(other.fit(source, limits, {}, AbortSignal.abort(cancelled)), cancelled);
  });

  describe('refuses with a message that says what to do', () => {
    const png = encoded('PNG, 24 bit', quarters(32, 32));
    /** One byte above the limit. */
    const hugeFile = () => {
      const source = fileOf('holiday.mov', Buffer.alloc(1));
      truncateSync(fileURLToPath(source), 64 * 2 ** 20 + 1);
      return source;
    };
    const rows: [what: string, source: () => string, reason: ImageErrorReason, sentence: RegExp][] = [
      ['an empty file', () => fileOf('a.png', Buffer.alloc(0)), 'empty', /damaged or incomplete/],
      [
        'text',
        () => fileOf('a.png', Buffer.from('hello')),
        'unknownKind',
        /Not a supported image\. Use JPEG/,
      ],
      [
        'an SVG',
        () => fileOf('a.svg', Buffer.from('<svg/>')),
        'otherKind',
        /^SVG isn't supported\. Convert it to JPEG or PNG/,
      ],
      [
        'a Git LFS pointer',
        () => fileOf('a.png', Buffer.from('version https://git-lfs')),
        'otherKind',
        /git lfs pull/,
      ],
      [
        'an animation',
        () => fileOf('a.gif', encoded('animated GIF', quarters(32, 32))),
        'animated',
        /Save one frame/,
      ],
      ['a truncated file', () => fileOf('a.png', png.subarray(0, -20)), 'truncated', /damaged or incomplete/],
      [
        'a damaged file',
        () => dataUri(Buffer.from(png).fill(7, png.length - 16, png.length - 12)),
        'damaged',
        /damaged or incomplete/,
      ],
      ['a missing file', () => pathToFileURL('/gone.png').href, 'unreadable', /^Couldn't read the image\.$/],
      ['a file that is too large', hugeFile, 'tooManyBytes', /too large/],
      ['a path', () => '/home/me/cat.png', 'badSource', /https URL, a file URI, or a data URI/],
      ['a Windows path', () => 'C:\\cat.png', 'badSource', /file URI/],
      ['a link without TLS', () => 'http://example.com/a.png', 'badSource', /https URL/],
      ['an invalid link', () => 'https://', 'badSource', /https URL/],
      ['a data URI that is text', () => 'data:image/svg+xml,<svg/>', 'badSource', /data URI with Base64/],
      ['a data URI with a second comma', () => `${dataUri(png)},AAAA`, 'badSource', /data URI with Base64/],
    ];
    for (const [what, source, reason, sentence] of rows) {
      it(what, async () => {
        await assert.rejects(images.fit(source(), limits), (error: unknown) => {
          assert.ok(error instanceof ImageError, String(error));
          assert.equal(error.reason, reason);
          assert.match(error.message, sentence);
          return true;
        });
      });
    }

    it('a failure of the worker, with details in the log', async () => {
      workerFails = true;
      await assert.rejects(images.fit(dataUri(png), limits), { reason: 'failed', message: /See the log/ });
      assert.deepEqual(logged, ['[images] failed: the thread ended with code 3']);
    });
  });

  describe('a captured frame', () => {
    const png = encoded('PNG, 24 bit', quarters(64, 36));
    const size = { width: 64, height: 36 };

    it('is stored unchanged, once', async () => {
      const source = await images.keepPng(png, size);
      assert.equal(path.dirname(fileURLToPath(source)), path.join(folder, 'kept'));
      assert.deepEqual(readFileSync(fileURLToPath(source)), Buffer.from(png));
      assert.equal(await images.keepPng(png, size), source, 'once');
    });

    const rows: readonly [what: string, bytes: Uint8Array, reason: ImageErrorReason][] = [
      ['nothing', Buffer.alloc(0), 'empty'],
      ['text', Buffer.from('this is not an image at all'), 'unknownKind'],
      ['a JPEG', encoded('JPEG, baseline', quarters(64, 36)), 'otherKind'],
      ['half a PNG', png.subarray(0, png.length / 2), 'truncated'],
      ['a PNG of another size', encoded('PNG, 24 bit', quarters(36, 64)), 'damaged'],
    ];
    for (const [what, bytes, reason] of rows) {
      it(`is not stored if it is ${what}`, async () => {
        await assert.rejects(images.keepPng(bytes, size), { name: 'ImageError', reason });
        assert.ok(!existsSync(path.join(folder, 'kept')));
      });
    }
  });
});
