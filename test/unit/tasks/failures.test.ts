import assert from 'node:assert/strict';
import { GatewayError } from '../../../src/core/gateway/errors';
import { ORIGIN_KINDS } from '../../../src/core/common/originKind';
import type { TaskRecord } from '../../../src/core/store/record';
import { chargeStatus, type ChargeOutcome } from '../../../src/core/task/charge';
import { Failures } from '../../../src/core/tasks/failures';
import { publicFailures } from '../../support/publicFailures';
import { blockedBy } from '../../../src/core/task/blockedBy';

describe('a failed download', () => {
  const failures = publicFailures();
  const refused = (status: number, elsewhere: boolean) =>
    failures.downloadFailed(
      new GatewayError('refused', 'insufficient balance', { status, isOtherHost: elsewhere }),
      true,
    );

  it('waits for the user only if the gateway asks for it, not a result host', () => {
    for (const status of [401, 402, 403]) {
      assert.equal(blockedBy({ phase: 'ready', failure: refused(status, true) }), undefined, String(status));
    }
    assert.equal(refused(402, true).kind, 'upstream');
    assert.equal(blockedBy({ phase: 'ready', failure: refused(402, false) }), 'balance');
  });

  it("isn't a network error if a response arrived", () => {
    const kinds = (['unreachable', 'cut', 'badReply'] as const).map(
      (kind) => failures.downloadFailed(new GatewayError(kind, 'x'), true).kind,
    );
    assert.deepEqual(kinds, ['network', 'network', 'badReply']);
    assert.equal(failures.downloadFailed(new Error('not an mp4'), true).kind, 'badReply');
  });
});

const stopped = (facts: Partial<TaskRecord>) => (at: Failures) => ({
  charged: at.chargeWhenStopped({ links: [], ...facts } as unknown as TaskRecord),
});

describe('the message of an unconfirmed request', () => {
  it('says that the user may have been charged', () => {
    const { message } = publicFailures().outcomeUnknown(undefined);
    assert.match(message, /You may have been charged\.$/);
  });
});

describe('the charge of a failure', () => {
  const trouble = { status: 404, message: 'x' };
  const all: Readonly<Record<string, readonly [ChargeOutcome, (at: Failures) => { charged: string }]>> = {
    'a refusal': [{ refusedStatus: 404 }, (at) => at.refused(trouble)],
    'a refusal with a good status': [{ refusedStatus: 200 }, (at) => at.refused({ ...trouble, status: 200 })],
    'a request to wait': [{ refusedStatus: 429 }, (at) => at.rateLimited({ ...trouble, status: 429 })],
    'an unreachable gateway': ['notSent', (at) => at.unreachable(trouble, 'host')],
    'a proxy that refuses': ['notSent', (at) => at.proxyRefused(trouble, 'host')],
    'a window that ended': ['notSent', (at) => at.notSent()],
    'a key that was removed': ['notSent', (at) => at.keyUnavailable(false)],
    'a key in a locked keyring': ['notSent', (at) => at.keyUnavailable(true)],
    'no clear response': ['outcomeUnknown', (at) => at.outcomeUnknown(trouble)],
    'an ID that is denied': ['idDenied', (at) => at.idNotFound(trouble)],
    'a failed task': ['failed', (at) => at.taskFailed(trouble)],
    'a failure without a channel': [
      'channelGone',
      (at) => at.taskFailed({ ...trouble, message: 'Failed to get channel info' }),
    ],
    'a failure after a success': ['outcomeUnknown', (at) => at.taskFailed(trouble, undefined, true)],
    'a filter that removed every video': ['noVideo', (at) => at.taskFailed(trouble, 1)],
    'success without a link': ['noVideo', (at) => at.noVideo()],
    'a download without a link': ['succeeded', (at) => at.downloadFailed(new Error('x'), false)],
    'a refused download without a link': [
      'noVideo',
      (at) => at.downloadFailed(new GatewayError('refused', 'x'), false),
    ],
    'a download by a link': ['succeeded', (at) => at.downloadFailed(new Error('x'), true)],
    'a full disk': ['succeeded', (at) => at.diskFailed(new Error('x'))],
    'a refused link': ['succeeded', (at) => at.linkRefused('file:///a.mp4')],
    'a link that expired': ['linkExpired', (at) => at.expired('linkExpired')],
    'a download that timed out': [
      'linkExpired',
      (at) => at.downloadTimedOut(at.downloadFailed(new Error('x'), true)),
    ],
    'a refused download that timed out': [
      'noVideo',
      (at) => at.downloadTimedOut(at.downloadFailed(new GatewayError('refused', 'x'), false)),
    ],
    'fewer videos': ['fewerVideos', (at) => at.videosMissing(1, 2)],
    'a task that is gone': ['idDenied', (at) => at.taskGone('idDenied', trouble)],
    'no key': ['outcomeUnknown', (at) => at.noKey('none', 'host')],
    'a task stopped before it had succeeded': ['outcomeUnknown', stopped({})],
    'a task stopped after it had succeeded': ['succeeded', stopped({ succeededAt: 1, links: ['x'] })],
    'a task stopped before its download began': ['succeeded', stopped({ succeededAt: 1 })],
    'a task stopped because it had no link': [
      'noVideo',
      (at) => stopped({ succeededAt: 1, failure: at.noVideo() })(at),
    ],
  };
  for (const [name, [outcome, make]] of Object.entries(all)) {
    it(`follows the table at every kind of origin: ${name}`, () => {
      for (const kind of ORIGIN_KINDS)
        assert.equal(make(new Failures(kind)).charged, chargeStatus(kind, outcome), kind);
    });
  }
});
