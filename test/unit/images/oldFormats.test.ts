import assert from 'node:assert/strict';
import { decodeBmp } from '../../../src/core/images/bmpFile';
import { decodeGif } from '../../../src/core/images/gifFile';
import { encoded, noise, painted, quarters, corners } from './testImages';

// The encoder doesn't write these variants, so the tests change its files.
describe('decodeGif', () => {
  it('decodes interlaced rows', () => {
    const height = 21;
    const stripes = painted(16, height, (_x, y) => (y % 2 ? [255, 0, 0] : [0, 0, 255]));
    const order = [
      ...[0, 8, 16],
      ...[4, 12, 20],
      ...[2, 6, 10, 14, 18],
      ...[1, 3, 5, 7, 9, 11, 13, 15, 17, 19],
    ];
    assert.equal(order.length, height);
    const stored = painted(16, height, (x, y) => {
      const at = (order[y]! * 16 + x) * 4;
      return [...stripes.data.subarray(at, at + 4)];
    });
    const file = encoded('GIF', stored);
    const plain = decodeGif(file);
    file[file.indexOf(0x2c, 13 + 768) + 9]! |= 0x40;
    const interlaced = decodeGif(file);
    for (let y = 0; y < height; y++) {
      const row = (from: typeof plain, at: number) => [...from.data.subarray(at * 64, at * 64 + 64)];
      assert.deepEqual(row(interlaced, order[y]!), row(plain, y), `row ${order[y]}`);
    }
  });

  it('leaves the screen around a smaller frame transparent', () => {
    const file = encoded('GIF', quarters(32, 32));
    file.writeUInt16LE(64, 6);
    const { width, height, data } = decodeGif(file);
    assert.deepEqual([width, height], [64, 32]);
    assert.equal(data[3], 255);
    assert.equal(data[63 * 4 + 3], 0);
    file.writeUInt16LE(16, 6);
    assert.throws(() => decodeGif(file), { reason: 'damaged' });
  });

  it('decodes more patterns than the code table holds', () => {
    const pixels = noise(300, 200);
    const { data } = decodeGif(encoded('GIF', pixels));
    // Eight levels of red and green, four of blue: each color is close to the original.
    const far = data.filter((value, at) => Math.abs(value - pixels.data[at]!) > (at % 4 === 2 ? 120 : 80));
    assert.ok(far.length < data.length / 100, `${far.length} of ${data.length}`);
  });
});

describe('decodeBmp', () => {
  it('decodes rows stored from the top', () => {
    const file = encoded('BMP, 24 bit', quarters(20, 20));
    assert.equal(corners(decodeBmp(file)), 'red green blue white');
    file.writeInt32LE(-20, 22);
    assert.equal(corners(decodeBmp(file)), 'blue white red green');
  });

  it('keeps the colors of transparent pixels', () => {
    const file = encoded(
      'BMP, 32 bit',
      painted(4, 4, () => [1, 2, 3, 9]),
    );
    assert.deepEqual([...decodeBmp(file).data.subarray(0, 3)], [1, 2, 3]);
  });
});
