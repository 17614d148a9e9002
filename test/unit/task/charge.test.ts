import assert from 'node:assert/strict';
import { isOriginKind, ORIGIN_KINDS, type OriginKind } from '../../../src/core/common/originKind';
import {
  chargeStatus,
  failedOutcome,
  isUsuallyRefunded,
  type ChargeOutcome,
} from '../../../src/core/task/charge';

/** Expected cells in the order of the columns; `refunded` is unknown, with a hint. */
const COLUMNS: readonly OriginKind[] = ['nebula', 'newapi', 'unknown', 'openrouter'];
const refusals = [400, 401, 402, 403, 404, 413, 415, 422, 429, 301, 302, 307, 308];
const rows: readonly (readonly [ChargeOutcome, string])[] = [
  ['notSent', 'no no no no'],
  ...refusals.map((refusedStatus) => [{ refusedStatus }, 'no no no no'] as const),
  [{ refusedStatus: 503, noChannel: true }, 'no no no no'],
  [{ refusedStatus: 500, noChannel: true }, 'no no no no'],
  ...[200, 408, 500, 502, 503, 524, 0].map(
    (refusedStatus) => [{ refusedStatus }, 'unknown unknown unknown unknown'] as const,
  ),
  ['outcomeUnknown', 'unknown unknown unknown unknown'],
  ['idDenied', 'unknown unknown unknown unknown'],
  ['succeeded', 'yes yes yes yes'],
  ['fewerVideos', 'yes yes unknown yes'],
  ['noVideo', 'unknown yes unknown unknown'],
  ['failed', 'no refunded unknown unknown'],
  ['channelGone', 'no unknown unknown unknown'],
  ['timedOut', 'no refunded unknown unknown'],
  ['linkExpired', 'yes yes unknown yes'],
];

describe('the charge by outcome and origin', () => {
  for (const [outcome, cells] of rows) {
    for (const [index, expected] of cells.split(' ').entries()) {
      const origin = COLUMNS[index]!;
      it(`${JSON.stringify(outcome)} at ${origin}: ${expected}`, () => {
        assert.equal(chargeStatus(origin, outcome), expected === 'refunded' ? 'unknown' : expected);
        assert.equal(isUsuallyRefunded(origin, outcome), expected === 'refunded');
      });
    }
  }

  it('has a column for every kind of origin', () =>
    assert.deepEqual([...COLUMNS].sort(), [...ORIGIN_KINDS].sort()));

  const reasons: readonly (readonly [string, string])[] = [
    ['任务超时（1440分钟）', 'timedOut'],
    ['task timeout (1440 minutes)', 'timedOut'],
    ['Task timed out (60 minutes)', 'timedOut'],
    ['获取渠道信息失败，请联系管理员，渠道ID：8', 'channelGone'],
    ['Failed to get channel info, channel ID: 8', 'channelGone'],
    ['blocked by the safety filter', 'failed'],
    ['', 'failed'],
  ];
  for (const [reason, outcome] of reasons) {
    it(`reads '${reason}' as ${outcome}`, () => assert.equal(failedOutcome(reason), outcome));
  }

  it('knows a kind of origin when it reads one', () => {
    assert.ok(ORIGIN_KINDS.every(isOriginKind));
    assert.ok(![undefined, null, '', 'Nebula', 7, {}].some(isOriginKind));
  });
});
