import assert from 'node:assert/strict';
import { queryOutcome, submitOutcome, type QueryOutcome } from '../../../src/core/gateway/outcomes';
import { classifyError } from '../../../src/core/gateway/errorKinds';
import { GatewayClient } from '../../../src/core/gateway/client';
import { GatewayError } from '../../../src/core/gateway/errors';
import type { ResponseFacts } from '../../../src/core/gateway/responseReader';
import { accepts, CASE_BASE, loadReplyCases, type ReplyCase } from '../../support/replyCases';
import { FakeClock } from '../support/fakeClock';
import { CASE_KEY, readCanned } from '../support/readFacts';
import { quietLog } from '../support/quietLog';
import { ScriptedHttp } from '../support/scriptedHttp';

/** Formats the billing facts as in the cases. */
function formatMoney({ money }: ResponseFacts): Record<string, unknown> {
  return Object.fromEntries(money.map(({ name, value }) => [name, value]));
}

/** Checks the facts that all calls have in common. */
function checkFacts(facts: ResponseFacts, { means }: ReplyCase): void {
  const money = formatMoney(facts);
  for (const [name, value] of Object.entries(means['money'] ?? {})) {
    assert.deepEqual(money[name], value, `money: ${name}`);
  }
  if ('requestId' in means) assert.equal(facts.error?.requestId, means['requestId']);
  if ('remixedFrom' in means) assert.equal(facts.remixedFrom, means['remixedFrom']);
  if ('waitSeconds' in means) assert.equal(facts.retryAfterMs, Number(means['waitSeconds']) * 1000);
}

const SUBMIT_STATES = {
  accepted: 'queued',
  refused: 'rejected',
  rateLimited: 'wait',
  unknown: 'unknown',
} as const;

describe('what a response to a submit means', () => {
  for (const responseCase of loadReplyCases(['submit'])) {
    it(`${responseCase.name}: ${responseCase.why}`, async () => {
      const { means } = responseCase;
      const facts = await readCanned(responseCase, { step: 'submit' });
      const outcome = submitOutcome(facts);
      assert.equal(SUBMIT_STATES[outcome.kind], means['state']);
      assert.equal(outcome.kind === 'accepted' ? outcome.gatewayTaskId : null, means['taskId'] ?? null);
      if ('idSource' in means) assert.equal(facts.idSource, means['idSource']);
      const error = outcome.error ?? { message: '' };
      const kind = classifyError({ status: facts.status, ...error });
      if ('failureKind' in means) assert.equal(kind, means['failureKind']);
      if ('note' in means) assert.equal(kind, means['note']);
      if ('says' in means) assert.match(error.message, new RegExp(String(means['says']), 'i'));
      checkFacts(facts, responseCase);
    });
  }
});

function queryState(outcome: QueryOutcome): string {
  switch (outcome.kind) {
    case 'task':
      return outcome.state.kind === 'expired' ? 'lost' : outcome.state.kind;
    case 'missing':
      return 'missing';
    case 'keyRefused':
    case 'forbidden':
      return 'paused';
    case 'temporary':
      return 'blip';
  }
}

describe('what a response to a query means', () => {
  for (const responseCase of loadReplyCases(['query'])) {
    it(`${responseCase.name}: ${responseCase.why}`, async () => {
      const { means } = responseCase;
      const facts = await readCanned(responseCase, { taskId: responseCase.for ?? '' });
      const outcome = queryOutcome(facts);
      const state = queryState(outcome);
      assert.ok(accepts(means['state'], state), `${state} in place of ${String(means['state'])}`);
      if ('progress' in means) assert.equal(facts.progress, means['progress']);
      if ('videos' in means) assert.deepEqual(facts.links, means['videos']);
      if ('refusedLinks' in means) assert.deepEqual(facts.refusedLinks, means['refusedLinks']);
      if ('filtered' in means) assert.equal(facts.filteredCount, means['filtered']);
      if ('expiresAt' in means) assert.equal(facts.expiresAt, Number(means['expiresAt']) * 1000);
      if ('onlyThisTask' in means) assert.equal(outcome.kind, 'forbidden');
      const error = facts.error ?? { message: '' };
      if ('code' in means) assert.equal(error.code, means['code']);
      if ('says' in means) assert.match(error.message, new RegExp(String(means['says'])));
      checkFacts(facts, responseCase);
    });
  }
});

describe('what a list of models means', () => {
  for (const responseCase of loadReplyCases(['models'])) {
    it(`${responseCase.name}: ${responseCase.why}`, async () => {
      const clock = new FakeClock();
      const client = new GatewayClient(new ScriptedHttp(clock, () => responseCase).open, clock, quietLog);
      const models = client.models({ baseUrl: CASE_BASE, key: CASE_KEY });
      if ('models' in responseCase.means) {
        assert.deepEqual(await models, responseCase.means['models']);
        return;
      }
      await assert.rejects(models, (error: unknown) => {
        assert.ok(error instanceof GatewayError);
        const kind =
          error.kind === 'refused'
            ? classifyError({ status: error.status ?? 0, message: error.message, code: error.code })
            : error.kind;
        assert.ok(accepts(responseCase.means['error'], kind), kind);
        return true;
      });
    });
  }
});
