import assert from 'node:assert/strict';
import fc from 'fast-check';
import { frameTime, toIsoDuration, formatDuration } from '../../../../src/webview/player/format';

describe('the player’s times', () => {
  it('reads like a stop watch', () => {
    assert.equal(formatDuration(0), '0:00');
    assert.equal(formatDuration(-5), '0:00');
    assert.equal(formatDuration(7_999), '0:07');
    assert.equal(formatDuration(754_000), '12:34');
    assert.equal(formatDuration(3_723_000), '1:02:03');
  });

  it('is told to machines in ISO 8601', () => {
    assert.equal(toIsoDuration(75_900), 'PT75S');
    assert.equal(toIsoDuration(-1), 'PT0S');
  });

  it('steps to the middle of the next and the last picture', () => {
    assert.equal(frameTime(0, 1, 4, 25), 1.5 / 25);
    assert.equal(frameTime(1.5 / 25, 1, 4, 25), 2.5 / 25);
    assert.equal(frameTime(2.5 / 25, -1, 4, 25), 1.5 / 25);
  });

  it('takes a time that a seek has rounded down for the picture it was meant for', () => {
    assert.equal(frameTime(1 - 1e-6, 1, 4, 25), 26.5 / 25);
  });

  it('stays at the ends', () => {
    assert.equal(frameTime(0, -1, 4, 25), 0.5 / 25);
    assert.equal(frameTime(4, 1, 4, 25), 99.5 / 25);
  });

  it('goes through every picture exactly once, whatever the rate', () => {
    const rates = fc.constantFrom(12, 23.976, 24, 25, 29.97, 30, 50, 59.94, 60);
    fc.assert(
      fc.property(rates, fc.integer({ min: 1, max: 200 }), (rate, frames) => {
        const duration = frames / rate;
        let now = 0;
        for (let frame = 1; frame < frames; frame++) {
          now = frameTime(now, 1, duration, rate);
          assert.equal(Math.floor(now * rate), frame);
          assert.ok(now <= duration);
        }
        for (let frame = frames - 2; frame >= 0; frame--) {
          now = frameTime(now, -1, duration, rate);
          assert.equal(Math.floor(now * rate), frame);
        }
      }),
    );
  });

  it('takes 24 pictures a second where nobody knows', () => {
    assert.equal(frameTime(0, 1, 4, null), 1.5 / 24);
  });
});
