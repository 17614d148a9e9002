import assert from 'node:assert/strict';
import fc from 'fast-check';
import { countNotFound } from '../../../src/core/tasks/statusCheck';
import * as schedule from '../../../src/core/tasks/intervals';

const { errorRetryInterval, downloadRetryInterval, withJitter, pollInterval, resendInterval } = schedule;
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

describe('intervals (DESIGN 5)', () => {
  const table: readonly (readonly [age: number, base: number, interval: number])[] = [
    [0, 5 * SECOND, 5 * SECOND],
    [2 * MINUTE - 1, 5 * SECOND, 5 * SECOND],
    [2 * MINUTE, 5 * SECOND, 8 * SECOND],
    [10 * MINUTE - 1, 5 * SECOND, 8 * SECOND],
    [10 * MINUTE, 5 * SECOND, 15 * SECOND],
    [HOUR, 5 * SECOND, 15 * SECOND],
    [2 * HOUR, 5 * SECOND, MINUTE],
    [4 * HOUR, 5 * SECOND, 4 * MINUTE],
    [11 * HOUR, 5 * SECOND, 30 * MINUTE],
    [365 * 24 * HOUR, 5 * SECOND, 30 * MINUTE],
    [0, 3 * SECOND, 3 * SECOND],
    [3 * MINUTE, 3 * SECOND, 8 * SECOND],
    // The age doesn't override a longer interval in the setting.
    [0, 60 * SECOND, 60 * SECOND],
    [20 * MINUTE, 60 * SECOND, 60 * SECOND],
  ];
  for (const [age, base, interval] of table) {
    it(`are ${interval / SECOND} s after ${age / MINUTE} min with a setting of ${base / SECOND} s`, () =>
      assert.equal(pollInterval(age, base), interval));
  }

  it('property: grow, but never beyond half an hour or below the setting', () => {
    const age = fc.integer({ min: 0, max: 400 * 24 * HOUR });
    fc.assert(
      fc.property(age, age, fc.integer({ min: 3 * SECOND, max: 60 * SECOND }), (one, other, base) => {
        const [young, old] = [Math.min(one, other), Math.max(one, other)];
        assert.ok(pollInterval(young, base) <= pollInterval(old, base));
        assert.ok(pollInterval(young, base) >= base && pollInterval(old, base) <= schedule.MAX_INTERVAL_MS);
      }),
    );
  });
  it('property: have a jitter of ±10% in whole ms', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 3 * SECOND, max: HOUR }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (interval, random) => {
          const spread = withJitter(interval, () => random);
          assert.ok(
            Number.isInteger(spread) &&
              spread >= Math.floor(interval * 0.9) &&
              spread <= Math.ceil(interval * 1.1),
          );
        },
      ),
    );
  });
  it('are never so long that they look like a clock set back', () => {
    const longestPoll = 45 * SECOND + withJitter(schedule.MAX_INTERVAL_MS, () => 1);
    const longestWait = HOUR;
    assert.ok(Math.max(longestPoll, longestWait, schedule.KEY_RECHECK_MS) < schedule.MAX_DUE_AHEAD_MS);
  });

  it("after errors: grow to 5 min, but aren't below the usual interval", () => {
    assert.deepEqual(
      [1, 2, 3, 4, 5, 6, 7, 8, 100, 10_000].map(
        (troubles) => errorRetryInterval(troubles, 5 * SECOND) / SECOND,
      ),
      [5, 10, 20, 40, 80, 160, 300, 300, 300, 300],
    );
    assert.equal(errorRetryInterval(3, 30 * MINUTE), 30 * MINUTE);
  });
  it('of downloads: 2, 4, 8 … 60 s, then 5 min, then 30 min', () => {
    assert.deepEqual(
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1000].map((troubles) => downloadRetryInterval(troubles) / SECOND),
      [2, 2, 4, 8, 16, 32, 60, 300, 1800, 1800, 1800],
    );
  });
  it('of a submit: at most 3 sends and 120 s of waiting, 3 attempts to connect within 15 s', () => {
    const { MAX_SENDS, MAX_RESEND_WAIT_MS, MAX_CONNECT_ATTEMPTS, CONNECT_TIMEOUT_MS } = schedule;
    assert.deepEqual(
      [MAX_SENDS, MAX_RESEND_WAIT_MS, MAX_CONNECT_ATTEMPTS, CONNECT_TIMEOUT_MS],
      [3, 120 * SECOND, 3, 15 * SECOND],
    );
    assert.ok(
      resendInterval(2) > resendInterval(1) && resendInterval(1) + resendInterval(2) <= MAX_RESEND_WAIT_MS,
    );
  });
  it('let a lease outlast two missed renewals', () => {
    assert.deepEqual([schedule.LEASE_MS, schedule.LEASE_RENEWAL_MS], [30 * SECOND, 10 * SECOND]);
  });
  it('have these other values', () => {
    const {
      FIRST_POLL_DELAY_MS,
      NOT_FOUND_GRACE_MS,
      NOT_FOUND_THRESHOLD,
      NOT_FOUND_SPACING_MS,
      MISSING_LINK_GRACE_MS,
      DOWNLOAD_TIMEOUT_MS,
      KEY_RECHECK_MS,
    } = schedule;
    assert.deepEqual(
      [
        FIRST_POLL_DELAY_MS,
        NOT_FOUND_GRACE_MS,
        NOT_FOUND_THRESHOLD,
        NOT_FOUND_SPACING_MS,
        MISSING_LINK_GRACE_MS,
        DOWNLOAD_TIMEOUT_MS,
        KEY_RECHECK_MS,
      ],
      [3 * SECOND, MINUTE, 3, 10 * SECOND, 10 * MINUTE, 24 * HOUR, 15 * MINUTE],
    );
  });
});

describe('countNotFound', () => {
  /** Calls at these times, in s. Returns the index of the response that is believed. */
  const believedAt = (...times: number[]) => {
    let state = { notFoundCount: 0, lastNotFoundAt: undefined as number | undefined };
    return times.findIndex((time) => {
      const { isBelieved, patch } = countNotFound(state, time * SECOND);
      state = {
        notFoundCount: patch.notFoundCount ?? state.notFoundCount,
        lastNotFoundAt: patch.lastNotFoundAt ?? state.lastNotFoundAt,
      };
      return isBelieved;
    });
  };
  it('counts three, each 10 s after the last that counted', () => {
    assert.equal(believedAt(0, 10, 20), 2);
    assert.equal(believedAt(0, 1, 2, 3, 4), -1);
    assert.equal(believedAt(0, 5, 10, 15, 20), 4);
  });
  it("isn't delayed by a clock set back", () => assert.equal(believedAt(1000, 0, 10), 2));
});
