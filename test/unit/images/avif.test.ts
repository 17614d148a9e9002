import assert from 'node:assert/strict';
import { inspectImage, readImage } from '../../../src/core/images/inspectImage';
import { encodedAvif, withProperty } from './avif';
import { any, codecs, fit, seen } from './fitting';
import { colorAt, corners, nameOf, painted, quarters } from './testImages';

describe('AVIF images', () => {
  let file: Buffer;
  before(async () => (file = await encodedAvif(quarters(64, 48))));

  it('are detected by any of their brands and sent as JPEG', async () => {
    const other = Buffer.from(file);
    other.write('mif1', 8, 'latin1');
    for (const bytes of [file, other]) {
      const { format, width, height, hasAlpha } = inspectImage(bytes);
      assert.deepEqual(
        { format, width, height, hasAlpha },
        { format: 'avif', width: 64, height: 48, hasAlpha: false },
      );
      const fitted = await fit(bytes, any);
      assert.equal(fitted.format, 'jpeg');
      assert.equal(corners(seen(fitted)), 'red green blue white');
    }
  });

  // Quarter turns to the left, then mirroring: top to bottom (0) or left to right (1).
  const turns: [irot: number | undefined, imir: number | undefined, shown: string][] = [
    [undefined, undefined, 'red green blue white'],
    [1, undefined, 'green white red blue'],
    [2, undefined, 'white blue green red'],
    [3, undefined, 'blue red white green'],
    [undefined, 0, 'blue white red green'],
    [undefined, 1, 'green red white blue'],
    [1, 0, 'red blue green white'],
    [1, 1, 'white green blue red'],
    [2, 0, 'green red white blue'],
    [2, 1, 'blue white red green'],
    [3, 0, 'white green blue red'],
    [3, 1, 'red blue green white'],
  ];
  for (const [irot, imir, shown] of turns) {
    it(`are sent upright: rotation ${irot ?? 'none'}, mirroring ${imir ?? 'none'}`, async () => {
      let bytes = file;
      if (irot !== undefined) bytes = withProperty(bytes, 'irot', Buffer.from([irot]));
      if (imir !== undefined) bytes = withProperty(bytes, 'imir', Buffer.from([imir]));
      const fitted = await fit(bytes, any);
      assert.deepEqual([fitted.width, fitted.height], (irot ?? 0) % 2 === 1 ? [48, 64] : [64, 48]);
      assert.equal(corners(seen(fitted)), shown);
    });
  }

  it('are sent on white where they are transparent', async () => {
    const half = await encodedAvif(painted(64, 48, (x) => [200, 0, 0, x < 32 ? 255 : 0]));
    assert.equal(inspectImage(half).hasAlpha, true);
    const fitted = await fit(half, any);
    assert.ok(fitted.changes.includes('flattened'));
    assert.equal(nameOf(colorAt(seen(fitted), 0.9, 0.5)), 'white');
  });

  it('are refused if they are animated', async () => {
    const animated = Buffer.from(file);
    animated.write('avis', 8, 'latin1');
    assert.equal(inspectImage(animated).animated, true);
    await assert.rejects(fit(animated, any), { reason: 'animated' });
  });

  const withSize = (width: number, height: number) => {
    const copy = Buffer.from(file);
    const size = copy.indexOf('ispe') + 8;
    copy.writeUInt32BE(width, size);
    copy.writeUInt32BE(height, size + 4);
    return copy;
  };

  it('are refused before decoding if they have too many pixels', () => {
    assert.throws(() => readImage(withSize(30_000, 30_000)), { reason: 'tooManyPixels' });
  });

  it('are refused if their size differs from their header', async () => {
    await assert.rejects(fit(withSize(48, 64), any), { reason: 'damaged' });
  });

  it('are refused as truncated if they are cut off', async () => {
    for (let length = 12; length < file.length; length += 7) {
      await assert.rejects(fit(file.subarray(0, length), any), { reason: 'truncated' }, `${length} bytes`);
    }
  });

  it('are refused if their coded data is damaged, and the next one is decoded', async () => {
    const broken = Buffer.from(file);
    broken.fill(0x55, file.indexOf('mdat') + 20);
    await assert.rejects(fit(broken, any), { reason: 'damaged' });
    await codecs.decode(readImage(file));
  });
});
