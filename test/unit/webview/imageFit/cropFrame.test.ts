import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  centerCrop,
  largestCrop,
  maxZoom,
  moveCrop,
  moveCropByKey,
  cropPosition,
  getZoom,
  zoomCrop,
  type CropTarget,
} from '../../../../src/webview/imageFit/cropFrame';
import type { CropArea } from '../../../../src/webview/imageFit/protocol';

const wide: CropTarget = { width: 1000, height: 400, ratio: 1 };
const tall: CropTarget = { width: 400, height: 1000, ratio: 1 };
const same: CropTarget = { width: 800, height: 600, ratio: 4 / 3 };

function near(part: CropArea | undefined, x: number, y: number, width: number, height: number): void {
  assert.ok(part);
  const expected = { x, y, width, height };
  for (const name of ['x', 'y', 'width', 'height'] as const) {
    assert.ok(Math.abs(part[name] - expected[name]) < 1e-9, `${name}: ${part[name]}, not ${expected[name]}`);
  }
}

describe('the frame of a crop', () => {
  it('begins as large as it can be, around the centre', () => {
    near(largestCrop(wide), 0.3, 0, 0.4, 1);
    near(largestCrop(tall), 0, 0.3, 1, 0.4);
    near(largestCrop(same), 0, 0, 1, 1);
  });

  it('moves by shares of the image, and stops at its edges', () => {
    near(moveCrop(largestCrop(wide), 0.1, 0.1), 0.4, 0, 0.4, 1);
    near(moveCrop(largestCrop(wide), 5, -5), 0.6, 0, 0.4, 1);
    near(moveCrop(largestCrop(tall), -5, -5), 0, 0, 1, 0.4);
    near(centerCrop(largestCrop(tall), 0.5, 0.9), 0, 0.6, 1, 0.4);
  });

  for (const [key, small, large] of [
    ['ArrowLeft', 0.29, 0.2],
    ['ArrowRight', 0.31, 0.4],
    ['ArrowUp', 0.3, 0.3],
    ['ArrowDown', 0.3, 0.3],
  ] as const) {
    it(`moves by ${key}, with Shift in larger steps`, () => {
      near(moveCropByKey(largestCrop(wide), key, false), small, 0, 0.4, 1);
      near(moveCropByKey(largestCrop(wide), key, true), large, 0, 0.4, 1);
    });
  }

  it('goes up and down in a tall image, and heeds no other key', () => {
    near(moveCropByKey(largestCrop(tall), 'ArrowDown', false), 0, 0.31, 1, 0.4);
    near(moveCropByKey(largestCrop(tall), 'ArrowUp', true), 0, 0.2, 1, 0.4);
    for (const key of ['Enter', ' ', 'Tab', 'a'])
      assert.equal(moveCropByKey(largestCrop(tall), key, false), undefined);
  });

  it('is smaller or larger around the same point, in the same shape', () => {
    const smaller = zoomCrop(largestCrop(wide), 2, wide);
    near(smaller, 0.4, 0.25, 0.2, 0.5);
    assert.equal(getZoom(smaller, wide), 2);
    near(zoomCrop(smaller, 1, wide), 0.3, 0, 0.4, 1);
    // At an edge there is no room on one side.
    near(zoomCrop(moveCrop(smaller, -1, -1), 1, wide), 0, 0, 0.4, 1);
    near(zoomCrop(largestCrop(wide), 0.2, wide), 0.3, 0, 0.4, 1);
  });

  it('is zoomed no further than makes sense', () => {
    assert.equal(maxZoom(wide), 8);
    assert.equal(maxZoom({ width: 64, height: 64, ratio: 1 }), 4);
    assert.equal(maxZoom({ width: 8, height: 8, ratio: 1 }), 1);
    assert.equal(getZoom(zoomCrop(largestCrop(wide), 100, wide), wide), 8);
  });

  it('says where it stands between both ends', () => {
    assert.deepEqual(cropPosition(largestCrop(wide)), { x: 0.5, y: undefined });
    assert.deepEqual(cropPosition(moveCrop(largestCrop(tall), 0, 1)), { x: undefined, y: 1 });
  });

  it('stays within the image and keeps its shape, whatever is done to it', () => {
    const side = fc.integer({ min: 1, max: 20_000 });
    const deed = fc.oneof(
      fc.record({
        across: fc.double({ min: -2, max: 2, noNaN: true }),
        down: fc.double({ min: -2, max: 2, noNaN: true }),
      }),
      fc.record({ zoom: fc.double({ min: 0.1, max: 20, noNaN: true }) }),
    );
    fc.assert(
      fc.property(
        fc.record({ width: side, height: side, ratio: fc.double({ min: 0.2, max: 5, noNaN: true }) }),
        fc.array(deed, { maxLength: 12 }),
        (shape, deeds) => {
          let part = largestCrop(shape);
          for (const one of deeds) {
            part = 'zoom' in one ? zoomCrop(part, one.zoom, shape) : moveCrop(part, one.across, one.down);
          }
          const { x, y, width, height } = part;
          assert.ok(x >= 0 && y >= 0 && x + width <= 1 + 1e-9 && y + height <= 1 + 1e-9);
          const ratio = (width * shape.width) / (height * shape.height);
          assert.ok(Math.abs(ratio / shape.ratio - 1) < 1e-6);
        },
      ),
    );
  });
});
