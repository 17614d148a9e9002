import assert from 'node:assert/strict';
import { GatewayError } from '../../../src/core/gateway/errors';
import { publicFailures } from '../../support/publicFailures';
import { waitsFor } from '../../../src/core/task/blockedBy';

describe('a fetch that did not work', () => {
  const failures = publicFailures();
  const refused = (status: number, elsewhere: boolean) =>
    failures.fetchFailed(new GatewayError('refused', 'insufficient balance', { status, elsewhere }));

  it('waits for the user only where the gateway says so, not a host of videos', () => {
    for (const status of [401, 402, 403]) {
      assert.equal(waitsFor({ phase: 'ready', failure: refused(status, true) }), undefined, String(status));
    }
    assert.equal(refused(402, true).kind, 'upstream');
    assert.equal(waitsFor({ phase: 'ready', failure: refused(402, false) }), 'balance');
  });

  it('is no fault of the network where a reply came', () => {
    const kinds = (['unreachable', 'cut', 'badReply'] as const).map(
      (kind) => failures.fetchFailed(new GatewayError(kind, 'x')).kind,
    );
    assert.deepEqual(kinds, ['network', 'network', 'badReply']);
    assert.equal(failures.fetchFailed(new Error('not an mp4')).kind, 'badReply');
  });
});
