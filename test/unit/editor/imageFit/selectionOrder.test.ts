import assert from 'node:assert/strict';
import { selectionOrder } from '../../../../src/editor/imageFit/selectionOrder';

describe('the order of ticks', () => {
  it('is that in which they were set, whatever the order of the list', () => {
    let order: readonly string[] = [];
    // What a list with ticks says of itself after each click: always in its own order.
    const says = [['c'], ['a', 'c'], ['a', 'b', 'c'], ['a', 'b'], ['a', 'b', 'c'], []];
    const orders = says.map((ticked) => (order = selectionOrder(order, ticked)).join(''));
    assert.deepEqual(orders, ['c', 'ca', 'cab', 'ab', 'abc', '']);
  });
});
